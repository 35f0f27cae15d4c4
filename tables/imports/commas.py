"""Commas in numbers whose form nobody chose: told where 1,234 may be a thousand or one and a bit."""

import re
from dataclasses import dataclass, field
from typing import Any

from tables.imports.mapping import Place
from tables.imports.readers.sheet import Value

_EITHER = re.compile(r"[+-]?[1-9]\d{0,2},\d{3}", re.ASCII)
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3}){2,}|[+-]?[1-9]\d{0,2}(,\d{3})+\.\d+", re.ASCII)


@dataclass(slots=True)
class Commas:
    """Knows for each place of a column in the file the first number that can be read in two ways, and its line."""

    _found: dict[int, tuple[Place, int, str]] = field(default_factory=dict)
    _certain: set[int] = field(default_factory=set)  # indexes where another value shows that they are of thousands

    def look(self, place: Place, line: int, value: Value) -> None:
        """Looks at a value that was read as a number."""
        if not place.has_open_commas or not isinstance(value, str) or "," not in value:
            return
        text = value.strip()
        if _THOUSANDS.fullmatch(text):
            self._certain.add(place.index)
        elif place.index not in self._found and _EITHER.fullmatch(text):
            self._found[place.index] = (place, line, text)

    def warnings(self, names: list[str]) -> list[dict[str, Any]]:
        """Returns a warning for each column of the file in which all commas could be decimal ones."""
        return [
            {"line": line, "message": _words(place, text), "column": names[index]}
            for index, (place, line, text) in sorted(self._found.items())
            if index not in self._certain
        ]


def _words(place: Place, text: str) -> str:
    read = text.replace(",", "")
    return (
        f"“{text}” in “{place.column.name}” was read as {read}, its comma as one between thousands. "
        "If it is a decimal comma, choose the type 1.234,56 for this column."
    )

"""Values of a file that are not of the type of their column, counted for each column."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tables.imports.mapping import Place
from tables.models import ColumnType

_KINDS = {ColumnType.NUMBER: "numbers", ColumnType.DATE: "dates", ColumnType.CHECKBOX: "yes or no"}


@dataclass(slots=True)
class Misfits:
    """Knows for each place of a column in the file how many values do not fit, and where the first one is."""

    _found: dict[int, tuple[Place, int, int]] = field(default_factory=dict)

    def add(self, place: Place, line: int) -> None:
        """Counts one."""
        _, number, first = self._found.get(place.index, (place, 0, line))
        self._found[place.index] = (place, number + 1, first)

    def warnings(self, names: Sequence[str]) -> list[dict[str, Any]]:
        """Returns a warning for each column with several: its name in the file, and the number of `values`."""
        return [
            {"line": line, "message": _words(place, number), "column": names[index], "values": number}
            for index, (place, number, line) in sorted(self._found.items())
            if number > 1
        ]


def _words(place: Place, number: int) -> str:
    kind = _KINDS.get(ColumnType(place.column.type), "of its type")
    return f"{number:,} values of “{place.column.name}” aren't {kind}. They are left blank."

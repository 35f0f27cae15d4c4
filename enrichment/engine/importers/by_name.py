"""The columns of a table as what fills a request: by their name, where their type fits, and never by accident."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from enrichment.engine.template import references

_NUMBERS = frozenset({"number", "formula", "extract"})
_TEXTS = frozenset({"text", "number", "date", "formula", "extract"})
_FITTING = {
    "any": _TEXTS,
    "string": _TEXTS,
    "integer": _NUMBERS,
    "number": _NUMBERS,
    "boolean": frozenset({"checkbox", "formula", "extract"}),
}
_OF_REFERENCES = re.compile(r"[^\w .-]+")


@dataclass(frozen=True, slots=True)
class Reference:
    """Stands for `{{text}}` in a body; as a string in quotes."""

    text: str
    quoted: bool


class Columns:
    """`types` holds the type of each column by its name, in their order."""

    def __init__(self, types: Mapping[str, str]) -> None:
        self._types = types
        self._names = {_plain(name): name for name in reversed(list(types)) if _plain(name)}
        self._ids = {unicodedata.normalize("NFC", name.strip()): number for number, name in enumerate(types)}

    def fitting(self, name: str, kind: str) -> str | None:
        """Returns the reference to the column of that name, whatever its case, spaces and signs."""
        column = self._names.get(_plain(name))
        return _braces(column) if column and self._types[column] in _FITTING.get(kind, ()) else None

    def as_text(self, name: str, kind: str) -> str | None:
        """Returns the same for a place that holds text alone, where a text can be any simple value."""
        column = self._names.get(_plain(name))
        if column and kind in _FITTING and self._types[column] == "text":
            return _braces(column)
        return self.fitting(name, kind)

    def hole(self, name: str) -> str:
        """Returns a reference that leads to no column, so that the settings refuse it until somebody fills it."""
        readable = " ".join(_OF_REFERENCES.sub(" ", name).split()) or "value"
        while references.split(readable, self._ids):
            readable = f"value for {readable}"
        return _braces(readable)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()


def _braces(name: str) -> str:
    return f"{{{{{references.escaped(name)}}}}}"

"""Rows as text, a line each, as PostgreSQL's COPY writes them: the form in which a backup keeps both databases."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Literal

from django.db.models import Field

type Kind = Literal["integer", "number", "truth", "text", "moment", "bytes"]

NOTHING = "\\N"
_KINDS: dict[str, Kind] = {
    "AutoField": "integer",
    "BigAutoField": "integer",
    "BigIntegerField": "integer",
    "BinaryField": "bytes",
    "BooleanField": "truth",
    "CharField": "text",
    "DateTimeField": "moment",
    "EmailField": "text",
    "FileField": "text",
    "FloatField": "number",
    "GenericIPAddressField": "text",
    "IntegerField": "integer",
    "JSONField": "text",
    "PositiveBigIntegerField": "integer",
    "PositiveIntegerField": "integer",
    "PositiveSmallIntegerField": "integer",
    "SlugField": "text",
    "SmallIntegerField": "integer",
    "TextField": "text",
    "URLField": "text",
}
_ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_MEANT = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v"}


def kind_of(field: "Field[Any, Any]") -> Kind:
    """Returns what a column holds. Raises KeyError for a type of field that no backup has kept before."""
    while field.remote_field:
        field = field.target_field  # type: ignore[attr-defined]  # as relations to one row have it
    return _KINDS[field.get_internal_type()]


def line_of(values: Sequence[Any], kinds: Sequence[Kind]) -> str:
    """Returns a row of SQLite as a line, without its end."""
    pairs = zip(values, kinds, strict=True)
    return "\t".join(NOTHING if value is None else _WRITERS[kind](value) for value, kind in pairs)


def values_of(line: str, kinds: Sequence[Kind]) -> list[Any]:
    """Returns the row of a line, without its end, as SQLite keeps it. Raises ValueError for one of other columns."""
    pairs = zip(line.split("\t"), kinds, strict=True)
    return [None if text == NOTHING else _READERS[kind](text) for text, kind in pairs]


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: _MEANT.get(found[1], found[1]), text) if "\\" in text else text


def _truth(text: str) -> int:
    return {"t": 1, "f": 0}[text]


def _utc(moment: str) -> str:
    """Returns a moment of SQLite, which has it in UTC and does not say so. PostgreSQL writes no zeros at the end."""
    return f"{moment.rstrip('0') if '.' in moment else moment}+00"


def _as_kept(text: str) -> str:
    """Returns a moment with the six digits of a second that Django compares in SQLite, or none."""
    moment, point, digits = text.removesuffix("+00").partition(".")
    return f"{moment}.{digits:0<6}" if point else moment


_WRITERS: dict[Kind, Callable[[Any], str]] = {
    "integer": str,
    "number": repr,
    "truth": lambda value: "t" if value else "f",
    "text": lambda value: str(value).translate(_ESCAPES),
    "moment": _utc,
    "bytes": lambda value: f"\\\\x{bytes(value).hex()}",
}
_READERS: dict[Kind, Callable[[str], Any]] = {
    "integer": int,
    "number": float,
    "truth": _truth,
    "text": _unescaped,
    "moment": _as_kept,
    "bytes": lambda text: bytes.fromhex(text.removeprefix("\\\\x")),
}

"""What may stand in a cell of each type. Text stays as it was written."""

import json
import re
import unicodedata
from collections.abc import Iterable
from datetime import date, datetime

from django.db.backends.base.base import BaseDatabaseWrapper

from tables import letters, moments
from tables.models import Column, ColumnType
from tables.storable import storable
from workspaces.refusals import Refused

LONGEST = 100_000  # characters
LONGEST_NUMBER = 200  # characters; with exponents of two digits, a double holds about what it is
DEEPEST = 200  # lists and objects inside each other, which whatever encodes and reads them can take
# Thousands never begin with a zero: whoever writes 0,500 means a half.
_NUMBER = re.compile(r"[+-]?([1-9]\d{0,2}([,_ ]\d{3})+|\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_LARGE = 1e15  # from which on a whole number may have digits that a double doesn't
_LARGE_EXPONENT = re.compile(r"[eE][+-]?\d{3}")
_MICROSECONDS = 6  # digits of a second that a date keeps
_FRACTION = re.compile(r"[.,](\d+)")
_YES = frozenset({"true", "yes", "1", "x", "on", "✓"})
_NO = frozenset({"false", "no", "0", "off", ""})


def add_to(connection: BaseDatabaseWrapper, **_: object) -> None:
    """Gives the function to a new connection to SQLite; a receiver of `connection_created`."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("marl_compared", 1, compared, deterministic=True)


def clean(column: Column, value: object) -> object:
    """Returns the value as it is stored, None for an empty one. Raises Refused, with the name of the column."""
    if column.is_computed:
        raise _refused(column, f"“{column.name}” is filled by Marl and cannot be edited.")
    if value is None or value == "":
        return None
    _check_storable(column, value)
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGE:
        value = int(value)  # as it is shown, found and compared
    if column.type == ColumnType.NUMBER:
        return _number(column, value)
    if column.type == ColumnType.CHECKBOX:
        return _checkbox(column, value)
    if column.type == ColumnType.DATE:
        return _date(column, value)
    return value


def as_text(value: object) -> str:
    """Returns the value as text, the way the grid and exports show it: a whole number has no decimals."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < _LARGE:
        return str(int(value))
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def json_forms(text: str) -> list[str]:
    """Returns how else the text of a list or an object is written: without spaces between its parts, and with some."""
    if not text.startswith(("[", "{")):
        return []
    try:
        value = json.loads(text)
        if is_too_deep(value) or storable(value) != value:
            return []
        return [
            json.dumps(value, ensure_ascii=False, allow_nan=False, separators=between)
            for between in ((",", ":"), (", ", ": "))
        ]
    except (ValueError, RecursionError):
        return []


def compared(value: object) -> str:
    """Returns the text by which a value is compared: of a list or an object, also as a text, in one way to write it."""
    text = letters.composed(as_text(value))
    if text not in json_forms(text):
        return text
    return json.dumps(json.loads(text), ensure_ascii=False, separators=(",", ":"), sort_keys=True)


def are_same(one: object, other: object) -> bool:
    """Whether they are the same value: a truth is no number, also inside of lists and objects."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(are_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(are_same(value, other[key]) for key, value in one.items())
    return one == other


def is_too_deep(value: object) -> bool:
    """Whether more lists and objects than a cell holds stand inside each other."""
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return any(isinstance(inner, dict | list) for inner in level)


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _check_storable(column: Column, value: object) -> None:
    text = value if isinstance(value, str) else _encoded(column, value)
    if storable(value) != value:
        words = "has a character that cannot be stored: U+0000, or half of a surrogate pair. Remove it."
        raise _refused(column, f"“{column.name}” {words}")
    if len(text) > LONGEST:
        raise _refused(column, f"A cell holds at most {LONGEST:,} characters.")


def _encoded(column: Column, value: object) -> str:
    if is_too_deep(value):
        raise _refused(column, f"“{column.name}” has a value that is nested more than {DEEPEST} levels deep.")
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    except ValueError:
        raise _refused(column, f"“{column.name}” has a value that is not valid JSON.") from None


def _number(column: Column, value: object) -> object:
    """Digits stay as they were written; only separators of thousands and a leading plus go."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        _check_size(column, repr(value))
        return value
    text = _in_ascii_digits(value.strip()) if isinstance(value, str) else ""
    if not any(sign.isdigit() for sign in text) or not _NUMBER.fullmatch(text):
        raise _refused(column, f"“{str(value).strip()[:60]}” is not a valid number.")
    digits = re.sub(r"[,_ ]", "", text).removeprefix("+")
    _check_size(column, digits)
    return digits


def _check_size(column: Column, number: str) -> None:
    """Raises Refused for a number that filters, sorts and sums would pass over."""
    if len(number) > LONGEST_NUMBER or _LARGE_EXPONENT.search(number):
        most = f"{LONGEST_NUMBER} characters, and exponents of two digits"
        raise _refused(column, f"“{number[:60]}” is longer than the numbers of a column: they have up to {most}.")


def _in_ascii_digits(text: str) -> str:
    """Returns 12 for the digits ١٢ of Arabic or １２ of full width, which are the same number."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(sign)) if sign.isdecimal() else sign for sign in text)


def _checkbox(column: Column, value: object) -> bool:
    if isinstance(value, bool):
        return value
    text = str(value).strip()
    if text.lower() not in _YES | _NO:
        raise _refused(column, f"“{text[:60]}” is neither yes nor no.")
    return text.lower() in _YES


def _date(column: Column, value: object) -> str:
    """Returns a day or an instant in ISO 8601."""
    text = str(value).strip()
    fraction = _FRACTION.search(text)
    if fraction and fraction[1][_MICROSECONDS:].strip("0"):
        words = f"“{text[:60]}” has more digits of a second than the {_MICROSECONDS} that a date keeps."
        raise _refused(column, words)
    for read in (date.fromisoformat, datetime.fromisoformat):
        try:
            written = read(text).isoformat()
        except ValueError:
            continue
        if moments.key(written) is None:
            words = f"“{text[:60]}” is before the year 1 or after 9999 in UTC, or more than 14 hours away from UTC."
            raise _refused(column, words)
        return written
    raise _refused(column, f"“{text[:60]}” is not a valid date. Write it like 2026-12-31.")


def _refused(column: Column, message: str) -> Refused:
    return Refused(message, field=column.name)

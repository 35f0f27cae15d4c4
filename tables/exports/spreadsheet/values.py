"""A value as a cell of a sheet: numbers, days and truth as what they are, all else as text, and never as a formula."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from tables.exports import text
from tables.models import ColumnType

LONGEST = 32_767  # UTF-16 units of a text
MOST_DIGITS = 15  # of a number that a spreadsheet keeps

# Places of the styles in styles.xml.
BOLD, DAY, MOMENT = 1, 2, 3
_FIXED = 3  # the style of a number with one decimal place is the next one
MOST_PLACES = 10  # decimal places that a number is shown with where it ends in 0

_WHOLE = re.compile(r"-?(?:0|[1-9]\d{0,14})")
_PADDED = re.compile(r"-?0\d")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d(?:T.*)?", re.ASCII)
_SPECIAL = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_NAMED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_FIRST_DAY = date(1900, 3, 1)  # before it, Excel counts a day that never was
_DAY_BEFORE = date(1899, 12, 30)  # the first one, as if the days had been counted right


class Content(NamedTuple):
    """A cell without its coordinate: attributes and elements, and what of the value did not fit, if anything."""

    attributes: str
    elements: str
    told: str = ""


type Encode = Callable[[object], Content | None]  # None for a blank cell


def encoder(type: str) -> Encode:
    """Returns how values of a column of this type become cells."""
    return _ENCODERS.get(type, _any)


def of_text(value: str) -> Content:
    """Returns a text with every letter that fits, also where XML has no such letter."""
    if len(value) > LONGEST // 2 or _SPECIAL.search(value):
        return _of_special_text(value)
    return Content(_TEXT, f'<is><t xml:space="preserve">{value}</t></is>')


def _of_special_text(value: str) -> Content:
    told = ""
    if (length := _units(value)) > LONGEST:
        told = f"{length:,} characters long. Excel holds {LONGEST:,} in a cell; the rest is left out."
        value = cut(value)
    elif control := _CONTROL.search(value):
        told = f"Has the control character U+{ord(control[0]):04X}, which Excel may not show."
    return Content(_TEXT, f'<is><t xml:space="preserve">{_SPECIAL.sub(_escape, value)}</t></is>', told)


_TEXT = ' t="inlineStr"'


def _any(value: object) -> Content | None:
    if value.__class__ is str:
        return of_text(value) if value else None
    if value is None:
        return None
    if isinstance(value, bool):
        return Content(' t="b"', f"<v>{value:d}</v>")
    if isinstance(value, int) and abs(value) < 10**MOST_DIGITS:
        return Content("", f"<v>{value}</v>")
    if isinstance(value, float) and _fits(repr(value)):
        return Content("", f"<v>{value!r}</v>")
    return of_text(text.of(value))


def _number(value: object) -> Content | None:
    """Returns digits that a spreadsheet keeps as a number with the decimal places that it was written with."""
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):  # such as a text from before the column's type
        return _any(value)
    digits = value
    if _WHOLE.fullmatch(digits):
        return Content("", f"<v>{digits}</v>")
    if _PADDED.match(digits) or not _fits(digits):
        return of_text(digits)
    places = (
        len(digits.partition(".")[2]) if digits.endswith("0") and digits.isascii() and "e" not in digits.lower() else 0
    )
    attributes = f' s="{_FIXED + places}"' if 0 < places <= MOST_PLACES else ""
    return Content(attributes, f"<v>{float(digits)!r}</v>")


def _fits(digits: str) -> bool:
    """Whether a spreadsheet keeps the number: it has no more digits than a double, nor a whole one than it shows."""
    number = float(digits)
    if number.is_integer():
        return abs(number) < 10**MOST_DIGITS and Decimal(digits) == int(number)
    return abs(number) < float("inf") and Decimal(repr(number)) == Decimal(digits)


def _date(value: object) -> Content | None:
    """Returns a day, or a moment in milliseconds without an offset, as a date."""
    if not isinstance(value, str) or not _DAY.fullmatch(value):
        return _any(value)
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:  # a text that only begins like a date
        return _any(value)
    if moment.date() < _FIRST_DAY or moment.tzinfo or moment.microsecond % 1000:
        return of_text(value)
    days = (moment.date() - _DAY_BEFORE).days
    if len(value) == len("2026-12-31"):
        return Content(f' s="{DAY}"', f"<v>{days}</v>")
    clock = (moment - datetime.combine(moment.date(), datetime.min.time())).total_seconds()
    return Content(f' s="{MOMENT}"', f"<v>{days + clock / 86_400!r}</v>")


_ENCODERS: dict[str, Encode] = {ColumnType.NUMBER: _number, ColumnType.DATE: _date}


def _escape(match: re.Match[str]) -> str:
    """Open XML writes letters that XML lacks as _x0001_, so what looks like that gets its first letter written so."""
    found = match[0]
    if found in _NAMED:
        return _NAMED[found]
    return f"_x{ord(found):04X}_" if len(found) == 1 else f"_x005F{found}"


def _units(value: str) -> int:
    return len(value.encode("utf-16-le")) // 2


def cut(value: str, units: int = LONGEST) -> str:
    """Returns the first UTF-16 units of a text, without half a letter at the end."""
    return value.encode("utf-16-le")[: 2 * units].decode("utf-16-le", "ignore")

"""Rows of an OpenDocument spreadsheet: each cell has its value and, beside it, the text that a person sees."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

from openpyxl.xml.functions import iterparse

from tables.imports.readers.spreadsheets.archive import Archive
from tables.imports.readers.spreadsheets.number_formats import number, percent
from tables.imports.readers.spreadsheets.scan import cover, pieces
from tables.imports.readers.spreadsheets.xlsx import moment

type Cells = Iterator[tuple[int, list[str | None]]]  # the number of each row that is not blank, up to its last value

_PART = "content.xml"
_OFFICE, _TABLE, _TEXT = (
    f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}" for name in ("office", "table", "text")
)
_LAST_ROW, _LAST_COLUMN, _MOST_SPACES = 1_048_576, 16_384, 1_000
_UNSEEN = (f"{_OFFICE}annotation", f"{_TEXT}ruby-text", f"{_TEXT}note")  # comments, and how a text is pronounced
_SPACES = re.compile("[ \t\r\n]+")
_CURRENCY = r"[$€£¥₹₽₩₺₴₪฿¢]"
# A number as formats write it, at most with a unit, like 1.234,50 kg: its value says the same in all of its digits.
_PLAIN = re.compile(
    rf"(?=.*\d|[-−–() ]*$)[-+−–(]* ?(?:[A-Z]{{3}} -?|\w*{_CURRENCY} ?-?)?(?!0\d)"
    r"(?:\d{1,3}(?:[.,'’ \u00a0\u202f]\d{2,3})+|\d+)?(?:[.,]\d*)?(?:[eE][-+]?\d+)?(?: ?\d+ ?/ ?\d+)?"
    rf"\)?(?:[ \u00a0]?(?:[^\W\d_]+\.?|{_CURRENCY}|[%‰°]))?\)?"
)
_HAS_CLOCK = re.compile(r":|\dh|[ap]m\b", re.IGNORECASE)
_CLOCK = re.compile(r"(-?\d+):\d\d(?::\d\d(?:[.,]\d+)?)?")
_DURATION = re.compile(r"(-?)PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,](\d+))?S)?")

_ROW_TAG = re.compile(rb"<table:table-row(?=[\s>/])")
_TABLE_TAG = re.compile(rb'<table:table\s[^>]*?table:name="([^"]*)"')
_COLUMN_TAG = re.compile(rb"<table:table-column(?=[\s/>])([^>]*)")
_REPEATED = re.compile(rb'\stable:number-(?:columns|rows)-repeated="(\d{1,7})"')
_HIDDEN = re.compile(rb'[^>]*\stable:visibility="(?:collapse|filter)"')
_UNRESOLVED = re.compile(
    rb"<table:table-cell(?=[^>]*\stable:formula=)(?![^>]*\soffice:(?:string-|boolean-|date-|time-)?value=)"
    rb"[^>]*(?:/>|>(?!<text:p))"
)


@dataclass(slots=True)
class Scan:
    """What is told of a sheet before its rows are read; `unresolved` counts formulas without a result."""

    hidden_rows: int = 0  # of those with a value
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)  # the first and last of each stretch
    unresolved: int = 0


def scan(path: Path, title: str) -> Scan:
    """Searches the bytes of the sheet."""
    found, name = Scan(), ""
    for piece in pieces(Archive(path), _PART, _ROW_TAG):
        if name == title:
            if _HIDDEN.match(piece) and b"<text:p" in piece:
                found.hidden_rows += _times(piece.partition(b">")[0])
            found.unresolved += len(_UNRESOLVED.findall(piece))
        for begun in _TABLE_TAG.finditer(piece):
            name = unescape(begun[1].decode())
            if name == title:
                found.hidden_columns = list(_hidden_columns(piece[begun.end() :]))
    return found


def _hidden_columns(head: bytes) -> Iterator[tuple[int, int]]:
    """Yields the first and last of the hidden columns that the head of a sheet lists."""
    last = 0
    for attributes in _COLUMN_TAG.findall(head.partition(b"</table:table>")[0]):
        first, last = last + 1, last + _times(attributes)
        if _HIDDEN.match(attributes):
            yield first, last


def _times(attributes: bytes) -> int:
    found = _REPEATED.search(attributes)
    return int(found[1]) if found else 1


def rows(path: Path, title: str, *, repeat_merged: bool) -> Cells:
    """Yields the rows of the sheet as a person sees them."""
    with Archive(path).open(_PART) as source:
        name, depth, last, merges = "", 0, 0, _Merges()
        for event, element in iterparse(source, events=("start", "end")):
            if element.tag == f"{_TABLE}table":
                depth += 1 if event == "start" else -1
                if name == title and not depth:
                    return
                name = element.get(f"{_TABLE}name", "") if depth == 1 and event == "start" else name
            elif event == "end" and depth == 1 and element.tag == f"{_TABLE}table-row":
                if name == title:
                    times = min(_number_of(element, "rows-repeated"), _LAST_ROW - last)
                    yield from _numbered(element, last + 1, times, merges if repeat_merged else None)
                    last += times
                element.clear()


def _numbered(row: Any, first: int, times: int, merges: "_Merges | None") -> Cells:
    values = _values(row, first, merges)
    if not values and not (merges and merges.are_open(first)):
        return
    for at in range(first, first + times):
        repeated = merges.applied(at, values) if merges else values
        if repeated:
            yield at, list(repeated)


def _values(row: Any, at: int, merges: "_Merges | None") -> list[str | None]:
    values: list[str | None] = []
    column = 0
    for cell in row:
        if not cell.tag.startswith(_TABLE) or not cell.tag.endswith("table-cell"):
            continue
        times = _number_of(cell, "columns-repeated")
        value = None if cell.tag == f"{_TABLE}covered-table-cell" else _value(cell)
        if value and column < _LAST_COLUMN:
            values += [None] * (column - len(values)) + [value] * min(times, _LAST_COLUMN - column)
            if merges:
                merges.add(at, column, cell, value)
        column += times
    return values


def _number_of(element: Any, what: str) -> int:
    number_ = element.get(f"{_TABLE}number-{what}", "1")
    return max(1, int(number_)) if number_.isdecimal() else 1


@dataclass(slots=True)
class _Merges:
    """The merged ranges that rows which follow are in: the last row, the first and last column, and the value."""

    _open: list[tuple[int, int, int, str]] = field(default_factory=list)

    def add(self, row: int, column: int, cell: Any, value: str) -> None:
        wide, high = _number_of(cell, "columns-spanned"), _number_of(cell, "rows-spanned")
        if wide * high > 1:
            self._open.append((row + high - 1, column + 1, min(column + wide, _LAST_COLUMN), value))

    def are_open(self, row: int) -> bool:
        self._open = [merge for merge in self._open if merge[0] >= row]
        return bool(self._open)

    def applied(self, row: int, values: list[str | None]) -> list[str | None]:
        repeated = list(values)
        for _, left, right, value in self._open if self.are_open(row) else ():
            cover(repeated, left, right, value)
        return repeated


def _value(cell: Any) -> str | None:
    """Returns what a person sees of the cell; of numbers, days and times all that they are."""
    seen = "\n".join(_text(part, is_first=True) for part in cell if part.tag == f"{_TEXT}p")
    kind = cell.get(f"{_OFFICE}value-type")
    value = cell.get(f"{_OFFICE}{_VALUES.get(kind, 'string-value')}")
    if not value or kind not in _VALUES:
        return seen or value or None
    try:
        return _SHOWN[kind](value, seen.strip())
    except ValueError:
        return seen or value


def _text(element: Any, *, is_first: bool = False) -> str:
    text = _SPACES.sub(" ", element.text or "")
    parts = [text.lstrip() if is_first else text]
    for child in element:
        if child.tag == f"{_TEXT}s":
            number_ = child.get(f"{_TEXT}c", "1")
            parts.append(" " * (min(int(number_), _MOST_SPACES) if number_.isdecimal() else 1))
        elif child.tag == f"{_TEXT}tab":
            parts.append("\t")
        elif child.tag == f"{_TEXT}line-break":
            parts.append("\n")
        elif child.tag not in _UNSEEN:
            parts.append(_text(child))
        parts.append(_SPACES.sub(" ", child.tail or ""))
    return "".join(parts)


def _number(value: str, seen: str) -> str:
    """Returns the number, or 00501, SKU-0042 and Yes where that is how it is seen."""
    if seen.upper() in ("TRUE", "FALSE"):
        return seen.lower()
    return number(value) if _PLAIN.fullmatch(seen) else seen


def _moment(value: str, seen: str) -> str:
    if _CLOCK.fullmatch(seen):
        return seen
    if seen and not _HAS_CLOCK.search(seen):
        return moment(value.partition("T")[0])
    text = moment(value)
    return text.removesuffix(":00") if seen.count(":") == 1 and text.count(":") == 2 else text


def _time(value: str, seen: str) -> str:
    """Returns hours and minutes, as many hours as there are, and seconds where they are seen."""
    match = _DURATION.fullmatch(value)
    if match is None:
        return seen or value
    sign, hours, minutes, seconds, fraction = (part or "" for part in match.groups())
    clock = _CLOCK.fullmatch(seen)
    if clock and abs(int(clock[1])) == int(hours or 0):
        return seen.replace(",", ".")
    end = f":{seconds:0>2}" if seconds.strip("0") or seen.count(":") > 1 else ""
    end += f".{fraction.rstrip('0')}" if fraction.strip("0") else ""
    return f"{sign}{hours:0>2}:{minutes:0>2}{end}"


_VALUES = {
    "float": "value",
    "currency": "value",
    "percentage": "value",
    "boolean": "boolean-value",
    "date": "date-value",
    "time": "time-value",
}
_SHOWN: dict[str, Callable[[str, str], str]] = {
    "float": _number,
    "currency": lambda value, _: number(value),
    "percentage": lambda value, _: percent(value),
    "boolean": lambda value, _: value,
    "date": _moment,
    "time": _time,
}

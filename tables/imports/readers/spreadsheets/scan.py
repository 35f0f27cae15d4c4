"""What has to be known of a sheet before its rows are read: how many there are, formulas, what is merged or hidden.

The bytes are searched, which takes a twentieth of the time of reading the cells.
"""

import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from openpyxl.utils.cell import column_index_from_string, coordinate_to_tuple

from tables.imports.readers.spreadsheets.archive import Archive
from tables.imports.readers.spreadsheets.styles import Styles

_BLOCK = 1 << 20  # bytes
_ROW = re.compile(rb"<(?:\w+:)?row(?=[\s>/])")
_VALUE = re.compile(rb"<(?:\w+:)?[vt](?:\s[^<>]*)?>[^<]")
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_CELL = re.compile(rb"<(?:\w+:)?c(\s[^<>]*)?(?<!/)>(.*?)</(?:\w+:)?c>", re.DOTALL)
_COLUMN = re.compile(rb"\sr=[\"']([A-Za-z]{1,3})\d")
_TEXT_RESULT = re.compile(rb"\st=[\"']str[\"']")
_STYLE = re.compile(rb"\ss=[\"'](\d+)[\"']")
_KIND = re.compile(rb"\st=[\"'](\w+)[\"']")
_CONTENT = re.compile(rb"<(?:\w+:)?v(?:\s[^<>]*)?>([^<]+)")
_RESULT = re.compile(rb"<(?:\w+:)?v(?:\s[^<>]*)?>[^<]")
_LONG_NUMBER = re.compile(rb">\s*-?[1-9]\d{15,}\s*<")
_DIGITS = 15  # of a number that a spreadsheet shows
_HIDDEN = re.compile(rb"[^>]*\s(?:hidden=[\"'](?:1|true)|ht=[\"']0(?:\.0*)?)[\"']")  # also where it has no height
_HIDDEN_COLUMNS = re.compile(
    rb"<(?:\w+:)?col(?=\s)([^<>]*\s(?:hidden=[\"'](?:1|true)|width=[\"']0(?:\.0*)?)[\"'][^<>]*)"
)
_FROM_TO = re.compile(rb"\s(min|max)=[\"'](\d+)[\"']")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^<>]*ref=[\"']([A-Za-z]+\d+:[A-Za-z]+\d+)[\"']")


@dataclass(slots=True)
class Scan:
    """`rows` with a value; formulas with and without a stored result, by column; `is_whole`: nothing was left."""

    rows: int = 0
    hidden_rows: int = 0  # of those with a value
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)  # the first and last of each stretch
    resolved: Counter[int] = field(default_factory=Counter)
    unresolved: Counter[int] = field(default_factory=Counter)
    hidden_values: Counter[int] = field(default_factory=Counter)  # by the formats of their cells, by column
    rounded: Counter[int] = field(default_factory=Counter)  # whole numbers of more digits than are shown, by column
    merges: "Merges | None" = None
    is_whole: bool = False


class Merges:
    """The merged ranges of a sheet, as (top, left, bottom, right), applied to its rows in order."""

    def __init__(self, ranges: Iterable[tuple[int, int, int, int]]) -> None:
        self._waiting = sorted(ranges, reverse=True)
        self._open: list[tuple[int, int, int, int, str | None]] = []  # top, left, bottom, right, value

    def apply(self, row: int, values: list[str | None], *, repeat_merged: bool) -> None:
        """Changes the values of the row to what its merged cells show."""
        while self._waiting and self._waiting[-1][0] <= row:
            top, left, bottom, right = self._waiting.pop()
            value = values[left - 1] if top == row and left <= len(values) else None
            self._open.append((top, left, bottom, right, value))
        self._open = [merge for merge in self._open if merge[2] >= row]
        for top, left, _, right, value in self._open:
            cover(values, left + (top == row), right, value if repeat_merged else None)


def _corners(reference: str) -> tuple[int, int, int, int]:
    """Returns top, left, bottom and right of B2:C5."""
    first, _, last = reference.partition(":")
    return *coordinate_to_tuple(first), *coordinate_to_tuple(last)


def cover(values: list[str | None], left: int, right: int, value: str | None) -> None:
    """Gives the columns from `left` to `right` one value."""
    if value is not None:
        values.extend([None] * (right - len(values)))
    last = min(right, len(values))
    values[left - 1 : last] = [value] * max(0, last - left + 1)


def scan(archive: Archive, part: str, styles: Styles, until: float) -> Scan:
    """Searches the sheet, until the time given in seconds of `time.monotonic`."""
    found = Scan()
    hiding = re.compile(rb"\ss=[\"'](?:%s)[\"']" % "|".join(styles.hiding).encode()) if styles.hiding else None
    merged: list[str] = []
    for piece in pieces(archive, part, _ROW):
        if _VALUE.search(piece):
            found.rows += 1
            found.hidden_rows += _HIDDEN.match(piece) is not None
        if _FORMULA.search(piece):
            for column, has_result in _formulas(piece):
                (found.resolved if has_result else found.unresolved)[column] += 1
        if hiding and hiding.search(piece):
            found.hidden_values.update(_hidden_values(piece, styles))
        if _LONG_NUMBER.search(piece):
            found.rounded.update(_rounded(piece))
        if b"hidden" in piece or b"width" in piece:
            found.hidden_columns += map(_from_to, _HIDDEN_COLUMNS.findall(piece))
        if b"mergeCell" in piece:
            merged += [match.decode() for match in _MERGED.findall(piece)]
        if time.monotonic() > until:
            return found
    found.merges = Merges(map(_corners, merged)) if merged else None
    found.is_whole = True
    return found


def pieces(archive: Archive, part: str, row: re.Pattern[bytes]) -> Iterator[bytes]:
    """Yields what stands before the first row, then the text of each; the last one with all that follows."""
    rest = b""
    with archive.open(part) as source:
        while block := source.read(_BLOCK):
            *whole, rest = row.split(rest + block)
            yield from whole
    yield rest


def _from_to(attributes: bytes) -> tuple[int, int]:
    """Returns the first and the last column that the attributes are of."""
    ends = {name: int(number) for name, number in _FROM_TO.findall(attributes)}
    return ends.get(b"min", 1), ends.get(b"max", 1)


def _formulas(row: bytes) -> Iterator[tuple[int, bool]]:
    """Yields the column of each formula and whether it has a result; a text may be an empty one."""
    for column, attributes, content in _cells(row):
        if _FORMULA.search(content):
            has_result = _RESULT.search(content) or (_TEXT_RESULT.search(attributes) and b"v" in content)
            yield column, bool(has_result)


def _hidden_values(row: bytes, styles: Styles) -> Iterator[int]:
    """Yields the column of each number and text of which its format shows nothing."""
    for column, attributes, content in _cells(row):
        style, kind = _STYLE.search(attributes), _KIND.search(attributes)
        value: float | str | None = ""
        if kind is None or kind[1] == b"n":
            value = _number(content)
        elif kind[1] not in (b"s", b"str", b"inlineStr"):
            value = None
        if style and value is not None and styles.hides(style[1].decode(), value):
            yield column


def _rounded(row: bytes) -> Iterator[int]:
    """Yields the column of each whole number that loses digits."""
    for column, attributes, content in _cells(row):
        kind, found = _KIND.search(attributes), _CONTENT.search(content)
        is_number = found is not None and (kind is None or kind[1] == b"n")
        digits = found[1].strip().removeprefix(b"-") if found and is_number else b""
        if digits.isdigit() and len(digits.strip(b"0")) > _DIGITS:
            yield column


def _number(content: bytes) -> float | None:
    found = _CONTENT.search(content)
    try:
        return float(found[1]) if found else None
    except ValueError:
        return None


def _cells(row: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yields the column, the attributes and the content of each cell that has one."""
    column = 0
    for attributes, content in _CELL.findall(row):
        named = _COLUMN.search(attributes)
        column = column_index_from_string(named[1].decode().upper()) if named else column + 1
        yield column, attributes, content

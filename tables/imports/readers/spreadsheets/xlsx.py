"""Sheets and cells of an Open XML workbook, read with openpyxl: of all its parts, only what cells need."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Any

from openpyxl.packaging.relationship import get_dependents, get_rels_path
from openpyxl.utils.cell import coordinate_to_tuple, get_column_letter
from openpyxl.worksheet._reader import CELL_TAG, INLINE_STRING, ROW_TAG, VALUE_TAG
from openpyxl.xml.constants import REL_NS, SHEET_MAIN_NS
from openpyxl.xml.functions import fromstring, iterparse

from tables.imports.readers.answering import Unreadable
from tables.imports.readers.spreadsheets.archive import Archive
from tables.imports.readers.spreadsheets.scan import Merges
from tables.imports.readers.spreadsheets.styles import Styles, formats

# The number of each row that is not blank, and its values up to the last one, or words about them.
type Cells = Iterator[tuple[int, list[str | None] | str]]

_STRING_TAG = f"{{{SHEET_MAIN_NS}}}si"
_TEXT_TAG = f"{{{SHEET_MAIN_NS}}}t"
_SPELLING_TAG = f"{{{SHEET_MAIN_NS}}}rPh"  # how a text is pronounced, which no cell shows
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)?(?:T(?P<clock>\d\d:\d\d(?::\d\d(?:\.\d*?[1-9])?)?)(?:\.?0*)(?:Z|\+00:00)?)?"
)
_TRUTH = {"1": "true", "true": "true", "0": "false", "false": "false"}
_LAST_COLUMN = 16_384


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A sheet of the workbook and the name of its part."""

    title: str
    part: str
    is_hidden: bool


class Workbook:
    """Raises whatever a broken part leads to.

    `is_calculated` is false where the program that wrote it left the results of its formulas to Excel.
    """

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        main = next(rel.target for rel in _relations(archive, "") if rel.Type.endswith("/officeDocument"))
        self._relations = _relations(archive, main)
        node = fromstring(archive.read(main))
        self._is_1904 = _is_1904(node)
        self.is_calculated = not _is_set(node.find(f"{{{SHEET_MAIN_NS}}}calcPr"), "fullCalcOnLoad")
        self.sheets = self._sheets(node)
        strings = self._part("sharedStrings")
        self._strings = SharedStrings(archive, strings)
        self.styles = self._read_styles()

    def rows(self, sheet: SheetPart, merges: Merges | None, *, repeat_merged: bool) -> Cells:
        """Yields the rows as a person sees them, where merged cells have their value once, or in each of them."""
        with self.archive.open(sheet.part) as source:
            for number, values in _Parser(source, self._strings, self.styles).rows():
                if isinstance(values, str):
                    yield number, values
                    continue
                if merges:
                    merges.apply(number, values, repeat_merged=repeat_merged)
                while values and values[-1] is None:
                    values.pop()
                if values:
                    yield number, values

    def totals(self, sheet: SheetPart) -> list[int]:
        """Returns the rows of the sheet in which its tables have their totals."""
        if get_rels_path(sheet.part) not in self.archive:  # type: ignore[no-untyped-call]
            return []
        parts = [rel.target for rel in _relations(self.archive, sheet.part) if rel.Type.endswith("/table")]
        tables = [fromstring(self.archive.read(part)) for part in parts if part in self.archive]
        ends = [table.get("ref", "").rpartition(":")[2] for table in tables if table.get("totalsRowCount", "0") != "0"]
        return sorted(coordinate_to_tuple(end)[0] for end in ends if end)

    def _sheets(self, node: Any) -> list[SheetPart]:
        parts = {rel.Id: rel.target for rel in self._relations if rel.Type.endswith("/worksheet")}
        return [
            SheetPart(sheet.get("name", ""), parts[id_], sheet.get("state", "visible") != "visible")
            for sheet in node.iter(f"{{{SHEET_MAIN_NS}}}sheet")
            if (id_ := sheet.get(f"{{{REL_NS}}}id")) in parts and parts[id_] in self.archive
        ]

    def _part(self, kind: str) -> str | None:
        names = (rel.target for rel in self._relations if rel.Type.endswith(f"/{kind}"))
        return next((name for name in names if name in self.archive), None)

    def _read_styles(self) -> Styles:
        name = self._part("styles")
        if name is None:
            return Styles(is_1904=self._is_1904)
        with self.archive.open(name) as part:
            return Styles(formats(part), is_1904=self._is_1904)


def _relations(archive: Any, part: str) -> list[Any]:
    """Returns what a part refers to, the archive itself without a name."""
    return list(get_dependents(archive, get_rels_path(part)))  # type: ignore[no-untyped-call]


def _is_1904(node: Any) -> bool:
    return _is_set(node.find(f"{{{SHEET_MAIN_NS}}}workbookPr"), "date1904")


def _is_set(properties: Any, name: str) -> bool:
    return properties is not None and properties.get(name, "0").lower() in ("1", "true", "on")


class SharedStrings:
    """The texts that cells share, read as far as a cell asks for one: a preview needs the first ones only."""

    def __init__(self, archive: Archive, name: str | None) -> None:
        self._texts: list[str] = []
        self._rest = _shared(archive, name) if name else iter(())

    def __getitem__(self, index: int) -> str:
        while index >= len(self._texts):
            self._texts.append(next(self._rest))
        return self._texts[index]


def _shared(archive: Archive, name: str) -> Iterator[str]:
    with archive.open(name) as source:
        for _, element in iterparse(source):
            if element.tag == _STRING_TAG:
                yield _text(element)
                element.clear()


def _text(element: Any) -> str:
    """Returns the text of all runs, without their looks."""
    if len(element) == 1 and element[0].tag == _TEXT_TAG:
        return _unescaped(element[0].text or "")
    runs = (run for run in element if run.tag != _SPELLING_TAG)
    return _unescaped("".join(text.text or "" for run in runs for text in run.iter(_TEXT_TAG)))


def moment(text: str) -> str:
    """Returns a day and time as they are stored: without a midnight, a zone, or a fraction that is none."""
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        return text
    day, clock = match["day"] or "", match["clock"] or ""
    if day and not clock.replace(":", "").replace("0", ""):
        return day
    return f"{day} {clock}".strip()


def _about_two(cell: str) -> str:
    return f"Cell {cell} stands twice in the workbook's file, with two values. The one that comes last came in."


def _unescaped(text: str) -> str:
    """Returns the letters that Open XML writes as _x000D_."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


class _Parser:
    """Reads nothing but rows, and cells as they are shown."""

    def __init__(self, source: Any, strings: SharedStrings, styles: Styles) -> None:
        self._source = source
        self._strings = strings
        self._styles = styles
        self._row = self._column = 0
        self._words: list[str] = []  # about cells of the last row that are not where they belong

    def rows(self) -> Cells:
        for _, element in iterparse(self._source):
            if element.tag == ROW_TAG:
                parsed = self._parsed(element)
                yield from ((self._row, words) for words in self._words)
                yield parsed
                element.clear()

    def _parsed(self, row: Any) -> tuple[int, list[str | None]]:
        self._row = self._number_of(row)
        self._column = 0
        self._words.clear()
        values: list[str | None] = []
        for cell in row:
            if cell.tag == CELL_TAG and (value := self._value(cell)):
                if self._column > len(values):
                    values.extend([None] * (self._column - len(values)))
                elif values[self._column - 1] not in (None, value):
                    self._words.append(_about_two(f"{get_column_letter(self._column)}{self._row}"))
                values[self._column - 1] = value
        return self._row, values

    def _number_of(self, row: Any) -> int:
        """Returns the number that the row or else its first cell says, or the next one."""
        number = row.get("r")
        if number:
            return int(float(number))
        coordinate = row[0].get("r") if len(row) else None
        return coordinate_to_tuple(coordinate)[0] if coordinate else self._row + 1

    def _value(self, cell: Any) -> str | None:
        """Returns what the cell shows, and remembers its column."""
        coordinate = cell.get("r")
        row, self._column = coordinate_to_tuple(coordinate) if coordinate else (self._row, self._column + 1)
        if row != self._row:
            words = f"stands in row {self._row:,} of the workbook's file, and came in with it."
            self._words.append(f"Cell {coordinate} {words}")
        if self._column > _LAST_COLUMN:
            raise ValueError(f"{coordinate} is past the last column")
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            inline = cell.find(INLINE_STRING)
            return self._styles.of_text(cell.get("s"), _text(inline)) if inline is not None else None
        value: str | None = cell.findtext(VALUE_TAG)
        return self._shown(kind, value, cell) if value else None

    def _shown(self, kind: str, value: str, cell: Any) -> str | None:
        if kind == "s":
            return self._shared_text(value, cell)
        if kind == "n":
            return self._number(value.strip(), cell)
        if kind == "b":
            return _TRUTH.get(value.strip().lower(), value)
        if kind == "d":
            return moment(value)
        return value if kind == "e" else self._styles.of_text(cell.get("s"), _unescaped(value))

    def _number(self, value: str, cell: Any) -> str | None:
        """Returns the number as it is shown, and what is none as it is written."""
        try:
            return self._styles.of(cell.get("s"))(value) if value and isfinite(float(value)) else value or None
        except ValueError:
            return value

    def _shared_text(self, value: str, cell: Any) -> str:
        try:
            return self._styles.of_text(cell.get("s"), self._strings[int(value)])
        except StopIteration:
            words = f"Cell {cell.get('r')} refers to a text that the workbook lacks. Save it again and upload it."
            raise Unreadable(words) from None

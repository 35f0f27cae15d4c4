"""What the readers of all formats give: the names of the columns, then rows of values exactly as they were written."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import batched, chain, count
from typing import Any

from tables import columns, names, values
from workspaces.refusals import Refused

MOST_ROWS = 10_000_000
LONGEST_CELL = values.LONGEST
MOST_WARNINGS = 1000  # listed one by one; the others are counted

type Value = str | int | float | bool | list[Any] | dict[str, Any] | None
type Row = Sequence[Value]
type Waiting = Callable[[], None]  # called now and then while nobody hears of rows
type NumberedRow = tuple[int, Row]  # with the number of the line, or row of the sheet, where it begins


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows of text without anything odd, told for all of them at once: each is one line, and all have one width.

    None of them is blank, has a cell that is too long, or one that begins with the guard against formulas.
    """

    line: int  # of the first one
    width: int
    cells: Sequence[str]  # of all rows, one after the other

    def __len__(self) -> int:
        return len(self.cells) // self.width

    def rows(self) -> Iterator[Row]:
        return batched(self.cells, self.width)

    def numbered(self) -> Iterator[NumberedRow]:
        return zip(count(self.line), map(list, self.rows()))

    def column(self, index: int) -> Sequence[str]:
        return self.cells[index :: self.width]

    def divided(self, most: int) -> Iterator["Stretch"]:
        """Yields it in parts of so many rows."""
        for first in range(0, len(self), most):
            cells = self.cells[first * self.width : (first + most) * self.width]
            yield Stretch(self.line + first, self.width, cells)


type Piece = NumberedRow | Stretch
type Pieces = Iterator[Piece]


class Rows:
    """The rows of a file, one by one, or in the pieces that they were read in; each can be had once."""

    def __init__(self, pieces: Pieces) -> None:
        self._pieces = pieces
        self._begun: Iterator[NumberedRow] = iter(())  # what is left of a stretch

    def __iter__(self) -> Iterator[NumberedRow]:
        return self

    def __next__(self) -> NumberedRow:
        for row in self._begun:
            return row
        piece = next(self._pieces)
        if isinstance(piece, Stretch):
            self._begun = piece.numbered()
            return next(self._begun)
        return piece

    def pieces(self) -> Pieces:
        """Yields those that are left."""
        return chain(self._begun, self._pieces)


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is to be read; None is detected."""

    has_header: bool | None = None
    header_row: int | None = None  # the line, or row of the sheet, that holds the names
    skip_lines: int | None = None  # lines, or rows of the sheet, above the table
    delimiter: str | None = None
    quote: str | None = None  # empty for none
    encoding: str | None = None
    sheet: str | None = None
    list_path: str | None = None  # of the list inside a JSON object, like data.items
    spread: bool | None = None  # nested objects become columns like address.city
    repeat_merged: bool | None = None  # every cell of a merged range has its value
    keeps_blank_rows: bool = True  # those between others


@dataclass(frozen=True, slots=True)
class ReadWarning:
    """What was not read as it stands in the file, or read with a guess; `line` is None for all of the file."""

    line: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that no table can hold as it stands; it is in no other list of rows."""

    line: int
    reason: str
    row: Row


class Notes:
    """Collects what a reader has to report while it reads; both lists are the sheet's own."""

    def __init__(self) -> None:
        self.warnings: list[ReadWarning] = []
        self.rejected: list[Rejected] = []
        self._unlisted = 0

    def warn(self, line: int | None, message: str) -> None:
        if len(self.warnings) < MOST_WARNINGS:
            self.warnings.append(ReadWarning(line, message))
            return
        self._unlisted += 1
        words = f"{self._unlisted:,} more warnings aren't listed here."
        self.warnings[MOST_WARNINGS:] = [ReadWarning(None, words)]

    def reject(self, line: int, reason: str, row: Row) -> None:
        self.rejected.append(Rejected(line, reason, row))
        self.warn(line, f"{reason} The row was left out.")


@dataclass(frozen=True, slots=True)
class SheetChoice:
    """A sheet of a workbook, or a list inside a JSON object; `rows` is None where they were not counted."""

    name: str
    rows: int | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class EncodingChoice:
    """An encoding that the file could have, with the first words that it changes."""

    encoding: str
    words: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that is being read, with the options that were given or detected.

    `rows` can be read once; `warnings` and `rejected` grow while they are read, and whoever reads may empty `rejected`.
    """

    columns: list[str]
    rows: Rows
    has_header: bool = True
    header_row: int | None = None
    skip_lines: int = 0
    delimiter: str | None = None
    quote: str | None = None
    encoding: str | None = None
    is_sure: bool = True  # of the encoding
    encodings: Sequence[EncodingChoice] = ()  # the likely ones, the one that is used first
    sheet: str | None = None
    sheets: Sequence[SheetChoice] = ()
    list_path: str | None = None
    lists: Sequence[SheetChoice] = ()
    reader: str | None = None  # of a workbook: openpyxl, xlrd, or calamine where those cannot read it
    skipped: Sequence[tuple[int, Row]] = ()  # the lines above the table, the first ones
    total: int | None = None  # rows, where known without reading them all
    warnings: list[ReadWarning] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


def silent() -> None:
    """Tells nobody that a file is still being read."""


def unreadable(message: str, field: str = "file") -> Refused:
    """Returns the refusal of a file, or of the option named `field` that it is to be read with."""
    return Refused(message, field=field)


def named(given: Sequence[str]) -> list[str]:
    """Returns a name for each column, each once: “Name”, “Column 2”, “Name 2”. Raises Refused for too many."""
    if len(given) > columns.MOST:
        words = (
            f"The file has {len(given):,} columns; a table has at most {columns.MOST}. Delete some and upload it again."
        )
        raise unreadable(words)
    taken: list[str] = []
    for number, name in enumerate(given, 1):
        taken.append(names.first_free(names.tidy(name) or f"Column {number}", taken))
    return taken


def is_blank(value: Value) -> bool:
    return value is None or value == ""


def checked(pieces: Pieces, width: int, notes: Notes, usual: int | None = None) -> Rows:
    """Returns the rows that a table can hold and reports the others. Raises Refused where there are too many.

    `usual` is the number of cells that rows of text have; others are reported, even where nothing is lost.
    """
    return Rows(_checked(pieces, width, notes, usual))


def _checked(pieces: Pieces, width: int, notes: Notes, usual: int | None) -> Pieces:
    number = 0
    for piece in pieces:
        if isinstance(piece, Stretch):
            number += len(piece)
            if number <= MOST_ROWS and usual == width == piece.width:
                yield piece
                continue
            number -= len(piece)
        for line, row in piece.numbered() if isinstance(piece, Stretch) else (piece,):
            number += 1
            if number > MOST_ROWS:
                raise unreadable(f"The file has more than {MOST_ROWS:,} rows. Split it and upload the parts.")
            if _is_held(line, row, width, notes, usual):
                yield line, row if len(row) <= width else row[:width]


def _is_held(line: int, row: Row, width: int, notes: Notes, usual: int | None) -> bool:
    """Whether a table can hold the row; reports what is odd about it."""
    if usual == width == len(row) and len("".join(row)) <= LONGEST_CELL:  # type: ignore[arg-type]
        return True  # most rows of text, told in a step or two, however many cells they have
    reason = _reason_against(row, width)
    if reason:
        notes.reject(line, reason, row)
        return False
    if usual and len(row) != usual and row:
        notes.warn(line, _about_width(line, len(row), usual))
    return True


def _about_width(line: int, number: int, usual: int) -> str:
    """Says what a row of another width may mean; one with more values may have a delimiter inside of one."""
    words = f"Line {line:,} has {number:,} value{'' if number == 1 else 's'} instead of {usual:,}."
    if number < usual:
        return f"{words} The other cells are blank."
    return f"{words} Check that they are in the right columns."


def _reason_against(row: Row, width: int) -> str | None:
    if len(row) > width and not all(map(is_blank, row[width:])):
        return f"This row has {len(row)} values, but there are {width} columns."
    for value in row:
        if isinstance(value, str) and len(value) > LONGEST_CELL:
            return f"This row has a cell of {len(value):,} characters; at most {LONGEST_CELL:,} fit into one."
    return None

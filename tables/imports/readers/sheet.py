"""What the readers of all formats give: the names of the columns, then rows of values exactly as they were written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tables import columns, names, values
from workspaces.refusals import Refused

MOST_ROWS = 2_000_000
LONGEST_CELL = values.LONGEST
MOST_WARNINGS = 1000  # listed one by one; the others are counted

type Value = str | int | float | bool | list[Any] | dict[str, Any] | None
type Row = Sequence[Value]
type Rows = Iterator[tuple[int, Row]]  # each with the number of the line, or row of the sheet, where it begins


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
    reader: str | None = None  # of a workbook: openpyxl, or calamine where openpyxl cannot read it
    skipped: Sequence[tuple[int, Row]] = ()  # the lines above the table, the first ones
    total: int | None = None  # rows, where known without reading them all
    warnings: list[ReadWarning] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


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


def checked(rows: Rows, width: int, notes: Notes, usual: int | None = None) -> Rows:
    """Yields the rows that a table can hold and reports the others. Raises Refused where there are too many.

    `usual` is the number of cells that rows of text have; others are reported, even where nothing is lost.
    """
    for number, (line, row) in enumerate(rows):
        if number >= MOST_ROWS:
            raise unreadable(f"The file has more than {MOST_ROWS:,} rows. Split it and upload the parts.")
        if usual == width == len(row) and len("".join(row)) <= LONGEST_CELL:  # type: ignore[arg-type]
            yield line, row  # nearly every row of text, told in a step or two, however many cells it has
            continue
        reason = _reason_against(row, width)
        if reason:
            notes.reject(line, reason, row)
            continue
        if usual and len(row) != usual:
            notes.warn(line, f"Line {line:,} has {len(row):,} values instead of {usual:,}. No value was lost or moved.")
        yield line, row if len(row) <= width else row[:width]


def _reason_against(row: Row, width: int) -> str | None:
    if len(row) > width and not all(map(is_blank, row[width:])):
        return f"This row has {len(row)} values, but there are {width} columns."
    for value in row:
        if isinstance(value, str) and len(value) > LONGEST_CELL:
            return f"This row has a cell of {len(value):,} characters; at most {LONGEST_CELL:,} fit into one."
    return None

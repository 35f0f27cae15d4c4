"""What the readers of all formats give: the names of the columns, then rows of values exactly as they were written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any

from tables import columns, names, values
from workspaces.refusals import Refused

MOST_ROWS = 2_000_000
LONGEST_CELL = values.LONGEST
_AHEAD = 200  # rows that are looked at for values past the last name

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

    `rows` can be read once; `warnings` grows while they are read.
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
    reader: str | None = None  # the program that read it where that is not the usual one
    skipped: Sequence[tuple[int, Row]] = ()  # the lines above the table, the first ones
    total: int | None = None  # rows, where known without reading them all
    warnings: list[ReadWarning] = field(default_factory=list)


def unreadable(message: str, field: str = "file") -> Refused:
    """Returns the refusal of a file, or of the option named `field` that it is to be read with."""
    return Refused(message, field=field)


def is_header(first: Row, *, alone: bool) -> bool:
    """Whether the first row holds names: texts that differ. Numbers, addresses and gaps make it a row like the others.

    `alone`: no row follows it.
    """
    texts = [value.strip() for value in first if isinstance(value, str)]
    if len(texts) < len(first):
        return False
    if not all(texts) or len(set(texts)) < len(texts):
        return alone and all(texts)
    return not any(_is_number(text) or "@" in text or "://" in text for text in texts)


def _is_number(text: str) -> bool:
    try:
        float(text.replace(",", ""))
    except ValueError:
        return False
    return True


def with_names(first: tuple[int, Row], rest: Rows, has_header: bool) -> tuple[list[str], Rows]:
    """Returns the names of the columns and the rows, the first one among them where it is no header.

    Values past the last name get one too, as far as the rows that are looked at ahead show.
    """
    ahead = list(islice(rest, _AHEAD))
    width = max(len(first[1]), *(len(row) for _, row in ahead), 0)
    given = [str(name or "") for name in first[1]] if has_header else []
    rows = chain(ahead, rest) if has_header else chain([first], ahead, rest)
    return named(given + [""] * (width - len(given))), checked(rows, width)


def named(given: Sequence[str]) -> list[str]:
    """Returns a name for each column, each once: “Name”, “Column 2”, “Name 2”. Raises Refused for too many."""
    if len(given) > columns.MOST:
        raise unreadable(f"The file has {len(given):,} columns; a table has at most {columns.MOST}.")
    taken: list[str] = []
    for number, name in enumerate(given, 1):
        taken.append(names.first_free(names.tidy(name) or f"Column {number}", taken))
    return taken


def checked(rows: Rows, width: int) -> Rows:
    """Yields the rows. Raises Refused for the first one that no table can hold."""
    for number, (line, row) in enumerate(rows):
        if number >= MOST_ROWS:
            raise unreadable(f"The file has more than {MOST_ROWS:,} rows. Split it and upload the parts.")
        if len(row) > width and any(row[width:]):
            raise unreadable(f"Row {line:,} has {len(row)} values, but there are {width} columns.")
        for value in row:
            if isinstance(value, str) and len(value) > LONGEST_CELL:
                words = f"Row {line:,} has a cell of {len(value):,} characters; at most {LONGEST_CELL:,} fit."
                raise unreadable(words)
        yield line, row

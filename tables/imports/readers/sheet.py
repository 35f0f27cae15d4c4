"""What the readers of all formats give: the names of the columns, then rows of values exactly as they were written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from tables import columns, names, values
from workspaces.refusals import Refused

MOST_ROWS = 2_000_000
LONGEST_CELL = values.LONGEST
_AHEAD = 200  # rows that are looked at for values past the last name

type Value = str | int | float | bool | list[Any] | dict[str, Any] | None
type Row = Sequence[Value]


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is to be read; None is detected."""

    has_header: bool | None = None
    delimiter: str | None = None
    encoding: str | None = None
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file that is being read, with the options that were given or detected; `rows` can be read once."""

    columns: list[str]
    rows: Iterator[Row]
    delimiter: str | None = None
    encoding: str | None = None
    has_header: bool = True
    sheet: str | None = None
    sheets: Sequence[str] = ()


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


def with_names(first: Row, rest: Iterator[Row], has_header: bool) -> tuple[list[str], Iterator[Row]]:
    """Returns the names of the columns and the rows, the first one among them where it is no header.

    Values past the last name get one too, as far as the rows that are looked at ahead show.
    """
    ahead = list(islice(rest, _AHEAD))
    width = max(len(first), *(len(row) for row in ahead), 0)
    given = [str(name or "") for name in first] if has_header else []
    rows = chain(ahead, rest) if has_header else chain([first], ahead, rest)
    return named(given + [""] * (width - len(given))), checked(rows, width, first=2 if has_header else 1)


def named(given: Sequence[str]) -> list[str]:
    """Returns a name for each column, each once: “Name”, “Column 2”, “Name 2”. Raises Refused for too many."""
    if len(given) > columns.MOST:
        raise unreadable(f"The file has {len(given):,} columns; a table has at most {columns.MOST}.")
    taken: list[str] = []
    for number, name in enumerate(given, 1):
        taken.append(names.first_free(names.tidy(name) or f"Column {number}", taken))
    return taken


def checked(rows: Iterator[Row], width: int, *, first: int) -> Iterator[Row]:
    """Yields the rows. Raises Refused for the first one that no table can hold; `first` is the number of the first."""
    for number, row in enumerate(rows, first):
        if number - first >= MOST_ROWS:
            raise unreadable(f"The file has more than {MOST_ROWS:,} rows. Split it and upload the parts.")
        if len(row) > width and any(row[width:]):
            raise unreadable(f"Row {number:,} has {len(row)} values, but there are {width} columns.")
        for value in row:
            if isinstance(value, str) and len(value) > LONGEST_CELL:
                words = f"Row {number:,} has a cell of {len(value):,} characters; at most {LONGEST_CELL:,} fit."
                raise unreadable(words)
        yield row

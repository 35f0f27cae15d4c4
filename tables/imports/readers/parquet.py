"""A Parquet file, read by a child process where the library for it is installed: see `arrow`."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from tables.imports.readers import child
from tables.imports.readers.sheet import Notes, NumberedRow, Options, Sheet, Waiting, checked, named, silent, unreadable
from tables.storable import storable

SIGN = b"PAR1"  # at the beginning of each
_MODULE = "tables.imports.readers.arrow"
_NOT_INSTALLED = (
    "Parquet files are read where Marl has the addition for them. Save it as CSV and upload that, "
    "or ask whoever runs Marl to install requirements-parquet.txt."
)


@contextmanager
def read(path: Path, options: Options, *, is_preview: bool = False, waiting: Waiting = silent) -> Iterator[Sheet]:
    """Raises Refused, here or while the rows are read: also where the parser crashes or exceeds its bounds."""
    if find_spec("pyarrow") is None:
        raise unreadable(_NOT_INSTALLED)
    how = {"spread": bool(options.spread)}
    with child.reading(_MODULE, path, "Parquet file", waiting, is_preview=is_preview, **how) as told:
        about = next(told)["about"]
        yield _sheet(about, (tuple(row) for message in told for row in message.get("rows", ())))


def _sheet(about: Mapping[str, Any], rows: Iterator[NumberedRow]) -> Sheet:
    if not about["names"] or not about["total"]:
        raise unreadable("The file has no rows. Check that it is the right file, and upload one with rows.")
    notes = Notes()
    for name in about["binary"]:
        notes.warn(None, f"“{name}” holds bytes, not text. They come in as Base64.")
    columns = named(about["names"])
    return Sheet(
        columns,
        checked(_storable(rows, notes), len(columns), notes),
        total=about["total"],
        reader="pyarrow",
        warnings=notes.warnings,
        rejected=notes.rejected,
    )


def _storable(rows: Iterator[NumberedRow], notes: Notes) -> Iterator[NumberedRow]:
    """Yields the rows, and reports those with a character that is left out when they are stored."""
    for number, row in rows:
        if any(map(_has_nul, row)):
            notes.warn(number, f"Row {number:,} has a character that can't be stored (U+0000). It was left out.")
        yield number, row


def _has_nul(value: object) -> bool:
    return "\0" in value if isinstance(value, str) else isinstance(value, list | dict) and storable(value) != value

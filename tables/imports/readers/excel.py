"""One sheet of a workbook, read by a child process: see `spreadsheets`."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tables.imports.readers import child
from tables.imports.readers.gaps import Gaps
from tables.imports.readers.heading import as_sheet
from tables.imports.readers.sheet import Notes, NumberedRow, Options, Sheet, SheetChoice, Waiting, silent

SUFFIXES = (".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlsb", ".ods")
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MODULE = "tables.imports.readers.spreadsheets"


def is_workbook(path: Path) -> bool:
    """Whether it has the suffix of a workbook, or its first bytes: a workbook named .csv is not text."""
    with path.open("rb") as file:
        return path.suffix in SUFFIXES or file.read(8).startswith((_ZIP, _OLE))


@contextmanager
def read(path: Path, options: Options, *, is_preview: bool = False, waiting: Waiting = silent) -> Iterator[Sheet]:
    """Raises Refused, here or while the rows are read: also where the parser crashes or exceeds its bounds."""
    how = {"sheet": options.sheet, "repeat_merged": options.repeat_merged}
    with child.reading(_MODULE, path, "workbook", waiting, is_preview=is_preview, **how) as told:
        about = next(told)["about"]
        yield _sheet(about, (tuple(row) for message in told for row in message.get("rows", ())), options)


def _sheet(about: Mapping[str, Any], rows: Iterator[NumberedRow], options: Options) -> Sheet:
    notes, gaps = Notes(), Gaps(options.keeps_blank_rows)
    sheet = as_sheet(
        gaps.by_number(rows),
        options,
        notes,
        gaps,
        sheet=about["sheet"],
        sheets=[SheetChoice(*choice) for choice in about["sheets"]],
        reader=about["reader"],
        total=about["total"],
    )
    unresolved = Counter(dict(about["unresolved"]))
    if unresolved:
        notes.warn(None, _unresolved(unresolved, sheet.columns, is_whole=about["is_whole"]))
    if about["reader"] == "calamine":
        words = "Calamine read this file: numbers come without their formats. 00501 may have become 501, and 50% 0.5."
        notes.warn(None, words)
    return sheet


def _unresolved(by_column: Counter[int], names: list[str], *, is_whole: bool) -> str:
    """Says how many cells are left empty for want of a result, and in which columns."""
    number = by_column.total()
    named = [f"“{names[column - 1]}”" for column in by_column if column <= len(names)]
    subject = f"{number:,} cells hold formulas" if number > 1 else "1 cell holds a formula"
    result = "results" if number > 1 else "a result"
    where = f" (in {', '.join(named)})" if named else ""
    at_least = "" if is_whole else "At least "
    return f"{at_least}{subject} without {result}{where}: open and save the file once in Excel."

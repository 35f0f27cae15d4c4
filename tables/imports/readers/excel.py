"""One sheet of a workbook, read by a child process: see `spreadsheets`."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tables.imports.readers import child
from tables.imports.readers.gaps import Gaps
from tables.imports.readers.heading import as_sheet
from tables.imports.readers.sheet import Notes, NumberedRow, Options, Row, Sheet, SheetChoice, Waiting, silent

SUFFIXES = (".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlsb", ".ods")
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MOST_SHEETS = 5  # that are named
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


def _sheet(about: Mapping[str, Any], told: Iterator[tuple[int, Row | str]], options: Options) -> Sheet:
    notes, gaps = Notes(), Gaps(options.keeps_blank_rows)
    sheet = as_sheet(
        gaps.by_number(_without_words(told, notes)),
        options,
        notes,
        gaps,
        sheet=about["sheet"],
        sheets=[SheetChoice(*choice) for choice in about["sheets"]],
        reader=about["reader"],
        total=about["total"],
    )
    if options.sheet is None and (words := _of_other_sheets(about)):
        notes.warn(None, words)
    for words in _oddities(about, sheet.columns):
        notes.warn(None, words)
    return sheet


def _without_words(told: Iterator[tuple[int, Row | str]], notes: Notes) -> Iterator[NumberedRow]:
    """Yields the rows, and notes what the parser says of them."""
    for number, row in told:
        if isinstance(row, str):
            notes.warn(number, row)
        else:
            yield number, row


def _of_other_sheets(about: Mapping[str, Any]) -> str:
    """Returns the words for rows in sheets that nobody chose, "" where there are none."""
    others = [title for title, rows, _ in about["sheets"] if rows != 0 and title != about["sheet"]]
    if not others:
        return ""
    more = len(others) - _MOST_SHEETS
    listed = ", ".join(f"“{title}”" for title in others[:_MOST_SHEETS]) + (f" and {more:,} more" if more > 0 else "")
    return f"The sheet “{about['sheet']}” is read. The workbook also has {listed}: choose one, or import each."


def _oddities(about: Mapping[str, Any], names: list[str]) -> Iterator[str]:
    """Yields what a person has to know of values that look like all others."""
    at_least = "" if about["is_whole"] else "At least "
    if about.get("unresolved"):
        number, subject, where = _formulas(about["unresolved"], names)
        result = "results" if number > 1 else "a result"
        yield f"{at_least}{subject} without {result}{where}: open and save the file once in Excel."
    if about.get("uncalculated"):
        _, subject, where = _formulas(about["uncalculated"], names)
        yield (
            f"{at_least}{subject}{where} that the program which wrote the file left to Excel to calculate: "
            "open and save it once in Excel, or results may be wrong."
        )
    if rows := about.get("hidden_rows"):
        yield f"{at_least}{rows:,} {'row is' if rows == 1 else 'rows are'} hidden in the workbook. All rows are read."
    hidden = [name for at, name in enumerate(names, 1) if any(a <= at <= b for a, b in about.get("hidden_columns", ()))]
    if hidden:
        listed = ", ".join(f"“{name}”" for name in hidden)
        yield f"{listed} {'is' if len(hidden) == 1 else 'are'} hidden in the workbook. All columns are read."
    if totals := about.get("totals"):
        listed = ", ".join(f"{row:,}" for row in totals)
        if len(totals) == 1:
            yield f"Row {listed} of the sheet has the totals of a table. It came in like all others."
        else:
            yield f"Rows {listed} of the sheet have the totals of tables. They came in like all others."
    if about.get("hidden_values"):
        number, where = _counted(about["hidden_values"], names)
        hides = f"{number:,} values have number formats like ;;; that hide them"
        if number == 1:
            hides = "1 value has a number format like ;;; that hides it"
        yield f"{at_least}{hides}{where}. All values are read."
    if about.get("rounded"):
        number, where = _counted(about["rounded"], names)
        has = "1 number has" if number == 1 else f"{number:,} numbers have"
        yield (
            f"{at_least}{has} more than the 15 digits that a spreadsheet keeps{where}: the others came in as zeros. "
            "If these are names, such as IDs, write them as texts."
        )
    if about["reader"] == "calamine":
        yield (
            "Calamine read this file: numbers come without their formats, and errors like #N/A as blank cells. "
            "00501 may have become 501, and 50% 0.5."
        )


def _formulas(by_column: Sequence[tuple[int, int]], names: list[str]) -> tuple[int, str, str]:
    """Returns how many formulas there are, and the words for that and for their columns."""
    number, where = _counted(by_column, names)
    return number, f"{number:,} cells hold formulas" if number > 1 else "1 cell holds a formula", where


def _counted(by_column: Sequence[tuple[int, int]], names: list[str]) -> tuple[int, str]:
    """Returns how many cells there are in all, and the words for their columns."""
    named = [f"“{names[column - 1]}”" for column, _ in by_column if 0 < column <= len(names)]
    return sum(count for _, count in by_column), f" (in {', '.join(named)})" if named else ""

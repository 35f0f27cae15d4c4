"""Workbooks that openpyxl refuses or whose format it lacks, read with calamine: XLS, XLSB, ODS."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import python_calamine

from tables.imports.readers.answering import Unreadable
from tables.imports.readers.durations import clock
from tables.imports.readers.spreadsheets.number_formats import number

_DURATION = re.compile(r"PT(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?")
LOCKED = "This workbook is protected by a password. Take the password off in your program, save it and upload it again."


class Workbook:
    """Raises Unreadable."""

    def __init__(self, path: Path) -> None:
        try:
            self._book = python_calamine.load_workbook(str(path))
        except python_calamine.PasswordError as error:
            raise Unreadable(LOCKED) from error
        except Exception as error:
            raise Unreadable(f"This workbook cannot be read: {error}. Save it as XLSX and upload that.") from error
        self.sheets = [
            (sheet.name, sheet.visible != python_calamine.SheetVisibleEnum.Visible)
            for sheet in self._book.sheets_metadata
            if sheet.typ == python_calamine.SheetTypeEnum.WorkSheet
        ]

    def sheet(self, title: str) -> Any:
        try:
            return self._book.get_sheet_by_name(title)
        except Exception as error:
            raise Unreadable(f"The sheet “{title}” cannot be read: {error}.", "sheet") from error


def number_of_rows(sheet: Any) -> int:
    return sum(1 for _ in rows(sheet, repeat_merged=False))


def rows(sheet: Any, *, repeat_merged: bool) -> Iterator[tuple[int, list[str | None]]]:
    """Yields the rows that are not blank, each up to its last value."""
    if not sheet.height:
        return
    top, left = sheet.start
    repeated = _repeated(sheet) if repeat_merged else {}
    for number_, row in enumerate(sheet.iter_rows(), top):
        values = [None] * left + [_shown(value) for value in row]
        for column, value in repeated.get(number_, ()):
            values.extend([None] * (column + 1 - len(values)))
            values[column] = value
        while values and values[-1] is None:
            values.pop()
        if values:
            yield number_ + 1, values


def _repeated(sheet: Any) -> dict[int, list[tuple[int, str | None]]]:
    """Returns for each row the columns that a merged range covers, with its value."""
    covered: dict[int, list[tuple[int, str | None]]] = {}
    top, left = sheet.start
    shown = [list(row) for row in sheet.iter_rows()]
    for (first_row, first_column), (last_row, last_column) in sheet.merged_cell_ranges or ():
        if not (0 <= first_row - top < len(shown) and 0 <= first_column - left < len(shown[first_row - top])):
            continue
        value = _shown(shown[first_row - top][first_column - left])
        for row in range(first_row, min(last_row, top + len(shown) - 1) + 1):
            covered.setdefault(row, []).extend((column, value) for column in range(first_column, last_column + 1))
    return covered


def _shown(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return _with_clock(value) if value else None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number(str(value))
    if isinstance(value, timedelta):
        return clock(round(value.total_seconds() * 1000), 3)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    return value.isoformat() if isinstance(value, date | time) else str(value)


def _with_clock(text: str) -> str:
    """Returns PT30H00M00S, as ODS writes durations, as 30:00; other texts as they are."""
    match = _DURATION.fullmatch(text)
    if match is None:
        return text
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return clock(round((hours * 3600 + minutes * 60 + seconds) * 1000), 3)

"""One sheet of an XLSX workbook."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl

from tables.imports.readers.heading import as_sheet
from tables.imports.readers.sheet import Notes, Options, Rows, Sheet, SheetChoice, Value, unreadable

LARGEST_UNPACKED = 2 * 1024**3  # bytes
_LARGE_PART = 100_000_000  # bytes unpacked, from which on a part's ratio counts
_MOST_RATIO = 400  # of unpacked to packed; sheets stay below 100


@contextmanager
def read(path: Path, options: Options) -> Iterator[Sheet]:
    """Raises Refused, here or while the rows are read."""
    _check_archive(path)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:
        raise unreadable("This workbook cannot be read. Save it as XLSX again, without a password.") from error
    try:
        yield _sheet(book, options)
    finally:
        book.close()


def _sheet(book: openpyxl.Workbook, options: Options) -> Sheet:
    titles = [sheet.title for sheet in book.worksheets]
    title = _chosen(titles, options.sheet)
    rows = _rows(book[title])
    return as_sheet(rows, options, Notes(), sheet=title, sheets=[SheetChoice(name) for name in titles])


def _chosen(titles: list[str], given: str | None) -> str:
    if not titles:
        raise unreadable("The workbook has no sheet with rows.")
    if given and given not in titles:
        raise unreadable(f"There is no sheet “{given}”. There are: {', '.join(titles)}.", "sheet")
    return given or titles[0]


def _check_archive(path: Path) -> None:
    """An XLSX file is a zip archive, whose parts may unpack to any size: openpyxl would fill the memory with them."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError) as error:
        raise _not_xlsx() from error
    if "[Content_Types].xml" not in (part.filename for part in parts):
        raise _not_xlsx()
    if sum(part.file_size for part in parts) > LARGEST_UNPACKED or any(_is_bomb(part) for part in parts):
        raise unreadable("This workbook unpacks to far more than it is safe to read. Save it as CSV and upload that.")


def _not_xlsx() -> Exception:
    return unreadable("This is not an XLSX file. Save it as XLSX or CSV and upload it again.")


def _is_bomb(part: zipfile.ZipInfo) -> bool:
    return part.file_size > _LARGE_PART and part.file_size > _MOST_RATIO * max(1, part.compress_size)


def _rows(sheet: Any) -> Rows:
    """Yields the rows that are not blank, each up to its last value."""
    try:
        for number, row in enumerate(sheet.iter_rows(values_only=True), 1):
            values = [_value(value) for value in row]
            while values and values[-1] is None:
                values.pop()
            if values:
                yield number, values
    except Exception as error:  # openpyxl raises whatever a broken part leads to
        raise unreadable(f"The sheet “{sheet.title}” cannot be read to its end: {error}.") from error


def _value(value: object) -> Value:
    """Returns numbers as text in their shortest form, dates as ISO 8601: what the sheet shows, without its formats."""
    if value is None or isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, datetime):
        midnight = value.time() == time()
        return value.date().isoformat() if midnight else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)

"""Workbooks, whole and broken."""

import io
import zipfile
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import openpyxl
import pytest

from workspaces.refusals import Refused


def workbook(**sheets: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    assert book.active
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 200_000_000)
    return file.getvalue()


def archive_of_something_else() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("notes.txt", "hello")
    return file.getvalue()


def test_a_sheet_of_a_workbook_is_read(read: Any) -> None:
    content = workbook(
        First=[["Name", "Zip", "Size"], ["Sam", "0042", 30.0], ["Ola", None, 1.5]], Second=[["X"], ["y"]]
    )
    columns, rows, sheet = read(content, ".xlsx")
    assert columns == ["Name", "Zip", "Size"]
    assert rows == [["Sam", "0042", "30"], ["Ola", None, "1.5"]]
    assert [sheet.name for sheet in sheet.sheets] == ["First", "Second"]
    assert [warning.message for warning in sheet.warnings] == [
        "The sheet “First” is read. The workbook also has “Second”: choose one, or import each."
    ]
    _, rows, sheet = read(content, ".xlsx", sheet="Second")
    assert (rows, sheet.warnings) == ([["y"]], [])


def test_many_other_sheets_are_counted(read: Any) -> None:
    content = workbook(**{f"S{number}": [["a"], ["x"]] for number in range(1, 9)})
    [warning] = read(content, ".xlsx")[2].warnings
    assert "also has “S2”, “S3”, “S4”, “S5”, “S6” and 2 more: choose one" in warning.message


def test_values_are_what_the_sheet_shows(read: Any) -> None:
    moments = [True, date(2026, 1, 31), datetime(2026, 1, 31, 10, 30)]
    content = workbook(A=[["Yes", "Day", "Moment"], moments])
    assert read(content, ".xlsx")[1] == [["true", "2026-01-31", "2026-01-31 10:30:00"]]


def test_a_first_row_with_numbers_is_no_header(read: Any) -> None:
    assert read(workbook(A=[["Sam", 3], ["Ola", 4]]), ".xlsx")[0] == ["Column 1", "Column 2"]


@pytest.mark.parametrize(
    ("make", "options", "words", "field"),
    [
        (lambda: b"not a zip", {}, "not an XLSX file", "file"),
        (archive_of_something_else, {}, "not an XLSX file", "file"),
        (lambda: workbook(Empty=[]), {}, "no rows", "file"),
        (lambda: workbook(A=[["x"], ["y"]]), {"sheet": "B"}, "no sheet “B”", "sheet"),
        (bomb, {}, "unpacks to far more", "file"),
    ],
    ids=["no zip", "another zip", "empty sheet", "no such sheet", "bomb"],
)
def test_a_workbook_that_cannot_be_read_is_refused(
    make: Callable[[], bytes], options: dict[str, Any], words: str, field: str, read: Any
) -> None:
    with pytest.raises(Refused, match=words) as refused:
        read(make(), ".xlsx", **options)
    assert refused.value.field == field

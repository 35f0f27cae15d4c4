"""Files as people have them."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from tables.imports.readers.delimited import Options, opened
from workspaces.refusals import Refused


def read(folder: Path, content: bytes, suffix: str = ".csv", **options: Any) -> tuple[list[str], list[list[Any]], Any]:
    path = folder / f"file{suffix}"
    path.write_bytes(content)
    with opened(path, suffix, Options(**options)) as sheet:
        return sheet.columns, [list(row) for row in sheet.rows], sheet


TEXT = "Société;Zip\nÉtoile;0042\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8"),
        (TEXT.encode("utf-16"), "utf-16"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("cp1252"), "cp1252"),
    ],
)
def test_the_encoding_is_recognised(content: bytes, encoding: str, tmp_path: Path) -> None:
    columns, rows, sheet = read(tmp_path, content)
    assert columns == ["Société", "Zip"]
    assert rows == [["Étoile", "0042"]]
    assert sheet.encoding == encoding


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_recognised(delimiter: str, tmp_path: Path) -> None:
    lines = [["Name", "City"], ["a, b; c", "x"], ["d", "y"]]
    content = "\n".join(delimiter.join(f'"{value}"' for value in line) for line in lines).encode()
    columns, rows, sheet = read(tmp_path, content)
    assert (columns, rows, sheet.delimiter) == (["Name", "City"], lines[1:], delimiter)


@pytest.mark.parametrize(
    ("content", "has_header"),
    [(b"Name,Age\nSam,30\n", True), (b"Sam,30\nOla,31\n", False), (b"a@b.c,x\n", False), (b"Name\nSam\n", True)],
)
def test_a_header_is_recognised(content: bytes, has_header: bool, tmp_path: Path) -> None:
    columns, _, sheet = read(tmp_path, content)
    assert sheet.has_header is has_header
    assert (columns[0] == "Column 1") is not has_header


def test_text_stays_as_it_was_written(tmp_path: Path) -> None:
    values = ["0042", "1.10", "12345678901234567890123", " padded ", "TRUE", "1e5", "=A1"]
    _, [row], _ = read(tmp_path, f"a,b,c,d,e,f,g\n{','.join(values)}\n".encode())
    assert row == values


def test_quoted_cells_hold_lines_and_quotes(tmp_path: Path) -> None:
    _, rows, _ = read(tmp_path, b'Name,Note\nSam,"two\nlines, ""quoted"""\n')
    assert rows == [["Sam", 'two\nlines, "quoted"']]


def test_missing_and_repeated_names_become_names(tmp_path: Path) -> None:
    columns, rows, _ = read(tmp_path, b"Name,,Name\n1,2,3\n", has_header=True)
    assert columns == ["Name", "Column 2", "Name 2"]
    assert rows == [["1", "2", "3"]]


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


def test_a_sheet_of_a_workbook_is_read(tmp_path: Path) -> None:
    content = workbook(
        First=[["Name", "Zip", "Size"], ["Sam", "0042", 30.0], ["Ola", None, 1.5]], Second=[["X"], ["y"]]
    )
    columns, rows, sheet = read(tmp_path, content, ".xlsx")
    assert columns == ["Name", "Zip", "Size"]
    assert rows == [["Sam", "0042", "30"], ["Ola", None, "1.5"]]
    assert sheet.sheets == ["First", "Second"]
    assert read(tmp_path, content, ".xlsx", sheet="Second")[1] == [["y"]]


def test_json_and_json_lines_are_read(tmp_path: Path) -> None:
    items = [{"name": "Sam", "tags": ["a"]}, {"name": "Ola", "size": 3}]
    expected = (["name", "tags", "size"], [["Sam", ["a"], None], ["Ola", None, 3]])
    assert read(tmp_path, json.dumps(items).encode(), ".json")[:2] == expected
    assert read(tmp_path, "\n".join(map(json.dumps, items)).encode(), ".jsonl")[:2] == expected


def bomb() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 200_000_000)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "suffix", "options", "words"),
    [
        (b"", ".csv", {}, "empty"),
        (b"\n\n", ".csv", {}, "no rows"),
        (b"a,b\n1,2\n\xff\xfe\xfd,3\n", ".csv", {"encoding": "utf-8"}, "Choose another encoding"),
        (b"a,b\n1,2\n", ".csv", {"encoding": "klingon"}, "is not an encoding"),
        (b"a,b\n1,2\n", ".csv", {"delimiter": "ab"}, "one character"),
        (b"MZ\0\0\1\0\0\0binary\0", ".csv", {"encoding": "utf-8"}, "not a text file"),
        (b"a,b\n" + b"1,2\n" * 300 + b"1,2,3\n", ".csv", {}, "Row 302 has 3 values"),
        (b"a\n" + b"x" * 100_001 + b"\n", ".csv", {}, "characters"),
        (b"not a zip", ".xlsx", {}, "not an XLSX file"),
        (workbook(Empty=[]), ".xlsx", {}, "is empty"),
        (workbook(A=[["x"], ["y"]]), ".xlsx", {"sheet": "B"}, "no sheet “B”"),
        (bomb(), ".xlsx", {}, "unpacks to far more"),
        (b'{"a": ', ".json", {}, "no valid JSON"),
        (b"[1, 2]", ".json", {}, "Item 1"),
        (b'{"a": 1}\n{"a": \n', ".jsonl", {}, "Line 2"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_bad_file_is_told_with_its_place(
    content: bytes, suffix: str, options: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match=words):
        read(tmp_path, content, suffix, **options)


def test_numbers_of_json_keep_their_digits(tmp_path: Path) -> None:
    content = b'[{"Price": 1.10, "Rate": 2.5, "Id": 12345678901234567890}]'
    assert read(tmp_path, content, ".json")[1] == [["1.10", 2.5, 12345678901234567890]]


def test_json_that_is_not_a_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="NaN is no JSON number"):
        read(tmp_path, b'[{"Price": NaN}]', ".json")

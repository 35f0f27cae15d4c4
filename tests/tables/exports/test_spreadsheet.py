"""Excel files: every value as what it is, or told; read back by openpyxl and by our own reader."""

import io
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

from tables.exports.fields import Field
from tables.exports.spreadsheet import sheet, workbook
from tables.exports.spreadsheet.workbook import Workbook
from tables.imports.readers.spreadsheets.archive import Archive
from tables.imports.readers.spreadsheets.xlsx import Workbook as OwnWorkbook
from workspaces.refusals import Refused

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12) | st.sampled_from(
    [
        "=1+1",
        "'=1+1",
        "_x0041_",
        "_x005F_",
        "a\r\nb",
        "a\rb",
        "<&>",
        "]]>",
        " x ",
        "0042",
        "\x01",
        "\ufffe",
        "1",
        "true",
    ]
)


def written(lines: list[list[Any]], *types: str, title: str = "Leads") -> bytes:
    kinds = types or ["text"] * len(lines[0])
    fields = [Field(f"Column {number}", number, kind) for number, kind in enumerate(kinds)]
    return b"".join(Workbook(title, fields).pieces([[dict(enumerate(line)) for line in lines]]))


def cells(content: bytes, name: str | None = None) -> list[list[Any]]:
    book = load_workbook(io.BytesIO(content))
    return [[cell.value for cell in row] for row in (book[name] if name else book.worksheets[0]).iter_rows()]


def as_read_by_marl(content: bytes, path: Path) -> list[list[str | None]]:
    path.write_bytes(content)
    book = OwnWorkbook(Archive(path))
    rows = book.rows(book.sheets[0], None, repeat_merged=False)
    return [values for _, values in rows if not isinstance(values, str)]


@given(lines=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=5))
def test_every_text_comes_back_the_same(lines: list[tuple[str, str]], tmp_path_factory: pytest.TempPathFactory) -> None:
    content = written([list(line) for line in lines])
    _, *rows = as_read_by_marl(content, tmp_path_factory.getbasetemp() / "texts.xlsx")
    assert rows == [list(line) for line in lines]


@pytest.mark.parametrize(
    ("digits", "stored"),
    [
        ("12", 12),
        ("-5", -5),
        ("12.50", 12.5),
        (".5", 0.5),
        ("1e5", 100_000),
        ("0.1", 0.1),
        ("47.07126540000001", 47.07126540000001),
        ("999999999999999", 999_999_999_999_999),
        ("9007199254740993", "9007199254740993"),
        ("0.12345678901234567890", "0.12345678901234567890"),
        ("1e400", "1e400"),
        ("1e-400", "1e-400"),
        ("007", "007"),
        (12, 12),
        (0.1, 0.1),
        (12345678901234567890, "12345678901234567890"),
        (1e300, "1e+300"),
        (None, None),
    ],
)
def test_a_number_is_one_unless_a_spreadsheet_would_change_its_digits(digits: object, stored: object) -> None:
    assert cells(written([[digits, "x"]], "number", "text"))[1][0] == stored


@pytest.mark.parametrize("type", ["number", "date"])
@pytest.mark.parametrize("text", ["many", "1 000", "=1+1", "2026-02-31", "2026-01-31 or so", "12:30", "NaN"])
def test_a_text_from_before_the_type_of_its_column_stays_text(text: str, type: str) -> None:
    assert cells(written([[text]], type))[1] == [text]


def test_a_number_is_shown_with_the_decimal_places_that_it_has() -> None:
    content = written([["12.50"], ["12.5"], ["3.00"]], "number")
    formats = [row[0].number_format for row in load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(min_row=2)]
    assert formats == ["0.00", "General", "0.00"]


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("2026-11-29", datetime(2026, 11, 29)),
        ("1900-03-01", datetime(1900, 3, 1)),
        ("9999-12-31", datetime(9999, 12, 31)),
        ("2026-11-29T10:30:15", datetime(2026, 11, 29, 10, 30, 15)),
        ("2026-11-29T10:30:15.250000", datetime(2026, 11, 29, 10, 30, 15, 250_000)),
        ("1899-12-31", "1899-12-31"),
        ("2026-11-29T10:30:15+02:00", "2026-11-29T10:30:15+02:00"),
        ("2026-11-29T10:30:15.000001", "2026-11-29T10:30:15.000001"),
    ],
)
def test_a_date_is_one_where_excel_has_it(value: str, stored: object) -> None:
    assert cells(written([[value]], "date"))[1] == [stored]


@given(
    moment=st.datetimes(datetime(1900, 3, 1), datetime(9999, 12, 31)).map(lambda moment: moment.replace(microsecond=0))
)
def test_every_second_comes_back_the_same(moment: datetime) -> None:
    assert cells(written([[moment.isoformat()]], "date"))[1] == [moment]


@given(day=st.dates(date(1900, 3, 1)))
def test_every_day_comes_back_the_same(day: date, tmp_path_factory: pytest.TempPathFactory) -> None:
    _, row = as_read_by_marl(written([[day.isoformat()]], "date"), tmp_path_factory.getbasetemp() / "days.xlsx")
    assert row == [day.isoformat()]


def test_truth_is_truth_and_the_rest_of_json_is_text() -> None:
    line = cells(written([[True, False, {"a": [1]}, "=1+1", "true"]]))[1]
    assert line == [True, False, '{"a":[1]}', "=1+1", "true"]
    sheet = load_workbook(io.BytesIO(written([["=1+1"]]))).worksheets[0]
    assert sheet["A2"].data_type in ("s", "inlineStr")


def test_what_does_not_fit_is_told_with_its_place() -> None:
    long = "x" * 32_766 + "🎉"  # two of Excel's letters
    content = written([["whole", "y" * 32_767], [long, "\x01"]])
    line = cells(content)[2]
    assert line[0] == "x" * 32_766
    assert cells(content, "Not whole") == [
        ["Sheet", "Row", "Column", "What"],
        ["Leads", 3, "Column 0", "32,768 characters long. Excel holds 32,767 in a cell; the rest is left out."],
        ["Leads", 3, "Column 1", "Has the control character U+0001, which Excel may not show."],
    ]


def test_a_workbook_whose_values_all_fit_has_one_sheet() -> None:
    assert load_workbook(io.BytesIO(written([["x"]]))).sheetnames == ["Leads"]


def test_more_values_than_are_listed_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_TOLD", 2)
    assert cells(written([["\x01"]] * 5), "Not whole")[3:] == [[None, None, None, "3 more values are not whole."]]


@pytest.mark.parametrize(
    ("rows", "sheets"), [(2, ["Leads"]), (3, ["Leads", "Leads 2"]), (5, ["Leads", "Leads 2", "Leads 3"])]
)
def test_rows_beyond_the_last_one_of_a_sheet_go_on_in_the_next(
    rows: int, sheets: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheet, "MOST_ROWS", 3)
    content = written([[str(number)] for number in range(rows)])
    book = load_workbook(io.BytesIO(content))
    assert book.sheetnames == sheets
    assert {part["A1"].value for part in book} == {"Column 0"}
    values = [row[0] for part in book for row in part.iter_rows(min_row=2, values_only=True)]
    assert values == [str(number) for number in range(rows)]


def test_the_header_is_bold_and_stays_and_columns_are_as_wide_as_their_texts() -> None:
    page = load_workbook(io.BytesIO(written([["short", "a line of thirty-one characters"]]))).worksheets[0]
    assert page["A1"].font.b
    assert not page["A2"].font.b
    assert page.freeze_panes == "A2"
    assert [page.column_dimensions[letter].width for letter in "AB"] == [10, 33]


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Leads: Q4 [a/b]", "Leads  Q4  a b"),
        ("x" * 40, "x" * 31),
        ("'quoted'", "quoted"),
        ("***", "Table"),
        ("not whole", "not whole table"),
        ("🎉" * 20, "🎉" * 15),
    ],
)
def test_a_sheet_has_a_title_that_excel_takes(name: str, title: str) -> None:
    assert load_workbook(io.BytesIO(written([["\x01"]], title=name))).sheetnames == [title, "Not whole"]


def test_the_first_bytes_leave_before_a_row_is_read() -> None:
    def no_rows() -> Iterator[list[Any]]:
        raise AssertionError
        yield

    assert next(Workbook("Leads", [Field("A", 0)]).pieces(no_rows())).startswith(b"PK")


def test_a_file_that_breaks_off_is_no_workbook() -> None:
    fields = [Field("A", 0)]
    pieces = list(Workbook("Leads", fields).pieces([[{0: "x"}]]))
    with pytest.raises(Exception, match="not a zip file"):
        ZipFile(io.BytesIO(b"".join(pieces[:-1])))


def test_more_columns_than_a_sheet_has_are_refused() -> None:
    with pytest.raises(Refused, match="at most 16,384 columns"):
        workbook.check([Field(str(number), number) for number in range(16_385)])


def test_columns_are_called_as_in_excel() -> None:
    assert all(sheet.column_name(number) == get_column_letter(number) for number in range(1, 16_385))

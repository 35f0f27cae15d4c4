"""Workbooks that Excel opens, however odd, each with the table that a person sees."""

from typing import Any

import pytest

from tests.tables.imports.readers import odd_documents, workbooks
from tests.tables.imports.readers.workbooks import names, parts, row, sheet, styled, text, zipped

PEOPLE = names("Name", "City") + row(2, text("A2", "Ola"), text("B2", "Oslo"))
TABLE = [["Ola", "Oslo"]]


@pytest.mark.parametrize("extent", ["A1", "A1:XFD1048576", "nonsense"])
def test_the_stated_extent_is_ignored(extent: str, read: Any) -> None:
    content = zipped(parts(sheet(PEOPLE, before=f'<dimension ref="{extent}"/>')))
    assert read(content, ".xlsx")[:2] == (["Name", "City"], TABLE)


def test_a_far_empty_cell_takes_no_time_and_no_row(read: Any) -> None:
    content = zipped(parts(sheet(PEOPLE + row(1048576, '<c r="XFD1048576" s="0"/>'))))
    assert read(content, ".xlsx")[1] == TABLE


def test_rows_keep_their_numbers_where_some_are_missing(tmp_path: Any) -> None:
    from tables.imports.readers.formats import opened
    from tables.imports.readers.sheet import Options

    path = tmp_path / "a.xlsx"
    path.write_bytes(zipped(parts(sheet(PEOPLE + row(900_000, text("B900000", "Rome"))))))
    with opened(path, Options()) as opened_sheet:
        assert list(opened_sheet.rows) == [(2, ["Ola", "Oslo"]), (900_000, [None, "Rome"])]


def test_cells_without_addresses_follow_each_other(read: Any) -> None:
    rows = '<row><c t="str"><v>Name</v></c><c t="str"><v>Age</v></c></row>'
    rows += '<row><c t="str"><v>Ola</v></c><c><v>5</v></c></row>'
    assert read(zipped(parts(sheet(rows))), ".xlsx")[:2] == (["Name", "Age"], [["Ola", "5"]])


def test_a_cell_that_stands_twice_with_two_values_is_told(read: Any) -> None:
    twice = row(3, text("A3", "Kim"), text("B3", "Rome"), text("A3", "Kurt"), text("B3", "Rome"))
    _, rows, opened = read(zipped(parts(sheet(PEOPLE + twice))), ".xlsx")
    assert rows == [*TABLE, ["Kurt", "Rome"]]
    [told] = [warning for warning in opened.warnings if "twice" in warning.message]
    assert (told.line, told.message.startswith("Cell A3 stands twice")) == (3, True)


def test_cells_out_of_order_stand_in_their_columns(read: Any) -> None:
    _, rows, opened = read(zipped(parts(sheet(PEOPLE + row(3, text("B3", "Rome"), text("A3", "Kim"))))), ".xlsx")
    assert (rows, opened.warnings) == ([*TABLE, ["Kim", "Rome"]], [])


def test_a_cell_in_another_row_than_it_says_is_told(read: Any) -> None:
    _, rows, opened = read(zipped(parts(sheet(PEOPLE + row(3, text("A3", "Kim"), text("B9", "Rome"))))), ".xlsx")
    assert rows == [*TABLE, ["Kim", "Rome"]]
    assert ["Cell B9" in warning.message for warning in opened.warnings] == [True]


def test_a_row_that_stands_twice_comes_in_twice_and_is_told(read: Any) -> None:
    _, rows, opened = read(zipped(parts(sheet(PEOPLE + row(2, text("A2", "Kim"))))), ".xlsx")
    assert rows == [*TABLE, ["Kim"]]
    assert ["Row 2 is not the next one" in warning.message for warning in opened.warnings] == [True]


def test_names_of_parts_may_be_in_other_capitals(read: Any) -> None:
    made = {name.replace("xl/", "XL/").replace("sheet1", "Sheet1"): part for name, part in parts(sheet(PEOPLE)).items()}
    assert read(zipped(made), ".xlsx")[1] == TABLE


def test_strict_open_xml_is_read(read: Any) -> None:
    made = {
        name: part.replace(workbooks.MAIN, workbooks.STRICT).replace(workbooks.RELATIONS, workbooks.STRICT_RELATIONS)
        for name, part in parts(sheet(PEOPLE)).items()
    }
    _, rows, opened = read(zipped(made), ".xlsx")
    assert rows == TABLE
    assert opened.reader == "openpyxl"


def test_looks_and_properties_may_be_broken(read: Any) -> None:
    styles = styled("00000").replace(
        "<cellXfs>", '<fonts><font><sz val="x"/></font></fonts><borders count="y"/><cellXfs>'
    )
    content = zipped(
        parts(
            sheet(names("Zip") + row(2, '<c r="A2" s="1"><v>501</v></c>'), after='<pageMargins left="wide"/>'),
            styles=styles,
            workbook="<definedNames><definedName>#REF!</definedName></definedNames>",
        )
        | {"docProps/core.xml": "<broken"}
    )
    assert read(content, ".xlsx")[1] == [["00501"]]


def test_the_first_visible_sheet_with_rows_is_read(read: Any) -> None:
    content = zipped(
        parts(sheet(""), sheet(names("Secret", "X")), sheet(PEOPLE), states=("visible", "veryHidden", "visible"))
    )
    _, rows, opened = read(content, ".xlsx")
    assert rows == TABLE
    assert opened.sheet == "S3"
    assert [(choice.name, choice.rows, choice.hidden) for choice in opened.sheets] == [
        ("S1", 0, False),
        ("S2", 1, True),
        ("S3", 2, False),
    ]


@pytest.mark.parametrize(
    ("repeat", "rows"),
    [
        (False, [["North", None, "5"], [None, None, "6"]]),
        (True, [["North", "North", "5"], ["North", "North", "6"]]),
    ],
)
def test_merged_cells_have_their_value_once_or_repeated(repeat: bool, rows: list[Any], read: Any) -> None:
    cells = (
        names("Region", "Part", "Sum")
        + row(2, text("A2", "North"), text("B2", "under it"), '<c r="C2"><v>5</v></c>')
        + row(3, text("A3", "under it"), '<c r="C3"><v>6</v></c>')
    )
    content = zipped(parts(sheet(cells, after='<mergeCells><mergeCell ref="A2:B3"/></mergeCells>')))
    assert read(content, ".xlsx", repeat_merged=repeat)[1] == rows


def test_formulas_without_results_are_told_with_their_columns(read: Any) -> None:
    cells = names("Name", "Sum") + "".join(
        row(
            at,
            text(f"A{at}", "Ola"),
            f'<c r="B{at}"><f>1+1</f><v></v></c>',
            f'<c r="C{at}" t="str"><f>""</f><v></v></c>',
        )
        for at in range(2, 14)
    )
    _, rows, opened = read(zipped(parts(sheet(cells))), ".xlsx")
    assert rows == [["Ola"]] * 12
    assert [warning.message for warning in opened.warnings] == [
        "12 cells hold formulas without results (in “Sum”): open and save the file once in Excel."
    ]


def test_texts_are_read_as_they_are_shown(read: Any) -> None:
    strings = (
        f'<sst xmlns="{workbooks.MAIN}"><si><t>Kind</t></si><si><r><t>bold</t></r>'
        '<r><t xml:space="preserve"> thin</t></r>'
        "<rPh><t>spelled</t></rPh></si><si><t>one_x000A_two _x005F_x000D_</t></si></sst>"
    )
    shared = [f'<c r="A{at + 1}" t="s"><v>{at}</v></c>' for at in range(3)]
    rows = "".join(row(at, cell) for at, cell in enumerate(shared, 1))
    rows += (
        row(4, '<c r="A4" t="e"><v>#N/A</v></c>') + row(5, '<c r="A5" t="b"><v>1</v></c>') + row(6, text("A6", " x "))
    )
    content = zipped(parts(sheet(rows), strings=strings))
    assert read(content, ".xlsx")[1] == [["bold thin"], ["one\ntwo _x000D_"], ["#N/A"], ["true"], [" x "]]


def test_a_workbook_is_read_under_the_name_of_text(read: Any) -> None:
    assert read(zipped(parts(sheet(PEOPLE))), ".csv")[1] == TABLE


@pytest.mark.parametrize(("is_1904", "day"), [("0", "2026-01-31"), ("1", "2030-02-01")])
def test_both_epochs_are_known(is_1904: str, day: str, read: Any) -> None:
    book = f'<workbookPr date1904="{is_1904}"/>'
    content = zipped(
        parts(
            sheet(names("Day") + row(2, '<c r="A2" s="1"><v>46053</v></c>')), styles=styled("d/m/yyyy"), workbook=book
        )
    )
    assert read(content, ".xlsx")[1] == [[day]]


def test_merged_cells_of_an_open_document_are_repeated(read: Any) -> None:
    below = odd_documents.row(*[odd_documents.COVERED] * 2, odd_documents.text("2"))
    content = odd_documents.document(odd_documents.NAMES, odd_documents.SPANNED, below)
    assert read(content, ".ods", repeat_merged=True)[1] == [["x", "x", "1"], ["x", "x", "2"]]


def test_merged_cells_of_xls_are_repeated(read: Any) -> None:
    rows = read(odd_documents.XLS, ".xls", repeat_merged=True)[1]
    assert rows[10:12] == [["merged", "a"], ["merged", "b"]]


def test_what_another_reader_refuses_is_read_with_calamine_and_told(tmp_path: Any, monkeypatch: Any) -> None:
    from tables.imports.readers import excel
    from tables.imports.readers.spreadsheets import __main__ as process
    from tables.imports.readers.spreadsheets import xls

    path = tmp_path / "a.xls"
    path.write_bytes(odd_documents.XLS)
    monkeypatch.setattr(xls, "Workbook", None)
    about, rows = process.opened(path, {"sheet": None, "repeat_merged": False})
    assert next(rows) == (1, ["Kind", "Value"])
    assert about["reader"] == "calamine"
    assert "without their formats" in "".join(excel._oddities(about, []))

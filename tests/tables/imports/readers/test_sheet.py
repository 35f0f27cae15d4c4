"""Names and rows, whatever the format."""

from typing import Any

import pytest

from tables.imports.readers import sheet
from tables.imports.readers.sheet import Notes, named
from workspaces.refusals import Refused


def test_missing_and_repeated_names_become_names(read: Any) -> None:
    columns, rows, _ = read(b"Name,,Name\n1,2,3\n", has_header=True)
    assert columns == ["Name", "Column 2", "Name 2"]
    assert rows == [["1", "2", "3"]]


def test_values_past_the_last_name_get_one(read: Any) -> None:
    columns, rows, _ = read(b"Name\n1,2\n", has_header=True)
    assert (columns, rows) == (["Name", "Column 2"], [["1", "2"]])


def test_names_are_what_columns_are_called() -> None:
    assert named(["Cafe\u0301", " two\nlines ", "x" * 300]) == ["Caf\u00e9", "two lines", "x" * 200]


def test_more_rows_than_a_table_holds_are_refused(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "MOST_ROWS", 2)
    assert len(read(b"Name\na\nb\n")[1]) == 2
    with pytest.raises(Refused, match="more than 2 rows"):
        read(b"Name\na\nb\nc\n")


def test_a_row_that_does_not_fit_is_rejected_with_its_line(read: Any) -> None:
    _, rows, sheet = read(b"a,b\n" + b"1,2\n" * 300 + b"1,2,3\n4,5,\n" + b"x" * 100_001 + b"\n")
    assert len(rows) == 301
    assert [(row.line, row.reason) for row in sheet.rejected] == [
        (302, "This row has 3 values, but there are 2 columns."),
        (304, "This row has a cell of 100,001 characters; at most 100,000 fit into one."),
    ]


def test_a_thousand_warnings_are_listed_and_the_others_counted() -> None:
    notes = Notes()
    for line in range(1, 1004):
        notes.warn(line, "odd")
    assert (len(notes.warnings), notes.warnings[-1].message) == (1001, "3 more warnings aren't listed here.")

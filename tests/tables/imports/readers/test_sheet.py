"""Names and rows, whatever the format."""

from typing import Any

import pytest

from tables.imports.readers import sheet
from tables.imports.readers.sheet import is_header, named
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


@pytest.mark.parametrize(
    ("first", "alone", "expected"),
    [(["a", "b"], False, True), (["a", 1], False, False), (["a", ""], True, False), (["a", "a"], True, True)],
)
def test_a_header_is_texts_that_differ(first: list[Any], alone: bool, expected: bool) -> None:
    assert is_header(first, alone=alone) is expected


def test_more_rows_than_a_table_holds_are_refused(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet, "MOST_ROWS", 2)
    assert len(read(b"Name\na\nb\n")[1]) == 2
    with pytest.raises(Refused, match="more than 2 rows"):
        read(b"Name\na\nb\nc\n")

"""Where the table of a file begins, and which of its rows holds the names."""

from typing import Any

import pytest

from tables.imports.readers.heading import is_header
from workspaces.refusals import Refused


@pytest.mark.parametrize(
    ("first", "rows", "expected"),
    [
        (["Name", "Age"], [["Sam", "30"]], True),
        (["Sam", "30"], [["Ola", "31"]], False),
        (["Sam", 3], [["Ola", 4]], False),
        (["Name", "", "Age"], [["Sam", "x", "30"], ["Ola", "y", "31"]], True),
        (["", "Name"], [["0", "Sam"], ["1", "Ola"]], True),
        (["Name", "Name"], [["Sam", "Ola"]], True),
        (["Country", "2019", "2020", "2021"], [["Norway", "5", "7", "9"], ["Kenya", "3", "1", "4"]], True),
        (["Country", "2019"], [["Norway", "5"]], True),
        (["Norway", "2019"], [["Kenya", "2020"]], False),
        (["Name", "1", "2", "3"], [["Sam", "5", "9", "7"]], True),
        (["1", "2", "3"], [["4", "5", "6"]], False),
        (["sam@a.example", "x"], [["ola@a.example", "y"]], False),
        (["E-mail", "x"], [["ola@a.example", "y"]], True),
        (["red", "Oslo"], [["red", "Bergen"], ["red", "Molde"]], False),
        (["n/a", "3"], [["4", "5"]], False),
        (["sam@a.example", "x"], [], False),
        (["", ""], [["a", "b"]], False),
    ],
)
def test_a_header_differs_from_the_rows_below_it(first: list[Any], rows: list[Any], expected: bool) -> None:
    assert is_header(first, rows) is expected


@pytest.mark.parametrize(
    ("above", "skipped"),
    [
        (b"", 0),
        (b"Sales 2024\n", 1),
        (b"Sales 2024,,\nby region,,\n", 2),
        (b"Sales 2024\n\n\n", 1),
        (b"# made by a robot\n# on a Monday, early, and late\n", 2),
        (b"Report:,Sales,\nDay:,2024-01-31,\n\n", 2),
    ],
)
def test_lines_above_the_names_are_recognised(above: bytes, skipped: int, read: Any) -> None:
    columns, rows, sheet = read(above + b"Name,City,Age\nSam,Oslo,30\nOla,Rome,31\nIda,Bern,32\n")
    assert (columns, len(rows), len(sheet.skipped)) == (["Name", "City", "Age"], 3, skipped)
    assert sheet.header_row == above.count(b"\n") + 1
    assert sheet.skip_lines == above.count(b"\n")


@pytest.mark.parametrize("content", [b"#id,name\n1,Sam\n2,Ola\n", b"#,name\n1,Sam\n2,Ola\n"])
def test_a_name_may_begin_with_a_number_sign(content: bytes, read: Any) -> None:
    columns, rows, _ = read(content)
    assert (columns[1], len(rows)) == ("name", 2)


def test_the_row_of_names_can_be_chosen(read: Any) -> None:
    content = b"one,two\nthree,four\nfive,six\n"
    assert read(content, header_row=2)[:2] == (["three", "four"], [["five", "six"]])
    assert read(content, skip_lines=1)[:2] == (["three", "four"], [["five", "six"]])
    assert read(content, skip_lines=1, has_header=False)[1] == [["three", "four"], ["five", "six"]]
    assert read(content, skip_lines=0)[0] == ["one", "two"]


def test_a_row_of_names_may_stand_far_below(read: Any) -> None:
    content = b"x,y\n" * 1000 + b"Name,Age\nSam,3\n"
    columns, rows, sheet = read(content, header_row=1001)
    assert (columns, rows, len(sheet.skipped)) == (["Name", "Age"], [["Sam", "3"]], 50)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"header_row": 2}, "Line 2 is empty, so it can't hold the names. The next one that isn't is 3."),
        ({"header_row": 9}, "The last line with values is 3; choose a smaller number."),
        ({"skip_lines": 9}, "The last line with values is 3; choose a smaller number."),
    ],
)
def test_a_row_of_names_that_is_not_there_is_refused(options: dict[str, int], words: str, read: Any) -> None:
    with pytest.raises(Refused, match=words) as refused:
        read(b"a,b\n\nc,d\n", **options)
    assert refused.value.field == next(iter(options))

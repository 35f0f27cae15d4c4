"""CSV that comes back as it was, and opens in Excel."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tables.exports import delimited, text
from tables.exports.fields import Field
from tables.exports.options import SEPARATORS
from tables.formula_guard import guarded
from tables.imports.readers.formats import opened
from tables.imports.readers.sheet import Options

type Read = Callable[[bytes], list[list[Any]]]

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12) | st.sampled_from(
    ["=1+1", "'=1+1", "'tis", "-5", "@x", "+49 171 5550", "a\r\nb", "a\rb", '"', '""', ",;\t|", " x ", "0042", "\ufeff"]
)


def written(lines: list[list[Any]], separator: str = ",", *, mark: bool = False) -> bytes:
    fields = [Field(f"Column {number}", number, "text") for number in range(len(lines[0]))]
    batch = [dict(enumerate(line)) for line in lines]
    return b"".join(delimited.pieces(fields, [batch], separator=separator, mark=mark))


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Read:
    path = Path(tmp_path_factory.mktemp("exports")) / "file.csv"

    def read_back(content: bytes) -> list[list[Any]]:
        path.write_bytes(content)
        with opened(path, Options()) as sheet:
            return [list(row) for _, row in sheet.rows]

    return read_back


@given(
    st.integers(1, 4).flatmap(
        lambda width: st.lists(st.lists(TEXTS, min_size=width, max_size=width).filter(any), min_size=1, max_size=6)
    ),
    st.sampled_from(list(SEPARATORS.values())),
    st.booleans(),
)
def test_any_table_comes_back_the_same(read: Read, lines: list[list[str]], separator: str, mark: bool) -> None:
    back = read(written(lines, separator, mark=mark))
    width = len(lines[0])
    assert [[*row, *[""] * (width - len(row))] for row in back] == lines


VALUES = TEXTS | st.sampled_from(["a,b", "a;b\tc", None, True, 3.0, {"a": [1]}])


@given(
    st.lists(st.lists(VALUES, min_size=2, max_size=2), min_size=1, max_size=6),
    st.sampled_from(list(SEPARATORS.values())),
)
def test_lines_are_as_the_csv_module_writes_them(lines: list[list[Any]], separator: str) -> None:
    expected = io.StringIO(newline="")
    writer = csv.writer(expected, delimiter=separator)
    writer.writerows([["Column 0", "Column 1"], *([guarded(text.of(value)) for value in line] for line in lines)])
    assert written(lines, separator).decode() == expected.getvalue()


def test_the_mark_stands_once_before_everything() -> None:
    content = written([["ü", ""]] * 3, mark=True)
    assert content.startswith(b"\xef\xbb\xbfColumn 0,Column 1\r\n")
    assert content.count(b"\xef\xbb\xbf") == 1


def test_values_of_other_kinds_are_written_as_the_grid_shows_them() -> None:
    values: list[Any] = [None, True, False, 3.0, 0.1, 12345678901234567890, {"a": [1]}, [], ""]
    assert written([values], ";").splitlines()[1] == b';true;false;3;0.1;12345678901234567890;"{""a"":[1]}";[];'


def test_what_a_spreadsheet_would_run_is_guarded_in_every_column_and_in_the_header() -> None:
    content = b"".join(delimited.pieces([Field("=A1", 0)], [[{0: "@x"}, {0: -5}]], separator=",", mark=False))
    assert content == b'"\'=A1"\r\n"\'@x"\r\n"-5"\r\n'

"""CSV files as people have them."""

from typing import Any

import pytest

from tables.imports.readers.delimited import SAMPLE
from workspaces.refusals import Refused

TEXT = "Société;Zip\nÉtoile;0042\n"


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (TEXT.encode(), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8"),
        (TEXT.encode("utf-16"), "utf-16"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("cp1252"), "cp1252"),
    ],
)
def test_the_encoding_is_detected(content: bytes, encoding: str, read: Any) -> None:
    columns, rows, sheet = read(content)
    assert columns == ["Société", "Zip"]
    assert rows == [["Étoile", "0042"]]
    assert sheet.encoding == encoding


def test_a_sample_may_end_inside_a_character(read: Any) -> None:
    before = b"Name\n" + b"a\n" * ((SAMPLE - 6) // 2)
    assert len(before) == SAMPLE - 1
    _, rows, sheet = read(before + "é\n".encode())
    assert (sheet.encoding, rows[-1]) == ("utf-8", ["é"])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_detected(delimiter: str, read: Any) -> None:
    lines = [["Name", "City"], ["a, b; c", "x"], ["d", "y"]]
    content = "\n".join(delimiter.join(f'"{value}"' for value in line) for line in lines).encode()
    columns, rows, sheet = read(content)
    assert (columns, rows, sheet.delimiter) == (["Name", "City"], lines[1:], delimiter)


@pytest.mark.parametrize(("given", "delimiter"), [("semicolon", ";"), ("\\t", "\t"), ("#", "#")])
def test_a_delimiter_can_be_given_by_name(given: str, delimiter: str, read: Any) -> None:
    columns, _, sheet = read(f"a{delimiter}b\n1{delimiter}2\n".encode(), delimiter=given)
    assert (columns, sheet.delimiter) == (["a", "b"], delimiter)


@pytest.mark.parametrize(
    ("content", "has_header"),
    [
        (b"Name,Age\nSam,30\n", True),
        (b"Sam,30\nOla,31\n", False),
        (b"a@b.c,x\n", False),
        (b"Name\nSam\n", True),
        (b"Name,Name\n", True),
        (b"Name,Name\nSam,Ola\n", True),
    ],
)
def test_a_header_is_detected(content: bytes, has_header: bool, read: Any) -> None:
    columns, _, sheet = read(content)
    assert sheet.has_header is has_header
    assert (columns[0] == "Column 1") is not has_header


def test_text_stays_as_it_was_written(read: Any) -> None:
    values = ["0042", "1.10", "12345678901234567890123", " padded ", "TRUE", "1e5", "=A1"]
    _, [row], _ = read(f"a,b,c,d,e,f,g\n{','.join(values)}\n".encode())
    assert row == values


def test_quoted_cells_hold_lines_and_quotes(read: Any) -> None:
    _, rows, _ = read(b'Name,Note\nSam,"two\nlines, ""quoted"""\n')
    assert rows == [["Sam", 'two\nlines, "quoted"']]


@pytest.mark.parametrize(
    ("content", "options", "words", "field"),
    [
        (b"", {}, "is empty", "file"),
        (b"\n\n", {}, "no rows", "file"),
        (b"a,b\n1,2\n\xff\xfe\xfd,3\n", {"encoding": "utf-8"}, "Choose another encoding", "encoding"),
        (b"a,b\n1,2\n", {"encoding": "klingon"}, "is not an encoding", "encoding"),
        (b"a,b\n1,2\n", {"encoding": "hex"}, "is not an encoding", "encoding"),
        (b"a,b\n1,2\n", {"delimiter": "ab"}, "one character", "delimiter"),
        (b"MZ\0\0\1\0\0\0binary\0", {"encoding": "utf-8"}, "not a text file", "file"),
        (b",".join(b"c%d" % number for number in range(501)) + b"\n", {}, "at most 500", "file"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_the_place(
    content: bytes, options: dict[str, Any], words: str, field: str, read: Any
) -> None:
    with pytest.raises(Refused, match=words) as refused:
        read(content, **options)
    assert refused.value.field == field

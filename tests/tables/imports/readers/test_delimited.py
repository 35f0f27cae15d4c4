"""CSV files as people have them."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tables.formula_guard import unguarded
from tables.imports.readers import delimited, formats, heading, lines
from tables.imports.readers.delimited import SAMPLE
from tables.imports.readers.sheet import Options, Stretch
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


@pytest.mark.parametrize(
    ("content", "delimiter", "other"),
    [
        (b"a|b,c\nd|e,f\ng|h,i\n", ",", "a bar divides"),
        (b"Doe, Jane;Oslo\nRoe, Sam;Rome\n", ";", "a comma divides"),
        (b"a,b;c,d\ne,f;g,h\n", ",", "a semicolon divides"),
        (b"a|b,c;d\ne|f,g;h\n", ";", "a bar or a comma divides"),
    ],
)
def test_a_delimiter_that_is_a_guess_is_told_with_what_else_it_could_be(
    content: bytes, delimiter: str, other: str, read: Any
) -> None:
    sheet = read(content)[2]
    assert sheet.delimiter == delimiter
    assert [other in warning.message for warning in sheet.warnings if "guess" in warning.message] == [True]
    assert not any("guess" in warning.message for warning in read(content, delimiter=delimiter)[2].warnings)


@pytest.mark.parametrize(
    "content",
    [b"Name;Note\nSam;hi, you\nKim;well, no\n", b'a,b\n"c;d",e\n"f;g",h\n', b"Name,Tags\nSam,a;b\nKim,c;d\n"],
)
def test_a_delimiter_that_alone_divides_all_lines_is_no_guess(content: bytes, read: Any) -> None:
    assert read(content)[2].warnings == []


def test_numbers_with_decimal_commas_are_divided_by_the_other_sign(read: Any) -> None:
    assert read(b"1,5;2,5\n3,5;4,5\n6,5;4,5\n")[1] == [["1,5", "2,5"], ["3,5", "4,5"], ["6,5", "4,5"]]


@pytest.mark.parametrize(
    ("given", "delimiter"), [("semicolon", ";"), ("\\t", "\t"), ("#", "#"), ("||", "||"), (":=:", ":=:")]
)
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


@pytest.mark.parametrize(
    ("content", "columns", "rows"),
    [
        (b"sep=;\nName;Note\nSam;a,b\n", ["Name", "Note"], [["Sam", "a,b"]]),
        (b"Name,Note\rSam,x\rOla,y\r", ["Name", "Note"], [["Sam", "x"], ["Ola", "y"]]),
        (b"Name,Note\r\nSam,x\nOla,y\rIda,z\r\n", ["Name", "Note"], [["Sam", "x"], ["Ola", "y"], ["Ida", "z"]]),
        (b"Name,Note\nSam,a\rb\n", ["Name", "Note"], [["Sam", "a\rb"]]),
        (b"Name,Note\nSam,a\0b\n", ["Name", "Note"], [["Sam", "ab"]]),
        (b'Name, Note\n"Sam", "a, b"\n"Ola", "c"\n', ["Name", "Note"], [["Sam", "a, b"], ["Ola", "c"]]),
        (b'Name,Note\n"Sam" ,"x"\n', ["Name", "Note"], [["Sam", "x"]]),
        (b'Name,Note\nSam,"said \\"hi, you\\" twice"\n', ["Name", "Note"], [["Sam", 'said "hi, you" twice']]),
        (b'Name,Folder\n"Sam","C:\\a\\"\n"Ola","D:\\"\n', ["Name", "Folder"], [["Sam", "C:\\a\\"], ["Ola", "D:\\"]]),
        (b'Name,Note\nSam,"said "hi" to me"\n', ["Name", "Note"], [["Sam", 'said "hi" to me']]),
        (b'Name,Note\nSam,5" pipe\nOla,"Big" pipe\n', ["Name", "Note"], [["Sam", '5" pipe'], ["Ola", '"Big" pipe']]),
        (b"Name,Note\n'Sam','a, b'\n'Ola','c'\n", ["Name", "Note"], [["Sam", "a, b"], ["Ola", "c"]]),
        (b"Price;Size\n1,5;2,5\n3,5;4,5\n", ["Price", "Size"], [["1,5", "2,5"], ["3,5", "4,5"]]),
        (b"Name\n", ["Name"], []),
        (b"Name^Age\nSam^3\nOla^4\n", ["Name", "Age"], [["Sam", "3"], ["Ola", "4"]]),
    ],
)
def test_odd_files_are_read_as_their_writers_meant_them(
    content: bytes, columns: list[str], rows: list[list[str]], read: Any
) -> None:
    assert read(content)[:2] == (columns, rows)


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (b"Name,Note\nSam,a\rb\n", 2, "carriage return"),
        (b"Name,Note\nSam,a\0b\n", 2, "NUL"),
        (b'Name,Note\nOla,x\nSam,"said "hi" to me"\n', 3, "quote inside a cell"),
        ("Name,Note\nÅsa,é\n".encode() + b"Caf\xe9,x\n", 3, "not UTF-8. They were read as “Café”"),
        (b"Name,Note\nSam,x\nOla\n", 3, "1 value instead of 2. The other cells are blank."),
        (b"Name,Note\nSam,x\nOla,y,\nIda,z\n", 3, "3 values instead of 2. Check that they are in the right columns."),
        (b'Name,Note,Age\nSam,"x\nOla,y,4\nIda,",5\n', 2, "look like rows"),
    ],
)
def test_what_was_read_with_a_guess_is_reported_with_its_line(content: bytes, line: int, words: str, read: Any) -> None:
    warnings = read(content)[2].warnings
    assert [(warning.line, words in warning.message) for warning in warnings] == [(line, True)]


@pytest.mark.parametrize(
    "content",
    [
        b'Name,Note\nSam,"open\n' + b"Ola,x\n" * 9,
        b'Name,Note\nSam,"open\n' + b"Ola,x\n" * 100_000,
        b'Name,Note\nSam,"open\nOla,x\nIda,"quoted"\n',
        b'"Name","Note"\n"Sam","open\n"Ola","x"\n',
    ],
)
def test_a_quote_that_is_never_closed_is_an_error_with_its_line(content: bytes, read: Any) -> None:
    line = content[: content.index(b"open")].count(b"\n") + 1
    with pytest.raises(Refused, match=f"The quote that opens in line {line} is never closed"):
        read(content)


def test_no_quotes_can_be_chosen(read: Any) -> None:
    assert read(b'Name,Note\nSam,"open\nOla,x\n', quote="")[1] == [["Sam", '"open'], ["Ola", "x"]]


def test_a_wide_row_far_below_is_rejected_and_not_cut(read: Any) -> None:
    _, rows, sheet = read(b"a,b\n" + b"1,2\n" * 5000 + b"1,2,3\n")
    assert (len(rows), [(row.line, list(row.row)) for row in sheet.rejected]) == (5000, [(5002, ["1", "2", "3"])])


cells = st.text(
    st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cc"]) | st.sampled_from('\n\t,;|"')
).filter(lambda text: unguarded(text) == text)  # a guard against formulas comes off


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=8),
    delimiter=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_the_csv_module_writes_comes_back_the_same(
    rows: list[tuple[str, str, str]], delimiter: str, quoting: Any, end: str, encoding: str, read: Any
) -> None:
    written = io.StringIO()
    writer = csv.writer(written, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerows([("name", "city", "note"), *rows])
    content = written.getvalue().encode(encoding)
    _, found, _ = read(content, delimiter=delimiter, quote='"', header_row=1)
    while rows and not any(rows[-1]):
        rows = rows[:-1]  # nobody sees where a table ends in blank rows
    assert found == [list(row) if any(row) else [] for row in rows]


texts = st.lists(
    st.sampled_from(["a,b\n", '"a","b"\n', '"a",b\r\n', "a,b,c\n", '"x ""y""",\n', ",\n", "\n", "'=1,b\n"])
    | st.text(st.sampled_from("ab'\"\\,;\n\r\0\x1aé\t ="), max_size=12),
    max_size=40,
).map("".join)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    text=texts,
    encoding=st.sampled_from(["utf-8", "utf-16"]),
    options=st.fixed_dictionaries({}, optional={"quote": st.sampled_from(["", '"', "'"]), "has_header": st.booleans()}),
    block=st.integers(8, 60),
)
def test_lines_that_are_read_in_stretches_are_the_rows_that_they_are_one_by_one(
    text: str, encoding: str, options: dict[str, Any], block: int, read: Any
) -> None:
    content = ("name,city\n" + text).encode(encoding)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(lines, "_BLOCK", block)
        patch.setattr(heading, "AHEAD", 3)
        in_stretches = outcome(read, content, options)
        patch.setattr(delimited, "stretch", lambda *_: None)
        assert in_stretches == outcome(read, content, options)


def outcome(read: Any, content: bytes, options: dict[str, Any]) -> Any:
    try:
        columns, rows, sheet = read(content, delimiter=",", **options)
    except Refused as refusal:
        return str(refusal)
    return columns, rows, sheet.warnings, sheet.rejected


@pytest.mark.parametrize(
    ("line", "row"),
    [
        ('"a, b","c"\r\n', ["a, b", "c"]),
        ("a,\n", ["a", ""]),
        ('a,"b, ""c"""\n', ["a", 'b, "c"']),
        ('",",","\n', [",", ","]),
    ],
)
def test_many_rows_alike_are_read_in_stretches(line: str, row: list[str], tmp_path: Path) -> None:
    path = tmp_path / "file.csv"
    path.write_text("name,city\n" + line * 200_000, newline="")
    with formats.opened(path, Options()) as sheet:
        pieces = list(sheet.rows.pieces())
    found = [piece for piece in pieces if isinstance(piece, Stretch)]
    assert sum(map(len, found)) > 100_000
    assert all(piece.cells == row * len(piece) for piece in found)
    assert sum(len(piece) if isinstance(piece, Stretch) else 1 for piece in pieces) == 200_000

"""Odd workbooks and JSON files, and files under another name."""

import gzip
import io

import pyarrow as pa
from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.worksheet.table import Table
from pyarrow import parquet

from tests.tables.imports.readers import workbooks as book
from tests.tables.imports.readers.odd_file import Odd
from tests.tables.imports.readers.odd_texts import NAMES, text


def number(cell: str, value: object, kind: str = "n") -> str:
    return f'<c r="{cell}" t="{kind}"><v>{value}</v></c>'


def workbook(*rows: str, names: tuple[str, ...] = ("a", "b"), before: str = "", after: str = "", **parts: str) -> bytes:
    sheet = book.sheet(book.names(*names) + "".join(rows), before=before, after=after)
    return book.zipped(book.parts(sheet, **parts))  # type: ignore[arg-type]


def arrow_file() -> bytes:
    stream = io.BytesIO()
    parquet.write_table(pa.table({"a": [1, None], "b": ["0042", "é"]}), stream)
    return stream.getvalue()


OTHERS = [
    Odd("JSON under the name .csv", b'[{"a":1},{"a":2}]', [["a"], [1], [2]]),
    Odd(
        "JSON lines under the name .txt",
        b'{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n',
        [["a", "b"], [1, "x"], [2, "y"]],
        suffix=".txt",
    ),
    Odd("A web page", b"<!doctype html><table><tr><td>a</td></tr></table>", None, "This is a web page."),
    Odd("A PDF file", b"%PDF-1.7\n1 0 obj\n", None, "This is a PDF file."),
    Odd("A packed file", gzip.compress(text(NAMES)), None, "This file is compressed."),
    Odd("A Parquet file", arrow_file(), [["a", "b"], ["1", "0042"], [None, "é"]]),
    Odd("A Parquet file that is cut off", arrow_file()[:100], None, "This is no Parquet file, or it is broken."),
    Odd("A workbook under the name .csv", workbook(book.row(2, number("A2", 1))), [["a", "b"], ["1"]]),
    Odd("Text in UTF-16 under the name .xls", text("a\tb\n1\t2\n", "utf-16"), None, "text under the name .xls", ".xls"),
]

JSON = [
    Odd("A mark", b'\xef\xbb\xbf[{"a":1}]', [["a"], [1]], suffix=".json"),
    Odd("UTF-16 without a mark", text('[{"a":"é"}]', "utf-16-le"), [["a"], ["é"]], suffix=".json"),
    Odd("Windows-1252", text('[{"a":"é"}]', "cp1252"), None, "Line 1 is not UTF-8", ".json"),
    Odd("Blank lines between lines", b'{"a":1}\n\n\n{"a":2}\n  \n', [["a"], [1], [2]], suffix=".jsonl"),
    Odd("A line that breaks off", b'{"a":1}\n{"a":\n{"a":3}\n', None, "Line 3 is not valid JSON", ".jsonl"),
    Odd(
        "Lists as lines, the names first",
        b'["name","age"]\n["Sam",3]\n["Ola",4]\n',
        [["name", "age"], ["Sam", 3], ["Ola", 4]],
        suffix=".jsonl",
    ),
    Odd(
        "Lists of objects as lines", b'[{"a":1}]\n[{"a":2}]\n', [["Column 1"], [{"a": 1}], [{"a": 2}]], suffix=".jsonl"
    ),
    Odd(
        "Columns of numbered values, as pandas writes them",
        b'{"a":{"0":1,"1":2},"b":{"0":"x","1":null}}',
        [["a", "b"], [1, "x"], [2, None]],
        suffix=".json",
    ),
    Odd(
        "Names apart from the rows",
        b'{"columns":["a","b"],"index":[0,1,2],"data":[[1,2],[3,4],[5,6]]}',
        [["a", "b"], [1, 2], [3, 4], [5, 6]],
        "“index” stands beside the list and is not read.",
        suffix=".json",
    ),
    Odd(
        "An object of columns",
        b'{"name":["Sam","Ola"],"age":[3,4]}',
        [["name", "age"], ["Sam", 3], ["Ola", 4]],
        suffix=".json",
    ),
    Odd(
        "Two lists in an object",
        b'{"users":[{"a":1}],"orders":[{"b":1},{"b":2}]}',
        [["b"], [1], [2]],
        "The file also has “users”",
        ".json",
    ),
    Odd(
        "Lists and objects inside",
        b'[{"a":[1,[2,3]],"b":{"c":1}}]',
        [["a", "b"], [[1, [2, 3]], {"c": 1}]],
        suffix=".json",
    ),
    Odd("NaN and Infinity", b'[{"a":NaN}]', None, "NaN is not a JSON number", ".json"),
    Odd("Keys that repeat", b'[{"a":1,"a":2}]', [["a", "a 2"], [1, 2]], suffix=".json"),
    Odd(
        "Numbers of any size",
        b'[{"a":9223372036854775809,"b":123456789012345678901234567890,"c":1E400,"d":1.10}]',
        [["a", "b", "c", "d"], [9223372036854775809, 123456789012345678901234567890, "1E400", "1.10"]],
        suffix=".json",
    ),
    Odd(
        "Numbers inside of lists",
        b'[{"a":[2.50,1E2,9007199254740993],"b":{"c":[1.10]},"d":"\\u00e9"}]',
        [["a", "b", "d"], [[2.5, 100.0, 9007199254740993], {"c": [1.1]}, "é"]],
        suffix=".json",
    ),
    Odd(
        "Numbers inside of lists with too many digits",
        b'[{"a":[0.1234567890123456789]}]',
        [["a"], [["0.1234567890123456789"]]],
        "Item 1 has a number inside of a list or an object that has more digits than numbers keep there.",
        ".json",
    ),
    Odd("Lines of bare numbers and texts", b'1\n2.50\n"x"\n', [["Value"], [1], ["2.50"], ["x"]], suffix=".jsonl"),
    Odd(
        "A bare number among lines of objects",
        b'{"a":1}\n5\n',
        [["a"], [1]],
        "Item 2 is not an object like the others.",
        ".jsonl",
    ),
    Odd(
        "What is no object among objects",
        b'[null,{"a":1},{}]',
        [["a"], [1], [None]],
        "Item 1 is not an object like the others.",
        ".json",
    ),
]

SHARED = f'<sst xmlns="{book.MAIN}"><si><t>x</t></si></sst>'
STRINGS = (
    f'<sst xmlns="{book.MAIN}"><si><t>東京</t><rPh sb="0" eb="2"><t>トウキョウ</t></rPh><phoneticPr fontId="1"/></si>'
    '<si><r><t>ri</t></r><r><rPr><b/></rPr><t xml:space="preserve">ch </t></r><rPh sb="0" eb="1"><t>z</t></rPh></si>'
    "</sst>"
)


def totalled() -> bytes:
    """Returns a workbook with a table that has a row of totals, a link and a comment."""
    made, stream = Workbook(), io.BytesIO()
    sheet = made.active
    assert sheet is not None
    for values in (["a", "b"], ["x", 1], ["y", 2], ["Total", 3]):
        sheet.append(values)
    sheet.add_table(Table(displayName="T", ref="A1:B4", totalsRowCount=1))
    sheet["A2"].hyperlink = "https://a.example"
    sheet["A3"].comment = Comment("seen by none", "me")
    made.save(stream)
    return stream.getvalue()


def errors(number: int, *codes: str) -> str:
    return book.row(number, *(f'<c r="{"AB"[at]}{number}" t="e"><v>{code}</v></c>' for at, code in enumerate(codes)))


WORKBOOKS = [
    Odd(
        "The totals of a table",
        totalled(),
        [["a", "b"], ["x", "1"], ["y", "2"], ["Total", "3"]],
        "Row 4 of the sheet has the totals of a table.",
        ".xlsx",
    ),
    Odd(
        "Spellings and rich texts",
        workbook(book.row(2, '<c r="A2" t="s"><v>0</v></c>', '<c r="B2" t="s"><v>1</v></c>'), strings=STRINGS),
        [["a", "b"], ["東京", "rich "]],
        suffix=".xlsx",
    ),
    Odd(
        "Formulas that are shared, one without a result",
        workbook(
            book.row(2, '<c r="A2"><f t="shared" ref="A2:A4" si="0">ROW()</f><v>2</v></c>'),
            book.row(3, '<c r="A3"><f t="shared" si="0"/><v>3</v></c>'),
            book.row(4, '<c r="A4"><f t="shared" si="0"/></c>', number("B4", 1)),
        ),
        [["a", "b"], ["2"], ["3"], [None, "1"]],
        "1 cell holds a formula without a result (in “a”)",
        ".xlsx",
    ),
    Odd(
        "A formula over several cells, and one that is empty",
        workbook(
            book.row(
                2, '<c r="A2"><f t="array" ref="A2:A3">{1;2}</f><v>1</v></c>', '<c r="B2" t="str"><f>""</f><v></v></c>'
            ),
            book.row(3, number("A3", 2)),
        ),
        [["a", "b"], ["1"], ["2"]],
        suffix=".xlsx",
    ),
    Odd(
        "New errors",
        workbook(errors(2, "#SPILL!", "#CALC!"), errors(3, "#GETTING_DATA", "#FIELD!")),
        [["a", "b"], ["#SPILL!", "#CALC!"], ["#GETTING_DATA", "#FIELD!"]],
        suffix=".xlsx",
    ),
    Odd(
        "Truth as 1 and as true",
        workbook(book.row(2, number("A2", 1, "b"), number("B2", 0, "b")), book.row(3, number("A3", "true", "b"))),
        [["a", "b"], ["true", "false"], ["true"]],
        suffix=".xlsx",
    ),
    Odd(
        "The first days of Excel, and no days",
        workbook(
            *(
                book.row(at, f'<c r="A{at}" s="1"><v>{one}</v></c>', f'<c r="B{at}" s="1"><v>{other}</v></c>')
                for at, (one, other) in enumerate(((59, 60), (61, 0), (2958466, -1)), 2)
            ),
            styles=book.styled("yyyy-mm-dd"),
        ),
        [["a", "b"], ["1900-02-28", "1900-02-29"], ["1900-03-01", "1900-01-00"], ["2958466", "-1"]],
        suffix=".xlsx",
    ),
    Odd(
        "Days and durations of 1904",
        workbook(
            book.row(2, '<c r="A2" s="1"><v>0</v></c>', '<c r="B2" s="2"><v>-0.5</v></c>'),
            styles=book.styled("yyyy-mm-dd", "[h]:mm"),
            workbook='<workbookPr date1904="1"/>',
        ),
        [["a", "b"], ["1904-01-01", "-12:00"]],
        suffix=".xlsx",
    ),
    Odd(
        "Rows and columns without height and width",
        workbook(
            book.row(2, number("A2", 1), number("B2", 2)),
            '<row r="3" ht="0" customHeight="1">' + number("A3", 3) + "</row>",
            before='<cols><col min="2" max="2" width="0" customWidth="1"/></cols>',
        ),
        [["a", "b"], ["1", "2"], ["3"]],
        "1 row is hidden in the workbook. All rows are read. “b” is hidden",
        ".xlsx",
    ),
    Odd(
        "Numbers and days that are texts",
        workbook(
            book.row(2, book.text("A2", "1,234"), book.text("B2", "0042")),
            book.row(3, book.text("A3", "31/01/2026"), book.text("B3", "1.5e3")),
        ),
        [["a", "b"], ["1,234", "0042"], ["31/01/2026", "1.5e3"]],
        suffix=".xlsx",
    ),
    Odd(
        "Numbers with the noise of binary fractions",
        workbook(
            book.row(2, number("A2", "0.30000000000000004"), number("B2", "100.00000000000001")),
            book.row(3, number("A3", "1E-3"), number("B3", "-0")),
        ),
        [["a", "b"], ["0.3", "100"], ["0.001", "0"]],
        suffix=".xlsx",
    ),
    Odd(
        "Percents",
        workbook(
            book.row(2, '<c r="A2" s="1"><v>0.07</v></c>', '<c r="B2" s="1"><v>1.1</v></c>'),
            book.row(3, '<c r="A3" s="1"><v>0.29</v></c>'),
            styles=book.styled("0%"),
        ),
        [["a", "b"], ["7%", "110%"], ["29%"]],
        suffix=".xlsx",
    ),
    Odd(
        "Cells without their places",
        workbook("<row><c><v>1</v></c><c><v>2</v></c></row>"),
        [["a", "b"], ["1", "2"]],
        suffix=".xlsx",
    ),
    Odd(
        "A formula's link and a stray space",
        workbook(
            book.row(
                2,
                '<c r="A2" t="str"><f>HYPERLINK("https://a.example","shown")</f><v>shown</v></c>',
                book.text("B2", "&#160;x "),
            ),
        ),
        [["a", "b"], ["shown", "\xa0x "]],
        suffix=".xlsx",
    ),
    Odd(
        "A shared text that is missing",
        workbook(book.row(2, number("A2", 9, "s")), strings=SHARED),
        None,
        "Cell A2 refers to a text that the workbook lacks.",
        ".xlsx",
    ),
    Odd(
        "Rich text in the cell",
        workbook(
            book.row(2, '<c r="A2" t="inlineStr"><is><r><t>Hel</t></r><r><t>lo</t></r></is></c>', number("B2", 1))
        ),
        [["a", "b"], ["Hello", "1"]],
        suffix=".xlsx",
    ),
    Odd(
        "Errors in cells",
        workbook(book.row(2, number("A2", "#N/A", "e"), number("B2", "#DIV/0!", "e"))),
        [["a", "b"], ["#N/A", "#DIV/0!"]],
        suffix=".xlsx",
    ),
    Odd(
        "Rows in several sheets",
        book.zipped(
            book.parts(
                *[book.sheet(book.names("a") + book.row(2, book.text("A2", title))) for title in "xyz"],
                book.sheet(""),
                states=("hidden", "visible", "visible", "visible"),
            )
        ),
        [["a"], ["y"]],
        "The sheet “S2” is read. The workbook also has “S1”, “S3”: choose one, or import each.",
        ".xlsx",
    ),
    Odd(
        "Truth in words",
        workbook(book.row(2, number("A2", "true", "b"), number("B2", "FALSE", "b"))),
        [["a", "b"], ["true", "false"]],
        suffix=".xlsx",
    ),
    Odd(
        "Whole numbers of more digits than Excel keeps",
        workbook(book.row(2, number("A2", "12345678901234567"), number("B2", "1234567890123450000"))),
        [["a", "b"], ["12345678901234600", "1234567890123450000"]],
        "1 number has more than the 15 digits that a spreadsheet keeps (in “a”)",
        ".xlsx",
    ),
    Odd(
        "Formulas without results",
        workbook(book.row(2, '<c r="A2"><f>1+1</f><v/></c>', number("B2", 1))),
        [["a", "b"], [None, "1"]],
        "1 cell holds a formula without a result (in “a”)",
        ".xlsx",
    ),
    Odd(
        "Formulas that nobody has calculated",
        workbook(
            book.row(2, number("A2", 2), '<c r="B2"><f>A2*2</f><v>0</v></c>'),
            workbook='<calcPr calcId="124519" fullCalcOnLoad="1"/>',
        ),
        [["a", "b"], ["2", "0"]],
        "1 cell holds a formula (in “b”) that the program which wrote the file left to Excel to calculate",
        ".xlsx",
    ),
    Odd(
        "Rows that a filter hides",
        workbook(
            book.row(2, number("A2", 1)),
            '<row r="3" hidden="1"><c r="A3"><v>2</v></c></row>',
            book.row(4, number("A4", 3)),
            after='<autoFilter ref="A1:B4"/>',
        ),
        [["a", "b"], ["1"], ["2"], ["3"]],
        "1 row is hidden in the workbook. All rows are read.",
        ".xlsx",
    ),
    Odd(
        "A hidden column",
        workbook(
            book.row(2, number("A2", 1), number("B2", 2)), before='<cols><col min="2" max="9" hidden="1"/></cols>'
        ),
        [["a", "b"], ["1", "2"]],
        "“b” is hidden in the workbook. All columns are read.",
        ".xlsx",
    ),
    Odd(
        "Values that number formats hide",
        workbook(
            book.row(2, '<c r="A2" s="1"><v>5</v></c>', '<c r="B2" s="2"><v>0</v></c>'),
            book.row(3, book.text("A3", "x"), '<c r="B3" s="2"><v>7</v></c>'),
            styles=book.styled(";;;", "0;-0;;@"),
        ),
        [["a", "b"], ["5", "0"], ["x", "7"]],
        "2 values have number formats like ;;; that hide them (in “a”, “b”). All values are read.",
        ".xlsx",
    ),
    Odd(
        "Words instead of numbers",
        workbook(
            book.row(2, '<c r="A2" s="1"><v>1</v></c>', '<c r="B2" s="2"><v>150</v></c>'),
            book.row(3, '<c r="A3" s="1"><v>0</v></c>', '<c r="B3" s="2"><v>5</v></c>'),
            styles=book.styled("&quot;Yes&quot;;;&quot;No&quot;", "[&gt;100]&quot;high&quot;;&quot;low&quot;"),
        ),
        [["a", "b"], ["Yes", "high"], ["No", "low"]],
        suffix=".xlsx",
    ),
    Odd(
        "Words that a format adds to texts",
        workbook(
            book.row(2, '<c r="A2" s="1" t="str"><v>A1</v></c>', '<c r="B2" s="2" t="str"><v>x</v></c>'),
            styles=book.styled("&quot;SKU-&quot;@", "0;-0;0;@&quot; kg&quot;"),
        ),
        [["a", "b"], ["SKU-A1", "x kg"]],
        suffix=".xlsx",
    ),
    Odd(
        "Days and times as text of ISO 8601",
        workbook(
            book.row(2, number("A2", "2026-01-02T00:00:00.000Z", "d"), number("B2", "2026-01-02T13:14:15.500", "d"))
        ),
        [["a", "b"], ["2026-01-02", "2026-01-02 13:14:15.5"]],
        suffix=".xlsx",
    ),
    Odd(
        "Words where a number should be",
        workbook(book.row(2, number("A2", "abc"), number("B2", "NaN"))),
        [["a", "b"], ["abc", "NaN"]],
        suffix=".xlsx",
    ),
    Odd(
        "Very large and small numbers",
        workbook(book.row(2, number("A2", "1.7976931348623157E+308"), number("B2", "1E+20"))),
        [["a", "b"], ["1.79769313486232E+308", "100000000000000000000"]],
        suffix=".xlsx",
    ),
    Odd(
        "Blank rows inside, formatted ones below",
        workbook(
            book.row(2, number("A2", 1)),
            book.row(5, number("A5", 2)),
            *(book.row(n, f'<c r="A{n}" s="1"/>') for n in range(6, 90)),
        ),
        [["a", "b"], ["1"], [], [], ["2"]],
        suffix=".xlsx",
    ),
    Odd(
        "One row very far below",
        workbook(book.row(2, number("A2", 1)), book.row(1048576, number("A1048576", 2))),
        [["a", "b"], ["1"], ["2"]],
        "The 1,048,573 blank rows above row 1,048,576 were left out.",
        ".xlsx",
    ),
    Odd(
        "Rows in another order than their numbers",
        workbook(book.row(3, number("A3", 3)), book.row(2, number("A2", 2)), book.row(2, number("B2", 5))),
        [["a", "b"], [], ["3"], ["2"], [None, "5"]],
        "Row 2 is not the next one in the workbook's file.",
        ".xlsx",
    ),
    Odd(
        "Merged groups above the names",
        workbook(
            book.row(2, book.text("A2", "Name"), book.text("B2", "Mail"), book.text("C2", "City")),
            book.row(3, book.text("A3", "Sam"), book.text("B3", "a@b.c"), book.text("C3", "Rom")),
            names=("Contact", "", "Place"),
            after='<mergeCells><mergeCell ref="A1:B1"/></mergeCells>',
        ),
        [["Name", "Mail", "City"], ["Sam", "a@b.c", "Rom"]],
        suffix=".xlsx",
    ),
    Odd(
        "Names in two rows, merged",
        workbook(
            book.row(2, book.text("B2", "City"), book.text("C2", "Zip")),
            book.row(3, book.text("A3", "Sam"), book.text("B3", "Rom"), number("C3", 1), number("D3", 30)),
            book.row(4, book.text("A4", "Ola"), book.text("B4", "Oslo"), number("C4", 2), number("D4", 40)),
            names=("Name", "Address", "", "Age"),
            after='<mergeCells><mergeCell ref="A1:A2"/><mergeCell ref="B1:C1"/><mergeCell ref="D1:D2"/></mergeCells>',
        ),
        [["Name", "City", "Zip", "Age"], ["Sam", "Rom", "1", "30"], ["Ola", "Oslo", "2", "40"]],
        suffix=".xlsx",
    ),
    Odd(
        "The epoch of 1904",
        workbook(
            book.row(2, '<c r="A2" s="1"><v>1</v></c>'),
            styles=book.styled("yyyy-mm-dd"),
            workbook='<workbookPr date1904="1"/>',
        ),
        [["a", "b"], ["1904-01-02"]],
        suffix=".xlsx",
    ),
    Odd(
        "Signs written as _x000D_",
        workbook(book.row(2, book.text("A2", "a_x000D_b"), book.text("B2", "_x0041_"))),
        [["a", "b"], ["a\rb", "A"]],
        suffix=".xlsx",
    ),
    Odd("Half of a workbook", workbook(book.row(2, number("A2", 1)))[:-40], None, "only a part of it arrived", ".xlsx"),
]

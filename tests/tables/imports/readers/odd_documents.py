"""Odd spreadsheets in the formats of OpenDocument and of Excel before 2007."""

from pathlib import Path

from tests.tables.imports.readers import workbooks as book
from tests.tables.imports.readers.odd_file import Odd

# Written with xlwt 1.3; nothing that is kept well writes this format.
XLS = (Path(__file__).parent / "spreadsheets" / "formats.xls").read_bytes()
_NAMES = ("office", "table", "text", "draw")


def document(*rows: str, name: str = "S") -> bytes:
    """Returns an OpenDocument spreadsheet of one sheet."""
    kinds = "".join(f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in _NAMES)
    table = f'<table:table table:name="{name}">{"".join(rows)}</table:table>'
    body = f"<office:body><office:spreadsheet>{table}</office:spreadsheet></office:body>"
    return book.zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": "<manifest/>",
            "content.xml": f"<office:document-content{kinds}>{body}</office:document-content>",
        }
    )


def row(*cells: str, attributes: str = "") -> str:
    return f"<table:table-row{attributes}>{''.join(cells)}</table:table-row>"


def text(seen: str, attributes: str = "") -> str:
    return f'<table:table-cell office:value-type="string"{attributes}><text:p>{seen}</text:p></table:table-cell>'


def value(kind: str, stored: str, seen: str, attributes: str = "") -> str:
    """Returns a cell that shows what it stores in a format of its own."""
    name = "value" if kind in ("float", "currency", "percentage") else f"{kind}-value"
    shown = f"<text:p>{seen}</text:p>" if seen else ""
    kept = f'office:value-type="{kind}" office:{name}="{stored}"'
    return f"<table:table-cell {kept}{attributes}>{shown}</table:table-cell>"


NAMES = row(text("a"), text("b"))
COVERED = "<table:covered-table-cell/>"
SPANNED = row(text("x", ' table:number-columns-spanned="2" table:number-rows-spanned="2"'), COVERED, text("1"))

HIDDEN_COLUMN = '<table:table-column/><table:table-column table:visibility="collapse"/>'
SHEETS = Path(__file__).parent / "spreadsheets"  # those of LibreOffice 7.4 but for formats.xls


def libreoffice(name: str) -> bytes:
    return (SHEETS / f"{name}.xls").read_bytes()


DOCUMENTS = [
    Odd(
        "A hidden column of an open document",
        document(HIDDEN_COLUMN, NAMES, row(text("x"), text("y"))),
        [["a", "b"], ["x", "y"]],
        "“b” is hidden in the workbook. All columns are read.",
        ".ods",
    ),
    Odd(
        "Hidden columns that an open document repeats",
        document(
            '<table:table-column table:visibility="collapse" table:number-columns-repeated="2"/>',
            NAMES,
            row(text("x"), text("y")),
        ),
        [["a", "b"], ["x", "y"]],
        "“a”, “b” are hidden in the workbook.",
        ".ods",
    ),
    Odd(
        "Hidden rows that an open document repeats",
        document(
            NAMES, row(text("x"), text("y"), attributes=' table:visibility="collapse" table:number-rows-repeated="3"')
        ),
        [["a", "b"], *[["x", "y"]] * 3],
        "3 rows are hidden in the workbook. All rows are read.",
        ".ods",
    ),
    Odd(
        "Errors of an open document that only LibreOffice has",
        document(
            NAMES,
            row(
                value("string", "", "Err:502", ' table:formula="of:=SQRT(-1)"'),
                value("string", "", "#NAME?", ' table:formula="of:=FOO()"'),
            ),
        ),
        [["a", "b"], ["Err:502", "#NAME?"]],
        suffix=".ods",
    ),
    Odd(
        "Links and spans of an open document",
        document(NAMES, row(text("<text:span>ri</text:span>ch <text:a>link</text:a>"), text("&lt;&amp;&gt;"))),
        [["a", "b"], ["rich link", "<&>"]],
        suffix=".ods",
    ),
    Odd(
        "Numbers with their formats in XLS",
        libreoffice("numbers"),
        [
            ["a", "b", "c"],
            *(
                [one, other, "x"]
                for one, other in (
                    ("12.5%", "1234.5"),
                    ("-1234.5", "00501"),
                    ("1.1", "2.5"),
                    ("1234567", "0.5"),
                    ("5", "555-1234"),
                    ("12345", "true"),
                    ("1E+21", "0.1"),
                    ("123456789012345", "-0.000001"),
                )
            ),
        ],
        suffix=".xls",
    ),
    Odd(
        "Days, times and durations in XLS",
        libreoffice("dates"),
        [
            ["a", "b", "c"],
            *(
                [one, other, "x"]
                for one, other in (
                    ("2026-01-31", "2026-01-31"),
                    ("2026-01-31", "2026-01-31"),
                    ("2026-01-31 18:05", "2026-01-31"),
                    ("18:05:00", "30:00:01"),
                    ("18:05", "00:01:01.500"),
                    ("1900-01-01", "1900-03-01"),
                    ("-18109", "2026-01-31 23:59:59.999"),
                )
            ),
        ],
        suffix=".xls",
    ),
    Odd(
        "Results and errors of formulas in XLS",
        libreoffice("errors"),
        [
            ["a", "b", "c"],
            *(
                [one, other, "x"]
                for one, other in (
                    ("#DIV/0!", "#N/A"),
                    ("#NAME?", "#VALUE!"),
                    ("#VALUE!", "ax"),
                    ("true", "2026-01-31"),
                    (None, "0.333333333333333"),
                    ("shown", "0"),
                )
            ),
        ],
        suffix=".xls",
    ),
    Odd(
        "Texts of XLS that look like something else",
        libreoffice("texts"),
        [
            ["a", "b", "c"],
            ["two\nlines", "a   bcd", "rich link"],
            ["noted", "0042", "2026-01-31"],
            ["=1+1", "'quoted", "TRUE"],
            ["😀é", "<&>", " lead "],
            ["1E5", "1.10", "#N/A"],
        ],
        suffix=".xls",
    ),
    Odd(
        "Numbers as an open document shows them",
        document(
            NAMES,
            row(value("float", "501", "00501"), value("float", "1234.5", "1.234,50")),
            row(value("percentage", "0.125", "13 %"), value("currency", "1234.5", "1.234,50 €")),
            row(value("float", "42", "SKU-0042"), value("float", "5", "INV-5")),
            row(value("float", "1", "Yes"), value("float", "5", "5 kg")),
            row(value("float", "57.699999999999996", "58"), value("float", "0", "-")),
            row(value("float", "5551234", "555-1234"), value("float", "-5", "(5)")),
            row(value("float", "1234567812345670", "1234 5678 1234 5670"), value("float", "1234567", "1 234 567")),
        ),
        [
            ["a", "b"],
            ["00501", "1234.5"],
            ["12.5%", "1234.5"],
            ["SKU-0042", "INV-5"],
            ["Yes", "5"],
            ["57.7", "0"],
            ["555-1234", "-5"],
            ["1234 5678 1234 5670", "1234567"],
        ],
        suffix=".ods",
    ),
    Odd(
        "Truth and errors of an open document",
        document(
            NAMES,
            row(value("boolean", "true", "WAHR"), value("float", "0", "FALSE", ' table:formula="of:=1=2"')),
            row(value("string", "", "#DIV/0!", ' table:formula="of:=1/0"'), text("x")),
        ),
        [["a", "b"], ["true", "false"], ["#DIV/0!", "x"]],
        suffix=".ods",
    ),
    Odd(
        "Days and times of an open document",
        document(
            NAMES,
            row(value("date", "2026-01-31", "31.01.26"), value("date", "2026-01-31T18:05:00", "31.01.26 18:05")),
            row(value("date", "2026-01-31T18:05:00", "Jan 26"), value("date", "2026-01-31T18:05:09", "18:05:09")),
            row(value("time", "PT30H00M01S", "30:00:01"), value("time", "PT18H05M00S", "06:05 PM")),
            row(value("time", "PT00H01M01.500000000S", "01:01,5"), value("time", "-PT06H00M00S", "")),
        ),
        [
            ["a", "b"],
            ["2026-01-31", "2026-01-31 18:05"],
            ["2026-01-31", "18:05:09"],
            ["30:00:01", "18:05"],
            ["00:01:01.5", "-06:00"],
        ],
        suffix=".ods",
    ),
    Odd(
        "Texts of an open document",
        document(
            NAMES,
            row(text('<text:s text:c="2"/>x<text:tab/>y<text:line-break/>z'), text("one</text:p><text:p>two")),
            row(
                text(
                    "<text:ruby><text:ruby-base>東京</text:ruby-base><text:ruby-text>とう</text:ruby-text></text:ruby>"
                ),
                text("x</text:p><office:annotation><text:p>a comment</text:p></office:annotation><text:p>y"),
            ),
        ),
        [["a", "b"], ["  x\ty\nz", "one\ntwo"], ["東京", "x\ny"]],
        suffix=".ods",
    ),
    Odd(
        "Cells and rows that an open document repeats",
        document(
            NAMES,
            row(text("x", ' table:number-columns-repeated="2"'), attributes=' table:number-rows-repeated="2"'),
            row(
                '<table:table-cell table:number-columns-repeated="16384"/>',
                attributes=' table:number-rows-repeated="2"',
            ),
            row("<table:table-cell/>", text("y")),
            row("<table:table-cell/>", attributes=' table:number-rows-repeated="1048570"'),
        ),
        [["a", "b"], ["x", "x"], ["x", "x"], [], [], [None, "y"]],
        suffix=".ods",
    ),
    Odd(
        "Merged cells of an open document",
        document(row(text("a"), text("b"), text("c")), SPANNED, row(COVERED, COVERED, text("2"))),
        [["a", "b", "c"], ["x", None, "1"], [None, None, "2"]],
        suffix=".ods",
    ),
    Odd(
        "Formulas without results in an open document",
        document(NAMES, row('<table:table-cell table:formula="of:=1+1"/>', text("x"))),
        [["a", "b"], [None, "x"]],
        "1 cell holds a formula without a result",
        ".ods",
    ),
    Odd(
        "Hidden rows of an open document",
        document(NAMES, row(text("x"), text("y"), attributes=' table:visibility="filter"')),
        [["a", "b"], ["x", "y"]],
        "1 row is hidden in the workbook. All rows are read.",
        ".ods",
    ),
    Odd(
        "Formats, errors, merged and hidden cells of XLS",
        XLS,
        [
            ["Kind", "Value"],
            ["zip", "00501"],
            ["percent", "12.5%"],
            ["currency", "1234.5"],
            ["day", "2026-01-31"],
            ["hours", "30:00"],
            ["words", "Yes"],
            ["label", "SKU-A1"],
            ["digits", "57.7"],
            ["error", "#DIV/0!"],
            ["truth", "true"],
            ["merged", "a"],
            [None, "b"],
            ["unseen"],
        ],
        "1 row is hidden in the workbook. All rows are read.",
        ".xls",
    ),
]

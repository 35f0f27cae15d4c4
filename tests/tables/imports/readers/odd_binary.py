"""Odd workbooks of Excel's binary format: written record by record, as no library writes it."""

import struct
from collections.abc import Sequence

from tests.tables.imports.readers import workbooks as book
from tests.tables.imports.readers.odd_file import Odd

_WITHOUT_FORMATS = "Calamine read this file: numbers come without their formats, and errors like #N/A as blank cells."

type Cell = tuple[int, int, bytes]  # the kind of the record, the style, and what follows them


def _record(kind: int, content: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size, length = b"", len(content)
    while True:
        more = length >> 7
        size += bytes([length & 0x7F | (0x80 if more else 0)])
        length = more
        if not length:
            return head + size + content


def _text(value: str) -> bytes:
    units = value.encode("utf-16-le")
    return struct.pack("<I", len(units) // 2) + units


def _cell(kind: int, content: bytes, style: int = 0) -> Cell:
    return kind, style, content


def text(value: str) -> Cell:
    return _cell(6, _text(value))


def number(value: float, style: int = 0) -> Cell:
    return _cell(5, struct.pack("<d", value), style)


def packed(value: int) -> Cell:
    """A whole number of 30 bits."""
    return _cell(2, struct.pack("<i", value << 2 | 2))


def truth(value: bool) -> Cell:
    return _cell(4, bytes([value]))


def error(code: int) -> Cell:
    return _cell(3, bytes([code]))


def result(value: float) -> Cell:
    """Of a formula, which is 1."""
    formula = struct.pack("<HI", 0, 3) + b"\x1e\x01\x00" + struct.pack("<I", 0)
    return _cell(9, struct.pack("<d", value) + formula)


def workbook(*rows: Sequence[Cell], formats: Sequence[str] = (), is_1904: bool = False) -> bytes:
    cells = b""
    for at, row in enumerate(rows):
        cells += _record(0, struct.pack("<IIHBBBI", at, 0, 300, 0, 0, 0, 0))
        cells += b"".join(
            _record(kind, struct.pack("<II", column, style) + content)
            for column, (kind, style, content) in enumerate(row)
        )
    size = struct.pack("<IIII", 0, len(rows) - 1, 0, max(map(len, rows)) - 1)
    sheet = _record(129) + _record(148, size) + _record(145) + cells + _record(146) + _record(130)
    listed = _record(156, struct.pack("<II", 0, 1) + _text("r1") + _text("S1"))
    properties = _record(153, struct.pack("<II", int(is_1904), 0) + _text(""))
    main = _record(131) + properties + _record(143) + listed + _record(144) + _record(132)
    known = b"".join(_record(44, struct.pack("<H", 200 + at) + _text(code)) for at, code in enumerate(formats))
    styles = b"".join(
        _record(47, struct.pack("<HHHHHBBHH", 0, code, 0, 0, 0, 0, 0, 0, 0)[:16])
        for code in (0, *range(200, 200 + len(formats)))
    )
    style_sheet = _record(278) + _record(615, struct.pack("<I", len(formats))) + known + _record(616)
    style_sheet += _record(617, struct.pack("<I", len(formats) + 1)) + styles + _record(618) + _record(279)
    related = "".join(
        f'<Relationship Id="{id_}" Type="{book.RELATIONS}/{kind}" Target="{target}"/>'
        for id_, kind, target in (("r1", "worksheet", "worksheets/sheet1.bin"), ("r2", "styles", "styles.bin"))
    )
    package = "http://schemas.openxmlformats.org/package/2006"
    office = f'<Relationship Id="r1" Type="{book.RELATIONS}/officeDocument" Target="xl/workbook.bin"/>'
    return book.zipped(
        {
            "[Content_Types].xml": f'<Types xmlns="{package}/content-types"/>',
            "_rels/.rels": f'<Relationships xmlns="{package}/relationships">{office}</Relationships>',
            "xl/workbook.bin": main,
            "xl/_rels/workbook.bin.rels": f'<Relationships xmlns="{package}/relationships">{related}</Relationships>',
            "xl/worksheets/sheet1.bin": sheet,
            "xl/styles.bin": style_sheet,
        }
    )


NAMES = (text("a"), text("b"))

BINARIES = [
    Odd(
        "Numbers, texts and truth of XLSB",
        workbook(NAMES, (number(1234.5), packed(-7)), (text("😀 é"), truth(True)), (number(0.1), truth(False))),
        [["a", "b"], ["1234.5", "-7"], ["😀 é", "true"], ["0.1", "false"]],
        _WITHOUT_FORMATS,
        ".xlsb",
    ),
    Odd(
        "Days, times and durations of XLSB",
        workbook(
            NAMES,
            (number(46053, 1), number(0.75, 2)),
            (number(46053.75, 1), number(1.25, 3)),
            formats=("yyyy\\-mm\\-dd", "h:mm", "[h]:mm"),
        ),
        [["a", "b"], ["2026-01-31", "18:00:00"], ["2026-01-31 18:00:00", "30:00"]],
        _WITHOUT_FORMATS,
        ".xlsb",
    ),
    Odd(
        "The epoch of 1904 in XLSB",
        workbook(NAMES, (number(44591, 1), text("x")), formats=("yyyy\\-mm\\-dd",), is_1904=True),
        [["a", "b"], ["2026-01-31", "x"]],
        _WITHOUT_FORMATS,
        ".xlsb",
    ),
    Odd(
        "Formulas, percents and errors of XLSB",
        workbook(NAMES, (result(2), number(0.125, 1)), (text("x"), error(42)), formats=("0.0%",)),
        [["a", "b"], ["2", "0.125"], ["x"]],
        _WITHOUT_FORMATS,
        ".xlsb",
    ),
]

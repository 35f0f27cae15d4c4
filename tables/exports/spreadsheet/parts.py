"""The parts of a workbook beside its sheets."""

from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

from tables.exports.spreadsheet.values import MOST_PLACES

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"

RELATIONSHIPS = (
    f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)

_FIRST_FORMAT = 164  # of those that are not built in
_PLACES = "".join(
    f'<numFmt numFmtId="{_FIRST_FORMAT + 1 + places}" formatCode="0.{"0" * places}"/>'
    for places in range(1, MOST_PLACES + 1)
)
_PLACE_STYLES = "".join(
    f'<xf numFmtId="{_FIRST_FORMAT + 1 + places}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    for places in range(1, MOST_PLACES + 1)
)
STYLES = (
    f'{_XML}<styleSheet xmlns="{_MAIN}">'
    f'<numFmts count="{MOST_PLACES + 2}"><numFmt numFmtId="{_FIRST_FORMAT}" formatCode="yyyy\\-mm\\-dd"/>'
    f'<numFmt numFmtId="{_FIRST_FORMAT + 1}" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/>{_PLACES}</numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    f'<cellXfs count="{MOST_PLACES + 4}"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    f'<xf numFmtId="{_FIRST_FORMAT}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    f'<xf numFmtId="{_FIRST_FORMAT + 1}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    f"{_PLACE_STYLES}</cellXfs>"
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


def part(number: int) -> str:
    """Returns the name of the part of a sheet, from 1."""
    return f"xl/worksheets/sheet{number}.xml"


def workbook(titles: Sequence[str]) -> str:
    """Returns the part that lists the sheets."""
    sheets = "".join(
        f'<sheet name={quoteattr(title)} sheetId="{number}" r:id="rId{number}"/>'
        for number, title in enumerate(titles, 1)
    )
    return f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}"><sheets>{sheets}</sheets></workbook>'


def workbook_relationships(number_of_sheets: int) -> str:
    """Returns where the sheets and the styles are."""
    sheets = "".join(
        f'<Relationship Id="rId{number}" Type="{_DOCUMENT}/worksheet" Target="worksheets/sheet{number}.xml"/>'
        for number in range(1, number_of_sheets + 1)
    )
    styles = f'<Relationship Id="rId{number_of_sheets + 1}" Type="{_DOCUMENT}/styles" Target="styles.xml"/>'
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{sheets}{styles}</Relationships>'


def content_types(number_of_sheets: int) -> str:
    """Returns what each part is."""
    sheets = "".join(
        f'<Override PartName="/{part(number)}" ContentType="{_KIND}.worksheet+xml"/>'
        for number in range(1, number_of_sheets + 1)
    )
    return (
        f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/>{sheets}</Types>'
    )


def sheet_start(widths: Sequence[float]) -> str:
    """Returns what stands before the rows: the first one stays while the others scroll, columns have these widths."""
    columns = "".join(
        f'<col min="{number}" max="{number}" width="{width}" customWidth="1"/>'
        for number, width in enumerate(widths, 1)
    )
    return (
        f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{columns}</cols><sheetData>"
    )


SHEET_END = "</sheetData></worksheet>"

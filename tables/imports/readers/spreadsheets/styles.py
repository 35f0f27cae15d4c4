"""How the cells of a workbook show numbers: of its style sheet, only the number formats."""

from collections.abc import Collection, Sequence
from functools import lru_cache

from openpyxl.styles.numbers import BUILTIN_FORMATS
from openpyxl.xml.functions import iterparse

from tables.imports.readers.spreadsheets.archive import Part
from tables.imports.readers.spreadsheets.number_formats import Shown, hides, number, shown, shown_text

_EAST_ASIAN = {
    **dict.fromkeys([*range(27, 32), 36, *range(50, 55), 57, 58], "yyyy-mm-dd"),
    **dict.fromkeys([*range(32, 36), 55, 56], "h:mm:ss"),
}
_BUILT_IN = {**_EAST_ASIAN, **BUILTIN_FORMATS}


class Styles:
    """Gives for the number of a style how it shows numbers and texts; as they are for one that is broken or missing."""

    def __init__(self, formats: Sequence[str] = (), *, is_1904: bool = False) -> None:
        self._formats = formats
        self._of_texts = {str(style): way for style, code in enumerate(formats) if (way := shown_text(code))}
        self._hiding = {str(style): hiding for style, code in enumerate(formats) if (hiding := hides(code))}
        self._shown = lru_cache(maxsize=None)(lambda code: shown(code, is_1904=is_1904))

    def of(self, style: str | None) -> Shown:
        try:
            return self._shown(self._formats[int(style or 0)])
        except (ValueError, IndexError):
            return number

    def of_text(self, style: str | None, text: str) -> str:
        way = self._of_texts.get(style) if style else None
        return way(text) if way else text

    @property
    def hiding(self) -> Collection[str]:
        """The styles that show nothing of some values."""
        return self._hiding.keys()

    def hides(self, style: str, value: float | str) -> bool:
        return style in self._hiding and self._hiding[style](value)


def formats(part: Part) -> list[str]:
    """Returns the number format of each cell style; fonts, borders and thousands of named styles are passed over."""
    codes: dict[str, str] = {}
    ids: list[str] = []
    for _, element in iterparse(part):
        tag = element.tag.rpartition("}")[2]
        if tag == "numFmt":
            codes[element.get("numFmtId", "")] = element.get("formatCode", "General")
        elif tag == "cellXfs":
            ids = [style.get("numFmtId", "0") for style in element]
            break
        elif tag in ("cellStyleXfs", "fonts", "fills", "borders"):
            element.clear()
    return [codes.get(id_) or _BUILT_IN.get(int(id_) if id_.isdecimal() else 0, "General") for id_ in ids]

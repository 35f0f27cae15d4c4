"""XLS workbooks, read with xlrd: unlike other readers of this format, it knows how cells show their numbers."""

import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import xlrd  # type: ignore[import-untyped]

from tables.imports.readers.spreadsheets.scan import Merges
from tables.imports.readers.spreadsheets.styles import Styles

type Cells = Iterator[tuple[int, list[str | None]]]  # the number of each row that is not blank, up to its last value


class Workbook:
    """Raises whatever a broken workbook leads to."""

    def __init__(self, path: Path) -> None:
        # Its complaints about the file go nowhere.
        self._book = xlrd.open_workbook(str(path), formatting_info=True, ragged_rows=True, logfile=io.StringIO())
        formats = [self._book.format_map[style.format_key].format_str for style in self._book.xf_list]
        self._styles = Styles(formats, is_1904=bool(self._book.datemode))
        self.sheets = [(sheet.name, sheet.visibility != 0) for sheet in self._book.sheets()]

    def number_of_rows(self, title: str) -> int:
        sheet = self._book.sheet_by_name(title)
        return sum(any(value != "" for value in sheet.row_values(at)) for at in range(sheet.nrows))

    def hidden(self, title: str) -> dict[str, Any]:
        """Returns how many rows, and which columns, nobody sees."""
        sheet = self._book.sheet_by_name(title)
        rows = [at for at, row in sheet.rowinfo_map.items() if row.hidden and at < sheet.nrows]
        columns = [(at + 1, at + 1) for at, column in sheet.colinfo_map.items() if column.hidden]
        return {
            "hidden_rows": len(rows),
            "hidden_columns": columns,
            "hidden_values": sorted(self._hidden_values(sheet).items()),
        }

    def _hidden_values(self, sheet: Any) -> Counter[int]:
        """Returns how many values the formats of their cells hide, by column."""
        kinds = (xlrd.XL_CELL_TEXT, xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE)
        cells = (
            (column, cell)
            for at in range(sheet.nrows if self._styles.hiding else 0)
            for column, cell in enumerate(sheet.row(at), 1)
            if cell.ctype in kinds
        )
        return Counter(column for column, cell in cells if self._styles.hides(str(cell.xf_index), cell.value))

    def rows(self, title: str, *, repeat_merged: bool) -> Cells:
        """Yields the rows as a person sees them, where merged cells have their value once, or in each of them."""
        sheet = self._book.sheet_by_name(title)
        merges = Merges([(top + 1, left + 1, bottom, right) for top, bottom, left, right in sheet.merged_cells])
        for at in range(sheet.nrows):
            values = [self._shown(cell) for cell in sheet.row(at)]
            merges.apply(at + 1, values, repeat_merged=repeat_merged)
            while values and values[-1] is None:
                values.pop()
            if values:
                yield at + 1, values

    def _shown(self, cell: Any) -> str | None:
        style = str(cell.xf_index)
        if cell.ctype == xlrd.XL_CELL_TEXT:
            return self._styles.of_text(style, cell.value) or None
        if cell.ctype in (xlrd.XL_CELL_NUMBER, xlrd.XL_CELL_DATE):
            return self._styles.of(style)(repr(cell.value))
        if cell.ctype == xlrd.XL_CELL_BOOLEAN:
            return "true" if cell.value else "false"
        if cell.ctype == xlrd.XL_CELL_ERROR:
            return str(xlrd.error_text_from_code.get(cell.value, "#N/A"))
        return None

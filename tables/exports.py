"""A table as a file, in pieces: a million rows are never in memory together."""

import csv
import io
import json
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from tables import rows
from tables.formula_guard import guarded
from tables.models import Column, Row, Table
from workspaces.refusals import Refused

type Cells = dict[str, Any]  # {str(column id): cell of the API} of one row
type Batches = Iterator[list[Cells]]
type Write = Callable[[Batches, Sequence[Column], bool], Iterator[bytes]]

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
AT_ONCE = 500  # rows
MOST_ROWS_XLSX = 1_048_575
LONGEST_XLSX = 32_767  # characters of a cell


def stream(table: Table, format: str, *, states: bool = False, row_ids: Sequence[int] | None = None) -> Iterator[bytes]:
    """Returns the file in pieces, with all rows or the given ones; `states` adds state and error of computed cells.

    Raises Refused before the first piece.
    """
    if format not in TYPES:
        raise Refused(f"“{format[:20]}” is not an export format. Use {', '.join(TYPES)}.")
    if format == "xlsx" and (table.row_count if row_ids is None else len(row_ids)) > MOST_ROWS_XLSX:
        raise Refused(f"An Excel sheet holds at most {MOST_ROWS_XLSX:,} rows. Export the table as CSV.")
    columns = list(Column.objects.filter(table=table).order_by("position"))
    windows = _windows(table) if row_ids is None else _windows_of(table, row_ids)
    batches = ([row["cells"] for row in rows.as_json(window, columns, 0)] for window in windows)
    if format == "xlsx":
        return _xlsx(table.name, batches, columns, states)
    return _WRITERS[format](batches, columns, states)


def _windows(table: Table) -> Iterator[list[Row]]:
    for start in range(0, max(1, table.row_count), AT_ONCE):
        yield rows.window(table, start, AT_ONCE)


def _windows_of(table: Table, row_ids: Sequence[int]) -> Iterator[list[Row]]:
    """Yields rows in the order of the ids, without those that were deleted since."""
    for start in range(0, max(1, len(row_ids)), AT_ONCE):
        ids = row_ids[start : start + AT_ONCE]
        existing = Row.objects.filter(table=table).in_bulk(ids)
        yield [existing[row_id] for row_id in ids if row_id in existing]


def _header(columns: Sequence[Column], states: bool) -> list[str]:
    names = []
    for column in columns:
        names.append(column.name)
        if states and column.is_computed:
            names += [f"{column.name} state", f"{column.name} error"]
    return names


def _line(cells: Cells, columns: Sequence[Column], states: bool) -> list[object]:
    values: list[object] = []
    for column in columns:
        cell = cells[str(column.pk)]
        values.append(cell["value"])
        if states and column.is_computed:
            values += [cell["state"], (cell["error"] or {}).get("message", "")]
    return values


def _csv(batches: Batches, columns: Sequence[Column], states: bool) -> Iterator[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow([guarded(name) for name in _header(columns, states)])
    for batch in batches:
        for cells in batch:
            writer.writerow([guarded(_text(value)) for value in _line(cells, columns, states)])
        yield buffer.getvalue().encode()
        buffer.seek(0)
        buffer.truncate()


def _text(value: object) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _objects(batches: Batches, columns: Sequence[Column], states: bool) -> Iterator[list[str]]:
    for batch in batches:
        yield [json.dumps(_object(cells, columns, states), ensure_ascii=False) for cells in batch]


def _object(cells: Cells, columns: Sequence[Column], states: bool) -> dict[str, Any]:
    """Returns {name: value}; with `states`, the whole cell of a computed column."""
    return {
        column.name: cells[str(column.pk)] if states and column.is_computed else cells[str(column.pk)]["value"]
        for column in columns
    }


def _jsonl(batches: Batches, columns: Sequence[Column], states: bool) -> Iterator[bytes]:
    for batch in _objects(batches, columns, states):
        yield "".join(f"{line}\n" for line in batch).encode()


def _json(batches: Batches, columns: Sequence[Column], states: bool) -> Iterator[bytes]:
    before = "[\n"
    for batch in _objects(batches, columns, states):
        if batch:
            yield (before + ",\n".join(batch)).encode()
            before = ",\n"
    yield b"[]" if before == "[\n" else b"\n]\n"


def _xlsx(name: str, batches: Batches, columns: Sequence[Column], states: bool) -> Iterator[bytes]:
    """Writes a temporary file first, because the directory of a zip archive comes last."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(re.sub(r"[\[\]:*?/\\]", " ", name)[:31] or "Table")
    sheet.append([_cell(sheet, name) for name in _header(columns, states)])
    for batch in batches:
        for cells in batch:
            sheet.append([_cell(sheet, value) for value in _line(cells, columns, states)])
    with tempfile.TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while piece := file.read(1 << 16):
            yield piece


def _cell(sheet: Any, value: object) -> object:
    """Numbers and truth stay what they are. All else is text, also what looks like a formula."""
    if value is None or isinstance(value, bool | int | float):
        # Excel keeps 15 digits of a number.
        return value if not isinstance(value, int) or abs(value) < 1e15 else str(value)
    text = ILLEGAL_CHARACTERS_RE.sub("", _text(value))[:LONGEST_XLSX]
    if not text.startswith("="):
        return text
    cell = WriteOnlyCell(sheet, value=text)
    cell.data_type = "s"
    return cell


_WRITERS: dict[str, Write] = {"csv": _csv, "json": _json, "jsonl": _jsonl}

"""The values of rows, read a batch at a time in plain SQL: this runs for every row of a file.

Row ids come first and their rows later, so that rows which are moved meanwhile are neither missed nor repeated; those
that are deleted meanwhile are left out.
"""

import json
from array import array
from collections.abc import Iterator, Sequence
from itertools import batched
from typing import Any

from django.db import connection
from pydantic_core import from_json

from tables import cells
from tables.models import OPEN_STATES, Column, Row, Table

BATCH = 500  # rows: what is made of them still fits into the caches of the processor
HEAVIEST = 8_000_000  # letters of a batch, about: rows can be a thousand times as long as others
# A value by str(column id); state and error of a computed cell by (column id, "state") and (column id, "error").
type Record = dict[Any, Any]

_FIRST = 100  # rows
_POSTGRESQL = "postgresql"


def row_ids(table: Table) -> array[int]:
    """Returns the ids of all rows in the order of the table, 8 bytes each."""
    ids = Row.objects.filter(table=table).order_by("sort_key").values_list("pk", flat=True)
    return array("q", ids.iterator(chunk_size=10_000))


def batches(
    table_id: int, ids: Sequence[int], columns: Sequence[Column], *, states: bool = False
) -> Iterator[list[Record]]:
    """Yields the records of rows that the table still has, in the order of these ids."""
    computed = [column.pk for column in columns if column.is_computed]
    reader = _Reader(table_id, computed, has_typed=len(computed) < len(columns), states=states)
    for some_ids in reader.divided(ids):
        records = reader.read(some_ids)
        yield [records[row_id] for row_id in some_ids if row_id in records]


def results(column_id: int, ids: Sequence[int]) -> Iterator[Any]:
    """Yields the results of one computed column in these rows."""
    for some_ids in batched(ids, BATCH):
        for _, _, value in _stored_results(some_ids, [column_id]):
            yield _decoded(value)


class _Reader:
    """Reads batches, and makes the next one smaller where they are heavy."""

    def __init__(self, table_id: int, computed: Sequence[int], *, has_typed: bool, states: bool) -> None:
        self._table_id = table_id
        self._computed = computed
        self._has_typed = has_typed
        self._states = states
        self._letters = 0

    def divided(self, ids: Sequence[int]) -> Iterator[Sequence[int]]:
        at, number = 0, _FIRST
        while at < len(ids):
            self._letters = 0
            yield ids[at : at + number]
            at += number
            number = max(1, min(2 * number, BATCH, number * HEAVIEST // max(1, self._letters)))

    def read(self, ids: Sequence[int]) -> dict[int, Record]:
        records = self._typed(ids)
        if self._states:
            _add_cells(self._table_id, records, self._computed)
        elif self._computed:
            self._add_results(records)
        return records

    def _typed(self, ids: Sequence[int]) -> dict[int, Record]:
        """Returns {row id: record with what was typed or uploaded}."""
        is_one, parameter = _one_of(ids)
        values = _text("values") if self._has_typed else "'{}'"
        with connection.cursor() as cursor:
            cursor.execute(
                f"SELECT id, {values} FROM tables_row WHERE table_id = %s AND id {is_one}",  # noqa: S608
                [self._table_id, parameter],
            )
            found = cursor.fetchall()
        self._letters += sum(len(text) for _, text in found)
        return {row_id: _decoded(text) for row_id, text in found}

    def _add_results(self, records: dict[int, Record]) -> None:
        for row_id, column_id, value in _stored_results(list(records), self._computed):
            self._letters += len(value)
            records[row_id][str(column_id)] = _decoded(value)


def _stored_results(ids: Sequence[int], computed: Sequence[int]) -> list[tuple[int, int, str]]:
    """Returns (row id, column id, JSON text of the result)."""
    is_row, rows = _one_of(ids)
    is_column, columns = _one_of(computed)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT row_id, column_id, {_text('value')} FROM tables_cell"  # noqa: S608
            f" WHERE row_id {is_row} AND column_id {is_column} AND value IS NOT NULL",
            [rows, columns],
        )
        return list(cursor.fetchall())


def _add_cells(table_id: int, records: dict[int, Record], computed: Sequence[int]) -> None:
    """Adds results with their states and errors, also of cells that something will still compute."""
    ids = list(records)
    stored = cells.of_rows(ids, computed)
    unfinished = cells.unfinished(table_id, ids, computed)
    for row_id, record in records.items():
        for column_id in computed:
            pair = (row_id, column_id)
            cell = cells.as_json(stored.get(pair), unfinished.get(pair))
            record[str(column_id)] = cell["value"]
            record[column_id, "cell"] = cell
            record[column_id, "state"] = _state_of(cell)
            record[column_id, "error"] = (cell["error"] or {}).get("message")


def _state_of(cell: dict[str, Any]) -> str:
    """Returns the state as the grid shows it: a result whose inputs have changed is out of date, not done."""
    return "out of date" if cell["stale"] and cell["state"] not in OPEN_STATES else cell["state"]


def _decoded(text: str) -> Any:
    try:
        return from_json(text)
    except ValueError:  # nested deeper than it reads, at a third of the speed
        return json.loads(text)


def _one_of(ids: Sequence[int]) -> tuple[str, Any]:
    """Returns the SQL that an id is one of these, and its parameter: one, however many ids there are."""
    if connection.vendor == _POSTGRESQL:
        return "= ANY(%s::bigint[])", f"{{{','.join(map(str, ids))}}}"  # made at once, not id by id
    return "IN (SELECT value FROM json_each(%s))", str(list(ids))


def _text(column: str) -> str:
    """Returns the SQL of a JSON column as its text."""
    return f'"{column}"::text' if connection.vendor == _POSTGRESQL else f'"{column}"'

"""Results whose inputs are others now than those that gave them: marked as out of date, by their fingerprint.

An edit that is undone takes the mark away again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from django.db import transaction

from enrichment.dataflow import inputs
from enrichment.models import HttpColumn
from tables import cells, events
from tables.models import Cell, CellState, Row

# Ended, and of use until it is run again.
HAS_RESULT = frozenset(
    {
        CellState.DONE,
        CellState.NO_DATA,
        CellState.FAILED,
        CellState.SKIPPED,
        CellState.MISSING_INPUT,
        CellState.UNKNOWN,
    }
)
_NO_RESULT = frozenset({CellState.EMPTY, CellState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Found:
    """Row ids of an HTTP column."""

    lacking: frozenset[int]  # without a result
    outdated: dict[int, str]  # with a result of other inputs: its state
    running: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Kept:
    state: str
    fingerprint: str
    stale: bool


def check(table_id: int, column_id: int, needs: Collection[int], rows: Sequence[Row]) -> Found:
    """Marks and unmarks the results of these rows, at most some hundred. In a transaction that holds the table."""
    kept = _kept(column_id, rows)
    ended = [row for row in rows if row.pk in kept and kept[row.pk].state in HAS_RESULT]
    values = inputs.as_stored(ended, table_id, needs) if ended else {}
    outdated = {
        row.pk: kept[row.pk].state
        for row in ended
        if kept[row.pk].fingerprint != inputs.fingerprint(values[row.pk], needs)
    }
    _mark(table_id, column_id, [pk for pk in outdated if not kept[pk].stale], stale=True)
    _mark(table_id, column_id, [row.pk for row in ended if kept[row.pk].stale and row.pk not in outdated], stale=False)
    return Found(
        lacking=frozenset(row.pk for row in rows if row.pk not in kept or kept[row.pk].state in _NO_RESULT),
        outdated=outdated,
        running=frozenset(pk for pk, cell in kept.items() if cell.state == CellState.RUNNING),
    )


def _kept(column_id: int, rows: Sequence[Row]) -> dict[int, _Kept]:
    found = Cell.objects.filter(column_id=column_id, row_id__in=[row.pk for row in rows])
    parts = found.values_list("row_id", "state", "fingerprint", "stale")
    return {row_id: _Kept(state, fingerprint, stale) for row_id, state, fingerprint, stale in parts}


def _mark(table_id: int, column_id: int, row_ids: Sequence[int], *, stale: bool) -> None:
    if not row_ids:
        return
    marked = Cell.objects.filter(column_id=column_id, row_id__in=row_ids)
    marked.update(stale=stale)
    told = [(cell.row_id, column_id, cells.as_json(cell)) for cell in marked]
    transaction.on_commit(partial(events.publish_cells, table_id, told))


def adapt_to_copies(rows: Sequence[Row], results: Sequence[Cell], columns: Mapping[int, int]) -> None:
    """Results of these rows, about to be copied, get the fingerprint of the copied inputs, {column id: id of its copy}.

    One that was made of other inputs than those that are copied with it gets none, and so is out of date there too.
    """
    origins = {copy: pk for pk, copy in columns.items()}
    for http in HttpColumn.objects.filter(column__in=origins):
        needs = [origins.get(pk, pk) for pk in http.column_ids]
        values = inputs.as_stored(rows, rows[0].table_id, needs)
        for cell in results:
            if cell.column_id == origins[http.column_id]:
                same = cell.fingerprint == inputs.fingerprint(values[cell.row_id], needs)
                copied = {columns.get(pk, pk): value for pk, value in values[cell.row_id].items()}
                cell.fingerprint = inputs.fingerprint(copied, http.column_ids) if same else ""
                cell.error_detail = None  # names a row of the other table

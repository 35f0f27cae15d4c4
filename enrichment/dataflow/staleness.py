"""Results whose inputs have changed since, by their fingerprint, or whose request has: marked as out of date.

A change that is undone takes the mark away again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction

from enrichment.dataflow import earlier_requests, inputs
from enrichment.models import HttpColumn
from tables import cells, events
from tables.models import WITH_RESULT, Cell, CellState, Row

_NO_RESULT = frozenset({CellState.EMPTY, CellState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Compared:
    """Row ids of an HTTP column."""

    without_result: frozenset[int]
    outdated: dict[int, str]  # {row id: state of the result of other inputs}; those of an earlier request run by hand
    running: frozenset[int]  # or waiting for the API, which has their inputs


@dataclass(frozen=True, slots=True)
class _Stored:
    state: str
    fingerprint: str
    stale: bool
    finished_at: datetime | None
    due_at: datetime | None


def check(table_id: int, column_id: int, needs: Collection[int], rows: Sequence[Row]) -> Compared:
    """Marks and unmarks the results of these rows, at most some hundred. The caller holds the lock on the table."""
    stored = _stored(column_id, rows)
    ended = [row for row in rows if row.pk in stored and stored[row.pk].state in WITH_RESULT]
    values = inputs.as_stored(ended, table_id, needs) if ended else {}
    outdated = {
        row.pk: stored[row.pk].state
        for row in ended
        if stored[row.pk].fingerprint != inputs.fingerprint(values[row.pk], needs)
    }
    is_marked = {row.pk: stored[row.pk].stale for row in ended}
    to_mark = outdated.keys() | _of_earlier_requests(column_id, {row.pk: stored[row.pk].finished_at for row in ended})
    _mark(table_id, column_id, [pk for pk in is_marked if not is_marked[pk] and pk in to_mark], stale=True)
    _mark(table_id, column_id, [pk for pk in is_marked if is_marked[pk] and pk not in to_mark], stale=False)
    return Compared(
        without_result=frozenset(row.pk for row in rows if row.pk not in stored or stored[row.pk].state in _NO_RESULT),
        outdated=outdated,
        running=frozenset(
            pk
            for pk, cell in stored.items()
            if cell.state == CellState.RUNNING or (cell.state == CellState.WAITING and cell.due_at)
        ),
    )


def _of_earlier_requests(column_id: int, finished_at: Mapping[int, datetime | None]) -> set[int]:
    earlier = earlier_requests.spans(HttpColumn.objects.values_list("requests", flat=True).get(column_id=column_id))
    return {pk for pk, moment in finished_at.items() if earlier_requests.is_of_one(moment, earlier)}


def _stored(column_id: int, rows: Sequence[Row]) -> dict[int, _Stored]:
    cells = Cell.objects.filter(column_id=column_id, row_id__in=[row.pk for row in rows])
    fields = cells.values_list("row_id", "state", "fingerprint", "stale", "finished_at", "due_at")
    return {row_id: _Stored(state, inputs_, stale, at, due) for row_id, state, inputs_, stale, at, due in fields}


def _mark(table_id: int, column_id: int, row_ids: Sequence[int], *, stale: bool) -> None:
    if not row_ids:
        return
    marked = Cell.objects.filter(column_id=column_id, row_id__in=row_ids)
    marked.update(stale=stale)
    new_cells = [(cell.row_id, column_id, cells.as_json(cell)) for cell in marked]
    transaction.on_commit(partial(events.publish_cells, table_id, new_cells))


def adapt_to_copies(rows: Sequence[Row], results: Sequence[Cell], columns: Mapping[int, int]) -> None:
    """Gives results of these rows, about to be copied, the fingerprint of the copied inputs.

    `columns` are {column id: id of its copy}. A result of other inputs than those that are copied with it gets no
    fingerprint, and so is out of date there too.
    """
    originals = {copy: pk for pk, copy in columns.items()}
    for http in HttpColumn.objects.filter(column__in=originals):
        earlier = earlier_requests.spans(HttpColumn.objects.get(column_id=originals[http.column_id]).requests)
        needs = [originals.get(pk, pk) for pk in http.column_ids]
        values = inputs.as_stored(rows, rows[0].table_id, needs)
        for cell in results:
            if cell.column_id == originals[http.column_id]:
                is_current = cell.fingerprint == inputs.fingerprint(values[cell.row_id], needs)
                is_current = is_current and not earlier_requests.is_of_one(cell.finished_at, earlier)
                copied = {columns.get(pk, pk): value for pk, value in values[cell.row_id].items()}
                cell.fingerprint = inputs.fingerprint(copied, http.column_ids) if is_current else ""
                cell.error_detail = None  # names a row of the other table

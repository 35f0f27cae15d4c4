"""Results whose inputs have changed since: marked as out of date, by their fingerprint.

An edit that is undone takes the mark away again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from django.db import transaction

from enrichment.dataflow import inputs
from enrichment.models import HttpColumn
from tables import cells, events
from tables.models import FAILURES, Cell, CellState, Row

# Ended, and of use until it is run again.
_HAS_RESULT = frozenset({CellState.DONE, CellState.NO_DATA, CellState.SKIPPED, *FAILURES})
_NO_RESULT = frozenset({CellState.EMPTY, CellState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Compared:
    """Row ids of an HTTP column."""

    without_result: frozenset[int]
    outdated: dict[int, str]  # {row id: state of the result of other inputs}
    running: frozenset[int]


@dataclass(frozen=True, slots=True)
class _Stored:
    state: str
    fingerprint: str
    stale: bool


def check(table_id: int, column_id: int, needs: Collection[int], rows: Sequence[Row]) -> Compared:
    """Marks and unmarks the results of these rows, at most some hundred. The caller holds the lock on the table."""
    stored = _stored(column_id, rows)
    ended = [row for row in rows if row.pk in stored and stored[row.pk].state in _HAS_RESULT]
    values = inputs.as_stored(ended, table_id, needs) if ended else {}
    outdated = {
        row.pk: stored[row.pk].state
        for row in ended
        if stored[row.pk].fingerprint != inputs.fingerprint(values[row.pk], needs)
    }
    is_marked = {row.pk: stored[row.pk].stale for row in ended}
    _mark(table_id, column_id, [pk for pk in outdated if not is_marked[pk]], stale=True)
    _mark(table_id, column_id, [pk for pk in is_marked if is_marked[pk] and pk not in outdated], stale=False)
    return Compared(
        without_result=frozenset(row.pk for row in rows if row.pk not in stored or stored[row.pk].state in _NO_RESULT),
        outdated=outdated,
        running=frozenset(pk for pk, cell in stored.items() if cell.state == CellState.RUNNING),
    )


def _stored(column_id: int, rows: Sequence[Row]) -> dict[int, _Stored]:
    cells = Cell.objects.filter(column_id=column_id, row_id__in=[row.pk for row in rows])
    fields = cells.values_list("row_id", "state", "fingerprint", "stale")
    return {row_id: _Stored(state, fingerprint, stale) for row_id, state, fingerprint, stale in fields}


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
        needs = [originals.get(pk, pk) for pk in http.column_ids]
        values = inputs.as_stored(rows, rows[0].table_id, needs)
        for cell in results:
            if cell.column_id == originals[http.column_id]:
                is_current = cell.fingerprint == inputs.fingerprint(values[cell.row_id], needs)
                copied = {columns.get(pk, pk): value for pk, value in values[cell.row_id].items()}
                cell.fingerprint = inputs.fingerprint(copied, http.column_ids) if is_current else ""
                cell.error_detail = None  # names a row of the other table

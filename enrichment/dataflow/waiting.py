"""Rows that wait until another column has its result for them, and what wakes them.

Rows that wait for their API are in the same state, but have a time of their own.

A row waits as long as something may still change what it reads. Whatever ends that wakes it, and the row looks again:
so nothing waits for ever, and nothing is sent with a value that is about to change.
"""

from collections.abc import Collection, Sequence
from itertools import batched

from django.db.models import QuerySet

from enrichment import graph
from enrichment.dataflow import match_keys, recalculations
from enrichment.graph import Graph
from enrichment.models import Claim, LookupColumn, Run, SoughtKey
from enrichment.runs.scope import Scope
from tables import cells
from tables.cells import Pair
from tables.models import OPEN_STATES, Cell, CellState, Row
from tables.stored_rows import AnyRow

_MATCHES = 1_000  # rows of a key that are asked about
_AT_ONCE = 500  # row ids in one query; SQLite bounds its parameters


def to_come(table_id: int, rows: Sequence[AnyRow], column_ids: Collection[int]) -> set[Pair]:
    """Returns the cells of these columns that something will still compute or send, now or after their own inputs."""
    dependencies = graph.of_table(table_id)
    inputs = dependencies.in_order(dependencies.with_inputs(column_ids))
    under_way = _under_way(table_id, rows, inputs, dependencies) if inputs else set()
    coming: dict[int, set[int]] = {}
    for pk in inputs:
        coming[pk] = {row_id for row_id, column_id in under_way if column_id == pk}
        if pk in dependencies.lookups:
            coming[pk] |= _from_elsewhere(pk, [row.pk for row in rows])
        if pk in dependencies.formulas or pk in dependencies.automatic:
            coming[pk].update(*(coming[needed] for needed in dependencies.needs[pk] if needed in coming))
    return {(row_id, pk) for pk in coming.keys() & set(column_ids) for row_id in coming[pk]}


def _from_elsewhere(lookup_id: int, row_ids: Sequence[int]) -> set[int]:
    """Returns those of these rows whose look-up may find something else soon, in the table that it looks into."""
    lookup = LookupColumn.objects.get(pk=lookup_id)
    if _may_find_others(lookup):
        return set(row_ids)
    sought = match_keys.stored(SoughtKey, lookup_id, row_ids)
    found = match_keys.found(lookup.match_id, set(sought.values()), _MATCHES)
    matches = list(Row.objects.filter(pk__in={pk for of_key in found.values() for pk in of_key}))
    taken = {row_id for row_id, _ in to_come(lookup.target_id, matches, [lookup.take_id or lookup.match_id])}
    return {row_id for row_id, key in sought.items() if not taken.isdisjoint(found.get(key, ()))}


def _may_find_others(lookup: LookupColumn) -> bool:
    """Whether something may still change by which keys rows are found: then any row may be found by another one."""
    dependencies = graph.of_table(lookup.target_id)
    keys_from = dependencies.with_inputs([lookup.match_id])
    if recalculations.touches(lookup.target_id, lookup.column_id, keys_from | lookup.reads):
        return True
    if Run.objects.filter(column_id__in=keys_from & dependencies.requests.keys(), state__in=Run.OPEN).exists():
        return True
    further = LookupColumn.objects.filter(pk__in=keys_from & dependencies.lookups)
    return any(_may_find_others(other) for other in further)


def _under_way(table_id: int, rows: Sequence[AnyRow], column_ids: Sequence[int], dependencies: Graph) -> set[Pair]:
    requests = [pk for pk in column_ids if pk in dependencies.requests]
    return pending(table_id, rows, column_ids) | claimed(requests) | _open([row.pk for row in rows], requests)


def pending(table_id: int, rows: Sequence[AnyRow], column_ids: Sequence[int]) -> set[Pair]:
    """Returns the cells that a run or the recalculation queue has still to come to."""
    row_ids = [row.pk for row in rows]
    return {pair for ask in cells.pending for pair in ask(table_id, row_ids, column_ids)}


def claimed(column_ids: Collection[int]) -> set[Pair]:
    """Returns the cells of these HTTP columns that are in a claim."""
    claims = Claim.objects.filter(column_id__in=column_ids).values_list("column_id", "row_ids")
    return {(row_id, column_id) for column_id, row_ids in claims for row_id in row_ids}


def _open(row_ids: Sequence[int], column_ids: Collection[int]) -> set[Pair]:
    pairs: set[Pair] = set()
    for batch in batched(row_ids if column_ids else (), _AT_ONCE):
        cells = Cell.objects.filter(row_id__in=batch, column_id__in=column_ids, state__in=OPEN_STATES)
        pairs.update(cells.values_list("row_id", "column_id"))
    return pairs


def wake(column_ids: Collection[int], row_ids: Sequence[int]) -> None:
    """Lets waiting rows of these HTTP columns look again."""
    for batch in batched(row_ids if column_ids else (), _AT_ONCE):
        _wake(Cell.objects.filter(column_id__in=column_ids, row_id__in=batch))


def wake_after(run: Run, column_ids: Collection[int]) -> None:
    """Lets rows look again that waited for a run which is over."""
    scope = Scope.of(run)
    if scope.kind == "ids":
        wake(column_ids, scope.ids)
    elif column_ids:
        _wake(Cell.objects.filter(column_id__in=column_ids, row_id__lte=run.last_row))


def wake_all(column_ids: Collection[int]) -> None:
    """Lets all rows of these HTTP columns, of any table, look again."""
    if column_ids:
        _wake(Cell.objects.filter(column_id__in=column_ids))


def wake_arrived(run: Run, dependencies: Graph, row_ids: Sequence[int]) -> None:
    """Lets rows look again whose inputs came just before they were stored as waiting for them."""
    needs = dependencies.requests.get(run.column_id, frozenset())
    for batch in batched(row_ids, _AT_ONCE):
        rows = list(Row.objects.filter(pk__in=batch))
        coming = {row_id for row_id, _ in to_come(run.table_id, rows, needs)}
        wake([run.column_id], [row.pk for row in rows if row.pk not in coming])


def _wake(cells: QuerySet[Cell]) -> None:
    cells.filter(state=CellState.WAITING, due_at=None).update(
        state=CellState.QUEUED, due_at=None, error_code="", error_message=""
    )

"""Rows that wait until another column has its result for them, and what wakes them.

A row waits as long as something may still change what it reads. Whatever ends that wakes it, and the row looks again:
so nothing waits for ever, and nothing is sent with a value that is about to go.
"""

from collections.abc import Collection, Sequence

from django.db.models import QuerySet

from enrichment import graph
from enrichment.graph import Graph
from enrichment.models import Claim, Run
from enrichment.runs.scope import Scope
from tables import cells
from tables.cells import Pair
from tables.models import OPEN_STATES, Cell, CellState, Row

_AT_ONCE = 500  # row ids in one query; SQLite bounds its parameters


def to_come(table_id: int, rows: Sequence[Row], column_ids: Collection[int]) -> set[Pair]:
    """The cells of these columns that something will still compute or send, now or after what they need themselves."""
    dependencies = graph.of_table(table_id)
    inputs = dependencies.in_order(dependencies.with_inputs(column_ids))
    under_way = _under_way(table_id, rows, inputs, dependencies) if inputs else set()
    coming: dict[int, set[int]] = {}
    for pk in inputs:
        coming[pk] = {row_id for row_id, column_id in under_way if column_id == pk}
        if pk in dependencies.formulas or pk in dependencies.automatic:
            coming[pk].update(*(coming[needed] for needed in dependencies.needs[pk] if needed in coming))
    return {(row_id, pk) for pk in coming.keys() & set(column_ids) for row_id in coming[pk]}


def _under_way(table_id: int, rows: Sequence[Row], column_ids: Sequence[int], dependencies: Graph) -> set[Pair]:
    requests = [pk for pk in column_ids if pk in dependencies.requests]
    return pending(table_id, rows, column_ids) | claimed(requests) | _open([row.pk for row in rows], requests)


def pending(table_id: int, rows: Sequence[Row], column_ids: Sequence[int]) -> set[Pair]:
    """Returns the cells that a run or the recalculation queue has still to come to."""
    row_ids = [row.pk for row in rows]
    return {pair for ask in cells.pending for pair in ask(table_id, row_ids, column_ids)}


def claimed(column_ids: Collection[int]) -> set[Pair]:
    """The rows that workers have taken for these HTTP columns."""
    claims = Claim.objects.filter(column_id__in=column_ids).values_list("column_id", "row_ids")
    return {(row_id, column_id) for column_id, row_ids in claims for row_id in row_ids}


def _open(row_ids: Sequence[int], column_ids: Collection[int]) -> set[Pair]:
    found: set[Pair] = set()
    for start in range(0, len(row_ids) if column_ids else 0, _AT_ONCE):
        some = Cell.objects.filter(row_id__in=row_ids[start : start + _AT_ONCE], column_id__in=column_ids)
        found.update(some.filter(state__in=OPEN_STATES).values_list("row_id", "column_id"))
    return found


def wake(column_ids: Collection[int], row_ids: Sequence[int]) -> None:
    """Rows of these HTTP columns look again."""
    for start in range(0, len(row_ids) if column_ids else 0, _AT_ONCE):
        _wake(Cell.objects.filter(column_id__in=column_ids, row_id__in=row_ids[start : start + _AT_ONCE]))


def wake_behind(run: Run, column_ids: Collection[int]) -> None:
    """The same for the rows of a run that is over."""
    scope = Scope.of(run)
    if scope.kind == "ids":
        wake(column_ids, scope.ids)
    elif column_ids:
        _wake(Cell.objects.filter(column_id__in=column_ids, row_id__lte=run.last_row))


def wake_early(run: Run, dependencies: Graph, row_ids: Sequence[int]) -> None:
    """Rows that were put aside to wait while what they wait for came in."""
    needs = dependencies.requests.get(run.column_id, frozenset())
    for start in range(0, len(row_ids), _AT_ONCE):
        rows = list(Row.objects.filter(pk__in=row_ids[start : start + _AT_ONCE]))
        coming = {row_id for row_id, _ in to_come(run.table_id, rows, needs)}
        wake([run.column_id], [row.pk for row in rows if row.pk not in coming])


def _wake(cells: QuerySet[Cell]) -> None:
    cells.filter(state=CellState.WAITING).update(state=CellState.QUEUED, due_at=None, error_code="", error_message="")

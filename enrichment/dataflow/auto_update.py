"""New and changed rows compute the formula columns and run the HTTP columns with auto-update, each after its inputs.

A row without a result runs once all of its inputs are there. A row with one runs again when its inputs have changed,
by their fingerprint; where its column keeps results, or has no auto-update, the result is marked as out of date.
"""

from collections.abc import Collection, Mapping, Sequence
from itertools import batched

from django.db import transaction
from django.utils import timezone

from enrichment import graph
from enrichment.dataflow import match_keys, recalculations, staleness, waiting
from enrichment.dataflow.recalculations import MOST_IDS
from enrichment.dataflow.staleness import Compared
from enrichment.graph import Graph
from enrichment.models import Run, SoughtKey
from enrichment.runs import lifecycle, runners
from enrichment.runs.scope import Scope
from tables import open_rows, storage
from tables.models import OPEN_STATES, Cell, CellState, Column, Row

_AT_ONCE = 500  # rows; more are left to a worker, after the edit
_KEPT = (CellState.DONE, CellState.NO_DATA)  # what "keep existing results" keeps


def on_rows_changed(
    *,
    table_id: int,
    row_ids: Sequence[int] | None,
    column_ids: Sequence[int] | None,
    added: bool,
    from_row: int = 0,
    **_: object,
) -> None:
    """Listens to `rows_changed`; `row_ids` None means every row whose id is `from_row` or more."""
    dependencies = graph.of_table(table_id)
    first_row = 0 if row_ids is not None else from_row
    with transaction.atomic():
        storage.lock_table(table_id)
        if added:
            _start_new(table_id, dependencies, row_ids, first_row)
        else:
            _follow_edit(table_id, dependencies, row_ids, first_row, column_ids or _all_columns(table_id))


def on_rows_deleted(*, table_id: int, row_ids: Sequence[int], **_: object) -> None:
    """Listens to `rows_deleted`: look-ups that found one of these rows find another one, or none."""
    dependencies = graph.of_table(table_id)
    if dependencies.readers:
        recalculations.start_rows(table_id, (), row_ids, read_by=dependencies.readers)
    for pk in dependencies.lookups:
        match_keys.store(SoughtKey, pk, dict.fromkeys(row_ids))


def _all_columns(table_id: int) -> list[int]:
    return list(Column.objects.filter(table_id=table_id).values_list("pk", flat=True))


def _start_new(table_id: int, dependencies: Graph, row_ids: Sequence[int] | None, first_row: int) -> None:
    """Runs HTTP columns over plain columns now, and those over formulas after these.

    Those over results of other HTTP columns run when the results come.
    """
    runnable = {pk for pk in dependencies.automatic if not dependencies.needs_results(pk)}
    then_run = {pk for pk in runnable if dependencies.requests[pk] & dependencies.formulas.keys()}
    _recalculate(table_id, dependencies.formulas, row_ids, first_row, then_run, dependencies.readers)
    for pk in runnable - then_run:
        if row_ids is None:
            run_range(pk, first_row)
        else:
            run_rows(pk, row_ids)


def _follow_edit(
    table_id: int, dependencies: Graph, row_ids: Sequence[int] | None, first_row: int, column_ids: Collection[int]
) -> None:
    formulas = dependencies.formulas_depending_on(column_ids)
    requests = dependencies.requests_using(column_ids)
    _let_claims_commit(requests)
    many = row_ids is None or len(row_ids) > _AT_ONCE
    later = {pk for pk in requests if many or dependencies.requests[pk] & formulas}
    _recalculate(table_id, formulas | later, row_ids, first_row, read_by=dependencies.readers_of(column_ids))
    follow(table_id, dependencies, dict.fromkeys(requests - later, row_ids or ()))


def _let_claims_commit(column_ids: Collection[int]) -> None:
    """Waits for whoever claims rows right now: they may have been read before they changed."""
    list(Run.objects.select_for_update().filter(column_id__in=column_ids, state__in=Run.OPEN).order_by("pk"))


def _recalculate(
    table_id: int,
    column_ids: Collection[int],
    row_ids: Sequence[int] | None,
    first_row: int,
    then_run: Collection[int] = (),
    read_by: Collection[int] = (),
) -> None:
    if not column_ids and not read_by:
        return
    if row_ids is None:
        recalculations.start_range(table_id, column_ids, first_row, then_run, read_by)
    else:
        recalculations.start_rows(table_id, column_ids, row_ids, then_run, read_by)


def follow(table_id: int, dependencies: Graph, row_ids: Mapping[int, Collection[int]]) -> dict[int, set[int]]:
    """Compares rows whose inputs may have changed, {HTTP column id: row ids}, and runs those that auto-update.

    Returns the rows whose results are out of date. The caller holds the lock on the table.
    """
    outdated: dict[int, set[int]] = {}
    for pk in row_ids.keys() & dependencies.requests.keys():
        outdated[pk] = set()
        for batch in batched(sorted(row_ids[pk]), _AT_ONCE):
            outdated[pk] |= _follow(table_id, dependencies, pk, batch)
    return outdated


def _follow(table_id: int, dependencies: Graph, pk: int, row_ids: Sequence[int]) -> set[int]:
    rows = list(Row.objects.filter(table_id=table_id, pk__in=row_ids).order_by("pk"))
    compared = staleness.check(table_id, pk, dependencies.requests[pk], rows)
    under_way = compared.running | {row_id for row_id, _ in waiting.claimed([pk])}
    recalculations.put_aside(table_id, pk, under_way.intersection(row.pk for row in rows))
    if pk in dependencies.automatic:
        to_run = _to_run(dependencies, pk, compared, under_way)
        runnable = [row for row in rows if row.pk in to_run]
        pending = {row_id for row_id, _ in waiting.pending(table_id, runnable, [pk])}
        run_rows(pk, [row.pk for row in runnable if row.pk not in pending])
    return set(compared.outdated)


def _to_run(dependencies: Graph, pk: int, compared: Compared, under_way: Collection[int]) -> set[int]:
    """Returns the rows whose result the column replaces, and those without one whose inputs are complete."""
    keeps = pk in dependencies.keeping
    replaced = {row_id for row_id, state in compared.outdated.items() if not keeps or state not in _KEPT}
    return (replaced | _complete(dependencies, pk, compared.without_result.difference(under_way))).difference(under_way)


def _complete(dependencies: Graph, pk: int, row_ids: Collection[int]) -> set[int]:
    """Returns those of these rows for which every computed column that this one refers to has ended."""
    inputs = dependencies.requests[pk] & dependencies.needs.keys()
    if not inputs or not row_ids:
        return set(row_ids)
    cells = Cell.objects.filter(row_id__in=row_ids, column_id__in=inputs)
    ended = cells.exclude(state__in=(*OPEN_STATES, CellState.CANCELLED)).values_list("row_id", "column_id")
    missing = {(row_id, column_id) for row_id in row_ids for column_id in inputs}.difference(ended)
    return set(row_ids) - {row_id for row_id, _ in missing}


def rows_left(table_id: int, row_ids: Collection[int]) -> None:
    """Runs rows that waited because somebody was typing into them."""
    open_rows.close(table_id, row_ids)
    waiting_cells = Cell.objects.filter(row_id__in=row_ids, state=CellState.QUEUED, due_at__gt=timezone.now())
    runs = Run.objects.filter(table_id=table_id, automatic=True, state__in=Run.ACTIVE)
    for run_id in runs.values_list("pk", flat=True):
        if waiting_cells.filter(run_id=run_id, attempts=0).update(due_at=None):
            runners.go_on(run_id)


def run_range(column_id: int, first_row: int, last_row: int | None = None) -> None:
    """Runs every row of the column from this id on, up to the last one."""
    lifecycle.plan_after(_column(column_id), max(0, first_row - 1), last_row)


def run_rows(column_id: int, row_ids: Sequence[int]) -> None:
    for batch in batched(row_ids, MOST_IDS):
        _join_or_plan(_column(column_id), batch)


def _column(pk: int) -> Column:
    return Column.objects.select_related("table").get(pk=pk)


def _join_or_plan(column: Column, row_ids: Sequence[int]) -> None:
    """Lets rows that come one by one join the last run, where it has not come to them yet."""
    with transaction.atomic():
        runs = Run.objects.select_for_update().filter(column=column, automatic=True, state__in=Run.ACTIVE)
        run = runs.order_by("-pk").first()
        joined = _join(run, row_ids) if run else []
        if rest := {*row_ids} - {*joined}:
            lifecycle.plan(column, Scope.of_ids(rest), automatic=True)


def _join(run: Run, row_ids: Sequence[int]) -> list[int]:
    """Returns the rows that this run comes to."""
    scope = Scope.of(run)
    joined = [pk for pk in row_ids if pk > run.cursor]
    if scope.kind != "ids" or len(scope.ids) + len(joined) > MOST_IDS:
        return []
    extended = Scope.of_ids([*scope.ids, *joined])
    run.scope, run.last_row = extended.as_json(), extended.ids[-1]
    run.total += len(extended.ids) - len(scope.ids)
    run.save(update_fields=["scope", "last_row", "total"])
    return joined

"""New and changed rows compute the formula columns, and run the HTTP columns that ask for it."""

from collections.abc import Collection, Sequence

from django.db import transaction

from enrichment import dependencies, ledger, runs
from enrichment.dependencies import Graph
from enrichment.ledger import MOST_IDS
from enrichment.models import HttpColumn, Run
from tables.models import Column, Row


def on_rows_changed(
    *,
    table_id: int,
    row_ids: Sequence[int] | None,
    column_ids: Sequence[int] | None,
    added: bool,
    from_position: int | None = None,
    **_: object,
) -> None:
    """`row_ids` None means every row from `from_position` on. An HTTP column waits for the formulas it refers to."""
    graph = dependencies.of_table(table_id)
    changed = None if added else column_ids
    formulas = set(graph.formulas) if changed is None else graph.formulas_behind(changed)
    wanted = [http.column for http in automatic(table_id) if _uses(graph, http.column_id, changed)]
    waiting = {column.pk for column in wanted if graph.requests[column.pk] & formulas}
    # A formula over a result that is still to come starts its column when it changes.
    then_run = waiting - {pk for pk in waiting if added and graph.uses_results_by_formula(pk)}
    first_row = 0 if row_ids is not None else _first_row(table_id, from_position or 0)
    with transaction.atomic():
        if formulas and row_ids is not None:
            ledger.start_rows(table_id, formulas, row_ids, then_run)
        elif formulas:
            ledger.start_range(table_id, formulas, first_row, then_run)
        for column in wanted:
            if column.pk in waiting:
                continue
            if row_ids is not None:
                run_rows(column, row_ids)
            else:
                run_range(column, first_row)


def _uses(graph: Graph, pk: int, changed: Collection[int] | None) -> bool:
    return changed is None or bool(graph.requests[pk] & set(changed))


def _first_row(table_id: int, position: int) -> int:
    """The id that the rows from this position on have at least."""
    behind = Row.objects.filter(table_id=table_id, position__lt=position).order_by("-position")
    return (behind.values_list("pk", flat=True).first() or -1) + 1


def automatic(table_id: int) -> list[HttpColumn]:
    """The live HTTP columns that run by themselves, unless the table says that none does."""
    found = HttpColumn.objects.filter(column__table_id=table_id, column__deleted_at=None)
    on = found.filter(column__table__auto_update=True, config__auto_update=True)
    return list(on.select_related("column__table"))


def run_range(column: Column, first_row: int, last_row: int | None = None) -> None:
    runs.plan_after(column, max(0, first_row - 1), last_row)


def run_rows(column: Column, row_ids: Sequence[int]) -> None:
    for start in range(0, len(row_ids), MOST_IDS):
        _join_or_plan(column, list(row_ids[start : start + MOST_IDS]))


def _join_or_plan(column: Column, row_ids: list[int]) -> None:
    """Rows that come one by one join the run that has not begun."""
    with transaction.atomic():
        waiting = (
            Run.objects.select_for_update()
            .filter(column=column, automatic=True, state=Run.State.PLANNING)
            .order_by("-pk")
            .first()
        )
        if waiting and isinstance(waiting.scope, dict) and len(waiting.scope.get("ids", ())) + len(row_ids) <= MOST_IDS:
            waiting.scope = {"ids": sorted({*waiting.scope.get("ids", ()), *row_ids})}
            waiting.last_row = max(waiting.last_row, *row_ids)
            waiting.total = len(waiting.scope["ids"])
            waiting.save(update_fields=["scope", "last_row", "total"])
            return
        runs.plan(column, {"ids": row_ids}, automatic=True)

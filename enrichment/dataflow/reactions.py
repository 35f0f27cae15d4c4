"""What follows from the results of an HTTP column: formulas over them, rows that waited, marks, and further runs.

Whoever stores results or ends a run calls these in the transaction that does, which holds the table from its start:
then no row is stored as waiting for a result just when that comes, and no input changes unseen while a request ends.
"""

from collections.abc import Collection, Sequence

from enrichment import graph
from enrichment.dataflow import auto_update, recalculations, waiting
from enrichment.graph import Graph
from enrichment.models import Run
from enrichment.runs.results import COUNTED, Result
from tables.models import CellState


def results_stored(run: Run, results: Sequence[Result]) -> None:
    """`stale` is set on results that are out of date already."""
    dependencies = graph.of_table(run.table_id)
    ended = {result.row_id for result in results if result.state in COUNTED}
    tried = {result.row_id for result in results if result.state in COUNTED and result.state != CellState.CANCELLED}
    touched = {run.column_id: recalculations.take_up(run.table_id, run.column_id, ended) & tried}
    if dependencies.requests_depending_on([run.column_id]) or dependencies.formulas_depending_on([run.column_id]):
        touched |= dict.fromkeys(dependencies.requests_using([run.column_id]), tried)
        _go_on_behind(run, dependencies, ended)
    outdated = auto_update.follow(run.table_id, dependencies, touched).get(run.column_id, ())
    for result in results:
        result.stale = result.row_id in outdated
    if wait := [result.row_id for result in results if result.state == CellState.WAITING]:
        waiting.wake_early(run, dependencies, wait)


def _go_on_behind(run: Run, dependencies: Graph, row_ids: Collection[int]) -> None:
    ordered = sorted(row_ids)
    formulas = dependencies.formulas_depending_on([run.column_id])
    if formulas:
        recalculations.start_rows(run.table_id, formulas, ordered)
    # Those over the formulas are woken when these are computed.
    waiting.wake(dependencies.requests_depending_on([run.column_id]) - dependencies.requests_using(formulas), ordered)


def run_ended(run: Run) -> None:
    """Done or stopped, and saved as that: nothing waits for it any longer."""
    dependencies = graph.of_table(run.table_id)
    waiting.wake_behind(run, dependencies.requests_depending_on([run.column_id]))

"""What follows from the results of an HTTP column: formulas over them, rows that waited, staleness, and further runs.

Whoever stores results or ends a run calls these in the transaction that does, which locks the table at its start: then
no row is stored as waiting for a result just when that comes, and no input changes unseen while a request ends.
"""

from collections.abc import Collection, Sequence

from enrichment import graph
from enrichment.dataflow import auto_update, earlier_requests, list_rows, recalculations, waiting
from enrichment.graph import Graph
from enrichment.models import Run
from enrichment.runs.results import COUNTED, Result
from tables.models import CellState


def results_stored(run: Run, results: Sequence[Result]) -> None:
    """Sets `stale` on results that are out of date already."""
    dependencies = graph.of_table(run.table_id)
    digests = {result.row_id: result.asked.request for result in results}
    earlier = earlier_requests.attribute(run.column_id, dependencies.asked.get(run.column_id), digests)
    ended = {result.row_id for result in results if result.state in COUNTED}
    new = {result.row_id for result in results if result.state in COUNTED and result.state != CellState.CANCELLED}
    changed = recalculations.take_up(run.table_id, run.column_id, ended)
    # What came late was for the inputs of then, whenever they changed.
    to_compare = {run.column_id: new if run.only_calls else changed & new}
    list_rows.follow(run.column_id, new)
    if _has_dependents(dependencies, run.column_id):
        to_compare |= dict.fromkeys(dependencies.requests_using([run.column_id]), new)
        _start_dependents(run, dependencies, ended)
    outdated = auto_update.follow(run.table_id, dependencies, to_compare).get(run.column_id, ())
    for result in results:
        result.stale = result.row_id in outdated or result.row_id in earlier
    if waiting_ids := [result.row_id for result in results if result.waits_for_column]:
        waiting.wake_arrived(run, dependencies, waiting_ids)


def _has_dependents(dependencies: Graph, column_id: int) -> bool:
    of_table = dependencies.requests_depending_on([column_id]) or dependencies.formulas_depending_on([column_id])
    return bool(of_table or dependencies.readers_of([column_id]))


def _start_dependents(run: Run, dependencies: Graph, row_ids: Collection[int]) -> None:
    ordered = sorted(row_ids)
    formulas = dependencies.formulas_depending_on([run.column_id])
    readers = dependencies.readers_of([run.column_id])
    if formulas or readers:
        recalculations.start_rows(run.table_id, formulas, ordered, read_by=readers)
    # Those over the formulas are woken when these are computed.
    waiting.wake(dependencies.requests_depending_on([run.column_id]) - dependencies.requests_using(formulas), ordered)


def run_ended(run: Run) -> None:
    """Wakes what waited for a run that is done or stopped, and saved as that."""
    dependencies = graph.of_table(run.table_id)
    waiting.wake_after(run, dependencies.requests_depending_on([run.column_id]))
    changing = {run.column_id} | dependencies.formulas_depending_on([run.column_id])
    waiting.wake_all(graph.requests_across(dependencies.readers_of(changing)))

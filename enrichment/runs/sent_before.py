"""Rows that an API may have by now, though they have no result of it: if they are sent again, it has them twice."""

from django.db.models import QuerySet

from enrichment.models import Claim, HttpColumn, OpenExchange, Run
from enrichment.runs.scope import Scope
from enrichment.schema import SAFE_METHODS, HttpConfig
from tables.models import Cell, CellState


def count(run: Run, config: HttpConfig | None = None) -> int:
    """Counts those that the run would send again: that may have been sent, that the API has accepted and that this run
    does not ask for, or that are under way for a run that was stopped.

    None where the method may be sent twice. The settings may be others than the saved ones.
    """
    config = config or HttpConfig(**HttpColumn.objects.values_list("config", flat=True).get(column_id=run.column_id))
    if config.method in SAFE_METHODS or config.retry.unsafe_methods:
        return 0
    ahead = Scope.of(run).row_ids(run).order_by()
    known = Cell.objects.filter(column_id=run.column_id, state=CellState.UNKNOWN, row_id__in=ahead)
    accepted = _accepted(run).filter(row_id__in=ahead).exclude(row_id__in=known.values("row_id"))
    return known.count() + accepted.count() + len(_under_way(run, known, accepted))


def _accepted(run: Run) -> QuerySet[OpenExchange]:
    of_column = OpenExchange.objects.filter(column_id=run.column_id)
    return of_column.none() if run.asks_again else of_column


def _under_way(run: Run, known: QuerySet[Cell], accepted: QuerySet[OpenExchange]) -> set[int]:
    stopped = Claim.objects.filter(column_id=run.column_id, run__state=Run.State.STOPPED)
    sent = [pk for row_ids, last in stopped.values_list("row_ids", "intended") for pk in row_ids if pk <= last]
    under_way = set(Scope.of(run).covers(run, sent))
    for found in (known, accepted):
        under_way -= set(found.filter(row_id__in=under_way).values_list("row_id", flat=True))
    return under_way

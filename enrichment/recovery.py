"""Finds what a dead worker or a lost broker left behind."""

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from enrichment import dispatch, ledger, runs
from enrichment.http_config import HttpConfig
from enrichment.models import Run
from enrichment.results import Result, store
from tables import events
from tables.models import Cell, CellState


def sweep() -> None:
    """Every few seconds, by the scheduler."""
    now = timezone.now()
    for run_id, column_id in _lost_claims(now):
        recover(run_id, column_id, now)
    unheard = Run.objects.filter(Q(step_until=None) | Q(step_until__lt=now))
    for run_id in unheard.filter(state__in=(Run.State.PLANNING, Run.State.RUNNING)).values_list("pk", flat=True):
        dispatch.send(runs.ADVANCE, run_id, "")
    for table_id in ledger.lost():
        dispatch.send(ledger.ADVANCE, table_id, "")


def _lost_claims(now: object) -> list[tuple[int, int]]:
    lost = Cell.objects.filter(state=CellState.RUNNING, lease_until__lt=now, run_id__isnull=False)
    return [(run_id, column_id) for run_id, column_id in lost.values_list("run_id", "column_id").distinct() if run_id]


def recover(run_id: int, column_id: int, now: object) -> None:
    """Claims whose lease ran out: what is safe is queued again, what may have been sent is told as that."""
    with transaction.atomic():
        run = Run.objects.select_for_update(of=("self",)).select_related("column__http").filter(pk=run_id).first()
        lost = Cell.objects.filter(run_id=run_id, column_id=column_id, state=CellState.RUNNING, lease_until__lt=now)
        if run is None:
            lost.update(state=CellState.CANCELLED, lease_until=None)
            return
        safe = HttpConfig(**run.column.http.config).may_repeat and run.state in runs.OPEN
        found = [_recovered(cell, safe) for cell in lost[:5000]]
        store(run, found)
    events.publish_cells(run.table_id, [(result.row_id, column_id, result.as_cell()) for result in found])
    runs.announce(run_id)


def _recovered(cell: Cell, safe: bool) -> Result:
    if safe:
        return Result(cell.row_id, CellState.QUEUED, attempts=cell.attempts)
    words = "The worker ended while this request was under way. Look whether it arrived before you run it again."
    return Result(cell.row_id, CellState.UNKNOWN, error_code="worker_lost", error_message=words, attempts=cell.attempts)

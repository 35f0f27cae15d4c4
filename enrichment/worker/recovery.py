"""Finds what a dead worker or a lost broker left behind."""

from collections.abc import Collection, Sequence

from django.db import transaction

from enrichment.dataflow import recalculations
from enrichment.models import Claim, Run
from enrichment.runs import claims, progress, runners
from enrichment.runs.results import Result, store
from enrichment.schema import HttpConfig
from enrichment.worker import deduplication, heartbeat
from tables import dispatch, events, storage
from tables.models import Cell, CellState
from tables.redis import client

APART = 8  # seconds between two looks: longer than a worker goes on that cannot beat
MOST_LOST = 3  # workers in a row that ended while they were at one row: it may be the row


def is_time() -> bool:
    """Sweeps that had to wait come all at once: of these the first counts, so that workers can beat in between.

    Not by the clock of whoever asked for it, which may be another one.
    """
    return bool(client().set("marl:swept", 1, nx=True, ex=APART))


def sweep() -> None:
    """Every few seconds, by the scheduler."""
    living = heartbeat.reap_dead_workers()
    for claim in Claim.objects.exclude(worker_id=None).exclude(worker_id__in=living):
        recover(claim)
    runners.release_stalled()
    for table_id in recalculations.lost():
        dispatch.send(recalculations.ADVANCE, table_id, "")


def recover(claim: Claim) -> None:
    """What was not begun is handed back, what is safe is queued again, what may have been sent is told as that."""
    with transaction.atomic():
        storage.lock_table(claim.run.table_id)
        run = Run.objects.select_for_update(of=("self",)).select_related("column__http").get(pk=claim.run_id)
        held = claims.lock([claim.pk]).get(claim.pk)
        if held is None:
            return
        begun = [pk for pk in held.row_ids if pk <= held.intended]
        if run.state in Run.OPEN:
            claims.release(run.pk, [pk for pk in held.row_ids if pk > held.intended], [claim.pk])
        stored = store(run, _recovered(run, held, begun if run.state in Run.OPEN else held.row_ids))
    events.publish_cells(run.table_id, [(result.row_id, run.column_id, result.as_cell()) for result in stored])
    progress.announce(run.pk)


def _recovered(run: Run, claim: Claim, row_ids: Sequence[int]) -> list[Result]:
    config, going_on = HttpConfig(**run.column.http.config), run.state in Run.OPEN
    tried = _attempts(run, row_ids)
    sent = {pk for pk in row_ids if pk <= claim.intended}
    if config.shares_answers:  # what only waited for another row's answer was not sent
        sent = deduplication.owners(run, sent)
    found = [_ended(pk, tried.get(pk, 0), pk in sent, config.may_repeat and going_on) for pk in row_ids]
    for result in found:
        result.claim_id = claim.pk
    return found


def _attempts(run: Run, row_ids: Collection[int]) -> dict[int, int]:
    mine = Cell.objects.filter(column_id=run.column_id, run_id=run.pk, row_id__in=row_ids, state=CellState.RUNNING)
    return dict(mine.values_list("row_id", "attempts"))


def _ended(row_id: int, attempts: int, sent: bool, again: bool) -> Result:
    if not sent:
        return Result(row_id, CellState.QUEUED, attempts=attempts)
    if again and attempts < MOST_LOST:
        return Result(row_id, CellState.QUEUED, attempts=attempts + 1)
    if again:
        words = f"{attempts + 1} workers stopped while processing this row. Check its response before you run it again."
        return Result(row_id, CellState.FAILED, error_code="worker_lost", error_message=words, attempts=attempts + 1)
    words = "The worker stopped during this request. Check whether it arrived before you run the row again."
    return Result(row_id, CellState.UNKNOWN, error_code="worker_lost", error_message=words, attempts=attempts + 1)

"""Finds what a dead worker or a lost broker left behind."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from django.db import transaction

from enrichment.dataflow import recalculations
from enrichment.models import Claim, Run
from enrichment.runs import claims, progress, runners
from enrichment.runs.results import Result, store
from enrichment.schema import HttpConfig
from enrichment.worker import deduplication, heartbeat
from tables import events, storage
from tables.models import Cell, CellState

MOST_LOST = 3  # workers in a row that ended while they were at one row: it may be the row


def sweep() -> None:
    """Takes over what dead workers claimed, and sends on what stands still. Called every few seconds."""
    heartbeat.worker_id()  # whoever sweeps also beats: without any beat every sweep would be too early
    living = heartbeat.reap_dead_workers()
    if living is None:
        return
    for claim in Claim.objects.exclude(worker_id=None).exclude(worker_id__in=living):
        recover(claim)
    runners.release_stalled()
    recalculations.release_stalled()


def recover(claim: Claim) -> None:
    """Takes over the claim of a dead worker.

    Rows that were not sent are released, those that may be repeated are queued again, and the others say that they may
    have been sent.
    """
    with transaction.atomic():
        storage.lock_table(claim.run.table_id)
        run = Run.objects.select_for_update(of=("self",)).select_related("column__http").get(pk=claim.run_id)
        locked = claims.lock([claim.pk]).get(claim.pk)
        if locked is None:
            return
        row_ids = locked.row_ids
        if run.state in Run.OPEN:
            claims.release(run.pk, [pk for pk in row_ids if pk > locked.intended], [claim.pk])
            row_ids = [pk for pk in row_ids if pk <= locked.intended]
        stored = store(run, _recovered(run, locked, row_ids))
    events.publish_cells(run.table_id, [(result.row_id, run.column_id, result.as_cell()) for result in stored])
    progress.announce(run.pk)


def _recovered(run: Run, claim: Claim, row_ids: Sequence[int]) -> list[Result]:
    config = HttpConfig(**run.column.http.config)
    attempts = _attempts(run, row_ids)
    sent = {pk for pk in row_ids if pk <= claim.intended}
    if config.shares_answers:  # what only waited for another row's answer was not sent
        sent = deduplication.owners(run, sent)
    again = config.may_repeat and run.state in Run.OPEN
    return [replace(_ended(pk, attempts.get(pk, 0), pk in sent, again), claim_id=claim.pk) for pk in row_ids]


def _attempts(run: Run, row_ids: Collection[int]) -> dict[int, int]:
    """Returns {row id: attempts} of the rows that were tried before."""
    cells = Cell.objects.filter(column_id=run.column_id, run_id=run.pk, row_id__in=row_ids, state=CellState.RUNNING)
    return dict(cells.values_list("row_id", "attempts"))


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

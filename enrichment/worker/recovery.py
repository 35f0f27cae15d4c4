"""Finds what a dead worker or a lost broker left behind."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from django.db import transaction

from enrichment.dataflow import list_rows, recalculations
from enrichment.models import Claim, Run
from enrichment.runs import batches, claims, exchanges, lifecycle, progress, runners
from enrichment.runs.results import Result, store
from enrichment.schema import SAFE_METHODS, HttpConfig
from enrichment.worker import deduplication, heartbeat, open_exchanges, send_journal, writer
from enrichment.worker.send_journal import Entries
from tables import events, storage
from tables.models import Cell, CellState

_STOPPED = "The worker stopped during this request. Check whether it arrived before you run the row again."
_RESTORED = (
    "Marl was restored from a backup, and this row may have been sent after it was made. "
    "Check whether it arrived before you run the row again."
)
MOST_LOST = 3  # workers in a row that ended while they were at one row: it may be the row


def sweep() -> bool:
    """Takes over what dead workers claimed, and sends on what stands still or was paused. Called every few seconds.

    Returns False where it is too early to say who is dead.
    """
    lifecycle.resume_due()
    heartbeat.worker_id()  # whoever sweeps also beats: without any beat every sweep would be too early
    living = heartbeat.reap_dead_workers()
    if living is None:
        return False
    for claim in Claim.objects.exclude(worker_id=None).exclude(worker_id__in=living):
        recover(claim)
    runners.release_stalled()
    recalculations.release_stalled()
    list_rows.release_stalled()
    return True


def recover(claim: Claim) -> None:
    """Takes over the claim of a dead worker.

    Rows that were answered get their results, those that were not sent are released, those that may be repeated are
    queued again, and the others say that they may have been sent.
    """
    entries = send_journal.close(claim)
    with transaction.atomic():
        storage.lock_table(claim.run.table_id)
        run = Run.objects.select_for_update(of=("self",)).select_related("column__http").get(pk=claim.run_id)
        locked = claims.lock([claim.pk]).get(claim.pk)
        if locked is None:
            return
        stored = writer.store(run, [result for result in (entries or {}).values() if result])
        left = [pk for pk in locked.row_ids if pk not in {result.row_id for result in stored}]
        again = _again(run, left)
        sent = _may_have_been_sent(run, locked, left, entries, again)
        if run.state in Run.OPEN:
            claims.release(run.pk, [pk for pk in left if pk not in sent], [claim.pk])
            left = [pk for pk in left if pk in sent]
        stored += store(run, _recovered(run, locked, left, sent, again))
    events.publish_cells(run.table_id, [(result.row_id, run.column_id, result.as_cell()) for result in stored])
    progress.announce(run.pk)


def _may_have_been_sent(
    run: Run, claim: Claim, row_ids: Sequence[int], entries: Entries | None, again: Collection[int]
) -> set[int]:
    """Returns those of these rows that have a send intent, less those of which a journal says that they were not."""
    if claim.token == claims.IN_DOUBT:
        return set(row_ids)
    intended = {pk for pk in row_ids if pk <= claim.intended}
    if HttpConfig(**run.column.http.config).shares_answers:  # what only waited for another row's answer was not sent
        intended = deduplication.owners(run, intended)
    return intended if entries is None else intended & (entries.keys() | again)


def _again(run: Run, row_ids: Sequence[int]) -> set[int]:
    """Returns those of these rows that may be sent again though they may have arrived."""
    return set(row_ids) if HttpConfig(**run.column.http.config).may_repeat else _asking(run, row_ids)


def _recovered(
    run: Run, claim: Claim, row_ids: Sequence[int], sent: Collection[int], again: Collection[int]
) -> list[Result]:
    attempts = _attempts(run, row_ids)
    if run.state not in Run.OPEN:
        again = set()
    in_batches = batches.keys_of_claim(run, claim.pk)
    words = _RESTORED if claim.token == claims.IN_DOUBT else _STOPPED
    ended = (_ended(pk, attempts.get(pk, 0), pk in sent, pk in again, words) for pk in row_ids)
    notes = ({batches.NOTE: in_batches[pk]} if pk in in_batches else {} for pk in row_ids)
    return [replace(result, claim_id=claim.pk, notes=note) for result, note in zip(ended, notes, strict=True)]


def _asking(run: Run, row_ids: Collection[int]) -> set[int]:
    """Returns the rows that were carried out before: all that is sent for them is a question."""
    sealed = {pk: exchange.all_sealed for pk, exchange in exchanges.of_run(run, row_ids).items()}
    opened = {text: open_exchanges.opened(text) for text in set(sealed.values())}
    return {pk for pk, text in sealed.items() if opened[text].next_method in SAFE_METHODS}


def _attempts(run: Run, row_ids: Collection[int]) -> dict[int, int]:
    """Returns {row id: attempts} of the rows that were tried before."""
    cells = Cell.objects.filter(column_id=run.column_id, run_id=run.pk, row_id__in=row_ids, state=CellState.RUNNING)
    return dict(cells.values_list("row_id", "attempts"))


def _ended(row_id: int, attempts: int, sent: bool, again: bool, doubt: str) -> Result:
    if not sent:
        return Result(row_id, CellState.QUEUED, attempts=attempts)
    if again and attempts < MOST_LOST:
        return Result(row_id, CellState.QUEUED, attempts=attempts + 1)
    if again:
        words = f"{attempts + 1} workers stopped while processing this row. Check its response before you run it again."
        return Result(row_id, CellState.FAILED, error_code="worker_lost", error_message=words, attempts=attempts + 1)
    return Result(row_id, CellState.UNKNOWN, error_code="worker_lost", error_message=doubt, attempts=attempts + 1)

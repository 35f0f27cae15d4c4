"""Rows whose exchange is open: they go on where they stand, whatever has become of their settings and inputs."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from enrichment.engine.formula import Evaluators, SandboxBusy
from enrichment.engine.shapes.progress import Progress
from enrichment.models import CallbackAddress, OpenExchange
from enrichment.runs import callbacks, exchanges
from enrichment.runs.batches import Batch
from enrichment.runs.claims import ClaimedRow
from enrichment.runs.results import READ_SOON, Result
from enrichment.schema import SAFE_METHODS, Asked
from enrichment.worker import calling_back, deduplication, next_request, open_exchanges, polling
from enrichment.worker.calling_back import Call
from enrichment.worker.job import Job
from enrichment.worker.ready import Ready
from tables.models import CellState
from workspaces.sealing import CannotOpen


def going_on(
    job: Job, evaluators: Evaluators, rows: Sequence[ClaimedRow], fingerprints: Mapping[int, str]
) -> dict[int, Ready | Result]:
    """Returns what becomes of the rows that go on, by row id. The others begin: what was open of them is forgotten.

    In a run that asks again, a row goes on only with the inputs that it began with: other ones are another request.
    """
    row_ids = [claimed.row.pk for claimed in rows]
    found = exchanges.of_rows(job.run.column_id, row_ids)
    calls = callbacks.to_read(job.run.column_id, row_ids)
    going: dict[int, Ready | Result] = {}
    next_of: dict[str, Ready | Result] = {}  # by the key of a batch, or the row
    request_keys = deduplication.owned(job.run, found) if found else {}
    for claimed in rows if found or calls or job.run.only_calls else ():  # mostly there is nothing to look for
        row_id = claimed.row.pk
        kept = _if_it_goes_on(job, found.get(row_id), fingerprints)
        call = _if_it_goes_on(job, calls.get(row_id), fingerprints)
        if call:
            going[row_id] = _called(job, evaluators, claimed, kept, call)
            going[row_id].asked = _asked(job, call)
        elif job.run.only_calls:
            going[row_id] = Result(row_id, CellState.CANCELLED)
        elif kept:
            key = kept.batch_id or str(kept.row_id)
            item = next_of[key] = next_of.get(key) or _next(job, claimed, kept)
            going[row_id] = _of_row(job, item, claimed, kept, request_keys.get(row_id, ""))
    _forget_others(job, row_ids, found, going)
    return going


def _if_it_goes_on[Kept: (OpenExchange, CallbackAddress)](
    job: Job, kept: Kept | None, fingerprints: Mapping[int, str]
) -> Kept | None:
    if kept is None or kept.run_id == job.run.pk:
        return kept
    return kept if job.run.asks_again and kept.fingerprint == fingerprints.get(kept.row_id) else None


def _forget_others(
    job: Job, row_ids: Sequence[int], found: Mapping[int, OpenExchange], going: Mapping[int, Ready | Result]
) -> None:
    if found:
        exchanges.forget(job.run.column_id, found.keys() - going.keys())
    if settings := job.compiled.config.callback:
        asked_again = [pk for pk in going if pk in found and found[pk].run_id != job.run.pk]
        callbacks.adopt(job.run, asked_again, timedelta(milliseconds=settings.for_ms))
        callbacks.forget_earlier(job.run, [pk for pk in row_ids if pk not in going])


def _called(
    job: Job, evaluators: Evaluators, claimed: ClaimedRow, kept: OpenExchange | None, address: CallbackAddress
) -> Result:
    try:
        progress = open_exchanges.opened(kept.sealed) if kept else None
    except CannotOpen:
        progress = None
    call = Call.of(claimed.row.pk, address, progress, claimed.attempts)
    try:
        return calling_back.read(job, evaluators, call)
    except SandboxBusy:
        return calling_back.read_later(call, READ_SOON / 2)


def _of_row(
    job: Job, item: Ready | Result, claimed: ClaimedRow, kept: OpenExchange, request_key: str
) -> Ready | Result:
    item = replace(item, notes=claimed.notes) if isinstance(item, Ready) else item
    of_row = replace(item, row_id=kept.row_id, attempts=claimed.attempts, request_key=request_key)
    return replace(of_row, fingerprint=kept.fingerprint, asked=_asked(job, kept))


def _asked(job: Job, kept: OpenExchange | CallbackAddress) -> Asked:
    """Returns the settings that a row counts as asked with: those of now where what was sent is still the same.

    Then the result is read with these, and a mistake in how it was to be read can be mended meanwhile.
    """
    began_with = Asked(*kept.asked_with) if kept.asked_with else job.asked
    return job.asked if began_with.sent == job.asked.sent else began_with


def _other_pages(job: Job, row_id: int, attempts: int, progress: Progress) -> Result:
    """Returns how a row ends whose next page would be of another list than those that it has."""
    number = progress.pages.number if progress.pages else 0
    words = f"Page {number + 1}: the column's settings changed after page {number}. Run the row again for all pages."
    is_over = {progress.next_method, job.compiled.config.method} <= SAFE_METHODS
    exchange = "" if is_over else None
    return Result(row_id, CellState.FAILED, None, "other_pages", words, attempts=attempts, exchange=exchange)


def _next(job: Job, claimed: ClaimedRow, kept: OpenExchange) -> Ready | Result:
    row_id, attempts = claimed.row.pk, claimed.attempts
    if kept.batch and job.compiled.batching is None:
        words = "The request was sent for many rows at once, but the column no longer divides an answer among rows."
        return Result(row_id, CellState.FAILED, None, "no_batch", words, attempts=attempts)
    try:
        progress = open_exchanges.opened(kept.all_sealed)
    except CannotOpen:
        words = "The key that this row's exchange was encrypted with is gone, so Marl can't ask for its result."
        return Result(row_id, CellState.FAILED, None, "no_key", words, attempts=attempts)
    if progress.pages and _asked(job, kept) != job.asked:
        return _other_pages(job, row_id, attempts, progress)
    if kept.run_id != job.run.pk:
        progress = polling.asked_again(progress)
    item = next_request.ready(job, row_id, attempts, progress, Batch.of(kept.batch) if kept.batch else None)
    if isinstance(item, Result) and item.progress:  # it waits once more
        return replace(item, exchange=open_exchanges.sealed(item.progress))
    return item

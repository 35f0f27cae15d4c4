"""What an answer, or the lack of one, makes of a row: its result, a failure, or something that is to be asked next."""

import time
from collections.abc import Sequence
from dataclasses import replace

from enrichment.connections.response_condition import values_of
from enrichment.engine import response as responses
from enrichment.engine.errors import SendError
from enrichment.engine.messages import Outcome, Response
from enrichment.engine.redirects import Hop
from enrichment.engine.shapes import poll
from enrichment.engine.shapes.progress import Progress
from enrichment.schema import SAFE_METHODS
from enrichment.worker import calling_back, paging
from enrichment.worker.job import Job
from enrichment.worker.ready import Ready
from tables.models import CellState


async def read(job: Job, row: Ready, response: Response, number: int) -> tuple[Outcome, Progress | None]:
    """Returns what becomes of the row, and how far its exchange is after its request of this number.

    Without a progress, this answer was all that there is to come.
    """
    if stop := response.not_followed:
        words = f"{response.status} · {stop.message}"
        failed = Outcome(CellState.FAILED, None, stop.code, words, response.status)
        return _behind_redirects(job, row, failed, response), row.progress
    outcome, progress = await _read(job, row, response, number)
    return _behind_redirects(job, row, outcome, response) if response.hops else outcome, progress


async def _read(job: Job, row: Ready, response: Response, number: int) -> tuple[Outcome, Progress | None]:
    compiled, progress = job.compiled, row.progress
    if job.follows and (progress or responses.is_good(response)):
        progress = progress or Progress.begin(row.request, response, time.time(), number)
        if job.polling and progress.pages is None:
            progress = progress.answered(response, number) if row.progress else progress
            if outcome := await job.polling.judge(response, progress):
                return outcome, progress
        if outcome := calling_back.first_answer(job, progress, response):
            return outcome, progress
    is_success, unclear = None, ""
    if job.success and responses.is_good(response):
        is_success, unclear = await job.success.verdict(values_of(response))
    outcome = responses.read(
        response,
        () if compiled.paging or row.batch else compiled.field_paths,
        answer=compiled.config.answer,
        is_success=is_success,
        unclear=unclear,
        retry_statuses=(*compiled.config.retry.statuses, *(poll.NOT_YET if row.asks else ())),
        may_repeat=may_repeat(job, row),
    )
    if whole := paging.behind_the_end(job, row, outcome):
        return whole, row.progress
    if compiled.paging and progress and outcome.state in (CellState.DONE, CellState.NO_DATA):
        return paging.take(job, row, response, outcome, replace(progress, requests=number))
    if row.batch and outcome.http_status == 413:  # half of the batch may do
        outcome = replace(outcome, wait=None)
    outcome = paging.told_of_more(job, row, response, outcome)
    return paging.named(outcome, row.progress), progress


def may_repeat(job: Job, row: Ready) -> bool:
    """Whether the request may be sent again though it may have arrived: one that asks for a result always may."""
    return row.request.method in SAFE_METHODS or job.compiled.config.may_repeat


def _behind_redirects(job: Job, row: Ready, outcome: Outcome, response: Response) -> Outcome:
    """Returns the outcome with what the redirects had to do with it; a write that ended in 303 is done all the same."""
    if outcome.state != CellState.FAILED:
        return outcome
    hops, words = response.hops, outcome.error_message
    if outcome.http_status in (401, 403) and lost_credentials(hops):
        words += f" · The API redirected to {hops[-1].url[:200]}, and credentials don't go along to another site."
    if 303 in (response.status, *(hop.status for hop in hops)) and not may_repeat(job, row):
        words = f"The API accepted the {row.request.method}, but its result can't be read: {words}"
        return replace(outcome, state=CellState.UNKNOWN, error_message=words, retryable=False, wait=None)
    return replace(outcome, error_message=words)


def lost_credentials(hops: Sequence[Hop]) -> bool:
    return bool(hops) and hops[-1].credentials is False


def without_response(job: Job, row: Ready, error: SendError) -> Outcome:
    if error.sent and not may_repeat(job, row):
        words = f"{error.message} The request may have been sent, so Marl doesn't repeat it by itself."
        return Outcome(CellState.UNKNOWN, error_code=error.code, error_message=words)
    return Outcome(CellState.FAILED, error_code=error.code, error_message=error.message, retryable=error.retryable)

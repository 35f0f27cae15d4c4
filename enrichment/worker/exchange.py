"""One row's request, sent: sign in, send, and after a refusal sign in again and send once more."""

import logging
from collections.abc import Awaitable
from dataclasses import replace
from datetime import timedelta

from django.utils import timezone
from redis import RedisError

from enrichment.connections.redaction import Redactor, headers_as_json
from enrichment.connections.settings import allowed_hosts
from enrichment.engine import response as responses
from enrichment.engine.auth.token import Token
from enrichment.engine.errors import RowError, SendError
from enrichment.engine.limits.backoff import delay
from enrichment.engine.messages import Outcome, Request, Response
from enrichment.http_client import client, event_loop
from enrichment.http_client.rate_limit import Reservation
from enrichment.runs.results import Attempt, Result
from enrichment.worker.job import Job
from tables.models import CellState

log = logging.getLogger(__name__)

LONGEST_PAUSE = 3600.0  # seconds that a server may make a run wait by Retry-After
_nothing_to_hide = Redactor({})
STORED_BODY = 1024 * 1024  # bytes


async def exchange(job: Job, row_id: int, request: Request, attempts: int, reservation: Reservation) -> Result:
    """How the row ended, or when it is tried again. The request goes out at once: its start time has come."""
    tried: list[Attempt] = []
    token = await job.token_cache.token() if job.token_cache else None
    while True:
        attempts += 1
        outcome, attempt = await _send(job, request, token, attempts, reservation)
        tried.append(attempt)
        if not (job.token_cache and token):
            break
        if not outcome.refused:
            if outcome.http_status:
                await _if_possible(job.token_cache.accepted(token))
            break
        token = await _if_possible(job.token_cache.renew(token)) if len(tried) == 1 else None
        again = await _if_possible(job.limiter.wait_for_start()) if token else None
        if again is None:
            break
        reservation = again
    result = await _result(job, row_id, outcome, attempts)
    result.tried = tried
    return result


async def _if_possible[Found](what: Awaitable[Found]) -> Found | None:
    """What comes behind an answer must not cost it when Redis is away: the request would be sent again."""
    try:
        return await what
    except RedisError as error:
        log.warning("Redis does not answer: %s", error)
        return None


async def _send(
    job: Job, request: Request, token: Token | None, number: int, reservation: Reservation
) -> tuple[Outcome, Attempt]:
    config = job.compiled.config
    request = token.apply_to(request) if token else request
    redact = job.token_cache.redactor(token) if job.token_cache and token else _nothing_to_hide
    attempt = Attempt(number, timezone.now(), redact.request(request))

    async def connected() -> None:
        """It took a while: then the start time moves, or another one is needed."""
        nonlocal reservation
        reservation = await job.limiter.start(reservation)

    clock = event_loop.now()
    try:
        answer = await client.send(
            event_loop.transport(), request, timeout_ms=config.timeout_ms, follow_redirects=config.follow_redirects,
            token=token, allowed_hosts=allowed_hosts(job.connection) if job.connection else None,
            connected=connected if reservation.name else None,
        )  # fmt: skip
    except SendError as error:
        outcome = _not_answered(job, error)
        attempt.error = {"code": error.code, "message": redact(error.message)}
    else:
        refused = job.token_cache is not None and await job.token_cache.refuses(answer)
        outcome = _answered(job, answer, refused)
        attempt.response = _stored(answer, redact)
        if outcome.error_code:
            attempt.error = {"code": outcome.error_code, "message": _storable(redact(outcome.error_message))}
    attempt.duration_ms = round((event_loop.now() - clock) * 1000)
    await _if_possible(job.limiter.answered(reservation, event_loop.now() - clock))
    if redact is not _nothing_to_hide:
        outcome = replace(outcome, value=redact.value(outcome.value), error_message=redact(outcome.error_message))
    return outcome, attempt


def _answered(job: Job, answer: Response, refused: bool) -> Outcome:
    statuses = frozenset(job.compiled.config.retry.statuses)
    outcome = responses.read(answer, job.compiled.field_paths, retry_statuses=statuses)
    # The server said that it did not do it: then even an unsafe method may be repeated.
    undone = outcome.http_status in (429, 503)
    retryable = outcome.retryable and (undone or job.compiled.config.may_repeat)
    return replace(outcome, retryable=retryable, refused=refused)


def _not_answered(job: Job, error: SendError) -> Outcome:
    if error.sent and not job.compiled.config.may_repeat:
        words = f"{error.message} The request may have been sent, so Marl doesn't repeat it by itself."
        return Outcome(CellState.UNKNOWN, error_code=error.code, error_message=words)
    return Outcome(CellState.FAILED, error_code=error.code, error_message=error.message, retryable=error.retryable)


async def _result(job: Job, row_id: int, outcome: Outcome, attempts: int) -> Result:
    result = Result(
        row_id, outcome.state, outcome.value, outcome.error_code, outcome.error_message,
        http_status=outcome.http_status, attempts=attempts,
    )  # fmt: skip
    if outcome.retry_after is not None and outcome.retry_after <= LONGEST_PAUSE:
        await _if_possible(job.limiter.pause(outcome.retry_after))
        result.attempts = attempts - 1  # being told to wait costs no retry
        return _again(result, CellState.LIMITED, outcome.retry_after)
    if outcome.retryable and attempts <= job.compiled.config.retry.max_retries:
        return _again(result, CellState.QUEUED, delay(attempts))
    return result


def _again(result: Result, state: str, seconds: float) -> Result:
    result.state = state
    result.due_at = timezone.now() + timedelta(seconds=seconds)
    return result


def ended_by(row_id: int, error: RowError, attempts: int = 0) -> Result:
    detail = error.problem.as_json() if error.problem else None
    return Result(row_id, error.state, None, error.code, error.message, detail, attempts=attempts)


def broken_off(job: Job, row_id: int, attempts: int) -> Result:
    """This process ends while the request is under way."""
    if job.compiled.config.may_repeat:
        return Result(row_id, CellState.QUEUED, attempts=attempts)
    words = "Marl stopped during this request. Check whether it arrived before you run the row again."
    return Result(row_id, CellState.UNKNOWN, error_code="broken_off", error_message=words, attempts=attempts + 1)


def went_wrong(job: Job, row_id: int, attempts: int) -> Result:
    """By a fault of ours, at whatever place."""
    state = CellState.FAILED if job.compiled.config.may_repeat else CellState.UNKNOWN
    words = "Something went wrong in Marl with this row. The log says why."
    return Result(row_id, state, error_code="internal", error_message=words, attempts=attempts + 1)


def _stored(answer: Response, redact: Redactor) -> dict[str, object]:
    body = answer.body[:STORED_BODY].decode("utf-8", "replace")
    return {
        "status": answer.status,
        "headers": headers_as_json([(name, redact(value)) for name, value in answer.headers]),
        "body": _storable(redact(body)),
        "truncated": len(answer.body) > STORED_BODY,
    }


def _storable(text: str) -> str:
    """PostgreSQL's jsonb cannot hold U+0000."""
    return text.replace("\0", "")

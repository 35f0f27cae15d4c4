"""The request of a row or of a batch, sent: sign in, send, and after a refusal sign in again and send once more."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from django.utils import timezone
from redis import RedisError

from enrichment.connections.redaction import Redactor
from enrichment.connections.refusals import Doubt, Note
from enrichment.connections.token_cache import Renewal, TokenCache
from enrichment.engine.auth.token import Token
from enrichment.engine.errors import SendError, SignInError
from enrichment.engine.limits.backoff import delay
from enrichment.engine.messages import Outcome, Response
from enrichment.engine.redirects import Hop
from enrichment.engine.shapes.progress import Progress
from enrichment.http_client import client, event_loop
from enrichment.http_client.departure import Departure
from enrichment.http_client.rate_limit import Reservation
from enrichment.runs.attempts import Attempt
from enrichment.runs.results import Result
from enrichment.schema import SAFE_METHODS
from enrichment.worker import attempt_json, next_request, open_exchanges, polling, reading, waits
from enrichment.worker.job import Job
from enrichment.worker.prepare import BUSY
from enrichment.worker.ready import Ready
from tables.models import CellState

log = logging.getLogger(__name__)

_NOTHING_TO_HIDE = Redactor({})


@dataclass(frozen=True, slots=True)
class _Sent:
    outcome: Outcome
    attempt: Attempt
    seconds: float  # until it was answered
    accepts_token: bool | None = None  # None: nobody has said
    progress: Progress | None = None  # after its answer


async def exchange(
    job: Job, row: Ready, reservation: Reservation, may_go_on: Callable[[], bool] = lambda: True
) -> Result:
    """Returns how the row ended, or when it goes on. The request goes out at once: its start time has come.

    What follows at once, as the next page of a list, goes out as long as it may; then the row waits where it is.
    Raises SignInError or redis.RedisError before anything was sent.
    """
    result = await once(job, row, reservation)
    attempts = list(result.new_attempts)
    while (progress := result.follows_at_once) and may_go_on() and not job.limiter.held:
        following = next_request.ready(job, row.row_id, result.attempts, progress, row.batch)
        if isinstance(following, Result):
            result = replace(following, progress=progress)
            break
        try:
            result = await once(job, following, await job.limiter.wait_for_start())
        except (RedisError, SignInError) as error:
            log.warning("the row waits where it is: %s", error, extra={"row": row.row_id})
            break
        attempts += result.new_attempts
    result.new_attempts = attempts
    if result.progress:
        result.exchange = open_exchanges.sealed(result.progress)
    return result


async def once(job: Job, row: Ready, reservation: Reservation) -> Result:
    """Signs in, sends, and after a refusal signs in again and sends once more. Raises what `exchange` does."""
    with Departure(job.limiter, reservation) as departure:
        return await _once(job, row, departure)


async def _once(job: Job, row: Ready, departure: Departure) -> Result:
    number = row.requests
    token = await job.token_cache.token() if job.token_cache else None
    sent = await _send(job, row, token, number + 1, departure)
    tried, renewal = [sent.attempt], None
    if sent.accepts_token is False and (renewal := await _renew(job, token, row)):
        if isinstance(renewal, Doubt):
            return _sent_again(row, sent, tried, renewal)
        if job.limiter.held or not await _if_possible(_is_ready(departure)):
            return _sent_again(row, sent, tried)
        token = renewal.token
        sent = await _send(job, row, token, number + 2, departure)
        tried.append(sent.attempt)
        if sent.accepts_token is False and (doubt := await _doubt(job, token)):
            return _sent_again(row, sent, tried, doubt)
    if job.token_cache and token and sent.accepts_token:
        helped = isinstance(renewal, Renewal) and renewal.signed_in
        await _if_possible(job.token_cache.accepted(token, sent.seconds, helped=helped))
    result = await _result(job, row, sent, number + len(tried))
    result.new_attempts = tried
    return result


async def _is_ready(departure: Departure) -> bool:
    await departure.ready()
    return True


async def _renew(job: Job, refused: Token | None, row: Ready) -> Renewal | Doubt | None:
    """Returns another token, or None where another token would not help."""
    if not (job.token_cache and refused):
        return None
    note = row.notes.get("refused")
    return await _or_in_doubt(job.token_cache.renew(refused, note), note)


async def _doubt(job: Job, refused: Token) -> Doubt | None:
    """Returns whether a row that was refused with another token too is to be sent again to find out why."""
    return await _or_in_doubt(job.token_cache.doubt(refused)) if job.token_cache else None


async def _or_in_doubt[Found](what: Awaitable[Found], note: Note | None = None) -> Found | Doubt:
    """Without Redis nobody knows whose the refusal is, the token's or the row's: the row is sent again later."""
    try:
        return await what
    except RedisError as error:
        log.warning("Redis does not answer: %s", error)
        return Doubt(BUSY.total_seconds(), note or {})


def _sent_again(row: Ready, sent: _Sent, tried: list[Attempt], doubt: Doubt | None = None) -> Result:
    """Returns the result of a row whose token was refused and that is sent again later, without costing a try."""
    outcome = sent.outcome
    result = row.ended(CellState.QUEUED, due_at=timezone.now() + timedelta(seconds=doubt.seconds if doubt else 0))
    result.error_code, result.error_message = outcome.error_code, outcome.error_message
    result.http_status = outcome.http_status
    if doubt:
        result.notes = {**row.notes, "refused": doubt.note}
    result.new_attempts, result.progress = tried, row.progress
    return result


async def _if_possible[Found](what: Awaitable[Found]) -> Found | None:
    """What comes after a response must not cost it when Redis is away: the request would be sent again."""
    try:
        return await what
    except RedisError as error:
        log.warning("Redis does not answer: %s", error)
        return None


async def _send(job: Job, row: Ready, token: Token | None, number: int, departure: Departure) -> _Sent:
    config, cache = job.compiled.config, job.token_cache
    request = token.apply_to(row.request) if token else row.request
    redact = cache.redactor(token) if cache and token else _NOTHING_TO_HIDE
    attempt = Attempt(number, timezone.now(), redact.request(request) | row.part)

    started, accepts_token, progress = event_loop.now(), None, row.progress
    try:
        response = await client.send(
            cache.transport(departure.ready) if cache else event_loop.transport(),
            request,
            timeout_ms=config.timeout_ms,
            follow="always" if config.follow_redirects else "never",
            token=token,
            allowed_hosts=cache.allowed_hosts if cache else None,
            departure=departure,
        )
    except SendError as error:
        outcome = reading.without_response(job, row, error)
        outcome = replace(
            outcome, error_message=redact(outcome.error_message)
        )  # it may name where the API redirects to
        hops, attempt.error = error.hops, {"code": error.code, "message": redact(error.message)}
    else:
        hops, accepts_token = response.hops, await _accepts_token(cache, response)
        outcome, progress = await reading.read(job, row, response, number)
        if redact is not _NOTHING_TO_HIDE or job.compiled.config.callback:
            outcome = _redacted(outcome, redact)
        attempt.response = attempt_json.of_response(response, redact)
        attempt.error = _error_as_json(outcome, response, redact)
    if hops:
        attempt.request = {**(attempt.request or {}), "hops": [_hop_as_json(hop, redact) for hop in hops]}
    seconds = event_loop.now() - started
    attempt.duration_ms = round(seconds * 1000)
    return _Sent(outcome, attempt, seconds, accepts_token, progress)


def _hop_as_json(hop: Hop, redact: Redactor) -> dict[str, object]:
    return hop.as_json() | {"url": redact(hop.url)}


async def _accepts_token(cache: TokenCache | None, response: Response) -> bool | None:
    if cache is None or reading.lost_credentials(response.hops):
        return None
    return not await cache.refuses(response)


def _redacted(outcome: Outcome, redact: Redactor) -> Outcome:
    return replace(outcome, value=redact.value(outcome.value), error_message=redact.answer(outcome.error_message))


def _error_as_json(outcome: Outcome, response: Response, redact: Redactor) -> dict[str, object] | None:
    """Returns {code, message}, and where the API moved the address to."""
    if not outcome.error_code or outcome.ask_in is not None:
        return None
    error: dict[str, object] = {"code": outcome.error_code, "message": outcome.error_message}
    stop = response.not_followed
    return error | {"moved_to": redact(stop.url)} if stop and stop.code == "moved" else error


async def _result(job: Job, row: Ready, sent: _Sent, requests: int) -> Result:
    outcome, attempts = sent.outcome, row.attempts + (0 if row.progress else requests - row.requests)
    result = Result(
        row.row_id,
        outcome.state,
        outcome.value,
        outcome.error_code,
        outcome.error_message,
        outcome.detail,
        http_status=outcome.http_status,
        attempts=attempts,
    )
    asked = outcome.wait is not None or outcome.is_too_fast
    hold = await _if_possible(waits.hold(job, outcome, sent.seconds)) if asked else None
    if outcome.wait is not None:
        result.attempts = row.attempts  # being told to wait costs no try
        result.pause = waits.pause_after(hold, outcome.error_message) if hold else None
        result.progress = row.progress
        return waits.row_waits(result, outcome, row.notes.get("waits", 0), hold)
    if outcome.http_status and outcome.http_status < 500:
        await _if_possible(job.limiter.succeeded())
    if outcome.ask_in is not None and sent.progress:
        return polling.waits(result, sent.progress, outcome.ask_in, outcome.error_message)
    progress = row.progress.failed(requests) if row.progress else None
    tries = progress.failures if progress else attempts
    if outcome.retryable and tries <= job.compiled.config.retry.max_retries:
        seconds = max(delay(tries), outcome.earliest)
        return polling.waits(result, progress, seconds) if progress else _again(result, seconds)
    if row.progress:
        # A failure that another question may mend is kept, but for pages that may be fetched from the first one on.
        is_over = outcome.state != CellState.FAILED or outcome.error_code == polling.FAILED
        is_over = is_over or (not row.asks and job.compiled.config.method in SAFE_METHODS)
        result.exchange, result.progress = ("", None) if is_over else (None, progress)
    return result


def _again(result: Result, seconds: float) -> Result:
    result.state = CellState.QUEUED
    result.due_at = timezone.now() + timedelta(seconds=seconds)
    return result


def broken_off(job: Job, row: Ready) -> Result:
    """Returns how a row ends whose request was under way when this process ended."""
    if reading.may_repeat(job, row):
        return row.ended(CellState.QUEUED)
    words = "Marl stopped during this request. Check whether it arrived before you run the row again."
    return Result(
        row.row_id, CellState.UNKNOWN, error_code="broken_off", error_message=words, attempts=row.attempts + 1
    )


def went_wrong(job: Job, row: Ready) -> Result:
    """Returns how a row ends by a fault of ours, wherever that happened."""
    state = CellState.FAILED if reading.may_repeat(job, row) else CellState.UNKNOWN
    words = "Something went wrong in Marl with this row. The log says why."
    return Result(row.row_id, state, error_code="internal", error_message=words, attempts=row.attempts + 1)

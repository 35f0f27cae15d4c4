"""One row's request, sent: sign in, send, and after a refusal sign in again and send once more."""

import logging
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from django.utils import timezone
from redis import RedisError

from enrichment.connections.redaction import Redactor, headers_as_json
from enrichment.connections.token_cache import TokenCache
from enrichment.engine import response as responses
from enrichment.engine.auth.token import Token
from enrichment.engine.errors import RowError, SendError
from enrichment.engine.limits.backoff import delay
from enrichment.engine.messages import Outcome, Request, Response
from enrichment.engine.redirects import Hop
from enrichment.http_client import client, event_loop
from enrichment.http_client.rate_limit import Reservation
from enrichment.runs.attempts import Attempt
from enrichment.runs.results import Result
from enrichment.worker.job import Job
from tables.models import CellState

log = logging.getLogger(__name__)

LONGEST_PAUSE = 3600.0  # seconds that a server may make a run wait by Retry-After
STORED_BODY = 1024 * 1024  # characters
_NOTHING_TO_HIDE = Redactor({})


@dataclass(frozen=True, slots=True)
class _Sent:
    outcome: Outcome
    attempt: Attempt
    accepts_token: bool | None = None  # None: nobody has said


async def exchange(job: Job, row_id: int, request: Request, attempts: int, reservation: Reservation) -> Result:
    """Returns how the row ended, or when it is tried again. The request goes out at once: its start time has come.

    Raises SignInError or redis.RedisError before anything was sent.
    """
    token = await job.token_cache.token() if job.token_cache else None
    sent = await _send(job, request, token, attempts + 1, reservation)
    tried = [sent.attempt]
    if sent.accepts_token is False and (renewed := await _renew(job, token)):
        token, reservation = renewed
        sent = await _send(job, request, token, attempts + 2, reservation)
        tried.append(sent.attempt)
    if job.token_cache and token and sent.accepts_token:
        await _if_possible(job.token_cache.accepted(token))
    result = await _result(job, row_id, sent.outcome, attempts + len(tried))
    result.new_attempts = tried
    return result


async def _renew(job: Job, refused: Token | None) -> tuple[Token, Reservation] | None:
    """Returns another token and a start time for it, or None where another token would not help."""
    if not (job.token_cache and refused):
        return None
    token = await _if_possible(job.token_cache.renew(refused))
    reservation = await _if_possible(job.limiter.wait_for_start()) if token else None
    return (token, reservation) if token and reservation else None


async def _if_possible[Found](what: Awaitable[Found]) -> Found | None:
    """What comes after a response must not cost it when Redis is away: the request would be sent again."""
    try:
        return await what
    except RedisError as error:
        log.warning("Redis does not answer: %s", error)
        return None


async def _send(job: Job, request: Request, token: Token | None, number: int, reservation: Reservation) -> _Sent:
    config, cache = job.compiled.config, job.token_cache
    request = token.apply_to(request) if token else request
    redact = cache.redactor(token) if cache and token else _NOTHING_TO_HIDE
    attempt = Attempt(number, timezone.now(), redact.request(request))

    async def connected() -> None:
        """It took a while: then the start time moves, or another one is needed."""
        nonlocal reservation
        reservation = await job.limiter.start(reservation)

    started, accepts_token = event_loop.now(), None
    try:
        response = await client.send(
            event_loop.transport(),
            request,
            timeout_ms=config.timeout_ms,
            follow="always" if config.follow_redirects else "never",
            token=token,
            allowed_hosts=cache.allowed_hosts if cache else None,
            connected=connected if reservation.name else None,
        )
    except SendError as error:
        hops, outcome = error.hops, _without_response(job, error)
        attempt.error = {"code": error.code, "message": redact(error.message)}
    else:
        hops, accepts_token = response.hops, await _accepts_token(cache, response)
        outcome = _redacted(await _outcome(job, response), redact)
        attempt.response = _as_json(response, redact)
        attempt.error = _error_as_json(outcome, response, redact)
    if hops:
        attempt.request = redact.request(request) | {"redirects": [_hop_as_json(hop, redact) for hop in hops]}
    seconds = event_loop.now() - started
    attempt.duration_ms = round(seconds * 1000)
    await _if_possible(job.limiter.answered(reservation, seconds))
    return _Sent(outcome, attempt, accepts_token)


def _hop_as_json(hop: Hop, redact: Redactor) -> dict[str, object]:
    return hop.as_json() | {"url": redact(hop.url)}


async def _accepts_token(cache: TokenCache | None, response: Response) -> bool | None:
    if cache is None or _lost_credentials(response.hops):
        return None
    return not await cache.refuses(response)


def _lost_credentials(hops: Sequence[Hop]) -> bool:
    return bool(hops) and hops[-1].credentials is False


async def _outcome(job: Job, response: Response) -> Outcome:
    config = job.compiled.config
    if stop := response.not_followed:
        words = f"{response.status} · {stop.message}"
        return _behind_redirects(job, Outcome(CellState.FAILED, None, stop.code, words, response.status), response)
    outcome = responses.read(
        response,
        job.compiled.field_paths,
        answer=config.answer,
        is_success=await job.success.holds(response) if job.success and responses.is_good(response) else None,
        retry_statuses=config.retry.statuses,
        may_repeat=config.may_repeat,
    )
    return _behind_redirects(job, outcome, response) if response.hops else outcome


def _behind_redirects(job: Job, outcome: Outcome, response: Response) -> Outcome:
    """Returns the outcome with what the redirects had to do with it; a write that ended in 303 is done all the same."""
    if outcome.state != CellState.FAILED:
        return outcome
    hops, config, words = response.hops, job.compiled.config, outcome.error_message
    if outcome.http_status in (401, 403) and _lost_credentials(hops):
        words += f" · The API redirected to {hops[-1].url[:200]}, and credentials don't go along to another site."
    if 303 in (response.status, *(hop.status for hop in hops)) and not config.may_repeat:
        words = f"The API accepted the {config.method}, but its result can't be read: {words}"
        return replace(outcome, state=CellState.UNKNOWN, error_message=words, retryable=False, retry_after=None)
    return replace(outcome, error_message=words)


def _redacted(outcome: Outcome, redact: Redactor) -> Outcome:
    if redact is _NOTHING_TO_HIDE:
        return outcome
    return replace(outcome, value=redact.value(outcome.value), error_message=redact(outcome.error_message))


def _as_json(response: Response, redact: Redactor) -> dict[str, object]:
    """Returns the response of the API: {status, headers, body as text, truncated, charset, charset_guessed}."""
    text, *values = redact.each([response.text[:STORED_BODY], *(value for _, value in response.headers)])
    names = (name for name, _ in response.headers)
    return {
        "status": response.status,
        "headers": headers_as_json(zip(names, values, strict=True)),
        "body": None if response.decoded.is_binary else text,
        "truncated": len(response.text) > STORED_BODY,
        "charset": response.decoded.charset,
        "charset_guessed": response.decoded.is_guess,
    }


def _error_as_json(outcome: Outcome, response: Response, redact: Redactor) -> dict[str, object] | None:
    """Returns {code, message}, and where the API moved the address to."""
    if not outcome.error_code:
        return None
    error: dict[str, object] = {"code": outcome.error_code, "message": outcome.error_message}
    stop = response.not_followed
    return error | {"moved_to": redact(stop.url)} if stop and stop.code == "moved" else error


def _without_response(job: Job, error: SendError) -> Outcome:
    if error.sent and not job.compiled.config.may_repeat:
        words = f"{error.message} The request may have been sent, so Marl doesn't repeat it by itself."
        return Outcome(CellState.UNKNOWN, error_code=error.code, error_message=words)
    return Outcome(CellState.FAILED, error_code=error.code, error_message=error.message, retryable=error.retryable)


async def _result(job: Job, row_id: int, outcome: Outcome, attempts: int) -> Result:
    result = Result(
        row_id,
        outcome.state,
        outcome.value,
        outcome.error_code,
        outcome.error_message,
        http_status=outcome.http_status,
        attempts=attempts,
    )
    # A server that says 0, or a moment that has passed, says nothing: each try counts, and comes later than the last.
    if outcome.retry_after and outcome.retry_after <= LONGEST_PAUSE:
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
    """Returns how a row ends that was not sent, or whose sign-in failed."""
    detail = error.problem.as_json() if error.problem else None
    return Result(row_id, error.state, None, error.code, error.message, detail, attempts=attempts)


def broken_off(job: Job, row_id: int, attempts: int) -> Result:
    """Returns how a row ends whose request was under way when this process ended."""
    if job.compiled.config.may_repeat:
        return Result(row_id, CellState.QUEUED, attempts=attempts)
    words = "Marl stopped during this request. Check whether it arrived before you run the row again."
    return Result(row_id, CellState.UNKNOWN, error_code="broken_off", error_message=words, attempts=attempts + 1)


def went_wrong(job: Job, row_id: int, attempts: int) -> Result:
    """Returns how a row ends by a fault of ours, wherever that happened."""
    state = CellState.FAILED if job.compiled.config.may_repeat else CellState.UNKNOWN
    words = "Something went wrong in Marl with this row. The log says why."
    return Result(row_id, state, error_code="internal", error_message=words, attempts=attempts + 1)

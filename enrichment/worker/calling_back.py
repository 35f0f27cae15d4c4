"""Rows whose API posts their result: they wait without a request, a worker or a permit, and read what was posted."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from django.utils import timezone

from enrichment.connections.redaction import HIDDEN, Redactor
from enrichment.connections.response_condition import values_of
from enrichment.engine import response as responses
from enrichment.engine.answer.telling import telling_line
from enrichment.engine.formula import Evaluators, Formula
from enrichment.engine.messages import Outcome, Response
from enrichment.engine.shapes import callback, poll
from enrichment.engine.shapes.progress import Answer, Progress
from enrichment.models import CallbackAddress
from enrichment.runs import callbacks
from enrichment.runs.attempts import Attempt
from enrichment.runs.callbacks import State
from enrichment.runs.results import Result
from enrichment.schema import Callback
from enrichment.worker import attempt_json, polling
from enrichment.worker.job import Job
from enrichment.worker.ready import Ready
from tables.models import CellState

TIMEOUT = "callback_timeout"
NO_ANSWER = "no_answer"
PART = "called back"
_FINAL = ("no_success", "graphql", polling.FAILED)  # what the API says itself: reading it again changes nothing
_REDACT = Redactor({})  # of addresses to call back


@dataclass(frozen=True, slots=True)
class Call:
    """What an API has posted for a row, and where its exchange stood."""

    row_id: int
    address: CallbackAddress
    response: Response
    progress: Progress | None  # None: its request was not answered
    attempts: int

    @classmethod
    def of(cls, row_id: int, address: CallbackAddress, progress: Progress | None, attempts: int) -> "Call":
        headers = tuple((str(name), str(text)) for name, text in address.headers or ())
        response = Response(callback.STATUS, headers, bytes(address.body or b""))
        return cls(row_id, address, response, progress, attempts)


def keep_addresses(job: Job, rows: Sequence[Ready]) -> None:
    """Stores the hashes of the addresses in these requests, before any of them is sent."""
    if settings := job.compiled.config.callback:
        given = [(row.row_id, row.callback, row.fingerprint, row.asked) for row in rows if row.callback]
        callbacks.keep(job.run, given, timedelta(milliseconds=settings.for_ms))


def first_answer(job: Job, progress: Progress, response: Response) -> Outcome | None:
    """Returns how a row waits after a good answer; None where its column reads the result from that."""
    settings = job.compiled.config.callback
    if settings is None or job.polling:
        return None
    left = poll.seconds_left(progress, settings.for_ms / 1000, time.time())
    return Outcome(CellState.WAITING, None, polling.CODE, callback.WAITS, response.status, ask_in=left)


def goes_on(settings: Callback, row_id: int, attempts: int, progress: Progress) -> Result:
    """Returns how long a row waits that nobody has called back for, or that its time is over."""
    left = poll.seconds_left(progress, settings.for_ms / 1000, time.time())
    if left > 0:
        return polling.waits(Result(row_id, "", attempts=attempts), progress, left, callback.WAITS)
    words = callback.timed_out(settings.for_ms, progress.first)
    return Result(row_id, CellState.FAILED, None, TIMEOUT, words, attempts=attempts)


def read(job: Job, evaluators: Evaluators, call: Call) -> Result:
    """Returns what the call makes of its row. Raises SandboxBusy."""
    if job.compiled.config.callback is None:
        words = "The API called back, but the column no longer waits for that."
        result = Result(call.row_id, CellState.FAILED, None, "no_callback", words, attempts=call.attempts)
        result.call, result.fingerprint = State.KEPT, call.address.fingerprint
        return result
    outcome, progress = _outcome(job, evaluators, call)
    message = _REDACT.answer(outcome.error_message)
    result = Result(call.row_id, outcome.state, _REDACT.value(outcome.value), outcome.error_code, message)
    result.attempts, result.fingerprint = call.attempts, call.address.fingerprint
    result.new_attempts = [_attempt(call, outcome, message)]
    if outcome.state == CellState.WAITING and progress:
        result = polling.waits(result, progress, 0.0)
        result.call = State.OPEN  # it may call once more
    elif outcome.state == CellState.FAILED and outcome.error_code not in _FINAL:
        result.call = State.KEPT  # so that it can be read once more with other settings
    else:
        result.call, result.exchange = State.READ, ""
    return result


def read_later(call: Call, wait: timedelta) -> Result:
    """Returns the result of a row whose call cannot be read now: every formula process is at work."""
    result = Result(call.row_id, CellState.WAITING, None, polling.CODE, callback.WAITS, attempts=call.attempts)
    result.due_at, result.fingerprint = timezone.now() + wait, call.address.fingerprint
    return result


def _outcome(job: Job, evaluators: Evaluators, call: Call) -> tuple[Outcome, Progress | None]:
    compiled, progress = job.compiled, call.progress
    response = call.response if compiled.config.answer == "text" else callback.without_form(call.response)
    if compiled.poll:
        progress = replace(progress, last=Answer.of(response)) if progress else None
        values = progress.values if progress else _values(response)
        has_failed, _ = _verdict(evaluators, compiled.poll.failed_if, values)
        if has_failed:
            return Outcome(CellState.FAILED, None, polling.FAILED, _told(telling_line(response))), progress
        is_there, _ = _verdict(evaluators, compiled.poll.until, values)
        if not is_there:
            words = _told("its first answer is not known, so Marl can't ask for the result.")
            unknown = Outcome(CellState.UNKNOWN, None, NO_ANSWER, words)
            return Outcome(CellState.WAITING) if progress else unknown, progress
    is_success, unclear = _verdict(evaluators, compiled.success, _values(response))
    outcome = responses.read(
        response,
        compiled.field_paths,
        answer=compiled.config.answer,
        is_success=is_success if compiled.success else None,
        unclear=unclear,
        may_repeat=False,
    )
    words = outcome.error_message.removeprefix(f"{callback.STATUS} · ")
    return replace(outcome, error_message=_told(words) if words else "", http_status=None), progress


def _told(words: str) -> str:
    return f"The API called back: {words}"


def _values(response: Response) -> dict[int, object]:
    return values_of(response) | {4: None}


def _verdict(evaluators: Evaluators, condition: Formula | None, values: Mapping[int, object]) -> tuple[bool, str]:
    """Returns whether it holds, and why that can't be told; nothing holds without a condition."""
    if condition is None:
        return False, ""
    [verdict] = evaluators.verdicts(condition, [values])
    return verdict


def _attempt(call: Call, outcome: Outcome, message: str) -> Attempt:
    """Returns the call as a part of the exchange: what was posted stands where an answer does."""
    url = callbacks.address_of(HIDDEN)
    request: dict[str, object] = {"method": "POST", "url": url, "headers": {}, "body": None, "part": PART}
    number = 1 + (call.progress.requests if call.progress else call.attempts)
    attempt = Attempt(number, call.address.called_at or timezone.now(), request, duration_ms=None)
    attempt.response = attempt_json.of_response(call.response, _REDACT)
    attempt.error = {"code": outcome.error_code, "message": message} if message else None
    return attempt

"""What becomes of a cell after a response."""

import json
import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from enrichment.engine.answer.telling import telling_line
from enrichment.engine.answer.value import Kind, Unreadable, value_of
from enrichment.engine.errors import RowError
from enrichment.engine.messages import Outcome, Response
from enrichment.engine.template.paths import MISSING, Path, pick


def read(
    response: Response,
    field_paths: Sequence[Path] = (),
    *,
    answer: Kind = "auto",
    is_success: bool | None = None,
    retry_statuses: Collection[int] = frozenset(),
    may_repeat: bool = True,
) -> Outcome:
    """Returns what becomes of the cell: of 2xx the value, or what is at the paths; else the status and `telling_line`.

    `answer` says what the body is, `is_success` what the column's own condition says of a response that `is_good`, and
    `may_repeat` whether the request may be sent again though it arrived.
    """
    status = response.status
    if is_good(response):
        return _value(response, field_paths, answer, is_success)
    line = telling_line(response)
    undone = status in (429, 503)  # the server says that it did not do it: then any request may be repeated
    wait = retry_after(response, datetime.now(UTC)) if undone else None
    return Outcome(
        "failed",
        error_code=f"http_{status}",
        error_message=f"{status} · {line}",
        http_status=status,
        retryable=(status in retry_statuses or wait is not None) and (undone or may_repeat),
        retry_after=wait,
    )


def is_good(response: Response) -> bool:
    """Whether the status says that there is a result, or none that is new."""
    return 200 <= response.status < 300 or response.status == 304


def _value(response: Response, field_paths: Sequence[Path], answer: Kind, is_success: bool | None) -> Outcome:
    if is_success is False:
        return _failed(response, "no_success", f"{response.status} · {telling_line(response)}")
    try:
        value = value_of(response, answer)
        if is_success is None and _is_refusal(value):
            raise Unreadable("graphql", telling_line(response))
        value = pick(value, field_paths) if field_paths else value
    except Unreadable as error:
        return _failed(response, error.code, f"{response.status} · {error}")
    except RowError as error:
        return _failed(response, error.code, error.message)
    if value is MISSING or value is None or value in ("", [], {}):
        return Outcome("no_data", http_status=response.status)
    return Outcome("done", value, http_status=response.status)


def _failed(response: Response, code: str, message: str) -> Outcome:
    return Outcome("failed", error_code=code, error_message=message, http_status=response.status)


def _is_refusal(value: object) -> bool:
    """GraphQL answers 200 whatever happens: without data, its errors are the answer."""
    if not isinstance(value, dict) or value.get("data") is not None:
        return False
    errors = value.get("errors")
    return bool(isinstance(errors, list) and errors and isinstance(errors[0], dict) and "message" in errors[0])


def retry_after(response: Response, now: datetime) -> float | None:
    """Returns the seconds that the server asks to wait: Retry-After (seconds or date), RateLimit-Reset, or the body."""
    header = response.header("retry-after")
    if header is not None:
        return _seconds(header.strip(), now)
    reset = response.header("ratelimit-reset") or response.header("x-ratelimit-reset") or _draft(response)
    if reset and re.fullmatch(r"\d{1,15}(\.\d+)?", reset.strip()):
        return _until(float(reset), now)
    try:
        body = json.loads(response.text)
    except (ValueError, RecursionError):
        return None
    for name, unit in (("retry_after_ms", 1000), ("retryAfterMs", 1000), ("retry_after", 1)):
        wait = body.get(name) if isinstance(body, dict) else None
        if isinstance(wait, int | float) and not isinstance(wait, bool) and 0 <= wait < 1e12:
            return wait / unit
    return None


def _draft(response: Response) -> str | None:
    """Returns `t` of `RateLimit: "default";r=0;t=30`, or `reset` of `limit=100, remaining=0, reset=30`."""
    reset = re.search(r"\b(?:t|reset)=(\d+)", response.header("ratelimit") or "")
    return reset[1] if reset else None


def _until(number: float, now: datetime) -> float:
    """Returns a wait in seconds; a large number is a moment, in seconds or milliseconds since 1970."""
    if number < 1e9:
        return number
    return max(0.0, (number / 1000 if number > 1e11 else number) - now.timestamp())


def _seconds(text: str, now: datetime) -> float | None:
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())

"""What becomes of a cell after a response."""

import json
import math
import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape

from enrichment.engine.errors import RowError
from enrichment.engine.messages import Outcome, Response
from enrichment.engine.template.paths import MISSING, Path, pick
from enrichment.engine.template.values import encodable

LARGEST_VALUE = 1024 * 1024  # characters kept of a response that is not JSON
LONGEST_LINE = 300
DEEPEST = 500  # levels of nesting that everything after this can read
_LONGEST_PAGE = 4000  # characters of an HTML page that are searched for its title
_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_REASONS = {
    400: "bad request",
    401: "not signed in",
    403: "not allowed",
    404: "not found",
    405: "method not allowed",
    408: "timeout",
    409: "conflict",
    410: "gone",
    413: "too large",
    415: "unsupported type",
    422: "not accepted",
    429: "too many requests",
    500: "server error",
    502: "bad gateway",
    503: "not available",
    504: "gateway timeout",
}
_TELLING = (
    "message",
    "detail",
    "error_description",
    "error",
    "title",
    "errors",
    "reason",
    "description",
    "msg",
    "code",
)


def read(
    response: Response,
    field_paths: Sequence[Path] = (),
    *,
    retry_statuses: Collection[int] = frozenset(),
    may_repeat: bool = True,
) -> Outcome:
    """Returns what becomes of the cell: of 2xx the value, or what is at the paths; else the status and `telling_line`.

    `may_repeat` says whether the request may be sent again though it arrived.
    """
    status = response.status
    if 200 <= status < 300:
        return _value(response, field_paths)
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


def _value(response: Response, field_paths: Sequence[Path]) -> Outcome:
    try:
        value = body_value(response)
    except ValueError as error:
        message = f"{response.status} · The response isn't valid JSON: {error}"
        return Outcome("failed", error_code="not_json", error_message=message, http_status=response.status)
    try:
        value = pick(value, field_paths) if field_paths else value
    except RowError as error:
        return Outcome("failed", error_code=error.code, error_message=error.message, http_status=response.status)
    if value is MISSING or value is None or value in ("", [], {}):
        return Outcome("no_data", http_status=response.status)
    return Outcome("done", value, http_status=response.status)


def body_value(response: Response) -> object:
    """Returns the body as JSON, or as text where it does not claim to be JSON; None when it is empty.

    Raises ValueError.
    """
    text = response.text.strip()
    if not text:
        return None
    try:
        value = _DECODER.decode(text)
        if text.count("[") + text.count("{") > DEEPEST and _is_too_deep(value):
            raise RecursionError
        return encodable(value) if _HALF.search(text) else value
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except ValueError:
        if "json" in (response.header("content-type") or "").lower():
            raise
        return text[:LARGEST_VALUE]


def _is_too_deep(value: object) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        lists = (item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list))
        level = [child for children in lists for child in children]
    return bool(level)


def _number(text: str) -> float | str:
    """Returns a number, or its text where it is too large for a double."""
    number = float(text)
    return number if math.isfinite(number) else text


def _refuse(constant: str) -> object:
    raise ValueError(f"it contains {constant}")


_DECODER = json.JSONDecoder(parse_constant=_refuse, parse_float=_number)


def telling_line(response: Response) -> str:
    """Returns the words of the response that say most about what went wrong, in one line."""
    text = response.text.strip()
    line = ""
    if text:
        try:
            line = _telling(json.loads(text))
        except (ValueError, RecursionError):
            line = _without_markup(text)
    line = " ".join(_UNPRINTABLE.sub(" ", line).split())[:LONGEST_LINE]
    return line or _REASONS.get(response.status, "no reason given")


def _telling(value: object, depth: int = 0) -> str:
    if isinstance(value, str):
        return value
    if depth > 4:
        return ""
    if isinstance(value, list):
        return next((line for line in (_telling(item, depth + 1) for item in value[:10]) if line), "")
    if isinstance(value, dict):
        for name in _TELLING:
            for key, item in value.items():
                if key.lower() == name and (line := _telling(item, depth + 1)):
                    return line
        for key, item in value.items():
            if line := _telling(item, depth + 1):
                return f"{key}: {line}"
    return str(value) if isinstance(value, int | float) and depth else ""


def _without_markup(text: str) -> str:
    """Returns the title or heading of an HTML page, or the first line of a text."""
    text = text[:_LONGEST_PAGE]
    if "<" in text:
        for tag in ("title", "h1", "h2", "p", "body"):
            if element := re.search(rf"<{tag}[^>]*>(.*?)</{tag}>", text, re.IGNORECASE | re.DOTALL):
                line = unescape(re.sub(r"<[^>]+>", " ", element[1])).strip()
                if line:
                    return line
        text = unescape(re.sub(r"<[^>]*>", " ", text)).strip()
    return text.splitlines()[0] if text else ""


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

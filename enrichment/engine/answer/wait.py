"""How long a response asks to wait before another request."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from enrichment.engine.messages import Response

LONGEST = 366 * 86400.0  # seconds; who asks for more is not waited for any longer
_ASKS = (429, 503)
# Refused for now where they say for how long: by a quota, by a server that is too busy, or as too large just now.
_MAY_ASK = (403, 413, 420, 509, 529)
_RESETS = (
    "ratelimit-reset",
    "x-ratelimit-reset",
    "x-rate-limit-reset",
    "x-ratelimit-reset-after",
    "ratelimit-reset-after",
)
_MILLISECONDS_TO_RESET = ("x-ratelimit-reset-ms", "x-rate-limit-reset-ms")
_REMAINING = ("ratelimit-remaining", "x-ratelimit-remaining", "x-rate-limit-remaining")
# Of one of several limits, such as x-ratelimit-remaining-tokens or anthropic-ratelimit-requests-remaining.
_REMAINING_OF_ONE = re.compile(r"[\w-]*rate-?limit-(?:remaining-[\w-]+|[\w-]+-remaining)")
_SECONDS = ("retry-after", "x-retry-after", "x-ratelimit-retry-after", "ratelimit-retry-after")
_MILLISECONDS = ("retry-after-ms", "x-retry-after-ms", "x-ms-retry-after-ms")
# Without _, and their parts of a second.
_IN_BODY = {"retryafterms": 1000, "retryafterseconds": 1, "retryafter": 1, "retrydelay": 1}
_ITEMS = 20  # of a list that are looked into
_NUMBER = re.compile(r"\+?\d{1,30}(\.\d+)?", re.ASCII)
_DURATION = re.compile(
    r"(?:(\d+) ?h(?:ours?|rs?)?)? ?(?:(\d+) ?m(?:in(?:ute)?s?)?(?!s))? ?(?:(\d+(?:\.\d+)?) ?s(?:ec(?:ond)?s?)?)?"
    r" ?(?:(\d+(?:\.\d+)?) ?ms)?",
    re.ASCII | re.IGNORECASE,
)
_ISO_DURATION = re.compile(r"PT(?=\d)([\dHMS.]+)", re.ASCII)
_LONG_PAST = 10 * LONGEST
_EPOCHS = (1e9, 1e11, 1e14, 1e17)  # from here on a number is a moment, in seconds, milliseconds, micro- or nanoseconds


def asked_wait(response: Response, now: datetime) -> float | None:
    """Returns the seconds that the server asks to wait: 0 when it doesn't say how long, None when it doesn't ask.

    429 always asks. 503 asks if it says how long, and so does 403, as GitHub's: one that was merely answered with
    the headers of a limit that is not used up is a refusal. So do 413 and what servers answer that are overloaded.
    """
    if response.status not in (*_ASKS, *_MAY_ASK):
        return None
    wait = _named_in_headers(response, now) if response.status == 413 else _told(response, now)
    if wait is None:
        return 0.0 if response.status == 429 else None
    return min(wait, LONGEST)


def earliest_retry(response: Response, now: datetime) -> float:
    """Returns the seconds before which a failed request is not to be tried again, for everything that asks no wait."""
    return min(_named_in_headers(response, now) or 0.0, LONGEST)


def named_wait(response: Response, now: datetime) -> float | None:
    """Returns the seconds after which an answer says to ask again, None where it says nothing of that."""
    wait = _named_in_headers(response, now)
    wait = _in_body(response, now) if wait is None else wait
    return None if wait is None else min(wait, LONGEST)


def _told(response: Response, now: datetime) -> float | None:
    """Returns what stands in Retry-After, in the headers of a limit that is used up, or in the body.

    A 0 that stands before another wait says nothing.
    """
    wait = None
    for told in (_named_in_headers, _until_reset, _in_body):
        if (another := told(response, now)) is not None:
            wait = another
        if wait:
            return wait
    return wait


def _named_in_headers(response: Response, now: datetime) -> float | None:
    """Returns the longest wait of the first of these headers, which servers send twice or with a list."""
    for name in (*_SECONDS, *_MILLISECONDS):
        texts = [text for key, text in response.headers if key.lower() == name]
        waits = [wait for text in texts for wait in _waits(text, now)]
        if waits:
            return max(waits) / (1000 if name in _MILLISECONDS else 1)
    return None


def _waits(text: str, now: datetime) -> list[float]:
    whole = _wait(text, now)
    parts = [whole] if whole is not None else [_wait(part, now) for part in re.split("[,;]", text)]
    return [wait for wait in parts if wait is not None]


def _until_reset(response: Response, now: datetime) -> float | None:
    """Returns the seconds until the limit starts anew; a limit with something left is not why the server refused."""
    policies = response.header("ratelimit")
    if policies is not None and (resets := list(_used_up(policies))):
        return max(resets)
    if waits := list(_until_reset_of_one(response, now)):
        return max(waits)
    left = next((text for name in _REMAINING if (text := response.header(name)) is not None), None)
    if (_number(left) or 0) > 0 or (response.status == 403 and left is None):
        return None
    named = [_wait(response.header(name), now) for name in _RESETS]
    milliseconds = (_number(response.header(name)) for name in _MILLISECONDS_TO_RESET)
    named += [_wait_of_number(number, now, 1000) for number in milliseconds if number is not None]
    return next((wait for wait in named if wait is not None), None)


def _until_reset_of_one(response: Response, now: datetime) -> Iterator[float]:
    """Yields the seconds until each limit that is used up starts anew, where each has headers of its own."""
    for name, left in response.headers:
        if _REMAINING_OF_ONE.fullmatch(name.lower()) and _number(left) == 0:
            wait = _wait(response.header(name.lower().replace("remaining", "reset")), now)
            if wait is not None:
                yield wait


def _used_up(policies: str) -> Iterator[float]:
    """Yields t of `"day";r=0;t=30, "hour";r=5;t=9`, or the reset of `limit=100, remaining=0, reset=30`."""
    items = policies.split(",") if ";" in policies else [policies]
    for item in items:
        left, reset = re.search(r"\b(?:r|remaining)=(\d+)", item), re.search(r"\b(?:t|reset)=\"?(\d{1,15})", item)
        if reset and not (left and int(left[1])):
            yield float(reset[1])


def _in_body(response: Response, now: datetime) -> float | None:
    """Returns `retry_after` or `retry_after_ms` of a JSON object, or of one in it.

    Such are Telegram's `parameters` and Google's `error.details[].retryDelay`.
    """
    try:
        body = json.loads(response.text)
    except (ValueError, RecursionError):
        return None
    return next((wait for part in _objects(body, depth=3) if (wait := _named(part, now)) is not None), None)


def _objects(value: object, depth: int) -> Iterator[Mapping[str, object]]:
    """Yields the value if it is an object, then those in it and in its lists, so many levels down."""
    if isinstance(value, dict):
        yield value
        if depth:
            for part in value.values():
                yield from _objects(part, depth - 1)
    elif isinstance(value, list) and depth:
        for item in value[:_ITEMS]:
            yield from _objects(item, depth - 1)


def _named(part: Mapping[str, object], now: datetime) -> float | None:
    names = {name.replace("_", "").replace("-", "").lower(): value for name, value in part.items()}
    for name, parts_of_second in _IN_BODY.items():
        value = names.get(name)
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            number = _number(str(value))
            if number is not None:
                return _wait_of_number(number, now, parts_of_second)
            if (wait := _wait(str(value), now)) is not None:
                return wait
    return None


def _wait(text: str | None, now: datetime) -> float | None:
    """Reads seconds, a moment (in parts of a second since 1970, or as a date), or a duration such as `6m0s`."""
    if text is None or not (text := text.strip().strip('"')):
        return None
    number = _number(text)
    if number is not None:
        return _wait_of_number(number, now)
    if (duration := _duration(text)) is not None:
        return duration
    moment = _date(text)
    return max(0.0, (moment - now).total_seconds()) if moment else None


def _wait_of_number(number: float, now: datetime, parts_of_second: int = 1) -> float:
    """Returns the wait of so many parts of a second, or until a moment, which is a larger number.

    One that is long past is no moment, but forever.
    """
    if number < _EPOCHS[0] * parts_of_second:
        return number / parts_of_second
    unit = 1000.0 ** sum(number >= start for start in _EPOCHS[1:])
    wait = number / unit - now.timestamp()
    return max(0.0, wait) if wait > -_LONG_PAST else LONGEST


def _duration(text: str) -> float | None:
    """Reads `1h`, `6m0s`, `13.5s`, `20ms`, `5 seconds` or `PT30S`."""
    iso = _ISO_DURATION.fullmatch(text)
    found = _DURATION.fullmatch(iso[1] if iso else text)
    if not found or not any(found.groups()):
        return None
    hours, minutes, seconds, milliseconds = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds + milliseconds / 1000


def _number(text: str | None) -> float | None:
    return float(text) if text and _NUMBER.fullmatch(text.strip()) else None


def _date(text: str) -> datetime | None:
    for read in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = read(text.removesuffix(" UTC"))
            return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        except (ValueError, OverflowError):
            continue
    return None

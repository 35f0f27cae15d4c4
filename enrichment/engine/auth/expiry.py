"""When a token ends, in each of the ways in which APIs say so."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_LONGEST = 1e9  # seconds: no token lives for 30 years, so that a larger number is a moment
UNITS = ("seconds", "milliseconds", "epoch", "iso8601")


def stated_end(claims: Mapping[str, Any], now: float) -> float | None:
    """Returns `exp`; of a new token that has ended already, it only says that the clocks differ."""
    end, start = moment_of(claims.get("exp"), "epoch", now), moment_of(claims.get("iat"), "epoch", now)
    if end is None or end > now:
        return end
    return now + end - start if start is not None and end > start else None


def moment_of(value: object, unit: str, now: float) -> float | None:
    """Returns seconds since 1970; None for what is not a moment."""
    if unit == "iso8601":
        return _iso8601(value)
    try:
        number = float(str(value))
    except ValueError:
        return None
    if not 0 < number < 1e15:
        return None
    parts = 1000 if unit == "milliseconds" else 1
    if unit == "epoch" or number > _LONGEST * parts:
        return number / 1000 if number > 1e11 else number
    return now + number / parts


def _iso8601(value: object) -> float | None:
    try:
        moment = datetime.fromisoformat(str(value))
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return None

"""Dates and times as moments: 2026-01-01T10:00:00+05:00 is before 2026-01-01T08:00:00Z, however both are written.

A time without an offset is in UTC. A day stands for its first moment, and holds every moment up to the next day in UTC.

The key of a moment is a text in UTC that is sorted as the moment is. Midnight is the day itself.

    2026-01-01                  2026-01-01
    2026-01-01 05:00+05:00      2026-01-01
    2026-01-01T10:00:00.250Z    2026-01-01T10:00:00.25
    2026-01-01T00:00:00.250Z    2026-01-01.25
"""

import re
from datetime import UTC, date, datetime, timedelta

from django.db.backends.base.base import BaseDatabaseWrapper

# A time, also as it is written in texts from before a column had its type. PostgreSQL takes the pattern too, and would
# break off at a day that there isn't, or an offset that nobody has.
_LEAP_YEAR = "[0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][48]|[13579][26]|[2468]0)00"
_DAY_OF_YEAR = "(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])|(0[13-9]|1[0-2])-(29|30)|(0[13578]|1[02])-31"  # of any year
TIME = (
    f"((?!0000)[0-9]{{4}}-({_DAY_OF_YEAR})|({_LEAP_YEAR})-02-29)"
    "[T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.,][0-9]{1,6})?)?"
    "(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)?"
)
_TIME = re.compile(TIME)
_DAY_LENGTH = len("2026-12-31")
_AFTER = "~"  # sorted after whatever follows a day in a key


def add_to(connection: BaseDatabaseWrapper, **_: object) -> None:
    """Gives the function to a new connection to SQLite; a receiver of `connection_created`."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("marl_moment", 1, key, deterministic=True)


def key(text: str) -> str | None:
    """Returns the key of a day or a time; None where the text is neither, or outside of the years 1 to 9999 in UTC."""
    try:
        if len(text) == _DAY_LENGTH:
            return date.fromisoformat(text).isoformat()
        return _in_utc(text) if _TIME.fullmatch(text) else None
    except (ValueError, OverflowError):
        return None


def _in_utc(text: str) -> str:
    """Raises ValueError or OverflowError."""
    moment = datetime.fromisoformat(text)
    written = moment.isoformat() if moment.tzinfo is None else moment.astimezone(UTC).isoformat().removesuffix("+00:00")
    return (written.rstrip("0") if moment.microsecond else written).replace("T00:00:00", "")


def reach(text: str) -> tuple[str, str]:
    """Returns the first and the last key of what a day holds, or twice the key of a time. Raises ValueError."""
    own = key(text)
    if own is None:
        raise ValueError(text)
    return (own, own + _AFTER) if len(text) == _DAY_LENGTH else (own, own)


def written(text: str) -> tuple[str, str]:
    """Returns texts between which a time is written, with whatever offset, that is `reach` of the day or time."""
    first, last = (date.fromisoformat(bound[:_DAY_LENGTH]) for bound in reach(text))
    day = timedelta(days=1)
    before = first - day if first > date.min else first
    after = last + day if last < date.max else last
    return before.isoformat(), after.isoformat() + _AFTER

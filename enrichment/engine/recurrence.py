"""When something that comes again and again comes next, by the clock on the wall of a time zone."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

type Every = Literal["hour", "day", "week", "month"]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Recurrence:
    """A time of day, or the minutes of it in every hour; `days` are of the week from 0, or of the month from 1.

    A day that a month lacks is its last one.
    """

    every: Every
    at: time
    zone: tzinfo
    days: Collection[int] = ()

    def after(self, moment: datetime) -> datetime:
        """Returns the next time in UTC.

        A time that the clock leaves out in spring comes as much later; one that it shows twice in autumn comes once.
        Hours come whenever the clock shows their minutes, so that one which passes twice comes twice.
        """
        if self.every == "hour":
            return next(found for found in _minutes_after(moment) if self._is_minute(found.astimezone(self.zone)))
        return next(found for found in self._times(moment.astimezone(self.zone).date()) if found > moment)

    def _is_minute(self, local: datetime) -> bool:
        """Whether the clock shows the minutes, and has not shown the same time less than an hour ago."""
        return local.minute == self.at.minute and not (
            local.fold and local.astimezone(UTC) - local.replace(fold=0).astimezone(UTC) < _HOUR
        )

    def _times(self, first: date) -> Iterator[datetime]:
        """Yields the times from the day before this one on: the day in UTC may be another."""
        day = first - timedelta(days=1)
        while True:
            if self._has(day):
                yield datetime.combine(day, self.at, self.zone).astimezone(UTC)
            day += timedelta(days=1)

    def _has(self, day: date) -> bool:
        if self.every == "week":
            return day.weekday() in self.days
        if self.every == "month":
            is_last = (day + timedelta(days=1)).day == 1
            return day.day in self.days or (is_last and max(self.days) > day.day)
        return True


def _minutes_after(moment: datetime) -> Iterator[datetime]:
    minute = moment.astimezone(UTC).replace(second=0, microsecond=0)
    while True:
        minute += timedelta(minutes=1)
        yield minute

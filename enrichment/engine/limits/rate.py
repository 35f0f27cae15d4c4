"""The arithmetic of rate limits; the scripts run where every worker sees the same clock and the same lists."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


def _script(name: str) -> str:
    return Path(__file__).with_name(name).read_text()


RESERVE, POSTPONE, PERMITS = _script("reserve.lua"), _script("postpone.lua"), _script("permits.lua")
LOOK_AHEAD = 0.2  # seconds: what a crashed worker can waste at most
ON_TIME = 0.004  # seconds behind its slot that a start may be without being told


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `requests` starts in any window of `seconds`."""

    requests: int
    seconds: float

    @property
    def margin(self) -> float:
        """Added to every window, because the network delivers unevenly."""
        return min(0.025, self.seconds / 20)

    @property
    def gap(self) -> float:
        """Between two starts: a burst of all at once would queue at the server and reach it unevenly."""
        return 0.9 * self.seconds / self.requests

    @property
    def look_ahead(self) -> float:
        """Nobody reserves further: what starts late is told before the window behind it is given away."""
        return min(LOOK_AHEAD, self.seconds / 2)

    @property
    def grace(self) -> float:
        """A start later than this after its slot is given up: nobody would hear of it in time."""
        return self.seconds / 4

    @property
    def doubt(self) -> float:
        """As much again for a request that took so much longer than others: it may have arrived that late."""
        return self.margin

    def within(self, seconds: float) -> int:
        """The starts this limit allows in so many seconds, at most."""
        return int(self.requests * (seconds / self.seconds + 1)) + 1


def look_ahead(limits: Sequence[Limit | None]) -> float:
    """Seconds that may be reserved under all of them."""
    return min((limit.look_ahead for limit in limits if limit), default=LOOK_AHEAD)


def arguments(wanted: int, limits: Sequence[Limit | None]) -> tuple[int, ...]:
    """ARGV of the slots script."""
    each = [_numbers(limit) for limit in limits]
    return wanted, micro(look_ahead(limits)), *(number for numbers in each for number in numbers)


def _numbers(limit: Limit | None) -> tuple[int, ...]:
    if limit is None:
        return 0, 0, 0, 0
    return limit.requests, micro(limit.seconds), micro(limit.margin), micro(limit.gap)


@dataclass(frozen=True, slots=True)
class Start:
    """A start time that was reserved: seconds after the answer, and the microsecond by which Redis knows it."""

    after: float
    name: int


@dataclass(frozen=True, slots=True)
class Reply:
    """`next_after`: seconds until the next start time, when none could be reserved yet."""

    starts: tuple[Start, ...]
    next_after: float


def read(reply: Sequence[bytes | str]) -> Reply:
    now, later, *starts = (int(part) for part in reply)
    return Reply(tuple(Start(max(0.0, (start - now) / 1e6), start) for start in starts), max(0.0, (later - now) / 1e6))


def micro(seconds: float) -> int:
    return round(seconds * 1_000_000)

"""The arithmetic of rate limits; the script runs where every worker sees the same clock and the same list."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LUA = Path(__file__).with_name("slots.lua").read_text()
LOOK_AHEAD = 0.2  # seconds: what a crashed worker can waste at most


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `requests` starts in any window of `seconds`."""

    requests: int
    seconds: float

    @property
    def margin(self) -> float:
        """Added to every window, because the network delivers unevenly."""
        return min(0.05, self.seconds / 10)

    @property
    def gap(self) -> float:
        """Between two starts: a burst of all at once would queue at the server and reach it unevenly."""
        return 0.9 * self.seconds / self.requests

    @property
    def grace(self) -> float:
        """A start later than this after its slot is given up: it would crowd a later window."""
        return self.margin / 2

    def within(self, seconds: float) -> int:
        """The starts this limit allows in so many seconds, at most."""
        return int(self.requests * (seconds / self.seconds + 1)) + 1


def arguments(wanted: int, limit: Limit | None) -> tuple[int, ...]:
    """ARGV of the script."""
    if limit is None:
        return wanted, 0, 0, 0, _micro(LOOK_AHEAD), 0
    return wanted, limit.requests, _micro(limit.seconds), _micro(limit.margin), _micro(LOOK_AHEAD), _micro(limit.gap)


@dataclass(frozen=True, slots=True)
class Slots:
    """Seconds from the answer until each start; `wait` until asking again is worth while when there is none."""

    starts: tuple[float, ...]
    wait: float


def read(answer: Sequence[bytes | str]) -> Slots:
    now, later, *starts = (int(part) for part in answer)
    return Slots(tuple(max(0.0, (start - now) / 1e6) for start in starts), max(0.0, (later - now) / 1e6))


def _micro(seconds: float) -> int:
    return round(seconds * 1_000_000)

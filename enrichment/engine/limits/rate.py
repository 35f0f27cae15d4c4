"""Rate limits: at most `requests` arrive in any window of `seconds`, however many workers send, however slowly.

Nobody knows when a request will arrive: a busy process, a connection or the network may hold it up. So a limit doesn't
count start times. Redis keeps, for each of the last requests and by its own clock, when it has arrived *at the latest*
(`reserve.lua`), and grants a start only where all but `requests` - 1 of those before it arrived `seconds` earlier. What
becomes of one reservation:

    reserved       start           sent       looked at                              start of another request
       |              |              |            |                                             |
       |<-look_ahead->|<- up to USABLE ->|        |<-1 ms->|                                    |
       |              |<-  spacing  ->| next      |        |                                    |
       |              |              |<-patience->|<-------------------- window --------------->|

`look_ahead`: nobody reserves further, so that a worker that dies wastes little.
`spacing`: requests that start all at once would queue at the server. A tenth less than an even spacing, so that time
    lost between two starts is made up.
`USABLE`: a request that isn't sent by then, because it still connects, say, leaves its place to others.
`patience`: a request has arrived when its answer comes. Where that takes longer, it has arrived when the server's
    kernel has acknowledged all of it (`http_client.departure`). The answer is what a server that falls behind counts
    by, so it is waited for as long as that costs little.
`window`: a thousandth longer than `seconds`, since no two clocks agree.
`REPORT`: arrivals are reported together, with the next reservation or this much later; nobody needs them earlier.
`LOST`: a request of which nobody has said anything for so long has arrived: its worker died. A worker says of each
    request that the server's kernel hasn't acknowledged that it may still be on its way.

What an API says of itself comes on top, and holds for all who send to it (`hold.lua`): the time until which it asks to
wait, and the pace at which it goes on after it refused a request as one too many. The pace is half of what was sent in
the last second. It goes up by a twentieth of itself a second, the same step each time, while it is what holds requests
up, and is halved when the API refuses again. So it stays close below what the API allows, and costs few refusals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from itertools import chain
from pathlib import Path
from types import MappingProxyType


def _script(name: str) -> str:
    return Path(__file__).with_name(name).read_text()


RESERVE, PERMITS, HOLD, LIFT = (_script(f"{name}.lua") for name in ("reserve", "permits", "hold", "lift"))
LOOK_AHEAD = 0.2  # seconds
USABLE = 1.0  # seconds
PATIENCE = 0.5  # seconds, at most
REPORT = 1.0  # seconds, at most
LOST = 30.0  # seconds


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `requests` arrivals in any window of `seconds`; every duration is in seconds."""

    requests: int
    seconds: float

    @property
    def look_ahead(self) -> float:
        return min(LOOK_AHEAD, self.seconds / 2)

    @property
    def window(self) -> float:
        return self.seconds * 1.001

    @property
    def patience(self) -> float:
        return min(PATIENCE, self.seconds / 40)

    @property
    def spacing(self) -> float:
        return 0.9 * self.seconds / self.requests

    def within(self, seconds: float) -> int:
        """Returns how many starts this limit allows in so many seconds, at most."""
        return int(self.requests * (seconds / self.seconds + 1)) + 1


def look_ahead(limits: Sequence[Limit]) -> float:
    """Returns the seconds that may be reserved under all of them."""
    return min((limit.look_ahead for limit in limits), default=LOOK_AHEAD)


def patience(limits: Sequence[Limit]) -> float:
    """Returns the seconds for which an answer is waited for under all of them."""
    return min((limit.patience for limit in limits), default=0.0)


def report(limits: Sequence[Limit]) -> float:
    """Returns the seconds by which an arrival is reported, early enough for all of them."""
    return min([REPORT, *(limit.seconds / 4 for limit in limits)])


class Arrival(IntEnum):
    """What is known of a request instead of the microsecond by which it had arrived."""

    NEVER = 0  # it was not sent
    UNKNOWN = -1  # it may be on its way


def arguments(
    requests: int, limits: Sequence[Limit], started: int = 0, reports: Mapping[int, int] = MappingProxyType({})
) -> tuple[int, ...]:
    """Returns ARGV of `reserve.lua`.

    `started` is how many requests started without a reservation since the last call, and `reports` what became of
    those with one, {name of the start: microsecond by which the request had arrived, or an `Arrival`}.
    """
    bounds = requests, microseconds(look_ahead(limits)), started, microseconds(LOST)
    of_limits = (number for limit in limits for number in _of(limit))
    # Plain numbers: redis would write the name of a member of an enum.
    return *bounds, len(reports), *map(int, chain.from_iterable(reports.items())), *of_limits


def _of(limit: Limit) -> tuple[int, int, int]:
    return limit.requests, microseconds(limit.window), max(1, microseconds(limit.spacing))


@dataclass(frozen=True, slots=True)
class Start:
    """A start time that was reserved: seconds from the reply, and the microsecond by which Redis knows it."""

    seconds: float
    name: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What `reserve.lua` returns; `next_start` is in how many seconds the earliest start would be, where it is too far.

    Without that, there is at least one start. `held` is for how many seconds the API asks to wait, `waits` how often it
    asked without a success since, and `pace` the requests a second to which it slowed everybody, None where it did not.
    """

    starts: tuple[Start, ...]
    next_start: float
    held: float
    waits: int
    pace: float | None


def read(reply: Sequence[bytes | str]) -> Reply:
    """Reads what `reserve.lua` returned."""
    now, next_start, held_until, waits, gap, *starts = (int(part) for part in reply)
    return Reply(
        starts=tuple(Start(_seconds(now, start), start) for start in starts),
        next_start=_seconds(now, next_start),
        held=_seconds(now, held_until),
        waits=waits,
        pace=1_000_000 / gap if gap else None,
    )


@dataclass(frozen=True, slots=True)
class Hold:
    """What `hold.lua` returns: for how many seconds nobody sends to the API.

    `waits` is how often it asked the column to wait without a success since, and `since` how many seconds that takes.
    """

    seconds: float
    waits: int
    since: float


def read_hold(reply: Sequence[bytes | str]) -> Hold:
    """Reads what `hold.lua` returned."""
    now, held_until, waits, since = (int(part) for part in reply)
    return Hold(_seconds(now, held_until), waits, _seconds(since, now) if since else 0.0)


def _seconds(now: int, then: int) -> float:
    return max(0.0, (then - now) / 1_000_000)


def microseconds(seconds: float) -> int:
    return round(seconds * 1_000_000)

"""Rate limits: at most `requests` starts in any window of `seconds`, however many workers send.

Redis keeps the last start times of each limit, by its own clock. A worker reserves start times (`reserve.lua`), sleeps
until each of them, sends, and reports a start that came late (`postpone.lua`). What becomes of one reservation:

    reserved       start                                                        start of the request
       |              |                                                            `requests` later
       |<-look_ahead->|                                                                     |
       |              |<-tolerance->| on time                                               |
       |              |<------ spacing ------>| next start                                  |
       |              |<---------- grace ---------->| late, but reported                    |
       |              |<----------------------- seconds ---------------------->|<- margin ->|

`look_ahead`: nobody reserves further, so a worker that dies wastes no more than that.
`tolerance`: part of the margin, so that a start a moment late costs no call to Redis.
`spacing`: requests that start all at once would queue at the server and reach it unevenly. A tenth less than an even
    spacing, so that time lost between two starts is made up.
`grace`: a late start moves to when it really was. Later than that the window after it may be given away already, so
    another start time is reserved instead. `look_ahead` + `grace` is less than `seconds`, with time to report it.
`margin`: added to every window, because the network delivers unevenly. An answer that took longer than others says
    that its request may have arrived late: then its start time moves by that, but by no more than the margin.

What an API says of itself comes on top, and holds for all who send to it (`hold.lua`): the time until which it asks to
wait, and the pace at which it goes on after it refused a request as one too many. The pace is half of what was sent in
the last second. It goes up by a twentieth of itself a second, the same step each time, while it is what holds requests
up, and is halved when the API refuses again. So it stays close below what the API allows, and costs few refusals.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


def _script(name: str) -> str:
    return Path(__file__).with_name(name).read_text()


RESERVE, POSTPONE, PERMITS = (_script(f"{name}.lua") for name in ("reserve", "postpone", "permits"))
HOLD, LIFT = (_script(f"{name}.lua") for name in ("hold", "lift"))
LOOK_AHEAD = 0.2  # seconds
MARGIN = 0.025  # seconds


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `requests` starts in any window of `seconds`; every duration is in seconds."""

    requests: int
    seconds: float

    @property
    def look_ahead(self) -> float:
        return min(LOOK_AHEAD, self.seconds / 2)

    @property
    def tolerance(self) -> float:
        return self.margin / 5

    @property
    def spacing(self) -> float:
        return 0.9 * self.seconds / self.requests

    @property
    def grace(self) -> float:
        return self.seconds / 4

    @property
    def margin(self) -> float:
        return min(MARGIN, self.seconds / 20)

    def within(self, seconds: float) -> int:
        """Returns how many starts this limit allows in so many seconds, at most."""
        return int(self.requests * (seconds / self.seconds + 1)) + 1


def look_ahead(limits: Sequence[Limit]) -> float:
    """Returns the seconds that may be reserved under all of them."""
    return min((limit.look_ahead for limit in limits), default=LOOK_AHEAD)


def arguments(requests: int, limits: Sequence[Limit], started: int = 0) -> tuple[int, ...]:
    """Returns ARGV of `reserve.lua`; `started` is how many requests started without a reservation since the last."""
    return requests, microseconds(look_ahead(limits)), started, *(number for limit in limits for number in _of(limit))


def _of(limit: Limit) -> tuple[int, int, int]:
    return limit.requests, microseconds(limit.seconds + limit.margin), microseconds(limit.spacing)


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

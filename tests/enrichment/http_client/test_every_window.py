"""Whatever becomes of requests after their start was granted, no window at the server holds more than the limit.

A simulation: the script is the real one, and the clock, the workers and the network are drawn by Hypothesis. No limit
is kept by somebody being quick.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import cycle

import pytest
from django.conf import settings
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from redis import Redis

from enrichment.engine.limits import rate
from enrichment.engine.limits.rate import LOST, USABLE, Arrival, Limit
from tests.enrichment.http_client.conftest import NOON, SECOND, with_clock


class End(StrEnum):
    SEEN = "seen"  # its arrival becomes known, sooner or later
    UNUSED = "unused"  # it is not sent, and its worker says so
    DIED = "died"  # its worker dies before it says anything, but not before it is sent


@dataclass(frozen=True)
class Fate:
    """What becomes of one request; every duration is in seconds."""

    end: End
    stalled: float  # between its start and the moment when it is written
    travels: float
    unnoticed: float  # from its arrival until its worker knows of it
    unreported: float  # from then until Redis hears it


def seconds(most: float) -> st.SearchStrategy[float]:
    return st.one_of(st.just(0.0), st.floats(0, most), st.just(most))


FATES = st.builds(
    Fate,
    st.sampled_from([End.SEEN, End.SEEN, End.SEEN, End.UNUSED, End.DIED]),
    seconds(USABLE),
    seconds(3 * LOST),
    seconds(3),
    seconds(3),
)

AT_ONCE = Fate(End.SEEN, 0, 0, 0, 0)
SENT_LATE = Fate(End.SEEN, USABLE, 0, 0, 0)
DIED_LATE = Fate(End.DIED, USABLE, LOST, 0, 0)
ON_ITS_WAY_LONG = Fate(End.SEEN, 0, 3 * LOST, 0, 0)


@dataclass
class World:
    """All that is sent under some limits, at the clock of Redis, in microseconds."""

    server: Redis
    limits: Sequence[Limit]
    fates: Iterator[Fate]
    now: int = NOON
    arrivals: list[float] = field(default_factory=list)
    reports: list[tuple[float, int, int]] = field(default_factory=list)  # when Redis hears that, of which start, what

    def go_on(self, wanted: int) -> None:
        """A worker reserves as many starts as it may, with all that was to be reported by now."""
        due = sorted(report for report in self.reports if report[0] <= self.now)
        self.reports = [report for report in self.reports if report[0] > self.now]
        self.server.set("clock", self.now)
        keys = ["api", "column", *(f"{kept}:{n}" for n in range(len(self.limits)) for kept in ("arrivals", "start"))]
        arguments = rate.arguments(wanted, self.limits, 0, {start: known for _, start, known in due})
        reply = self.server.eval(with_clock(rate.RESERVE), len(keys), *keys, *arguments)
        assert isinstance(reply, list)
        _, next_start, _, _, _, *starts = (int(part) for part in reply)
        for start in starts:
            self._send(start, next(self.fates))
        if starts:
            self.now += 1  # when another worker asks
        else:
            ahead = rate.look_ahead(self.limits) * SECOND
            hears = min((at for at, _, _ in self.reports), default=self.now + SECOND)
            is_known = next_start > self.now + ahead + 1  # otherwise workers ask again and again until they hear
            self.now = round(max(self.now + 1, min(next_start - ahead / 2, hears) if is_known else hears))

    def _send(self, start: int, fate: Fate) -> None:
        sent = start + fate.stalled * SECOND
        if fate.end == End.UNUSED:
            self.reports.append((sent + fate.unreported * SECOND, start, Arrival.NEVER))
            return
        if fate.end == End.DIED:
            self.arrivals.append(min(sent + fate.travels * SECOND, start + LOST * SECOND))
            return
        arrived = sent + fate.travels * SECOND
        known = arrived + fate.unnoticed * SECOND
        self.arrivals.append(arrived)
        heard = known + fate.unreported * SECOND
        # Until it knows, the worker says from time to time that the request may be on its way.
        still = (sent + number * 0.9 * LOST * SECOND for number in range(1, 5))
        self.reports += [(at, start, Arrival.UNKNOWN) for at in still if at < heard]
        self.reports.append((heard, start, round(known)))


@pytest.fixture(scope="module")
def connection(redis_server: None) -> Iterator[Redis]:
    with Redis.from_url(settings.REDIS_URL) as server:
        yield server
        server.flushdb()


@hypothesis_settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    limits=st.lists(
        st.builds(Limit, st.integers(1, 6), st.sampled_from([0.05, 0.2, 1.0, 10.0])), min_size=1, max_size=2
    ),
    fates=st.lists(FATES, min_size=1, max_size=12),
    wanted=st.integers(1, 5),
)
@example(limits=[Limit(1, 10.0)], fates=[ON_ITS_WAY_LONG, AT_ONCE], wanted=1)
@example(limits=[Limit(2, 1.0)], fates=[AT_ONCE, SENT_LATE, DIED_LATE], wanted=2)
def test_no_window_at_the_server_holds_more_than_the_limit(
    connection: Redis, limits: list[Limit], fates: list[Fate], wanted: int
) -> None:
    connection.flushdb()
    world = World(connection, limits, cycle(fates))
    for _ in range(100):
        world.go_on(wanted)
    arrivals = sorted(world.arrivals)
    for limit in limits:
        ends = (bisect_left(arrivals, arrival + limit.seconds * SECOND) for arrival in arrivals)
        assert max((end - place for place, end in enumerate(ends)), default=0) <= limit.requests

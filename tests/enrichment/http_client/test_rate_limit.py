"""What the script reserves as its clock goes on, and the limiter that uses it."""

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from redis.asyncio import Redis

from enrichment.engine.limits import rate
from enrichment.engine.limits.rate import Limit
from enrichment.http_client.rate_limit import Limiter, Reservation, Wait
from tests.enrichment.http_client.conftest import NOON, SECOND, Clock

LIMITS = [Limit(1, 0.1), Limit(5, 1), Limit(50, 1), Limit(100, 0.2), Limit(3, 60)]


class Script:
    """The script that reserves, called directly: without the limiter nothing waits."""

    def __init__(self, server: Redis, clock: Clock) -> None:
        self.server = server
        self.clock = clock

    async def reserve(self, requests: int, *limits: Limit | None) -> list[int]:
        """Start times under these limits, each of which has a key of its own."""
        _, _, *starts = await self._reserve(requests, *limits)
        return starts

    async def reserve_all(self, number: int, limit: Limit) -> list[int]:
        """So many start times, as the clock goes on."""
        starts: list[int] = []
        while len(starts) < number:
            _, next_start, *more = await self._reserve(number - len(starts), limit)
            starts += more
            await self.clock.set(more[-1] if more else next_start)
        return starts

    async def _reserve(self, requests: int, *limits: Limit | None) -> list[int]:
        keys = [f"{kind}:{number}" for number in range(len(limits)) for kind in ("starts", "pause")]
        reply = await self.server.eval(rate.RESERVE, len(keys), *keys, *rate.arguments(requests, limits))
        return [int(part) for part in reply]

    async def postpone(self, start: int, seconds: float) -> None:
        await self.server.eval(rate.POSTPONE, 1, "starts:0", start, start + round(seconds * SECOND))

    async def pause(self, seconds: float) -> None:
        await self.server.eval(rate.PAUSE, 1, "pause:0", round(seconds * 1000))


@pytest.fixture
def script(server: Redis, clock: Clock) -> Script:
    return Script(server, clock)


@pytest.fixture
def calls(server: Redis, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The scripts that were run."""
    scripts: list[str] = []
    run = server.eval

    async def counted(script: str, *arguments: Any) -> object:
        scripts.append(script)
        return await run(script, *arguments)

    monkeypatch.setattr(server, "eval", counted)
    return scripts


async def reserved(limiter: Limiter, requests: int = 1) -> Reservation:
    answer = await limiter.reserve(requests)
    assert isinstance(answer, Reservation)
    return answer


def windows(times: Sequence[float], limit: Limit) -> list[float]:
    """Seconds between each time and the one that has to be outside its window."""
    times = sorted(times)
    return [(later - earlier) / SECOND for earlier, later in zip(times, times[limit.requests :], strict=False)]


@pytest.mark.parametrize("limit", LIMITS)
async def test_no_window_at_the_server_holds_more_than_the_limit(script: Script, limit: Limit) -> None:
    """Though a start may be late by the tolerance, and the network delivers unevenly."""
    rng = random.Random(1)
    starts = await script.reserve_all(8 * limit.requests + 1, limit)
    late = [rng.choice([0.0, limit.tolerance]) + rng.choice([0.0, 0.8 * limit.margin]) for _ in starts]
    arrivals = [start + seconds * SECOND for start, seconds in zip(starts, late, strict=True)]
    assert min(windows(arrivals, limit)) >= limit.seconds - 2 / SECOND
    assert min(windows(starts, limit)) >= limit.seconds + limit.margin - 2 / SECOND


@pytest.mark.parametrize("limit", [Limit(5, 1), Limit(50, 1), Limit(100, 10)])
async def test_nearly_all_of_the_allowed_rate_is_used(script: Script, limit: Limit) -> None:
    number = 20 * limit.requests
    starts = await script.reserve_all(number + 1, limit)
    assert number / ((starts[-1] - starts[0]) / SECOND) >= 0.95 * limit.requests / limit.seconds


@pytest.mark.parametrize("limit", [Limit(10, 1), Limit(100, 0.2)])
async def test_starts_do_not_come_all_at_once(script: Script, limit: Limit) -> None:
    starts = await script.reserve_all(limit.requests, limit)
    assert starts[-1] - starts[0] >= 0.85 * limit.seconds * SECOND * (1 - 1 / limit.requests)
    gaps = [later - earlier for earlier, later in pairwise(starts)]
    assert max(gaps) - min(gaps) <= 2


async def test_time_lost_between_two_starts_is_made_up(script: Script) -> None:
    limit = Limit(20, 1)
    starts = await script.reserve_all(40, limit)
    await script.clock.set(starts[-1] + 0.1 * SECOND)  # for twice the time of a start nobody wanted one
    starts += await script.reserve_all(40, limit)
    assert (starts[-1] - starts[0]) / SECOND <= 79 / 20 * 1.025 + 0.01


async def test_a_worker_that_dies_wastes_no_more_than_the_look_ahead(script: Script) -> None:
    limit = Limit(50, 1)
    of_the_dead = await script.reserve(1000, limit)
    assert 0 < of_the_dead[-1] - NOON <= 0.2 * SECOND
    assert len(of_the_dead) > 5  # in one call
    assert await script.reserve(1, limit) == []
    await script.clock.set(NOON + 0.1 * SECOND)
    [start] = await script.reserve(1, limit)
    assert start - NOON <= 0.2 * SECOND + limit.spacing * SECOND + 1


async def test_a_late_start_moves_the_window_after_it(script: Script) -> None:
    """Up to the grace: nobody has been given the start that comes a window later yet."""
    limit = Limit(4, 1)
    first, *_ = await script.reserve_all(4, limit)
    await script.clock.set(first + limit.grace * SECOND)
    assert await script.reserve(1, limit) == []
    await script.postpone(first, limit.grace)
    await script.clock.set(first + (limit.grace + limit.seconds) * SECOND)
    [fifth] = await script.reserve(1, limit)
    assert fifth >= first + (limit.grace + limit.seconds + limit.margin) * SECOND


async def test_every_one_of_several_limits_is_kept(script: Script) -> None:
    strict, wide = Limit(2, 1), Limit(100, 1)
    assert len(await script.reserve(5, wide, strict)) == 1
    await script.clock.set(NOON + 0.5 * SECOND)
    assert len(await script.reserve(5, wide, strict)) == 1
    await script.clock.set(NOON + 0.9 * SECOND)
    [third] = await script.reserve(5, wide, strict)
    assert third >= NOON + 1.02 * SECOND


async def test_a_smaller_limit_counts_at_once(script: Script) -> None:
    await script.reserve_all(10, Limit(10, 1))
    starts = await script.reserve_all(3, Limit(2, 1))
    assert starts[2] - starts[0] >= SECOND


@pytest.mark.parametrize("limit", [None, Limit(10, 1)])
async def test_a_pause_holds_everybody_up_until_it_ends(script: Script, limit: Limit | None) -> None:
    await script.pause(5)
    await script.clock.set(NOON + 4.7 * SECOND)
    assert await script.reserve(1, limit) == []
    await script.clock.set(NOON + 4.9 * SECOND)
    assert await script.reserve(1, limit) == [NOON + 5 * SECOND]


async def test_a_shorter_pause_does_not_end_a_longer_one(script: Script) -> None:
    await script.pause(5)
    await script.pause(1)
    await script.clock.set(NOON + 2 * SECOND)
    assert await script.reserve(1, None) == []


async def test_start_times_from_before_the_clock_was_set_back_hold_nobody_up(script: Script) -> None:
    limit = Limit(2, 10)
    await script.reserve_all(2, limit)
    await script.pause(1)
    await script.clock.set(NOON - 7200 * SECOND)
    assert await script.reserve(1, limit) == [NOON - 7200 * SECOND]


async def test_a_wait_ends_when_a_start_can_be_reserved(server: Redis) -> None:
    limiter = Limiter(server, {"k": Limit(1, 10)})
    await reserved(limiter, 5)
    wait = await limiter.reserve(5)
    assert isinstance(wait, Wait)
    assert 9.8 < wait.seconds <= 9.925


async def test_keys_do_not_share_their_limit(server: Redis) -> None:
    for key in "ab":
        await reserved(Limiter(server, {key: Limit(1, 10)}))


async def test_one_call_reserves_for_requests_that_follow(server: Redis, calls: list[str]) -> None:
    limiter = Limiter(server, {"k": Limit(100, 1)})
    starts = [await reserved(limiter, 10 - number) for number in range(10)]
    assert calls == [rate.RESERVE]
    assert [start.name for start in starts] == sorted({start.name for start in starts})


async def test_a_start_on_time_costs_no_call(server: Redis, calls: list[str]) -> None:
    limiter = Limiter(server, {"k": Limit(10, 60)})
    reservation = await reserved(limiter)
    on_time = replace(reservation, earliest=reservation.latest)  # whatever this machine took until here
    tolerated = replace(on_time, earliest=on_time.latest - 0.003)
    assert await limiter.start(on_time) == on_time
    assert await limiter.start(tolerated) == tolerated
    assert calls == [rate.RESERVE]


async def test_a_late_start_is_reported(server: Redis, calls: list[str]) -> None:
    limiter = Limiter(server, {"k": Limit(10, 60)})
    late = await limiter.start(replace(reservation := await reserved(limiter), earliest=reservation.earliest - 0.1))
    assert late.name >= reservation.name + 0.1 * SECOND
    assert await server.lrange("marl:slots:k", 0, -1) == [str(late.name).encode()]
    assert calls == [rate.RESERVE, rate.POSTPONE]


async def test_a_start_that_was_missed_gets_another_reservation(server: Redis) -> None:
    limiter = Limiter(server, {"k": Limit(50, 0.4)})
    reservation = await reserved(limiter)
    other = await limiter.start(replace(reservation, earliest=reservation.earliest - 0.11, latest=0.0))
    assert other.name > reservation.name
    assert reservation.name in [int(start) for start in await server.lrange("marl:slots:k", 0, -1)]


async def test_an_answer_that_took_longer_moves_the_start_by_no_more_than_the_margin(server: Redis) -> None:
    limiter = Limiter(server, {"k": Limit(10, 60)})
    reservation = await reserved(limiter)
    await limiter.answered(reservation, 0.05)
    assert await server.lrange("marl:slots:k", 0, -1) == [str(reservation.name).encode()]
    await limiter.answered(reservation, 3.0)
    assert await server.lrange("marl:slots:k", 0, -1) == [str(reservation.name + 25_000).encode()]


async def test_without_a_limit_a_pause_is_looked_for_now_and_then(server: Redis, calls: list[str]) -> None:
    limiter = Limiter(server, {"k": None})
    for _ in range(100):
        await reserved(limiter)
    assert len(calls) < 10
    await limiter.pause(5)
    assert isinstance(await limiter.reserve(), Wait)

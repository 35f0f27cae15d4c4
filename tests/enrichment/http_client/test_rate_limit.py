"""What the script reserves as its clock goes on, and the limiter that uses it."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
import redis
from redis.asyncio import Redis

from enrichment.engine.limits import rate
from enrichment.engine.limits.rate import Arrival, Limit
from enrichment.http_client.rate_limit import Limiter, Reservation, Wait
from tests.enrichment.http_client.conftest import NOON, SECOND, Clock

KEPT = ("arrivals", "start")  # for each limit
LIMITS = [Limit(1, 0.1), Limit(5, 1), Limit(50, 1), Limit(100, 0.2), Limit(3, 60)]


class Script:
    """The script that reserves, called directly: without the limiter nothing waits."""

    def __init__(self, server: Redis, clock: Clock) -> None:
        self.server = server
        self.clock = clock

    async def reserve(self, requests: int, *limits: Limit) -> list[int]:
        """Start times under these limits, each of which has keys of its own."""
        _, _, _, _, _, *starts = await self._reserve(requests, *limits)
        return starts

    async def reserve_all(self, number: int, *limits: Limit, seconds: float = 0.0) -> list[int]:
        """So many start times, as the clock goes on; each request arrives so many seconds after its start."""
        starts, left = list[int](), dict[int, int]()
        now = int(await self.server.get("clock") or 0)
        while len(starts) < number:
            arrived = {start: arrival for start, arrival in left.items() if arrival <= now}
            left = {start: arrival for start, arrival in left.items() if arrival > now}
            _, next_start, _, _, _, *more = await self._reserve(number - len(starts), *limits, reports=arrived)
            starts += more
            left |= {start: start + round(seconds * SECOND) for start in more}
            now = more[-1] if more else next_start
            await self.clock.set(now)
        await self.report(left, *limits)
        return starts

    async def report(self, reports: Mapping[int, int], *limits: Limit) -> None:
        await self._reserve(0, *limits, reports=reports)

    async def pace(self) -> float:
        """Requests a second, 0 without a pace."""
        gap = (await self._reserve(0))[4]
        return SECOND / gap if gap else 0

    async def _reserve(self, requests: int, *limits: Limit, reports: Mapping[int, int] | None = None) -> list[int]:
        keys = ["api", "column", *(f"{kept}:{number}" for number in range(len(limits)) for kept in KEPT)]
        arguments = rate.arguments(requests, limits, 0, reports or {})
        return [int(part) for part in await self.server.eval(rate.RESERVE, len(keys), *keys, *arguments)]

    async def hold(self, asked: float = 0, *, ago: float = 0, too_fast: bool = True, unseen: int = 0) -> rate.Hold:
        """What becomes of a request that was refused."""
        arguments = round(ago * SECOND), round(asked * SECOND), int(too_fast), unseen, 600 * SECOND
        return rate.read_hold(await self.server.eval(rate.HOLD, 2, "api", "column", *arguments))

    async def lift(self, *, hold: bool = False) -> None:
        await self.server.eval(rate.LIFT, 2, "api", "column", int(hold))

    async def wait(self, hold: rate.Hold) -> None:
        """Until the hold has ended."""
        now = int(await self.server.get("clock") or 0)
        await self.clock.set(now + hold.seconds * SECOND + 1)


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


def limiter_of(server: Redis, limits: dict[str, Limit]) -> Limiter:
    return Limiter(server, limits, api="x")


async def reserved(limiter: Limiter, requests: int = 1) -> Reservation:
    answer = await limiter.reserve(requests)
    assert isinstance(answer, Reservation)
    return answer


async def refuse(*_: object) -> None:
    raise redis.ConnectionError


async def score_of(server: Redis, reservation: Reservation) -> float | None:
    """When its request has arrived, as far as Redis knows."""
    score: float | None = await server.zscore("marl:arrivals:k", str(reservation.name))
    return score


async def until(ask: Callable[[], Awaitable[object]], wanted: object) -> None:
    async with asyncio.timeout(30):
        found = await ask()
        while found != wanted:
            await asyncio.sleep(0)
            found = await ask()


def windows(times: Sequence[float], limit: Limit) -> list[float]:
    """Seconds between each time and the one that has to be outside its window."""
    times = sorted(times)
    return [(later - earlier) / SECOND for earlier, later in zip(times, times[limit.requests :], strict=False)]


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize("seconds", [0.0, 0.02])
async def test_a_window_begins_when_its_first_request_has_arrived(script: Script, limit: Limit, seconds: float) -> None:
    starts = await script.reserve_all(8 * limit.requests + 1, limit, seconds=seconds)
    assert min(windows(starts, limit)) >= limit.seconds + seconds


async def test_a_request_on_its_way_keeps_its_place_and_the_others_go_on(script: Script) -> None:
    limit = Limit(2, 1)
    one, other = await script.reserve_all(2, limit)
    await script._reserve(0, limit, reports={one: Arrival.UNKNOWN})
    starts = await script.reserve_all(3, limit)
    assert [round((start - other) / SECOND, 3) for start in starts] == [1.001, 2.002, 3.003]


async def test_a_request_that_was_not_sent_leaves_its_place_at_once(script: Script) -> None:
    limit = Limit(1, 60)
    [start] = await script.reserve(1, limit)
    assert await script.reserve(1, limit) == []
    await script.report({start: Arrival.NEVER}, limit)
    await script.clock.set(start + limit.spacing * SECOND)
    assert len(await script.reserve(1, limit)) == 1


@pytest.mark.parametrize("says", [False, True])
async def test_a_request_of_which_nobody_says_anything_has_arrived_after_half_a_minute(
    script: Script, says: bool
) -> None:
    limit = Limit(1, 1)
    [start] = await script.reserve(1, limit)
    await script.clock.set(start + 20 * SECOND)
    if says:
        await script.report({start: Arrival.UNKNOWN}, limit)
    await script.clock.set(start + 31.1 * SECOND)
    assert len(await script.reserve(1, limit)) == (0 if says else 1)


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


async def test_every_one_of_several_limits_is_kept(script: Script) -> None:
    strict, wide = Limit(2, 1), Limit(100, 1)
    assert len(await script.reserve(5, wide, strict)) == 1
    await script.clock.set(NOON + 0.5 * SECOND)
    assert len(await script.reserve(5, wide, strict)) == 1
    await script.report({NOON: NOON + round(0.02 * SECOND)}, wide, strict)
    await script.clock.set(NOON + 0.9 * SECOND)
    assert await script.reserve(5, wide, strict) == [NOON + 1.021 * SECOND]


async def test_a_smaller_limit_counts_at_once(script: Script) -> None:
    await script.reserve_all(10, Limit(10, 1))
    starts = await script.reserve_all(3, Limit(2, 1))
    assert starts[2] - starts[0] >= SECOND


@pytest.mark.parametrize("limits", [[], [Limit(10, 1)]])
async def test_a_hold_lets_nobody_start_until_it_ends(script: Script, limits: list[Limit]) -> None:
    await script.hold(5, too_fast=False)
    await script.clock.set(NOON + 4.7 * SECOND)
    assert await script.reserve(1, *limits) == []
    await script.clock.set(NOON + 4.9 * SECOND)
    assert await script.reserve(1, *limits) == [NOON + 5 * SECOND]


async def test_a_shorter_hold_does_not_end_a_longer_one(script: Script) -> None:
    await script.hold(5)
    await script.hold(1)
    await script.clock.set(NOON + 2 * SECOND)
    assert await script.reserve(1) == []


async def test_a_wait_of_days_is_kept(script: Script) -> None:
    await script.hold(3 * 86400)
    await script.clock.set(NOON + 2 * 86400 * SECOND)
    assert await script.reserve(1) == []


async def test_a_server_that_does_not_say_how_long_is_asked_less_and_less(script: Script) -> None:
    holds = []
    for _ in range(9):
        holds.append(hold := await script.hold())
        await script.wait(hold)
    assert [round(hold.seconds) for hold in holds] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert [hold.waits for hold in holds] == list(range(1, 10))
    assert round(holds[-1].since) == 183


async def test_what_was_under_way_when_a_hold_began_is_refused_for_the_same_reason(script: Script) -> None:
    first = await script.hold()
    for _ in range(30):
        assert await script.hold(ago=0.2) == first
    await script.clock.set(NOON + 1.5 * SECOND)
    assert (await script.hold(ago=1)).waits == 1
    assert (await script.hold(ago=0.2)).waits == 2


async def test_after_a_success_the_waits_begin_anew(script: Script) -> None:
    await script.wait(await script.hold())
    await script.wait(await script.hold())
    await script.lift()
    hold = await script.hold()
    assert (round(hold.seconds), hold.waits, round(hold.since)) == (1, 1, 0)


async def test_the_time_of_a_wait_in_which_the_run_is_paused_does_not_count(script: Script) -> None:
    await script.wait(hold := await script.hold(3600))
    assert hold.since == 0
    again = await script.hold(3600)
    assert (again.waits, round(again.since)) == (2, 0)


async def test_a_person_ends_the_hold_and_not_the_pace(script: Script) -> None:
    await script.reserve(32)
    await script.hold(3600)
    await script.lift(hold=True)
    assert await script.reserve(1) == [NOON]
    assert await script.pace() == 16


async def test_the_first_refusal_halves_what_everybody_sent_in_the_last_second(script: Script) -> None:
    await script.reserve(25)
    await script.clock.set(NOON + 0.1 * SECOND)
    await script.hold(unseen=7)
    assert await script.pace() == 16
    await script.clock.set(NOON + 1.1 * SECOND)
    starts = await script.reserve_all(20)
    assert [round(gap / SECOND, 3) for gap in (starts[1] - starts[0], starts[2] - starts[1])] == [0.062, 0.062]


async def test_a_wait_of_a_server_that_is_down_is_no_reason_to_go_slower(script: Script) -> None:
    await script.reserve(32)
    await script.hold(5, too_fast=False)
    assert await script.pace() == 0


async def test_refusals_without_a_success_between_halve_the_pace_once(script: Script) -> None:
    await script.reserve(32)
    for _ in range(3):
        await script.wait(await script.hold())
    assert await script.pace() == 16
    await script.lift()
    await script.hold()
    assert await script.pace() == 8


async def test_the_pace_goes_up_by_steps_until_it_is_what_it_was(script: Script) -> None:
    await script.reserve(20)
    await script.wait(await script.hold())
    paces = []
    while pace := await script.pace():
        await script.reserve_all(round(pace))  # about a second
        paces.append(pace)
    steps = [later - earlier for earlier, later in pairwise(paces)]
    assert paces[0] == 10
    assert max(steps) <= 0.6
    assert 19 < paces[-1] <= 20


async def test_nothing_goes_faster_while_nothing_wants_to(script: Script) -> None:
    await script.reserve(20)
    await script.wait(await script.hold())
    for second in range(2, 60):
        await script.clock.set(NOON + second * SECOND)
        assert len(await script.reserve(1)) == 1
    assert await script.pace() < 10.6


@pytest.mark.parametrize("limit", [Limit(5, 1), Limit(50, 1)])
async def test_a_limit_is_kept_exactly_at_every_pace(script: Script, limit: Limit) -> None:
    starts = await script.reserve_all(3 * limit.requests, limit)
    for _ in range(3):
        await script.hold()
        starts += await script.reserve_all(limit.requests, limit)
        await script.lift()
        starts += await script.reserve_all(2 * limit.requests, limit)
    assert min(windows(starts, limit)) >= limit.seconds


async def test_start_times_from_before_the_clock_was_set_back_hold_nobody_up(script: Script) -> None:
    limit = Limit(2, 10)
    await script.reserve_all(2, limit)
    await script.hold(1)
    await script.clock.set(NOON - 7200 * SECOND)
    assert await script.reserve(1, limit) == [NOON - 7200 * SECOND]


async def test_a_wait_ends_when_a_start_can_be_reserved(server: Redis) -> None:
    limiter = limiter_of(server, {"k": Limit(1, 10)})
    await reserved(limiter, 5)
    wait = await limiter.reserve(5)
    assert isinstance(wait, Wait)
    assert 9.8 < wait.seconds <= 9.91


async def test_keys_do_not_share_their_limit(server: Redis) -> None:
    for key in "ab":
        await reserved(limiter_of(server, {key: Limit(1, 10)}))


async def test_one_call_reserves_for_requests_that_follow(server: Redis, calls: list[str]) -> None:
    limiter = limiter_of(server, {"k": Limit(100, 1)})
    starts = [await reserved(limiter, 10 - number) for number in range(10)]
    assert calls == [rate.RESERVE]
    assert [start.name for start in starts] == sorted({start.name for start in starts})


async def test_an_arrival_is_reported_with_the_next_reservation(server: Redis, calls: list[str]) -> None:
    limiter = limiter_of(server, {"k": Limit(10, 60)})
    reservation = await reserved(limiter)
    limiter.arrived(await limiter.start(reservation), reservation.earliest + 0.0)
    assert calls == [rate.RESERVE]
    await limiter.reserve()
    assert await server.zscore("marl:arrivals:k", reservation.name) == reservation.name
    assert calls == [rate.RESERVE] * 2


async def test_without_another_reservation_an_arrival_is_reported_soon(server: Redis) -> None:
    limit = Limit(10, 0.2)
    limiter = limiter_of(server, {"k": limit})
    reservation = await reserved(limiter)
    limiter.arrived(reservation, reservation.earliest)
    await until(lambda: score_of(server, reservation), reservation.name)


async def test_an_arrival_is_reported_again_when_redis_did_not_answer(
    server: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    limiter = limiter_of(server, {"k": Limit(10, 0.2)})
    reservation = await reserved(limiter)
    with monkeypatch.context() as without_redis:
        without_redis.setattr(server, "eval", refuse)
        limiter.arrived(reservation, reservation.earliest)
        with pytest.raises(redis.ConnectionError):
            await limiter.reserve()
    await until(lambda: score_of(server, reservation), reservation.name)


async def test_what_happens_to_a_request_is_dated_by_the_clock_of_redis(server: Redis, clock: Clock) -> None:
    limiter = limiter_of(server, {"k": Limit(10, 60)})
    reservation = await reserved(limiter)
    await clock.set(NOON + 10 * SECOND)
    limiter.arrived(reservation, reservation.earliest + 0.25)
    await limiter.reserve()
    assert await score_of(server, reservation) == NOON + 0.25 * SECOND


async def test_nothing_arrives_later_than_it_is_reported(server: Redis, clock: Clock) -> None:
    """The reply to the reservation was slow, say: then the worker's clock seems to be ahead."""
    limiter = limiter_of(server, {"k": Limit(10, 60)})
    reservation = await reserved(limiter)
    await clock.set(NOON + 1 * SECOND)
    limiter.arrived(reservation, reservation.earliest + 5)
    await limiter.reserve()
    assert await score_of(server, reservation) == NOON + 1 * SECOND


async def test_a_start_that_was_missed_gets_another_reservation(server: Redis) -> None:
    limiter = limiter_of(server, {"k": Limit(2, 0.2)})
    reservation = await reserved(limiter)
    other = await limiter.start(replace(reservation, earliest=reservation.earliest - 1.01, latest=0.0))
    assert other.name > reservation.name
    assert await score_of(server, reservation) is None


async def test_a_start_waited_for_in_vain_is_left_to_others(server: Redis) -> None:
    limiter = limiter_of(server, {"k": Limit(2, 0.2)})
    reservation = await reserved(limiter)
    waiting = asyncio.create_task(limiter.start(replace(reservation, latest=reservation.latest + 60)))
    await asyncio.sleep(0)
    waiting.cancel()
    await until(lambda: score_of(server, reservation), None)


async def test_what_is_not_used_is_left_to_others(server: Redis) -> None:
    limit = Limit(1000, 10)
    one, other = (limiter_of(server, {"k": limit}) for _ in range(2))
    await reserved(one, 3)
    await asyncio.gather(*(reserved(other) for _ in range(3)))
    one.release_unused()
    await until(lambda: server.zcard("marl:arrivals:k"), 4)


async def test_a_hold_leaves_to_others_what_was_reserved(server: Redis) -> None:
    limiter = limiter_of(server, {"k": Limit(100, 1)})
    await reserved(limiter, 10)
    await limiter.hold(0, 5, too_fast=False, longest=600)
    await until(lambda: server.zcard("marl:arrivals:k"), 1)


async def test_without_a_limit_a_hold_is_looked_for_now_and_then(server: Redis, calls: list[str]) -> None:
    limiter = limiter_of(server, {})
    for _ in range(100):
        await reserved(limiter)
    assert len(calls) < 10
    await limiter.hold(0, 5, too_fast=False, longest=600)
    assert isinstance(await limiter.reserve(), Wait)
    assert limiter.held > 4


async def test_every_start_counts_also_without_a_limit(server: Redis) -> None:
    limiter = limiter_of(server, {})
    for _ in range(40):
        await reserved(limiter)
    await limiter.hold(0, 0.01, too_fast=True, longest=600)
    await asyncio.sleep(0.02)
    await reserved(limiter)
    assert limiter.pace
    assert 15 < limiter.pace <= 20


async def test_a_success_costs_a_call_only_after_a_wait(server: Redis, calls: list[str]) -> None:
    limiter = limiter_of(server, {})
    await limiter.succeeded()
    await limiter.hold(0, 5, too_fast=True, longest=600)
    await limiter.succeeded()
    await limiter.succeeded()
    assert calls == [rate.HOLD, rate.LIFT]


async def test_another_column_of_the_api_is_held_too_and_counts_its_own_waits(server: Redis) -> None:
    one, other = (Limiter(server, {}, api="x", column=name) for name in ("one", "other"))
    assert (await one.hold(0, 5, too_fast=True, longest=600)).waits == 1
    assert isinstance(await other.reserve(), Wait)
    await other.lift()
    assert (await other.hold(0, 5, too_fast=True, longest=600)).waits == 1
    await other.succeeded()
    assert await server.hget("marl:waits:one", "waits") == b"1"

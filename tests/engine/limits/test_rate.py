"""The durations of a limit, and the reply of the script; what they are for is tested with the limiter."""

import random

import pytest

from enrichment.engine.limits import backoff, rate
from enrichment.engine.limits.rate import Limit


@pytest.mark.parametrize(("seconds", "patience"), [(1, 0.025), (0.2, 0.005), (60, 0.5)])
def test_an_answer_is_waited_for_as_long_as_that_costs_little(seconds: float, patience: float) -> None:
    assert Limit(10, seconds).patience == pytest.approx(patience)


@pytest.mark.parametrize("seconds", [0.01, 0.2, 1, 60])
def test_an_arrival_is_reported_before_anybody_needs_it(seconds: float) -> None:
    limit = Limit(10, seconds)
    assert limit.window - limit.look_ahead - rate.report([limit]) >= limit.seconds / 4


def test_a_request_is_not_taken_to_be_lost_while_it_may_still_be_sent() -> None:
    assert rate.USABLE <= rate.LOST / 10


def test_the_strictest_of_several_limits_says_how_long_things_take() -> None:
    limits = [Limit(10, 60), Limit(5, 0.1)]
    assert rate.look_ahead(limits) == 0.05
    assert rate.look_ahead([]) == rate.LOOK_AHEAD
    assert rate.patience(limits) == pytest.approx(0.0025)
    assert rate.report(limits) == 0.025


def test_the_microseconds_of_redis_become_seconds_from_now() -> None:
    reply = rate.read([b"1000000", b"0", b"0", b"0", b"0", b"1000000", b"1250000"])
    assert (reply.held, reply.pace) == (0, None)
    assert [start.seconds for start in reply.starts] == [0, 0.25]
    assert [start.name for start in reply.starts] == [1_000_000, 1_250_000]
    reply = rate.read([b"1000000", b"3000000", b"3500000", b"4", b"250000"])
    assert (reply.next_start, reply.held, reply.waits, reply.pace) == (2, 2.5, 4, 4)
    hold = rate.read_hold([b"5000000", b"7000000", b"3", b"1000000"])
    assert (hold.seconds, hold.waits, hold.since) == (2, 3, 4)


def test_the_pauses_between_tries_grow_and_are_spread() -> None:
    rng = random.Random(1)
    waits = [backoff.delay(attempt, rng) for attempt in range(1, 12)]
    assert all(0.5 * 2**number <= wait <= 2**number for number, wait in enumerate(waits[:6]))
    assert max(waits) <= backoff.LONGEST

import random

import pytest

from enrichment.engine.limits import backoff, rate
from enrichment.engine.limits.rate import Limit


@pytest.mark.parametrize(("seconds", "margin"), [(1, 0.025), (0.2, 0.01), (60, 0.025)])
def test_the_margin_grows_with_the_window_up_to_a_bound(seconds: float, margin: float) -> None:
    assert Limit(10, seconds).margin == pytest.approx(margin)


@pytest.mark.parametrize("seconds", [0.05, 0.2, 1, 60])
def test_a_late_start_is_told_before_the_window_behind_it_is_given_away(seconds: float) -> None:
    limit = Limit(10, seconds)
    assert limit.grace + limit.look_ahead < seconds + limit.margin


def test_an_answer_of_the_script_becomes_waits_from_now() -> None:
    reply = rate.read([b"1000000", b"0", b"1000000", b"1250000"])
    assert [start.after for start in reply.starts] == [0, 0.25]
    assert [start.name for start in reply.starts] == [1_000_000, 1_250_000]
    assert rate.read([b"1000000", b"3000000"]).next_after == 2


def test_the_pauses_between_tries_grow_and_are_spread() -> None:
    rng = random.Random(1)
    waits = [backoff.delay(attempt, rng) for attempt in range(1, 12)]
    assert all(0.5 * 2**number <= wait <= 2**number for number, wait in enumerate(waits[:6]))
    assert max(waits) <= backoff.LONGEST

"""How fast a run is now, not since it began."""

from collections.abc import Sequence

import pytest
import redis

from enrichment.runs import progress

pytestmark = pytest.mark.django_db

RUN = 7


def told(samples: Sequence[tuple[float, int]]) -> float | None:
    """The throughput at the last of these (second, rows ended)."""
    return [progress.throughput(RUN, ended, 1000 + second) for second, ended in samples][-1]


def test_nothing_is_known_at_the_first_look() -> None:
    assert told([(0, 500)]) is None


def test_a_run_that_became_slow_is_told_as_slow() -> None:
    fast = [(second, 200 * second) for second in range(60)]
    slow = [(60 + second, 12_000 + second) for second in range(15)]
    assert told(fast) == pytest.approx(200)
    assert told(fast + slow) == pytest.approx(1, abs=0.1)


def test_a_run_that_stands_still_has_no_throughput() -> None:
    assert told([(0, 100), (4, 100), (8, 100)]) == 0


def test_what_was_before_a_pause_does_not_count() -> None:
    assert told([(0, 0), (5, 500), (600, 500)]) is None
    assert told([(602, 700)]) == pytest.approx(100)


def test_a_clock_that_is_set_back_begins_anew() -> None:
    assert told([(100, 100), (20, 110)]) is None


def test_without_redis_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    away = redis.Redis(host="127.0.0.1", port=9)
    monkeypatch.setattr(progress, "client", lambda: away)
    assert told([(0, 0), (5, 50)]) is None

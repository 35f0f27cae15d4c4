"""Steps of one run at the same time, and what happens when one is lost."""

from collections.abc import Callable

import pytest

from enrichment.models import Run, Runner, Worker
from enrichment.runs import lifecycle, runners
from tables import queues
from tables import rows as table_rows
from tables.models import Column, Table
from tables.redis import client
from tests.enrichment.conftest import sweep

pytestmark = pytest.mark.django_db(transaction=True)
WORKER = 7


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What the broker was given."""
    from tables import dispatch

    messages: list[tuple[object, ...]] = []
    monkeypatch.setattr(dispatch, "send", lambda task, *arguments, queue, delay=0: messages.append(arguments))
    return messages


@pytest.fixture
def queued(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """[(number of the runner, queue)] of what the broker was given."""
    from tables import dispatch

    found: list[tuple[int, str]] = []

    def send(task: str, run_id: int, token: str, number: int, *, queue: str, delay: float = 0) -> None:
        found.append((number, queue))

    monkeypatch.setattr(dispatch, "send", send)
    return found


@pytest.fixture
def run(http: Callable[..., Column], sent: list[object]) -> Run:
    return lifecycle.plan(http(), "all")


def test_a_small_run_has_one_runner_and_a_large_one_several(leads: Table, http: Callable[..., Column]) -> None:
    column = http()
    assert lifecycle.plan(column, {"first": 3}, automatic=True).runners.count() == 1
    table_rows.append(leads, [{}] * (runners.MOST * runners.REQUESTS))
    assert lifecycle.plan(column, "all").runners.count() == runners.MOST


def test_a_slow_rate_limit_needs_one_runner(leads: Table, http: Callable[..., Column]) -> None:
    table_rows.append(leads, [{}] * (runners.MOST * runners.REQUESTS))
    column = http(rate_limit={"requests": 1, "duration_ms": 1000})
    assert lifecycle.plan(column, "all").runners.count() == 1


def test_one_step_at_a_time_holds_a_runner(run: Run) -> None:
    token = runners.acquire(run.pk, 0, "", WORKER)
    assert token
    assert runners.acquire(run.pk, 0, "", WORKER) is None
    assert runners.acquire(run.pk, 0, token, WORKER) is None
    runners.release(run.pk, 0, token)
    assert runners.acquire(run.pk, 0, "", WORKER) is None  # somebody else goes on with it
    assert runners.acquire(run.pk, 0, token, WORKER) == token


def test_a_runner_that_the_broker_lost_is_sent_on_at_the_second_sweep(run: Run, sent: list[object]) -> None:
    sent.clear()
    sweep()
    assert sent == []
    sweep()
    assert sent == [(run.pk, "", 0)]


def test_a_runner_that_makes_steps_is_left_alone(run: Run, sent: list[object]) -> None:
    token = ""
    sent.clear()
    for _ in range(4):
        sweep()
        token = runners.acquire(run.pk, 0, token, WORKER) or ""
        runners.release(run.pk, 0, token)
    assert sent == []


def test_the_runner_of_a_dead_worker_is_free_again(run: Run) -> None:
    runners.acquire(run.pk, 0, "", WORKER)
    Runner.objects.update(worker_id=Worker.objects.create(beat=3, seen_beat=3).pk)
    sweep()
    sweep()
    assert runners.acquire(run.pk, 0, "", WORKER)


FIRST_OF_FOUR = [(0, queues.FIRST), *((number, queues.LATER) for number in range(1, runners.MOST))]


@pytest.fixture
def large(leads: Table, http: Callable[..., Column], queued: list[tuple[int, str]]) -> Run:
    table_rows.append(leads, [{}] * (runners.MOST * runners.REQUESTS))
    return lifecycle.plan(http(), "all")


def test_the_first_step_of_a_long_run_goes_before_what_has_begun(large: Run, queued: list[tuple[int, str]]) -> None:
    assert queued == FIRST_OF_FOUR
    queued.clear()
    runners.send(large.pk, "token", 0)
    assert queued == [(0, queues.LATER)]


def test_every_step_of_a_short_run_does(run: Run, queued: list[tuple[int, str]]) -> None:
    runners.send(run.pk, "token", 0)
    assert queued == [(0, queues.FIRST)]


def test_the_first_step_after_a_pause_does(large: Run, queued: list[tuple[int, str]]) -> None:
    lifecycle.begin(large.pk)
    lifecycle.pause(large)
    queued.clear()
    lifecycle.resume(large)
    assert queued == FIRST_OF_FOUR


def test_a_lost_runner_is_sent_where_it_waited(large: Run, queued: list[tuple[int, str]]) -> None:
    queued.clear()
    sweep()
    sweep()
    assert sorted(queued) == FIRST_OF_FOUR
    lifecycle.begin(large.pk)
    queued.clear()
    sweep()
    assert queued == [(number, queues.LATER) for number in range(runners.MOST)]


def test_runners_are_not_sent_again_while_more_tasks_wait_than_there_are_runners(
    large: Run, queued: list[tuple[int, str]]
) -> None:
    runners.acquire(large.pk, 3, "", WORKER)  # which is lost in a step
    queued.clear()
    client().rpush(queues.LATER, *["a task"] * (runners.MOST + 1))
    for _ in range(3):
        sweep()
    assert queued == [(0, queues.FIRST), (3, queues.LATER), (0, queues.FIRST)]
    queued.clear()
    client().ltrim(queues.LATER, 0, runners.MOST - 1)
    sweep()
    assert sorted(queued) == FIRST_OF_FOUR

"""How long a step goes on, and why it ends."""

import pytest

from enrichment.http_client import event_loop
from enrichment.worker import budget, heartbeat
from enrichment.worker.budget import Budget, End


class Writer:
    stopped = False


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    seconds = [1000.0]
    monkeypatch.setattr(event_loop, "now", lambda: seconds[0])
    monkeypatch.setattr(heartbeat, "is_alive", lambda: True)
    return seconds


@pytest.fixture
def step(clock: list[float]) -> Budget:
    return Budget(Writer())  # type: ignore[arg-type]  # all that it reads of one


def test_a_step_claims_until_its_deadline_and_sends_a_little_longer(step: Budget, clock: list[float]) -> None:
    assert (step.may_claim, step.may_send, step.end) == (True, True, None)
    clock[0] = step.deadline
    assert (step.may_claim, step.may_send, step.end) == (False, True, End.DEADLINE)
    clock[0] = step.deadline + budget.OVERTIME
    assert (step.may_claim, step.may_send, step.end) == (False, False, End.DEADLINE)


def test_claimed_rows_are_sent_when_no_other_is_due(step: Budget) -> None:
    step.exhausted = True
    assert (step.may_claim, step.may_send, step.end) == (False, True, End.EXHAUSTED)


def test_nothing_is_sent_by_a_worker_whose_heartbeat_is_missed(step: Budget, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "is_alive", lambda: False)
    assert (step.may_claim, step.may_send, step.end) == (False, False, End.NO_HEARTBEAT)


def test_nothing_is_sent_for_a_run_that_was_stopped(step: Budget, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Writer, "stopped", True)
    assert (step.may_claim, step.may_send, step.end) == (False, False, End.RUN_STOPPED)


def test_a_step_ends_when_nothing_can_start_for_long(step: Budget) -> None:
    step.wait_for(30)
    assert (step.may_claim, step.may_send, step.end) == (False, False, End.WAIT)


def test_the_first_error_ends_the_step_and_is_the_one_that_is_raised(step: Budget) -> None:
    first = ConnectionError("Redis")
    step.fail(first)
    step.fail(ConnectionError("database"))
    assert (step.may_send, step.end, step.failure) == (False, End.FAILURE, first)

"""What is told of rows before they are sent."""

from collections import deque
from collections.abc import Callable

import pytest

from enrichment.engine.messages import Request
from enrichment.http_client import event_loop
from enrichment.models import Claim, Run
from enrichment.runs import claims, lifecycle
from enrichment.worker import heartbeat
from enrichment.worker import job as jobs
from enrichment.worker.prepare import Ready
from enrichment.worker.send_intents import SendIntents
from tables import rows as table_rows
from tables.models import Column, Table

pytestmark = pytest.mark.django_db(transaction=True)

AT_ONCE = 4


@pytest.fixture
def run(leads: Table, http: Callable[..., Column]) -> Run:
    table_rows.append(leads, [{"Company": f"Company {number}"} for number in range(17)])
    run = lifecycle.begin(lifecycle.plan(http(max_in_flight=AT_ONCE), "all").pk)
    assert run
    return run


@pytest.fixture
def begun(run: Run) -> SendIntents:
    return SendIntents(jobs.load(run))


@pytest.fixture
def ready(run: Run, begun: SendIntents) -> deque[Ready]:
    taken = claims.claim(run.pk, 20, heartbeat.worker_id(), beginning=AT_ONCE).rows
    begun.up_to(taken[0].claim_id, taken[AT_ONCE - 1].row.pk)
    return deque(Ready(item.row.pk, 0, Request("GET", "http://127.0.0.1/"), item.claim_id) for item in taken)


def told(run: Run) -> int:
    """How many rows of the claim may have been sent."""
    claim = Claim.objects.get(run=run)
    return sum(row_id <= claim.intended for row_id in claim.row_ids)


def pass_over(ready: deque[Ready]) -> None:
    """The rows that were told with their claim."""
    for _ in range(AT_ONCE):
        ready.popleft()


def start(begun: SendIntents, ready: deque[Ready], number: int) -> list[bool]:
    async def each() -> list[bool]:
        held = []
        for _ in range(number):
            held.append(await begun.holds(ready[0], ready))
            await begun.over()
            ready.popleft()
        return held

    return event_loop.run(each())


def test_a_row_is_told_with_those_behind_it(run: Run, begun: SendIntents, ready: deque[Ready]) -> None:
    assert told(run) == AT_ONCE
    pass_over(ready)
    assert start(begun, ready, 1) == [True]
    assert told(run) == 2 * AT_ONCE


def test_half_a_portion_ahead_the_next_rows_are_told(run: Run, begun: SendIntents, ready: deque[Ready]) -> None:
    start(begun, ready, 2)
    assert told(run) == AT_ONCE
    start(begun, ready, 1)
    assert told(run) == 2 * AT_ONCE


def test_a_row_whose_claim_is_anothers_is_not_sent(run: Run, begun: SendIntents, ready: deque[Ready]) -> None:
    Claim.objects.filter(run=run).delete()
    pass_over(ready)
    assert start(begun, ready, 1) == [False]

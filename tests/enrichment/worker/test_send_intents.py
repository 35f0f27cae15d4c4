"""What is recorded of rows before they are sent."""

from collections.abc import Callable

import pytest

from enrichment.http_client import event_loop
from enrichment.models import Claim, Run
from enrichment.runs import claims, lifecycle
from enrichment.worker import heartbeat
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
def intents(run: Run) -> SendIntents:
    batch = claims.claim(run.pk, 20, heartbeat.worker_id(), beginning=AT_ONCE).rows
    row_ids = [claimed.row.pk for claimed in batch]
    return SendIntents(batch[0].claim_id, row_ids, AT_ONCE, recorded_to=row_ids[AT_ONCE - 1])


def recorded(run: Run) -> int:
    """How many rows of the claim may have been sent."""
    claim = Claim.objects.get(run=run)
    return sum(row_id <= claim.intended for row_id in claim.row_ids)


def record(intents: SendIntents, *indexes: int) -> list[bool]:
    async def each() -> list[bool]:
        may_be_sent = []
        for index in indexes:
            may_be_sent.append(await intents.record(index))
            await intents.finish()
        return may_be_sent

    return event_loop.run(each())


def test_a_row_is_recorded_with_those_after_it(run: Run, intents: SendIntents) -> None:
    assert recorded(run) == AT_ONCE
    assert record(intents, AT_ONCE) == [True]
    assert recorded(run) == 2 * AT_ONCE


def test_half_a_portion_ahead_the_next_rows_are_recorded(run: Run, intents: SendIntents) -> None:
    record(intents, 0, 1)
    assert recorded(run) == AT_ONCE
    record(intents, 2)
    assert recorded(run) == 2 * AT_ONCE


def test_a_row_whose_claim_is_anothers_is_not_sent(run: Run, intents: SendIntents) -> None:
    Claim.objects.filter(run=run).delete()
    assert record(intents, AT_ONCE) == [False]

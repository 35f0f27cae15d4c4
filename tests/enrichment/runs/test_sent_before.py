"""Rows that an API may have by now: counted before a run sends them again."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from enrichment.columns import http as http_columns
from enrichment.http_client import event_loop
from enrichment.preview import estimate
from enrichment.runs import claims, lifecycle
from enrichment.worker import heartbeat
from tables.models import Cell, Column, Table
from tests.enrichment.worker.test_polling import POLL, advance, run

pytestmark = pytest.mark.django_db(transaction=True)

ANY = ["missing", "failed", "stale"]


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[httpx.Request], httpx.Response]], None]:
    def answer(with_: Callable[[httpx.Request], httpx.Response]) -> None:
        monkeypatch.setattr(event_loop, "transport", lambda: httpx.MockTransport(with_))

    return answer


def breaks_off(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("gone", request=request)


def counted(column: Column, *scopes: Any) -> list[int]:
    return [estimate.rows_sent_before(column, scope) for scope in scopes]


def test_rows_that_may_have_been_sent_are_counted_where_a_run_sends_them(
    http: Callable[..., Column], api: Any, leads: Table
) -> None:
    api(breaks_off)
    column = http()
    advance(run(column, {"first": 2}))
    assert set(Cell.objects.values_list("state", flat=True)) == {"unknown"}
    first, second, third = leads.rows.order_by("sort_key")
    assert counted(column, "all", {"first": 1}, {"ids": [second.pk, third.pk]}, {"all_but": [first.pk]}) == [2, 1, 1, 1]
    assert counted(column, *ANY) == [0, 0, 0]
    assert estimate.estimate(column, "all")["sent_before"] == 2


def test_rows_that_the_api_has_accepted_are_counted_unless_the_run_asks_for_them(
    http: Callable[..., Column], api: Any
) -> None:
    api(lambda request: httpx.Response(202, json={"job": 7, "state": "queued"}))
    column = http(url="https://api.example/jobs", poll=POLL)
    stopped = run(column, {"first": 2})
    advance(stopped)
    lifecycle.stop(stopped)
    assert set(Cell.objects.values_list("state", flat=True)) == {"cancelled"}
    assert counted(column, "all", *ANY) == [2, 0, 0, 0]


def test_rows_that_are_under_way_for_a_run_that_was_stopped_are_counted(http: Callable[..., Column]) -> None:
    column = http()
    going = run(column, "all")
    lifecycle.begin(going.pk)
    assert len(claims.claim(going.pk, 3, heartbeat.worker_id(), beginning=2).rows) == 3
    assert counted(column, "all") == [0]
    lifecycle.stop(going)
    assert counted(column, "all", {"first": 1}) == [2, 1]


@pytest.mark.parametrize("more", [{"method": "PUT"}, {"retry": {"unsafe_methods": True}}])
def test_what_may_be_sent_twice_is_no_doubt(http: Callable[..., Column], api: Any, more: dict[str, Any]) -> None:
    api(breaks_off)
    column = http()
    advance(run(column))
    http_columns.save(column, more)
    assert counted(column, "all") == [0]

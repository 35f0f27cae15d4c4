"""What becomes of schedules when processes die, or are there twice: whatever is due runs, and runs once."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest

from tests.faults.app import Marl
from tests.faults.parts import kill, let_pass, wait_until
from tests.faults.sheets import UNSAFE, Sheet, faulted
from tests.servers.ledger_api import LedgerApi
from tests.servers.shape_books import AccountsBook

pytestmark = pytest.mark.faults
MONTHLY = {"every": "month", "on": [1], "at": "00:00"}  # so that nothing is due a second time meanwhile
COLUMNS = 12  # so many that they become runs for a while
PATIENCE = 60.0  # seconds: a dead worker is noticed within 25
SWEEPS = 12.0  # seconds in which two schedulers look more than once
MAKE_DUE = """
from datetime import timedelta
from django.utils import timezone
from enrichment.models import Schedule, Source
for model in (Schedule, Source):
    model.objects.filter(due_at__isnull=False).update(due_at=timezone.now() - timedelta(days=3))
"""


@pytest.fixture
def scheduled(sheet: Callable[..., Sheet]) -> Iterator[Sequence[Sheet]]:
    """Columns of one row each, in tables of their own."""
    sheets = [sheet(UNSAFE, rows=1, latency=0.05) for _ in range(COLUMNS)]
    for each in sheets:
        _patch(each, MONTHLY | {"rows": "all"})
    yield sheets
    for each in sheets:
        _patch(each, None)


def _patch(sheet: Sheet, schedule: dict[str, Any] | None) -> None:
    sheet.marl.api.patch(f"/columns/{sheet.column}", json={"schedule": schedule}).raise_for_status()


def make_due(marl: Marl) -> None:
    """Three days ago, as if nobody had looked since then."""
    marl.manage("shell", "-c", MAKE_DUE)


def runs(sheet: Sheet) -> list[dict[str, Any]]:
    return list(sheet.marl.api.get(f"/tables/{sheet.table}/runs").raise_for_status().json()["items"])


def each_ran_once(sheets: Sequence[Sheet]) -> None:
    wait_until(lambda: all(map(runs, sheets)), PATIENCE, "every column has a run", every=0.5)
    for sheet in sheets:
        [run] = runs(sheet)
        assert run["started_by"] == "Schedule"
        sheet.run_id = run["id"]
        sheet.settle()
    assert {len(runs(sheet)) for sheet in sheets} == {1}


def test_workers_are_killed_while_schedules_become_runs(marl: Marl, scheduled: Sequence[Sheet]) -> None:
    """all workers killed while 12 schedules become runs"""
    make_due(marl)
    wait_until(lambda: any(sheet.book.arrivals for sheet in scheduled), 30, "the first of them runs", every=0.005)
    kill(*marl.workers)
    faulted(scheduled)
    marl.start_workers(2)
    each_ran_once(scheduled)


def test_the_power_is_cut_while_schedules_become_runs(marl: Marl, scheduled: Sequence[Sheet]) -> None:
    """every process killed at once while 12 schedules become runs"""
    make_due(marl)
    wait_until(lambda: any(sheet.book.arrivals for sheet in scheduled), 30, "the first of them runs", every=0.005)
    marl.power_cut()
    faulted(scheduled)
    marl.start()
    each_ran_once(scheduled)


def test_two_schedulers_start_what_is_due_once(marl: Marl, api: LedgerApi, scheduled: Sequence[Sheet]) -> None:
    """a second scheduler beside the first, and 12 columns and a source that are due"""
    book = api.book(0.1, AccountsBook)
    assert isinstance(book, AccountsBook)
    book.accounts = [{"name": "Northwind"}]
    created = marl.api.post("/tables", json={"name": book.url, "columns": [{"name": "Company", "type": "text"}]})
    table = created.raise_for_status().json()["id"]
    settings = {"name": "CRM", "config": {"url": f"{book.url}/accounts", "items": "data.items"}, "schedule": MONTHLY}
    fields = [{"path": "name", "column": "Company"}]
    source = marl.api.post(f"/tables/{table}/sources", json=settings | {"columns": fields}).raise_for_status().json()
    second = marl.second_scheduler()
    make_due(marl)
    faulted(scheduled)
    try:
        each_ran_once(scheduled)
        let_pass(SWEEPS)
    finally:
        second.kill()
    each_ran_once(scheduled)
    [run] = marl.api.get(f"/sources/{source['id']}/runs").raise_for_status().json()["items"]
    assert (run["state"], run["added"], run["scheduled"], len(book.arrivals)) == ("done", 1, True, 1)

"""What becomes of tables that are fetched from an API when workers die: all rows of a fetch, or none; none twice."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.faults.app import Marl
from tests.faults.parts import kill, wait_until
from tests.servers.ledger_api import LedgerApi
from tests.servers.shape_books import AccountsBook

pytestmark = pytest.mark.faults
PATIENCE = 100.0  # seconds: an import whose worker died is told after a minute
LANDING = 100_000  # rows, so many that they land for seconds


@dataclass
class Accounts:
    """A table of two companies, one of which the CRM knows too, and its source."""

    marl: Marl
    book: AccountsBook
    table: int
    source: int

    def start(self) -> int:
        """Returns the id of the import."""
        started = self.marl.api.post(f"/sources/{self.source}/runs").raise_for_status()
        return int(started.json()["id"])

    def run(self, import_id: int) -> dict[str, Any]:
        return dict(self.marl.api.get(f"/imports/{import_id}").raise_for_status().json())

    def wait_for_end(self, import_id: int, least: int = 0) -> dict[str, Any]:
        """Returns the import once it has ended. Fails where it has done fewer rows on the way."""

        def has_ended() -> bool:
            run = self.run(import_id)
            assert run["rows_done"] >= least
            return run["state"] in ("done", "failed", "cancelled")

        wait_until(has_ended, PATIENCE, "the fetch has ended", every=0.5)
        return self.run(import_id)

    def staff(self) -> dict[str, Any]:
        """The value of each company. Fails where one is there twice."""
        found: list[tuple[str, Any]] = []
        while page := self._page(len(found)):
            found += [(name["value"], staff["value"]) for name, staff in (item["cells"].values() for item in page)]
        assert max(Counter(name for name, _ in found).values()) == 1
        return dict(found)

    def _page(self, offset: int) -> list[dict[str, Any]]:
        answer = self.marl.api.get(f"/tables/{self.table}/rows", params={"offset": offset, "limit": 500})
        return list(answer.raise_for_status().json()["items"])


BEFORE = {"Company 1": "before", "Northwind": "before"}


@pytest.fixture
def accounts(marl: Marl, api: LedgerApi) -> Callable[..., Accounts]:
    def make(number: int, size: int, **request: Any) -> Accounts:
        book = api.book(0.1, AccountsBook)
        assert isinstance(book, AccountsBook)
        book.size, book.accounts = size, [{"name": f"Company {n}", "staff": n} for n in range(number)]
        columns = [{"name": name, "type": "text"} for name in ("Company", "Staff")]
        table = marl.api.post("/tables", json={"name": book.url, "columns": columns}).raise_for_status().json()["id"]
        there = [{"Company": name, "Staff": staff} for name, staff in BEFORE.items()]
        marl.api.post(f"/tables/{table}/rows", json={"rows": there}).raise_for_status()
        pages = {"by": "cursor", "next": "next", "parameter": "page", "max_pages": 1000, "max_items": LANDING}
        config = {"url": f"{book.url}/accounts", "items": "data.items", "pages": pages} | request
        fields = [{"path": "name", "column": "Company"}, {"path": "staff", "column": "Staff"}]
        settings = {"config": config, "columns": fields, "key": ["Company"], "on_match": "update"}
        source = marl.api.post(f"/tables/{table}/sources", json={"name": "CRM", **settings})
        return Accounts(marl, book, table, source.raise_for_status().json()["id"])

    return make


def expected(number: int) -> dict[str, Any]:
    return BEFORE | {f"Company {n}": n for n in range(number)}


def test_workers_are_killed_while_a_source_is_fetched(marl: Marl, accounts: Callable[..., Accounts]) -> None:
    made = accounts(120, size=6)
    started = made.start()
    wait_until(lambda: len(made.book.asked) >= 6, 30, "some pages are fetched")
    kill(*marl.workers)
    assert made.staff() == BEFORE
    marl.start_workers(2)
    done = made.wait_for_end(started)
    assert (done["state"], done["added"], done["updated"]) == ("done", 119, 1)
    assert made.staff() == expected(120)


def test_workers_are_killed_while_a_list_is_fetched_by_post(marl: Marl, accounts: Callable[..., Accounts]) -> None:
    made = accounts(40, size=4, method="POST", body='{"page": "{{cursor}}"}', remove_null=True)
    started = made.start()
    wait_until(lambda: len(made.book.asked) >= 3, 30, "some pages are fetched")
    kill(*marl.workers)
    asked = len(made.book.arrivals)
    marl.start_workers(2)
    ended = made.wait_for_end(started)
    assert ended["state"] == "failed"
    assert ended["error"].startswith("Marl stopped during this request. Check whether it arrived")
    assert (made.staff(), len(made.book.arrivals)) == (BEFORE, asked)
    assert made.wait_for_end(made.start())["state"] == "done"
    assert made.staff() == expected(40)


def test_workers_are_killed_while_a_source_is_handed_over(marl: Marl, accounts: Callable[..., Accounts]) -> None:
    """The list is whole, and half of it stands in the file that the import is to read."""
    made = accounts(LANDING, size=LANDING)
    started = made.start()
    wait_until(lambda: bool(files(marl)), 60, "the list is written down", every=0.002)
    kill(*marl.workers)
    assert not made.run(started)["rows_total"]
    marl.start_workers(2)
    ended = made.wait_for_end(started)
    assert (ended["state"], ended["added"], ended["updated"]) == ("done", LANDING - 1, 1)
    assert made.staff() == expected(LANDING)
    assert len(made.book.arrivals) == 2
    wait_until(lambda: not files(marl), 60, "no file is left", every=0.5)


def files(marl: Marl) -> list[Path]:
    """Those that imports read."""
    return list((marl.folder / "uploads").glob("*.jsonl"))


@pytest.mark.parametrize("moment", ["some rows are written", "all rows are written"])
def test_workers_are_killed_while_the_rows_of_a_source_land(
    marl: Marl, accounts: Callable[..., Accounts], moment: str
) -> None:
    made = accounts(LANDING, size=25_000)
    started = made.start()
    is_there = _lands if moment == "some rows are written" else _has_landed
    wait_until(lambda: is_there(made.run(started)), 60, moment, every=0.02)
    kill(*marl.workers)
    left = made.run(started)
    assert left["state"] == "running"
    assert made.staff() == BEFORE
    marl.start_workers(2)
    ended = made.wait_for_end(started, least=left["rows_done"])
    assert (ended["state"], ended["added"], ended["updated"]) == ("done", LANDING - 1, 1)
    assert "The worker of this import stopped" in ended["warnings"][0]["message"]
    assert made.staff() == expected(LANDING)


def _lands(run: dict[str, Any]) -> bool:
    """Whether its list is whole, and some rows of it are written."""
    return bool(run["rows_total"] and run["rows_done"])


def _has_landed(run: dict[str, Any]) -> bool:
    """Whether all of its rows are written, and still hidden."""
    return bool(run["rows_total"] and run["rows_done"] == run["rows_total"])

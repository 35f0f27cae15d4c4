"""The app with its real processes, and the API that it calls; PostgreSQL when DATABASE_URL is set, else SQLite."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

import pytest

from tests.faults import databases
from tests.faults.app import Marl
from tests.faults.databases import Database
from tests.faults.sheets import Outcome, Sheet
from tests.servers.ledger_api import Book, LedgerApi

LINES = 60  # of each log, when a test fails
_failed = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    report = yield
    marl = getattr(item, "funcargs", {}).get("marl")
    if report.failed and marl:
        item.stash[_failed] = True
        report.sections += [(f"{name} log", text) for name, text in marl.last_words(LINES)]
    return report


@pytest.fixture(scope="session")
def database() -> Iterator[Database]:
    with databases.chosen() as database:
        yield database


@pytest.fixture(scope="session")
def apps(database: Database) -> Iterator[list[Marl]]:
    """The one that tests share; after a failure it makes room for a new one."""
    running: list[Marl] = []
    yield running
    for marl in running:
        marl.close()


@pytest.fixture
def marl(apps: list[Marl], database: Database, request: pytest.FixtureRequest) -> Iterator[Marl]:
    """Two workers, unless the test asks for others."""
    if not apps:
        apps.append(Marl(database))
    apps[0].start()
    yield apps[0]
    if request.node.stash.get(_failed, False):
        apps.pop().close()


@pytest.fixture(scope="session")
def api() -> Iterator[LedgerApi]:
    with LedgerApi() as running:
        yield running


@pytest.fixture
def sheet(marl: Marl, api: LedgerApi, database: Database, request: pytest.FixtureRequest) -> Callable[..., Sheet]:
    """Makes a table of so many rows with a column that calls the API; what becomes of its run is recorded."""
    fault = request.function.__doc__.strip()

    def record(outcome: Outcome) -> None:
        told = json.dumps({"fault": fault, "database": database.name} | asdict(outcome))
        request.node.user_properties.append(("outcome", told))

    def make(config: dict[str, Any], rows: int, latency: float = 0.2, kind: type[Book] = Book, **more: Any) -> Sheet:
        config = {"max_in_flight": 16, "timeout_ms": 5000} | config | more
        return Sheet(marl, api.book(latency, kind), config, rows, record)

    return make

"""A table with one column that calls the ledger API, its run, and the audit of both against the API's own ledger."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.faults.app import Marl
from tests.faults.parts import wait_until
from tests.servers.ledger_api import Book

PATIENCE = 60.0  # seconds from a fault to the end of a run: a dead worker is noticed within 25
OPEN = {"queued", "waiting", "limited", "running"}
SAFE = {"method": "GET"}
UNSAFE = {"method": "POST", "body": '{"key": "{{Key}}"}'}
KEYED = UNSAFE | {"idempotency_header": "Idempotency-Key"}


@dataclass
class Outcome:
    """What a run came to, for the table of faults."""

    request: str
    rows: int
    lost: int  # without a true end
    sent_twice: int
    shown_as: dict[str, int]
    seconds: float


@dataclass
class Sheet:
    """One row for each key; `book` is the API's side of it."""

    marl: Marl
    book: Book
    config: dict[str, Any]
    rows: int
    note: Callable[[Outcome], None]
    table: int = 0
    column: int = 0
    run_id: int = 0
    fault_at: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        api = self.marl.api
        table = api.post("/tables", json={"name": self.book.url, "columns": [{"name": "Key", "type": "text"}]})
        self.table = table.raise_for_status().json()["id"]
        keys = [{"Key": f"row-{number}"} for number in range(self.rows)]
        api.post(f"/tables/{self.table}/rows", json={"rows": keys}).raise_for_status()
        path = "many" if "batch" in self.config else "{{Key}}"
        config = {"url": f"{self.book.url}/{path}", "field_paths": ["row"], "auto_update": False} | self.config
        column = api.post(f"/tables/{self.table}/columns", json={"name": "Answer", "type": "http", "config": config})
        self.column = column.raise_for_status().json()["id"]

    @property
    def may_repeat(self) -> bool:
        return self.config["method"] == "GET" or "idempotency_header" in self.config

    @property
    def request(self) -> str:
        return str(self.config["method"]) + (" with a key" if "idempotency_header" in self.config else "")

    def start(self) -> None:
        answer = self.marl.api.post(f"/columns/{self.column}/runs", json={"rows": "all"})
        self.run_id = answer.raise_for_status().json()["id"]
        self.fault_at = time.monotonic()

    def run(self) -> dict[str, Any]:
        return dict(self.marl.api.get(f"/runs/{self.run_id}").raise_for_status().json())

    def ask(self, what: str) -> float:
        """Pause, resume or stop; when that was acknowledged."""
        self.marl.api.post(f"/runs/{self.run_id}/{what}").raise_for_status()
        return time.monotonic()

    def wait_for_arrivals(self, number: int, seconds: float = 60) -> None:
        wait_until(lambda: len(self.book.arrivals) >= number, seconds, f"{number} requests arrived")

    def wait_for_end(self) -> dict[str, Any]:
        left = self.fault_at + PATIENCE - time.monotonic()
        # Seldom, because asking takes from the processor what the workers need.
        wait_until(self._ended, left, f"the {self.request} run has ended", every=0.3)
        return self.run()

    def _ended(self) -> bool:
        return self.run()["state"] in ("done", "stopped")

    def cells(self) -> dict[str, dict[str, Any]]:
        """By key."""
        found: dict[str, dict[str, Any]] = {}
        for offset in range(0, self.rows, 500):
            page = self.marl.api.get(f"/tables/{self.table}/rows", params={"offset": offset, "limit": 500})
            for item in page.raise_for_status().json()["items"]:
                key, cell = item["cells"].values()
                found[key["value"]] = cell
        return found

    def states(self) -> Counter[str]:
        return Counter(cell["state"] for cell in self.cells().values())

    def settle(self, ends_as: str = "done") -> dict[str, str]:
        """Waits for the end of the run, audits it, and returns each row's state."""
        try:
            run = self.wait_for_end()
        finally:
            self._tell(ends_as)
        cells = self.cells()
        states = {key: cell["state"] for key, cell in cells.items()}
        assert run["state"] == ends_as
        self._counts_are_those_of_the_cells(run["counts"], Counter(states.values()))
        self._cells_are_true(cells)
        if ends_as == "done":
            self._every_row_has_an_end(states)
        return states

    def _tell(self, ends_as: str) -> None:
        """For the table, whatever the audit says."""
        shown = self.states()
        ends = ("done", "unknown", "empty") if ends_as == "stopped" else ("done", "unknown")
        ended = sum(shown[state] for state in ends)
        twice = sum(number > 1 for number in self.book.counts.values())
        seconds = round(time.monotonic() - self.fault_at, 1)
        self.note(Outcome(self.request, self.rows, self.rows - ended, twice, dict(shown), seconds))

    def _counts_are_those_of_the_cells(self, counts: dict[str, int], shown: Counter[str]) -> None:
        told = Counter({name: number for name, number in counts.items() if number and name != "total"})
        never_begun = shown.pop("empty", 0)  # of a stopped run, told as cancelled
        assert told == shown + Counter(cancelled=never_begun)
        assert counts["total"] == self.rows == told.total()

    def _cells_are_true(self, cells: dict[str, dict[str, Any]]) -> None:
        arrived = self.book.counts
        assert len(cells) == self.rows
        assert not [key for key, cell in cells.items() if cell["state"] in OPEN]
        assert not [key for key, cell in cells.items() if cell["state"] == "done" and cell["value"] != {"row": key}]
        assert not [key for key, cell in cells.items() if cell["state"] == "done" and not arrived[key]]
        assert not [key for key in arrived if cells[key]["state"] in ("empty", "cancelled")]
        if not self.may_repeat:
            assert not {key: number for key, number in arrived.items() if number > 1}
        keys = {key: {arrival.key for arrival in self.book.arrivals if arrival.row == key} for key in arrived}
        assert not {key: sent for key, sent in keys.items() if len(sent) > 1}

    def _every_row_has_an_end(self, states: dict[str, str]) -> None:
        assert set(states.values()) <= ({"done"} if self.may_repeat else {"done", "unknown"})


def start_all(sheets: Sequence[Sheet], arrivals: int) -> None:
    """Returns when each of them is in the middle."""
    for sheet in sheets:
        sheet.start()
    for sheet in sheets:
        sheet.wait_for_arrivals(arrivals)


def faulted(sheets: Sequence[Sheet]) -> None:
    """From now on their time is taken."""
    for sheet in sheets:
        sheet.fault_at = time.monotonic()


def settle_all(sheets: Sequence[Sheet]) -> None:
    for sheet in sheets:
        sheet.settle()

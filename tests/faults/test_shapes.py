"""What becomes of exchanges of more than one request when processes die: what was carried out is never sent again."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.faults.app import Marl
from tests.faults.parts import kill, wait_until
from tests.faults.sheets import KEYED, SAFE, UNSAFE, Sheet, faulted
from tests.servers.shape_books import BatchBook, CallingBook, JobBook, PagesBook

pytestmark = pytest.mark.faults
POLLED = UNSAFE | {"poll": {"until": '{{body.state}} == "done"', "every_ms": 500}, "method": "POST"}


@pytest.fixture
def polled(sheet: Callable[..., Sheet]) -> tuple[Sheet, JobBook]:
    # So slow that the first jobs are asked about long before the last ones are begun.
    made = sheet(POLLED | {"max_in_flight": 8}, rows=200, kind=JobBook, latency=0.1)
    assert isinstance(made.book, JobBook)
    made.book.seconds = 6
    return made, made.book


def test_workers_are_killed_between_writes_and_questions(marl: Marl, polled: tuple[Sheet, JobBook]) -> None:
    """all workers killed while some jobs are begun and others asked about"""
    sheet, book = polled
    sheet.start()
    wait_until(lambda: len(book.writes) >= 80 and len(book.questions) >= 20, 30, "jobs are begun and asked about")
    book.held_until = time.monotonic() + 3
    wait_until(lambda: any(arrival.method == "POST" for arrival in book.under_way), 10, "writes are under way")
    kill(*marl.workers)
    faulted([sheet])
    marl.start_workers(2)
    sheet.settle()
    assert set(book.counts.values()) == {1}


@pytest.fixture
def called(sheet: Callable[..., Sheet]) -> tuple[Sheet, CallingBook]:
    body = '{"key": "{{Key}}", "tell": "{{callback_url}}"}'
    config = UNSAFE | {"body": body, "callback": {"for_ms": 120_000}}
    made = sheet(config, rows=200, kind=CallingBook, latency=0.3)
    assert isinstance(made.book, CallingBook)
    made.book.seconds = 0.1  # which is before most answers
    return made, made.book


def test_workers_are_killed_between_writes_and_calls(marl: Marl, called: tuple[Sheet, CallingBook]) -> None:
    """all workers killed while some jobs are begun and others called back for"""
    sheet, book = called
    sheet.start()
    wait_until(lambda: len(book.arrivals) >= 80 and book.called.total() >= 20, 30, "jobs are begun and called back for")
    book.held_until = time.monotonic() + 3
    wait_until(lambda: bool(book.under_way), 10, "writes are under way")
    kill(*marl.workers)
    faulted([sheet])
    marl.start_workers(2)
    sheet.wait_for_end()
    # What was in doubt when it was called back for is filled by a sweep; what never arrived stays in doubt.
    wait_until(lambda: sheet.states()["done"] == len(book.called), 30, "every row is filled", every=0.3)
    cells = sheet.cells()
    assert {key: cells[key]["value"] for key in book.called} == {key: {"row": key} for key in book.called}
    assert {cells[key]["state"] for key in cells.keys() - book.called.keys()} <= {"unknown"}
    assert set(book.counts.values()) == {1}


def test_workers_are_killed_with_calls_that_no_cell_has_yet(marl: Marl, called: tuple[Sheet, CallingBook]) -> None:
    """all workers killed when the API has called back, before any cell has what it posted"""
    sheet, book = called
    book.seconds = 15  # which is after every answer
    sheet.start()
    wait_until(lambda: sheet.states()["waiting"] == sheet.rows, 40, "every row waits", every=0.3)
    for worker in marl.workers:
        marl.stall(worker)
    wait_until(lambda: len(book.called) == sheet.rows, 40, "every call is stored", every=0.3)
    assert sheet.states() == {"waiting": sheet.rows}
    kill(*marl.workers)
    faulted([sheet])
    marl.start_workers(2)
    sheet.settle()
    assert sheet.states() == {"done": sheet.rows}
    assert set(book.counts.values()) == set(book.called.values()) == {1}


@pytest.mark.parametrize("shape", ["polled", "called"])
def test_the_power_is_cut_while_every_row_waits(marl: Marl, shape: str, request: pytest.FixtureRequest) -> None:
    """every process killed at once while all rows wait for their results"""
    sheet, book = request.getfixturevalue(shape)
    book.seconds = 25
    sheet.start()
    wait_until(lambda: sheet.states()["waiting"] == sheet.rows, 40, "every row waits", every=0.3)
    marl.power_cut()
    faulted([sheet])
    marl.start()
    sheet.settle()
    assert sheet.states() == {"done": sheet.rows}
    assert set(book.counts.values()) == {1}


def test_workers_are_killed_while_lists_are_walked(marl: Marl, sheet: Callable[..., Sheet]) -> None:
    """all workers killed in the middle of lists that come in pages"""
    pages = {"by": "page", "parameter": "page", "items": "items"}
    walked = sheet(SAFE, rows=60, kind=PagesBook, latency=0.05, pages=pages, field_paths=["items"])
    walked.start()
    walked.wait_for_arrivals(60)
    kill(*marl.workers)
    faulted([walked])
    marl.start_workers(2)
    walked.wait_for_end()
    cells = walked.cells()
    assert {cell["state"] for cell in cells.values()} == {"done"}
    assert {key: cell["value"]["items"] for key, cell in cells.items()} == dict.fromkeys(cells, PagesBook.ITEMS)


@pytest.mark.parametrize("request_", [UNSAFE, KEYED], ids=["without a key", "with a key"])
def test_workers_are_killed_while_batches_are_written(
    marl: Marl, sheet: Callable[..., Sheet], request_: dict[str, Any]
) -> None:
    """all workers killed while batches of ten rows are under way"""
    body = '{"records": [{{#rows}}{"key": "{{Key}}"}{{/rows}}]}'
    written = sheet(request_, rows=300, kind=BatchBook, latency=0.1, body=body, batch={"rows": 10}, max_in_flight=4)
    written.start()
    written.wait_for_arrivals(8)
    written.book.held_until = time.monotonic() + 3
    wait_until(lambda: len(written.book.under_way) >= 2, 10, "batches are under way")
    kill(*marl.workers)
    faulted([written])
    marl.start_workers(2)
    written.settle()
    for key in written.book.counts:
        assert len({arrival.key for arrival in written.book.arrivals if key in arrival.row.split()}) == 1

"""What becomes of runs when processes die or stall: every row ends truly, and nothing is sent twice that may not be."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence

import httpx
import pytest

from enrichment.worker.send_journal import MOST_UNWRITTEN
from tests.faults.app import Marl
from tests.faults.databases import PostgreSql
from tests.faults.parts import kill, let_pass, wait_until
from tests.faults.sheets import KEYED, SAFE, UNSAFE, Sheet, faulted, settle_all, start_all

pytestmark = pytest.mark.faults
MIDDLE = 100  # arrivals of each run before the fault
HELD = 3.0  # seconds: longer than it takes to make the fault
FROZEN = float(os.environ.get("MARL_TEST_FROZEN", "0"))  # seconds at least; the report asks for a whole minute

on_postgresql = pytest.mark.skipif("DATABASE_URL" not in os.environ, reason="SQLite has no server that could die")


@pytest.fixture
def sheets(sheet: Callable[..., Sheet]) -> Sequence[Sheet]:
    """Of safe requests, of unsafe ones, and of ones with an idempotency key."""
    return [sheet(config, rows=300) for config in (SAFE, UNSAFE, KEYED)]


def start_until_middle(sheets: Sequence[Sheet]) -> None:
    """The fault then meets requests that are under way."""
    start_all(sheets, MIDDLE)
    now = time.monotonic()
    for each in sheets:
        each.book.held_until = now + HELD
    wait_until(lambda: any(each.book.arrivals[-1].at > now for each in sheets), 30, "requests are under way")


def cut_off(sheets: Sequence[Sheet]) -> int:
    return sum(len(each.book.cut_off) for each in sheets)


def test_a_worker_is_killed(marl: Marl, sheets: Sequence[Sheet]) -> None:
    """one of two workers killed"""
    start_until_middle(sheets)
    marl.sender_of(*(each.book for each in sheets)).kill()
    faulted(sheets)
    settle_all(sheets)
    assert cut_off(sheets)


def test_only_requests_under_way_are_in_doubt(marl: Marl, sheet: Callable[..., Sheet]) -> None:
    """the only worker killed with 32 POSTs under way, then a new one"""
    marl.start_workers(1)
    sent = sheet(UNSAFE, rows=1000, latency=0.02, max_in_flight=32)
    sent.start()
    sent.wait_for_arrivals(400)
    kill(*marl.workers)
    faulted([sent])
    marl.start_workers(1)
    states = sent.settle()
    assert Counter(states.values())["unknown"] <= 32 + MOST_UNWRITTEN


def test_all_workers_are_killed(marl: Marl, sheets: Sequence[Sheet]) -> None:
    """all workers killed, then two new ones"""
    start_until_middle(sheets)
    kill(*marl.workers)
    faulted(sheets)
    marl.start_workers(2)
    settle_all(sheets)
    assert cut_off(sheets)


def test_redis_is_out_of_memory(marl: Marl, sheets: Sequence[Sheet]) -> None:
    """Redis out of memory for 5 s, refusing whatever is to be written"""
    start_until_middle(sheets)
    marl.limit_redis("1")
    faulted(sheets)
    try:
        let_pass(5)
    finally:
        marl.limit_redis("0")
    settle_all(sheets)


def test_redis_is_lost_while_requests_are_under_way(marl: Marl, sheets: Sequence[Sheet]) -> None:
    """Redis killed, its data lost, back after 2 s"""
    start_until_middle(sheets)
    lose_redis_for(marl, 2, sheets)
    settle_all(sheets)
    for each in sheets:
        assert each.states() == {"done": each.rows}


def test_redis_is_lost_while_rows_wait(marl: Marl, sheet: Callable[..., Sheet]) -> None:
    """Redis killed while every row waits, its data lost, back after 2 s"""
    sheets = [sheet(config, rows=200) for config in (SAFE, UNSAFE)]
    start_all(sheets, 50)
    for each in sheets:
        each.book.closed_until = time.monotonic() + 4
    books = [each.book for each in sheets]  # of one API: when it turns one column away, the other waits with it
    wait_until(
        lambda: any(book.turned_away for book in books) and not any(book.under_way for book in books),
        10,
        "all rows wait",
    )
    lose_redis_for(marl, 2, sheets)
    for each in sheets:
        each.settle()
        assert each.states() == {"done": each.rows}


def lose_redis_for(marl: Marl, seconds: float, sheets: Sequence[Sheet]) -> None:
    marl.lose_redis()
    faulted(sheets)
    let_pass(seconds)
    marl.start_redis()


def test_the_power_is_cut(marl: Marl, sheets: Sequence[Sheet]) -> None:
    """every process killed at once, all started again"""
    start_until_middle(sheets)
    marl.power_cut()
    faulted(sheets)
    marl.start()
    settle_all(sheets)
    assert cut_off(sheets)


@on_postgresql
def test_postgresql_is_killed(marl: Marl, sheets: Sequence[Sheet]) -> None:
    """PostgreSQL killed and started again"""
    server = marl.database.server
    if server is None and not os.environ.get("CI"):
        pytest.skip("This machine has no PostgreSQL server programs, and the given server is not ours to kill.")
    assert server, "CI has PostgreSQL's server programs"
    start_until_middle(sheets)
    server.kill()
    faulted(sheets)
    marl.database.start()
    settle_all(sheets)


@on_postgresql
def test_postgresql_ends_all_connections(marl: Marl, sheets: Sequence[Sheet]) -> None:
    """PostgreSQL ends all connections"""
    assert isinstance(marl.database, PostgreSql)
    start_until_middle(sheets)
    marl.database.end_connections()
    faulted(sheets)
    settle_all(sheets)
    for each in sheets:
        assert each.states() == {"done": each.rows}
        assert set(each.book.counts.values()) == {1}


@on_postgresql
def test_postgresql_fails_over_to_a_copy(marl: Marl, sheets: Sequence[Sheet]) -> None:
    """PostgreSQL killed, its synchronous copy in its place, read-only for 2 s"""
    database = marl.database
    assert isinstance(database, PostgreSql)
    if not database.server:
        pytest.skip("The given server is not ours to kill.")
    with database.copied() as copy:
        start_until_middle(sheets)
        database.fail_over(copy)
        faulted(sheets)
        wait_until(lambda: any("The database is read-only" in words for words in problems(marl)), 5, "that is told")
        let_pass(2)
        database.promote()
        settle_all(sheets)
    assert not problems(marl)


def problems(marl: Marl) -> list[str]:
    told = httpx.get(f"http://127.0.0.1:{marl.port}/readyz", timeout=10, trust_env=False).json()
    return list(told.get("problems", []))


def test_a_worker_is_frozen_and_wakes(marl: Marl, sheets: Sequence[Sheet]) -> None:
    """a worker frozen until others have ended its runs, a minute at least in the report, then going on"""
    start_until_middle(sheets)
    frozen = marl.sender_of(*(each.book for each in sheets))
    marl.stall(frozen)
    faulted(sheets)
    try:
        for each in sheets:
            each.wait_for_end()  # so it was taken for dead, whatever that takes
        before = [each.states() for each in sheets]
        let_pass(max(0.0, sheets[0].fault_at + FROZEN - time.monotonic()))
    finally:
        frozen.tell(signal.SIGCONT)
    wait_until(lambda: frozen.said("presumed dead and continues as a new one"), 10, "the worker knows that it was dead")
    let_pass(3)  # for what it still has in mind
    settle_all(sheets)
    assert [each.states() for each in sheets] == before

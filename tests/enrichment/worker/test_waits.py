"""What a run does when an API asks it to wait, against a real server: what the cells say, and what was sent."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from django.utils import timezone

from enrichment.columns import http as http_columns
from enrichment.http_client import event_loop
from enrichment.models import Run
from enrichment.preview import one_row
from enrichment.runs import lifecycle, progress, runners
from enrichment.worker import step
from tables import rows
from tables.models import Cell, Column, Table
from tests.enrichment.conftest import sweep
from tests.servers.limited_api import Book, Closed, FixedWindow, Limit, LimitedApi, Refusal, SlidingWindow

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.wire]

type Refused = tuple[int, dict[str, str], object]


@pytest.fixture(scope="module")
def api() -> Iterator[LimitedApi]:
    with LimitedApi() as server:
        yield server


@pytest.fixture
def column(leads: Table) -> Callable[..., Column]:
    """Makes a column over a book, in a table of so many rows."""

    def make(book: Book, number: int = 5, **config: Any) -> Column:
        rows.append(leads, [{"Company": f"Company {at}"} for at in range(number - 3)])
        settings = {"url": f"{book.url}/{{{{Company}}}}", "method": "GET", "auto_update": False}
        return http_columns.create(leads, "Profile", settings | config)

    return make


def run_of(column: Column, seconds: float = 180) -> Run:
    """Runs the column over every row until it is over, paused, or the time is up; between steps as the worker does."""
    return go_on(lifecycle.plan(column, "all"), seconds)


def go_on(run: Run, seconds: float = 180) -> Run:
    runners.go_on(run.pk)
    token, deadline = "", time.monotonic() + seconds
    while (again := step.advance(run.pk, token)) and time.monotonic() < deadline and is_active(run):
        token, pause = again
        time.sleep(pause)
    step.drain(5)
    run.refresh_from_db()
    return run


def is_active(run: Run) -> bool:
    return Run.objects.filter(pk=run.pk, state__in=Run.ACTIVE).exists()


def states(column: Column) -> Counter[str]:
    return Counter(Cell.objects.filter(column=column).values_list("state", flat=True))


@pytest.mark.parametrize("limit", [FixedWindow(10, 1), SlidingWindow(10, 1)], ids=["fixed window", "sliding window"])
def test_an_api_that_only_says_429_is_asked_as_slowly_as_it_likes(
    limit: Limit, api: LimitedApi, column: Callable[..., Column]
) -> None:
    book = api.book(limit)
    asked = column(book, 120)
    run = run_of(asked)
    assert (run.state, states(asked)) == ("done", {"done": 120})
    assert len(book.arrivals) <= 1.5 * 120
    assert run.slowed_to
    assert 3 < run.slowed_to < 16
    assert progress.as_json(run)["slowed_to"] == run.slowed_to


def asks(status: int, body: object = "", **headers: object) -> Refusal:
    named = {name.replace("_", "-"): str(value) for name, value in headers.items()}
    return lambda: (status, named, body)


def http_date(seconds: float) -> str:
    return format_datetime(timezone.now() + timedelta(seconds=seconds), usegmt=True)


def epoch(seconds: float) -> int:
    return round(time.time() + seconds)


SHORT: dict[str, Callable[[], Refusal]] = {
    "Retry-After": lambda: asks(429, Retry_After=1),
    "a date": lambda: asks(429, Retry_After=http_date(2)),
    "RateLimit": lambda: asks(429, RateLimit='"second";r=0;t=1'),
    "epoch seconds": lambda: asks(429, X_RateLimit_Reset=epoch(2)),
    "epoch milliseconds": lambda: asks(429, X_RateLimit_Reset=epoch(2) * 1000),
    "seconds left": lambda: asks(429, X_RateLimit_Reset=1),
    "the body": lambda: asks(429, {"retry_after_ms": 800}),
    "503": lambda: asks(503, Retry_After=1),
    "403 with Retry-After": lambda: asks(403, Retry_After=1),
    "403 as GitHub": lambda: asks(403, X_RateLimit_Remaining=0, X_RateLimit_Reset=epoch(2)),
}


@pytest.mark.parametrize("what", SHORT)
def test_a_wait_that_the_api_asks_for_is_waited_by_every_row_and_costs_no_try(
    what: str, api: LimitedApi, column: Callable[..., Column]
) -> None:
    """Server refuses everything for a moment → cells done at the first try → at most one request a row more."""
    limit = Closed()
    book = api.book(limit, SHORT[what]())
    asked = column(book, 5, retry={"max_retries": 0})
    run = lifecycle.plan(asked, "all")
    step.advance(run.pk, "")
    refused = len(book.arrivals)
    assert 1 <= refused <= 5
    limit.is_open = True
    assert (go_on(run).state, states(asked)) == ("done", {"done": 5})
    assert len(book.arrivals) == refused + 5
    assert set(Cell.objects.filter(column=asked).values_list("attempts", flat=True)) == {1}
    first, again = book.arrivals[0][0], book.arrivals[refused][0]
    assert again - first > 0.7


@pytest.mark.parametrize("refusal", [asks(429, Retry_After=0), asks(429, Retry_After=http_date(-9)), asks(429)])
def test_an_api_that_never_says_how_long_is_asked_less_and_less(
    refusal: Refusal, api: LimitedApi, column: Callable[..., Column]
) -> None:
    """Server always says `Retry-After: 0` → cells wait for the limit → a few requests in four seconds."""
    book = api.book(Closed(), refusal)
    asked = column(book, 5)
    run = run_of(asked, seconds=4)
    assert run.state == "running"
    assert len(book.arrivals) <= 5 + 3
    assert set(states(asked)) <= {"limited", "running"}


def test_an_api_that_answers_nothing_but_429_ends_in_a_pause_that_says_why(
    api: LimitedApi, column: Callable[..., Column], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("enrichment.worker.waits.MOST_WAITS", 2)
    book = api.book(Closed())
    asked = column(book, 5)
    run = run_of(asked)
    assert (run.state, run.resumes_at) == ("paused", None)
    assert run.stop_reason.startswith("After 2 waits in ")
    assert run.stop_reason.endswith(
        " without one success, the API still answers “429 · Too many requests”. "
        "Check your plan's limits there, then resume the run."
    )
    assert len(book.arrivals) <= 5 + 2 * 2
    assert progress.as_json(run)["stop_reason"] == run.stop_reason
    book.limit.is_open = True  # type: ignore[attr-defined]
    resumed = lifecycle.resume(run)
    assert (resumed.state, resumed.stop_reason) == ("running", "")
    assert (go_on(resumed).state, states(asked)) == ("done", {"done": 5})


def test_a_row_that_is_refused_while_others_succeed_does_not_pause_them(
    api: LimitedApi, column: Callable[..., Column]
) -> None:
    book = api.book(FixedWindow(10_000, 1), refused_rows=frozenset({"Company 60"}))
    asked = column(book, 80, max_in_flight=8)
    run = run_of(asked, seconds=6)
    assert (run.state, states(asked)["done"]) == ("running", 79)
    assert sum(row == "Company 60" for _, row, _ in book.arrivals) <= 6


def paused_for_an_hour(api: LimitedApi, column: Callable[..., Column]) -> tuple[Run, Book]:
    book = api.book(Closed(), asks(429, Retry_After=3600))
    run = run_of(column(book, 40, max_in_flight=4))
    assert run.state == "paused"
    return run, book


def test_a_wait_of_more_than_ten_minutes_pauses_the_run_until_then(
    api: LimitedApi, column: Callable[..., Column]
) -> None:
    run, book = paused_for_an_hour(api, column)
    assert run.resumes_at
    assert 3500 < (run.resumes_at - timezone.now()).total_seconds() <= 3600
    assert run.stop_reason == f"The API asks to wait until {run.resumes_at:%-d %B %Y, %H:%M} UTC."
    assert len(book.arrivals) <= 4
    assert progress.as_json(run)["resumes_at"] == run.resumes_at
    sweep()
    run.refresh_from_db()
    assert run.state == "paused"


def test_a_test_of_one_row_says_how_long_the_api_asks_to_wait(api: LimitedApi, column: Callable[..., Column]) -> None:
    run, book = paused_for_an_hour(api, column)
    refused = len(book.arrivals)
    cell = one_row.send(run.column, run.table.rows.values_list("pk", flat=True)[0])["cell"]
    assert cell["error"]["message"] == "The API asks to wait for another 60 min. Nothing was sent."
    assert len(book.arrivals) == refused


def test_another_run_that_sends_to_this_api_pauses_itself_without_asking(
    api: LimitedApi, column: Callable[..., Column], leads: Table
) -> None:
    run, book = paused_for_an_hour(api, column)
    other = run_of(http_columns.create(leads, "Other", {"url": f"{book.url}/other", "auto_update": False}))
    assert (other.state, len(book.arrivals)) == ("paused", len(book.arrivals))
    assert other.resumes_at
    assert run.resumes_at
    assert abs((other.resumes_at - run.resumes_at).total_seconds()) < 2


def test_a_paused_run_resumes_by_itself_when_its_time_has_come(api: LimitedApi, column: Callable[..., Column]) -> None:
    run, book = paused_for_an_hour(api, column)
    book.limit.is_open = True  # type: ignore[attr-defined]
    Run.objects.filter(pk=run.pk).update(resumes_at=timezone.now() - timedelta(seconds=1))
    event_loop.run(an_hour_later())
    sweep()
    run.refresh_from_db()
    assert (run.state, run.resumes_at, run.stop_reason) == ("running", None, "")
    assert (go_on(run).state, states(run.column)) == ("done", {"done": 40})


async def an_hour_later() -> None:
    """For the hold, whose time is Redis' own."""
    async for key in event_loop.redis().scan_iter("marl:api:*"):
        await event_loop.redis().hset(key, "held_until", 0)


def test_a_run_that_paused_in_the_future_resumes_because_the_clock_was_set_back(
    api: LimitedApi, column: Callable[..., Column]
) -> None:
    run, _ = paused_for_an_hour(api, column)
    Run.objects.filter(pk=run.pk).update(paused_at=timezone.now() + timedelta(days=1))
    sweep()
    run.refresh_from_db()
    assert run.state == "running"


def test_a_person_resumes_earlier_and_the_api_is_really_asked(api: LimitedApi, column: Callable[..., Column]) -> None:
    run, book = paused_for_an_hour(api, column)
    refused = len(book.arrivals)
    again = go_on(lifecycle.resume(run))
    assert again.state == "paused"
    assert len(book.arrivals) > refused
    book.limit.is_open = True  # type: ignore[attr-defined]
    assert (go_on(lifecycle.resume(again)).state, states(run.column)) == ("done", {"done": 40})


def test_a_run_that_died_before_it_paused_pauses_in_its_next_step(
    api: LimitedApi, column: Callable[..., Column], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(lifecycle, "pause_itself", lambda run, pause: run)
        book = api.book(Closed(), asks(429, Retry_After=3600))
        run = run_of(column(book, 40, max_in_flight=4), seconds=0)
    assert run.state == "running"
    refused = len(book.arrivals)
    assert (go_on(run).state, len(book.arrivals)) == ("paused", refused)
    assert run.resumes_at

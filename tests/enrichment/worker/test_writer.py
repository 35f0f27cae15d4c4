"""Results on their way into the database."""

import asyncio
from collections.abc import Callable, Sequence

import pytest
from django.db import OperationalError
from django.utils import timezone

from enrichment.http_client import event_loop
from enrichment.models import Run
from enrichment.runs import claims, lifecycle, results
from enrichment.runs.attempts import Attempt
from enrichment.runs.results import Result
from enrichment.worker import heartbeat, writer
from tables import events
from tables.models import Cell, CellState, Column

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(http: Callable[..., Column]) -> Run:
    run = lifecycle.plan(http(), "all")
    begun = lifecycle.begin(run.pk)
    assert begun
    return begun


def taken(run: Run, *values: object) -> list[Result]:
    rows = claims.claim(run.pk, len(values), heartbeat.worker_id(), beginning=len(values)).rows
    return [
        Result(row.row.pk, CellState.DONE, value, claim_id=row.claim_id)
        for row, value in zip(rows, values, strict=True)
    ]


def write(run: Run, *steps: list[Result]) -> None:
    """Each list by a step of its own, all at once."""

    async def step(ended: list[Result]) -> None:
        mine = writer.enter(run)
        for result in ended:
            mine.put(result)
        await asyncio.sleep(0)
        await mine.leave()

    async def every_step() -> None:
        await asyncio.gather(*(step(ended) for ended in steps))

    event_loop.run(every_step())


def test_a_result_that_cannot_be_stored_fails_alone(run: Run, cells: Callable[[Column], list[object]]) -> None:
    endless: list[object] = []
    endless.append(endless)
    write(run, taken(run, 1, endless, 3))
    assert cells(run.column) == [("done", 1), ("failed", None), ("done", 3)]
    run.refresh_from_db()
    assert (run.done, run.failed) == (2, 1)
    assert not claims.open_count(run)


def test_a_row_that_cannot_even_fail_does_not_hold_the_others_up(
    run: Run, cells: Callable[[Column], list[object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = taken(run, 1, 2, 3)
    store, broken = results.store, ended[1].row_id

    def all_but_one(run: Run, ended: list[Result]) -> list[Result]:
        if broken in [result.row_id for result in ended]:
            raise ValueError("no such row")
        return store(run, ended)

    monkeypatch.setattr(results, "store", all_but_one)
    write(run, ended)
    assert cells(run.column) == [("done", 1), None, ("done", 3)]
    assert claims.open_count(run) == 1


def test_what_the_steps_of_a_run_end_with_is_stored_together(
    run: Run, cells: Callable[[Column], list[object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = []
    store = results.store

    def counted(run: Run, ended: list[Result]) -> list[Result]:
        stored.append(len(ended))
        return store(run, ended)

    monkeypatch.setattr(results, "store", counted)
    ended = taken(run, 1, 2, 3)
    write(run, ended[:2], ended[2:])
    assert [number for number in stored if number] == [3]
    assert cells(run.column) == [("done", 1), ("done", 2), ("done", 3)]


def test_a_row_that_is_being_sent_is_announced_with_its_attempts(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    announced: list[tuple[int, int, dict[str, object]]] = []
    monkeypatch.setattr(events, "publish_cells", lambda _, cells: announced.extend(cells))

    async def send() -> None:
        mine = writer.enter(run)
        mine.announce_sending(7, 1)
        await mine.leave()

    event_loop.run(send())
    [(row_id, column_id, cell)] = announced
    assert (row_id, column_id) == (7, run.column_id)
    assert (cell["state"], cell["attempts"], cell["max_attempts"]) == ("running", 1, 4)


def test_a_step_leaves_when_a_database_that_was_away_has_its_results(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    store, away = results.store, [True]

    def away_once(run: Run, ended: list[Result]) -> list[Result]:
        if away:
            away.clear()
            raise OperationalError("the database is away")
        return store(run, ended)

    monkeypatch.setattr(event_loop, "AGAIN", 0)
    monkeypatch.setattr(results, "store", away_once)
    write(run, taken(run, 1, 2, 3))
    assert Cell.objects.filter(column=run.column, state=CellState.DONE).count() == 3


def test_long_answers_are_stored_in_several_transactions_and_none_is_lost_between_them(
    run: Run, cells: Callable[[Column], list[object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MOST_LETTERS", 1000)
    monkeypatch.setattr(event_loop, "AGAIN", 0.0)
    stored, store = list[int](), writer.store
    fails = [False, True, False, False]

    def store_or_fail(run: Run, waiting: Sequence[Result]) -> list[Result]:
        if waiting and fails.pop(0):
            raise OperationalError("gone")
        stored.extend([len(waiting)] if waiting else [])
        return store(run, waiting)

    monkeypatch.setattr(writer, "store", store_or_fail)
    ended = taken(run, 1, 2, 3)
    for result in ended:
        answer = {"status": 200, "headers": {}, "body": "x" * 700}
        result.new_attempts = [Attempt(1, timezone.now(), {"method": "GET"}, answer)]
    write(run, ended)
    assert stored == [1, 1, 1]
    assert cells(run.column) == [("done", 1), ("done", 2), ("done", 3)]

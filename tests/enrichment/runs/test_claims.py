"""Who takes which rows: each row once, whatever happens to the workers."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connections as databases
from django.utils import timezone

from enrichment.models import Claim, Run, Worker
from enrichment.runs import claims, lifecycle, results
from enrichment.runs.results import Result
from enrichment.worker import recovery
from tables import moves
from tables import rows as table_rows
from tables.models import Cell, CellState, Column, Row, Table
from tests.enrichment.conftest import sweep

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def column(leads: Table, http: Callable[..., Column]) -> Column:
    table_rows.append(leads, [{"Company": f"Company {number}"} for number in range(97)])
    return http()


@pytest.fixture
def run(column: Column) -> Run:
    run = lifecycle.plan(column, "all")
    assert lifecycle.begin(run.pk)
    return run


def living() -> int:
    return Worker.objects.create().pk


def dead() -> int:
    return Worker.objects.create(beat=7, seen_beat=7).pk


def ids(batch: claims.NewClaim) -> list[int]:
    return [taken.row.pk for taken in batch.rows]


def test_workers_that_claim_at_once_take_each_row_once(run: Run) -> None:
    together, taken = threading.Barrier(4), list[int]()

    def work() -> None:
        together.wait()
        while batch := ids(claims.claim(run.pk, 7, 1)):
            taken.extend(batch)
        databases.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == len(set(taken)) == 100


def test_a_second_run_of_the_column_takes_no_row_that_is_under_way(run: Run, column: Column) -> None:
    held = ids(claims.claim(run.pk, 10, living()))
    other = lifecycle.plan(column, {"ids": held}, automatic=True)
    assert ids(claims.claim(other.pk, 10, living())) == []
    other.refresh_from_db()
    assert other.total == 0


def test_a_claimed_row_is_shown_as_running_and_keeps_its_old_result(run: Run, column: Column, leads: Table) -> None:
    first = Row.objects.filter(table=leads).order_by("pk")[0]
    Cell.objects.create(row=first, column=column, state=CellState.DONE, value={"size": 3}, attempts=2)
    claims.claim(run.pk, 1, living())
    [shown, after] = table_rows.as_json(table_rows.window(leads, 0, 2), [column])
    assert shown["cells"][str(column.pk)] == {
        "state": "running",
        "value": {"size": 3},
        "error": None,
        "stale": False,
        "http_status": None,
        "attempts": 0,
        "max_attempts": 4,
    }
    assert after["cells"][str(column.pk)]["state"] == "queued"
    assert Cell.objects.get().state == CellState.DONE


def test_a_row_that_is_tried_again_is_shown_with_its_attempts(run: Run, column: Column, leads: Table) -> None:
    first = Row.objects.filter(table=leads).order_by("pk")[0]
    claims.claim(run.pk, 1, living())
    Claim.objects.all().delete()
    Cell.objects.create(
        row=first, column=column, run_id=run.pk, state=CellState.QUEUED, attempts=1, due_at=timezone.now()
    )
    claims.claim(run.pk, 1, living())
    [shown] = table_rows.as_json(table_rows.window(leads, 0, 1), [column])
    cell = shown["cells"][str(column.pk)]
    assert (cell["state"], cell["attempts"], cell["max_attempts"]) == ("running", 1, 4)


def test_rows_that_are_handed_back_are_taken_first_and_stay_unwritten(run: Run) -> None:
    batch = claims.claim(run.pk, 10, living())
    claims.release(run.pk, ids(batch)[4:], [batch.rows[0].claim_id])
    assert ids(claims.claim(run.pk, 3, living())) == ids(batch)[4:7]
    assert ids(claims.claim(run.pk, 5, living())) == [*ids(batch)[7:10], ids(batch)[9] + 1, ids(batch)[9] + 2]
    assert not Cell.objects.exists()


def test_a_result_of_a_claim_that_is_anothers_by_now_is_left_out(run: Run) -> None:
    batch = claims.claim(run.pk, 2, dead(), beginning=1)
    sweep()
    late = [Result(taken.row.pk, "done", 1, claim_id=taken.claim_id) for taken in batch.rows]
    assert results.store(run, late) == []
    assert list(Cell.objects.values_list("state", flat=True)) == ["unknown"]


def test_what_a_dead_worker_had_not_begun_is_sent_by_another(run: Run) -> None:
    batch = claims.claim(run.pk, 5, dead(), beginning=2)
    sweep()
    assert list(Cell.objects.order_by("row_id").values_list("row_id", "state")) == [
        (pk, "unknown") for pk in ids(batch)[:2]
    ]
    assert ids(claims.claim(run.pk, 3, living())) == ids(batch)[2:]


def test_rows_are_told_before_they_are_sent(run: Run) -> None:
    batch = claims.claim(run.pk, 5, dead(), beginning=1)
    assert claims.record_intent(batch.rows[0].claim_id, ids(batch)[2])
    sweep()
    assert Cell.objects.count() == 3
    assert not claims.record_intent(batch.rows[0].claim_id, ids(batch)[4])


def test_a_row_that_ends_its_workers_is_given_up(http: Callable[..., Column]) -> None:
    run = lifecycle.plan(http(method="GET"), {"first": 1})
    for _ in range(recovery.MOST_LOST + 1):
        assert claims.claim(run.pk, 1, dead()).rows
        sweep()
    cell = Cell.objects.get()
    assert (cell.state, cell.error_code) == ("failed", "worker_lost")
    assert "4 workers stopped" in cell.error_message


def test_a_row_put_back_for_later_is_due_when_the_clock_was_set_back(run: Run) -> None:
    [taken] = claims.claim(run.pk, 1, living()).rows
    later = timezone.now() + timedelta(seconds=30)
    results.store(run, [Result(taken.row.pk, CellState.QUEUED, attempts=1, due_at=later, claim_id=taken.claim_id)])
    assert ids(claims.claim(run.pk, 1, living())) != [taken.row.pk]
    Cell.objects.update(finished_at=timezone.now() + timedelta(hours=2), due_at=timezone.now() + timedelta(hours=2))
    [again] = claims.claim(run.pk, 1, living()).rows
    assert (again.row.pk, again.attempts) == (taken.row.pk, 1)


def test_a_stopped_run_leaves_rows_that_were_not_begun_as_they_were(run: Run) -> None:
    batch = claims.claim(run.pk, 4, living())
    claims.release(run.pk, ids(batch), [batch.rows[0].claim_id])
    stopped = lifecycle.stop(run)
    assert (stopped.cancelled, stopped.total) == (100, 100)
    assert not Cell.objects.exists()
    assert not Claim.objects.exists()


def test_rows_handed_back_by_a_stopped_run_are_free_for_the_next_one(run: Run, column: Column) -> None:
    batch = claims.claim(run.pk, 4, living())
    lifecycle.stop(run)
    claims.release(run.pk, ids(batch), [batch.rows[0].claim_id])
    assert ids(claims.claim(lifecycle.plan(column, "all").pk, 4, living())) == ids(batch)


def test_a_run_waits_for_the_rows_that_a_stopped_one_has_not_let_go_of(run: Run, column: Column) -> None:
    batch = claims.claim(run.pk, 4, living())
    lifecycle.stop(run)
    again = lifecycle.plan(column, "all")
    assert lifecycle.begin(again.pk)
    waiting = claims.claim(again.pk, 10, living())
    assert (ids(waiting), waiting.exhausted, waiting.early) == ([], False, True)
    assert not lifecycle.finish(again.pk)
    results.store(run, [Result(batch.rows[0].row.pk, "done", 1, claim_id=batch.rows[0].claim_id)])
    claims.release(run.pk, ids(batch), [batch.rows[0].claim_id])
    assert ids(claims.claim(again.pk, 4, living())) == ids(batch)
    again.refresh_from_db()
    assert again.total == 100


def test_a_row_that_was_deleted_while_it_was_sent_comes_back_with_its_result(run: Run, leads: Table) -> None:
    batch = claims.claim(run.pk, 4, living())
    first, *_ = ids(batch)
    Cell.objects.create(row_id=first, column=run.column, state=CellState.DONE, value="before")
    deletion = table_rows.delete(leads, ids(batch)[:3])
    assert deletion
    answers = ["done", "unknown", "limited", "done"]
    stored = [
        Result(row.row.pk, state, {"a": 1}, claim_id=row.claim_id)
        for row, state in zip(batch.rows, answers, strict=True)
    ]
    results.store(run, stored)
    moves.restore(deletion)
    ended = [(pk, state, {"a": 1}) for pk, state in zip(ids(batch), answers, strict=True) if state != "limited"]
    assert list(Cell.objects.order_by("row_id").values_list("row_id", "state", "value")) == ended


def test_deleting_rows_that_are_under_way_does_no_harm(run: Run, leads: Table) -> None:
    batch = claims.claim(run.pk, 4, living())
    table_rows.delete(leads, ids(batch)[:2])
    results.store(run, [Result(taken.row.pk, "done", 1, claim_id=taken.claim_id) for taken in batch.rows])
    assert list(Cell.objects.order_by("row_id").values_list("row_id", flat=True)) == ids(batch)[2:]
    assert not Claim.objects.exists()

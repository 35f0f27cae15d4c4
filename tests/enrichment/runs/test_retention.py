"""Attempts are kept for as long, and as many of each cell, as their table says; the others are deleted."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from enrichment.models import Attempt, AttemptSweep, BatchAttempt, OpenExchange, Run
from enrichment.runs import retention
from enrichment.runs.retention import Limits
from tables import dispatch
from tables.models import Cell, Column, Row, Table
from workspaces.models import AuditEntry
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def column(http: Callable[..., Column]) -> Column:
    return http()


@pytest.fixture
def row_ids(leads: Table) -> list[int]:
    return list(Row.objects.filter(table=leads).order_by("pk").values_list("pk", flat=True))


def ended_run(column: Column, state: str = "done") -> Run:
    return Run.objects.create(table=column.table, column=column, scope="all", state=state)


def tried(run: Run, row_id: int, *days_ago: int, **more: Any) -> list[int]:
    """Stores an attempt for each of these ages, and returns their ids."""

    def at(days: int) -> datetime:
        return timezone.now() - timedelta(days=days)

    return [
        Attempt.objects.create(
            row_id=row_id, column=run.column, run=run, number=number, started_at=at(days), request={"url": "u"}, **more
        ).pk
        for number, days in enumerate(days_ago, 1)
    ]


def sweep(table: Table, days: int | None = None, per_cell: int | None = None) -> None:
    retention.change(table, Limits(days, per_cell))
    while retention.advance(table.pk):
        pass


def kept(column: Column) -> list[int]:
    return list(Attempt.objects.filter(column=column).order_by("pk").values_list("pk", flat=True))


def deleted_before(ids: Sequence[int]) -> list[int | None]:
    return list(Attempt.objects.filter(pk__in=ids).order_by("pk").values_list("deleted_before", flat=True))


def test_old_attempts_are_deleted_and_the_last_one_of_a_cell_says_how_many(column: Column, row_ids: list[int]) -> None:
    ids = tried(ended_run(column), row_ids[0], 400, 100, 31, 29, 1)
    sweep(column.table, days=30)
    assert kept(column) == ids[3:]
    assert deleted_before(ids[3:]) == [None, 3]


def test_the_last_attempt_of_a_cell_stays_however_old_it_is(column: Column, row_ids: list[int]) -> None:
    first, second = tried(ended_run(column), row_ids[0], 400, 300), tried(ended_run(column), row_ids[1], 500)
    sweep(column.table, days=7, per_cell=1)
    assert kept(column) == [first[-1], *second]


@pytest.mark.parametrize(("per_cell", "left"), [(1, 1), (3, 3), (5, 4), (None, 4)])
def test_so_many_of_a_cell_stay(column: Column, row_ids: list[int], per_cell: int | None, left: int) -> None:
    ids = tried(ended_run(column), row_ids[0], 3, 2, 1, 0)
    sweep(column.table, per_cell=per_cell)
    assert kept(column) == ids[-left:]


def test_what_was_deleted_before_is_counted_on_when_its_mark_goes(column: Column, row_ids: list[int]) -> None:
    tried(ended_run(column), row_ids[0], 5, 4, 3)
    sweep(column.table, per_cell=1)
    ids = tried(ended_run(column), row_ids[0], 2, 1)
    sweep(column.table, per_cell=2)
    assert (kept(column), deleted_before(ids)) == (ids, [None, 3])


@pytest.mark.parametrize("state", ["planning", "running", "paused"])
def test_attempts_of_a_run_that_goes_on_stay(column: Column, row_ids: list[int], state: str) -> None:
    old = tried(ended_run(column), row_ids[0], 50, 40)
    ids = tried(ended_run(column, state), row_ids[0], 30, 20, 10)
    sweep(column.table, days=7, per_cell=1)
    assert kept(column) == ids
    assert old[0] not in kept(column)


def test_attempts_of_an_open_exchange_stay(column: Column, row_ids: list[int]) -> None:
    run = ended_run(column)
    ids, others = tried(run, row_ids[0], 30, 20), tried(run, row_ids[1], 30, 20)
    OpenExchange.objects.create(column=column, row_id=row_ids[0], run_id=run.pk, sealed="")
    sweep(column.table, days=7)
    assert kept(column) == sorted([*ids, others[-1]])


def test_the_attempt_that_made_the_result_stays_when_a_later_run_was_stopped(
    column: Column, row_ids: list[int]
) -> None:
    run, stopped = ended_run(column), ended_run(column, "stopped")
    ids = tried(run, row_ids[0], 40, 30)
    Cell.objects.create(row_id=row_ids[0], column=column, state="done", value="Acme", run_id=run.pk)
    later = tried(stopped, row_ids[0], 20, 10)
    sweep(column.table, days=7)
    assert kept(column) == [ids[-1], later[-1]]


def test_what_was_sent_for_many_rows_goes_with_the_last_of_their_attempts(column: Column, row_ids: list[int]) -> None:
    run = ended_run(column)
    for key, of_rows in (("all-old", row_ids[:2]), ("one-new", row_ids[1:3])):
        BatchAttempt.objects.create(key=key, column=column, row_ids=of_rows, response={"status": 200})
    tried(run, row_ids[0], 30, batch_id="all-old")
    tried(run, row_ids[1], 30, 30, batch_id="all-old")
    for row_id in row_ids[:2]:
        tried(run, row_id, 1)
    tried(run, row_ids[1], 30, batch_id="one-new")
    tried(run, row_ids[2], 30, batch_id="one-new")
    tried(run, row_ids[1], 0)
    sweep(column.table, days=7)
    assert list(BatchAttempt.objects.values_list("key", flat=True)) == ["one-new"]
    assert Attempt.objects.get(batch="one-new").row_id == row_ids[2]


def test_other_tables_keep_theirs(column: Column, row_ids: list[int], leads: Table) -> None:
    other = Table.objects.create(workspace=leads.workspace, name="Other")
    row = Row.objects.create(table=other, sort_key=1)
    run = Run.objects.create(table=other, column=column, scope="all", state="done")
    ids = tried(run, row.pk, 30, 20)
    sweep(leads, days=7)
    assert kept(column) == ids


def test_a_sweep_that_was_broken_off_goes_on_where_it_was(
    column: Column, row_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = ended_run(column)
    ids = [tried(run, row_id, 30, 20, 10) for row_id in row_ids]
    monkeypatch.setattr(retention, "ROWS", 1)
    monkeypatch.setattr(retention, "STEP_SECONDS", 0.0)
    retention.change(column.table, Limits(7))
    assert retention.advance(column.table_id)
    AttemptSweep.objects.update(cursor=row_ids[0])
    monkeypatch.setattr(retention, "STEP_SECONDS", 60.0)
    assert not retention.advance(column.table_id)
    assert kept(column) == [*ids[0], ids[1][-1], ids[2][-1]]
    assert AttemptSweep.objects.get().ended_at is not None


def test_a_worker_that_was_overtaken_deletes_nothing(
    column: Column, row_ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = tried(ended_run(column), row_ids[0], 30, 20)
    looked = retention.superfluous

    def changed_meanwhile(table: Table, *arguments: Any) -> list[retention.Superfluous]:
        found = looked(table, *arguments)
        retention.change(Table.objects.get(pk=table.pk), Limits())
        return found

    retention.change(column.table, Limits(7))
    monkeypatch.setattr(retention, "superfluous", changed_meanwhile)
    assert not retention.advance(column.table_id)
    assert kept(column) == ids


def test_a_transaction_deletes_fewer_when_it_is_slow_and_more_when_it_is_quick() -> None:
    assert [retention._next_size(40, seconds) for seconds in (0.001, 0.03, 1.0)] == [80, 40, 20]
    assert retention._next_size(retention.MOST, 0.001) == retention.MOST
    assert retention._next_size(retention.FEWEST, 1.0) == retention.FEWEST


def test_tables_are_swept_once_a_day(leads: Table, column: Column, sent: list[tuple[object, ...]]) -> None:
    retention.begin_due()
    assert sent == [(retention.SWEEP, leads.pk)]
    retention.begin_due()  # the task may have been lost
    assert sent == [(retention.SWEEP, leads.pk)] * 2
    assert not retention.advance(leads.pk)
    retention.begin_due()
    assert len(sent) == 2
    AttemptSweep.objects.update(ended_at=timezone.now() - timedelta(days=1))
    retention.begin_due()
    assert len(sent) == 3


def test_a_table_that_keeps_everything_is_not_swept(leads: Table, sent: list[tuple[object, ...]]) -> None:
    Table.objects.update(attempt_days=None, attempts_per_cell=None)
    retention.begin_due()
    assert sent == []


def test_a_table_in_the_trash_is_left_alone(column: Column, row_ids: list[int]) -> None:
    ids = tried(ended_run(column), row_ids[0], 400, 300)
    Table.objects.update(deleted_at=timezone.now())
    AttemptSweep.objects.create(table=column.table)
    assert not retention.advance(column.table_id)
    assert kept(column) == ids


def test_who_changed_the_limits_is_in_the_audit_log_once(leads: Table) -> None:
    retention.change(leads, Limits(30, 5))
    retention.change(leads, Limits(30, 5))
    leads.refresh_from_db()
    assert Limits.of(leads) == Limits(30, 5)
    assert AuditEntry.objects.filter(action="table.retention_changed").count() == 1


@pytest.mark.parametrize("limits", [Limits(0), Limits(-1), Limits(1, 0), Limits(40_000)])
def test_what_is_not_a_limit_is_refused(leads: Table, limits: Limits) -> None:
    with pytest.raises(Refused):
        retention.change(leads, limits)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """The tasks that were sent."""
    tasks: list[tuple[object, ...]] = []
    monkeypatch.setattr(dispatch, "send", lambda *task, **_: tasks.append(task))
    return tasks

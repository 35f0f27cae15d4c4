"""Columns that run by the clock."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from enrichment import schedules
from enrichment.engine.errors import InvalidSettings
from enrichment.models import Run, Schedule
from enrichment.runs import lifecycle
from tables import columns as table_columns
from tables.models import Cell, Column, Row, Table
from workspaces.models import User
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)

DAILY = {"every": "day", "at": "09:00", "timezone": "Europe/Berlin", "rows": "all"}


@pytest.fixture
def column(http: Callable[..., Column]) -> Column:
    return http()


def make_due(column: Column, *, ago: timedelta = timedelta(days=3)) -> None:
    Schedule.objects.filter(column=column).update(due_at=timezone.now() - ago)


def test_a_column_that_is_due_runs_once_however_many_times_passed(column: Column, editor: User) -> None:
    schedules.change(column, DAILY, editor)
    schedules.run_due()
    assert not Run.objects.exists()
    make_due(column)
    schedules.run_due()
    schedules.run_due()
    [run] = Run.objects.all()
    assert (run.column, run.scope, run.scheduled, run.created_by) == (column, "all", True, editor)
    schedule = Schedule.objects.get(column=column)
    assert timezone.now() < schedule.due_at <= timezone.now() + timedelta(days=1)


def test_two_schedulers_at_once_start_one_run(column: Column, editor: User) -> None:
    schedules.change(column, DAILY, editor)
    make_due(column)
    [seen] = Schedule.objects.select_related("column__table")
    schedules.run_due()
    schedules._run(seen, timezone.now())
    assert Run.objects.count() == 1


def test_a_schedule_that_no_longer_means_anything_keeps_no_other_from_running(
    column: Column, http: Callable[..., Column], editor: User
) -> None:
    other = http("Other")
    for each in (column, other):
        schedules.change(each, DAILY, editor)
        make_due(each)
    Schedule.objects.filter(column=column).update(config=DAILY | {"timezone": "Europe/Nowhere"})
    schedules.run_due()
    assert Run.objects.get().column == other


def test_a_run_that_is_still_going_is_not_doubled_and_the_reason_is_kept(column: Column, editor: User) -> None:
    lifecycle.plan(column, "all", editor)
    schedules.change(column, DAILY, editor)
    make_due(column)
    schedules.run_due()
    assert Run.objects.count() == 1
    told = schedules.of(column)
    assert told
    assert "already running" in told["refusal"]
    assert told["next_at"] > timezone.now()


def test_a_deleted_column_does_not_run(column: Column, editor: User) -> None:
    schedules.change(column, DAILY, editor)
    make_due(column)
    table_columns.delete(column)
    schedules.run_due()
    assert not Run.objects.exists()


def test_results_older_than_some_hours_are_run(
    column: Column, editor: User, leads: Table, answer: Callable[..., None]
) -> None:
    old, new, _ = Row.objects.filter(table=leads).order_by("sort_key")
    answer(column, {old.pk: "a", new.pk: "b"})
    Cell.objects.filter(row=old).update(finished_at=timezone.now() - timedelta(hours=25))
    schedules.change(column, DAILY | {"rows": {"older_than_hours": 24}}, editor)
    make_due(column)
    schedules.run_due()
    run = Run.objects.get(scheduled=True)
    assert (run.scope, run.total) == ({"older_than_hours": 24}, 1)


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"every": "year"}, "schedule.every", "Choose one of"),
        ({"at": "9 o'clock"}, "schedule.at", "Write the time like 09:00."),
        ({"timezone": "Berlin"}, "schedule.timezone", "This time zone isn't known. Write it like Europe/Berlin."),
        ({"every": "week"}, "schedule.every", "Choose at least one day of the week."),
        ({"every": "month", "on": ["mon"]}, "schedule.every", "Days of the week belong to every week"),
        ({"every": "month", "on": [32]}, "schedule.on", "Enter 31 or less."),
        ({"rows": {"older_than_hours": 0}}, "schedule.rows", "Enter 1 or more."),
        ({"colour": "red"}, "schedule.colour", "This setting doesn't exist."),
    ],
)
def test_a_schedule_that_means_nothing_is_refused(
    column: Column, editor: User, wrong: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(InvalidSettings) as refused:
        schedules.change(column, DAILY | wrong, editor)
    problems = refused.value.problems
    assert any(problem.field.startswith(field) and words in problem.message for problem in problems), problems
    assert not Schedule.objects.exists()


def test_a_column_that_sends_nothing_has_no_schedule(leads: Table, editor: User) -> None:
    company = Column.objects.get(table=leads, name="Company")
    with pytest.raises(Refused, match="It has no schedule"):
        schedules.change(company, DAILY, editor)


@pytest.mark.parametrize("ran", [timedelta(days=400), None])
def test_what_was_scheduled_by_a_clock_that_was_ahead_runs_at_the_next_time(
    column: Column, editor: User, ran: timedelta | None
) -> None:
    schedules.change(column, DAILY, editor)
    right, now = Schedule.objects.get().due_at, timezone.now()
    Schedule.objects.update(due_at=now + timedelta(days=401), ran_at=ran and now + ran)
    schedules.run_due()
    assert Schedule.objects.get().due_at == right
    assert not Run.objects.exists()


def test_what_ran_by_a_clock_that_is_a_little_ahead_does_not_run_again(column: Column, editor: User) -> None:
    schedules.change(column, DAILY, editor)
    now = timezone.now()
    due = Schedule.objects.get().due_at + timedelta(days=1)
    Schedule.objects.update(due_at=due, ran_at=now + timedelta(minutes=5))
    schedules.run_due()
    assert Schedule.objects.get().due_at == due

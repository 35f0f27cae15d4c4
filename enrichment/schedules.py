"""What runs by the clock: what a schedule says, and the columns that have one, when they are due, and their runs."""

import logging
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    field_validator,
    model_validator,
)

from enrichment.engine.errors import InvalidSettings
from enrichment.engine.recurrence import WEEKDAYS, Recurrence
from enrichment.models import Schedule, Source
from enrichment.notices import telling
from enrichment.runs import lifecycle
from enrichment.runs.scope import MOST_HOURS
from enrichment.schema import problems_of
from tables import events
from tables.models import Column, ColumnType
from workspaces import audit
from workspaces.models import User
from workspaces.refusals import Refused

log = logging.getLogger(__name__)

_AHEAD = timedelta(hours=1)
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")

type Weekday = Annotated[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], Tag("str")]
type DayOfMonth = Annotated[int, Field(ge=1, le=31), Tag("int")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class OlderThan(_Strict):
    older_than_hours: Annotated[int, Field(ge=1, le=MOST_HOURS)]


type Words = Annotated[Literal["missing", "failed", "stale", "all"], Tag("str")]
type OlderThanHours = Annotated[OlderThan, Tag("dict")]


def _kind(value: object) -> str:
    """Says which of two forms a value is meant to have, so that only that one is told of as wrong."""
    return type(value).__name__ if isinstance(value, str | int) else "dict"


class Times(_Strict):
    """`at` is a time of day, or the minutes of it in every hour; `on` are days of the week, or of the month."""

    every: Literal["hour", "day", "week", "month"]
    at: str = "09:00"
    on: tuple[Annotated[Weekday | DayOfMonth, Discriminator(_kind)], ...] = ()
    timezone: str = "UTC"

    @field_validator("at")
    @classmethod
    def _is_time(cls, text: str) -> str:
        if not _TIME.fullmatch(text):
            raise ValueError("Write the time like 09:00")
        return text

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("This time zone isn't known. Write it like Europe/Berlin")
        return name

    @model_validator(mode="after")
    def _has_days(self) -> Self:
        kind = {"week": str, "month": int}.get(self.every)
        if kind and not self.on:
            raise ValueError(f"Choose at least one day of the {self.every}")
        if not all(kind and isinstance(day, kind) for day in self.on):
            raise ValueError("Days of the week belong to every week, and days of the month to every month")
        return self

    @property
    def recurrence(self) -> Recurrence:
        days = [WEEKDAYS.index(day) if isinstance(day, str) else day for day in self.on]
        return Recurrence(self.every, time.fromisoformat(self.at), ZoneInfo(self.timezone), days)


class Settings(Times):
    """When a column runs, and for which rows."""

    rows: Annotated[Words | OlderThanHours, Discriminator(_kind)] = "missing"


def of(column: Column) -> dict[str, Any] | None:
    """Returns the schedule of the API, with when the column runs next; None without one."""
    return of_columns([column.pk]).get(column.pk)


def of_columns(column_ids: Collection[int]) -> dict[int, dict[str, Any]]:
    """Returns the schedules of those that have one, by column id."""
    return {
        schedule.column_id: {
            **schedule.config,
            "next_at": schedule.due_at,
            "ran_at": schedule.ran_at,
            "refusal": schedule.refusal or None,
        }
        for schedule in Schedule.objects.filter(column__in=column_ids)
    }


def change(column: Column, config: Mapping[str, Any] | None, user: User | None) -> None:
    """Sets when the column runs, or with None that it doesn't. Raises InvalidSettings or Refused."""
    if column.type != ColumnType.HTTP:
        raise Refused(f"“{column.name}” {lifecycle.why_no_run(column)} It has no schedule.", field="schedule")
    settings = None if config is None else parsed(Settings, config)
    stored = Schedule.objects.filter(column=column).values_list("config", flat=True).first()
    if stored == (settings and settings.model_dump(mode="json")):
        return
    with transaction.atomic():
        if settings is None:
            Schedule.objects.filter(column=column).delete()
        else:
            Schedule.objects.update_or_create(
                column=column,
                defaults={
                    "config": settings.model_dump(mode="json"),
                    "due_at": settings.recurrence.after(timezone.now()),
                    "refusal": "",
                    "created_by": user,
                },
            )
        name = f"{column.name} in {column.table.name}"
        audit.note(column.table.workspace_id, "column.scheduled", name, column.pk, every=settings and settings.every)
        transaction.on_commit(lambda: events.publish_columns(column.table_id))


def parsed[Kind: Times](kind: type[Kind], config: Mapping[str, Any]) -> Kind:
    """Raises InvalidSettings with each problem at its setting, such as `schedule.at`."""
    try:
        return kind(**config)
    except ValidationError as error:
        problems = [replace(problem, field=_field(problem.field)) for problem in problems_of(error, "schedule.")]
        raise InvalidSettings(problems) from error


def _field(path: str) -> str:
    """Returns the setting that a path leads into; what is wrong with several is told of the first."""
    return f"schedule.{path.split('.')[1] or 'every'}"


def run_due() -> None:
    """Starts a run of each column that is due: one, however many of its times passed while nobody looked."""
    now = timezone.now()
    put_back(Schedule.objects.all(), lambda schedule: Settings(**schedule.config), now)
    due = Schedule.objects.filter(due_at__lte=now, column__deleted_at=None, column__table__deleted_at=None)
    for schedule in due.select_related("column__table", "created_by"):
        try:
            _run(schedule, now)
        except Exception:  # of one schedule, which must not keep the others
            log.exception("the schedule of column %s can't run", schedule.column_id)


def put_back[Item: Schedule | Source](items: QuerySet[Item], times_of: Callable[[Item], Times], now: datetime) -> None:
    """Sets anew when those are due that ran or were set in the future: the clock was ahead then, and is right now.

    Otherwise they would wait until that time comes again. One that ran a little ahead, by the clock of another machine,
    is left alone, or it would run twice.
    """
    ahead = now + _AHEAD
    was_ahead = Q(ran_at__gt=ahead) | Q(ran_at=None, due_at__gt=ahead)
    for item in items.filter(was_ahead, due_at__gt=now):
        try:
            due_at = times_of(item).recurrence.after(now)
        except Exception:  # of one schedule, which must not keep the others
            log.exception("the schedule of %r can't be read", item)
            continue
        items.filter(pk=item.pk, due_at__gt=due_at).update(due_at=due_at)


def _run(schedule: Schedule, now: datetime) -> None:
    settings = Settings(**schedule.config)
    with transaction.atomic():
        # Whoever moves the time on has it: another scheduler that looks at the same moment finds it moved.
        mine = Schedule.objects.filter(pk=schedule.pk, due_at=schedule.due_at)
        if not mine.update(due_at=settings.recurrence.after(now), ran_at=now, refusal=""):
            return
        try:
            with transaction.atomic():
                rows = settings.model_dump(mode="json")["rows"]
                lifecycle.plan(schedule.column, rows, schedule.created_by, scheduled=True)
        except Refused as refusal:
            Schedule.objects.filter(pk=schedule.pk).update(refusal=str(refusal))
            telling.column_refused(schedule.column, str(refusal))

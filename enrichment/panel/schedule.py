"""The schedule of a column on its form: fields, what they say in one line, and what was typed."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from django.http import QueryDict

from enrichment import schedules
from enrichment.engine.recurrence import WEEKDAYS
from enrichment.panel.forms import filled, number, text
from tables.models import Column

EVERY = {"": "Only when someone runs it", "hour": "Every hour", "day": "Every day", "week": "Every week"}
EVERY |= {"month": "Every month"}
ROWS = {
    "missing": "rows with no result",
    "failed": "rows that failed",
    "stale": "rows out of date",
    "older": "rows with results older than",
    "all": "all rows",
}
_DAYS = dict(zip(WEEKDAYS, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True))


def given(form: QueryDict) -> dict[str, Any] | None:
    """Returns the schedule as it was typed; what is wrong with it, the schedule itself says."""
    every = text(form, "schedule.every")
    if not every:
        return None
    rows: Any = text(form, "schedule.rows")
    if rows == "older":
        rows = {"older_than_hours": _hours(text(form, "schedule.older_than_days"))}
    days: dict[str, list[Any]] = {
        "week": filled(form, "schedule.weekdays"),
        "month": [number(day) for day in text(form, "schedule.days").replace(",", " ").split()],
    }
    return {
        "every": every,
        "at": text(form, "schedule.at"),
        "on": days.get(every, []),
        "timezone": text(form, "schedule.timezone"),
        "rows": rows,
    }


def _hours(days: str) -> object:
    """Returns the days in hours; what is not a number stays as typed."""
    try:
        hours = Decimal(days) * 24
    except InvalidOperation:
        return days
    return int(hours) if hours.is_finite() and hours == hours.to_integral_value() else days


def fields(column: Column, typed: Mapping[str, Any] | None) -> dict[str, Any]:
    """Returns what the form shows: what was typed, or what is stored; and which rows a run takes."""
    shown = times(schedules.of(column) if column.pk else None, typed)
    rows = shown.get("rows", "missing")
    is_older = isinstance(rows, Mapping)
    return {
        **shown,
        "rows": "older" if is_older else rows,
        "row_choices": ROWS.items(),
        "older_than_days": _days(rows["older_than_hours"]) if is_older else 30,
    }


def times(stored: Mapping[str, Any] | None, typed: Mapping[str, Any] | None) -> dict[str, Any]:
    """Returns what the form shows of when it runs: what was typed, or what is stored."""
    shown = typed or stored or {"every": "", "at": "09:00", "on": ("mon", 1), "timezone": ""}
    return {
        **shown,
        "choices": EVERY.items(),
        "weekdays": [(key, name, key in shown["on"]) for key, name in _DAYS.items()],
        "days": ", ".join(str(day) for day in shown["on"] if day not in _DAYS),
        "next": next_time(stored) if stored else "",
        "refusal": stored["refusal"] if stored else None,
    }


def _days(hours: object) -> object:
    return f"{(Decimal(hours) / 24).normalize():f}" if isinstance(hours, int) else hours


def next_time(stored: Mapping[str, Any]) -> str:
    """Says when it runs next, by the clock of its time zone."""
    local = stored["next_at"].astimezone(ZoneInfo(stored["timezone"]))
    return f"{_DAYS[WEEKDAYS[local.weekday()]]} {local:%Y-%m-%d %H:%M}, {stored['timezone']}"


def line(schedule: Mapping[str, Any] | None) -> str:
    """Says in one line when the column runs by the clock, and for which rows."""
    if schedule is None:
        return when(None)
    rows = schedule["rows"]
    if isinstance(rows, Mapping):
        return f"{when(schedule)} · results older than {_days(rows['older_than_hours'])} days"
    return f"{when(schedule)} · {ROWS.get(rows, '')}"


def when(schedule: Mapping[str, Any] | None) -> str:
    """Says in one line when something runs by the clock."""
    if schedule is None:
        return "Off"
    every, at = EVERY.get(schedule["every"], ""), schedule["at"]
    on = ", ".join(_DAYS.get(day, str(day)) for day in schedule["on"])
    return f"{every} at :{at[-2:]}" if schedule["every"] == "hour" else f"{every}{f' on {on}' if on else ''} at {at}"

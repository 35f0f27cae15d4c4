"""The schedule of a column on its form."""

from typing import Any

import pytest
from django.http import QueryDict

from enrichment.panel import schedule


def typed(**fields: str | list[str]) -> dict[str, Any] | None:
    form = QueryDict(mutable=True)
    chosen = {"rows": "missing", "at": "09:00", "timezone": "Europe/Berlin"} | fields
    for name, value in chosen.items():
        form.setlist(f"schedule.{name}", value if isinstance(value, list) else [value])
    return schedule.given(form)


def test_no_choice_is_no_schedule() -> None:
    assert typed(every="") is None
    assert schedule.line(None) == "Off"


@pytest.mark.parametrize(
    ("fields", "on", "rows", "line"),
    [
        ({"every": "hour", "at": "00:15"}, [], "missing", "Every hour at :15 · rows with no result"),
        ({"every": "day", "rows": "failed"}, [], "failed", "Every day at 09:00 · rows that failed"),
        (
            {"every": "week", "weekdays": ["mon", "fri"], "days": "5"},
            ["mon", "fri"],
            "missing",
            "Every week on Mon, Fri at 09:00 · rows with no result",
        ),
        (
            {"every": "month", "days": "1, 15"},
            [1, 15],
            "missing",
            "Every month on 1, 15 at 09:00 · rows with no result",
        ),
        (
            {"every": "day", "rows": "older", "older_than_days": "1.5"},
            [],
            {"older_than_hours": 36},
            "Every day at 09:00 · results older than 1.5 days",
        ),
    ],
)
def test_what_is_typed_is_the_schedule_and_its_line(
    fields: dict[str, str], on: list[object], rows: object, line: str
) -> None:
    given = typed(**fields)
    assert given
    assert (given["on"], given["rows"]) == (on, rows)
    assert schedule.line(given) == line


def test_what_is_no_number_stays_as_typed() -> None:
    given = typed(every="month", days="first", rows="older", older_than_days="many")
    assert given
    assert (given["on"], given["rows"]) == (["first"], {"older_than_hours": "many"})
    assert schedule.line(given) == "Every month on first at 09:00 · results older than many days"

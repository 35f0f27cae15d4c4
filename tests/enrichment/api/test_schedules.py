"""The schedule of a column over the API."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from enrichment import schedules
from enrichment.models import Schedule
from tables.models import Column
from tests.enrichment.api.test_api import Caller

pytestmark = pytest.mark.django_db(transaction=True)

WEEKLY = {"every": "week", "on": ["mon", "thu"], "at": "07:30"}


@pytest.fixture
def path(http: Callable[..., Column]) -> str:
    return f"/columns/{http().pk}"


def schedule_of(call: Caller, path: str) -> dict[str, Any] | None:
    status, column = call("GET", path)
    assert status == 200
    schedule: dict[str, Any] | None = column["schedule"]
    return schedule


def test_a_schedule_is_set_shown_and_ended(call: Caller, path: str) -> None:
    assert schedule_of(call, path) is None
    assert call("PATCH", path, {"schedule": WEEKLY})[0] == 200
    schedule = schedule_of(call, path)
    assert schedule
    assert datetime.fromisoformat(schedule.pop("next_at")).strftime("%H:%M") == "07:30"
    assert schedule == WEEKLY | {"timezone": "UTC", "rows": "missing", "ran_at": None, "refusal": None}
    assert call("PATCH", path, {"name": "Renamed"})[1]["schedule"]["at"] == "07:30"
    assert call("PATCH", path, {"schedule": None})[1]["schedule"] is None


def test_a_wrong_schedule_changes_nothing_else(call: Caller, path: str) -> None:
    status, error = call("PATCH", path, {"name": "Renamed", "schedule": WEEKLY | {"at": "25:00"}})
    assert (status, error["error"]["details"][0]["field"]) == (422, "schedule.at")
    assert call("GET", path)[1]["name"] == "Profile"


def test_a_viewer_sees_a_schedule_and_changes_none(call: Caller, viewing: Caller, path: str) -> None:
    call("PATCH", path, {"schedule": WEEKLY})
    assert viewing("PATCH", path, {"schedule": None})[0] == 403
    assert schedule_of(viewing, path)


def test_a_run_says_that_the_schedule_started_it(call: Caller, path: str) -> None:
    call("PATCH", path, {"schedule": WEEKLY})
    schedule = Schedule.objects.get()
    Schedule.objects.update(due_at=schedule.due_at - timedelta(days=8))
    schedules.run_due()
    table_id = schedule.column.table_id
    [run] = call("GET", f"/tables/{table_id}/runs")[1]["items"]
    assert (run["started_by"], run["automatic"]) == ("Schedule", False)

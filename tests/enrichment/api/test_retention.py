"""How long a table keeps attempts, set and looked at through the API."""

from typing import Any

import pytest

from enrichment.models import Attempt, Run
from enrichment.runs import retention
from tables.models import Column, Table
from tests.enrichment.api.test_api import Caller, http_column, row_ids

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def table(call: Caller) -> dict[str, Any]:
    """Two rows with three attempts each, of a minute and of many years ago."""
    made = dict(call("POST", "/tables", {"name": "Leads", "columns": [{"name": "Company"}]})[1])
    call("POST", f"/tables/{made['id']}/rows", {"rows": [{"Company": "Northwind"}, {"Company": "Acme"}]})
    column = Column.objects.get(pk=http_column(call, made)["id"])
    run = Run.objects.create(table=column.table, column=column, scope="all", state="done")
    for row_id in row_ids(call, made):
        for year in (2001, 2002, 2003):
            moment = f"{year}-01-01T00:00:00Z"
            Attempt.objects.create(row_id=row_id, column=column, run=run, number=1, started_at=moment)
    return made


def limits(call: Caller, table: dict[str, Any]) -> tuple[int | None, int | None]:
    found = call("GET", f"/tables/{table['id']}")[1]
    return found["attempt_days"], found["attempts_per_cell"]


def test_a_new_table_keeps_attempts_for_90_days_and_25_of_a_cell(call: Caller, table: dict[str, Any]) -> None:
    assert limits(call, table) == (90, 25)


def test_a_limit_that_is_not_given_stays_and_null_takes_it_away(call: Caller, table: dict[str, Any]) -> None:
    path = f"/tables/{table['id']}"
    assert call("PATCH", path, {"attempts_per_cell": 2})[1]["attempts_per_cell"] == 2
    call("PATCH", path, {"attempt_days": None})
    call("PATCH", path, {"name": "Leads 2"})
    assert limits(call, table) == (None, 2)


def test_a_duplicate_keeps_as_long_as_its_original(call: Caller, table: dict[str, Any]) -> None:
    call("PATCH", f"/tables/{table['id']}", {"attempt_days": 7, "attempts_per_cell": None})
    call("POST", f"/tables/{table['id']}/duplicate")
    copy = Table.objects.exclude(pk=table["id"]).get()
    assert (copy.attempt_days, copy.attempts_per_cell) == (7, None)


def test_what_limits_would_delete_is_what_they_delete(call: Caller, viewing: Caller, table: dict[str, Any]) -> None:
    path = f"/tables/{table['id']}"
    told = viewing("GET", f"{path}/attempts", query_params={"attempts_per_cell": 2})[1]
    assert (told["attempts"], told["deleted"], told["is_estimate"]) == (6, 2, False)
    call("PATCH", path, {"attempt_days": None, "attempts_per_cell": 2})
    retention.advance(table["id"])
    assert viewing("GET", f"{path}/attempts")[1]["attempts"] == 4


@pytest.mark.parametrize("limit", [0, -1, 100_000, "soon"])
def test_what_is_not_a_limit_is_refused_and_nothing_is_changed(
    call: Caller, table: dict[str, Any], limit: object
) -> None:
    status, told = call("PATCH", f"/tables/{table['id']}", {"name": "Other", "attempt_days": limit})
    assert (status, told["error"]["details"][0]["field"]) == (422, "attempt_days")
    assert call("GET", f"/tables/{table['id']}")[1]["name"] == "Leads"
    assert call("GET", f"/tables/{table['id']}/attempts?attempt_days={limit}")[0] == 422


def test_a_viewer_may_look_and_not_change(viewing: Caller, table: dict[str, Any]) -> None:
    assert viewing("GET", f"/tables/{table['id']}/attempts")[0] == 200
    assert viewing("PATCH", f"/tables/{table['id']}", {"attempt_days": 7})[0] == 403

"""ETag and If-Match on rows and columns: nobody overwrites what they haven't seen."""

import json
from typing import Any

import pytest
from django.utils import timezone

from enrichment.models import Schedule
from tables.models import Row, Table
from tests.enrichment.api.test_api import Caller

pytestmark = pytest.mark.django_db


def patch(call: Caller, path: str, body: Any, tag: str) -> Any:
    data = json.dumps(body)
    return call.client.patch(f"/api/v1{path}", data, content_type="application/json", headers={"if-match": tag})


@pytest.fixture
def row(leads: Table) -> str:
    return f"/tables/{leads.pk}/rows/{Row.objects.filter(table=leads).order_by('sort_key')[0].pk}"


@pytest.fixture
def column(call: Caller, leads: Table) -> str:
    config = {"url": "https://api.example", "auto_update": False}
    made = call("POST", f"/tables/{leads.pk}/columns", {"name": "Profile", "type": "http", "config": config})[1]
    return f"/columns/{made['id']}"


def tag(call: Caller, path: str) -> str:
    return str(call.client.get(f"/api/v1{path}")["ETag"])


def test_a_row_is_changed_where_it_is_as_it_was_seen(call: Caller, row: str) -> None:
    seen = tag(call, row)
    changed = patch(call, row, {"cells": {"Company": "Zeta"}}, seen)
    assert (changed.status_code, changed["ETag"] == seen) == (200, False)
    assert "Zeta" in [cell["value"] for cell in changed.json()["cells"].values()]
    late = patch(call, row, {"cells": {"Company": "Contoso"}}, seen)
    assert (late.status_code, late.json()["error"]["code"]) == (412, "changed")
    assert late.json()["error"]["current"] == call("GET", row)[1]
    assert late["ETag"] == changed["ETag"]
    assert patch(call, row, {"cells": {"Company": "Contoso"}}, late["ETag"]).status_code == 200


def test_what_workers_fill_is_no_change_of_a_row(call: Caller, row: str, column: str) -> None:
    seen = tag(call, row)
    call("POST", f"{column}/runs", {"rows": "all"})
    assert tag(call, row) == seen


def test_a_column_is_changed_where_its_settings_are_as_they_were_seen(call: Caller, column: str) -> None:
    seen = tag(call, column)
    assert patch(call, column, {"name": "Details"}, seen).status_code == 200
    late = patch(call, column, {"config": {"timeout_ms": 5000}}, seen)
    assert (late.status_code, late.json()["error"]["current"]["name"]) == (412, "Details")
    assert call("GET", column)[1]["config"]["timeout_ms"] == 30000
    answer = call.client.delete(f"/api/v1{column}", headers={"if-match": seen})
    assert answer.status_code == 412
    assert call.client.delete(f"/api/v1{column}", headers={"if-match": late["ETag"]}).status_code == 204


def test_neither_results_nor_the_clock_change_a_column(call: Caller, column: str) -> None:
    call("PATCH", column, {"schedule": {"every": "hour"}})
    seen = tag(call, column)
    Schedule.objects.update(due_at=timezone.now(), ran_at=timezone.now())
    call("POST", f"{column}/runs", {"rows": "all"})
    assert tag(call, column) == seen


@pytest.mark.parametrize("given", ["*", '"other", {tag}', "W/{tag}"])
def test_other_ways_to_say_it(given: str, call: Caller, row: str) -> None:
    wanted = given.format(tag=tag(call, row))
    assert patch(call, row, {"cells": {"Company": "Zeta"}}, wanted).status_code == 200


def test_without_it_whoever_comes_last_is_right(call: Caller, row: str) -> None:
    assert call("PATCH", row, {"cells": {"Company": "Zeta"}})[0] == 200
    assert call("PATCH", row, {"cells": {"Nothing": "Zeta"}})[0] == 422


def test_rows_of_others_are_not_found(call: Caller, viewing: Caller, row: str, leads: Table) -> None:
    assert call("GET", f"/tables/{leads.pk}/rows/999999")[0] == 404
    assert viewing("GET", row)[0] == 200
    assert viewing("PATCH", row, {"cells": {}})[0] == 403


@pytest.mark.parametrize(("method", "path"), [("PATCH", "/rows"), ("DELETE", "/rows"), ("PATCH", "")])
def test_an_operation_that_compares_no_versions_says_so(method: str, path: str, call: Caller, leads: Table) -> None:
    row = Row.objects.filter(table=leads).order_by("sort_key")[0]
    bodies = {
        "PATCH/rows": {"rows": [{"id": row.pk, "cells": {"Company": "Zeta"}}]},
        "DELETE/rows": {"ids": [row.pk]},
        "PATCH": {"name": "Zeta"},
    }
    data = json.dumps(bodies[method + path])

    def sent(tag: str) -> Any:
        address = f"/api/v1/tables/{leads.pk}{path}"
        return call.client.generic(method, address, data, content_type="application/json", headers={"if-match": tag})

    refused = sent('"5c1f0e9a7b3d2c4e6f8a9b0c"')
    assert (refused.status_code, refused.json()["error"]["details"][0]["field"]) == (422, "If-Match")
    leads.refresh_from_db()
    assert (Row.objects.get(pk=row.pk).values, leads.name) == (row.values, "Leads")
    assert sent("*").status_code == 200

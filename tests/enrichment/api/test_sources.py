"""Sources over the API."""

from typing import Any

import pytest
from django.test import Client

from enrichment.models import SourceRun
from enrichment.sources import runs
from tables.imports import job
from tables.models import Table
from tests.enrichment.api.test_api import Caller
from workspaces.models import User

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_source_is_made_looked_at_run_changed_and_deleted(call: Caller, leads: Table, given: Any) -> None:
    path = f"/tables/{leads.pk}/sources"
    status, made = call("POST", path, {"name": "CRM", "kind": "http", "schedule": {"every": "hour"}, **given()})
    assert (status, made["kind"], made["key"], made["last_run"]) == (201, "http", ["Company"], None)
    assert made["columns"] == [{"path": "name", "column": "Company"}, {"path": "staff", "column": "Size"}]
    assert made["schedule"]["next_at"]
    source = f"/sources/{made['id']}"
    assert call("GET", path)[1] == {"items": [made], "total": 1}
    looked = call("POST", f"{source}/preview", {"on_match": "skip"})[1]
    assert [row["becomes"] for row in looked["rows"]] == ["skipped", "added", "skipped"]
    status, begun = call("POST", f"{source}/runs")
    assert (status, begun["state"], begun["table_id"]) == (202, "running", leads.pk)
    assert call("POST", f"{source}/runs")[0] == 409
    runs.fetch(SourceRun.objects.get().pk)
    job.run(begun["id"])
    done = call("GET", f"/imports/{begun['id']}")[1]
    assert (done["state"], done["added"], done["updated"]) == ("done", 1, 2)
    [listed] = call("GET", f"{source}/runs")[1]["items"]
    assert (listed["id"], listed["pages"], listed["scheduled"], listed["failure"]) == (begun["id"], 2, False, None)
    changed = call("PATCH", source, {"config": {"timeout_ms": 5_000}, "schedule": None})[1]
    assert (changed["config"]["timeout_ms"], changed["config"]["url"]) == (5_000, made["config"]["url"])
    assert (changed["schedule"], changed["last_run"]["added"]) == (None, 1)
    status, wrong = call("PATCH", source, {"config": {"url": "https://api.example/{{Company}}"}})
    assert (status, wrong["error"]["details"][0]["field"]) == (422, "url")
    assert call("POST", f"/imports/{begun['id']}/undo")[0] == 200
    assert call("DELETE", source)[0] == 204
    assert call("GET", source)[0] == 404
    assert call("GET", f"/imports/{begun['id']}")[1]["state"] == "done"


def test_viewers_look_and_outsiders_find_nothing(
    call: Caller,
    viewing: Caller,
    leads: Table,
    given: Any,
    outsider: User,
) -> None:
    made = call("POST", f"/tables/{leads.pk}/sources", {"name": "CRM", **given()})[1]
    source = f"/sources/{made['id']}"
    assert viewing("GET", source)[0] == 200
    for method, path in (("PATCH", source), ("DELETE", source), ("POST", f"{source}/runs")):
        assert viewing(method, path, {})[0] == 403
    assert viewing("POST", f"{source}/preview", {})[0] == 403
    charlie = Client()
    charlie.force_login(outsider)
    for path in (source, f"{source}/runs", f"/tables/{leads.pk}/sources"):
        assert charlie.get(f"/api/v1{path}").status_code == 404

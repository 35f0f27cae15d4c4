"""The REST API as its contract says, through real requests to the views."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from enrichment.models import Run
from tables import open_rows
from tables.imports import job
from tables.models import Import
from workspaces.models import Role, User, Workspace
from workspaces.tokens import create_api_token

pytestmark = pytest.mark.django_db(transaction=True)


class Caller:
    """Calls /api/v1 with a bearer token."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.client = Client(headers={"authorization": f"Bearer {token}"})

    def __call__(self, method: str, path: str, body: Any = None, **extra: Any) -> tuple[int, Any]:
        data = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        answer = getattr(self.client, method.lower())(f"/api/v1{path}", **data, **extra)
        return answer.status_code, answer.json() if answer.content else None


@pytest.fixture
def stranger(outsider: User) -> Caller:
    return Caller(create_api_token(outsider.workspaces.get(), "tests", Role.OWNER, outsider)[1])


@pytest.fixture
def table(call: Caller) -> dict[str, Any]:
    columns = [{"name": "Company", "type": "text"}, {"name": "Size", "type": "number"}]
    status, made = call("POST", "/tables", {"name": "Leads", "columns": columns})
    assert status == 201
    call("POST", f"/tables/{made['id']}/rows", {"rows": [{"Company": "Northwind", "Size": 30}, {"Company": "0042"}]})
    return dict(made)


def connection(call: Caller) -> dict[str, Any]:
    config = {
        "auth_request": {
            "method": "POST",
            "url": "https://crm.example/login",
            "headers": [],
            "body_format": "json",
            "body": '{"email": "{{secret.username}}", "password": "{{secret.password}}"}',
        },
        "token_path": "data.access_token",
        "token_type": "Bearer",
        "header_name": "Authorization",
    }
    secrets = {"username": "sam@example.com", "password": "open sesame"}
    status, made = call("POST", "/connections", {"name": "CRM", "kind": "jwt", "config": config, "secrets": secrets})
    assert status == 201, made
    return dict(made)


def http_column(call: Caller, table: dict[str, Any], **config: Any) -> dict[str, Any]:
    request = {"method": "POST", "url": "https://crm.example/companies", "body": '{"name": "{{Company}}"}'}
    body = {"name": "Profile", "type": "http", "config": request | {"auto_update": False} | config}
    status, made = call("POST", f"/tables/{table['id']}/columns", body)
    assert status == 201, made
    return dict(made)


def row_ids(call: Caller, table: dict[str, Any]) -> list[int]:
    return [row["id"] for row in call("GET", f"/tables/{table['id']}/rows")[1]["items"]]


def test_me_says_who_and_where(call: Caller, workspace: Workspace) -> None:
    assert call("GET", "/me") == (
        200,
        {"user": "editor@example.com", "workspace": {"id": workspace.pk, "name": "Acme growth"}, "role": "editor"},
    )


def test_without_a_token_the_answer_is_401_in_the_shape_of_all_errors(client: Client) -> None:
    answer = client.get("/api/v1/me")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "unauthorized"


def test_a_revoked_token_is_refused(workspace: Workspace, editor: User) -> None:
    token, text = create_api_token(workspace, "old", Role.EDITOR, editor)
    token.revoked_at = token.created_at
    token.save()
    assert Caller(text)("GET", "/me")[0] == 401


def test_the_browser_session_needs_its_csrf_token(client_for: Any, editor: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(editor)
    assert client.get("/api/v1/me").status_code == 200
    answer = client.post("/api/v1/tables", data='{"name": "x"}', content_type="application/json")
    assert answer.status_code == 403


def test_a_viewer_reads_and_may_not_write(viewing: Caller, table: dict[str, Any]) -> None:
    assert viewing("GET", f"/tables/{table['id']}")[0] == 200
    status, told = viewing("PATCH", f"/tables/{table['id']}", {"name": "Mine"})
    assert status == 403
    assert "viewer" in told["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path", "field"),
    [
        ("GET", "/tables/{table}", ""),
        ("PATCH", "/tables/{table}", "name"),
        ("DELETE", "/tables/{table}", ""),
        ("GET", "/tables/{table}/attempts", ""),
        ("GET", "/tables/{table}/rows", ""),
        ("POST", "/tables/{table}/rows", "rows"),
        ("PATCH", "/tables/{table}/rows", "rows"),
        ("DELETE", "/tables/{table}/rows", "ids"),
        ("POST", "/tables/{table}/rows/restore", "undo"),
        ("POST", "/tables/{table}/rows/typing", "ids"),
        ("POST", "/tables/{table}/paste", "rows"),
        ("GET", "/tables/{table}/runs", ""),
        ("GET", "/tables/{table}/events", ""),
        ("POST", "/tables/{table}/columns", "name"),
        ("GET", "/columns/{column}", ""),
        ("PATCH", "/columns/{column}", "name"),
        ("DELETE", "/columns/{column}", ""),
        ("POST", "/columns/{column}/preview", "row_id"),
        ("POST", "/columns/{column}/test", "row_id"),
        ("POST", "/columns/{column}/estimate", "rows"),
        ("POST", "/columns/{column}/runs", "rows"),
        ("GET", "/connections/{connection}", ""),
        ("PATCH", "/connections/{connection}", "name"),
        ("DELETE", "/connections/{connection}", ""),
        ("POST", "/connections/{connection}/test", ""),
        ("GET", "/rows/{row}/cells/{column}", ""),
    ],
)
def test_what_belongs_to_another_workspace_is_not_found(
    method: str, path: str, field: str, call: Caller, stranger: Caller, table: dict[str, Any]
) -> None:
    ids = {
        "table": table["id"],
        "column": http_column(call, table)["id"],
        "connection": connection(call)["id"],
        "row": row_ids(call, table)[0],
    }
    sent: dict[str, Any] = {"name": "x", "row_id": ids["row"], "rows": [], "ids": [], "undo": "true"}
    body = {field: sent[field]} if field else None
    status, told = stranger(method, path.format(**ids), body)
    assert (status, told["error"]["code"]) == (404, "not_found")


def test_an_address_that_does_not_exist_answers_in_the_shape_of_all_errors(call: Caller) -> None:
    for path in ("/nothing", "/tables/abc", "/tables/99999999999999999999"):
        status, told = call("GET", path)
        assert (status, told["error"]["code"]) == (404, "not_found")


def test_a_method_that_is_not_there_says_which_are(call: Caller) -> None:
    status, told = call("PUT", "/tables")
    assert (status, told["error"]["code"]) == (405, "method_not_allowed")
    assert told["error"]["message"] == "PUT isn't allowed here. Use GET, POST."


def test_rows_are_written_by_name_or_id_and_read_as_they_were_written(call: Caller, table: dict[str, Any]) -> None:
    company = str(table["columns"][0]["id"])
    status, made = call("POST", f"/tables/{table['id']}/rows", {"rows": [{company: "1.10"}]})
    assert status == 201
    rows = call("GET", f"/tables/{table['id']}/rows?offset=1&limit=2")[1]
    assert rows["total"] == 3
    assert [row["cells"][company]["value"] for row in rows["items"]] == ["0042", "1.10"]
    assert rows["items"][1]["id"] == made["ids"][0]
    assert rows["items"][1]["position"] == 2


def test_rows_are_put_before_another_row_and_moved(call: Caller, table: dict[str, Any]) -> None:
    path, company = f"/tables/{table['id']}/rows", str(table["columns"][0]["id"])
    first, second = row_ids(call, table)
    status, made = call("POST", path, {"rows": [{"Company": "Between"}], "before": second})
    assert (status, row_ids(call, table)) == (201, [first, *made["ids"], second])
    assert call("POST", f"{path}/move", {"ids": [second], "before": first}) == (200, {"moved": 1})
    assert call("POST", f"{path}/move", {"ids": [first], "before": None}) == (200, {"moved": 1})
    items = call("GET", path)[1]["items"]
    assert [row["cells"][company]["value"] for row in items] == ["0042", "Between", "Northwind"]
    assert [row["position"] for row in items] == [0, 1, 2]
    status, refused = call("POST", path, {"rows": [{"Company": "Lost"}], "before": 10**9})
    assert (status, refused["error"]["details"][0]["field"]) == (422, "before")


def test_a_wrong_row_changes_nothing(call: Caller, table: dict[str, Any]) -> None:
    path = f"/tables/{table['id']}/rows"
    status, told = call("POST", path, {"rows": [{"Company": "A"}, {"Size": "many"}]})
    assert status == 422
    assert told["error"]["details"][0]["field"] == "Size"
    assert call("POST", path, {"rows": [{"Compny": "A"}]})[0] == 422
    assert call("GET", path)[1]["total"] == 2


def test_a_value_is_changed_only_if_it_is_still_the_one_that_was_seen(call: Caller, table: dict[str, Any]) -> None:
    path = f"/tables/{table['id']}/rows"
    first = call("GET", path)[1]["items"][0]["id"]
    call("PATCH", path, {"rows": [{"id": first, "cells": {"Company": "Theirs"}}]})
    mine = {"id": first, "cells": {"Company": "Mine"}}
    status, told = call("PATCH", path, {"rows": [mine | {"was": {"Company": "Northwind"}}]})
    assert (status, told["error"]["code"]) == (409, "conflict")
    assert told["error"]["details"][0]["field"] == "was"
    assert call("PATCH", path, {"rows": [mine | {"was": {"Company": "Theirs"}}]}) == (200, {"updated": 1})


def test_rows_are_said_to_be_typed_into_and_left(call: Caller, viewing: Caller, table: dict[str, Any]) -> None:
    path = f"/tables/{table['id']}/rows"
    added = call("POST", path, {"rows": [{}], "typing": True})[1]["ids"]
    assert open_rows.seconds_left(int(table["id"])).keys() == set(added)
    assert call("POST", f"{path}/typing", {"ids": added, "left": True}) == (204, None)
    assert open_rows.seconds_left(int(table["id"])) == {}
    assert call("POST", f"{path}/typing", {"ids": added}) == (204, None)
    assert open_rows.seconds_left(int(table["id"])).keys() == set(added)
    assert viewing("POST", f"{path}/typing", {"ids": added})[0] == 403


def test_rows_are_changed_and_deleted(call: Caller, table: dict[str, Any]) -> None:
    path = f"/tables/{table['id']}/rows"
    first, second = row_ids(call, table)
    assert call("PATCH", path, {"rows": [{"id": first, "cells": {"Company": "New"}}]}) == (200, {"updated": 1})
    assert call("DELETE", path, {"ids": [first]})[1]["deleted"] == 1
    assert call("DELETE", path, {"ids": [first]}) == (200, {"deleted": 0, "undo": None})
    [left] = call("GET", path)[1]["items"]
    assert (left["id"], left["position"]) == (second, 0)


def test_deleted_rows_come_back_by_their_key(call: Caller, table: dict[str, Any]) -> None:
    path = f"/tables/{table['id']}/rows"
    [first, second] = row_ids(call, table)
    gone = call("DELETE", path, {"ids": [first]})[1]
    assert gone["deleted"] == 1
    assert call("POST", f"{path}/restore", {"undo": gone["undo"]}) == (200, {"restored": 1})
    assert row_ids(call, table) == [first, second]
    assert call("POST", f"{path}/restore", {"undo": gone["undo"]})[0] == 422
    gone = call("DELETE", path, {"all_but": [second]})[1]
    assert gone["deleted"] == 1
    assert call("POST", f"{path}/restore", {"undo": gone["undo"]}) == (200, {"restored": 1})
    assert call("DELETE", path, {}) == call("DELETE", path, {"ids": [], "all_but": []})
    refused = call("DELETE", path, {"all_but": [], "view": "any"})[1]["error"]["message"]
    assert "of the table, not of a view" in refused


def test_a_paste_stores_what_fits_and_says_what_does_not(call: Caller, table: dict[str, Any]) -> None:
    [first, _] = row_ids(call, table)
    body = {"rows": [{"id": first, "cells": {"Company": "Contoso", "Size": "many"}}], "added": [{"Company": "New"}]}
    status, pasted = call("POST", f"/tables/{table['id']}/paste", body)
    assert status == 200
    assert [(item["row"], item["message"]) for item in pasted["refused"]] == [(first, "“many” is not a valid number.")]
    assert row_ids(call, table)[-1:] == pasted["ids"]


def test_rows_are_filtered_sorted_and_searched(call: Caller, table: dict[str, Any]) -> None:
    company, size = (column["id"] for column in table["columns"])
    path = f"/tables/{table['id']}/rows"
    call("POST", path, {"rows": [{"Company": "Contoso", "Size": 5}]})

    def names(**query: Any) -> list[Any]:
        items = call("GET", path, query_params=query)[1]["items"]
        return [row["cells"][str(company)]["value"] for row in items]

    assert names(search="toso") == ["Contoso"]
    assert names(sort=json.dumps([{"column": company, "desc": True}])) == ["Northwind", "Contoso", "0042"]
    assert names(filter=json.dumps([{"column": size, "op": "gt", "value": 10}])) == ["Northwind"]
    assert names(filter=json.dumps([{"column": size, "op": "empty"}])) == ["0042"]
    assert call("GET", path, query_params={"filter": "{"})[0] == 422


def test_an_opened_view_is_read_changed_and_run(call: Caller, viewing: Caller, table: dict[str, Any]) -> None:
    company, size = (column["id"] for column in table["columns"])
    path = f"/tables/{table['id']}/rows"
    northwind, _ = row_ids(call, table)
    wanted = {"filter": [{"column": size, "op": "gt", "value": 10}], "sort": [{"column": company}]}
    status, opened = viewing("POST", f"/tables/{table['id']}/views", wanted)
    assert (status, opened["total"]) == (201, 1)
    view = opened["view"]
    [new] = call("POST", path, {"rows": [{"Company": "Contoso"}], "view": view})[1]["ids"]

    def read() -> list[tuple[int, Any]]:
        answer = call("GET", path, query_params={"view": view})[1]
        return [(row["id"], row["position"]) for row in answer["items"]]

    assert read() == [(northwind, 0), (new, 2)]
    assert viewing("GET", f"/tables/{table['id']}/views/{view}/rows/{new}") == (200, {"offset": 1})
    column = http_column(call, table, auto_update=False)
    like = [{"column": column["id"], "op": "like", "value": "Northwind"}]
    status, refused = viewing("POST", f"/tables/{table['id']}/views", {"filter": like})
    assert (status, refused["error"]["details"][0]["field"]) == (422, "filter")
    run = call("POST", f"/columns/{column['id']}/runs", {"rows": {"view": view}})
    assert (run[0], run[1]["scope"]) == (202, {"ids": [northwind, new]})
    call("DELETE", path, {"ids": [northwind]})
    assert read() == [(northwind, None), (new, 1)]
    call("DELETE", path, {"ids": [new], "view": view})
    assert read() == [(northwind, None)]
    status, gone = call("GET", path, query_params={"view": "other"})
    assert (status, gone["error"]["code"]) == (410, "view_gone")
    assert call("POST", f"/tables/{table['id']}/views", {"sort": [{"column": 0}]})[0] == 422
    assert call("GET", f"/tables/{table['id']}/errors") == (200, {"rows": 0})


def test_the_rows_of_the_usual_runs_are_counted(call: Caller, table: dict[str, Any]) -> None:
    column = http_column(call, table, auto_update=False)
    counts = {"first": 2, "missing": 2, "failed": 0, "stale": 0, "all": 2}
    assert call("GET", f"/columns/{column['id']}/choices") == (200, counts)
    assert call("GET", f"/columns/{table['columns'][0]['id']}/choices")[0] == 422


def test_automatic_runs_are_listed_apart_and_summed_up(call: Caller, table: dict[str, Any]) -> None:
    column = http_column(call, table, auto_update=False)
    started = call("POST", f"/columns/{column['id']}/runs", {"rows": "all"})[1]
    for failed in (1, 2):
        Run.objects.create(
            table_id=table["id"],
            column_id=column["id"],
            scope="all",
            automatic=True,
            total=3,
            failed=failed,
            handed_down=1,
        )
    own = call("GET", f"/tables/{table['id']}/runs", query_params={"automatic": "false"})[1]
    assert [(run["id"], run["started_by"]) for run in own["items"]] == [(started["id"], "editor@example.com")]
    assert call("GET", f"/tables/{table['id']}/runs")[1]["total"] == 3
    [sums] = call("GET", f"/tables/{table['id']}/runs/automatic")[1]["items"]
    assert (sums["column_id"], sums["runs"]) == (column["id"], 2)
    assert [sums["counts"][name] for name in ("total", "failed", "handed_down", "done")] == [6, 3, 2, 0]


def test_a_column_is_hidden_and_pinned(call: Caller, table: dict[str, Any]) -> None:
    path = f"/columns/{table['columns'][0]['id']}"
    assert call("PATCH", path, {"hidden": True})[1]["hidden"] is True
    changed = call("PATCH", path, {"hidden": False, "pinned": True})[1]
    assert (changed["hidden"], changed["pinned"]) == (False, True)


def test_a_column_with_settings_comes_back_as_it_was_sent(call: Caller, table: dict[str, Any]) -> None:
    made = http_column(call, table, run_if="{{Size}} > 10", field_paths=["data.name"], required=["Company"])
    call("PATCH", f"/columns/{table['columns'][0]['id']}", {"name": "Firm"})
    config = call("GET", f"/columns/{made['id']}")[1]["config"]
    assert config["body"] == '{"name": "{{Firm}}"}'
    assert config["required"] == ["Firm"]
    assert config["run_if"] == "{{Size}} > 10"
    assert config["rate_limit"] is None


def test_a_new_http_column_sends_get_and_updates_itself_unless_it_is_told_otherwise(
    call: Caller, table: dict[str, Any]
) -> None:
    path, url = f"/tables/{table['id']}/columns", "https://crm.example/companies"
    made = call("POST", path, {"name": "Profile", "type": "http", "config": {"url": url}})[1]
    assert (made["config"]["method"], made["config"]["auto_update"]) == ("GET", True)
    chosen = {"url": url, "method": "POST", "auto_update": False}
    made = call("POST", path, {"name": "Contacts", "type": "http", "config": chosen})[1]
    changed = call("PATCH", f"/columns/{made['id']}", {"config": {"timeout_ms": 5000}})[1]["config"]
    assert (changed["method"], changed["auto_update"], changed["timeout_ms"]) == ("POST", False, 5000)


def test_wrong_settings_are_told_at_their_place_and_nothing_is_made(call: Caller, table: dict[str, Any]) -> None:
    config = {
        "url": "https://crm.example/{{Nope}}",
        "body": '{\n  "name": {{Company}}x\n}',
        "field_paths": ["a..b"],
        "timeout_ms": 1,
    }
    body = {"name": "Profile", "type": "http", "config": config}
    status, told = call("POST", f"/tables/{table['id']}/columns", body)
    assert status == 422
    assert told["error"]["details"][0]["field"] == "timeout_ms"
    body["config"] = config | {"timeout_ms": 1000}
    details = call("POST", f"/tables/{table['id']}/columns", body)[1]["error"]["details"]
    places = {detail["field"]: detail for detail in details}
    assert places["url"]["reference"] == "Nope"
    assert (places["body"]["line"], places["body"]["column"], places["body"]["fix"]) == (2, 11, "Add quotes")
    assert "field_paths.0" in places
    assert len(call("GET", f"/tables/{table['id']}")[1]["columns"]) == 2


def test_credentials_go_to_a_new_host_only_after_it_was_confirmed(call: Caller, table: dict[str, Any]) -> None:
    settings = {"url": "https://other.example/x", "connection_id": connection(call)["id"]}
    body = {"name": "Profile", "type": "http", "config": settings}
    status, told = call("POST", f"/tables/{table['id']}/columns", body)
    assert status == 422
    assert told["error"]["details"][0]["field"] == "confirm_host"
    body["config"] = settings | {"confirm_host": "other.example"}
    assert call("POST", f"/tables/{table['id']}/columns", body)[0] == 201


def test_columns_that_would_wait_for_each_other_are_refused(call: Caller, table: dict[str, Any]) -> None:
    first = http_column(call, table)
    body = {
        "name": "Second",
        "type": "http",
        "config": {"url": "https://crm.example/x", "body": '{"a": "{{Profile.id}}"}'},
    }
    assert call("POST", f"/tables/{table['id']}/columns", body)[0] == 201
    status, told = call("PATCH", f"/columns/{first['id']}", {"config": {"body": '{"a": "{{Second}}"}'}})
    assert (status, told["error"]["code"]) == (409, "cycle")
    assert "Profile" in told["error"]["message"]
    assert "Second" in told["error"]["message"]


def test_deleting_a_used_column_says_who_uses_it(call: Caller, table: dict[str, Any]) -> None:
    http_column(call, table)
    status, told = call("DELETE", f"/columns/{table['columns'][0]['id']}")
    assert status == 409
    assert "Profile" in told["error"]["message"]


def test_a_preview_is_the_exact_request_without_secrets(call: Caller, table: dict[str, Any]) -> None:
    column = http_column(call, table, connection_id=connection(call)["id"], run_if="{{Size}} > 10")
    first, second = row_ids(call, table)
    status, shown = call("POST", f"/columns/{column['id']}/preview", {"row_id": first})
    assert status == 200
    assert shown["would_run"] is True
    assert shown["request"]["method"] == "POST"
    assert shown["request"]["url"] == "https://crm.example/companies"
    assert shown["request"]["body"] == '{"name": "Northwind"}'
    assert shown["request"]["headers"]["Authorization"] == "Bearer ••••••••"
    shown = call("POST", f"/columns/{column['id']}/preview", {"row_id": second})[1]
    assert (shown["would_run"], shown["reason"]) == (False, "Run condition not met")
    draft = {"row_id": second, "config": {"body": '{"n": {{Company}}}'}}
    shown = call("POST", f"/columns/{column['id']}/preview", draft)[1]
    assert shown["problems"][0]["fix"] == "Add quotes"


def test_an_estimate_counts_rows_requests_and_time(call: Caller, table: dict[str, Any]) -> None:
    column = http_column(call, table, run_if="{{Size}} > 10", rate_limit={"requests": 1, "duration_ms": 1000})
    told = call("POST", f"/columns/{column['id']}/estimate", {"rows": "all"})[1]
    assert (told["rows"], told["would_run"], told["skipped"], told["requests"]) == (2, 1, 1, 1)


def test_secrets_are_never_given_back(call: Caller) -> None:
    made = connection(call)
    assert made["secrets"] == {"username": True, "password": True}
    assert "open sesame" not in json.dumps(call("GET", "/connections")[1])
    changed = call("PATCH", f"/connections/{made['id']}", {"name": "CRM 2", "secrets": {"password": "new"}})[1]
    assert changed["secrets"] == {"username": True, "password": True}


def test_a_used_connection_is_not_deleted(call: Caller, table: dict[str, Any]) -> None:
    made = connection(call)
    column = http_column(call, table, connection_id=made["id"])
    status, told = call("DELETE", f"/connections/{made['id']}")
    assert status == 409
    assert "Profile" in told["error"]["message"]
    call("DELETE", f"/columns/{column['id']}")
    assert call("DELETE", f"/connections/{made['id']}")[0] == 204


def test_a_run_is_planned_and_stopped(call: Caller, table: dict[str, Any]) -> None:
    column = http_column(call, table)
    status, run = call("POST", f"/columns/{column['id']}/runs", {"rows": "all"})
    assert (status, run["state"], run["counts"]["total"], run["counts"]["pending"]) == (202, "planning", 2, 2)
    rows = call("GET", f"/tables/{table['id']}/rows")[1]["items"]
    assert {row["cells"][str(column["id"])]["state"] for row in rows} == {"queued"}
    assert call("POST", f"/columns/{column['id']}/runs", {"rows": "all"})[0] == 409
    assert call("POST", f"/runs/{run['id']}/pause")[1]["state"] == "paused"
    assert call("POST", f"/runs/{run['id']}/resume")[1]["state"] == "running"
    stopped = call("POST", f"/runs/{run['id']}/stop")[1]
    assert (stopped["state"], stopped["counts"]["cancelled"], stopped["counts"]["pending"]) == ("stopped", 2, 0)
    assert call("GET", f"/tables/{table['id']}/runs")[1]["total"] == 1


@pytest.mark.parametrize("rows", ["some", {"first": 0}, {"ids": []}, {"ids": ["x"]}, 5, None])
def test_a_wrong_scope_is_refused(rows: Any, call: Caller, table: dict[str, Any]) -> None:
    column = http_column(call, table)
    assert call("POST", f"/columns/{column['id']}/runs", {"rows": rows})[0] == 422


def test_a_file_becomes_a_table(call: Caller) -> None:
    file = SimpleUploadedFile("leads.csv", b"Company,Zip\nNorthwind,0042\nContoso,1.10\n")
    answer = call.client.post("/api/v1/imports", {"file": file, "name": "Leads"})
    assert answer.status_code == 202
    started = answer.json()
    assert started["state"] == "queued"
    job.run(started["id"])
    done = call("GET", f"/imports/{started['id']}")[1]
    assert (done["state"], done["rows_done"]) == ("done", 2)
    rows = call("GET", f"/tables/{done['table_id']}/rows")[1]["items"]
    assert [cell["value"] for cell in rows[0]["cells"].values()] == ["Northwind", "0042"]


def test_a_staged_file_shows_its_first_rows_and_waits(call: Caller) -> None:
    file = SimpleUploadedFile("leads.csv", "Société;Ville\nÉtoile;Lyon\n".encode("cp1252"))
    staged = call.client.post("/api/v1/imports?stage=1", {"file": file}).json()
    assert staged["preview"]["columns"] == ["Société", "Ville"]
    assert (staged["preview"]["delimiter"], staged["preview"]["encoding"]) == (";", "cp1252")
    path = f"/imports/{staged['id']}"
    other = call("POST", f"{path}/preview", {"options": {"has_header": False}})[1]
    assert other["columns"] == ["Column 1", "Column 2"]
    status, started = call("POST", f"{path}/start", {"options": {}, "name": "Firms"})
    assert (status, started["state"], started["name"]) == (202, "queued", "Firms")
    assert call("DELETE", path)[1]["state"] == "cancelled"
    job.run(staged["id"])
    assert not call("GET", "/tables")[1]["items"]


@pytest.mark.parametrize(
    ("name", "content", "status"), [("a.exe", b"MZ", 415), ("a.csv", b"", 422), ("a.xlsx", b"no", 422)]
)
def test_a_file_that_cannot_be_read_is_refused_and_not_kept(
    name: str, content: bytes, status: int, call: Caller
) -> None:
    answer = call.client.post("/api/v1/imports", {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == status
    assert answer.json()["error"]["message"]
    assert not Import.objects.exists()


def test_the_openapi_document_is_there(client: Client) -> None:
    assert "/api/v1/tables" in client.get("/api/v1/openapi.json").json()["paths"]


def test_the_documentation_page_loads_nothing_from_elsewhere(client: Client) -> None:
    page = client.get("/api/v1/docs").content.decode()
    assert "swagger-ui-bundle.js" in page
    assert "http" not in page.replace("http://www.w3.org", "")


def test_who_lives_says_so(client: Client) -> None:
    assert client.get("/healthz").json() == {"ok": True}


def test_fields_of_a_column_become_columns_and_are_undone_by_one_request(
    call: Caller, table: dict[str, Any], viewing: Caller, stranger: Caller
) -> None:
    body = {"name": "Profile", "type": "http", "config": {"url": "https://crm.example/companies"}}
    source = call("POST", f"/tables/{table['id']}/columns", body)[1]
    path = f"/columns/{source['id']}/fields"
    fields = [{"path": "data.city", "name": "City"}, {"path": "data.city", "name": "City"}]
    assert (viewing("POST", path, {"fields": fields})[0], stranger("POST", path, {"fields": fields})[0]) == (403, 404)
    status, made = call("POST", path, {"fields": fields})
    assert (status, [item["name"] for item in made["items"]]) == (201, ["City", "City 2"])
    assert made["items"][0]["config"] == {"source": source["id"], "path": "data.city", "default": ""}
    status, told = call("POST", path, {"fields": [fields[0], {"path": "data..", "name": "Bad"}]})
    assert (status, told["error"]["details"][0]["field"]) == (422, "fields.1.path")
    assert call("POST", path, {"fields": []})[0] == 422

    shown = call("GET", f"/tables/{table['id']}/examples")[1]
    assert [(item["name"], item["value"]) for item in shown["items"]][:2] == [("Company", "Northwind"), ("Size", "30")]
    assert viewing("GET", f"/tables/{table['id']}/examples?position=1")[1]["items"][0]["value"] == "0042"
    assert call("GET", f"/tables/{table['id']}/examples?row_id=999999")[0] == 404
    assert stranger("GET", f"/tables/{table['id']}/examples")[0] == 404

    columns, ids = f"/tables/{table['id']}/columns", [item["id"] for item in made["items"]]
    assert call("DELETE", columns, {"ids": [source["id"]]})[0] == 409
    assert call("DELETE", columns, {"ids": [*ids, 999999]})[0] == 404
    assert call("DELETE", columns, {"ids": ids}) == (204, None)
    assert len(call("GET", f"/tables/{table['id']}")[1]["columns"]) == 3
    assert call("POST", f"{columns}/restore", {"ids": ids})[0] == 200
    names = [column["name"] for column in call("GET", f"/tables/{table['id']}")[1]["columns"]]
    assert names == ["Company", "Size", "Profile", "City", "City 2"]
    assert call("DELETE", columns, {"ids": [source["id"], *ids]})[0] == 204


def test_columns_are_summed_up_and_the_choice_is_remembered(
    call: Caller, viewing: Caller, stranger: Caller, table: dict[str, Any]
) -> None:
    company, size = (str(column["id"]) for column in table["columns"])
    path = f"/tables/{table['id']}/summaries"
    asked = {"columns": {company: "filled", size: "sum"}}
    assert viewing("POST", path, asked) == (200, {"columns": {company: 2, size: 30.0}})
    narrowed = asked | {"filter": [{"column": company, "op": "eq", "value": "0042"}]}
    assert call("POST", path, narrowed)[1] == {"columns": {company: 1, size: None}}
    assert call("PUT", path, {"columns": {size: "mean", company: "none"}})[0] == 204
    assert call("GET", path)[1] == {"columns": {size: "mean", company: "none"}}
    assert viewing("GET", path)[1] == {"columns": {}}
    assert call("PUT", path, {"columns": {size: "median"}})[0] == 422
    for method, body in (("GET", None), ("POST", asked), ("PUT", asked)):
        assert stranger(method, path, body)[0] == 404

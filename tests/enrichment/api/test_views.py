"""Saved views through the REST API: made, changed, moved, deleted and used wherever rows are chosen."""

import json
from typing import Any

import pytest

from tests.enrichment.api.test_api import Caller, http_column, row_ids
from workspaces.models import Role, User
from workspaces.tokens import create_api_token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def table(call: Caller) -> dict[str, Any]:
    columns = [{"name": "Company", "type": "text"}, {"name": "Size", "type": "number"}]
    made = call("POST", "/tables", {"name": "Leads", "columns": columns})[1]
    cities = [("Berlin", 30), ("Paris", 5), ("Berlin", 7), (None, 1)]
    rows = [{"Company": city, "Size": size} for city, size in cities]
    call("POST", f"/tables/{made['id']}/rows", {"rows": rows})
    return dict(made)


@pytest.fixture
def view(call: Caller, table: dict[str, Any]) -> dict[str, Any]:
    """Rows in Berlin or of at most 1, the largest first."""
    city, size = (column["id"] for column in table["columns"])
    either = [{"column": city, "op": "eq", "value": "Berlin"}, {"column": size, "op": "lte", "value": 1}]
    body = {"name": "Ready", "filter": [{"any": either}], "sort": [{"column": size, "desc": True}], "hidden": [size]}
    status, made = call("POST", f"/tables/{table['id']}/views", body)
    assert status == 201
    return dict(made)


def names(call: Caller, table: dict[str, Any]) -> list[str]:
    return [item["name"] for item in call("GET", f"/tables/{table['id']}/views")[1]["items"]]


def test_a_view_is_saved_with_who_made_it(viewing: Caller, table: dict[str, Any], view: dict[str, Any]) -> None:
    status, read = viewing("GET", f"/views/{view['id']}")
    assert (status, read) == (200, view)
    assert read["created_by"] == read["changed_by"] == "editor@example.com, API token “tests”"
    assert (read["row_height"], read["errors"], read["group"], read["version"]) == ("compact", False, None, 1)
    assert viewing("GET", f"/tables/{table['id']}/views") == (200, {"items": [view], "total": 1})


def test_rows_exports_and_runs_take_a_saved_view(call: Caller, table: dict[str, Any], view: dict[str, Any]) -> None:
    first, _, third, last = row_ids(call, table)
    path = f"/tables/{table['id']}"
    read = call("GET", f"{path}/rows", query_params={"view": view["id"], "limit": 2})[1]
    assert ([row["id"] for row in read["items"]], read["total"]) == ([first, third], 3)
    assert call("GET", f"{path}/export/check", query_params={"view": view["id"]})[1]["rows"] == 3
    column = http_column(call, table, auto_update=False)
    run = call("POST", f"/columns/{column['id']}/runs", {"rows": {"view": str(view["id"])}})
    assert (run[0], run[1]["scope"]) == (202, {"ids": [first, third, last]})
    assert call("GET", f"{path}/rows", query_params={"view": "999999"})[0] == 404


def test_what_is_given_is_changed_and_an_older_version_is_refused(
    call: Caller, table: dict[str, Any], view: dict[str, Any]
) -> None:
    path = f"/views/{view['id']}"
    status, changed = call("PATCH", path, {"row_height": "tall", "was": 1})
    assert (status, changed["row_height"], changed["filter"], changed["version"]) == (200, "tall", view["filter"], 2)
    status, refused = call("PATCH", path, {"filter": [], "was": 1})
    assert (status, refused["error"]["code"]) == (409, "conflict")
    assert "changed “Ready” after you opened it" in refused["error"]["message"]
    assert call("GET", path)[1] == changed
    call("POST", f"/tables/{table['id']}/views", {"name": "Other"})
    assert call("PATCH", path, {"name": "Other"})[0] == 409
    assert call("PATCH", path, {"name": "  Best  leads ", "position": 1})[1]["name"] == "Best leads"
    assert names(call, table) == ["Other", "Best leads"]


def test_a_deleted_view_comes_back_under_a_free_name(call: Caller, table: dict[str, Any], view: dict[str, Any]) -> None:
    path = f"/views/{view['id']}"
    assert call("DELETE", path)[0] == 204
    assert (names(call, table), call("GET", path)[0]) == ([], 404)
    assert call("POST", f"/tables/{table['id']}/views", {"name": "Ready"})[0] == 201
    assert call("POST", f"{path}/restore")[1]["name"] == "Ready 2"
    assert call("POST", f"{path}/restore")[0] == 404
    assert call("POST", f"/tables/{table['id']}/views", {"name": "Ready"})[1]["name"] == "Ready 3"


def test_a_viewer_uses_views_and_saves_none(viewing: Caller, table: dict[str, Any], view: dict[str, Any]) -> None:
    path = f"/views/{view['id']}"
    assert viewing("GET", f"/tables/{table['id']}/rows", query_params={"view": view["id"]})[1]["total"] == 3
    for method, address, body in (
        ("POST", f"/tables/{table['id']}/views", {"name": "Mine"}),
        ("PATCH", path, {"name": "Mine"}),
        ("DELETE", path, None),
    ):
        assert viewing(method, address, body)[0] == 403


def test_another_workspace_finds_none_of_it(outsider: User, table: dict[str, Any], view: dict[str, Any]) -> None:
    stranger = Caller(create_api_token(outsider.memberships.get().workspace, "other", Role.OWNER, outsider)[1])
    for method, address in (
        ("GET", f"/tables/{table['id']}/views"),
        ("GET", f"/views/{view['id']}"),
        ("PATCH", f"/views/{view['id']}"),
        ("DELETE", f"/views/{view['id']}"),
        ("POST", f"/views/{view['id']}/restore"),
        ("GET", f"/tables/{table['id']}/groups?column=Company"),
    ):
        assert stranger(method, address, {} if method == "PATCH" else None)[0] == 404


@pytest.mark.parametrize(
    ("setting", "value", "words"),
    [
        ("name", " ", "Enter a name for the view."),
        ("row_height", "huge", "is not a row height"),
        ("sort", [{"column": 0}], "There is no column 0."),
        ("hidden", [0], "There is no column 0."),
        ("group", "Company", "There is no column 'Company'."),
        ("filter", [{"any": []}], "must be a list of conditions"),
    ],
)
def test_what_cannot_be_saved_is_refused(
    call: Caller, table: dict[str, Any], setting: str, value: object, words: str
) -> None:
    status, refused = call("POST", f"/tables/{table['id']}/views", {"name": "Wrong", setting: value})
    assert status == 422
    assert words in refused["error"]["message"]
    assert refused["error"]["details"][0]["field"] == setting


def test_a_filter_by_one_failure_is_not_saved(call: Caller, table: dict[str, Any]) -> None:
    column = http_column(call, table, auto_update=False)
    like = [{"column": column["id"], "op": "like", "value": row_ids(call, table)[0]}]
    status, refused = call("POST", f"/tables/{table['id']}/views", {"name": "Wrong", "filter": like})
    assert (status, refused["error"]["details"][0]["field"]) == (422, "filter")


def test_rows_that_cannot_be_sent_are_shown_by_a_filter(call: Caller, table: dict[str, Any]) -> None:
    column = http_column(call, table, body='{"name": {{Company}}}')
    listed = call("POST", f"/columns/{column['id']}/unsendable", {"rows": "all", "like": 2})[1]
    path = f"/tables/{table['id']}/rows"
    found = call("GET", path, query_params={"filter": json.dumps([listed["filter"]])})[1]
    assert listed["rows"] == found["total"] == 3
    assert [row["position"] for row in found["items"]] == [0, 1, 2]
    status, refused = call("POST", f"/tables/{table['id']}/views", {"name": "Wrong", "filter": [listed["filter"]]})
    assert (status, refused["error"]["details"][0]["field"]) == (422, "filter")
    gone = json.dumps([listed["filter"] | {"value": "forgotten"}])
    assert call("GET", path, query_params={"filter": gone})[1]["error"]["code"] == "list_gone"


def test_groups_are_counted_and_found_again(call: Caller, table: dict[str, Any]) -> None:
    path = f"/tables/{table['id']}"
    call("POST", f"{path}/rows", {"rows": [{"Company": "berlin", "Size": "7.0"}]})
    groups = call("GET", f"{path}/groups", query_params={"column": "Company"})[1]["items"]
    assert [(group["value"], group["count"]) for group in groups] == [
        ("Berlin", 2),
        ("", 1),
        ("Paris", 1),
        ("berlin", 1),
    ]
    by_size = call("GET", f"{path}/groups", query_params={"column": "Size"})[1]["items"]
    assert sorted(group["count"] for group in by_size) == [1, 1, 1, 2]
    for group in [*groups, *by_size]:
        found = call("GET", f"{path}/rows", query_params={"filter": json.dumps([group["filter"]])})[1]
        assert found["total"] == group["count"]
    in_berlin = json.dumps([groups[0]["filter"]])
    query = {"column": "Size", "filter": in_berlin}
    assert len(call("GET", f"{path}/groups", query_params=query)[1]["items"]) == 2
    column = http_column(call, table, auto_update=False)
    assert call("GET", f"{path}/groups", query_params={"column": str(column["id"])})[0] == 422

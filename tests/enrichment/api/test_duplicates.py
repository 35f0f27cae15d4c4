"""Duplicates through the REST API."""

from typing import Any

import pytest

from tables import duplicate_searches, duplicates, moves
from tests.enrichment.api.test_api import Caller
from workspaces.models import Role, User, Workspace
from workspaces.tokens import create_api_token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def table(call: Caller) -> dict[str, Any]:
    columns = [{"name": "Email", "type": "text"}, {"name": "Size", "type": "number"}]
    made = call("POST", "/tables", {"name": "Leads", "columns": columns})[1]
    emails = ["a@x.example", "b@x.example", "A@x.example", "b@x.example", ""]
    rows = [{"Email": email, "Size": place or None} for place, email in enumerate(emails)]
    made["rows"] = call("POST", f"/tables/{made['id']}/rows", {"rows": rows})[1]["ids"]
    return dict(made)


def test_groups_are_found_with_their_first_rows(call: Caller, table: dict[str, Any]) -> None:
    path = f"/tables/{table['id']}/duplicates?columns=Email&match=loose&limit=1"
    status, found = call("GET", path)
    email, size = (str(column["id"]) for column in table["columns"])
    first, _, third, *_ = table["rows"]
    assert (status, {name: found[name] for name in ("groups", "rows", "extra")}) == (
        200,
        {"groups": 2, "rows": 4, "extra": 2},
    )
    [item] = found["items"]
    assert (item["key"], item["count"], item["rows"], item["kept"]) == (
        {email: "a@x.example"},
        2,
        [first, third],
        {"first": first, "last": third, "fullest": third},
    )
    assert item["first"][1] == {
        "id": third,
        "position": 2,
        "cells": {email: {"value": "A@x.example"}, size: {"value": 2}},
    }


@pytest.mark.parametrize("columns", ["Email,Size", '["Email", "Size"]'])
def test_columns_are_a_list(columns: str, call: Caller, table: dict[str, Any]) -> None:
    assert call("GET", f"/tables/{table['id']}/duplicates?columns={columns}")[1]["groups"] == 0


def test_a_row_that_may_stay_is_shown_wherever_it_stands(call: Caller, table: dict[str, Any]) -> None:
    added = call("POST", f"/tables/{table['id']}/rows", {"rows": [{"Email": "b@x.example"}] * 9})[1]["ids"]
    [item] = call("GET", f"/tables/{table['id']}/duplicates?columns=Email")[1]["items"]
    assert (item["count"], item["kept"]["last"], [row["id"] for row in item["first"]][-1]) == (11, added[-1], added[-1])
    assert len(item["first"]) == 6


def test_duplicates_are_merged_and_restored(call: Caller, table: dict[str, Any]) -> None:
    body = {"columns": ["Email"], "match": "loose", "keep": "first", "fill_blanks": True}
    path = f"/tables/{table['id']}/duplicates/merge"
    status, done = call("POST", path, body)
    undo = done.pop("undo")
    size = table["columns"][1]["id"]
    cells = {"cells": [[table["rows"][0], size]], "values": [2]}
    assert (status, done) == (200, {"merged": 2, "deleted": 2, "filled": 1} | cells)
    assert shown(call, table) == [["a@x.example", 2], ["b@x.example", 1], [None, 4]]
    nothing = {"merged": 0, "deleted": 0, "filled": 0, "cells": [], "values": [], "undo": None}
    assert call("POST", path, body)[1] == nothing
    assert call("POST", f"/tables/{table['id']}/rows/restore", {"undo": undo})[1] == {"restored": 2}
    assert [email for email, _ in shown(call, table)][2:4] == ["A@x.example", "b@x.example"]


def shown(call: Caller, table: dict[str, Any]) -> list[list[Any]]:
    items = call("GET", f"/tables/{table['id']}/rows")[1]["items"]
    return [[cell["value"] for cell in item["cells"].values()] for item in items]


def test_a_viewer_looks_and_does_not_merge(workspace: Workspace, viewer: User, table: dict[str, Any]) -> None:
    viewing = Caller(create_api_token(workspace, "tests", Role.VIEWER, viewer)[1])
    path = f"/tables/{table['id']}/duplicates"
    assert viewing("GET", f"{path}?columns=Email")[0] == 200
    assert viewing("POST", f"{path}/merge", {"columns": ["Email"]})[0] == 403


def test_another_workspace_sees_nothing(outsider: User, table: dict[str, Any]) -> None:
    stranger = Caller(create_api_token(outsider.workspaces.get(), "tests", Role.OWNER, outsider)[1])
    path = f"/tables/{table['id']}/duplicates"
    assert stranger("GET", f"{path}?columns=Email")[0] == 404
    assert stranger("POST", f"{path}/merge", {"columns": ["Email"]})[0] == 404


def test_a_column_is_needed(call: Caller, table: dict[str, Any]) -> None:
    status, answer = call("GET", f"/tables/{table['id']}/duplicates")
    assert (status, answer["error"]["details"][0]["field"]) == (422, "columns")


def test_a_large_table_is_merged_by_a_worker(
    call: Caller, table: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duplicates, "LARGE", 0)
    before = call("GET", f"/tables/{table['id']}/rows")[1]["total"]
    status, begun = call("POST", f"/tables/{table['id']}/duplicates/merge", {"columns": ["Email"], "match": "loose"})
    assert (status, begun["state"], begun["deleted"]) == (202, "merging", None)
    moves.run(int(begun["undo"]))
    done = call("GET", f"/trash/{begun['undo']}")[1]
    assert (done["state"], done["rows"]) == ("done", done["merged"]["deleted"])
    assert call("GET", f"/tables/{table['id']}/rows")[1]["total"] == before - done["rows"]
    assert done["rows"] > 0


def test_a_large_table_is_searched_by_a_worker(
    call: Caller, table: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = f"/tables/{table['id']}/duplicates"
    at_once = call("GET", f"{path}?columns=Email&match=loose")[1]
    monkeypatch.setattr(duplicates, "LARGE", 0)
    status, begun = call("GET", f"{path}?columns=Email&match=loose")
    assert (status, begun["state"], begun["rows_total"]) == (202, "running", 5)
    search = f"{path}/searches/{begun['search']}"
    assert call("GET", search)[1] == begun
    duplicate_searches.run(table["id"], begun["search"])
    status, done = call("GET", search)
    assert (status, done["state"], {name: done[name] for name in at_once}) == (200, "done", at_once)
    assert call("GET", f"{search}?offset=1&limit=1")[1]["items"] == at_once["items"][1:]
    assert call("DELETE", search)[0] == 204
    assert call("GET", f"{path}/searches/other")[0] == 410

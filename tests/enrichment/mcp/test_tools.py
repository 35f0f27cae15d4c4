"""The API as tools: what an assistant can do with it, over HTTP, with a client of the protocol."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from enrichment.mcp import endpoint, tools
from tables import table_members
from tables.models import Column, Table
from tests.enrichment.mcp.assistants import Assistant, told
from workspaces.actors import Actor
from workspaces.models import Role, User, Workspace

pytestmark = pytest.mark.django_db(transaction=True)
type Assistants = Callable[..., Assistant]


def values(rows: Any) -> list[list[Any]]:
    return [[cell["value"] for cell in row["cells"].values()] for row in rows["items"]]


def test_rows_are_found_by_a_filter_in_an_order(assistant: Assistants, leads: Table) -> None:
    claude = assistant("viewer")
    [listed] = claude.use("list_tables").body["items"]
    company, size = (column["id"] for column in listed["columns"])
    big = claude.use("read_rows", table_id=listed["id"], filter=[{"column": size, "op": "not_empty"}])
    assert values(big.body) == [["Acme", "10"], ["Fabrikam", "250"]]
    first = claude.use("read_rows", table_id=leads.pk, sort=[{"column": company, "desc": True}], limit=1)
    assert (values(first.body), first.body["total"]) == ([["Fabrikam", "250"]], 3)
    assert values(claude.use("read_rows", table_id=leads.pk, search="contoso").body) == [["Contoso", None]]


def test_rows_are_added_and_updated_by_a_key(assistant: Assistants) -> None:
    claude = assistant()
    columns = [{"name": "Company", "type": "text"}, {"name": "City", "type": "text"}]
    table = claude.use("create_table", name="Häuser", columns=columns).body
    claude.use("add_rows", table_id=table["id"], rows=[{"Company": "Acme", "City": "Köln"}])
    rows = [{"Company": "Acme", "City": "Bonn"}, {"Company": "Contoso", "City": "Kiel"}]
    added = claude.use("add_rows", table_id=table["id"], rows=rows, key="Company", on_match="update")
    assert not added.refused
    found = claude.use("read_rows", table_id=table["id"]).body
    assert values(found) == [["Acme", "Bonn"], ["Contoso", "Kiel"]]
    assert added.body["ids"] == [row["id"] for row in found["items"]]


def test_a_column_is_made_previewed_tested_and_changed(assistant: Assistants, leads: Table, echo: Any) -> None:
    claude = assistant()
    config = {"method": "POST", "url": f"{echo.url}/profile", "body": '{"of": "{{Company}}"}', "auto_update": False}
    column = claude.use("create_column", table_id=leads.pk, name="Profile", type="http", config=config).body
    row = claude.use("read_rows", table_id=leads.pk).body["items"][0]
    previewed = claude.use("preview_column", column_id=column["id"], row_id=row["id"]).body
    assert (previewed["request"]["body"], previewed["would_run"]) == ('{"of": "Acme"}', True)
    assert claude.use("test_column", column_id=column["id"], row_id=row["id"]).body["cell"]["state"] == "done"
    assert claude.use("estimate_run", column_id=column["id"]).body["requests"] == 3
    renamed = claude.use("change_column", column_id=column["id"], name="Echo", config={"body": '{"of": 1}'}).body
    assert (renamed["name"], renamed["config"]["body"]) == ("Echo", '{"of": 1}')


def test_a_formula_is_tried_before_it_is_a_column(assistant: Assistants, leads: Table) -> None:
    previewed = assistant().use("preview_formula", table_id=leads.pk, config={"formula": "UPPER({{Company}})"})
    assert [row["cell"]["value"] for row in previewed.body["rows"]] == ["ACME", "FABRIKAM", "CONTOSO"]


def test_a_run_is_started_watched_to_its_end_and_looked_into(
    assistant: Assistants, http: Callable[..., Column], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "LOOK_AGAIN", 0.01)
    column, claude = http(), assistant()
    run = claude.use("start_run", column_id=column.pk, rows={"first": 2}).body
    assert run["counts"]["total"] == 2
    assert claude.use("watch_run", run_id=run["id"], seconds=0).body["state"] in ("planning", "running")

    async def watched() -> Any:
        async with claude.http() as one, claude.connected(one) as watching, claude.connected(one) as stopping:
            watch = asyncio.create_task(watching.call_tool("watch_run", {"run_id": run["id"], "seconds": 50}))
            await stopping.call_tool("control_run", {"run_id": run["id"], "action": "stop"})
            return told(await watch)

    assert asyncio.run(watched()).body["state"] == "stopped"
    [listed] = claude.use("list_runs", table_id=column.table_id).body["items"]
    assert (listed["id"], listed["state"]) == (run["id"], "stopped")
    assert claude.use("list_failures", column_id=column.pk).body == {"items": [], "total": 0}


def test_the_history_of_a_cell_says_why_it_failed(
    assistant: Assistants, http: Callable[..., Column], answer: Callable[..., None]
) -> None:
    column = http()
    row = assistant().use("read_rows", table_id=column.table_id).body["items"][0]["id"]
    answer(column, {row: None}, "failed")
    claude = assistant("viewer")
    assert "404" in claude.use("get_cell", row_id=row, column_id=column.pk).body["cell"]["error"]["message"]
    [reason] = claude.use("list_failures", column_id=column.pk).body["items"]
    assert reason["count"] == 1


WRITES: dict[str, dict[str, Any]] = {
    "create_table": {"name": "X"},
    "add_rows": {"table_id": "T", "rows": [{"Company": "X"}]},
    "create_column": {"table_id": "T", "name": "X", "type": "text"},
    "change_column": {"column_id": "C", "name": "X"},
    "test_column": {"column_id": "C", "row_id": "R"},
    "start_run": {"column_id": "C"},
}


@pytest.mark.parametrize("name", WRITES)
def test_a_viewer_changes_and_sends_nothing(name: str, assistant: Assistants, http: Callable[..., Column]) -> None:
    column = http()
    ids = {"T": column.table_id, "C": column.pk, "R": 1}
    arguments = {key: ids.get(value, value) if isinstance(value, str) else value for key, value in WRITES[name].items()}
    refused = assistant("viewer").use(name, **arguments)
    assert refused.refused
    assert refused.message == "This needs the editor role, and yours is viewer. Ask an owner."
    assert Column.objects.filter(table=column.table_id).count() == 3
    assert column.table.rows.count() == 3


def test_a_token_does_what_its_scopes_say(assistant: Assistants, http: Callable[..., Column]) -> None:
    column, reader = http(), assistant("owner", scopes=["read"])
    assert not reader.use("read_rows", table_id=column.table_id).refused
    refused = reader.use("start_run", column_id=column.pk)
    assert (refused.refused, "scope" in refused.message) == (True, True)


FOREIGN: dict[str, dict[str, Any]] = {
    "get_table": {"table_id": "T"},
    "read_rows": {"table_id": "T"},
    "add_rows": {"table_id": "T", "rows": [{"Company": "X"}]},
    "create_column": {"table_id": "T", "name": "X", "type": "text"},
    "preview_formula": {"table_id": "T", "config": {"formula": "1"}},
    "list_runs": {"table_id": "T"},
    "change_column": {"column_id": "C", "name": "X"},
    "preview_column": {"column_id": "C", "row_id": "R"},
    "test_column": {"column_id": "C", "row_id": "R"},
    "get_cell": {"column_id": "C", "row_id": "R"},
    "estimate_run": {"column_id": "C"},
    "start_run": {"column_id": "C"},
    "list_failures": {"column_id": "C"},
    "watch_run": {"run_id": "N"},
    "control_run": {"run_id": "N", "action": "stop"},
}


def test_what_belongs_to_another_workspace_is_not_there(assistant: Assistants, http: Callable[..., Column]) -> None:
    column = http()
    run = assistant().use("start_run", column_id=column.pk).body
    row = assistant().use("read_rows", table_id=column.table_id).body["items"][0]["id"]
    ids = {"T": column.table_id, "C": column.pk, "R": row, "N": run["id"]}
    outsider = assistant("owner", of=Workspace.objects.create(name="Others"))
    assert outsider.use("list_tables").body == {"items": [], "total": 0}
    for name, given in FOREIGN.items():
        arguments = {key: ids.get(value, value) if isinstance(value, str) else value for key, value in given.items()}
        assert outsider.use(name, **arguments).message == "This doesn't exist, or it isn't shared with you.", name
    assert {name for name, tool in tools.TOOLS.items() if "_id" in str(tool.model_fields)} == set(FOREIGN)


def test_an_assistant_finds_what_the_maker_of_its_token_finds(
    assistant: Assistants, leads: Table, workspace: Workspace, owner: User, editor: User
) -> None:
    table_members.change(Actor(owner, workspace, Role.OWNER), leads, Table.Access.MEMBERS, {})
    assert assistant(user=editor).use("list_tables").body == {"items": [], "total": 0}
    assert assistant(user=editor).use("read_rows", table_id=leads.pk).message.startswith("This doesn't exist")
    assert assistant("viewer", user=owner).use("read_rows", table_id=leads.pk).body["total"] == 3


@pytest.mark.parametrize("table_id", ["../me", "1/rows", "..", "%2e%2e", "1?x=", "ü", ""])
def test_an_id_leads_nowhere_else(table_id: str, assistant: Assistants, leads: Table) -> None:
    refused = assistant().use("get_table", table_id=table_id)
    assert refused.refused


def test_wrong_arguments_are_told_by_name(assistant: Assistants) -> None:
    refused = assistant().use("read_rows", limit=9999, rows=[])
    assert refused.refused
    for words in ("limit: Input should be less than or equal to 500.", "table_id: Field required.", "rows: Extra"):
        assert words in refused.message


def test_settings_are_refused_as_the_api_refuses_them(assistant: Assistants, leads: Table) -> None:
    config = {"method": "GET", "url": "https://api.example/{{Compny}}"}
    refused = assistant().use("create_column", table_id=leads.pk, name="X", type="http", config=config)
    [detail] = refused.body["error"]["details"]
    assert (detail["field"], detail["reference"]) == ("url", "Compny")
    assert "Company" in detail["fix"]


def test_an_answer_that_is_too_large_is_refused_and_not_cut(
    assistant: Assistants, leads: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endpoint, "LARGEST", 200)
    refused = assistant().use("read_rows", table_id=leads.pk)
    assert refused.message.endswith("characters, and 200 are the most. Ask for fewer rows.")
    assert not assistant().use("read_rows", table_id=leads.pk, limit=1).refused

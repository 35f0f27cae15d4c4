"""What other tables show of one that is not for everybody: its values where they are read, and not a name more."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from enrichment.columns import lookups as lookup_columns
from enrichment.models import Recalculation
from tables.imports import job
from tables.models import Cell, Column, Import, Table
from tests.enrichment.api.test_api import Caller, connection, http_column, table
from tests.enrichment.api.test_table_members import keep

if TYPE_CHECKING:
    from collections.abc import Callable

    from workspaces.models import User

__all__ = ["table"]  # a fixture

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "Salaries"
NAMELESS = "something in a table that isn't shared with you"


@pytest.fixture
def hidden(owning: Caller) -> dict[str, Any]:
    """A table of Firm and Pay that only owners see."""
    columns = [{"name": "Firm"}, {"name": "Pay"}]
    made = owning("POST", "/tables", {"name": SECRET, "columns": columns})[1]
    owning("POST", f"/tables/{made['id']}/rows", {"rows": [{"Firm": "Northwind", "Pay": "90"}]})
    keep(owning, made["id"], {})
    return dict(made)


def looking(hidden: dict[str, Any]) -> dict[str, Any]:
    config = {"table_id": hidden["id"], "match": {"column": "Firm", "value": "{{Company}}"}, "take": "Pay"}
    return {"name": "Found", "type": "lookup", "config": config}


@pytest.fixture
def found(owning: Caller, table: dict[str, Any], hidden: dict[str, Any]) -> dict[str, Any]:
    """A look-up of an owner in a table that is open to all."""
    status, made = owning("POST", f"/tables/{table['id']}/columns", looking(hidden))
    assert status == 201, made
    return dict(made)


def settle(compute: Callable[[Table], None]) -> None:
    """Does what workers do with the recalculations of all tables."""
    while table_ids := set(Recalculation.objects.values_list("table_id", flat=True)):
        for each in Table.objects.filter(pk__in=table_ids):
            compute(each)


def message_of(answer: tuple[int, Any]) -> tuple[int, str]:
    status, told = answer
    return status, told["error"]["message"]


def test_a_look_up_shows_its_values_to_all_who_see_its_own_table(
    call: Caller, found: dict[str, Any], table: dict[str, Any], compute: Any
) -> None:
    settle(compute)
    cells = [row["cells"][str(found["id"])] for row in call("GET", f"/tables/{table['id']}/rows")[1]["items"]]
    assert cells[0]["value"] == "90"
    assert SECRET not in str(call("GET", f"/columns/{found['id']}")[1])


def test_no_look_up_is_made_into_a_table_that_somebody_does_not_find(
    call: Caller, table: dict[str, Any], hidden: dict[str, Any]
) -> None:
    path = f"/tables/{table['id']}/columns"
    refused = call("POST", path, looking(hidden))
    assert refused == call("POST", path, looking({"id": 10**9}))
    assert refused[0] == 422
    preview = {"type": "lookup", "config": looking(hidden)["config"]}
    previewed = call("POST", f"/tables/{table['id']}/formula-preview", preview)[1]
    assert ([problem["message"] for problem in previewed["problems"]], previewed["rows"]) == (
        ["Choose a table of this workspace."],
        [],
    )
    assert not Column.objects.filter(name="Found").exists()


def test_what_a_look_up_reads_is_changed_by_those_alone_who_find_that_table(
    call: Caller, owning: Caller, found: dict[str, Any], hidden: dict[str, Any]
) -> None:
    path = f"/columns/{found['id']}"
    status, told = call("PATCH", path, {"config": {"take": "Firm"}})
    assert (status, told["error"]["details"][0]["message"]) == (422, lookup_columns.NOT_SHARED)
    assert call("PATCH", path, {"name": "Pay there"})[0] == 200
    assert owning("PATCH", path, {"config": {"take": "Firm"}})[0] == 200


def test_the_panel_of_a_look_up_names_neither_the_table_nor_its_other_columns(
    client_for: Any, editor: User, owner: User, found: dict[str, Any], owning: Caller, hidden: dict[str, Any]
) -> None:
    owning("POST", f"/tables/{hidden['id']}/columns", {"name": "Bonus"})
    page = client_for(editor).get(f"/columns/{found['id']}/lookup").content.decode()
    assert "isn’t shared with you" in page
    assert SECRET not in page
    assert "Bonus" not in page
    assert "Bonus" in client_for(owner).get(f"/columns/{found['id']}/lookup").content.decode()


def test_refusals_and_words_in_cells_name_no_table_that_somebody_does_not_find(
    call: Caller, owning: Caller, table: dict[str, Any], hidden: dict[str, Any], found: dict[str, Any], compute: Any
) -> None:
    back = {"column": "Company", "value": "{{Firm}}"}
    config = {"table_id": table["id"], "match": back, "many": "count"}
    reader = {"name": "Reader", "type": "lookup", "config": config}
    assert owning("POST", f"/tables/{hidden['id']}/columns", reader)[0] == 201
    assert message_of(call("DELETE", f"/tables/{table['id']}")) == (409, f"“Leads” is used by {NAMELESS}.")
    column = table["columns"][0]["id"]
    assert NAMELESS in message_of(call("DELETE", f"/columns/{column}"))[1]
    assert SECRET in message_of(owning("DELETE", f"/columns/{column}"))[1]
    owning("DELETE", f"/tables/{hidden['id']}?force=1")
    settle(compute)
    cell = Cell.objects.filter(column=found["id"]).first()
    assert cell
    assert cell.error_message == "The table “another table” was deleted. Restore it, or choose another one."


def test_a_connection_is_used_by_what_somebody_finds(
    call: Caller, owning: Caller, hidden: dict[str, Any], client_for: Any, editor: User
) -> None:
    made = connection(owning)["id"]
    column = http_column(owning, hidden, connection_id=made, body="{}", confirm_host="crm.example")
    status, words = message_of(call("DELETE", f"/connections/{made}"))
    assert (status, NAMELESS in words, SECRET in words, column["name"] in words) == (409, True, False, False)
    for page in ("/connections", f"/connections/{made}/edit"):
        assert SECRET not in client_for(editor).get(page).content.decode()


def test_who_edits_one_table_alone_lets_no_connection_send_to_a_new_host(
    owning: Caller, viewer: User, client_for: Any, hidden: dict[str, Any]
) -> None:
    made = connection(owning)["id"]
    keep(owning, hidden["id"], {viewer.pk: "editor"})
    client, path = client_for(viewer), f"/api/v1/tables/{hidden['id']}/columns"
    config = {"url": "https://evil.example/", "connection_id": made, "confirm_host": "evil.example"}
    sent = {"name": "Sent", "type": "http", "config": config}
    assert client.post(path, sent, content_type="application/json").status_code == 403
    config["url"] = "https://crm.example/companies"
    assert client.post(path, sent, content_type="application/json").status_code == 201


def test_a_copy_is_for_its_maker_alone(
    call: Caller, owning: Caller, viewing: Caller, editor: User, viewer: User, hidden: dict[str, Any]
) -> None:
    keep(owning, hidden["id"], {editor.pk: "editor", viewer.pk: "viewer"})
    started = call("POST", f"/tables/{hidden['id']}/duplicate")[1]
    assert viewing("GET", f"/imports/{started['id']}")[0] == 404
    job.run(started["id"])
    made = Import.objects.get(pk=started["id"]).table
    assert made
    assert viewing("GET", f"/tables/{made.pk}")[0] == 404
    told = call("GET", f"/tables/{made.pk}/members")[1]
    assert (told["access"], [(item["user_id"], item["role"]) for item in told["items"]]) == (
        "members",
        [(editor.pk, "editor")],
    )


def test_a_table_of_a_list_is_for_its_maker_alone(
    call: Caller, owning: Caller, viewing: Caller, editor: User, viewer: User, hidden: dict[str, Any]
) -> None:
    keep(owning, hidden["id"], {editor.pk: "editor", viewer.pk: "viewer"})
    column = http_column(call, hidden, body="{}")["id"]
    wish = {"columns": [{"path": "$", "column": "Item"}], "name": "Items"}
    made = call("POST", f"/columns/{column}/expand", wish)[1]
    assert viewing("GET", f"/tables/{made['table_id']}")[0] == 404
    assert call("GET", f"/tables/{made['table_id']}")[0] == 200


def test_the_list_of_sources_names_no_list_of_a_table_that_somebody_does_not_find(
    owning: Caller, table: dict[str, Any], hidden: dict[str, Any], client_for: Any, editor: User
) -> None:
    column = http_column(owning, hidden, body="{}")["id"]
    wish = {"columns": [{"path": "$", "column": "Item"}], "table_id": table["id"]}
    assert owning("POST", f"/columns/{column}/expand", wish)[0] == 202
    told = owning("GET", f"/tables/{hidden['id']}/members")[1]
    assert told["read_by"] == [{"table_id": table["id"], "name": "Leads"}]
    Table.objects.filter(pk=hidden["id"]).update(name="Payroll")
    page = client_for(editor).get(f"/tables/{table['id']}/sources").content.decode()
    assert "a table that isn’t shared with you" in page
    assert "Payroll" not in page

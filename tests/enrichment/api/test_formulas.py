"""Formula and field columns through the REST API: settings, previews, duplicates, and what they refuse."""

from collections.abc import Callable
from typing import Any

import pytest

from enrichment.models import FormulaColumn
from tables import columns
from tables.models import Column, Row, Table
from tests.enrichment.api.test_api import Caller
from workspaces.models import Role, User, Workspace
from workspaces.tokens import create_api_token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def elsewhere(outsider: User) -> Caller:
    home = Workspace.objects.get(name="Charlie's")
    return Caller(create_api_token(home, "tests", Role.OWNER, outsider)[1])


def made(call: Caller, table: Table, formula: str = "{{Size}} * 2") -> Any:
    body = {"name": "Double", "type": "formula", "config": {"formula": formula}}
    status, column = call("POST", f"/tables/{table.pk}/columns", body)
    assert status == 201
    return column


def test_a_formula_column_is_made_computed_and_changed(
    call: Caller, leads: Table, compute: Callable[[Table], None]
) -> None:
    column = made(call, leads)
    assert (column["type"], column["config"], column["counts"]) == ("formula", {"formula": "{{Size}} * 2"}, {})
    compute(leads)
    assert call("GET", f"/columns/{column['id']}")[1]["counts"] == {"done": 2, "missing_input": 1}
    status, changed = call("PATCH", f"/columns/{column['id']}", {"config": {"formula": "{{Company}}"}})
    assert (status, changed["config"]) == (200, {"formula": "{{Company}}"})
    compute(leads)
    _, rows = call("GET", f"/tables/{leads.pk}/rows?limit=1")
    assert rows["items"][0]["cells"][str(column["id"])]["value"] == "Acme"


def test_a_field_column_is_made_by_the_name_of_its_source(call: Caller, leads: Table) -> None:
    body = {"name": "Part", "type": "extract", "config": {"source": "Company", "path": "a.b"}}
    status, column = call("POST", f"/tables/{leads.pk}/columns", body)
    source = columns.live(leads)[0].pk
    assert (status, column["config"]) == (201, {"source": source, "path": "a.b", "default": ""})


def test_a_table_is_made_with_a_formula(call: Caller) -> None:
    wanted: list[dict[str, Any]] = [
        {"name": "Size"},
        {"name": "Double", "type": "formula", "config": {"formula": "{{Size}} * 2"}},
    ]
    status, table = call("POST", "/tables", {"name": "New", "columns": wanted})
    assert status == 201
    assert table["columns"][1]["config"] == {"formula": "{{Size}} * 2"}
    wanted[1]["config"] = {"formula": "{{"}
    assert call("POST", "/tables", {"name": "Other", "columns": wanted})[0] == 422
    assert not Table.objects.filter(name="Other").exists()


def test_a_mistake_is_told_at_its_place_with_a_fix(call: Caller, leads: Table) -> None:
    body = {"name": "New", "type": "formula", "config": {"formula": "{{Sise}} * 2"}}
    status, answer = call("POST", f"/tables/{leads.pk}/columns", body)
    [detail] = answer["error"]["details"]
    assert (status, detail["field"], detail["offset"], detail["length"]) == (422, "formula", 0, 8)
    assert detail["edit"]["text"] == "{{Size}}"


def test_a_circle_is_a_conflict_that_names_the_columns(call: Caller, leads: Table) -> None:
    first = made(call, leads)
    body = {"name": "Second", "type": "formula", "config": {"formula": "{{Double}}"}}
    call("POST", f"/tables/{leads.pk}/columns", body)
    status, answer = call("PATCH", f"/columns/{first['id']}", {"config": {"formula": "{{Second}}"}})
    assert (status, answer["error"]["code"]) == (409, "cycle")
    assert "Double → Second → Double" in answer["error"]["message"]
    assert call("GET", f"/columns/{first['id']}")[1]["config"] == {"formula": "{{Size}} * 2"}


def test_formulas_are_tried_on_ten_rows_while_they_are_written(call: Caller, leads: Table) -> None:
    path = f"/tables/{leads.pk}/formula-preview"
    status, told = call("POST", path, {"type": "formula", "config": {"formula": "{{Size}} * 2"}})
    assert (status, told["problems"]) == (200, [])
    assert [(row["position"], row["cell"]["value"]) for row in told["rows"]][:2] == [(0, 20), (1, 500)]
    last = Row.objects.filter(table=leads).latest("sort_key").pk
    _, told = call("POST", path, {"config": {"formula": "{{Company}}"}, "row_ids": [last]})
    assert [(row["row_id"], row["cell"]["value"]) for row in told["rows"]] == [(last, "Contoso")]
    status, told = call("POST", path, {"config": {"formula": "{{Company}} +"}})
    assert (status, told["rows"]) == (200, [])
    assert told["problems"][0]["field"] == "formula"


def test_an_edited_column_is_tried_without_being_stored(call: Caller, leads: Table) -> None:
    column = made(call, leads)
    body = {"config": {"formula": "{{Double}}"}, "column_id": column["id"]}
    _, told = call("POST", f"/tables/{leads.pk}/formula-preview", body)
    assert told["problems"][0]["message"] == "A column can't use its own result."
    row = Row.objects.filter(table=leads).earliest("sort_key").pk
    body = {"row_id": row, "config": {"formula": "{{Size}} * 3"}}
    status, told = call("POST", f"/columns/{column['id']}/preview", body)
    assert (status, told["request"], told["would_run"], told["cell"]["value"]) == (200, None, True, 30)
    assert "* 2" in FormulaColumn.objects.get().formula


@pytest.mark.parametrize(
    ("what", "body"), [("runs", {"rows": "all"}), ("estimate", {"rows": "all"}), ("test", {"row_id": 1})]
)
def test_a_formula_sends_nothing(what: str, body: Any, call: Caller, leads: Table) -> None:
    column = made(call, leads)
    status, answer = call("POST", f"/columns/{column['id']}/{what}", body)
    assert status == 422
    assert "recalculated automatically" in answer["error"]["message"]


def test_a_column_is_duplicated(call: Caller, leads: Table) -> None:
    column = made(call, leads)
    status, copy = call("POST", f"/columns/{column['id']}/duplicate")
    assert (status, copy["name"], copy["position"]) == (201, "Double 2", 3)
    assert copy["config"] == column["config"]


def test_a_preview_warns_of_what_may_surprise(call: Caller, leads: Table, http: Callable[..., Column]) -> None:
    column = http(body='{"name": 1, "name": 2}')
    row = Row.objects.filter(table=leads).earliest("sort_key").pk
    _, told = call("POST", f"/columns/{column.pk}/preview", {"row_id": row})
    assert told["would_run"] is True
    assert [(problem["severity"], problem["field"]) for problem in told["problems"]] == [("warning", "body")]


def test_who_may_only_look_changes_nothing(viewing: Caller, call: Caller, leads: Table) -> None:
    column = made(call, leads)
    assert viewing("POST", f"/columns/{column['id']}/duplicate")[0] == 403
    assert viewing("POST", f"/tables/{leads.pk}/formula-preview", {"config": {"formula": "1"}})[0] == 403
    assert viewing("PATCH", f"/columns/{column['id']}", {"config": {"formula": "1"}})[0] == 403


def test_an_outsider_finds_nothing(elsewhere: Caller, call: Caller, leads: Table) -> None:
    column = made(call, leads)
    assert elsewhere("POST", f"/columns/{column['id']}/duplicate")[0] == 404
    assert elsewhere("POST", f"/tables/{leads.pk}/formula-preview", {"config": {"formula": "1"}})[0] == 404
    _, own = elsewhere("POST", "/tables", {"name": "Own"})
    body = {"config": {"formula": "1"}, "column_id": column["id"]}
    assert elsewhere("POST", f"/tables/{own['id']}/formula-preview", body)[0] == 404

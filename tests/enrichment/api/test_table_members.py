"""Tables that are not for everybody: for whoever is not on the list, nothing of them is there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver

from enrichment.api import api, examples, scopes
from tests.enrichment.api import everything
from workspaces.models import Membership, Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.test import Client

    from tables.models import Table
    from tests.enrichment.api.test_api import Caller
    from workspaces.models import User

pytestmark = pytest.mark.django_db

OF_WORKSPACE = {
    *("connection_id", "token_id", "secret", "identity_id", "passkey_id"),
    *("membership_id", "invitation_id", "session_id"),
}
FOR_VIEWERS = "comments_"  # who wrote them, too


@pytest.fixture
def things(owning: Caller, leads: Table, given: Any) -> dict[str, str]:
    """Returns one of everything, of two tables for owners alone."""
    made = everything.made(owning, leads, given())
    upload = {"file": everything.csv_file(), "table": str(leads.pk)}
    made["import_id"] = owning.client.post("/api/v1/imports?stage=1", upload).json()["id"]
    owning("PATCH", f"/tables/{leads.pk}", {"name": "Salaries"})
    for table in owning("GET", "/tables")[1]["items"]:
        keep(owning, table["id"], {})
    return made


def keep(call: Caller, table: Any, roles: dict[int, str]) -> dict[str, Any]:
    members = [{"user_id": pk, "role": role} for pk, role in roles.items()]
    status, told = call("PUT", f"/tables/{table}/members", {"access": "members", "members": members})
    assert status == 200, told
    return dict(told)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yields all that belong to a table, by the ids in their addresses."""
    document = json.loads(json.dumps(api.get_openapi_schema(), default=str))
    for path, methods in document["paths"].items():
        named = {part.split("}")[0] for part in path.split("{")[1:]}
        if named and not named & OF_WORKSPACE:
            for method, told in methods.items():
                yield path, method, told


def answer_of(client: Client, method: str, path: str, told: dict[str, Any], things: dict[str, str]) -> Any:
    example = examples.of(told["operationId"]).get("body")
    sent: dict[str, Any] = {}
    if example is not None:
        sent = {"data": json.dumps(everything.body(example, things)), "content_type": "application/json"}
    return getattr(client, method)(everything.address(path, things), **sent)


def pages(patterns: list[Any] | None = None, before: str = "") -> Iterator[tuple[str, set[str]]]:
    """Yields the addresses of pages that belong to a table, with the names of their ids."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        address = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver) and not address.startswith("api/"):
            yield from pages(pattern.url_patterns, address)
        elif isinstance(pattern, URLPattern) and pattern.pattern.converters and not address.startswith("api/"):
            names = set(pattern.pattern.converters)
            if any(name.endswith("_id") for name in names) and not names & OF_WORKSPACE:
                yield "/" + address.replace("<int:", "{").replace("<str:", "{").replace(">", "}"), names


def test_nothing_of_a_table_is_there_for_who_is_not_on_its_list(
    call: Caller, things: dict[str, str], subtests: Any
) -> None:
    walked = list(operations())
    assert len(walked) > 90
    for path, method, told in walked:
        with subtests.test(told["operationId"]):
            answer = answer_of(call.client, method, path, told, things)
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found"), answer.content
    assert call.client.get(f"/api/v1/tables/{things['table_id']}/events").status_code == 404


def test_no_page_of_it_is_there_either(
    editor: User, client_for: Callable[[User], Client], things: dict[str, str], subtests: Any
) -> None:
    client, walked = client_for(editor), list(pages())
    assert len(walked) > 45
    for address, names in walked:
        ids = {name: things.get(name, "1") for name in names} | {"kind": "formula"}
        with subtests.test(address):
            statuses = {client.get(address.format(**ids)).status_code, client.post(address.format(**ids)).status_code}
            assert 404 in statuses
            assert statuses <= {404, 405}


def test_no_list_names_it(
    owning: Caller, call: Caller, owner: User, editor: User, things: dict[str, str], client_for: Any
) -> None:
    row = f"/tables/{things['table_id']}/rows/{things['row_id']}/comments"
    assert owning("POST", row, {"text": f"@{editor.email} look"})[1]["mentions"] == []
    for path in ("/tables", "/runs", "/trash", "/mentions"):
        assert call("GET", path)[1]["total"] == 0, path
        assert owning("GET", path)[1]["total"] > 0 or path == "/mentions"
    client = client_for(editor)
    for page in ("/", "/trash", "/mentions", "/connections"):
        assert "Salaries" not in client.get(page).content.decode()
    assert (
        "Salaries"
        in client_for(editor.workspaces.get().members.get(email="owner@example.com")).get("/").content.decode()
    )


def test_a_viewer_of_the_list_reads_and_does_not_write(
    owning: Caller, call: Caller, editor: User, things: dict[str, str], client_for: Any, subtests: Any
) -> None:
    for table in owning("GET", "/tables")[1]["items"]:
        keep(owning, table["id"], {editor.pk: "viewer"})
    for path, method, told in operations():
        name = told["operationId"].removeprefix("enrichment_api_")
        if scopes.needed(method, path) == Scope.READ or name.startswith(FOR_VIEWERS):
            continue
        with subtests.test(name):
            answer = answer_of(call.client, method, path, told, things)
            expected = 404 if name in ("views_restore_view", "tables_restore_table") else 403  # of what is not deleted
            assert answer.status_code == expected, answer.content
    assert call("GET", f"/tables/{things['table_id']}/rows")[0] == 200
    page = client_for(editor).get(f"/tables/{things['table_id']}").content.decode()
    assert "data-add-column" not in page


def test_a_viewer_of_the_workspace_may_edit_one_table(
    owning: Caller, viewer: User, client_for: Any, things: dict[str, str]
) -> None:
    keep(owning, things["table_id"], {viewer.pk: "editor"})
    client = client_for(viewer)
    rows = f"/api/v1/tables/{things['table_id']}/rows"
    added = client.post(rows, json.dumps({"rows": [{"Company": "Tailspin"}]}), content_type="application/json")
    assert added.status_code == 201
    assert "data-add-column" in client.get(f"/tables/{things['table_id']}").content.decode()
    made = client.post("/api/v1/tables", json.dumps({"name": "Mine"}), content_type="application/json")
    assert made.status_code == 403
    copied = client.post(f"/api/v1/tables/{things['table_id']}/duplicate")
    assert copied.status_code == 403


def test_whom_a_table_is_for_is_told_and_set(owning: Caller, call: Caller, editor: User, leads: Table) -> None:
    assert call("GET", f"/tables/{leads.pk}")[1]["access"] == "workspace"
    told = keep(call, leads.pk, {editor.pk: "editor"})
    assert (told["access"], told["can_change"], told["your_id"]) == ("members", True, editor.pk)
    email = "editor@example.com"
    assert told["items"] == [{"user_id": editor.pk, "name": email, "email": email, "role": "editor"}]
    assert owning("GET", f"/tables/{leads.pk}")[1]["access"] == "members"
    members = call("GET", f"/members?table_id={leads.pk}")[1]["items"]
    assert [item["name"] for item in members] == ["editor@example.com", "owner@example.com"]


@pytest.mark.parametrize(
    "slip",
    [{"member": []}, {"members": [{"user_id": 1, "roles": "editor"}]}, {"members": [{"user_id": 1, "role": "owner"}]}],
)
def test_a_slip_in_whom_a_table_is_for_changes_nothing(owning: Caller, leads: Table, slip: dict[str, Any]) -> None:
    assert owning("PUT", f"/tables/{leads.pk}/members", {"access": "members"} | slip)[0] == 422
    assert owning("GET", f"/tables/{leads.pk}/members")[1]["access"] == "workspace"


def test_a_list_that_somebody_else_has_changed_is_not_overwritten(
    owning: Caller, call: Caller, editor: User, viewer: User, leads: Table
) -> None:
    seen = call("GET", f"/tables/{leads.pk}/members")[1]["version"]
    keep(owning, leads.pk, {editor.pk: "editor", viewer.pk: "viewer"})
    body = {"access": "members", "members": [{"user_id": editor.pk, "role": "editor"}]}
    status, told = call("PUT", f"/tables/{leads.pk}/members", body, headers={"If-Match": seen})
    assert (status, told["error"]["current"]["total"]) == (412, 2)
    now = told["error"]["current"]["version"]
    assert call("PUT", f"/tables/{leads.pk}/members", body, headers={"If-Match": now})[0] == 200


def test_the_audit_log_names_tables_to_owners_alone(
    owning: Caller, owner: User, editor: User, things: dict[str, str]
) -> None:
    assert "Salaries" in str(owning("GET", "/audit?kind=table")[1])
    Membership.objects.filter(user=editor).update(role="owner")
    Membership.objects.filter(user=owner).update(role="editor")
    assert owning("GET", "/audit")[0] == 403  # with a token that was made for an owner
    assert owning("GET", f"/tables/{things['table_id']}")[0] == 404


def test_rows_of_a_table_for_some_people_take_no_more_queries(
    owning: Caller, call: Caller, editor: User, leads: Table
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert call("GET", f"/tables/{leads.pk}/rows")[0] == 200
        return len(found)

    queries()  # the first call notes when the token was used last
    of_open = queries()
    keep(owning, leads.pk, {editor.pk: "viewer"})
    assert queries() == of_open

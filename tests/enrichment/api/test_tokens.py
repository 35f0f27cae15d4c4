"""Tokens with scopes and an end, and how many requests one may send."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from enrichment.api import api, scopes
from tables.models import Table
from tests.enrichment.api.test_api import Caller
from workspaces.models import ApiToken, AuditEntry, Role, Scope, User, Workspace
from workspaces.tokens import create_api_token

pytestmark = pytest.mark.django_db


@pytest.fixture
def limited(workspace: Workspace, editor: User) -> Any:
    """Makes a caller with these scopes."""

    def make(*chosen: Scope, days: float | None = None) -> Caller:
        ends_at = timezone.now() + timedelta(days=days) if days else None
        return Caller(create_api_token(workspace, "CI", Role.EDITOR, editor, scopes=chosen, ends_at=ends_at)[1])

    return make


def test_each_scope_opens_its_operations_alone(limited: Any, leads: Table) -> None:
    rows, columns = f"/tables/{leads.pk}/rows", f"/tables/{leads.pk}/columns"
    column = {"name": "City", "type": "text"}
    for scope, expected in (
        (Scope.READ, {"GET": 200, "rows": 403, "columns": 403}),
        (Scope.ROWS, {"GET": 403, "rows": 201, "columns": 403}),
        (Scope.RUN, {"GET": 403, "rows": 403, "columns": 403}),
        (Scope.MANAGE, {"GET": 403, "rows": 403, "columns": 201}),
    ):
        call = limited(scope)
        assert call("GET", rows)[0] == expected["GET"], scope
        assert call("POST", rows, {"rows": [{"Company": "Northwind"}]})[0] == expected["rows"], scope
        assert call("POST", columns, column)[0] == expected["columns"], scope


def test_what_is_missing_is_told(limited: Any) -> None:
    told = limited(Scope.READ, Scope.RUN)("POST", "/tables", {"name": "Leads"})[1]["error"]
    assert told["code"] == "forbidden"
    assert told["message"] == "This needs the scope “manage”, and this token has read, run."


def test_a_token_that_may_only_read_looks_at_views_and_saves_none(limited: Any, leads: Table) -> None:
    call = limited(Scope.READ)
    assert call("POST", f"/tables/{leads.pk}/views", {"search": "acme"})[0] == 201
    assert call("POST", f"/tables/{leads.pk}/views", {"name": "Mine"})[0] == 403


def test_the_events_need_the_scope_to_read(limited: Any, leads: Table) -> None:
    assert limited(Scope.ROWS).client.get(f"/api/v1/tables/{leads.pk}/events").status_code == 403


def test_the_document_names_the_scope_of_each_operation() -> None:
    paths = api.get_openapi_schema()["paths"]
    assert paths["/api/v1/tables/{table_id}/rows"]["patch"]["security"][0] == {"Bearer": ["rows"]}
    assert paths["/api/v1/columns/{column_id}/runs"]["post"]["security"][0] == {"Bearer": ["run"]}
    assert scopes.needed("POST", "api/v1/tables/<table_id>/find") == Scope.READ
    assert scopes.needed("POST", "api/v1/tables/{table_id}/columns") == Scope.MANAGE


def test_a_token_that_has_ended_says_so(limited: Any) -> None:
    call = limited(Scope.READ, days=1)
    assert call("GET", "/tables")[0] == 200
    ApiToken.objects.update(ends_at=timezone.now())
    status, told = call("GET", "/tables")
    assert (status, told["error"]["code"]) == (401, "token_ended")
    assert "“CI” ended on" in told["error"]["message"]
    assert call.client.get("/api/v1/tables/1/events").status_code == 401


def test_a_token_is_made_listed_and_revoked(call: Caller) -> None:
    ends_at = timezone.now() + timedelta(days=30)
    wish = {"name": "Nightly", "role": "viewer", "scopes": ["rows", "read"], "ends_at": ends_at.isoformat()}
    status, made = call("POST", "/tokens", wish)
    assert (status, made["scopes"], made["role"]) == (201, ["read", "rows"], "viewer")
    assert Caller(made["token"])("GET", "/me")[1]["role"] == "viewer"
    listed = call("GET", "/tokens")[1]["items"]
    assert [item["name"] for item in listed] == ["Nightly", "tests"]
    assert "token" not in listed[0]
    assert AuditEntry.objects.get(name="Nightly").detail["scopes"] == ["read", "rows"]
    assert call("DELETE", f"/tokens/{made['id']}")[0] == 204
    assert Caller(made["token"])("GET", "/me")[0] == 401
    assert call("DELETE", f"/tokens/{made['id']}")[0] == 404


def test_nobody_makes_a_token_that_may_more_than_they(call: Caller, viewing: Caller, limited: Any) -> None:
    assert call("POST", "/tokens", {"name": "x", "role": "owner"})[0] == 403
    assert viewing("POST", "/tokens", {"name": "x", "role": "viewer"})[0] == 403
    managing = limited(Scope.MANAGE, days=1)
    assert managing("POST", "/tokens", {"name": "x"})[1]["error"]["details"][0]["field"] == "scopes"
    wish = {"name": "x", "scopes": ["manage"]}
    assert managing("POST", "/tokens", wish)[1]["error"]["details"][0]["field"] == "ends_at"
    soon = (timezone.now() + timedelta(hours=1)).isoformat()
    assert managing("POST", "/tokens", wish | {"ends_at": soon})[0] == 201


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"name": "x", "scopes": []},
        {"name": "x", "scopes": ["all"]},
        {"name": "x", "ends_at": "2020-01-01"},
    ],
)
def test_a_token_that_makes_no_sense_is_refused(wrong: dict[str, Any], call: Caller) -> None:
    assert call("POST", "/tokens", wrong)[0] == 422


def test_too_many_requests_are_refused_for_each_token_alone(call: Caller, viewing: Caller, settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 2
    assert [call("GET", "/me")[0] for _ in range(3)] == [200, 200, 429]
    answer = call.client.get("/api/v1/me")
    assert answer.json()["error"]["code"] == "too_many_requests"
    assert 1 <= int(answer["Retry-After"]) <= 60
    assert viewing("GET", "/me")[0] == 200


def test_there_can_be_no_limit(call: Caller, settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 0
    assert {call("GET", "/me")[0] for _ in range(5)} == {200}


def test_a_page_is_not_counted(editor: User, client: Client, settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1
    client.force_login(editor)
    assert {client.get("/api/v1/me").status_code for _ in range(3)} == {200}


def test_the_settings_page_makes_a_token_with_scopes_and_an_end(client: Client, editor: User) -> None:
    client.force_login(editor)
    wish = {"name": "Nightly", "role": "editor", "scopes": ["read", "rows"], "days": "30"}
    assert client.post("/settings/tokens", wish).status_code == 200
    token = ApiToken.objects.get()
    assert token.ends_at is not None
    assert (token.scopes, round((token.ends_at - token.created_at) / timedelta(days=1))) == (["read", "rows"], 30)
    assert "Read, Change rows" in client.get("/settings/tokens").content.decode()
    ApiToken.objects.update(ends_at=timezone.now() - timedelta(days=1))
    assert "ended" in client.get("/settings/tokens").content.decode()
    assert client.post("/settings/tokens", wish | {"scopes": []}).status_code == 422

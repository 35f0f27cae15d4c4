"""The audit log: what is noted, who sees it, and that no secret is in it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from workspaces import audit
from workspaces.models import ApiToken, AuditEntry, Membership, Role
from workspaces.tokens import create_api_token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def api(workspace: Any, owner: Any) -> Client:
    _, text = create_api_token(workspace, "CI", Role.OWNER, owner)
    return Client(headers={"Authorization": f"Bearer {text}"})


def noted(workspace: Any) -> list[tuple[str, str]]:
    return [(entry.action, entry.name) for entry in audit.entries(workspace).order_by("pk")]


def post(api: Client, path: str, body: Any, method: str = "post") -> Any:
    return getattr(api, method)(f"/api/v1{path}", body, content_type="application/json").json()


def test_what_is_changed_run_and_deleted_is_noted(api: Client, workspace: Any) -> None:
    table = post(api, "/tables", {"name": "Leads", "columns": [{"name": "Company"}]})["id"]
    secrets = {"token": "a secret token"}
    connection = post(api, "/connections", {"name": "CRM", "kind": "bearer", "secrets": secrets})["id"]
    post(api, f"/connections/{connection}", {"config": {"token_type": ""}, "secrets": secrets}, "patch")
    config = {"url": "http://127.0.0.1:9/", "connection_id": connection, "confirm_host": "127.0.0.1"}
    made = post(api, f"/tables/{table}/columns", {"name": "Profile", "type": "http", "config": config})
    post(api, f"/columns/{made['id']}", {"config": {"method": "PUT"}, "width": 300}, "patch")
    post(api, f"/columns/{made['id']}", {"width": 200}, "patch")
    run = post(api, f"/columns/{made['id']}/runs", {"rows": "all"})
    post(api, f"/runs/{run['id']}/stop", {})
    api.delete(f"/api/v1/columns/{made['id']}")
    api.delete(f"/api/v1/connections/{connection}")
    api.delete(f"/api/v1/tables/{table}")
    column = "Profile in Leads"
    assert noted(workspace) == [
        ("token.created", "CI"),
        ("table.created", "Leads"),
        ("connection.created", "CRM"),
        ("connection.changed", "CRM"),
        ("connection.host_allowed", "CRM"),
        ("column.created", column),
        ("column.changed", column),
        ("run.started", column),
        ("run.stopped", column),
        ("column.deleted", column),
        ("connection.deleted", "CRM"),
        ("table.deleted", "Leads"),
    ]
    changed = AuditEntry.objects.get(action="connection.changed")
    assert changed.detail == {"settings": ["token_type"], "secrets": ["token"]}
    assert AuditEntry.objects.get(action="column.changed").detail == {"settings": ["method"]}
    assert "a secret token" not in repr(list(AuditEntry.objects.values()))


def test_it_says_who_and_with_which_token(api: Client, workspace: Any, owner: Any) -> None:
    post(api, "/tables", {"name": "Leads"})
    entry = audit.entries(workspace)[0]
    assert (entry.who, entry.user_id) == ("owner@example.com, API token “CI”", owner.pk)


def test_roles_and_tokens_are_noted(
    client_for: Callable[[Any], Client], workspace: Any, owner: Any, editor: Any
) -> None:
    client, membership = client_for(owner), Membership.objects.get(user=editor)
    client.post(f"/settings/members/{membership.pk}", {"role": "viewer"})
    client.post(f"/settings/members/{membership.pk}", {"role": "remove"})
    client.post("/settings/members", {"email": "new@example.com", "role": "editor"})
    client.post("/settings/tokens", {"name": "Script", "role": "viewer", "scopes": ["read"]})
    client.post(f"/settings/tokens/{ApiToken.objects.get(name='Script').pk}")
    assert noted(workspace) == [
        ("member.changed", "editor@example.com"),
        ("member.removed", "editor@example.com"),
        ("member.invited", "new@example.com"),
        ("token.created", "Script"),
        ("token.revoked", "Script"),
    ]


def test_nobody_is_taken_for_whoever_came_before(api: Client, client: Client, workspace: Any) -> None:
    post(api, "/tables", {"name": "Leads"})
    client.get("/healthz")
    audit.note(workspace, "run.stopped", "by the system")
    assert audit.entries(workspace)[0].who == "Marl"


def test_owners_see_it_page_by_page_and_by_kind(
    api: Client, client_for: Callable[[Any], Client], workspace: Any, owner: Any
) -> None:
    for number in range(60):
        audit.note(workspace, "column.changed", f"Column {number:02}", settings=["url"])
    client = client_for(owner)
    first = client.get("/settings/audit?kind=column").content.decode()
    assert "Column 59" in first
    assert "Column 09" not in first
    oldest = audit.entries(workspace, "column")[49]
    assert "Column 09" in client.get(f"/settings/audit?kind=column&before={oldest.pk}").content.decode()
    listed = api.get("/api/v1/audit?kind=column&limit=2").json()
    assert (listed["total"], [item["name"] for item in listed["items"]]) == (60, ["Column 59", "Column 58"])
    assert listed["items"][0]["detail"] == {"settings": ["url"]}


def test_nobody_else_sees_it(client_for: Callable[[Any], Client], workspace: Any, editor: Any, outsider: Any) -> None:
    audit.note(workspace, "table.created", "Private")
    assert client_for(editor).get("/settings/audit").status_code == 403
    assert client_for(editor).get("/api/v1/audit").status_code == 403
    assert "Private" not in client_for(outsider).get("/settings/audit").content.decode()
    assert client_for(outsider).get("/api/v1/audit").json()["total"] == 0


def test_a_year_is_kept(workspace: Any) -> None:
    for name in ("old", "new"):
        audit.note(workspace, "table.created", name)
    AuditEntry.objects.filter(name="old").update(at=timezone.now() - timedelta(days=366))
    audit.prune()
    assert noted(workspace) == [("table.created", "new")]


def test_details_are_in_plain_words() -> None:
    entry = AuditEntry(action="column.changed", detail={"settings": ["keep_existing", "url"], "rows": "missing"})
    assert audit.in_words(entry)[1] == "settings: keep existing, url · rows: those with no result"

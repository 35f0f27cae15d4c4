"""A workspace that has one of everything, for tests that call every operation."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from enrichment.models import CallbackAddress
from enrichment.runs import callbacks
from tests.enrichment.api.test_api import Caller, connection, row_ids
from workspaces.tokens import hash_token

if TYPE_CHECKING:
    from tables.models import Table

NOBODY = "http://127.0.0.1:9/companies"  # where nothing listens


def made(call: Caller, leads: Table, source: dict[str, Any]) -> dict[str, str]:
    """Returns an id or a name for each name that stands in braces in addresses and in examples of bodies."""
    table = call("GET", f"/tables/{leads.pk}")[1]
    company, size = (str(column["id"]) for column in table["columns"])
    column, other, gone = (_column(call, leads, name) for name in ("Profile", "Contacts", "Old"))
    rows = row_ids(call, table)
    view = _post(call, f"/tables/{leads.pk}/views", {"name": "All"})["id"]
    call("DELETE", f"/columns/{gone}")
    return {
        "table_id": str(leads.pk),
        "user_id": str(call("GET", "/members")[1]["items"][0]["user_id"]),
        "company_id": company,
        "size_id": size,
        "column_id": column,
        "deleted_column_id": gone,
        "row_id": str(rows[0]),
        "comment_id": _post(call, f"/tables/{leads.pk}/rows/{rows[0]}/comments", {"text": "Northwind."})["id"],
        "view_id": view,
        "link_id": _post(call, f"/views/{view}/links", {"days": 1})["id"],
        "view": _post(call, f"/tables/{leads.pk}/views", {})["view"],
        "connection_id": connection(call)["id"],
        "run_id": _post(call, f"/columns/{other}/runs", {"rows": "all"})["id"],
        "source_id": _post(call, f"/tables/{leads.pk}/sources", {"name": "CRM", **source})["id"],
        "list_id": _list(call, column),
        "import_id": _upload(call),
        "deletion_id": call("DELETE", f"/tables/{leads.pk}/rows", {"ids": rows[2:]})[1]["undo"],
        "edit_id": _post(call, f"/tables/{leads.pk}/replace", {"find": "Fabrikam", "replace": "Contoso"})["id"],
        "hook_secret": _post(call, f"/tables/{leads.pk}/hook")["secret"],
        "token_id": _post(call, "/tokens", {"name": "CI", "scopes": ["read"]})["id"],
        "secret": _callback(column, rows[0]),
        "opener": "page",
        "name": "download",
        "search": "none",
    }


def address(path: str, things: dict[str, str]) -> str:
    """Returns the address of an operation with what there is, and with the parameters that it can't do without."""
    secret = {"secret": things["hook_secret"]} if path.startswith("/api/v1/hooks/") else {}
    needed = {"/groups": "?column=Company", "/duplicates": "?columns=Company"}
    return filled(path, things | secret) + next((more for end, more in needed.items() if path.endswith(end)), "")


def filled(text: str, things: dict[str, str]) -> str:
    """Puts what there is in place of the names in braces; ids that stand in quotes stay texts."""
    for name, value in things.items():
        text = text.replace(f"{{{name}}}", str(value))
    return text


def body(example: Any, things: dict[str, str]) -> Any:
    return json.loads(filled(json.dumps(example), things))


def _post(call: Caller, path: str, sent: Any = None) -> dict[str, Any]:
    status, answer = call("POST", path, sent)
    assert status < 300, answer
    return dict(answer)


def _column(call: Caller, leads: Table, name: str) -> str:
    config = {"url": NOBODY, "method": "POST", "body": '{"name": "{{Company}}"}', "auto_update": False}
    made = _post(call, f"/tables/{leads.pk}/columns", {"name": name, "type": "http", "config": config})
    return str(made["id"])


def _list(call: Caller, column: str) -> str:
    wish = {"columns": [{"path": "$", "column": "Item"}], "name": "Items"}
    return str(_post(call, f"/columns/{column}/expand", wish)["id"])


def _upload(call: Caller) -> str:
    return str(call.client.post("/api/v1/imports?stage=1", {"file": csv_file()}).json()["id"])


def csv_file() -> SimpleUploadedFile:
    return SimpleUploadedFile("leads.csv", b"Company,Zip\nNorthwind,0042\n")


def _callback(column: str, row: int) -> str:
    secret, end = callbacks.new_secret(), timezone.now() + timedelta(days=1)
    CallbackAddress.objects.create(digest=hash_token(secret), column_id=int(column), row_id=row, expires_at=end)
    return secret

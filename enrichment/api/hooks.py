"""The inbound webhook of a table: rows from programs that have no token, at an address that is a secret."""

import json
from dataclasses import asdict
from typing import Any, Literal

from django.conf import settings
from django.http import HttpRequest
from ninja import Query, Router, Schema, Status

from enrichment import lookup, webhooks
from enrichment.api.auth import actor
from enrichment.connections.secrets import CannotOpen
from tables.keys import Matching
from workspaces.models import Role
from workspaces.refusals import Refused

router = Router(tags=["Webhooks"])

_ROW = {"type": "object", "additionalProperties": True, "example": {"Company": "Northwind"}}
_BODY = {"content": {"application/json": {"schema": {"anyOf": [_ROW, {"type": "array", "items": _ROW}]}}}}


class Sent(Schema):
    """What the address says of the rows; `key` can be given several times."""

    unknown: Literal["refuse", "ignore"] = "refuse"
    key: list[str] = []
    match: str = "exact"
    on_match: str = "add"
    keep_blank: bool = True


@router.get("/tables/{table_id}/hook", summary="Get the webhook")
def get_hook(request: HttpRequest, table_id: str) -> dict[str, str | None]:
    """Returns the secret and address of the table's webhook, or nulls if it has none."""
    table = lookup.table(actor(request), table_id, Role.EDITOR)
    try:
        return _shown(webhooks.secret_of(table))
    except CannotOpen:
        words = "No encryption key opens this secret. Its address still works. POST here to renew it."
        raise Refused(words, code="conflict") from None


@router.post(
    "/tables/{table_id}/hook",
    response={201: dict},
    summary="Create or renew the webhook",
)
def renew_hook(request: HttpRequest, table_id: str) -> Status[dict[str, str | None]]:
    """Creates a webhook, or replaces its secret. The old address stops working."""
    return Status(201, _shown(webhooks.renew(lookup.table(actor(request), table_id, Role.EDITOR))))


@router.post(
    "/hooks/{secret}",
    auth=None,
    response={202: dict},
    openapi_extra={"requestBody": _BODY},
    summary="Send rows to a webhook",
)
def receive_rows(request: HttpRequest, secret: str, query: Query[Sent]) -> Status[dict[str, Any]]:
    """Adds one row, sent as an object of column names and values, or a list of rows. Needs no token.

    With `key=Domain&on_match=update`, a row with the same domain is updated.
    """
    table = webhooks.table_of(secret)
    if table is None:
        raise Refused("No table has this address. A renewed webhook has a new one.", code="not_found")
    how = Matching(query.key, query.match, query.on_match, query.keep_blank)
    written = webhooks.receive(table, _rows(request.body), how, ignore_unknown=query.unknown == "ignore")
    return Status(202, asdict(written))


def _rows(body: bytes) -> list[dict[str, Any]]:
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        words = "The body isn't JSON. Send an object of column names and values, or a list of them."
        raise Refused(words, code="malformed", status=400) from None
    rows = sent if isinstance(sent, list) else [sent]
    if not all(isinstance(row, dict) for row in rows):
        raise Refused("A row is an object of column names and values. Send one, or a list of them.")
    return rows


def _shown(secret: str | None) -> dict[str, str | None]:
    return {"secret": secret, "url": secret and f"{settings.PUBLIC_URL}{webhooks.ADDRESS}{secret}"}

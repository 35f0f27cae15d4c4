"""The inbound webhook of a table: rows from programs that have no token, at an address that is a secret."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict
from difflib import get_close_matches
from functools import wraps
from typing import Any, Literal

from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from ninja import Query, Router, Schema, Status
from ninja.decorators import decorate_view

from enrichment import lookup, webhooks
from enrichment.api.auth import actor
from enrichment.api.bodies import Body
from enrichment.models import Hook
from tables.keys import Matching
from tables.models import Table
from workspaces.models import Role
from workspaces.refusals import Refused
from workspaces.sealing import CannotOpen

router = Router(tags=["Webhooks"])

_ROW = {"type": "object", "additionalProperties": True, "example": {"Company": "Northwind"}}
_BODY = {"content": {"application/json": {"schema": {"anyOf": [_ROW, {"type": "array", "items": _ROW}]}}}}


class Sent(Schema):
    """What the address says of the rows; `key` can be given several times."""

    unknown: Literal["refuse", "ignore"] | None = None
    key: list[str] = []
    match: str = "exact"
    on_match: str | None = None
    keep_blank: bool = True

    def asked(self, given: Mapping[str, Sequence[str]]) -> webhooks.Asked:
        """How rows match is as the webhook is set, unless the address, with all that is `given` in it, says it."""
        says = self.model_fields_set & {"key", "match", "on_match", "keep_blank"}
        how = Matching(self.key, self.match, self.on_match or "add", self.keep_blank) if says else None
        return webhooks.Asked(how, self.unknown, tuple(_slips(given)))


def _slips(given: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yields what the address seems to say: a name of ours that is written wrong, or that has two values.

    Other names may be those of the program that sends.
    """
    known = {_letters(name): name for name in Sent.model_fields}
    for name, values in given.items():
        if name in Sent.model_fields:
            if len(values) > 1 and name != "key":
                yield f"“{name}” is there more than once. Say it once."
        elif close := get_close_matches(_letters(name), known, 1, cutoff=0.75):
            yield f"There is no parameter “{name[:60]}” here. Did you mean “{known[close[0]]}”?"


def _letters(name: str) -> str:
    return "".join(filter(str.isalpha, name.lower()))


class HookChange(Body):
    enabled: bool | None = None
    key: list[str | int] | None = None
    on_match: str | None = None
    unknown: str | None = None


@router.get("/tables/{table_id}/hook", summary="Get the webhook")
def get_hook(request: HttpRequest, table_id: str) -> dict[str, Any]:
    """Returns the secret, address and settings of the table's webhook, or nulls if it has none."""
    table = lookup.table(actor(request), table_id, Role.EDITOR)
    try:
        return _shown(webhooks.of_table(table))
    except CannotOpen:
        words = "No encryption key opens this secret. Its address still works. POST here to renew it."
        raise Refused(words, code="conflict") from None


@router.post(
    "/tables/{table_id}/hook",
    response={201: dict},
    summary="Create or renew the webhook",
)
def renew_hook(request: HttpRequest, table_id: str) -> Status[dict[str, Any]]:
    """Creates a webhook, or replaces its secret. The old address stops working."""
    return Status(201, _shown(webhooks.renew(lookup.table(actor(request), table_id, Role.EDITOR))))


@router.patch("/tables/{table_id}/hook", summary="Change the webhook")
def change_hook(request: HttpRequest, table_id: str, body: HookChange) -> dict[str, Any]:
    """Turns the webhook on or off, and sets by which columns rows match. What an address says itself goes first."""
    hook = _existing(lookup.table(actor(request), table_id, Role.EDITOR))
    webhooks.change(hook, **body.dict())
    return _shown(hook)


@router.get("/tables/{table_id}/hook/posts", summary="List the last posts to the webhook")
def list_posts(request: HttpRequest, table_id: str) -> dict[str, Any]:
    """Returns what became of the last 20 posts, the newest first; those that were rejected with their body."""
    posts = webhooks.last_posts(_existing(lookup.table(actor(request), table_id, Role.EDITOR)))
    fields = ("at", "added", "updated", "skipped", "row_id", "error", "body")
    return {"items": [{field: getattr(post, field) for field in fields} for post in posts], "total": len(posts)}


def _existing(table: Table) -> Hook:
    hook = webhooks.of_table(table)
    if hook is None:
        raise Refused("This table has no webhook. POST to its hook to create one.", code="not_found")
    return hook


def _keeping_refused(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Wraps the whole of the operation: a post that is refused before it gets to us is shown to the owner as well."""

    @wraps(run)
    def wrapper(request: HttpRequest, **given: Any) -> HttpResponse:
        response = run(request, **given)
        with suppress(DatabaseError):  # which may be why it was refused
            hook = webhooks.find(given["secret"]) if response.status_code >= 400 else None
            if hook:
                webhooks.keep_refused(hook, _words(response), _body(request))
        return response

    return wrapper


def _words(response: HttpResponse) -> str:
    """Returns what the sender is told, with each place where something is wrong."""
    told = json.loads(response.content)["error"]
    places = [f"{item['field']}: {item['message']}" for item in told["details"] if item["message"] != told["message"]]
    return " ".join([told["message"], *places])


def _body(request: HttpRequest) -> bytes:
    """Returns what was sent, nothing where that can't be read."""
    with suppress(RequestDataTooBig, UnreadablePostError):
        return request.body
    return b""


@router.post(
    "/hooks/{secret}",
    auth=None,
    response={202: dict},
    openapi_extra={"requestBody": _BODY},
    summary="Send rows to a webhook",
)
@decorate_view(_keeping_refused)
def receive_rows(request: HttpRequest, secret: str, query: Query[Sent]) -> Status[dict[str, Any]]:
    """Adds one row, sent as an object of column names and values, or a list of rows. Needs no token.

    With `key=Domain&on_match=update`, a row with the same domain is updated. Parameters of your own are passed over,
    unless they look like one of these.
    """
    hook = webhooks.find(secret)
    if hook is None:
        raise Refused("No table has this address. A renewed webhook has a new one.", code="not_found")
    return Status(202, asdict(webhooks.receive(hook, request.body, query.asked(dict(request.GET.lists())))))


def _shown(hook: Hook | None) -> dict[str, Any]:
    if hook is None:
        return {"secret": None, "url": None}
    secret = webhooks.secret_of(hook)
    settings_ = {"enabled": hook.enabled, "key": hook.key, "on_match": hook.on_match, "unknown": hook.unknown}
    return settings_ | {"secret": secret, "url": webhooks.url_of(secret)}

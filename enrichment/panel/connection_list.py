"""The page that lists the connections of a workspace: whether each can sign in, what uses it, and when it last did."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Max
from django.http import HttpResponse
from django.shortcuts import render
from django.template.defaultfilters import pluralize
from django.views.decorators.http import require_GET
from redis import RedisError

from enrichment.connections import authorization, sign_in
from enrichment.connections import settings as connection_settings
from enrichment.connections.token_cache import TokenCache
from enrichment.engine.auth import kinds
from enrichment.http_client import event_loop
from enrichment.models import Connection, Run, SourceRun
from enrichment.panel import connection_forms
from tables import access
from tables.models import Column
from workspaces.actors import Actor, PageRequest, member
from workspaces.models import Role

LONGEST_WAIT = 2.0  # seconds for Redis: the page says less without it


@dataclass(frozen=True, slots=True)
class State:
    """Whether a connection can sign in. `tone` is a class of the page's styles, empty where there is nothing to do."""

    words: str
    icon: str = ""
    tone: str = ""
    refused_at: datetime | None = None
    seconds_left: float = 0.0  # of the token


@require_GET
@member()
def page(request: PageRequest, actor: Actor) -> HttpResponse:
    context = {"connections": listed(actor), "can_edit": actor.role != Role.VIEWER}
    return render(request, "enrichment/connections.html", context)


def listed(actor: Actor) -> list[dict[str, Any]]:
    """Returns the connections of the workspace as the page shows them."""
    connections = list(Connection.objects.filter(workspace=actor.workspace))
    tokens, last_used = _tokens_good_until(connections), _last_used(connections)
    return [
        _shown(connection, _state(connection, tokens.get(connection.pk))) | {"last_used": last_used.get(connection.pk)}
        for connection in connections
    ]


def _shown(connection: Connection, state: State) -> dict[str, Any]:
    users = connection_settings.users_of(connection)
    found = [user for user in users if access.is_found(user.table)]
    return {
        "id": connection.pk,
        "name": connection.name,
        "kind": connection_forms.KINDS[connection.kind].name,
        "hosts": ", ".join(sorted(connection_settings.allowed_hosts(connection))),
        "state": state,
        "sent_as": sent_as(connection),
        "is_used": bool(users),
        "users": found,
        "used_by": _counted(found) or (f"Something in {access.UNSHARED}" if users else ""),
    }


def sent_as(connection: Connection) -> str:
    """Returns the header that carries the token, with dots in its place."""
    shown = sign_in.scheme_of(connection).shown("…").shown
    return shown.replace(" …", "\u00a0…")  # keeps the dots on the line of the name


def _counted(users: Sequence[object]) -> str:
    """“3 columns, 1 source”"""
    columns = sum(isinstance(user, Column) for user in users)
    counts = ((columns, "column"), (len(users) - columns, "source"))
    return ", ".join(f"{count:,} {word}{pluralize(count)}" for count, word in counts if count)


def _state(connection: Connection, good_until: float | None) -> State:
    if connection.kind == authorization.KIND and authorization.as_json(connection) is None:
        why = connection.refused["message"] if connection.refused else "Nobody has connected it yet."
        return State(f"{why.rstrip('.')}. Open it and press Connect.", "warning", "warn")
    if connection.refused:
        why = connection.refused["message"].removeprefix("Sign-in was refused: ").rstrip(".")
        when = datetime.fromtimestamp(connection.refused["at"], UTC)
        return State(f"{why}. Edit or test it to try again.", "bad", "bad", refused_at=when)
    if connection.kind == authorization.KIND:
        return State("Connected", "done", "ok")
    if not kinds.signs_in(connection.kind):
        return State("No sign-in needed")
    if good_until and good_until > time.time():
        return State("Signed in", "done", "ok", seconds_left=good_until - time.time())
    return State("Signs in when needed")


def _tokens_good_until(connections: Iterable[Connection]) -> dict[int, float | None]:
    """Returns until when the token of each is good, by the id of the connection; nothing while Redis doesn't answer."""
    asked = [connection for connection in connections if kinds.signs_in(connection.kind)]

    async def ask_all() -> list[float | None]:
        return await asyncio.gather(*(TokenCache(connection).stored_until() for connection in asked))

    try:
        found = event_loop.run(ask_all(), LONGEST_WAIT) if asked else []
    except (RedisError, TimeoutError):
        return {}
    return {connection.pk: until for connection, until in zip(asked, found, strict=True)}


def _last_used(connections: Sequence[Connection]) -> dict[int, datetime]:
    """Returns when a run of a column or of a source with each began last."""
    columns = Run.objects.filter(column__http__connection__in=connections)
    sources = SourceRun.objects.filter(source__connection__in=connections)
    found = [
        *columns.values_list("column__http__connection").annotate(Max("created_at")),
        *sources.values_list("source__connection").annotate(Max("import_job__created_at")),
    ]
    return dict(sorted(found, key=lambda of: of[1]))

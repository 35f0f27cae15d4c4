"""Connections as pages, and as a form inside the side panel."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import trigger_client_event

from enrichment import lookup
from enrichment.connections import settings as connection_settings
from enrichment.connections import sign_in
from enrichment.engine.auth import kinds
from enrichment.engine.auth.static import ALGORITHMS
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.models import Connection
from enrichment.panel import connection_forms, forms
from enrichment.schema import Method
from workspaces.actors import Actor, PageRequest, member
from workspaces.models import Role
from workspaces.refusals import Refused

BODY = '{\n  "username": "{{secret.username}}",\n  "password": "{{secret.password}}"\n}'
LIKELY_PATH = "access_token"  # tried by a test while the location is empty
SIGN_IN_KINDS = (Connection.Kind.JWT, Connection.Kind.OAUTH2)
HOSTS_HINT = {
    True: "– where the token may be sent. If empty, only to the sign-in host",
    False: "– where the credentials may be sent. Marl asks for a column's host when you save it",
}
UNITS = (
    ("seconds", "Seconds from now"),
    ("milliseconds", "Milliseconds from now"),
    ("epoch", "Unix time"),
    ("iso8601", "Date and time (ISO 8601)"),
)


def choices(actor: Actor) -> list[dict[str, Any]]:
    """Returns the connections of the workspace, as the panel's select and the list show them."""
    used = Count("columns", filter=Q(columns__column__deleted_at=None))
    connections = Connection.objects.filter(workspace=actor.workspace).annotate(column_count=used)
    return [
        {
            "id": connection.pk,
            "name": connection.name,
            "refused": bool(connection.refused),
            "sent_as": _sent_as(connection),
            "kind": connection.get_kind_display(),
            "token_path": connection.config.get("token_path", ""),
            "column_count": connection.column_count,
        }
        for connection in connections
    ]


def _sent_as(connection: Connection) -> str:
    sent_as = sign_in.sent_as(sign_in.scheme_of(connection).shown("…"), "…")
    return sent_as.replace(" …", "\u00a0…")  # keeps the dots on the line of the name


@require_GET
@member()
def list_page(request: PageRequest, actor: Actor) -> HttpResponse:
    context = {"actor": actor, "connections": choices(actor), "can_edit": actor.role != Role.VIEWER}
    return render(request, "enrichment/connections.html", context)


@require_http_methods(["GET", "POST"])
@member(Role.EDITOR)
def form_page(request: PageRequest, actor: Actor, connection_id: int | None = None) -> HttpResponse:
    """The form of a connection, or of a new one."""
    connection = _connection_at(actor, connection_id)
    if request.method == "POST":
        return _save(request, actor, connection)
    return _form(request, connection, _stored(connection) if connection else _new(request))


@require_POST
@member(Role.EDITOR)
def try_sign_in(request: PageRequest, actor: Actor, connection_id: int | None = None) -> HttpResponse:
    """Signs in with the form as it is, saved or not."""
    connection = _connection_at(actor, connection_id)
    settings = connection_forms.settings(request.POST)
    config, kind = settings["config"], connection.kind if connection else settings["kind"]
    guessed = LIKELY_PATH if config.get("token_path") == "" else ""
    if guessed:
        config["token_path"] = guessed
    try:
        _check_numbers(config)
        secrets = connection_forms.changed_secrets(settings["secrets"], _stored_secrets(connection))
        draft = connection_settings.draft(actor.workspace.pk, kind, config, secrets, connection)
    except InvalidSettings as error:
        problems = _in_form(error.problems)
        context = {"message": forms.fix_first(problems), "problems": problems}
    else:
        context = _outcome(sign_in.test(draft)) | {"guessed": guessed, "signs_in": kind in SIGN_IN_KINDS}
    return render(request, "enrichment/sign_in_result.html", context)


@require_POST
@member(Role.EDITOR)
def delete_page(request: PageRequest, actor: Actor, connection_id: int) -> HttpResponse:
    try:
        connection_settings.delete(lookup.connection(actor, connection_id))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("connections")


def _connection_at(actor: Actor, connection_id: int | None) -> Connection | None:
    return None if connection_id is None else lookup.connection(actor, connection_id)


def _new(request: PageRequest) -> dict[str, Any]:
    """Returns what the form of a new connection begins with."""
    kind = request.GET.get("kind", "")
    kind = kind if kind in Connection.Kind.values else Connection.Kind.JWT.value
    config, secrets = kinds.defaults(kind), dict.fromkeys(kinds.SECRETS[kind], False)
    if "auth_request" in config:
        config["auth_request"] = config["auth_request"] | {"body": BODY}
        secrets = {"username": False, "password": False}
    return {"name": request.GET.get("name", ""), "kind": kind, "config": config, "secrets": secrets}


def _stored(connection: Connection) -> dict[str, Any]:
    """Returns the connection of the API with the hosts that were chosen, without the one that follows from the rest."""
    stored = connection_settings.as_json(connection)
    stored["config"]["allowed_hosts"] = connection.config.get("allowed_hosts", [])
    return stored


def _save(request: PageRequest, actor: Actor, connection: Connection | None) -> HttpResponse:
    settings = connection_forms.settings(request.POST)
    stored_secrets = _stored_secrets(connection)
    secrets = connection_forms.changed_secrets(settings["secrets"], stored_secrets)
    try:
        _check_numbers(settings["config"])
        if connection:
            connection_settings.save(connection, name=settings["name"], config=settings["config"], secrets=secrets)
            saved = connection
        else:
            saved = connection_settings.create(actor, **(settings | {"secrets": secrets}))
    except InvalidSettings as error:
        # A secret that was typed is not sent back: it is typed again.
        typed = settings | {"secrets": {name: name in stored_secrets for name in settings["secrets"]}}
        return _form(request, connection, typed, error.problems)
    return _saved(request, actor, saved)


def _saved(request: PageRequest, actor: Actor, connection: Connection) -> HttpResponse:
    """In the panel: the select with the connection chosen. On its own page: back to the list."""
    if not _in_panel(request):
        return redirect("connections")
    context = {"connections": choices(actor), "selected": connection.pk}
    answer = render(request, "enrichment/connection_saved.html", context)
    return trigger_client_event(answer, "marl:connection-saved", {"connectionId": connection.pk})


def _check_numbers(config: Mapping[str, Any]) -> None:
    if problems := connection_forms.number_problems(config):
        raise InvalidSettings(problems)


def _stored_secrets(connection: Connection | None) -> dict[str, bool]:
    return connection_settings.as_json(connection)["secrets"] if connection else {}


def _form(
    request: PageRequest, connection: Connection | None, settings: Mapping[str, Any], problems: Sequence[Problem] = ()
) -> HttpResponse:
    """422 with the form when something is wrong with it."""
    context = {
        **_of_settings(settings),
        **_of_connection(connection),
        "kinds": Connection.Kind.choices,
        "algorithms": ALGORITHMS,
        "methods": get_args(Method),
        "units": UNITS,
        "problems": _in_form(problems),
        "in_panel": _in_panel(request),
    }
    page = "enrichment/connection_form.html" if request.htmx else "enrichment/connection.html"
    return render(request, page, context, status=422 if problems else 200)


def _of_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    kind, config = settings["kind"], settings["config"]
    claims = config.get("claims", "")
    return {
        "connection": settings,
        "config": config,
        "kind": kind,
        "kind_label": Connection.Kind(kind).label,
        "kind_template": f"enrichment/kinds/{kind}.html",
        "signs_in": kind in SIGN_IN_KINDS,
        "hosts_hint": HOSTS_HINT[kind in SIGN_IN_KINDS],
        "auth": config.get("auth_request"),
        "claims": claims if isinstance(claims, str) else json.dumps(claims, indent=2) if claims else "",
        "limit": forms.limit_sentence(config.get("rate_limit")),
    }


def _of_connection(connection: Connection | None) -> dict[str, Any]:
    names = ("edit_connection", "test_connection") if connection else ("new_connection", "test_new_connection")
    save_url, test_url = (reverse(name, args=[connection.pk] if connection else []) for name in names)
    return {
        "connection_id": connection.pk if connection else None,
        "stored_name": connection.name if connection else "",
        "users": connection_settings.users_of(connection) if connection else [],
        "save_url": save_url,
        "test_url": test_url,
    }


def _in_panel(request: PageRequest) -> bool:
    return bool(request.htmx) and request.GET.get("in") != "page"


def _in_form(problems: Sequence[Problem]) -> list[Problem]:
    return [replace(problem, field=problem.field.removeprefix("config.")) for problem in problems]


def _fix(error: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the problem of an address that was moved, for its place at the field."""
    message = f"The new address is {error['edit']['text']}"
    return {**error, "message": message, "field": error["field"].removeprefix("config.")}


def _outcome(result: Mapping[str, Any]) -> dict[str, Any]:
    error, token = result["error"] or {}, result["token"] or {}
    expires = token.get("expires_at")
    paths = error.get("token_paths", [])
    return {
        **result,
        "message": error.get("message", ""),
        "paths": paths if isinstance(paths, list) else [],
        "fixes": [_fix(error)] if error.get("edit") else [],
        "expires_at": datetime.fromtimestamp(expires, UTC) if expires else None,
        "seconds_left": round(expires - time.time()) if expires else 0,
    }

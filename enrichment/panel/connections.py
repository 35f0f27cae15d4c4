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
    ("seconds", "Seconds from now"), ("milliseconds", "Milliseconds from now"), ("epoch", "Unix time"),
    ("iso8601", "Date and time (ISO 8601)"),
)  # fmt: skip


def choices(actor: Actor) -> list[dict[str, Any]]:
    """The connections of the workspace, as the panel's select and the list show them."""
    used = Count("columns", filter=Q(columns__column__deleted_at=None))
    mine = Connection.objects.filter(workspace=actor.workspace).annotate(column_count=used)
    return [
        {
            "id": item.pk, "name": item.name, "refused": bool(item.refused), "sent_as": _sent_as(item),
            "kind": item.get_kind_display(), "token_path": item.config.get("token_path", ""),
            "column_count": item.column_count,
        }
        for item in mine
    ]  # fmt: skip


def _sent_as(connection: Connection) -> str:
    shown = sign_in.sent_as(sign_in.scheme_of(connection).shown("…"), "…")
    return shown.replace(" …", "\u00a0…")  # the dots do not stand on a line of their own


@require_GET
@member()
def list_page(request: PageRequest, actor: Actor) -> HttpResponse:
    context = {"actor": actor, "connections": choices(actor), "can_edit": actor.role != Role.VIEWER}
    return render(request, "enrichment/connections.html", context)


@require_http_methods(["GET", "POST"])
@member(Role.EDITOR)
def new_page(request: PageRequest, actor: Actor) -> HttpResponse:
    if request.method == "POST":
        return _save(request, actor, None)
    kind = request.GET.get("kind", "")
    kind = kind if kind in Connection.Kind.values else Connection.Kind.JWT.value
    config, secrets = kinds.defaults(kind), dict.fromkeys(kinds.SECRETS[kind], False)
    if "auth_request" in config:
        config["auth_request"] = config["auth_request"] | {"body": BODY}
        secrets = {"username": False, "password": False}
    shown = {"name": request.GET.get("name", ""), "kind": kind, "config": config, "secrets": secrets}
    return _form(request, None, shown)


@require_http_methods(["GET", "POST"])
@member(Role.EDITOR)
def edit_page(request: PageRequest, actor: Actor, connection_id: int) -> HttpResponse:
    connection = lookup.connection(actor, connection_id)
    if request.method == "POST":
        return _save(request, actor, connection)
    shown = connection_settings.as_json(connection)
    shown["config"]["allowed_hosts"] = connection.config.get("allowed_hosts", [])
    return _form(request, connection, shown)


@require_POST
@member(Role.EDITOR)
def delete_page(request: PageRequest, actor: Actor, connection_id: int) -> HttpResponse:
    try:
        connection_settings.delete(lookup.connection(actor, connection_id))
    except Refused as error:
        messages.error(request, str(error))
    return redirect("connections")


@require_POST
@member(Role.EDITOR)
def test_new(request: PageRequest, actor: Actor) -> HttpResponse:
    return _test(request, actor, None)


@require_POST
@member(Role.EDITOR)
def test_edited(request: PageRequest, actor: Actor, connection_id: int) -> HttpResponse:
    return _test(request, actor, lookup.connection(actor, connection_id))


def _save(request: PageRequest, actor: Actor, stored: Connection | None) -> HttpResponse:
    given = connection_forms.settings(request.POST)
    secrets = connection_forms.changed_secrets(given["secrets"], _stored_secrets(stored))
    try:
        _check_numbers(given["config"])
        if stored:
            connection_settings.save(stored, name=given["name"], config=given["config"], secrets=secrets)
            saved = stored
        else:
            saved = connection_settings.create(actor, **(given | {"secrets": secrets}))
    except InvalidSettings as error:
        return _form(request, stored, _as_typed(given, stored), error.problems)
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


def _stored_secrets(stored: Connection | None) -> dict[str, bool]:
    return connection_settings.as_json(stored)["secrets"] if stored else {}


def _as_typed(given: Mapping[str, Any], stored: Connection | None) -> dict[str, Any]:
    """The form again; a secret that was typed is not sent back, it is typed again."""
    kept = _stored_secrets(stored)
    return {**given, "secrets": {name: name in kept for name in given["secrets"]}}


def _form(
    request: PageRequest, connection: Connection | None, shown: Mapping[str, Any], problems: Sequence[Problem] = ()
) -> HttpResponse:
    pk = connection.pk if connection else None
    names = ("edit_connection", "test_connection") if pk else ("new_connection", "test_new_connection")
    save, test = (reverse(name, args=[pk] if pk else []) for name in names)
    kind, config = shown["kind"], shown["config"]
    signs_in = kind in SIGN_IN_KINDS
    claims = config.get("claims", "")
    context = {
        "connection": shown,
        "connection_id": pk,
        "config": config,
        "kind": kind,
        "signs_in": signs_in,
        "kind_label": Connection.Kind(kind).label,
        "kinds": Connection.Kind.choices,
        "kind_template": f"enrichment/kinds/{kind}.html",
        "algorithms": ALGORITHMS,
        "claims": claims if isinstance(claims, str) else json.dumps(claims, indent=2) if claims else "",
        "stored_name": connection.name if connection else "",
        "auth": config.get("auth_request"),
        "users": connection_settings.users_of(connection) if connection else [],
        "limit": forms.limit_sentence(config.get("rate_limit")),
        "hosts_hint": HOSTS_HINT[signs_in],
        "methods": get_args(Method),
        "units": UNITS,
        "problems": _in_form(problems),
        "in_panel": _in_panel(request),
        "save_url": save,
        "test_url": test,
    }
    page = "enrichment/connection_form.html" if request.htmx else "enrichment/connection.html"
    return render(request, page, context, status=422 if problems else 200)


def _in_panel(request: PageRequest) -> bool:
    return bool(request.htmx) and request.GET.get("in") != "page"


def _in_form(problems: Sequence[Problem]) -> list[Problem]:
    return [replace(problem, field=problem.field.removeprefix("config.")) for problem in problems]


def _test(request: PageRequest, actor: Actor, stored: Connection | None) -> HttpResponse:
    """Signs in with the form as it is, saved or not."""
    given = connection_forms.settings(request.POST)
    secrets = connection_forms.changed_secrets(given["secrets"], _stored_secrets(stored))
    config = given["config"]
    guessed = LIKELY_PATH if config.get("token_path") == "" else ""
    if guessed:
        config["token_path"] = guessed
    try:
        _check_numbers(config)
        kind = stored.kind if stored else given["kind"]
        draft = connection_settings.draft(actor.workspace.pk, kind, config, secrets, stored)
    except InvalidSettings as error:
        problems = _in_form(error.problems)
        told = {"message": forms.fix_first(problems), "problems": problems}
    else:
        told = _told(sign_in.test(draft)) | {"guessed": guessed, "signs_in": kind in SIGN_IN_KINDS}
    return render(request, "enrichment/sign_in_result.html", told)


def _told(result: Mapping[str, Any]) -> dict[str, Any]:
    error, token = result["error"] or {}, result["token"] or {}
    expires = token.get("expires_at")
    paths = error.get("token_paths", [])
    return {
        **result, "message": error.get("message", ""), "paths": paths if isinstance(paths, list) else [],
        "expires_at": datetime.fromtimestamp(expires, UTC) if expires else None,
        "seconds_left": round(expires - time.time()) if expires else 0,
    }  # fmt: skip

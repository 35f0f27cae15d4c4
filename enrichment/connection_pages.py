"""Connections as pages, and as a form inside the side panel."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from enrichment import connections, forms
from enrichment.api import found
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.http_config import Method
from enrichment.models import Connection
from workspaces.actors import Actor, member
from workspaces.models import Role

BODY = '{\n  "username": "{{secret.username}}",\n  "password": "{{secret.password}}"\n}'
LIKELY_PATH = "access_token"  # tried by a test while the location is empty
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
            "id": item.pk, "name": item.name, "refused": bool(item.refused), "sent_as": _sent_as(item.config),
            "token_path": item.config.get("token_path", ""), "column_count": item.column_count,
        }
        for item in mine
    ]  # fmt: skip


def _sent_as(config: Mapping[str, Any]) -> str:
    kind = config.get("token_type", "Bearer")
    return f"{config.get('header_name') or 'Authorization'}: {f'{kind} ' if kind else ''}…"


@require_GET
@member()
def list_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    context = {"actor": actor, "connections": choices(actor), "can_edit": actor.role != Role.VIEWER}
    return render(request, "enrichment/connections.html", context)


@require_http_methods(["GET", "POST"])
@member(Role.EDITOR)
def new_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    if request.method == "POST":
        return _save(request, actor, None)
    config = connections.defaults()
    config["auth_request"]["body"] = BODY
    shown = {"name": "", "config": config, "secrets": {"username": False, "password": False}}
    return _form(request, None, shown)


@require_http_methods(["GET", "POST"])
@member(Role.EDITOR)
def edit_page(request: HttpRequest, actor: Actor, connection_id: int) -> HttpResponse:
    connection = found.connection(actor, connection_id)
    if request.method == "POST":
        return _save(request, actor, connection)
    shown = connections.as_json(connection)
    shown["config"]["allowed_hosts"] = connection.config.get("allowed_hosts", [])
    return _form(request, connection, shown)


@require_POST
@member(Role.EDITOR)
def delete_page(request: HttpRequest, actor: Actor, connection_id: int) -> HttpResponse:
    try:
        connections.delete(found.connection(actor, connection_id))
    except connections.ConnectionInUse as error:
        messages.error(request, str(error))
    return redirect("connections")


@require_POST
@member(Role.EDITOR)
def test_new(request: HttpRequest, actor: Actor) -> HttpResponse:
    return _test(request, actor, None)


@require_POST
@member(Role.EDITOR)
def test_edited(request: HttpRequest, actor: Actor, connection_id: int) -> HttpResponse:
    return _test(request, actor, found.connection(actor, connection_id))


def _save(request: HttpRequest, actor: Actor, stored: Connection | None) -> HttpResponse:
    given = forms.connection_settings(request.POST)
    secrets = forms.changed_secrets(given["secrets"], _stored_secrets(stored))
    try:
        _check_numbers(given["config"])
        if stored:
            connections.save(stored, name=given["name"], config=given["config"], secrets=secrets)
            saved = stored
        else:
            saved = connections.create(actor, **(given | {"secrets": secrets}))
    except InvalidSettings as error:
        return _form(request, stored, _as_typed(given, stored), error.problems)
    return _saved(request, actor, saved)


def _saved(request: HttpRequest, actor: Actor, connection: Connection) -> HttpResponse:
    """In the panel: the select with the connection chosen. On its own page: back to the list."""
    if not _in_panel(request):
        return redirect("connections")
    context = {"connections": choices(actor), "selected": connection.pk}
    answer = render(request, "enrichment/connection_saved.html", context)
    answer["HX-Trigger"] = json.dumps({"marl:connection-saved": {"connectionId": connection.pk}})
    return answer


def _check_numbers(config: Mapping[str, Any]) -> None:
    if problems := forms.number_problems(config):
        raise InvalidSettings(problems)


def _stored_secrets(stored: Connection | None) -> dict[str, bool]:
    return connections.as_json(stored)["secrets"] if stored else {}


def _as_typed(given: Mapping[str, Any], stored: Connection | None) -> dict[str, Any]:
    """The form again; a secret that was typed is not sent back, it is typed again."""
    kept = _stored_secrets(stored)
    return {**given, "secrets": {name: name in kept for name in given["secrets"]}}


def _form(
    request: HttpRequest, connection: Connection | None, shown: Mapping[str, Any], problems: Sequence[Problem] = ()
) -> HttpResponse:
    if connection:
        save, test = ("edit_connection", "test_connection")
        addresses = [reverse(name, args=[connection.pk]) for name in (save, test)]
    else:
        addresses = [reverse("new_connection"), reverse("test_new_connection")]
    context = {
        "connection": shown, "connection_id": connection.pk if connection else None, "config": shown["config"],
        "stored_name": connection.name if connection else "", "auth": shown["config"]["auth_request"],
        "methods": get_args(Method), "units": UNITS, "problems": _in_form(problems), "in_panel": _in_panel(request),
        "save_url": addresses[0], "test_url": addresses[1],
    }  # fmt: skip
    page = "enrichment/connection_form.html" if _in_panel(request) else "enrichment/connection.html"
    return render(request, page, context, status=422 if problems else 200)


def _in_panel(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _in_form(problems: Sequence[Problem]) -> list[Problem]:
    return [replace(problem, field=problem.field.removeprefix("config.")) for problem in problems]


def _test(request: HttpRequest, actor: Actor, stored: Connection | None) -> HttpResponse:
    """Signs in with the form as it is, saved or not."""
    given = forms.connection_settings(request.POST)
    secrets = forms.changed_secrets(given["secrets"], _stored_secrets(stored))
    config = given["config"]
    guessed = "" if config["token_path"] else LIKELY_PATH
    config["token_path"] = config["token_path"] or guessed
    try:
        _check_numbers(config)
        draft = connections.draft(actor.workspace.pk, config, secrets, stored)
    except InvalidSettings as error:
        told = {"message": "Nothing was sent: the settings have problems.", "problems": _in_form(error.problems)}
    else:
        told = _told(connections.test(draft)) | {"guessed": guessed}
    return render(request, "enrichment/sign_in_result.html", told)


def _told(result: Mapping[str, Any]) -> dict[str, Any]:
    error, token = result["error"] or {}, result["token"] or {}
    expires = token.get("expires_at")
    paths = error.get("token_paths", [])
    return {
        **result, "message": error.get("message", ""), "paths": paths if isinstance(paths, list) else [],
        "expires_at": datetime.fromtimestamp(expires, UTC) if expires else None,
    }  # fmt: skip

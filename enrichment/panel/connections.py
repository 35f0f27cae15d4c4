"""Connections as pages, and as a form inside the side panel."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, get_args

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from enrichment import lookup
from enrichment.connections import authorization, sign_in
from enrichment.connections import settings as connection_settings
from enrichment.engine.auth import kinds
from enrichment.engine.auth.signing import ALGORITHMS
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.models import Connection
from enrichment.panel import authorization as authorization_panel
from enrichment.panel import connection_forms, connection_list, forms
from enrichment.schema import Method
from workspaces.actors import Actor, PageRequest, member
from workspaces.models import Role
from workspaces.refusals import Refused

LIKELY_PATH = "access_token"  # tried by a test while the location is empty
HOSTS_HINT = {
    True: "– where the token may be sent. If empty, only to the sign-in host",
    False: "– where the credentials may be sent. Marl asks for a column's host when you save it",
}
BODY_FORMATS = (
    ("json", "JSON", ""),
    ("form", "Form", "– the same fields, sent as a form"),
    ("multipart", "Multipart form", ""),
    ("xml", "XML", ""),
    ("text", "Text", ""),
    ("none", "None", ""),
)
REFRESH_EXAMPLE = '{ "refresh_token": "{{token.refresh}}" }'
UNITS = (
    ("seconds", "Seconds from now"),
    ("milliseconds", "Milliseconds from now"),
    ("epoch", "Unix time"),
    ("iso8601", "Date and time (ISO 8601)"),
)


def choices(actor: Actor) -> list[dict[str, Any]]:
    """Returns the connections of the workspace, as the panel's select shows them."""
    return [
        {
            "id": connection.pk,
            "name": connection.name,
            "cannot": _cannot(connection),
            "sent_as": connection_list.sent_as(connection),
            "token_path": connection.config.get("token_path", ""),
        }
        for connection in Connection.objects.filter(workspace=actor.workspace)
    ]


def _cannot(connection: Connection) -> str:
    """Returns why it cannot sign in, in two words; empty where it can."""
    if connection.kind == authorization.KIND and authorization.as_json(connection) is None:
        return "not connected"
    return "sign-in refused" if connection.refused else ""


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
        draft = _with_consent(draft, connection)
    except InvalidSettings as error:
        problems = _in_form(error.problems)
        context = {"message": forms.fix_first(problems), "problems": problems}
    else:
        known = {"guessed": guessed, "signs_in": kinds.signs_in(kind), "refreshes": bool(config.get("refresh"))}
        context = _outcome(sign_in.test(draft)) | known
    return render(request, "enrichment/sign_in_result.html", context)


def _with_consent(draft: Connection, stored: Connection | None) -> Connection:
    """What a person let in belongs to the settings as they are stored. Raises InvalidSettings where they are others."""
    if stored is None or stored.kind != authorization.KIND:
        return draft
    if (draft.config, connection_settings.opened(draft)) != (stored.config, connection_settings.opened(stored)):
        raise InvalidSettings([Problem("Save the connection before you test it: the settings have changed.")])
    return stored


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
    kind = kind if kind in kinds.KINDS else "jwt"
    config, secrets = connection_forms.beginning(kind)
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
    if request.POST.get("then") == "connect":
        return _leave(request, actor, connection)
    if not request.htmx:
        return redirect("connections")
    context = {"connections": choices(actor), "selected": connection.pk}
    answer = render(request, "enrichment/connection_saved.html", context)
    return trigger_client_event(answer, "marl:connection-saved", {"connectionId": connection.pk})


def _leave(request: PageRequest, actor: Actor, connection: Connection) -> HttpResponse:
    """From its own page straight to the provider; from the panel in another tab, so that the column's form stays."""
    in_panel = _in_panel(request)
    try:
        address = authorization_panel.set_out(request, actor, connection, in_panel=in_panel)
    except Refused as refusal:
        return _form(request, connection, _stored(connection), [Problem(str(refusal))])
    if not in_panel:
        return HttpResponseClientRedirect(address)
    context = _context(request, connection, _stored(connection), leave_to=address)
    chosen = {"connections": choices(actor), "selected": connection.pk}
    return render(request, "enrichment/connection_leaving.html", context | chosen)


def _check_numbers(config: Mapping[str, Any]) -> None:
    if problems := connection_forms.number_problems(config):
        raise InvalidSettings(problems)


def _stored_secrets(connection: Connection | None) -> dict[str, bool]:
    return connection_settings.as_json(connection)["secrets"] if connection else {}


def _form(
    request: PageRequest, connection: Connection | None, settings: Mapping[str, Any], problems: Sequence[Problem] = ()
) -> HttpResponse:
    """422 with the form when something is wrong with it."""
    context = _context(request, connection, settings, problems)
    return render(request, _template(request), context, status=422 if problems else 200)


def _context(
    request: PageRequest,
    connection: Connection | None,
    settings: Mapping[str, Any],
    problems: Sequence[Problem] = (),
    leave_to: str = "",
) -> dict[str, Any]:
    return {
        **authorization_panel.shown(connection, leave_to),
        **_of_settings(settings),
        **_of_connection(connection),
        "callback_address": authorization_panel.callback_address(request),
        "kinds": connection_forms.KINDS,
        "algorithms": ALGORITHMS,
        "methods": get_args(Method),
        "units": UNITS,
        "body_formats": BODY_FORMATS,
        "refresh_example": REFRESH_EXAMPLE,
        "problems": _in_form(problems),
        "in_panel": _in_panel(request),
    }


def _in_panel(request: PageRequest) -> bool:
    return bool(request.htmx) and "page" not in (request.GET.get("in"), request.POST.get("in"))


def _template(request: PageRequest) -> str:
    """The whole page, the form inside the panel, or the fields of a kind that was chosen on either."""
    if not request.htmx:
        return "enrichment/connection.html"
    return f"enrichment/connection_{'fields' if request.GET.get('part') == 'fields' else 'form'}.html"


def _of_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    kind, config = settings["kind"], settings["config"]
    claims = config.get("claims", "")
    return {
        "connection": settings,
        "config": config,
        "kind": kind,
        "kind_name": connection_forms.KINDS[kind].name,
        "kind_template": f"enrichment/kinds/{kind}.html",
        "signs_in": kinds.signs_in(kind),
        "hosts_hint": HOSTS_HINT[kinds.signs_in(kind)],
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
        "users": connection_settings.found_users_of(connection) if connection else [],
        "save_url": save_url,
        "test_url": test_url,
    }


def _in_form(problems: Sequence[Problem]) -> list[Problem]:
    return [replace(problem, field=problem.field.removeprefix("config.")) for problem in problems]


def _at_field(error: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Returns what a sign-in has shown to be wrong with one of the fields, for its place there."""
    field = str(error.get("field") or "").removeprefix("config.")
    if not field or error["code"] == "no_token":
        return []
    message = f"The new address is {error['edit']['text']}" if error.get("edit") else error["message"]
    return [{**error, "message": message, "field": field}]


def _outcome(result: Mapping[str, Any]) -> dict[str, Any]:
    error, token = result["error"] or {}, result["token"] or {}
    expires = token.get("expires_at")
    paths = error.get("token_paths", [])
    return {
        **result,
        "message": error.get("message", ""),
        "paths": paths if isinstance(paths, list) else [],
        "fixes": _at_field(error),
        "expires_at": datetime.fromtimestamp(expires, UTC) if expires else None,
        "seconds_left": round(expires - time.time()) if expires else 0,
    }

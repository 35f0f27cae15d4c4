"""Connecting in the browser: the way to the provider, the page that it sends people back to, and who is connected."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import Truncator
from django.views.decorators.http import require_GET, require_POST

from enrichment import lookup
from enrichment.connections import authorization, consent
from enrichment.models import Connection
from enrichment.panel import whole_page
from workspaces.actors import Actor, PageRequest, actor_of, member
from workspaces.models import Role
from workspaces.refusals import Refused

LONGEST_WORDS = 300  # characters of the provider's own words


def callback_address(request: HttpRequest) -> str:
    """Returns the one address that providers send people back to, as it is registered with them."""
    path = reverse("connection_callback")
    return f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL_IS_SET else request.build_absolute_uri(path)


def set_out(request: PageRequest, actor: Actor, connection: Connection, *, in_panel: bool) -> str:
    """Returns the address at the provider where this person lets Marl in. Raises Refused."""
    address = callback_address(request)
    if urlsplit(address).netloc != request.get_host():
        public = settings.PUBLIC_URL
        raise Refused(f"Open Marl at {public} to connect: the provider sends you back there, where you are signed in.")
    if not (actor.user and request.session.session_key):
        raise Refused("Sign in to connect.")
    return consent.begin(connection, actor.user, request.session.session_key, address, in_panel=in_panel)


def shown(connection: Connection | None, leave_to: str = "") -> dict[str, Any]:
    """Returns who is connected, for the form; `leave_to` is where a person who has set out goes on."""
    found = authorization.of(connection) if connection else None
    return {
        "connection_id": connection.pk if connection else None,
        "authorization": found,
        "token_ends_at": datetime.fromtimestamp(found.expires_at, UTC) if found and found.expires_at else None,
        "number": found.number if found else 0,
        "leave_to": leave_to,
        "leave_host": urlsplit(leave_to).hostname,
    }


@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Whoever is not signed in goes on without the code, which is of use in the session that set out alone."""
    if actor_of(request) is None:
        return redirect_to_login(reverse("connections"))
    return _come_back(request)


@member(Role.EDITOR)
def _come_back(request: PageRequest, actor: Actor) -> HttpResponse:
    connection = None
    try:
        assert actor.user is not None
        journey = consent.take(request.GET.get("state", ""), actor.user, request.session.session_key or "")
        connection = _connection(actor, journey.connection_id)
        consent.finish(connection, actor, journey, _code(request, connection))
    except Refused as refusal:
        context = {"refusal": refusal, "connection": connection}
        return render(request, "enrichment/not_connected.html", context, status=refusal.status)
    words = f"“{connection.name}” is connected."
    messages.success(
        request, f"{words} You can close this tab and go back to your column." if journey.in_panel else words
    )
    return redirect("edit_connection", connection.pk)


def _connection(actor: Actor, connection_id: int) -> Connection:
    found = Connection.objects.filter(workspace=actor.workspace, pk=connection_id).first()
    if found is None:
        raise Refused("The connection was deleted, or belongs to another workspace. Nothing was connected.")
    return found


def _code(request: HttpRequest, connection: Connection) -> str:
    """Returns the code that the provider sent along. Raises Refused when it sent an error instead."""
    host, said = urlsplit(connection.config["authorize_url"]).hostname, _words(request, "error_description")
    match _words(request, "error"):
        case "":
            pass
        case "access_denied":
            raise Refused(f"{host} didn't let Marl in: {said or 'it was denied'}. Nothing was connected.")
        case error:
            raise Refused(f"{host} didn't let Marl in: {error}{f' · {said}' if said else ''}. Nothing was connected.")
    if not (code := request.GET.get("code", "")):
        raise Refused(f"{host} sent you back without a code. Nothing was connected.")
    return code


def _words(request: HttpRequest, name: str) -> str:
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in request.GET.get(name, "")).split())
    return Truncator(text.rstrip(".")).chars(LONGEST_WORDS)


@require_GET
@member(Role.EDITOR)
def state(request: PageRequest, actor: Actor, connection_id: int) -> HttpResponse:
    """Who is connected, once that is another one than before; until then there is nothing to show."""
    connection = lookup.connection(actor, connection_id)
    if whole_page.is_wanted(request):
        return redirect("edit_connection", connection.pk)
    context = shown(connection)
    if str(context["number"]) == request.GET.get("number"):
        return HttpResponse(status=204)
    form = {"in_panel": True, "save_url": reverse("edit_connection", args=[connection.pk])}
    return render(request, "enrichment/authorization.html", context | form)


@require_POST
@member(Role.EDITOR)
def disconnect(request: PageRequest, actor: Actor, connection_id: int) -> HttpResponse:
    connection = lookup.connection(actor, connection_id)
    authorization.disconnect(connection)
    messages.success(request, f"“{connection.name}” is disconnected.")
    return redirect("edit_connection", connection.pk)

"""What the browser asks and answers about passkeys, as JSON."""

import json
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from workspaces import passkeys, sessions
from workspaces.actors import Actor, member
from workspaces.destinations import after_sign_in
from workspaces.models import Passkey, User
from workspaces.refusals import Refused
from workspaces.signing_in import ENOUGH

IN_QUESTION = "passkey"  # in the session, for one answer


@require_http_methods(["GET", "POST"])
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    """Asks a question, and signs in whose passkey answers it."""
    if request.method == "GET":
        return _asked(request, *passkeys.question(_origin(request)))
    try:
        user = passkeys.user_of(_origin(request), _taken(request), _answer(request))
    except Refused as refusal:
        return _refused(refusal)
    login(request, user)
    request.session[ENOUGH] = True
    return JsonResponse({"next": after_sign_in(request)})


@require_http_methods(["GET", "POST"])
@never_cache
@member(before_second_factor=True)
def add(request: HttpRequest, actor: Actor) -> HttpResponse:
    user = cast(User, actor.user)
    if request.method == "GET":
        return _asked(request, *passkeys.registration(user, _origin(request)))
    try:
        name = sessions.device(request.META.get("HTTP_USER_AGENT", ""))
        passkeys.register(user, _origin(request), _taken(request), _answer(request), name)
    except Refused as refusal:
        return _refused(refusal)
    messages.success(request, "You can sign in with this passkey from now on.")
    return JsonResponse({"next": reverse("account")})


@require_POST
@member()
def remove(request: HttpRequest, actor: Actor, passkey_id: int) -> HttpResponse:
    if not Passkey.objects.filter(user=actor.user, pk=passkey_id).delete()[0]:
        raise Http404
    messages.success(request, "The passkey is removed here. Remove it from your device as well.")
    return redirect("account")


def _origin(request: HttpRequest) -> str:
    """Returns the address that the browser has open, which it signs."""
    return settings.PUBLIC_URL if settings.PUBLIC_URL_IS_SET else request.build_absolute_uri("/").rstrip("/")


def _asked(request: HttpRequest, options: dict[str, Any], state: dict[str, Any]) -> JsonResponse:
    request.session[IN_QUESTION] = state
    return JsonResponse(options)


def _taken(request: HttpRequest) -> dict[str, Any]:
    state = request.session.pop(IN_QUESTION, None)
    if state is None:
        raise Refused("This answer comes too late, or twice. Try again.")
    return dict(state)


def _answer(request: HttpRequest) -> dict[str, Any]:
    try:
        answer = json.loads(request.body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Refused("Send the answer of the passkey as JSON.")
    return answer


def _refused(refusal: Refused) -> JsonResponse:
    return JsonResponse(
        {"error": {"code": refusal.code, "message": str(refusal), "details": []}}, status=refusal.status
    )

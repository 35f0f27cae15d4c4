"""Signing in with the account of a company: the way to the issuer, and the page that it sends people back to."""

import logging

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import Truncator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from single_sign_on import journey
from single_sign_on.claims import person_of
from workspaces import identities
from workspaces.destinations import after_sign_in
from workspaces.refusals import Refused
from workspaces.signing_in import ENOUGH

log = logging.getLogger(__name__)
LONGEST_WORDS = 300  # characters of the issuer's own words


@require_GET
@never_cache
def set_out(request: HttpRequest) -> HttpResponse:
    _check_set_up()
    try:
        address = journey.begin(
            request.session, _callback(request), after_sign_in(request), anew="again" in request.GET
        )
    except Refused as refusal:
        return _not_signed_in(request, refusal)
    return HttpResponseRedirect(address)


@require_GET
@never_cache
def come_back(request: HttpRequest) -> HttpResponse:
    _check_set_up()
    try:
        way = journey.take(request.session, request.GET.get("state", ""))
        issuer, claims = journey.claims(way, _code(request))
        admission = identities.admit(person_of(issuer.name, claims, settings.OIDC_GROUPS_CLAIM))
    except Refused as refusal:
        return _not_signed_in(request, refusal)
    login(request, admission.user)
    request.session[ENOUGH] = True
    if admission.joined_account:
        words = f"From now on you sign in with {settings.OIDC_NAME}. The password, passkeys, second factor and sessions"
        messages.info(request, f"{words} you had here have ended; you can set new ones up under Account.")
    if admission.remark:
        messages.warning(request, admission.remark)
    return redirect(way.next)


def _check_set_up() -> None:
    if not settings.OIDC_ISSUER:
        raise Http404


def _callback(request: HttpRequest) -> str:
    """Returns the one address that the issuer sends people back to. Raises Refused where the session isn't sent."""
    path = reverse("single_sign_on_callback")
    if not settings.PUBLIC_URL_IS_SET:
        return request.build_absolute_uri(path)
    if request.build_absolute_uri("/").rstrip("/") != settings.PUBLIC_URL:
        words = f"Open Marl at {settings.PUBLIC_URL} to sign in: {settings.OIDC_NAME} sends you back there."
        raise Refused(f"{words} If you have, its proxy has to send Host and X-Forwarded-Proto.")
    return f"{settings.PUBLIC_URL}{path}"


def _code(request: HttpRequest) -> str:
    """Returns the code that the issuer sent along. Raises Refused when it sent an error instead."""
    error, said = _words(request, "error"), _words(request, "error_description")
    if error:
        words = f"{settings.OIDC_NAME} didn't sign you in: {error}{f' · {said}' if said else ''}."
        raise Refused(f"{words} Try again, or ask whoever manages it whether you may use Marl.", code="forbidden")
    if not (code := request.GET.get("code", "")):
        raise Refused(f"{settings.OIDC_NAME} sent you back without a code. Try again.")
    return code


def _words(request: HttpRequest, name: str) -> str:
    text = " ".join("".join(sign if sign.isprintable() else " " for sign in request.GET.get(name, "")).split())
    return Truncator(text.rstrip(".")).chars(LONGEST_WORDS)


def _not_signed_in(request: HttpRequest, refusal: Refused) -> HttpResponse:
    log.warning("nobody was signed in: %s", refusal)
    context = {"refusal": refusal}
    return render(request, "single_sign_on/not_signed_in.html", context, status=refusal.status)

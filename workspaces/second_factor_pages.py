"""The pages of the second factor: asked for at the sign-in, set up and turned off under Account."""

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from workspaces import forms, second_factor, sessions, signing_in
from workspaces.actors import Actor, member
from workspaces.members import require_second_factor
from workspaces.models import Role, SecondFactor, User
from workspaces.refusals import Refused
from workspaces.sealing import open_sealed, seal

IN_SETUP = "second_factor_in_setup"  # in the session, sealed, until the app has shown a code for it
FEW = 3  # recovery codes


@require_http_methods(["GET", "POST"])
@never_cache
def sign_in(request: HttpRequest) -> HttpResponse:
    user = signing_in.awaited(request)
    if user is None:
        return redirect("sign_in")
    form = forms.Code(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            second_factor.check(user, form.cleaned_data["code"])
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            _warn_of_few_codes(request, user)
            return signing_in.finish(request, user)
    return render(request, "workspaces/second_factor.html", {"form": form}, status=422 if form.errors else 200)


def _warn_of_few_codes(request: HttpRequest, user: User) -> None:
    left = len(user.second_factor.recovery_hashes)
    if left <= FEW:
        words = f"You have {left} recovery code{'' if left == 1 else 's'} left."
        messages.warning(request, f"{words} Make new ones under Account.")


@require_http_methods(["GET", "POST"])
@never_cache
@member(before_second_factor=True)
def settings_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    user = cast(User, actor.user)
    is_on = second_factor.is_on(user)
    form = (forms.Code if is_on else forms.FirstCode)(request.POST or None)
    if request.method == "POST" and form.is_valid() and not is_on:
        try:
            codes = second_factor.turn_on(user, _secret(request), form.cleaned_data["code"])
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            del request.session[IN_SETUP]
            sessions.end_all(user, but=request.session.session_key)
            return _page(request, actor, forms.Code(), codes)
    return _page(request, actor, form)


@require_POST
@member()
def turn_off(request: HttpRequest, actor: Actor) -> HttpResponse:
    form = forms.Code(request.POST)
    try:
        if form.is_valid():
            second_factor.turn_off(cast(User, actor.user), form.cleaned_data["code"])
            messages.success(request, "Your second factor is off.")
            return redirect("account")
    except Refused as refusal:
        form.add_error(None, str(refusal))
    return _page(request, actor, form)


@require_POST
@member()
def renew_codes(request: HttpRequest, actor: Actor) -> HttpResponse:
    form = forms.Code(request.POST)
    try:
        if form.is_valid():
            codes = second_factor.renew_codes(cast(User, actor.user), form.cleaned_data["code"])
            return _page(request, actor, forms.Code(), codes)
    except Refused as refusal:
        form.add_error(None, str(refusal))
    return _page(request, actor, form)


@require_POST
@member(Role.OWNER)
def require(request: HttpRequest, actor: Actor) -> HttpResponse:
    try:
        require_second_factor(actor, request.POST.get("required") == "on")
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("members")


def _page(request: HttpRequest, actor: Actor, form: forms.Code, codes: list[str] | None = None) -> HttpResponse:
    """Shows the recovery codes once, where there are new ones."""
    user = cast(User, actor.user)
    factor = SecondFactor.objects.filter(user=user).first()
    context = {
        "actor": actor,
        "form": form,
        "codes": codes,
        "factor": factor,
        "left": len(factor.recovery_hashes) if factor else 0,
        "is_wanted": second_factor.is_missing(user, actor.workspace),
    }
    if factor is None:
        secret = _secret(request)
        context |= {"secret": secret, "picture": second_factor.picture(user, secret)}
    status = 422 if form.errors else 200
    return render(request, "workspaces/second_factor_settings.html", context, status=status)


def _secret(request: HttpRequest) -> str:
    """Returns the one that is being set up, the same until it is."""
    if sealed := request.session.get(IN_SETUP):
        return open_sealed(sealed)["totp"]
    secret = second_factor.new_secret()
    request.session[IN_SETUP] = seal({"totp": secret})
    return secret

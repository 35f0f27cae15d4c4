"""What happens once somebody has shown who they are: a second factor where they have one, and their session."""

import time

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from workspaces import second_factor
from workspaces.models import User

OPEN_FOR = 600  # seconds
KEPT_AS = "signing_in"  # in the session: whose code is awaited
ENOUGH = "enough"  # in the session: a passkey is two factors, and a company asks for those that it wants
BY_LINK = "by_link"  # in the session: whoever came by a link may have forgotten their password


def enter(request: HttpRequest, user: User, next_page: str) -> HttpResponse:
    """Signs in whoever gave the right password, or asks for their second factor."""
    if not second_factor.is_on(user):
        login(request, user)
        return redirect(next_page)
    request.session[KEPT_AS] = {
        "user": user.pk,
        "password": user.get_session_auth_hash(),
        "next": next_page,
        "at": time.time(),
    }
    return redirect("second_factor")


def awaited(request: HttpRequest) -> User | None:
    """Returns whose code is awaited; None after ten minutes, or when the password has changed meanwhile."""
    kept = request.session.get(KEPT_AS)
    if not kept or time.time() - kept["at"] > OPEN_FOR:
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    return user if user and user.get_session_auth_hash() == kept["password"] else None


def finish(request: HttpRequest, user: User) -> HttpResponse:
    """Signs in whoever gave the right code as well."""
    kept = request.session.pop(KEPT_AS)
    login(request, user)
    return redirect(kept["next"])

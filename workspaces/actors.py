"""Who acts, in which workspace, with which role. Every page and call starts here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Concatenate, cast

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from workspaces import audit
from workspaces.models import ApiToken, Membership, Role, User, Workspace
from workspaces.refusals import Refused
from workspaces.tokens import hash_token

LAST_USED_PRECISION = timedelta(minutes=1)  # so that a busy token is not written with every call


@dataclass(frozen=True, slots=True)
class Actor:
    """`user` is None for an API token whose creator is gone."""

    user: User | None
    workspace: Workspace
    role: Role

    def require(self, role: Role) -> None:
        """Raises Refused for a lower role."""
        if self.role.rank < role.rank:
            words = f"This needs the {role.label.lower()} role, and yours is {self.role.label.lower()}. Ask an owner."
            raise Refused(words, code="forbidden")


def actor_of(request: HttpRequest) -> Actor | None:
    """Returns the signed-in user in the chosen workspace, else in the first one; None for a visitor."""
    if not isinstance(request.user, User):
        return None
    memberships = Membership.objects.filter(user=request.user).select_related("workspace").order_by("pk")
    chosen = request.session.get("workspace")
    membership = (memberships.filter(workspace_id=chosen).first() if chosen else None) or memberships.first()
    if membership is None:
        return None
    audit.set_actor(request.user)
    return Actor(request.user, membership.workspace, Role(membership.role))


def actor_of_token(text: str) -> Actor | None:
    """Returns the one for whom an API token acts; None for a token that is unknown or revoked."""
    valid = ApiToken.objects.filter(token_hash=hash_token(text), revoked_at=None)
    token = valid.select_related("workspace", "created_by").first()
    if token is None:
        return None
    now = timezone.now()
    if token.last_used_at is None or now - token.last_used_at > LAST_USED_PRECISION:
        ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
    audit.set_actor(token.created_by, token.name)
    return Actor(token.created_by, token.workspace, Role(token.role))


class PageRequest(HttpRequest):
    """A request of a page or of a part of it: `htmx` is true for a part. The frame of the page shows the actor."""

    htmx: HtmxDetails
    actor: Actor


type View[**Given] = Callable[Concatenate[HttpRequest, Given], HttpResponse]
type ActorView[**Given] = Callable[Concatenate[PageRequest, Actor, Given], HttpResponse]


def member[**Given](role: Role = Role.VIEWER) -> Callable[[ActorView[Given]], View[Given]]:
    """Calls a page's view with the actor.

    A visitor who is not signed in is sent to the sign-in page; what is refused, by role or otherwise, becomes a page.
    """

    def decorate(view: ActorView[Given]) -> View[Given]:
        @wraps(view)
        def guarded(request: PageRequest, /, *args: Given.args, **kwargs: Given.kwargs) -> HttpResponse:
            actor = actor_of(request)
            if actor is None:
                return _to_sign_in(request)
            request.actor = actor
            try:
                actor.require(role)
                return view(request, actor, *args, **kwargs)
            except Refused as refusal:
                return render(request, "refused.html", {"refusal": refusal}, status=refusal.status)

        return cast(View[Given], guarded)

    return decorate


def _to_sign_in(request: PageRequest) -> HttpResponse:
    """Leads the whole page there, also where htmx asked for a part of it, and back after that."""
    if request.htmx:
        return HttpResponseClientRedirect(redirect_to_login(request.htmx.current_url_abs_path or "/").url)
    return redirect_to_login(request.get_full_path())

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

from workspaces import audit
from workspaces.models import ApiToken, Membership, Role, User, Workspace
from workspaces.refusals import Refused
from workspaces.tokens import hash_token

USED_AT_MOST = timedelta(minutes=1)  # how exactly `last_used_at` is kept


class NotSignedIn(Exception):
    pass


@dataclass(frozen=True, slots=True)
class Actor:
    user: User | None
    workspace: Workspace
    role: Role

    def require(self, role: Role) -> None:
        """Raises Refused for a lower role."""
        if self.role.rank < role.rank:
            words = f"This needs the {role.label.lower()} role, and yours is {self.role.label.lower()}. Ask an owner."
            raise Refused(words, code="forbidden")


def actor_of(request: HttpRequest) -> Actor:
    """The signed-in user in the chosen workspace, else in the first one. Raises NotSignedIn."""
    if not isinstance(request.user, User):
        raise NotSignedIn
    mine = Membership.objects.filter(user=request.user).select_related("workspace").order_by("pk")
    chosen = request.session.get("workspace")
    membership = (mine.filter(workspace_id=chosen).first() if chosen else None) or mine.first()
    if membership is None:
        raise NotSignedIn
    audit.acts(request.user)
    return Actor(request.user, membership.workspace, Role(membership.role))


def actor_of_token(text: str) -> Actor | None:
    found = (
        ApiToken.objects.filter(token_hash=hash_token(text), revoked_at=None)
        .select_related("workspace", "created_by")
        .first()
    )
    if found is None:
        return None
    now = timezone.now()
    if found.last_used_at is None or now - found.last_used_at > USED_AT_MOST:
        ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
    audit.acts(found.created_by, found.name)
    return Actor(found.created_by, found.workspace, Role(found.role))


type View[**Given] = Callable[Concatenate[HttpRequest, Given], HttpResponse]
type ActorView[**Given] = Callable[Concatenate[HttpRequest, Actor, Given], HttpResponse]


def member[**Given](role: Role = Role.VIEWER) -> Callable[[ActorView[Given]], View[Given]]:
    """Calls a page's view with the actor.

    A visitor who is not signed in is sent to the sign-in page; what is refused, by role or otherwise, becomes a page.
    """

    def decorate(view: ActorView[Given]) -> View[Given]:
        @wraps(view)
        def guarded(request: HttpRequest, /, *args: Given.args, **kwargs: Given.kwargs) -> HttpResponse:
            try:
                actor = actor_of(request)
                actor.require(role)
                # The frame of the page shows it.
                request.actor = actor  # type: ignore[attr-defined]
                return view(request, actor, *args, **kwargs)
            except NotSignedIn:
                return _to_sign_in(request)
            except Refused as refusal:
                return render(request, "refused.html", {"refusal": refusal}, status=refusal.status)

        return cast(View[Given], guarded)

    return decorate


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    if request.headers.get("HX-Request"):
        answer = HttpResponse(status=204)
        answer["HX-Redirect"] = redirect_to_login(request.headers.get("HX-Current-URL", "/")).url
        return answer
    return redirect_to_login(request.get_full_path())

"""Who acts, in which workspace, with which role. Every page and call starts here."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache, wraps
from typing import Any, Concatenate, cast
from urllib.parse import urlsplit, urlunsplit

from django.contrib.auth.views import redirect_to_login
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from workspaces import audit, second_factor, sessions, signing_in, unwritable
from workspaces.models import ApiToken, Membership, Role, User, Workspace
from workspaces.refusals import Refused
from workspaces.tokens import hash_token

LAST_USED_PRECISION = timedelta(minutes=1)  # so that a busy token is not written with every call


@dataclass(frozen=True, slots=True)
class Actor:
    """`user` is None for an API token whose creator is gone, and `token` for the browser.

    `maker_role` is the role in the workspace of the creator of the token; None for one who has left.
    """

    user: User | None
    workspace: Workspace
    role: Role
    token: ApiToken | None = field(default=None, compare=False)
    workspaces: tuple[Workspace, ...] = field(default=(), compare=False)  # to change to, with this one
    maker_role: Role | None = field(default=None, compare=False)

    @property
    def owns_workspace(self) -> bool:
        """Says whether the person who acts, or who made the token, is an owner."""
        return (self.maker_role if self.token else self.role) == Role.OWNER

    def require(self, role: Role) -> None:
        """Raises Refused for a lower role, and for a token that may only read."""
        if self.token and self.token.may_only_read and role != Role.VIEWER:
            raise Refused("This token may only read. Create one with more scopes.", code="forbidden")
        if self.role.rank < role.rank:
            words = f"This needs the {role.label.lower()} role, and yours is {self.role.label.lower()}. Ask an owner."
            raise Refused(words, code="forbidden")


_acting: ContextVar[Actor | None] = ContextVar("acting", default=None)


def acting() -> Actor | None:
    """Returns whose request is answered; None for what Marl does by itself."""
    return _acting.get()


def forget_acting() -> None:
    """Says that what follows is nobody's request, until somebody is recognized again."""
    _acting.set(None)


def _act(actor: Actor, token_name: str = "") -> Actor:
    _acting.set(actor)
    audit.set_actor(actor.user, token_name)
    return actor


def actor_of(request: HttpRequest) -> Actor | None:
    """Returns the signed-in user in the chosen workspace, else in the first one.

    None for a visitor, and for whoever has yet to set up the second factor that the workspace wants.
    """
    actor = _signed_in(request)
    return None if actor and _misses_second_factor(request, actor) else actor


def _misses_second_factor(request: HttpRequest, actor: Actor) -> bool:
    is_enough = request.session.get(signing_in.ENOUGH)
    return actor.user is not None and not is_enough and second_factor.is_missing(actor.user, actor.workspace)


def _signed_in(request: HttpRequest) -> Actor | None:
    if not isinstance(request.user, User):
        return None
    memberships = list(Membership.objects.filter(user=request.user).select_related("workspace").order_by("pk"))
    if not memberships:
        return None
    chosen = request.session.get("workspace")
    membership = next((one for one in memberships if one.workspace_id == chosen), memberships[0])
    sessions.see(request, request.user)
    workspaces = tuple(one.workspace for one in memberships)
    return _act(Actor(request.user, membership.workspace, Role(membership.role), workspaces=workspaces))


def actor_of_token(text: str) -> Actor | None:
    """Returns the one for whom an API token acts; None for a token that is unknown or revoked.

    Raises Refused for one that has ended.
    """
    token = _valid_tokens().filter(token_hash=hash_token(text)).first()
    if token is None:
        return None
    now = timezone.now()
    if token.ends_at and token.ends_at <= now:
        words = f"The token “{token.name}” ended on {token.ends_at:%Y-%m-%d %H:%M} UTC. Create a new one."
        raise Refused(words, code="token_ended", status=401)
    if token.last_used_at is None or now - token.last_used_at > LAST_USED_PRECISION:
        unwritable.noted(lambda: ApiToken.objects.filter(pk=token.pk).update(last_used_at=now))
    maker_role = Role(token.maker_role) if token.maker_role else None
    actor = Actor(token.created_by, token.workspace, Role(token.role), token, maker_role=maker_role)
    return _act(actor, token.name)


@cache
def _valid_tokens() -> QuerySet[Any]:  # whose types lack what it adds
    """Returns a query of them, with the role of whoever made each: built once, for that takes as long as to ask."""
    maker = Membership.objects.filter(user=OuterRef("created_by"), workspace=OuterRef("workspace"))
    with_maker = ApiToken.objects.filter(revoked_at=None).annotate(maker_role=Subquery(maker.values("role")))
    return with_maker.select_related("workspace", "created_by")


class PageRequest(HttpRequest):
    """A request of a page or of a part of it: `htmx` is true for a part. The frame of the page shows the actor."""

    htmx: HtmxDetails
    actor: Actor


type View[**Given] = Callable[Concatenate[HttpRequest, Given], HttpResponse]
type ActorView[**Given] = Callable[Concatenate[PageRequest, Actor, Given], HttpResponse]


def member[**Given](
    role: Role = Role.VIEWER, *, before_second_factor: bool = False
) -> Callable[[ActorView[Given]], View[Given]]:
    """Calls a page's view with the actor.

    Whoever has yet to set up a second factor sees what they may see `before_second_factor`, else where to do it.
    A visitor who is not signed in is sent to the sign-in page; what is refused, by role or otherwise, becomes a page.
    """

    def decorate(view: ActorView[Given]) -> View[Given]:
        @wraps(view)
        def guarded(request: PageRequest, /, *args: Given.args, **kwargs: Given.kwargs) -> HttpResponse:
            actor = _signed_in(request)
            if actor is None:
                return _to_sign_in(request)
            if not before_second_factor and _misses_second_factor(request, actor):
                return _lead(request, reverse("second_factor_settings"))
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
    return _lead(request, redirect_to_login(_came_from(request)).url)


def _came_from(request: PageRequest) -> str:
    """Returns the address of the page that asks: of a form that was sent, of the page that it is on."""
    if request.htmx:
        return request.htmx.current_url_abs_path or "/"
    if request.method == "GET":
        return request.get_full_path()
    page = urlsplit(request.headers.get("Referer", ""))
    return urlunsplit(("", "", page.path, page.query, "")) if page.netloc == request.get_host() else "/"


def _lead(request: PageRequest, address: str) -> HttpResponse:
    return HttpResponseClientRedirect(address) if request.htmx else HttpResponseRedirect(address)

"""Who calls: a bearer token of one workspace and role, or the signed-in browser with its CSRF token."""

from django.conf import settings
from django.http import HttpRequest
from ninja.errors import AuthenticationError
from ninja.security import APIKeyCookie, HttpBearer

from enrichment.api import rates, scopes
from workspaces.actors import Actor, actor_of, actor_of_token
from workspaces.refusals import Refused


class Bearer(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        """Raises AuthenticationError: whoever sends a token doesn't mean to act as the browser's user."""
        actor = actor_of_token(token.strip())
        if actor is None:
            raise AuthenticationError
        return within_bounds(request, actor)


class Browser(APIKeyCookie):
    param_name = settings.SESSION_COOKIE_NAME

    def __init__(self) -> None:
        super().__init__(csrf=True)

    def _get_key(self, request: HttpRequest) -> str | None:
        """Nobody is told of a CSRF token who sends no session."""
        return super()._get_key(request) if self.param_name in request.COOKIES else None

    def authenticate(self, request: HttpRequest, key: str | None) -> Actor | None:
        return actor_of(request) if key else None


def actor(request: HttpRequest) -> Actor:
    """The caller of an authenticated operation."""
    caller: Actor = request.auth  # type: ignore[attr-defined]
    return caller


def authenticate(request: HttpRequest) -> Actor | None:
    """For views outside the API object that only read. Raises Refused."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        actor = actor_of_token(token.strip())
        return actor and within_bounds(request, actor)
    return actor_of(request)


def within_bounds(request: HttpRequest, actor: Actor) -> Actor:
    """Raises Refused where the token doesn't have the scope, or sends too many requests."""
    if actor.token and request.resolver_match:
        rates.count(actor.token.pk)
        scope = scopes.needed(request.method or "", request.resolver_match.route)
        if scope not in actor.token.scopes:
            words = f"This needs the scope “{scope}”, and this token has {', '.join(actor.token.scopes)}."
            raise Refused(words, code="forbidden")
    return actor

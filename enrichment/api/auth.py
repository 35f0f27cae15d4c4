"""Who calls: a bearer token of one workspace and role, or the signed-in browser with its CSRF token."""

from django.conf import settings
from django.http import HttpRequest
from ninja.errors import AuthenticationError
from ninja.security import APIKeyCookie, HttpBearer

from workspaces.actors import Actor, actor_of, actor_of_token


class Bearer(HttpBearer):
    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        """Raises AuthenticationError: whoever sends a token doesn't mean to act as the browser's user."""
        actor = actor_of_token(token.strip())
        if actor is None:
            raise AuthenticationError
        return actor


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
    """For views outside the API object that only read."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        return actor_of_token(token.strip())
    return actor_of(request)

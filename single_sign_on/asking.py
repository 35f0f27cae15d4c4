"""Asks the issuer, by the one way out; what it doesn't answer as it should is told in words."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from enrichment.connections.asking import ask
from enrichment.engine.answer.telling import telling_line
from enrichment.engine.auth.oauth2 import body_of
from enrichment.engine.errors import SignInError
from enrichment.engine.messages import Request, Response
from enrichment.http_client import event_loop
from workspaces.refusals import Refused

UNEXPECTED = "unexpected"  # the code of a SignInError: the issuer was reached
AGAIN = "Try again in a minute. If it goes on, tell whoever runs this server."


def fetch(url: str, *, token: str = "") -> dict[str, Any]:
    """Returns the JSON object that an address of the issuer answers. Raises Refused."""
    headers = [("Accept", "application/json")]
    if token:
        headers.append(("Authorization", f"Bearer {token}"))

    def read(response: Response) -> dict[str, Any]:
        if response.status != 200 or not (found := body_of(response)):
            raise unexpected(f"{url} should answer a JSON object, but said: {said(response)}. {AGAIN}")
        return found

    return send(Request("GET", url, tuple(headers)), {"token": token} if token else {}, read)


def send[Answer](request: Request, secrets: Mapping[str, str], read: Callable[[Response], Answer]) -> Answer:
    """Returns what `read` makes of the answer; it raises what `unexpected` returns. Raises Refused, without secrets."""
    check_secure(request.url)
    try:
        answer, _ = event_loop.run(ask(request, secrets, read))
    except SignInError as error:
        if error.code == UNEXPECTED:
            raise Refused(error.message) from error
        why = error.message.removeprefix("The sign-in failed: ").rstrip(".")
        raise Refused(f"{settings.OIDC_NAME} can't be reached: {why}. {AGAIN}") from error
    return answer


def unexpected(words: str) -> SignInError:
    """Returns what a reader raises for an answer that it has no use for."""
    return SignInError(UNEXPECTED, words)


def said(response: Response) -> str:
    """Returns the status with the line that tells most."""
    return f"{response.status} · {telling_line(response)}".rstrip(" ·.")


def check_secure(url: str) -> None:
    """Raises Refused for an address over which others could listen, but on this machine."""
    parts = urlsplit(url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")):
        raise Refused(f"{url[:200]} isn't secure: the issuer's addresses have to begin with https://.")

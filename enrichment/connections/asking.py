"""Asks a sign-in server. What goes wrong is told in words that hold no secret, whatever the server says back."""

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from enrichment.connections.redaction import Redactor
from enrichment.engine.errors import RowError, SendError, SignInError
from enrichment.engine.messages import Request, Response
from enrichment.http_client import client, event_loop
from enrichment.http_client.client import Follow

type Hear = Callable[[Response], None]  # gets whatever was answered

TIMEOUT_MS = 20_000
_CONFIDENTIAL = frozenset(
    ("assertion", "client_assertion", "client_secret", "code", "code_verifier", "refresh_token", "token")
)


def ignore(response: Response) -> None:
    """Hears nothing."""


async def ask[Answer](
    request: Request,
    secrets: Mapping[str, str],
    read: Callable[[Response], Answer],
    *,
    follow: Follow = "same_origin",
    hear: Hear = ignore,
) -> tuple[Answer, int]:
    """Returns what `read` makes of the response, and its status. Runs on the loop; `hear` gets whatever was answered.

    Raises SignInError; where the address was moved, `details` says where to.
    """
    redact = Redactor(secrets, extra=confidential(request))
    try:
        response = await client.send(event_loop.transport(), request, timeout_ms=TIMEOUT_MS, follow=follow)
        hear(response)
        if stop := response.not_followed:
            words = f"The sign-in failed: {response.status} · {stop.message}"
            raise SignInError(stop.code, words, details=stop)
        return read(response), response.status
    except SendError as error:
        raise SignInError(error.code, redact(f"The sign-in failed: {error.message}")) from None
    except RowError as error:
        details = getattr(error, "details", None)
        raise SignInError(error.code, redact.answer(error.message), error.problem, details=details) from None


def confidential(request: Request) -> list[str]:
    """Returns what a form tells of secrets that are made for one request alone."""
    form = dict(request.headers).get("Content-Type", "").startswith("application/x-www-form-urlencoded")
    pairs = parse_qsl((request.body or b"").decode("utf-8", "replace")) if form else []
    return [value for name, value in pairs if name in _CONFIDENTIAL]

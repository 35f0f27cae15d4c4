"""How a connection comes to its token, and what a test of the sign-in shows."""

import time
from typing import Any

from enrichment.connections import settings as connection_settings
from enrichment.connections.redaction import HIDDEN, Redactor
from enrichment.connections.secrets import CannotOpen, open_sealed
from enrichment.engine.auth import kinds
from enrichment.engine.auth.kinds import Scheme
from enrichment.engine.auth.token import Token
from enrichment.engine.errors import Edit, Problem, RowError, SendError, SignInError
from enrichment.engine.redirects import NotFollowed
from enrichment.engine.template import moved
from enrichment.http_client import client, event_loop
from enrichment.models import Connection

TIMEOUT_MS = 20_000


def test(connection: Connection) -> dict[str, Any]:
    """Signs in now, whatever was refused before.

    Returns {ok, status, token, sent_as, error}: the token decoded, without its signature; never a secret.
    """
    redact = Redactor(connection_settings.opened(connection))
    try:
        token, status = event_loop.run(get_token(connection))
    except RowError as error:
        return _failed(error, redact)
    if connection.pk:
        Connection.objects.filter(pk=connection.pk).update(refused=None)
        event_loop.run(_forget_refusal(connection))
    return {
        "ok": True,
        "status": status,
        "token": {"header": token.header, "claims": token.claims, "expires_at": token.expires_at},
        "sent_as": sent_as(token),
        "error": None,
    }


def _failed(error: RowError, redact: Redactor) -> dict[str, Any]:
    no_token = isinstance(error, SignInError) and error.code == "no_token"
    problem = Problem("", field="config.token_path" if no_token else "")
    fix = error.problem.edit if error.problem and error.code == "moved" else None
    if error.problem and fix and redact(fix.text) == fix.text:
        problem = error.problem
    paths = getattr(error, "details", None) if no_token else None
    detail = problem.as_json() | {"message": redact(error.message), "code": error.code, "token_paths": paths or []}
    return {"ok": False, "status": None, "token": None, "sent_as": None, "error": detail}


async def get_token(connection: Connection) -> tuple[Token, int | None]:
    """Returns a new token, and the status of the answer that held it, where a server was asked.

    Runs on the loop. Raises RowError.
    """
    scheme, secrets = scheme_of(connection), secrets_of(connection)
    if not isinstance(scheme, kinds.SIGN_INS):
        return scheme.token(secrets, time.time()), None
    request = scheme.request(secrets)
    try:
        answer = await client.send(event_loop.transport(), request, timeout_ms=TIMEOUT_MS, follow="same_origin")
    except SendError as error:
        raise SignInError(error.code, f"The sign-in failed: {error.message}") from error
    if stop := answer.not_followed:
        words = f"The sign-in failed: {answer.status} · {stop.message}"
        raise SignInError(stop.code, words, _moved(connection, request.url, stop))
    return scheme.read(answer, time.time()), answer.status


def _moved(connection: Connection, sent: str, stop: NotFollowed) -> Problem | None:
    """Returns the problem of an address that was moved, where it is sure what to write in its place."""
    at = "token_url" if "token_url" in connection.config else "auth_request.url"
    text = connection.config["token_url"] if at == "token_url" else connection.config["auth_request"]["url"]
    new = moved.address(text, {}, {}, sent, stop.url) if stop.code == "moved" and "{{" not in text else None
    if new is None:
        return None
    edit = Edit(0, len(text), new, "Use the new address")
    return Problem(stop.message, f"config.{at}", offset=0, length=len(text), fix=edit.label, edit=edit)


def sent_as(token: Token, instead: str = HIDDEN) -> str:
    """Returns the header or parameter that requests carry, with `instead` in place of the token."""
    if token.in_query:
        return f"?{token.name}={instead}"
    return f"{token.name}: {token.before}{instead}"


def scheme_of(connection: Connection) -> Scheme:
    """Raises InvalidSettings."""
    return kinds.compile(connection.kind, kinds.defaults(connection.kind) | connection.config)


def secrets_of(connection: Connection) -> dict[str, str]:
    """Raises SignInError when they cannot be decrypted."""
    try:
        return open_sealed(connection.secrets)
    except CannotOpen as error:
        raise SignInError("secrets", str(error)) from error


def token_key(connection: Connection) -> str:
    """Returns where Redis keeps the token: another key after every edit of the settings."""
    return f"marl:token:{connection.pk}:{connection.revision}"


async def _forget_refusal(connection: Connection) -> None:
    await event_loop.redis().delete(f"{token_key(connection)}:refused")

"""How a connection comes to its token, and what a test of the sign-in shows."""

import time
from dataclasses import replace
from typing import Any

from enrichment.connections import asking, authorization, sign_in_answer
from enrichment.connections import settings as connection_settings
from enrichment.connections.redaction import HIDDEN, Redactor
from enrichment.engine.auth import kinds
from enrichment.engine.auth.authorization_code import AuthorizationCode
from enrichment.engine.auth.jwt_sign_in import JwtSignIn
from enrichment.engine.auth.kinds import Scheme
from enrichment.engine.auth.token import Token
from enrichment.engine.errors import Edit, Problem, RowError, SignInError
from enrichment.engine.messages import Response
from enrichment.engine.redirects import NotFollowed
from enrichment.engine.template import moved
from enrichment.http_client import event_loop
from enrichment.models import Connection
from workspaces.sealing import CannotOpen, open_sealed


def test(connection: Connection) -> dict[str, Any]:
    """Signs in now, whatever was refused before.

    Returns {ok, status, token, sent_as, error, answer}: the token decoded, without its signature; never a secret.
    """
    secrets, heard = connection_settings.opened(connection), list[Response]()
    try:
        token, status = event_loop.run(get_token(connection, anew=True, hear=heard.append))
    except RowError as error:
        return _failed(connection, error, heard, Redactor(secrets))
    if connection.pk:
        Connection.objects.filter(pk=connection.pk).update(refused=None)
        event_loop.run(_forget_refusal(connection))
    return {
        "ok": True,
        "status": status,
        "token": {
            "header": token.header,
            "claims": token.claims,
            "expires_at": token.expires_at,
            "refresh_token": bool(token.refresh),
        },
        "sent_as": scheme_of(connection).shown(HIDDEN).shown,
        "error": None,
        "answer": _answer(heard, Redactor(secrets, extra=[token.value, token.refresh])),
    }


def _failed(connection: Connection, error: RowError, heard: list[Response], redact: Redactor) -> dict[str, Any]:
    no_token = isinstance(error, SignInError) and error.code == "no_token"
    problem = Problem("", field="config.token_path" if no_token else "")
    given = error.problem
    if given and redact(given.edit.text if given.edit else "") == (given.edit.text if given.edit else ""):
        problem = replace(given, field=_field(connection, given.field))
    paths = getattr(error, "details", None) if no_token else None
    words = redact.answer(error.message)
    detail = problem.as_json() | {"message": words, "code": error.code, "token_paths": paths or []}
    answer = _answer(heard, redact)
    status = answer["status"] if answer else None
    return {"ok": False, "status": status, "token": None, "sent_as": None, "error": detail, "answer": answer}


def _answer(heard: list[Response], redact: Redactor) -> dict[str, Any] | None:
    """Returns the last answer as a test shows it, None where there was none."""
    return sign_in_answer.as_json(heard[-1], redact) if heard else None


def _field(connection: Connection, field: str) -> str:
    """Returns the setting in the config; what is called `auth_request.url` may be a token URL."""
    at = "token_url" if "token_url" in connection.config and field == "auth_request.url" else field
    return at if at.startswith("config.") or not at else f"config.{at}"


async def get_token(
    connection: Connection,
    *,
    refused: Token | None = None,
    anew: bool = False,
    hear: asking.Hear = asking.ignore,
) -> tuple[Token, int | None]:
    """Returns a new token, and the status of the answer that held it, where a server was asked; `hear` gets it all.

    What a person's consent gave is kept longer: it is new where the last one was `refused`, or `anew` asks for it.
    Runs on the loop. Raises RowError.
    """
    scheme, secrets = scheme_of(connection), secrets_of(connection)
    if isinstance(scheme, AuthorizationCode):
        return await authorization.get_token(connection, scheme, secrets, refused=refused, anew=anew, hear=hear)
    if not isinstance(scheme, kinds.SIGN_INS):
        return scheme.token(secrets, time.time()), None
    request = scheme.request(secrets)
    try:
        follow = scheme.follow if isinstance(scheme, JwtSignIn) else "same_origin"
        return await asking.ask(
            request, secrets, lambda answer: scheme.read(answer, time.time()), follow=follow, hear=hear
        )
    except SignInError as error:
        if isinstance(error.details, NotFollowed):
            error.problem = _moved(connection, request.url, error.details)
        raise


async def refresh(connection: Connection, last: Token) -> Token | None:
    """Returns a new token for the refresh token beside the last one, None where the connection doesn't have one.

    Runs on the loop. Raises RowError.
    """
    scheme, secrets = scheme_of(connection), secrets_of(connection)
    request = scheme.refresh_request(last, secrets) if isinstance(scheme, JwtSignIn) else None
    if not isinstance(scheme, JwtSignIn) or request is None:
        return None
    known = secrets | {"token.refresh": last.refresh, "token.access": last.value}
    token, _ = await asking.ask(request, known, lambda answer: scheme.read_refreshed(answer, time.time(), last))
    return token


def _moved(connection: Connection, sent: str, stop: NotFollowed) -> Problem | None:
    """Returns the problem of an address that was moved, where it is sure what to write in its place."""
    at = "token_url" if "token_url" in connection.config else "auth_request.url"
    text = connection.config["token_url"] if at == "token_url" else connection.config["auth_request"]["url"]
    new = moved.address(text, {}, {}, sent, stop.url) if stop.code == "moved" and "{{" not in text else None
    if new is None:
        return None
    edit = Edit(0, len(text), new, "Use the new address")
    return Problem(stop.message, f"config.{at}", offset=0, length=len(text), fix=edit.label, edit=edit)


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

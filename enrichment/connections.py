"""Connections: who signs in where, with which secrets, and which hosts may receive what they give."""

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from django.db import IntegrityError, transaction

from enrichment import loop, transport
from enrichment.engine.auth import JwtSignIn, Token
from enrichment.engine.errors import InvalidSettings, Problem, RowError, SendError, SignInError
from enrichment.engine.url import matches
from enrichment.models import Connection
from enrichment.secrets import HIDDEN, CannotOpen, Redactor, open_sealed, seal
from workspaces.actors import Actor

KINDS = tuple(Connection.Kind.values)
SIGN_IN_TIMEOUT = 20_000  # ms
_KEYS = {
    "auth_request", "token_path", "token_type", "header_name", "expires", "lifetime_seconds", "renew_on",
    "allowed_hosts", "rate_limit",
}  # fmt: skip


class ConnectionInUse(Exception):
    """Says which columns would break."""


def defaults() -> dict[str, Any]:
    return {
        "auth_request": {"method": "POST", "url": "", "headers": [], "body_format": "json", "body": ""},
        "token_path": "", "token_type": "Bearer", "header_name": "Authorization", "expires": None,
        "lifetime_seconds": None, "renew_on": {"statuses": [401], "condition": None}, "allowed_hosts": [],
        "rate_limit": None,
    }  # fmt: skip


def create(actor: Actor, *, name: str, kind: str, config: Mapping[str, Any], secrets: Mapping[str, str]) -> Connection:
    """Raises InvalidSettings."""
    connection = Connection(workspace=actor.workspace, kind=kind, created_by=actor.user)
    _fill(connection, name, config, secrets)
    return connection


def save(
    connection: Connection, *, name: str | None = None, config: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
) -> None:  # fmt: skip
    """What is None stays; an empty secret is taken away. Forgets the token. Raises InvalidSettings."""
    _fill(connection, connection.name if name is None else name, config or {}, secrets or {})


def draft(
    workspace_id: int, config: Mapping[str, Any], secrets: Mapping[str, str], stored: Connection | None = None
) -> Connection:
    """As it would be saved, for a test. Raises InvalidSettings."""
    made = Connection(workspace_id=workspace_id, kind=Connection.Kind.JWT, name="draft")
    if stored:
        made.config, made.secrets = stored.config, stored.secrets
    made.config, made.secrets = _checked(made, config, secrets)
    return made


def _fill(connection: Connection, name: str, config: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
    problems = []
    if not name.strip():
        problems.append(Problem("Give the connection a name.", field="name"))
    if connection.kind not in KINDS:
        problems.append(Problem(f"“{connection.kind}” is no kind of connection. Use {', '.join(KINDS)}.", field="kind"))
    if problems:
        raise InvalidSettings(problems)
    connection.config, connection.secrets = _checked(connection, config, secrets)
    connection.name = name.strip()[:120]
    connection.revision += bool(connection.pk)
    connection.refused = None
    try:
        with transaction.atomic():
            connection.save()
    except IntegrityError as error:
        raise InvalidSettings([Problem(f"There is a connection “{connection.name}” already.", field="name")]) from error


def _checked(
    connection: Connection, config: Mapping[str, Any], secrets: Mapping[str, str]
) -> tuple[dict[str, Any], str]:
    unknown = set(config) - _KEYS
    if unknown:
        raise InvalidSettings(
            [Problem("This setting does not exist.", field=f"config.{key}") for key in sorted(unknown)]
        )
    merged = defaults() | connection.config | {key: value for key, value in config.items() if value is not None}
    for key in ("expires", "lifetime_seconds"):
        if key in config:
            merged[key] = config[key]
    merged["auth_request"] = defaults()["auth_request"] | (merged["auth_request"] or {})
    try:
        JwtSignIn.compile(merged)
    except InvalidSettings as error:
        raise InvalidSettings([_below_config(problem) for problem in error.problems]) from error
    except (TypeError, AttributeError, KeyError) as error:
        raise InvalidSettings([Problem("These settings do not have the right shape.", field="config")]) from error
    merged["allowed_hosts"] = sorted({host.strip().lower() for host in merged["allowed_hosts"] or [] if host.strip()})
    kept = opened(connection) | {key: value for key, value in secrets.items() if value != ""}
    for key, value in secrets.items():
        if value == "":
            kept.pop(key, None)
    return merged, seal(kept) if kept else ""


def opened(connection: Connection) -> dict[str, str]:
    try:
        return open_sealed(connection.secrets)
    except CannotOpen:
        return {}  # the key is gone: what is entered now replaces them


def _below_config(problem: Problem) -> Problem:
    return replace(problem, field=f"config.{problem.field}")


def as_json(connection: Connection) -> dict[str, Any]:
    """The connection of the API: of secrets only which are set."""
    return {
        "id": connection.pk, "name": connection.name, "kind": connection.kind,
        "config": defaults() | connection.config | {"allowed_hosts": sorted(allowed_hosts(connection))},
        "secrets": dict.fromkeys(opened(connection), True), "refused": connection.refused,
    }  # fmt: skip


def delete(connection: Connection) -> None:
    """Raises ConnectionInUse."""
    users = [http.column.name for http in connection.columns.select_related("column") if not http.column.deleted_at]
    if users:
        names = ", ".join(f"“{name}”" for name in users)
        raise ConnectionInUse(f"“{connection.name}” is used by {names}. Choose another connection there first.")
    with transaction.atomic():
        connection.columns.update(connection=None)
        connection.delete()


def sign_in_of(connection: Connection) -> JwtSignIn:
    return JwtSignIn.compile(defaults() | connection.config)


def secrets_of(connection: Connection) -> dict[str, str]:
    """Raises SignInError when they cannot be decrypted."""
    try:
        return open_sealed(connection.secrets)
    except CannotOpen as error:
        raise SignInError("secrets", str(error)) from error


def allowed_hosts(connection: Connection) -> set[str]:
    """Hosts that may receive the credentials: those chosen, else where it signs in."""
    chosen = {str(host).lower() for host in connection.config.get("allowed_hosts") or []}
    own = urlsplit(connection.config.get("auth_request", {}).get("url", "")).hostname
    return chosen or ({own.lower()} if own else set())


def allows(connection: Connection, host: str) -> bool:
    return matches(host, allowed_hosts(connection))


def allow(connection: Connection, host: str) -> None:
    """Somebody confirmed that this host may receive the credentials."""
    connection.config = connection.config | {"allowed_hosts": sorted(allowed_hosts(connection) | {host.lower()})}
    connection.save(update_fields=["config"])


def token_key(connection: Connection) -> str:
    """Where the token is kept: another one for every edit of the settings."""
    return f"marl:token:{connection.pk}:{connection.revision}"


def test(connection: Connection) -> dict[str, Any]:
    """Signs in now, whatever was refused before; the decoded token, never its signature or a secret."""
    redact = Redactor(opened(connection))
    try:
        token, status = loop.run(sign_in(connection))
    except (RowError, SendError) as error:
        details = error.details if isinstance(error, SignInError) else None
        problem = Problem(redact(error.message), field="config.token_path" if error.code == "no_token" else "")
        told = problem.as_json() | {"code": error.code, "token_paths": details or []}
        return {"ok": False, "status": getattr(error, "status", None), "token": None, "sent_as": None, "error": told}
    if connection.pk:
        Connection.objects.filter(pk=connection.pk).update(refused=None)
        loop.run(_forget_refusal(connection))
    scheme = token.header_value.removesuffix(token.value)
    return {
        "ok": True, "status": status,
        "token": {"header": token.header, "claims": token.claims, "expires_at": token.expires_at},
        "sent_as": f"{token.header_name}: {scheme}{HIDDEN}", "error": None,
    }  # fmt: skip


async def _forget_refusal(connection: Connection) -> None:
    await loop.redis().delete(f"{token_key(connection)}:refused")


async def sign_in(connection: Connection) -> tuple[Token, int]:
    """One sign-in, on the loop. Raises SignInError or RenderError."""
    jwt = sign_in_of(connection)
    request = jwt.request(secrets_of(connection))
    try:
        answer = await transport.send(loop.client(), request, timeout_ms=SIGN_IN_TIMEOUT)
    except SendError as error:
        raise SignInError(error.code, f"The sign-in server did not answer: {error.message}") from error
    return jwt.read(answer, time.time()), answer.status

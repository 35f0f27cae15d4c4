"""The settings of connections: who signs in where, with which secrets, and which hosts may get the credentials."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import IntegrityError, transaction
from pydantic import ValidationError

from enrichment.connections import authorization, response_condition
from enrichment.engine import web_address
from enrichment.engine.auth import kinds
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.formula import Formula
from enrichment.engine.template.url import matches
from enrichment.models import Connection, Source
from enrichment.schema import RateLimit, problems_of, unstorable
from tables import access, names
from tables.models import Column
from workspaces import audit
from workspaces.actors import Actor, acting
from workspaces.models import Role
from workspaces.refusals import Refused
from workspaces.sealing import CannotOpen, open_sealed, seal

LONGEST_NAME = 120


def create(actor: Actor, *, name: str, kind: str, config: Mapping[str, Any], secrets: Mapping[str, str]) -> Connection:
    """Creates a connection. Raises InvalidSettings, and Refused for whoever doesn't edit in the whole workspace."""
    actor.require(Role.EDITOR)
    connection = Connection(workspace=actor.workspace, kind=kind, created_by=actor.user)
    _fill(connection, name, config, secrets)
    return connection


def save(
    connection: Connection,
    *,
    name: str | None = None,
    config: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
) -> None:
    """Saves what is not None, removes secrets that are empty, and forgets the token. Raises InvalidSettings."""
    _fill(connection, connection.name if name is None else name, config or {}, secrets or {})


def draft(
    workspace_id: int,
    kind: str,
    config: Mapping[str, Any],
    secrets: Mapping[str, str],
    stored: Connection | None = None,
) -> Connection:
    """Returns the connection as it would be saved, for a test of its sign-in. Raises InvalidSettings."""
    connection = Connection(workspace_id=workspace_id, kind=kind, name="draft")
    if stored:
        connection.config, connection.secrets = stored.config, stored.secrets
    connection.config, connection.secrets = _checked(connection, config, secrets)
    return connection


def _fill(connection: Connection, name: str, config: Mapping[str, Any], secrets: Mapping[str, str]) -> None:
    problems = []
    name = names.given(name)[:LONGEST_NAME]
    if not name:
        problems.append(Problem("Enter a name for the connection.", field="name"))
    if connection.kind not in kinds.KINDS:
        words = f"“{connection.kind}” isn't a kind of connection. Use {', '.join(kinds.KINDS)}."
        problems.append(Problem(words, field="kind"))
    if problems:
        raise InvalidSettings(problems)
    before, provider = connection.config, authorization.provider_of(connection.config, opened(connection))
    connection.config, connection.secrets = _checked(connection, config, secrets)
    changed = [key for key, value in sorted(connection.config.items()) if value != before.get(key)]
    connection.name = name
    connection.refused = None
    action = "connection.changed" if connection.pk else "connection.created"
    try:
        with transaction.atomic():
            connection.revision = _next_revision(connection)
            connection.save()
            if authorization.provider_of(connection.config, opened(connection)) != provider:
                authorization.forget(connection)
            _note(connection, action, settings=changed, secrets=sorted(secrets))
    except IntegrityError as error:
        problem = Problem(f"A connection named “{connection.name}” already exists.", field="name")
        raise InvalidSettings([problem]) from error


def _next_revision(connection: Connection) -> int:
    """Of two edits at the same time each has its own: a token belongs to the settings and secrets of one of them."""
    saved = Connection.objects.select_for_update().filter(pk=connection.pk).values_list("revision", flat=True)
    return max(saved, default=0) + 1


def _checked(
    connection: Connection, config: Mapping[str, Any], secrets: Mapping[str, str]
) -> tuple[dict[str, Any], str]:
    """Returns the whole config and the sealed secrets. Raises InvalidSettings with every problem at its field."""
    given = {key: value for key, value in (opened(connection) | dict(secrets)).items() if value != ""}
    completed, whole = kinds.complete(connection.kind, _merged(connection, config), given)
    merged = dict(completed)
    missing = [name for name in kinds.KINDS[connection.kind].secrets if name not in whole]
    problems = [Problem(f"Enter the {name.replace('_', ' ')}.", field=f"secrets.{name}") for name in missing]
    problems += [_below_config(problem) for problem in _problems(connection.kind, merged)]
    problems += unstorable(merged)
    problems = problems or kinds.check(connection.kind, merged, whole)
    if problems:
        raise InvalidSettings(problems)
    limit = rate_limit_of(merged)
    merged["rate_limit"] = limit.model_dump() if limit else None
    merged["allowed_hosts"] = _hosts_of(merged)
    return merged, seal(whole) if whole else ""


def _merged(connection: Connection, config: Mapping[str, Any]) -> dict[str, Any]:
    """Returns `config` over what is stored, over the defaults; null changes nothing but what may be empty."""
    defaults = kinds.defaults(connection.kind)
    if unknown := set(config) - set(defaults):
        raise InvalidSettings(
            [Problem("This setting doesn't exist.", field=f"config.{key}") for key in sorted(unknown)]
        )
    may_be_empty = {key for key, value in defaults.items() if value is None}
    given = {key: value for key, value in config.items() if value is not None or key in may_be_empty}
    merged: dict[str, Any] = defaults | connection.config | given
    if "auth_request" in defaults:
        request = merged["auth_request"] or {}
        if not isinstance(request, Mapping):
            raise InvalidSettings([Problem("Send an object.", field="config.auth_request")])
        merged["auth_request"] = defaults["auth_request"] | request
    return merged


def _problems(kind: str, config: Mapping[str, Any]) -> list[Problem]:
    try:
        kinds.compile(kind, config)
        renewal_of(config)
        rate_limit_of(config)
        _hosts_of(config)
    except InvalidSettings as error:
        return error.problems
    except (TypeError, AttributeError, KeyError):
        return [Problem("These settings don't have the right structure.")]
    return []


def _hosts_of(config: Mapping[str, Any]) -> list[str]:
    """Raises InvalidSettings."""
    given = config["allowed_hosts"] or []
    if not isinstance(given, list) or not all(isinstance(host, str) for host in given):
        raise InvalidSettings([Problem("Send a list of hosts.", field="allowed_hosts")])
    try:
        return sorted({web_address.host_of(host) for host in given if host.strip()})
    except ValueError as error:
        words = "This isn't a host name. Enter one such as api.example.com or *.example.com."
        raise InvalidSettings([Problem(words, field="allowed_hosts")]) from error


def rate_limit_of(config: Mapping[str, Any]) -> RateLimit | None:
    """Returns the limit of all columns with the connection together. Raises InvalidSettings."""
    try:
        return RateLimit.model_validate(config["rate_limit"]) if config.get("rate_limit") else None
    except ValidationError as error:
        raise InvalidSettings(problems_of(error, "rate_limit.")) from error


def renewal_of(config: Mapping[str, Any]) -> tuple[frozenset[int], Formula | None]:
    """Returns the statuses, and the condition over a response, that mean that a token is no longer good.

    Raises InvalidSettings.
    """
    renew_on = config.get("renew_on") or {}
    statuses = renew_on.get("statuses")
    statuses = [401] if statuses is None else statuses
    if any(not isinstance(status, int) or not 100 <= status <= 599 for status in statuses):
        raise InvalidSettings([Problem("Enter statuses such as 401, 403.", field="renew_on.statuses")])
    condition = str(renew_on.get("condition") or "")
    return frozenset(statuses), response_condition.compiled(condition, "renew_on.condition")


def opened(connection: Connection) -> dict[str, str]:
    """Returns the secrets; none when their key is gone, so that what is entered now replaces them."""
    try:
        return open_sealed(connection.secrets)
    except CannotOpen:
        return {}


def seal_anew() -> tuple[int, list[str]]:
    """Seals every connection's secrets under the first key, whichever opened them.

    Returns how many, and the names of the connections whose secrets no key opens.
    """
    done, lost = 0, []
    authorization.seal_anew()
    for pk in Connection.objects.exclude(secrets="").values_list("pk", flat=True):
        with transaction.atomic():
            connection = Connection.objects.select_for_update().get(pk=pk)
            try:
                connection.secrets = seal(open_sealed(connection.secrets))
            except CannotOpen:
                lost.append(connection.name)
                continue
            connection.save(update_fields=["secrets"])
        done += 1
    return done, lost


def _below_config(problem: Problem) -> Problem:
    return replace(problem, field=f"config.{problem.field}".rstrip("."))


def as_json(connection: Connection) -> dict[str, Any]:
    """Returns the connection of the API: of secrets only which are set."""
    config = kinds.defaults(connection.kind) | connection.config
    return {
        "id": connection.pk,
        "name": connection.name,
        "kind": connection.kind,
        "config": config | {"allowed_hosts": sorted(allowed_hosts(connection))},
        "secrets": dict.fromkeys(opened(connection), True),
        "refused": connection.refused,
        **({"connected": authorization.as_json(connection)} if connection.kind == authorization.KIND else {}),
    }


def users_of(connection: Connection | int) -> list[Column | Source]:
    """Returns what a connection, or the one of this id, signs in for, but for what belongs to deleted tables."""
    columns = Column.objects.filter(http__connection=connection, table__deleted_at=None)
    sources = Source.objects.filter(connection=connection, table__deleted_at=None)
    return [
        *columns.select_related("table").order_by("table__name", "position"),
        *sources.select_related("table").order_by("table__name", "pk"),
    ]


def found_users_of(connection: Connection | int) -> list[Column | Source]:
    """Returns those in tables that whoever's request is answered finds."""
    return [user for user in users_of(connection) if access.is_found(user.table)]


def delete(connection: Connection) -> None:
    """Deletes a connection. Raises Refused, naming the columns and sources that use it."""
    if users := users_of(connection):
        found = [f"“{user.name}” in {user.table.name}" for user in users if access.is_found(user.table)]
        names = ", ".join([*found, f"something in {access.UNSHARED}"] if len(found) < len(users) else found)
        words = f"“{connection.name}” is used by {names}. Choose another connection there first."
        raise Refused(words, code="conflict")
    with transaction.atomic():
        connection.columns.update(connection=None)
        connection.sources.update(connection=None)
        _note(connection, "connection.deleted")
        connection.delete()


def allowed_hosts(connection: Connection) -> set[str]:
    """Returns the hosts that may receive the credentials, in lower case: those chosen, else where it signs in."""
    config = connection.config
    chosen = {str(host).lower() for host in config.get("allowed_hosts") or []}
    return chosen or _own_host(str(config.get("token_url") or config.get("auth_request", {}).get("url", "")))


def _own_host(url: str) -> set[str]:
    try:
        return {web_address.host_of(url)}
    except ValueError:
        return set()


def allows(connection: Connection, host: str) -> bool:
    """Returns whether this host may receive the credentials."""
    return matches(host, allowed_hosts(connection))


def allow(connection: Connection, host: str) -> None:
    """Adds a host that somebody confirmed may receive the credentials."""
    connection.config = connection.config | {"allowed_hosts": sorted(allowed_hosts(connection) | {host.lower()})}
    connection.save(update_fields=["config"])
    _note(connection, "connection.host_allowed", host=host.lower())


def chosen(workspace_id: int, pk: int | None, problems: list[Problem]) -> Connection | None:
    """Returns the connection with this id; one that the workspace has not is added to `problems`."""
    connection = Connection.objects.filter(pk=pk, workspace_id=workspace_id).first() if pk is not None else None
    if pk is not None and connection is None:
        problems.append(Problem("This connection doesn't exist.", field="connection_id", fix="Choose another one."))
    return connection


def confirm(connection: Connection | None, host: str, confirmed: object) -> None:
    """Allows the host of a request where somebody confirmed that it may receive the credentials.

    Raises InvalidSettings where nobody did, Refused where they may not change connections, but only this table. For
    hosts from cells, which are empty here, the connection's list counts.
    """
    if connection is None or not host or allows(connection, host):
        return
    if str(confirmed).lower() != host:
        words = f"“{connection.name}” hasn't sent its credentials to {host} before."
        fix = f"Confirm that {host} may receive them, or choose another connection."
        raise InvalidSettings([Problem(words, field="confirm_host", reference=host, fix=fix)])
    if who := acting():
        who.require(Role.EDITOR)
    allow(connection, host)


def _note(connection: Connection, action: str, **detail: Any) -> None:
    audit.note(connection.workspace_id, action, connection.name, connection.pk, **detail)

"""A table to learn with: companies, and two HTTP columns that call the sample API, one of them with a JWT sign-in."""

from typing import Any

from django.conf import settings
from django.db import transaction

from enrichment.columns import lifecycle as column_lifecycle
from enrichment.connections import settings as connection_settings
from enrichment.models import Connection
from enrichment.sample.api import PASSWORD, USERNAME
from enrichment.sample.companies import NAMES, domain_of, employees
from tables import catalog, rows
from tables.models import ColumnType, Table
from workspaces.actors import Actor
from workspaces.refusals import Refused

NAME = "Sample companies"
CONNECTION = "Sample CRM"
_LIMIT = {"requests": 10, "duration_ms": 1000}


def create(actor: Actor) -> Table:
    """Makes the table; nothing has run yet.

    Raises Refused where this server has no sample API that its workers could reach.
    """
    origin = settings.SAMPLE_API_URL
    if not origin:
        raise Refused("The sample is turned off on this server: MARL_SAMPLE_API_URL isn't set.", code="conflict")
    plain = [("Company", ColumnType.TEXT), ("Domain", ColumnType.TEXT), ("Employees", ColumnType.NUMBER)]
    with transaction.atomic():
        table = catalog.create(actor, NAME, plain)
        domains = [(name, domain_of(name)) for name in NAMES]
        rows.append(table, [{"Company": name, "Domain": at, "Employees": employees(at)} for name, at in domains])
        column_lifecycle.create(table, "Company profile", ColumnType.HTTP, _profile(origin))
        city = {"source": "Company profile", "path": "data.city"}
        column_lifecycle.create(table, "City", ColumnType.EXTRACT, city)
        account = _account(origin, _connection(actor, origin))
        column_lifecycle.create(table, "CRM account", ColumnType.HTTP, account)
    return table


def _profile(origin: str) -> dict[str, Any]:
    return {
        "method": "GET",
        "url": f"{origin}/sample-api/v1/companies/{{{{Domain}}}}",
        "field_paths": ["data.name", "data.city", "data.country", "data.founded", "data.industry"],
        "run_if": "{{Employees}} >= 20",
        "required": ["Domain"],
        "auto_update": False,  # a newcomer presses Run
        "rate_limit": _LIMIT,
    }


def _account(origin: str, connection: Connection) -> dict[str, Any]:
    return {
        "connection_id": connection.pk,
        "method": "GET",
        "url": f"{origin}/sample-api/crm/accounts/{{{{Domain}}}}",
        "field_paths": ["data.account.stage", "data.owner.name"],
        "auto_update": False,
        "rate_limit": _LIMIT,
    }


def _connection(actor: Actor, origin: str) -> Connection:
    """Returns the one of an earlier sample where it still signs in here, else a new one."""
    earlier = Connection.objects.filter(workspace=actor.workspace, name__startswith=CONNECTION)
    for connection in earlier.filter(kind="jwt"):
        if connection.config["auth_request"]["url"] == f"{origin}/sample-api/login":
            return connection
    names = {connection.name for connection in earlier}
    name = next(name for number in range(1, len(names) + 2) if (name := _numbered(number)) not in names)
    config = {
        "auth_request": {
            "method": "POST",
            "url": f"{origin}/sample-api/login",
            "headers": [],
            "body_format": "json",
            "body": '{"email": "{{secret.email}}", "password": "{{secret.password}}"}',
        },
        "token_path": "data.access_token",
        "expires": {"path": "data.expires_in", "unit": "seconds"},
    }
    secrets = {"email": USERNAME, "password": PASSWORD}
    return connection_settings.create(actor, name=name, kind="jwt", config=config, secrets=secrets)


def _numbered(number: int) -> str:
    return CONNECTION if number == 1 else f"{CONNECTION} {number}"

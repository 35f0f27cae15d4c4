"""Connections: secrets go in and never come out."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema, Status

from enrichment import lookup
from enrichment.api import described
from enrichment.api.auth import actor
from enrichment.connections import settings as connection_settings
from enrichment.connections import sign_in
from enrichment.models import Connection
from workspaces.models import Role

router = Router(tags=["Connections"])


class NewConnection(Schema):
    name: str
    kind: str = "jwt"
    config: dict[str, Any] = {}
    secrets: dict[str, str] = {}


class ConnectionChange(Schema):
    name: str | None = None
    config: dict[str, Any] | None = None
    secrets: dict[str, str] | None = None


@router.get("/connections")
def list_connections(request: HttpRequest, offset: int = 0, limit: int = 100) -> dict[str, Any]:
    mine = Connection.objects.filter(workspace=actor(request).workspace)
    return described.listed(mine, offset, limit, connection_settings.as_json)


@router.post("/connections", response={201: dict})
def create_connection(request: HttpRequest, body: NewConnection) -> Status[dict[str, Any]]:
    who = actor(request)
    who.require(Role.EDITOR)
    made = connection_settings.create(who, name=body.name, kind=body.kind, config=body.config, secrets=body.secrets)
    return Status(201, connection_settings.as_json(made))


@router.get("/connections/{connection_id}")
def get_connection(request: HttpRequest, connection_id: str) -> dict[str, Any]:
    return connection_settings.as_json(lookup.connection(actor(request), connection_id))


@router.patch("/connections/{connection_id}")
def change_connection(request: HttpRequest, connection_id: str, body: ConnectionChange) -> dict[str, Any]:
    connection = lookup.connection(actor(request), connection_id, Role.EDITOR)
    connection_settings.save(connection, name=body.name, config=body.config, secrets=body.secrets)
    return connection_settings.as_json(connection)


@router.delete("/connections/{connection_id}", response={204: None})
def delete_connection(request: HttpRequest, connection_id: str) -> Status[None]:
    connection_settings.delete(lookup.connection(actor(request), connection_id, Role.EDITOR))
    return Status(204, None)


@router.post("/connections/{connection_id}/test")
def test_connection(request: HttpRequest, connection_id: str) -> dict[str, Any]:
    return sign_in.test(lookup.connection(actor(request), connection_id, Role.EDITOR))

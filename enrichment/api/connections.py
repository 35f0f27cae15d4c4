"""Connections: secrets go in and never come out."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from enrichment import lookup
from enrichment.api import described
from enrichment.api.auth import actor
from enrichment.api.bodies import Body
from enrichment.connections import settings as connection_settings
from enrichment.connections import sign_in
from enrichment.models import Connection
from workspaces.models import Role

router = Router(tags=["Connections"])


class NewConnection(Body):
    name: str
    kind: str = "jwt"
    config: dict[str, Any] = {}
    secrets: dict[str, str] = {}


class ConnectionChange(Body):
    name: str | None = None
    config: dict[str, Any] | None = None
    secrets: dict[str, str] | None = None


@router.get("/connections", summary="List connections")
def list_connections(request: HttpRequest, offset: int = 0, limit: int = 100) -> dict[str, Any]:
    """Returns the connections of the workspace without their secrets."""
    connections = Connection.objects.filter(workspace=actor(request).workspace)
    return described.listed(connections, offset, limit, connection_settings.as_json)


@router.post("/connections", response={201: dict}, summary="Create a connection")
def create_connection(request: HttpRequest, body: NewConnection) -> Status[dict[str, Any]]:
    """Creates a connection. `secrets` is write-only: responses say only which secrets are set."""
    who = actor(request)
    who.require(Role.EDITOR)
    made = connection_settings.create(who, name=body.name, kind=body.kind, config=body.config, secrets=body.secrets)
    return Status(201, connection_settings.as_json(made))


@router.get("/connections/{connection_id}", summary="Get a connection")
def get_connection(request: HttpRequest, connection_id: str) -> dict[str, Any]:
    """Returns the settings, and which secrets are set.

    Of `oauth2_authorization_code`, `connected` says who connected it in the browser: {at, by, scope, ends_at} or null.
    """
    return connection_settings.as_json(lookup.connection(actor(request), connection_id))


@router.patch("/connections/{connection_id}", summary="Change a connection")
def change_connection(request: HttpRequest, connection_id: str, body: ConnectionChange) -> dict[str, Any]:
    """Changes only what is sent. An empty text removes a secret."""
    connection = lookup.connection(actor(request), connection_id, Role.EDITOR)
    connection_settings.save(connection, name=body.name, config=body.config, secrets=body.secrets)
    return connection_settings.as_json(connection)


@router.delete("/connections/{connection_id}", response={204: None}, summary="Delete a connection")
def delete_connection(request: HttpRequest, connection_id: str) -> Status[None]:
    """Deletes the connection with its secrets and token. Answers 409 while columns use it."""
    connection_settings.delete(lookup.connection(actor(request), connection_id, Role.EDITOR))
    return Status(204, None)


@router.post("/connections/{connection_id}/test", summary="Test a connection")
def test_connection(request: HttpRequest, connection_id: str) -> dict[str, Any]:
    """Signs in once and returns the decoded token, and the headers and parameters that requests will carry.

    `answer` is what the server answered, with status, headers and body, also when the sign-in failed: secrets and
    tokens are hidden in it, and long texts cut. `token.refresh_token` says whether there was a refresh token.
    """
    return sign_in.test(lookup.connection(actor(request), connection_id, Role.EDITOR))

"""Addresses from cells, and where the credentials go then."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from enrichment.columns import http as http_columns
from enrichment.connections import settings as connection_settings
from enrichment.engine.errors import InvalidSettings
from enrichment.models import Connection
from enrichment.preview import one_row
from tables import catalog, row_order, rows
from tables.models import Column, Table
from tests.servers.threads import answer_json, running
from workspaces.actors import Actor
from workspaces.models import Role

pytestmark = pytest.mark.django_db(transaction=True)


class Server(ThreadingHTTPServer):
    """Signs in at /login, answers everything else, and keeps what it was sent."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[str, str, str | None]] = []  # host, path, Authorization

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.seen.append((self.headers["Host"], self.path, self.headers["Authorization"]))
        answer_json(self, 200, {"token": "opaque-token-0123456789"})

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with running(Server()) as server:
        yield server


@pytest.fixture
def actor(workspace: Any, editor: Any) -> Actor:
    return Actor(editor, workspace, Role.EDITOR)


@pytest.fixture
def table(actor: Actor, server: Server) -> Table:
    made = catalog.create(actor, "Leads", [("Site", "text")])
    sites = (f"127.0.0.1:{server.port}/a", f"http://127.0.0.1:{server.port}/a", f"http://localhost:{server.port}/a")
    rows.append(made, [{"Site": site} for site in sites])
    return made


@pytest.fixture
def connection(actor: Actor, server: Server) -> Connection:
    request = {"method": "GET", "url": f"http://127.0.0.1:{server.port}/login"}
    config = {"auth_request": request, "token_path": "token"}
    return connection_settings.create(actor, name="Directory", kind="jwt", config=config, secrets={})


def tried(column: Column, position: int) -> Any:
    [row] = row_order.window(column.table_id, position, 1)
    return one_row.send(column, row.pk)["cell"]


def test_the_address_of_each_row_is_called(table: Table, server: Server) -> None:
    column = http_columns.create(table, "Page", {"method": "GET", "url": "{{Site}}/b?c=1", "url_from_cell": True})
    assert [tried(column, position)["state"] for position in (1, 2)] == ["done", "done"]
    assert [(host, path) for host, path, _ in server.seen] == [
        (f"127.0.0.1:{server.port}", "/a/b?c=1"),
        (f"localhost:{server.port}", "/a/b?c=1"),
    ]


def test_credentials_go_only_to_the_hosts_of_the_connection(
    table: Table, server: Server, connection: Connection
) -> None:
    settings = {"method": "GET", "url": "{{Site}}", "url_from_cell": True, "connection_id": connection.pk}
    column = http_columns.create(table, "Page", settings)
    assert tried(column, 1)["state"] == "done"
    refused = tried(column, 2)
    assert refused["error"]["code"] == "host_not_allowed"
    assert "localhost" in refused["error"]["message"]
    assert [(path, token) for _, path, token in server.seen] == [
        ("/login", None),
        ("/a", "Bearer opaque-token-0123456789"),
    ]


def test_a_label_from_a_cell_asks_for_the_hosts_below(table: Table, connection: Connection) -> None:
    settings = {"method": "GET", "url": "https://{{Site}}.example.com/", "connection_id": connection.pk}
    with pytest.raises(InvalidSettings) as caught:
        http_columns.create(table, "Page", settings)
    [problem] = caught.value.problems
    assert (problem.field, problem.reference) == ("confirm_host", "*.example.com")
    http_columns.create(table, "Page", settings | {"confirm_host": "*.example.com"})
    connection.refresh_from_db()
    assert connection_settings.allows(connection, "acme.example.com")
    assert not connection_settings.allows(connection, "example.com")

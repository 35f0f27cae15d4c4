"""Secrets are planted, used and echoed back by a server; then everything that was written is searched for them."""

import base64
import json
import logging
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
import redis
from django.conf import settings
from django.db import connection as database
from django.test import Client

from enrichment.columns import http as http_columns
from enrichment.connections import settings as connection_settings
from enrichment.models import Connection
from enrichment.runs import lifecycle
from enrichment.worker import step
from tables import catalog, rows
from tables.models import Column, Row, Table
from workspaces.actors import Actor
from workspaces.models import Role
from workspaces.tokens import create_api_token

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = 'canary "pässword" & more/0815'
TOKEN = "canary-token-47/11+ü".encode().hex() + "~Zz"
CANARIES = {"password": PASSWORD, "token": TOKEN}


class Echo(BaseHTTPRequestHandler):
    """Gives the token at /login; tells everything else back in headers and body, every second time as an error."""

    count = 0

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
        if self.path == "/login":
            return self.answer(200, {"token": TOKEN, "you_sent": sent}, {})
        Echo.count += 1
        told: dict[str, Any] = {
            "path": self.path,
            "headers": dict(self.headers),
            "text": str(self.headers),
            "body": sent,
        }
        carried = self.headers["Authorization"] or self.path
        status = 200 if Echo.count % 2 else 422
        return self.answer(
            status, {"message": f"not {carried}", "echo": told, "text": json.dumps(told)}, told["headers"]
        )

    def do_GET(self) -> None:
        self.do_POST()

    def answer(self, status: int, value: Any, headers: dict[str, str]) -> None:
        payload = json.dumps(value).encode()
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(f"X-Echo-{name}", text)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()
        thread.join()


@pytest.fixture
def actor(workspace: Any, owner: Any) -> Actor:
    return Actor(owner, workspace, Role.OWNER)


@pytest.fixture
def table(actor: Actor) -> Table:
    made = catalog.create(actor, "Leads", [("Company", "text")])
    rows.append(made, [{"Company": f"Company {number}"} for number in range(6)])
    return made


def jwt(actor: Actor, server: str) -> Connection:
    body = '{"user": "sam", "password": "{{secret.password}}"}'
    request = {"method": "POST", "url": f"{server}/login", "body": body}
    config = {"auth_request": request, "token_path": "token"}
    return connection_settings.create(actor, name="JWT", kind="jwt", config=config, secrets={"password": PASSWORD})


def key_in_query(actor: Actor, server: str) -> Connection:
    return connection_settings.create(
        actor, name="Key", kind="api_key", config={"in": "query", "name": "key"}, secrets={"key": PASSWORD}
    )


def basic(actor: Actor, server: str) -> Connection:
    secrets = {"username": "sam", "password": PASSWORD}
    return connection_settings.create(actor, name="Basic", kind="basic", config={}, secrets=secrets)


def bearer(actor: Actor, server: str) -> Connection:
    return connection_settings.create(actor, name="Bearer", kind="bearer", config={}, secrets={"token": TOKEN})


def in_every_form(secret: str) -> set[str]:
    data = secret.encode()
    plain = {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1], data.hex()}
    encoded = {base64.b64encode(data).decode(), base64.urlsafe_b64encode(data).decode()}
    pair = base64.b64encode(f"sam:{secret}".encode()).decode()
    nested = {json.dumps(json.dumps(secret)[1:-1])[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    return plain | encoded | {pair} | nested


def database_dump() -> str:
    lines = []
    with database.cursor() as cursor:
        for name in database.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{name}"')
            lines += [repr(row) for row in cursor.fetchall()]
    return "\n".join(lines)


def redis_dump() -> str:
    read: dict[bytes, Callable[[redis.Redis, bytes], Any]] = {
        b"string": lambda server, key: server.get(key),
        b"list": lambda server, key: server.lrange(key, 0, -1),
        b"hash": lambda server, key: server.hgetall(key),
        b"zset": lambda server, key: server.zrange(key, 0, -1),
        b"set": lambda server, key: server.smembers(key),
        b"stream": lambda server, key: server.xrange(key),
    }
    with redis.Redis.from_url(settings.REDIS_URL) as server:
        return "\n".join(f"{key!r} {read[server.type(key)](server, key)!r}" for key in server.scan_iter())


def use_everything(actor: Actor, table: Table, column: Column, connection: Connection, client: Client) -> list[str]:
    """Runs, tests, previews and looks at it all; what pages and API answered."""
    run = lifecycle.plan(column, "all")
    token = ""
    while again := step.advance(run.pk, token):
        token = again[0]
    row = Row.objects.filter(table=table).order_by("pk")[0]
    secret = create_api_token(actor.workspace, "canary", Role.OWNER)[1]
    api = Client(headers={"Authorization": f"Bearer {secret}"})
    one = {"row_id": row.pk}
    answers = [
        api.get("/api/v1/connections"),
        api.get(f"/api/v1/connections/{connection.pk}"),
        api.post(f"/api/v1/connections/{connection.pk}/test"),
        api.post(f"/api/v1/columns/{column.pk}/preview", one, content_type="application/json"),
        api.post(f"/api/v1/columns/{column.pk}/test", one, content_type="application/json"),
        api.get(f"/api/v1/columns/{column.pk}"),
        api.get(f"/api/v1/tables/{table.pk}/rows"),
        api.get(f"/api/v1/tables/{table.pk}/runs"),
        *(api.get(f"/api/v1/rows/{found.pk}/cells/{column.pk}") for found in Row.objects.filter(table=table)),
        client.get(f"/connections/{connection.pk}/edit"),
        client.post(f"/connections/{connection.pk}/test", {"kind": connection.kind, "name": connection.name}),
        client.get("/connections"),
        client.get(f"/columns/{column.pk}/panel"),
        client.get(f"/tables/{table.pk}"),
    ]
    assert {answer.status_code for answer in answers} <= {200, 422}
    return [answer.content.decode() for answer in answers]


@pytest.mark.parametrize("connect", [jwt, key_in_query, basic, bearer])
def test_no_secret_is_written_anywhere(
    connect: Any,
    actor: Actor,
    table: Table,
    server: str,
    owner: Any,
    client_for: Callable[[Any], Client],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    connection = connect(actor, server)
    url = {"method": "POST", "url": f"{server}/echo", "body": '{"name": "{{Company}}"}'}
    given = {"connection_id": connection.pk, "confirm_host": "127.0.0.1", "retry": {"max_retries": 0}}
    column = http_columns.create(table, "Profile", url | given)
    pages = use_everything(actor, table, column, connection, client_for(owner))
    written = {
        "pages": "\n".join(pages),
        "database": database_dump(),
        "Redis": redis_dump(),
        "logs": "\n".join(f"{record.getMessage()} {record.exc_text or ''}" for record in caplog.records),
    }
    assert "Company 1" in written["database"]
    found = [
        (place, name, form)
        for place, text in written.items()
        for name, secret in CANARIES.items()
        for form in in_every_form(secret)
        if form in text or repr(form)[1:-1] in text
    ]
    assert found == []

"""Secrets are planted, used and echoed back by a server; then everything that was written is searched for them."""

import base64
import html
import json
import logging
import re
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import httpx
import pytest
import redis
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
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
from tests.enrichment.connections.conftest import consent
from tests.servers.oauth_provider import Provider
from tests.servers.threads import answer_json, running
from workspaces.actors import Actor
from workspaces.models import Role
from workspaces.tokens import create_api_token

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = 'canary "pässword" & more/0815'
TOKEN = "canary-token-47/11+ü".encode().hex() + "~Zz"
REFRESH = "canary-refresh-38/12+ß".encode().hex() + "~Xx"
CANARIES = {"password": PASSWORD, "token": TOKEN, "refresh": REFRESH}


class Echo(BaseHTTPRequestHandler):
    """Gives the token at /login; tells everything else back in headers and body, every second time as an error."""

    count = 0

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
        if self.path == "/login":
            return self.answer(200, {"token": TOKEN, "you_sent": sent, "page": html.escape(sent)}, {})
        if self.path in ("/cookies", "/refresh"):
            cookies = {"Set-Cookie": f"sid={TOKEN}; Path=/", "set-cookie": f"rt={REFRESH}; HttpOnly"}
            return self.answer(200, {"you_sent": sent, "headers": dict(self.headers)}, {}, cookies)
        if self.path == "/refused":
            return self.answer(401, {"message": f"not {sent}"}, {})
        Echo.count += 1
        told: dict[str, Any] = {
            "path": self.path,
            "headers": dict(self.headers),
            "text": str(self.headers),
            "body": sent,
            "page": html.escape(str(self.headers)),
            "form": urlencode(dict(self.headers)),
            "lower": re.sub("%..", lambda sign: sign[0].lower(), f"{self.path} {urlencode(dict(self.headers))}"),
        }
        carried = self.headers["Authorization"] or self.path
        status = 200 if Echo.count % 2 else 422
        return self.answer(
            status, {"message": f"not {carried}", "echo": told, "text": json.dumps(told)}, told["headers"]
        )

    def do_GET(self) -> None:
        self.do_POST()

    def answer(self, status: int, value: Any, headers: dict[str, str], own: dict[str, str] | None = None) -> None:
        answer_json(self, status, value, {f"X-Echo-{name}": text for name, text in headers.items()} | (own or {}))

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with running(ThreadingHTTPServer(("127.0.0.1", 0), Echo)) as server:
        yield f"http://127.0.0.1:{server.server_address[1]}"


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


def jwt_by_form(actor: Actor, server: str) -> Connection:
    body = '{"user": "sam", "password": "{{secret.password}}"}'
    request = {"method": "POST", "url": f"{server}/login", "body_format": "form", "body": body}
    config = {"auth_request": request, "token_path": "token"}
    return connection_settings.create(actor, name="Form", kind="jwt", config=config, secrets={"password": PASSWORD})


def cookies(actor: Actor, server: str) -> Connection:
    """A sign-in by form whose tokens are cookies, refreshed for every row, as it ends at once."""
    login = {"url": f"{server}/cookies", "body_format": "form", "body": '{"p": "{{secret.password}}"}'}
    again = {"url": f"{server}/refresh", "headers": [{"name": "Cookie", "value": "rt={{token.refresh}}"}]}
    config = {
        "auth_request": login,
        "token_path": "cookie:sid",
        "refresh": {"request": again | {"body": '{"rt": "{{token.refresh}}"}'}, "refresh_path": "cookie:rt"},
        "renew_on": {"statuses": [401, 422]},
    }
    return connection_settings.create(actor, name="Cookies", kind="jwt", config=config, secrets={"password": PASSWORD})


def refused(actor: Actor, server: str) -> Connection:
    request = {"url": f"{server}/refused", "body_format": "form", "body": '{"p": "{{secret.password}}"}'}
    config = {"auth_request": request, "token_path": "token"}
    return connection_settings.create(actor, name="Refused", kind="jwt", config=config, secrets={"password": PASSWORD})


def key_in_query(actor: Actor, server: str) -> Connection:
    return connection_settings.create(
        actor, name="Key", kind="api_key", config={"in": "query", "name": "key"}, secrets={"key": PASSWORD}
    )


def headers(actor: Actor, server: str) -> Connection:
    config = {
        "headers": [
            {"name": "X-Sign", "value": "v1 {{secret.token}}"},
            {"name": "Cookie", "value": "k={{secret.token}}"},
        ],
        "query": [{"name": "key", "value": "id:{{secret.password}}"}],
    }
    return connection_settings.create(actor, name="Several", kind="headers", config=config, secrets=CANARIES)


def digest(actor: Actor, server: str) -> Connection:
    secrets = {"username": "sam", "password": PASSWORD}
    return connection_settings.create(actor, name="Digest", kind="digest", config={}, secrets=secrets)


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
    lower = {re.sub("%..", lambda sign: sign[0].lower(), quote(secret, safe=""))}
    markup = {html.escape(secret), html.escape(secret, quote=False)}
    return plain | encoded | {pair} | nested | lower | markup


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


BODIES: list[dict[str, Any]] = [
    {"body": '{"name": "{{Company}}"}'},
    *({"body_format": kind, "form": [{"name": "name", "value": "{{Company}}"}]} for kind in ("form", "multipart")),
]


@pytest.mark.parametrize(
    ("connect", "body"),
    [(connect, BODIES[0]) for connect in (jwt, cookies, refused, key_in_query, headers, basic, digest, bearer)]
    + [(jwt_by_form, body) for body in BODIES[1:]],
)
def test_no_secret_is_written_anywhere(
    connect: Any,
    body: dict[str, Any],
    actor: Actor,
    table: Table,
    server: str,
    owner: Any,
    client_for: Callable[[Any], Client],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    connection = connect(actor, server)
    url = {"method": "POST", "url": f"{server}/echo"}
    given = {"connection_id": connection.pk, "confirm_host": "127.0.0.1", "retry": {"max_retries": 0}}
    column = http_columns.create(table, "Profile", url | body | given)
    pages = use_everything(actor, table, column, connection, client_for(owner))
    assert found_anywhere(CANARIES, pages, caplog) == []


def found_anywhere(canaries: dict[str, str], pages: list[str], caplog: pytest.LogCaptureFixture) -> list[Any]:
    ours = (record for record in caplog.records if not record.name.startswith("http"))  # those of the tests' own calls
    written = {
        "pages": "\n".join(pages),
        "database": database_dump(),
        "Redis": redis_dump(),
        "logs": "\n".join(f"{record.getMessage()} {record.exc_text or ''}" for record in ours),
    }
    assert "Company 1" in written["database"]
    return [
        (place, name, form)
        for place, text in written.items()
        for name, secret in canaries.items()
        for form in in_every_form(secret)
        if form in text or repr(form)[1:-1] in text
    ]


def test_nothing_of_a_consent_and_its_renewals_is_written_anywhere(
    provider: Provider,
    set_out: Callable[..., str],
    table: Table,
    actor: Actor,
    owner: Any,
    client_for: Callable[[Any], Client],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    provider.registration.uses = 2  # so that it is renewed
    client = client_for(owner)
    address = set_out(client)
    back = consent(address)
    pages = [client.get(back, follow=True).content.decode(), client.get(back).content.decode()]
    pages.append(client.get(consent(set_out(client, name="Denied"), allow="no")).content.decode())
    connection = Connection.objects.get(name="Acme")
    column = http_columns.create(table, "Profile", of_provider(provider, connection))
    pages += use_everything(actor, table, column, connection, client)
    provider.revoke_everything()
    pages += use_everything(actor, table, column, connection, client)
    assert provider.grants("refresh_token") > 2
    state = httpx.URL(address).params["state"]
    canaries = dict(enumerate_names([*provider.secrets, provider.registration.client_secret, state]))
    assert found_anywhere(canaries, pages, caplog) == []


def test_nothing_of_an_assertion_is_written_anywhere(
    provider: Provider,
    table: Table,
    actor: Actor,
    owner: Any,
    client_for: Callable[[Any], Client],
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    private = rsa.generate_private_key(65537, 2048)
    provider.registration.public_key = private.public_key()
    pem = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key = private.private_bytes(*pem).decode()
    config = {"token_url": provider.token_url, "claims": {"iss": provider.registration.issuer}}
    connection = connection_settings.create(actor, name="Acme", kind="jwt_bearer", config=config, secrets={"key": key})
    column = http_columns.create(table, "Profile", of_provider(provider, connection))
    pages = use_everything(actor, table, column, connection, client_for(owner))
    provider.registration.issuer = "somebody else"
    provider.end_access_tokens()
    pages += use_everything(actor, table, column, connection, client_for(owner))
    assert provider.refused
    canaries = dict(enumerate_names([*provider.secrets, key.split("\n")[1]]))
    assert found_anywhere(canaries, pages, caplog) == []


def of_provider(provider: Provider, connection: Connection) -> dict[str, Any]:
    request = {"method": "GET", "url": f"{provider.url}/companies/{{{{Company}}}}", "retry": {"max_retries": 0}}
    return request | {"connection_id": connection.pk, "auto_update": False}


def enumerate_names(found: list[str]) -> Iterator[tuple[str, str]]:
    """Each secret below a name: what it begins with, and its number."""
    for number, text in enumerate(found):
        yield f"{text.partition('-')[0][:10]} {number}", text

"""Sign-ins as real servers have them: where the token is, how it is sent, how it ends, and what a refusal looks like.

A token here is good for a number of requests, not of seconds: no test waits for it to end.
"""

import base64
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest

from enrichment.columns import http as http_columns
from enrichment.connections import settings as connection_settings
from enrichment.connections import sign_in, token_cache
from enrichment.models import Connection
from enrichment.runs import lifecycle
from tables import rows
from tables.models import Cell, Column, Table
from tests.enrichment.connections.advancing import finish
from tests.enrichment.connections.conftest import ROWS
from tests.servers.processes import free_port, serving
from tests.servers.threads import KeepAliveHandler, answer_json, running
from workspaces.actors import Actor

pytestmark = pytest.mark.django_db(transaction=True)

type Answer = tuple[int, Any, dict[str, str]]
KEY = "a signing key that is long enough"


@dataclass
class Behaviour:
    """One server's ways."""

    sign_in: Callable[[str, Any], Answer] = lambda token, sent: (200, {"token": token}, {})
    carried: Callable[["Handler"], str] = lambda call: (call.headers["Authorization"] or "").removeprefix("Bearer ")
    refusal: Answer = (401, {"detail": "expired"}, {})
    uses: int = 40
    token: Callable[[int], str] = lambda number: f"opaque-token-{number:06d}"
    failures: list[Answer] = field(default_factory=list)  # of the sign-in, before it works


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, behaviour: Behaviour) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.behaviour = behaviour
        self.lock = threading.Lock()
        self.sign_ins: list[Any] = []
        self.given: set[str] = set()
        self.used: Counter[str] = Counter()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(KeepAliveHandler):
    server: Server

    def do_GET(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
        with self.server.lock:
            answer = self.signed_in(sent) if self.path == "/login" else self.called()
        self.answer(*answer)

    def do_POST(self) -> None:
        self.do_GET()

    def do_PUT(self) -> None:
        self.do_GET()

    def signed_in(self, sent: str) -> Answer:
        behaviour = self.server.behaviour
        self.server.sign_ins.append(sent)
        if behaviour.failures:
            return behaviour.failures.pop(0)
        token = behaviour.token(len(self.server.sign_ins))
        self.server.given.add(token)
        return behaviour.sign_in(token, sent)

    def called(self) -> Answer:
        token = self.server.behaviour.carried(self)
        self.server.used[token] += 1
        good = token in self.server.given and self.server.used[token] <= self.server.behaviour.uses
        return (200, {"name": "Northwind"}, {}) if good else self.server.behaviour.refusal

    def answer(self, status: int, value: Any, headers: dict[str, str]) -> None:
        answer_json(self, status, b"" if status == 204 else value, headers)


@pytest.fixture
def serve() -> Iterator[Callable[[Behaviour], Server]]:
    with ExitStack() as started:
        yield lambda behaviour: started.enter_context(running(Server(behaviour)))


def connect(actor: Actor, server: Server, **config: Any) -> Connection:
    body = '{"user": "{{secret.user}}", "password": "{{secret.password}}"}'
    request = {"method": "POST", "url": f"{server.url}/login", "body": body} | config.pop("auth_request", {})
    settings = {"auth_request": request, "token_path": "token"} | config
    secrets = {"user": "sam", "password": "open sesame"}
    return connection_settings.create(actor, name="Acme", kind="jwt", config=settings, secrets=secrets)


def column_of(table: Table, server: Server, connection: Connection, **config: Any) -> Column:
    url: dict[str, Any] = {"method": "GET", "url": f"{server.url}/companies/{{{{Company}}}}", "max_in_flight": 8}
    url |= {"headers": [{"name": "Cookie", "value": "team=growth"}]}
    given = {"connection_id": connection.pk, "confirm_host": "127.0.0.1"}
    return http_columns.create(table, "Profile", url | given | config)


def form(sent: str) -> dict[str, list[str]]:
    return parse_qs(sent, strict_parsing=True)


def header(name: str, before: str = "") -> Callable[[Handler], str]:
    return lambda call: (call.headers[name] or "").removeprefix(before)


WAYS: dict[str, tuple[Behaviour, dict[str, Any]]] = {
    "nested, 201": (Behaviour(sign_in=lambda token, _: (201, {"a": {"b": token}}, {})), {"token_path": "a.b"}),
    "inside a list": (
        Behaviour(sign_in=lambda token, _: (200, {"return": [{"token": token}]}, {})),
        {"token_path": "return[0].token"},
    ),
    "a list at the top": (
        Behaviour(sign_in=lambda token, _: (200, [{"token": token}], {})),
        {"token_path": "[0].token"},
    ),
    "the whole answer": (Behaviour(sign_in=lambda token, _: (200, token, {})), {"token_path": "$"}),
    "a response header, no type": (
        Behaviour(sign_in=lambda token, _: (201, {}, {"X-Subject-Token": token}), carried=header("X-Auth-Token")),
        {"token_path": "header:x-subject-token", "token_type": "", "header_name": "X-Auth-Token"},
    ),
    "a cookie": (
        Behaviour(
            sign_in=lambda token, _: (200, {}, {"Set-Cookie": f"sid={token}; Path=/; HttpOnly"}),
            carried=header("Cookie", "team=growth; sid="),
        ),
        {"token_path": "cookie:sid"},
    ),
    "a cookie of a redirect": (
        Behaviour(
            sign_in=lambda token, _: (302, {}, {"Set-Cookie": f"sid={token}", "Location": "/home"}),
            carried=header("Cookie", "team=growth; sid="),
        ),
        {"token_path": "cookie:sid"},
    ),
    "another type": (Behaviour(carried=header("Authorization", "JWT ")), {"token_type": "JWT"}),
    "a form": (
        Behaviour(sign_in=lambda token, sent: (200, {"token": token if form(sent)["user"] == ["sam"] else 0}, {})),
        {"auth_request": {"body_format": "form"}},
    ),
    "its own header, PUT": (
        Behaviour(),
        {"auth_request": {"method": "PUT", "headers": [{"name": "X-App", "value": "{{secret.user}}"}]}},
    ),
    "a type before the token": (Behaviour(sign_in=lambda token, _: (200, {"token": f"Bearer {token}"}, {})), {}),
    "a JWT": (
        Behaviour(token=lambda number: jwt.encode({"exp": 4_000_000_000, "jti": str(number)}, KEY)),
        {},
    ),
    "403": (Behaviour(refusal=(403, {}, {})), {"renew_on": {"statuses": [401, 403]}}),
    "404": (Behaviour(refusal=(404, {}, {})), {"renew_on": {"statuses": [404]}}),
    "a code in the body": (
        Behaviour(refusal=(400, {"error": {"code": 77}}, {})),
        {"renew_on": {"statuses": [], "condition": "{{status}} == 400 && {{body.error.code}} == 77"}},
    ),
    "200 with an empty list": (
        Behaviour(refusal=(200, [], {})),
        {"renew_on": {"statuses": [401], "condition": "{{body}} is empty"}},
    ),
    "a header says so": (
        Behaviour(refusal=(200, {}, {"X-Token-State": "gone"})),
        {"renew_on": {"statuses": [], "condition": '{{headers.x-token-state}} == "gone"'}},
    ),
}


@pytest.mark.wire
@pytest.mark.parametrize("way", WAYS)
def test_every_row_is_done_with_one_sign_in_for_each_token(way: str, serve: Any, table: Table, actor: Actor) -> None:
    behaviour, config = WAYS[way]
    server = serve(behaviour)
    run = finish(lifecycle.plan(column_of(table, server, connect(actor, server, **config)), "all"))
    assert (run.state, run.done) == ("done", ROWS)
    assert len(server.sign_ins) == 3  # ninety rows, forty for each token


@pytest.mark.wire
@pytest.mark.parametrize(
    ("unit", "value"),
    [("seconds", 0.5), ("milliseconds", 500), ("epoch", 1.5), ("iso8601", "2001-01-01T00:00:00Z")],
)
def test_an_end_that_is_stated_is_read(unit: str, value: object, serve: Any, actor: Actor) -> None:
    server = serve(Behaviour(sign_in=lambda token, _: (200, {"token": token, "end": value}, {})))
    told = sign_in.test(connect(actor, server, expires={"path": "end", "unit": unit}))
    assert told["ok"]
    assert told["token"]["expires_at"] is not None


def test_an_api_that_refuses_the_new_token_too_is_not_asked_for_each_row(
    serve: Any, table: Table, actor: Actor
) -> None:
    server = serve(Behaviour(uses=0, refusal=(401, {"detail": "no such role"}, {})))
    run = finish(lifecycle.plan(column_of(table, server, connect(actor, server)), "all"))
    assert (run.state, run.failed) == ("done", ROWS)
    assert len(server.sign_ins) == 1
    cell = Cell.objects.filter(run_id=run.pk).first()
    assert cell
    assert cell.error_message == "401 · no such role"


def test_a_sign_in_server_that_is_not_ready_is_asked_again(
    serve: Any, table: Table, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_cache, "delay", lambda failures: 0.01)
    server = serve(Behaviour(uses=ROWS, failures=[(503, {}, {"Retry-After": "0"}), (429, {}, {"Retry-After": "0"})]))
    run = finish(lifecycle.plan(column_of(table, server, connect(actor, server)), "all"))
    assert (run.state, run.done, len(server.sign_ins)) == ("done", ROWS, 3)


def test_a_sign_in_server_that_is_never_ready_ends_the_run(
    serve: Any, table: Table, actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(token_cache, "delay", lambda failures: 0.01)
    server = serve(Behaviour(failures=[(503, {"message": "closed"}, {"Retry-After": "0"})] * 20))
    run = finish(lifecycle.plan(column_of(table, server, connect(actor, server)), "all"))
    assert (run.state, len(server.sign_ins)) == ("stopped", 5)
    assert "503 · closed" in run.stop_reason


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_wrong_password_is_tried_once_until_somebody_looks(
    status: int, serve: Any, table: Table, actor: Actor
) -> None:
    server = serve(Behaviour(uses=ROWS, failures=[(status, {"detail": "wrong password"}, {})]))
    connection = connect(actor, server)
    column = column_of(table, server, connection)
    for _ in range(2):
        run = finish(lifecycle.plan(column, "all"))
        assert run.state == "stopped"
        assert "wrong password" in run.stop_reason
    assert len(server.sign_ins) == 1
    assert sign_in.test(connection)["ok"]
    assert finish(lifecycle.plan(column, "all")).done == ROWS


def pair(call: Handler) -> str:
    return base64.b64decode(header("Authorization", "Basic ")(call)).decode()


def queried(call: Handler) -> str:
    return parse_qs(urlsplit(call.path).query).get("key", [""])[0]


def claimed(call: Handler) -> str:
    return str(jwt.decode(header("Authorization", "Bearer ")(call), KEY, ["HS256"])["iss"])


@pytest.mark.wire
@pytest.mark.parametrize(
    ("kind", "config", "secrets", "carried", "expected"),
    [
        ("bearer", {}, {"token": "t0"}, header("Authorization", "Bearer "), "t0"),
        ("api_key", {"name": "X-Key"}, {"key": "k0"}, header("X-Key"), "k0"),
        ("api_key", {"in": "query", "name": "key"}, {"key": "k&0"}, queried, "k&0"),
        ("basic", {}, {"username": "sam", "password": "a:b"}, pair, "sam:a:b"),
        ("signed_jwt", {"claims": {"iss": "marl"}}, {"key": KEY}, claimed, "marl"),
    ],
)
def test_a_key_is_sent_with_every_row_and_not_renewed(
    kind: str,
    config: dict[str, Any],
    secrets: dict[str, str],
    carried: Any,
    expected: str,
    serve: Any,
    table: Table,
    actor: Actor,
) -> None:
    server = serve(Behaviour(carried=carried, uses=50))
    server.given.add(expected)
    connection = connection_settings.create(actor, name="Acme", kind=kind, config=config, secrets=secrets)
    assert sign_in.test(connection)["ok"]
    run = finish(lifecycle.plan(column_of(table, server, connection), "all"))
    assert (run.done, run.failed, server.sign_ins) == (50, ROWS - 50, [])
    assert server.used == {expected: ROWS}


def test_client_credentials_sign_in_like_a_user(serve: Any, table: Table, actor: Actor) -> None:
    def sign_in(token: str, sent: str) -> Answer:
        assert form(sent) == {"grant_type": ["client_credentials"], "scope": ["read"]}
        return 200, {"access_token": token, "expires_in": 3600}, {}

    server = serve(Behaviour(sign_in=sign_in))
    config = {"token_url": f"{server.url}/login", "scope": "read"}
    secrets = {"client_id": "marl", "client_secret": "open sesame"}
    connection = connection_settings.create(
        actor, name="Acme", kind="oauth2_client_credentials", config=config, secrets=secrets
    )
    run = finish(lifecycle.plan(column_of(table, server, connection), "all"))
    assert (run.done, len(server.sign_ins)) == (ROWS, 3)


@pytest.fixture
def simplejwt() -> Iterator[str]:
    """Django REST framework with tokens that are good for two seconds."""
    port = free_port()
    with serving([sys.executable, "-m", "tests.servers.jwt_api", str(port), "2"], f"http://127.0.0.1:{port}/log"):
        yield f"http://127.0.0.1:{port}"


@pytest.mark.wire
def test_tokens_that_end_while_rows_are_sent_fail_no_row(simplejwt: str, table: Table, actor: Actor) -> None:
    rows.append(table, [{"Company": f"More {number}"} for number in range(200 - ROWS)])
    body = '{"username": "{{secret.username}}", "password": "{{secret.password}}"}'
    config = {"auth_request": {"url": f"{simplejwt}/api/token/", "body": body}, "token_path": "access"}
    secrets = {"username": "sam", "password": "open sesame"}
    connection = connection_settings.create(
        actor, name="Acme", kind="jwt", config=config | {"token_type": "JWT"}, secrets=secrets
    )
    settings = {
        "method": "POST",
        "url": f"{simplejwt}/companies/",
        "body": '{"name": "{{Company}}"}',
        "connection_id": connection.pk,
        "rate_limit": {"requests": 40, "duration_ms": 1000},
    }
    run = finish(lifecycle.plan(http_columns.create(table, "Profile", settings), "all"))
    assert (run.done, run.failed, run.unknown) == (200, 0, 0)
    log = httpx.get(f"{simplejwt}/log").json()
    took = log["arrivals"][-1] - log["arrivals"][0]
    # It counts whole seconds, so a token is good for one or two.
    assert 2 <= len(log["sign_ins"]) <= 2 + took / 0.9

"""Refresh tokens that are good once, at a server that locks whoever sends one twice."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from enrichment.columns import http as http_columns
from enrichment.connections import settings as connection_settings
from enrichment.connections import sign_in, token_cache
from enrichment.connections.token_cache import TokenCache
from enrichment.engine.errors import SignInError
from enrichment.http_client import event_loop
from enrichment.models import Connection
from enrichment.runs import lifecycle
from tables.models import Column, Table
from tests.enrichment.connections.advancing import finish, finish_apart
from tests.enrichment.connections.conftest import ROWS
from tests.servers.threads import KeepAliveHandler, answer_json, running
from workspaces.actors import Actor

pytestmark = pytest.mark.django_db(transaction=True)

REFRESH = {
    "request": {"url": "", "body": '{"refresh_token": "{{token.refresh}}"}'},
    "refresh_path": "tokens.refresh",
}


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.calls: Counter[str] = Counter()
        self.used: Counter[str] = Counter()
        self.refresh_token = ""
        self.reused = 0
        self.uses = 40  # of each token
        self.refuses = False
        self.rotates = True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def tokens(self) -> dict[str, Any]:
        number = self.calls.total()
        self.used[f"access-token-{number:06d}"] = 0
        refresh = {}
        if self.rotates or not self.refresh_token:
            self.refresh_token = f"refresh-token-{number:06d}"
            refresh = {"refresh": self.refresh_token}
        return {"tokens": {"access": f"access-token-{number:06d}", **refresh}}


class Handler(KeepAliveHandler):
    server: Server

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
        with self.server.lock:
            status, value = self.answered(sent)
        answer_json(self, status, value)

    def do_GET(self) -> None:
        self.do_POST()

    def answered(self, sent: str) -> tuple[int, Any]:
        server = self.server
        if self.path == "/login":
            server.calls["login"] += 1
            return 200, server.tokens()
        if self.path == "/refresh":
            server.calls["refresh"] += 1
            if json.loads(sent)["refresh_token"] != server.refresh_token:
                server.reused += 1
                return 400, {"error": "reused"}
            return (400, {"error": "revoked"}) if server.refuses else (200, server.tokens())
        token = (self.headers["Authorization"] or "").removeprefix("Bearer ")
        server.used[token] += 1
        known = token in server.used and token.startswith("access-token")
        return (200, {"name": "Northwind"}) if known and server.used[token] <= server.uses else (401, {})


@pytest.fixture
def server() -> Iterator[Server]:
    with running(Server()) as server:
        yield server


def connect(actor: Actor, url: str) -> Connection:
    refresh = REFRESH | {"request": {**REFRESH["request"], "url": f"{url}/refresh"}}  # type: ignore[dict-item]
    request = {"url": f"{url}/login", "body": '{"password": "{{secret.password}}"}'}
    config = {"auth_request": request, "token_path": "tokens.access", "refresh": refresh}
    return connection_settings.create(
        actor, name="Acme", kind="jwt", config=config, secrets={"password": "open sesame"}
    )


def column_of(table: Table, server: Server, connection: Connection, name: str = "Profile") -> Column:
    settings = {"method": "GET", "url": f"{server.url}/companies/{{{{Company}}}}", "max_in_flight": 8}
    return http_columns.create(table, name, settings | {"connection_id": connection.pk, "auto_update": False})


@pytest.mark.parametrize("rotates", [True, False])
def test_a_token_is_refreshed_and_nobody_signs_in_again(
    rotates: bool, server: Server, table: Table, actor: Actor
) -> None:
    server.rotates = rotates
    run = finish(lifecycle.plan(column_of(table, server, connect(actor, server.url)), "all"))
    assert (run.state, run.done, server.reused) == ("done", ROWS, 0)
    assert server.calls == {"login": 1, "refresh": 2}  # ninety rows, forty for each token


def test_two_runs_at_once_send_no_refresh_token_twice(server: Server, table: Table, actor: Actor) -> None:
    server.uses = 120
    connection = connect(actor, server.url)
    runs = [lifecycle.plan(column_of(table, server, connection, name), "all") for name in ("One", "Other")]
    threads = [threading.Thread(target=finish_apart, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for run in runs:
        run.refresh_from_db()
    assert [(run.state, run.done) for run in runs] == [("done", ROWS)] * 2
    assert server.calls == {"login": 1, "refresh": 1}  # 180 rows
    assert server.reused == 0


def test_a_refused_refresh_is_followed_by_one_sign_in(server: Server, table: Table, actor: Actor) -> None:
    server.refuses = True
    run = finish(lifecycle.plan(column_of(table, server, connect(actor, server.url)), "all"))
    assert (run.state, run.done) == ("done", ROWS)
    assert server.calls == {"login": 3, "refresh": 2}


def test_a_test_of_the_sign_in_says_whether_there_is_a_refresh_token(server: Server, actor: Actor) -> None:
    connection = connect(actor, server.url)
    told = sign_in.test(connection)
    assert told["token"]["refresh_token"] is True
    assert json.loads(told["answer"]["body"]) == {"tokens": {"access": "••••••••", "refresh": "••••••••"}}


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was asked of a server whose tokens are to be replaced as soon as they are there."""
    asked: list[str] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0.01)
        asked.append(request.url.path)
        if asked.count("/refresh") == 2 and request.url.path == "/refresh":
            return httpx.Response(503)
        tokens = {"access": f"token-{len(asked)}", "refresh": f"refresh-{len(asked)}"}
        return httpx.Response(200, json={"tokens": tokens, "seconds": 30})

    monkeypatch.setattr(event_loop, "transport", lambda: httpx.MockTransport(answer))
    monkeypatch.setattr(token_cache, "MARGIN", 1.0)
    return asked


def test_what_a_token_is_refreshed_with_outlives_it_and_is_sealed(answers: list[str], actor: Actor) -> None:
    connection = connect(actor, "https://crm.example")
    connection_settings.save(connection, config={"expires": {"path": "seconds", "unit": "seconds"}})

    async def ask() -> tuple[list[str], str]:
        values = [(await TokenCache(connection).token()).value for _ in range(2)]
        keys = [key async for key in event_loop.redis().scan_iter("marl:token:*:sealed")]
        return values, "\n".join([repr(await event_loop.redis().get(key)) for key in keys])

    values, kept = event_loop.run(ask())
    assert (values, answers) == (["token-1", "token-2"], ["/login", "/refresh"])
    assert kept
    assert "refresh-2" not in kept


def test_a_server_that_is_not_ready_to_refresh_is_waited_for(answers: list[str], actor: Actor) -> None:
    connection = connect(actor, "https://crm.example")
    connection_settings.save(connection, config={"expires": {"path": "seconds", "unit": "seconds"}})

    async def ask() -> str:
        for _ in range(2):
            await TokenCache(connection).token()
        try:
            await TokenCache(connection).token()
        except SignInError as error:
            return error.code
        return ""

    assert event_loop.run(ask()) == "later"
    assert answers == ["/login", "/refresh", "/refresh"]

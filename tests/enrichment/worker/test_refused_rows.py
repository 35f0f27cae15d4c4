"""APIs that refuse tokens, and APIs that refuse rows, against a real server: how often a connection signs in."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from http.server import ThreadingHTTPServer
from typing import Any

import pytest

from enrichment.columns import http as http_columns
from enrichment.connections import settings as connection_settings
from enrichment.models import Run
from enrichment.runs import lifecycle, runners
from enrichment.worker import step
from tables import rows
from tables.models import Cell, Column, Table
from tests.servers.threads import KeepAliveHandler, answer_json, running
from workspaces.actors import Actor
from workspaces.models import Role

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.wire]


class Api(ThreadingHTTPServer):
    """Gives tokens at /login, and knows which of them are good."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.sign_ins = 0
        self.sent = 0
        self.good: set[str] = set()
        self.ends_tokens: set[str] = set()  # rows that end every token when they arrive for the first time
        self.refused_rows: set[str] = set()
        self.awaited_rows: set[str] = set()
        self.held_rows: Counter[str] = Counter()  # those that wait for these, and how often they are answered before
        self._lock = threading.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def sign_in(self) -> str:
        with self._lock:
            self.sign_ins += 1
            self.good = {f"token-{self.sign_ins}"}
            return f"token-{self.sign_ins}"

    def accepts(self, row: str, token: str) -> bool:
        with self._lock:
            self.sent += 1
            self.held_rows[row] -= 1
            if row in self.refused_rows and self.held_rows[row] < 0:
                self._lock.wait_for(lambda: not self.awaited_rows, timeout=30)
            if row in self.ends_tokens:
                self.ends_tokens.remove(row)
                self.good = set()
            accepted = row not in self.refused_rows and token.removeprefix("Bearer ") in self.good
            if accepted:
                self.awaited_rows.discard(row)
                self._lock.notify_all()
            return accepted


class _Handler(KeepAliveHandler):
    server: Api

    def do_GET(self) -> None:
        if self.path == "/login":
            answer_json(self, 200, {"token": self.server.sign_in()})
            return
        time.sleep(0.005)
        accepted = self.server.accepts(self.path.removeprefix("/"), self.headers.get("Authorization", ""))
        answer_json(self, 200 if accepted else 401, {"ok": True} if accepted else {"message": "not yours"})


@pytest.fixture
def api() -> Iterator[Api]:
    with running(Api()) as server:
        yield server


@pytest.fixture
def column(leads: Table, workspace: Any, owner: Any, api: Api) -> Callable[..., Column]:
    """Makes a column with a connection that signs in, in a table of so many rows, C1 first."""
    connection = connection_settings.create(
        Actor(owner, workspace, Role.OWNER),
        name="CRM",
        kind="jwt",
        config={"auth_request": {"method": "GET", "url": f"{api.url}/login"}, "token_path": "token"},
        secrets={},
    )

    def make(number: int, **config: Any) -> Column:
        rows.delete(leads, list(leads.rows.values_list("pk", flat=True)))
        rows.append(leads, [{"Company": f"C{at}"} for at in range(1, number + 1)])
        settings = {"url": f"{api.url}/{{{{Company}}}}", "connection_id": connection.pk, "auto_update": False}
        return http_columns.create(leads, "Profile", settings | config)

    return make


def run(column: Column, which: object = "all") -> Counter[str]:
    """Runs it to its end, and returns how many cells are in which state."""
    run = lifecycle.plan(column, which)
    token = ""
    runners.go_on(run.pk)
    while again := step.advance(run.pk, token):
        token, pause = again
        time.sleep(pause)
    step.drain(5)
    assert Run.objects.get(pk=run.pk).state == "done"
    return Counter(Cell.objects.filter(column=column).values_list("state", flat=True))


@pytest.mark.parametrize("in_flight", [1, 32])
def test_ten_rows_that_are_refused_for_themselves_make_one_or_two_sign_ins_more(
    in_flight: int, api: Api, column: Callable[..., Column]
) -> None:
    """Server refuses every tenth row → these rows say so → at most two requests each."""
    api.refused_rows = {f"C{number}" for number in range(9, 100, 10)}
    asked = column(130, max_in_flight=in_flight)
    assert run(asked) == {"done": 120, "failed": 10}
    assert api.sign_ins <= (2 if in_flight == 1 else 3)  # at once, nothing may start after the last refusal
    assert api.sent <= 130 + 2 * 10 + in_flight  # which a new token makes wait for it


@pytest.mark.parametrize("in_flight", [1, 32])
def test_any_number_of_rows_that_are_refused_for_themselves_make_at_most_two(
    in_flight: int, api: Api, column: Callable[..., Column]
) -> None:
    """Also where nothing is accepted any more after them."""
    early, late = {"C7", "C13"}, {f"C{number}" for number in range(21, 60)}
    api.refused_rows = early | late
    if in_flight > 1:  # else they come after these anyway
        api.held_rows.update(dict.fromkeys(early, 2))
        api.awaited_rows = {f"C{number}" for number in range(1, 21)} - early
    asked = column(59, max_in_flight=in_flight)
    assert run(asked) == {"done": 18, "failed": 41}
    assert api.sign_ins <= 1 + 2
    assert run(asked, "failed") == {"done": 18, "failed": 41}
    assert api.sign_ins <= 1 + 2


@pytest.mark.parametrize("in_flight", [1, 32])
def test_a_token_that_has_ended_is_renewed_and_fails_no_row(
    in_flight: int, api: Api, column: Callable[..., Column]
) -> None:
    api.ends_tokens = {"C60", "C160"}
    asked = column(220, max_in_flight=in_flight)
    assert run(asked) == {"done": 220}
    assert api.sign_ins == 3


@pytest.mark.parametrize("in_flight", [1, 32])
def test_a_token_that_ends_while_refusals_are_doubtful_fails_no_row(
    in_flight: int, api: Api, column: Callable[..., Column]
) -> None:
    api.refused_rows = {"C5", "C17", "C33"}
    api.ends_tokens = {"C120"}
    asked = column(220, max_in_flight=in_flight)
    assert run(asked) == {"done": 217, "failed": 3}
    assert api.sign_ins <= 6  # the first one, and before and after the end of the token what any number makes

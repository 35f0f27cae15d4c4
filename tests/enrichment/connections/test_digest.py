"""HTTP Digest through whole runs, at a server that checks every header."""

from typing import Any

import pytest

from enrichment.columns import http as http_columns
from enrichment.connections import settings as connection_settings
from enrichment.connections import sign_in
from enrichment.models import Connection
from enrichment.preview import one_row
from enrichment.runs import lifecycle
from tables import catalog, rows
from tables.models import Cell, Column, Row, Table
from tests.enrichment.connections.advancing import finish
from tests.servers.digest_api import PASSWORD, USER, Directory, Ways, serving
from workspaces.actors import Actor

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = 60
IN_FLIGHT = 8


@pytest.fixture
def table(actor: Actor) -> Table:
    made = catalog.create(actor, "Leads", [("Company", "text")])
    rows.append(made, [{"Company": f"Company {number}"} for number in range(ROWS)])
    return made


def connect(actor: Actor, password: str = PASSWORD) -> Connection:
    secrets = {"username": USER, "password": password}
    return connection_settings.create(actor, name="Directory", kind="digest", config={}, secrets=secrets)


def column_of(table: Table, directory: Directory, connection: Connection, **config: Any) -> Column:
    settings = {"method": "GET", "url": f"{directory.url}/companies/{{{{Company}}}}?a=1", "max_in_flight": IN_FLIGHT}
    given = {"connection_id": connection.pk, "confirm_host": "127.0.0.1", "auto_update": False}
    return http_columns.create(table, "Profile", settings | given | config)


@pytest.mark.parametrize(
    "ways",
    [
        *(Ways(), Ways("MD5-sess"), Ways("SHA-256"), Ways(qop=None), Ways("SHA-256", qop="auth-int,auth")),
        Ways(scheme='Negotiate, Basic realm="a, b", digest'),
        Ways(scheme='Digest realm="a", nonce="b", qop="auth", algorithm=SHA-512-256, Digest'),
    ],
    ids=lambda ways: f"{ways.scheme[:9]} {ways.algorithm}, {ways.qop}",
)
def test_every_row_is_done_with_one_challenge_for_all(ways: Ways, table: Table, actor: Actor) -> None:
    with serving(ways) as directory:
        run = finish(lifecycle.plan(column_of(table, directory, connect(actor)), "all"))
    assert (run.state, run.done, directory.faults) == ("done", ROWS, [])
    assert directory.requests <= ROWS + 3  # a challenge of every step of the run


def test_a_post_is_done_once_with_its_body(table: Table, actor: Actor) -> None:
    with serving(Ways()) as directory:
        body = '{"name": "{{Company}}"}'
        run = finish(lifecycle.plan(column_of(table, directory, connect(actor), method="POST", body=body), "all"))
    assert (run.state, run.done) == ("done", ROWS)
    assert sorted(directory.bodies) == sorted(f'{{"name": "Company {number}"}}' for number in range(ROWS))


def test_a_nonce_that_ends_costs_no_retry(table: Table, actor: Actor) -> None:
    with serving(Ways(uses=20)) as directory:
        column = column_of(table, directory, connect(actor), retry={"max_retries": 0})
        run = finish(lifecycle.plan(column, "all"))
    assert (run.state, run.done, directory.faults) == ("done", ROWS, [])
    assert directory.requests <= ROWS + 3 + 2 * IN_FLIGHT  # those under way when it ends are answered anew
    assert set(Cell.objects.filter(column=column).values_list("attempts", flat=True)) <= {0, 1}


def test_a_challenge_keeps_the_rate_limit(table: Table, actor: Actor) -> None:
    with serving(Ways()) as directory:
        column = column_of(table, directory, connect(actor), rate_limit={"requests": 1, "duration_ms": 400})
        column.http.config["timeout_ms"] = 300
        column.http.save()
        row = Row.objects.filter(table=table).order_by("pk")[0]
        told = one_row.send(column, row.pk)
    assert told["cell"]["state"] == "done"  # the wait for another start is not the API's time
    assert directory.requests == 2


def test_a_wrong_password_is_answered_once(table: Table, actor: Actor) -> None:
    with serving(Ways()) as directory:
        run = finish(lifecycle.plan(column_of(table, directory, connect(actor, "wrong")), "all"))
    assert run.done == 0
    assert directory.requests <= ROWS + 3


def test_a_challenge_that_marl_cannot_answer_is_told_by_every_row(table: Table, actor: Actor) -> None:
    with serving(Ways(qop="auth-int")) as directory:
        column = column_of(table, directory, connect(actor), method="POST")
        finish(lifecycle.plan(column, {"first": 3}))
    words = 'The API asks for a kind of Digest sign-in that Marl doesn\'t have: algorithm MD5, qop "auth-int".'
    told = Cell.objects.filter(column=column).values_list("state", "error_message")
    assert list(told) == [("failed", words)] * 3


def test_preview_and_test_say_that_the_header_is_computed(table: Table, actor: Actor) -> None:
    connection = connect(actor)
    with serving(Ways()) as directory:
        column = column_of(table, directory, connection)
        shown = one_row.preview(column, Row.objects.filter(table=table)[0].pk)
    assert shown["request"]["headers"]["Authorization"] == "Digest (computed when the request is sent)"
    assert sign_in.test(connection)["sent_as"] == "Authorization: Digest (computed when the request is sent)"

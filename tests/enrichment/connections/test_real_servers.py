"""Against servers that other people wrote: json-server with json-server-auth, and httpbin."""

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from enrichment.columns import http as http_columns
from enrichment.connections import settings as connection_settings
from enrichment.connections import sign_in
from enrichment.models import Connection
from enrichment.runs import lifecycle
from enrichment.worker import step
from tables import catalog, rows
from tables.models import Cell, Table
from tests.servers.processes import ROOT, free_port, serving
from workspaces.actors import Actor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.wire]

BODY = '{"email": "{{secret.email}}", "password": "{{secret.password}}"}'
SECRETS = {"email": "sam@acme.example", "password": "open sesame"}


@pytest.fixture
def table(actor: Actor) -> Table:
    made = catalog.create(actor, "Leads", [("Company", "text")])
    rows.append(made, [{"Company": f"Company {number}"} for number in range(1, 21)])
    return made


@pytest.fixture(scope="module")
def json_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Twenty companies that only members may read."""
    folder, port = tmp_path_factory.mktemp("json-server"), free_port()
    companies = [{"id": number, "name": f"Company {number}"} for number in range(1, 21)]
    (folder / "db.json").write_text(json.dumps({"users": [], "companies": companies}))
    (folder / "routes.json").write_text('{"companies": 660}')
    program = ROOT / "tests/servers/json_server/node_modules/.bin/json-server-auth"
    command = [str(program), "db.json", "--port", str(port), "--host", "127.0.0.1", "-r", "routes.json", "--quiet"]
    url = f"http://127.0.0.1:{port}"
    with serving(command, f"{url}/", cwd=folder, env=with_node()):
        httpx.post(f"{url}/register", json=SECRETS).raise_for_status()
        yield url


@pytest.fixture(scope="module")
def httpbin() -> Iterator[str]:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = os.environ | {"PYTHONPATH": str(ROOT / ".venv/servers"), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-m", "flask", "--app", "httpbin", "run", "--port", str(port)]
    with serving(command, f"{url}/uuid", cwd=ROOT / ".venv", env=environment):
        yield url


def with_node() -> dict[str, str]:
    """Node is the machine's, or came from PyPI into our environment."""
    return os.environ | {"PATH": f"{os.environ['PATH']}:{Path(sys.executable).parent}"}


def filled(table: Table, connection: Connection, **config: Any) -> list[Any]:
    """The values of a column run over every row."""
    settings = {"method": "GET", "connection_id": connection.pk, "confirm_host": "127.0.0.1"} | config
    run = lifecycle.plan(http_columns.create(table, "Answer", settings), "all")
    token = ""
    while again := step.advance(run.pk, token):
        token = again[0]
    run.refresh_from_db()
    assert (run.state, run.done, run.failed) == ("done", table.row_count, 0)
    return [cell.value for cell in Cell.objects.filter(run_id=run.pk).order_by("row_id")]


def test_json_server_auth(json_server: str, table: Table, actor: Actor) -> None:
    config = {"auth_request": {"url": f"{json_server}/login", "body": BODY}, "token_path": "accessToken"}
    connection = connection_settings.create(actor, name="Directory", kind="jwt", config=config, secrets=SECRETS)
    told = sign_in.test(connection)
    assert told["ok"]
    assert told["token"]["claims"]["email"] == "sam@acme.example"
    assert told["token"]["expires_at"]
    found = filled(table, connection, url=f"{json_server}/companies?name={{{{Company}}}}")
    assert found == [[{"id": number, "name": f"Company {number}"}] for number in range(1, 21)]


def test_json_server_auth_says_what_is_wrong(json_server: str, actor: Actor) -> None:
    config = {"auth_request": {"url": f"{json_server}/login", "body": BODY}, "token_path": "token"}
    connection = connection_settings.create(actor, name="Directory", kind="jwt", config=config, secrets=SECRETS)
    assert sign_in.test(connection)["error"]["token_paths"] == ["accessToken"]
    connection_settings.save(connection, secrets={"password": "wrong"})
    assert "Incorrect password" in sign_in.test(connection)["error"]["message"]


@pytest.mark.parametrize(
    ("kind", "config", "secrets", "path", "expected"),
    [
        ("bearer", {}, {"token": "t0k3n-of-mine"}, "bearer", {"authenticated": True, "token": "••••••••"}),
        (
            "basic",
            {},
            {"username": "sam", "password": "open sesame"},
            "basic-auth/sam/open%20sesame",
            {"authenticated": True, "user": "sam"},
        ),
    ],
)
def test_httpbin_takes_what_is_sent(
    kind: str,
    config: dict[str, Any],
    secrets: dict[str, str],
    path: str,
    expected: Any,
    httpbin: str,
    table: Table,
    actor: Actor,
) -> None:
    connection = connection_settings.create(actor, name="httpbin", kind=kind, config=config, secrets=secrets)
    assert filled(table, connection, url=f"{httpbin}/{path}") == [expected] * 20


def test_httpbin_gets_the_key_in_the_query_and_the_body_as_written(httpbin: str, table: Table, actor: Actor) -> None:
    key = {"in": "query", "name": "api key"}
    connection = connection_settings.create(
        actor, name="Key", kind="api_key", config=key, secrets={"key": "k3y&of/mine"}
    )
    settings = {"method": "POST", "body": '{"name": "{{Company}}"}', "field_paths": ["json", "args"]}
    values = filled(table, connection, url=f"{httpbin}/anything/{{{{Company}}}}?a[b]=1", **settings)
    assert values[0] == {"json": {"name": "Company 1"}, "args": {"a[b]": "1", "api key": "••••••••"}}

"""Values of any kind in any place of the settings are taken or refused in words; none is an error of the server."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from enrichment.engine.auth import kinds
from enrichment.schema import HttpConfig
from tables.models import Table
from tests.enrichment.api.test_api import Caller
from workspaces.models import Role, User, Workspace
from workspaces.tokens import create_api_token

pytestmark = pytest.mark.django_db

ODD: list[Any] = [
    None,
    1,
    True,
    -1,
    10**30,
    1.5,
    "x",
    "\0",
    "\ud800",
    [],
    [1],
    [None],
    ["\0"],
    [[]],
    [{}],
    {},
    {"a": 1},
    {"a": "\0"},
]


@pytest.fixture
def call(workspace: Workspace, editor: User) -> Caller:
    return Caller(create_api_token(workspace, "tests", Role.OWNER, editor)[1])


def spoilt(settings: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The settings with each of their values replaced by each odd one."""
    for key, value in settings.items():
        inner = spoilt(value) if isinstance(value, dict) else ()
        for odd in [*ODD, *inner]:
            yield {**json.loads(json.dumps(settings)), key: odd}


def fitting(config: Mapping[str, Any]) -> tuple[int, ...]:
    """Half of a surrogate pair is no text, so the body is none."""
    return (400,) if r"\ud800" in json.dumps(config) else (201, 422)


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_a_connection(kind: str, call: Caller) -> None:
    secrets = dict.fromkeys(kinds.KINDS[kind].secrets, "hidden")
    for number, config in enumerate(spoilt(kinds.defaults(kind))):
        given = {"name": f"CRM {number}", "kind": kind, "config": config, "secrets": secrets}
        assert call("POST", "/connections", given)[0] in fitting(config), config


def test_a_column(call: Caller, leads: Table) -> None:
    base = HttpConfig().model_dump() | {"url": "https://api.example", "headers": [], "query": []}
    for number, config in enumerate(spoilt(base)):
        given = {"name": f"Profile {number}", "type": "http", "config": config}
        assert call("POST", f"/tables/{leads.pk}/columns", given)[0] in fitting(config), config


@pytest.mark.parametrize("name", ["", " ", "\n", "\u200b"])
def test_a_table_and_a_connection_need_a_name(name: str, call: Caller, leads: Table) -> None:
    given = {"name": name, "kind": "bearer", "secrets": {"token": "hidden"}}
    assert call("POST", "/connections", given)[0] == 422
    assert call("POST", "/tables", {"name": name})[0] == 422


def test_a_name_is_kept_on_one_line(call: Caller) -> None:
    given = {"name": " My\0\nCRM ", "kind": "bearer", "secrets": {"token": "hidden"}}
    assert call("POST", "/connections", given)[1]["name"] == "My CRM"
    table = call("POST", "/tables", {"name": " My\0\nleads "})[1]
    assert table["name"] == "My leads"
    assert call("PATCH", f"/tables/{table['id']}", {"name": "Our\0leads"})[1]["name"] == "Our leads"


def test_what_no_database_stores_is_not_looked_for(call: Caller, leads: Table) -> None:
    path = f"/tables/{leads.pk}/replace"
    status, told = call("POST", path, {"find": "\0", "replace": "x"})
    assert (status, told["error"]["details"][0]["field"]) == (422, "find")
    assert call("POST", path, {"find": "Ac\0me", "replace": "Ze\0ta"})[1]["cells"] == 1


def test_a_window_beyond_all_rows_is_empty(call: Caller, leads: Table) -> None:
    for path in ("/tables", "/trash", "/connections", f"/tables/{leads.pk}/rows", f"/tables/{leads.pk}/runs"):
        assert call("GET", f"{path}?offset={2**70}")[1]["items"] == [], path
    assert call("GET", f"/tables/{leads.pk}/examples?position={2**70}")[1]["row"] is None

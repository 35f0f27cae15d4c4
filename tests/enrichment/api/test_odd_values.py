"""Values of any kind in any place of the settings are taken or refused in words; none is an error of the server."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

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
    given = {"name": " My\t\nCRM ", "kind": "bearer", "secrets": {"token": "hidden"}}
    assert call("POST", "/connections", given)[1]["name"] == "My CRM"
    table = call("POST", "/tables", {"name": " My\t\nleads "})[1]
    assert table["name"] == "My leads"
    assert call("PATCH", f"/tables/{table['id']}", {"name": "Our\nleads"})[1]["name"] == "Our leads"


def test_a_name_that_no_database_stores_is_refused_whatever_it_names(call: Caller, leads: Table) -> None:
    name = "Our\0leads"
    column = call("GET", f"/tables/{leads.pk}")[1]["columns"][0]["id"]
    connection = {"kind": "bearer", "secrets": {"token": "hidden"}}
    source = {"url": "https://api.example", "items": "people"}
    for method, path, body in (
        ("POST", "/tables", {}),
        ("PATCH", f"/tables/{leads.pk}", {}),
        ("POST", f"/tables/{leads.pk}/columns", {}),
        ("PATCH", f"/columns/{column}", {}),
        ("POST", f"/tables/{leads.pk}/views", {}),
        ("POST", f"/tables/{leads.pk}/sources", {"config": source}),
        ("POST", "/connections", connection),
    ):
        status, told = call(method, path, body | {"name": name})
        assert (status, told["error"]["details"][0]["field"]) == (422, "name"), path
        assert "A name can hold neither U+0000" in told["error"]["message"], path


@pytest.mark.parametrize(
    ("find", "new", "field"), [("\0", "x", "find"), ("Ac\0me", "x", "find"), ("Acme", "Ze\0ta", "replace")]
)
def test_what_no_database_stores_is_neither_looked_for_nor_written(
    find: str, new: str, field: str, call: Caller, leads: Table
) -> None:
    before = call("GET", f"/tables/{leads.pk}/rows")
    status, told = call("POST", f"/tables/{leads.pk}/replace", {"find": find, "replace": new})
    assert (status, told["error"]["details"][0]["field"]) == (422, field)
    assert call("GET", f"/tables/{leads.pk}/rows") == before


@pytest.mark.parametrize("value", ["Ac\0me", "\0", {"a\0": 1}, ["\0"]])
def test_a_value_that_no_database_stores_is_refused_whichever_way_it_comes(
    value: Any, call: Caller, leads: Table
) -> None:
    rows = call("GET", f"/tables/{leads.pk}/rows")
    row_id, words = rows[1]["items"][0]["id"], "“Company” has a character that cannot be stored: U+0000"
    added, changed = {"rows": [{"Company": value}]}, {"rows": [{"id": row_id, "cells": {"Company": value}}]}
    for method, sent in (
        ("POST", added),
        ("POST", added | {"key": "Company", "on_match": "update"}),
        ("PATCH", changed),
    ):
        status, told = call(method, f"/tables/{leads.pk}/rows", sent)
        assert (status, told["error"]["details"][0]["field"]) == (422, "Company")
        assert words in told["error"]["message"]
    secret = call("POST", f"/tables/{leads.pk}/hook")[1]["secret"]
    assert call("POST", f"/hooks/{secret}", {"Company": value})[0] == 422
    assert words in call("GET", f"/tables/{leads.pk}/hook/posts")[1]["items"][0]["error"]
    pasted = call("POST", f"/tables/{leads.pk}/paste", {"rows": changed["rows"]})[1]
    assert [words in refused["message"] for refused in pasted["refused"]] == [True]
    assert call("GET", f"/tables/{leads.pk}/rows") == rows


def test_what_no_database_stores_is_not_compared_with(call: Caller, leads: Table) -> None:
    company, view = leads.columns.all()[0].pk, f"/tables/{leads.pk}/rows"
    status, told = call("GET", f"{view}?search={quote('me' + chr(0))}")
    assert (status, told["error"]["details"][0]["field"]) == (422, "search")
    for op in ("eq", "contains", "starts_with", "one_of", "gt", "between"):
        value = {"one_of": ["me\0"], "between": ["a", "me\0"]}.get(op, "me\0")
        condition = quote(json.dumps([{"column": company, "op": op, "value": value}]))
        status, told = call("GET", f"{view}?filter={condition}")
        assert (status, told["error"]["details"][0]["field"]) == (422, "filter")


def test_a_window_beyond_all_rows_is_empty(call: Caller, leads: Table) -> None:
    for path in ("/tables", "/trash", "/connections", f"/tables/{leads.pk}/rows", f"/tables/{leads.pk}/runs"):
        assert call("GET", f"{path}?offset={2**70}")[1]["items"] == [], path
    assert call("GET", f"/tables/{leads.pk}/examples?position={2**70}")[1]["row"] is None


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "rows", {"rows": [{"Company": "x"}], "onmatch": "update"}),
        ("PATCH", "rows", {"rows": [{"id": 1, "cells": {"Company": "x"}, "wass": {}}]}),
        ("POST", "paste", {"added": [{"Company": "x"}], "filtered": True}),
        ("DELETE", "rows", {"ids": [1], "all_butt": []}),
        ("POST", "replace", {"find": "x", "replace": "y", "wholecell": True}),
        ("POST", "summaries", {"columns": {}, "filters": []}),
        ("POST", "views", {"filters": []}),
        ("POST", "columns", {"name": "New", "typ": "number"}),
        ("PATCH", "", {"nam": "Other"}),
    ],
)
def test_a_field_that_is_not_there_is_refused_by_name(
    method: str, path: str, body: dict[str, Any], call: Caller, leads: Table
) -> None:
    before = call("GET", f"/tables/{leads.pk}/rows")
    status, answer = call(method, f"/tables/{leads.pk}/{path}".rstrip("/"), body)
    assert status == 422
    assert "There is no field “" in answer["error"]["details"][0]["message"]
    assert call("GET", f"/tables/{leads.pk}/rows") == before


@pytest.mark.parametrize(
    ("name", "items"),
    [
        ("filter", [{"column": "%s", "op": "eq", "value": "x", "not": True}]),
        ("filter", [{"any": [{"column": "%s", "op": "empty"}], "all": []}]),
        ("sort", [{"column": "%s", "descending": True}]),
        ("sort", [{"column": "%s", "desc": "false"}]),
    ],
)
def test_a_part_of_a_filter_or_sort_that_is_not_there_is_refused(
    name: str, items: list[Any], call: Caller, leads: Table
) -> None:
    text = json.dumps(items).replace("%s", str(leads.columns.all()[0].pk))
    assert call("GET", f"/tables/{leads.pk}/rows?{name}={text}")[0] == 422


@pytest.mark.parametrize("number", ["0.1234567890123456789", "12345678901234567890.5", "1e-400"])
def test_a_number_that_would_lose_digits_is_refused(number: str, call: Caller, leads: Table) -> None:
    client, path = call.client, f"/api/v1/tables/{leads.pk}/rows"
    headers = {"Authorization": f"Bearer {call.token}"}
    sent = '{"rows": [{"Company": %s}]}'
    answer = client.generic("POST", path, sent % number, "application/json", headers=headers)
    assert answer.status_code == 400
    assert "has more digits than Marl keeps" in answer.json()["error"]["message"]
    kept = {"12345678901234567890123": 12345678901234567890123, "2.50": 2.5, "0.1": 0.1}
    for text, value in kept.items():
        assert client.generic("POST", path, sent % text, "application/json", headers=headers).status_code == 201
        assert leads.rows.order_by("-pk")[0].values == {str(leads.columns.all()[0].pk): value}

"""OpenAPI documents read as the settings of a request."""

import contextlib
import copy
import json
import operator
from collections.abc import Iterator
from functools import reduce
from typing import Any, cast

import pytest

from enrichment.engine.errors import InvalidSettings
from enrichment.engine.importers import openapi

YAML = """
openapi: 3.1.0
servers: [{url: "https://{region}.crm.example/v1", variables: {region: {default: eu}}}]
security: [{bearer: []}]
paths:
  /companies/{company_id}/people/{domain}:
    parameters: [{$ref: "#/components/parameters/Domain"}]
    post:
      summary: Adds a person
      parameters:
        - {name: notify, in: query, required: true, schema: {type: boolean, default: true}}
        - {name: page, in: query, schema: {type: integer}}
        - {name: Authorization, in: header, required: true}
        - {name: X-Team, in: header, required: true, example: growth}
      requestBody:
        content:
          application/json: {schema: {$ref: "#/components/schemas/Person"}}
components:
  parameters: {Domain: {name: domain, in: path, required: true, schema: {type: string}}}
  schemas:
    Person:
      allOf:
        - {required: [first_name], properties: {id: {type: integer, readOnly: true}, first_name: {type: string}}}
        - properties:
            role: {type: string, enum: [buyer, user]}
            employees: {type: [integer, "null"]}
            manager: {$ref: "#/components/schemas/Person"}
            tags: {type: array, items: {type: string, example: vip}}
"""
SWAGGER: dict[str, Any] = {
    "swagger": "2.0",
    "host": "api.example",
    "basePath": "/v2/",
    "schemes": ["https"],
    "paths": {"/pets": {"put": {"parameters": [{"in": "body", "name": "pet", "schema": {"example": {"a": 1}}}]}}},
}


def test_an_operation_fills_the_request_from_columns_and_examples() -> None:
    document = openapi.read(YAML)
    [operation] = openapi.operations(document)
    assert operation.summary == "Adds a person"
    filled = openapi.fill(document, operation.id, ["Domain", "First name", "Employees"])
    config = filled.config
    assert config["method"] == "POST"
    assert config["url"] == "https://eu.crm.example/v1/companies/{{company_id}}/people/{{Domain}}"
    assert config["query"] == [{"name": "notify", "value": "true"}]
    assert config["headers"] == [{"name": "X-Team", "value": "growth"}]
    assert config["body"].startswith('{\n  "first_name": "{{First name}}",\n  "role": "buyer",\n')
    assert '"employees": {{Employees}},' in config["body"]
    assert '"vip"' in config["body"]
    assert '"id"' not in config["body"]
    assert filled.notes == (
        "The API requires a sign-in. Choose a connection.",
        "Choose a column for company_id in the address.",
    )


def test_swagger_2_is_read_too() -> None:
    document = openapi.read(json.dumps(SWAGGER))
    config = openapi.fill(document, "PUT /pets", []).config
    assert (config["url"], json.loads(config["body"])) == ("https://api.example/v2/pets", {"a": 1})


def test_a_relative_server_belongs_to_where_the_document_came_from() -> None:
    document = openapi.read('{"openapi": "3.0.0", "servers": [{"url": "/api"}], "paths": {"/x": {"get": {}}}}')
    assert (
        openapi.fill(document, "GET /x", [], "https://a.example/docs/o.json").config["url"] == "https://a.example/api/x"
    )


@pytest.mark.parametrize("text", ["", "hello", "{", "a: [", '{"openapi": "3.0.0"}', "[1]", "a: &a [*a]"])
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(InvalidSettings):
        openapi.read(text)


def yaml_of(schema: str, before: str = "") -> str:
    """A document whose one operation, POST /a, takes a body of this schema."""
    body = f"{{content: {{application/json: {{schema: {schema}}}}}}}"
    return f"openapi: 3.0.0\n{before}\npaths:\n  /a:\n    post:\n      requestBody: {body}\n"


def test_yaml_is_read_as_json_is() -> None:
    schema = "{properties: {on: {example: 2026-12-31}, no: {example: off}, 7: {type: boolean, default: true}}}"
    filled = openapi.fill(openapi.read(yaml_of(schema)), "POST /a", [])
    assert json.loads(filled.config["body"]) == {"on": "2026-12-31", "no": "off", "7": True}


@pytest.mark.parametrize("levels", [101, 200_000])
def test_yaml_that_is_nested_too_deeply_is_refused(levels: int) -> None:
    with pytest.raises(InvalidSettings, match=r"nested deeper than 100 levels \(line 2\)"):
        openapi.read(yaml_of("{}", before=f"x: {'[' * levels}{']' * levels}"))


def test_yaml_that_grows_with_its_aliases_is_refused() -> None:
    tens = [f"x{level}: &x{level} [{', '.join([f'*x{level - 1}'] * 10)}]" for level in range(1, 30)]
    with pytest.raises(InvalidSettings, match="too large once its aliases"):
        openapi.read(yaml_of("{example: *x29}", before="\n".join(["x0: &x0 some text", *tens])))
    few = openapi.read(yaml_of("{example: *x1}", before="\n".join(["x0: &x0 some text", tens[0]])))
    assert json.loads(openapi.fill(few, "POST /a", []).config["body"]) == ["some text"] * 10


def test_yaml_that_holds_itself_is_refused() -> None:
    document = openapi.read(yaml_of("{example: *x}", before="x: &x [*x]"))
    with pytest.raises(InvalidSettings, match="describe POST /a the way OpenAPI requires"):
        openapi.fill(document, "POST /a", [])


ODD: list[Any] = [None, 1, "x", [], {}, [None], [[]], {"a": 1}, {"$ref": 5}, {"$ref": "#/paths"}]


def places(value: object, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a document."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield (*way, key)
        yield from places(part, (*way, key))


def test_a_part_of_another_kind_is_refused_or_left_out() -> None:
    parameter = {"name": "q", "in": "query", "required": True, "schema": {"type": "string", "enum": ["a"]}}
    schema = {"allOf": [{"type": "object", "required": ["z"], "properties": {"z": {"items": {"examples": [1]}}}}]}
    operation = {"parameters": [parameter], "requestBody": {"content": {"application/json": {"schema": schema}}}}
    servers = [{"url": "https://{host}", "variables": {"host": {"default": "a.example"}}}]
    whole = {"openapi": "3.0.0", "servers": servers, "paths": {"/c/{id}": {"parameters": [], "post": operation}}}
    for *way, last in places(whole):
        for odd in ODD:
            document = copy.deepcopy(whole)
            reduce(operator.getitem, way, cast("Any", document))[last] = odd
            with contextlib.suppress(InvalidSettings):
                read = openapi.read(json.dumps(document))
                for found in openapi.operations(read):
                    openapi.fill(read, found.id, ["Q", "Z"])

"""Operations of OpenAPI documents as the settings of a request."""

import contextlib
import copy
import json
import operator
from collections.abc import Iterator
from functools import reduce
from typing import Any, cast

import pytest

from enrichment.engine.errors import InvalidSettings
from enrichment.engine.importers import openapi, openapi_document

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
  securitySchemes: {bearer: {type: http, scheme: bearer}}
  schemas:
    Person:
      allOf:
        - {required: [first_name, role], properties: {id: {type: integer, readOnly: true}, first_name: {type: string}}}
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


def get(operation: dict[str, Any], path: str = "/x", **document: object) -> openapi.Filled:
    """What GET of a document with this operation fills in."""
    whole = {"openapi": "3.1.0", "servers": [{"url": "https://a.example"}], "paths": {path: {"get": operation}}}
    return openapi.fill({**whole, **document}, f"GET {path}", {})


def test_an_operation_fills_the_request_from_columns() -> None:
    document = openapi_document.read(YAML)
    [operation] = openapi_document.operations(document)
    assert operation.summary == "Adds a person"
    columns = {"Domain": "text", "First name": "text", "Employees": "number"}
    filled = openapi.fill(document, operation.id, columns)
    config = filled.config
    assert config["method"] == "POST"
    assert config["url"] == "https://eu.crm.example/v1/companies/{{company_id}}/people/{{Domain}}"
    assert config["query"] == [{"name": "notify", "value": "true"}]
    assert config["headers"] == [{"name": "X-Team", "value": "{{X-Team}}"}]
    assert config["body"] == (
        '{\n  "first_name": "{{First name}}",\n  "role": "{{role}}",\n  "employees": {{Employees}}\n}'
    )
    assert filled.notes == (
        "The API requires a sign-in (Bearer token). Choose a connection.",
        "Choose a column for company_id, X-Team (such as growth), role.",
    )
    offered = [one.label for one in filled.offered]
    assert offered[0] == "tags"
    assert offered[-1] == "page"
    assert "manager.first_name" in offered


def test_what_was_chosen_of_the_offer_is_sent() -> None:
    document = openapi_document.read(YAML)
    [operation] = openapi_document.operations(document)
    filled = openapi.fill(document, operation.id, {"Page": "number"}, chosen=["/tags", "query:page"])
    assert '"tags": {{tags}}' in filled.config["body"]
    assert {"name": "page", "value": "{{Page}}"} in filled.config["query"]
    assert any('tags (such as ["vip"])' in note for note in filled.notes)


def test_swagger_2_is_read_too() -> None:
    document = openapi_document.read(json.dumps(SWAGGER))
    config = openapi.fill(document, "PUT /pets", {}).config
    assert (config["url"], config["body"]) == ("https://api.example/v2/pets", '{\n  "a": {{a}}\n}')


@pytest.mark.parametrize(
    ("server", "url"),
    [
        ({"url": "/api"}, "https://a.example/api/x"),
        ({"url": "../v2/"}, "https://a.example/v2/x"),
        ({"url": "https://{tenant}.crm.example"}, "https://{{tenant}}.crm.example/x"),
        ({"url": "{base}/v1", "variables": {"base": {"default": "https://b.example"}}}, "https://b.example/v1/x"),
    ],
)
def test_the_server_comes_from_the_document_and_its_address(server: dict[str, Any], url: str) -> None:
    document = {"openapi": "3.0.0", "servers": [server], "paths": {"/x": {"get": {}}}}
    assert openapi.fill(document, "GET /x", {}, "https://a.example/docs/o.json").config["url"] == url


@pytest.mark.parametrize(
    ("security", "note"),
    [
        ([], None),
        ([{"key": []}, {}], None),
        ([{"key": []}], "The API requires a sign-in (API key). Choose a connection."),
        ([{"key": []}, {"flow": []}], "The API requires a sign-in (API key or OAuth 2). Choose a connection."),
        ([{"unknown": []}], "The API requires a sign-in. Choose a connection."),
    ],
)
def test_an_operation_says_itself_whether_it_needs_a_sign_in(security: list[Any], note: str | None) -> None:
    schemes = {"key": {"type": "apiKey", "name": "X-Key", "in": "header"}, "flow": {"type": "oauth2"}}
    filled = get({"security": security}, security=[{"flow": []}], components={"securitySchemes": schemes})
    assert filled.notes == ((note,) if note else ())


@pytest.mark.parametrize(
    ("kinds", "header"),
    [
        (["application/xml", "application/json; charset=utf-8"], []),
        (["*/*"], []),
        (["application/merge-patch+json"], [{"name": "Content-Type", "value": "application/merge-patch+json"}]),
        (["application/vnd.api+json", "application/json"], []),
    ],
)
def test_json_is_sent_as_the_document_calls_it(kinds: list[str], header: list[dict[str, str]]) -> None:
    config = get({"requestBody": {"content": {kind: {"example": {"a": 1}} for kind in kinds}}}).config
    assert (config["headers"], config["body"]) == (header, '{\n  "a": {{a}}\n}')


def test_a_body_that_a_column_cannot_send_is_told() -> None:
    filled = get({"requestBody": {"content": {"application/octet-stream": {}, "image/svg+xml": {}}}})
    assert (filled.config["body"], filled.config["form"]) == (None, [])
    words = "The API takes application/octet-stream or image/svg+xml here, which a column can't send."
    assert filled.notes == (words,)


def test_a_document_without_a_server_says_so() -> None:
    filled = get({}, servers=[])
    assert (filled.config["url"], filled.notes) == (
        "/x",
        ("The document names no server. Type the start of the address.",),
    )


def test_a_long_list_of_what_is_left_to_choose_is_cut() -> None:
    parameters = [{"name": f"p{number}", "in": "query", "required": True} for number in range(9)]
    assert get({"parameters": parameters}).notes == ("Choose a column for p0, p1, p2, p3, p4, p5 and 3 more.",)


def test_a_cookie_that_is_required_is_told() -> None:
    filled = get({"parameters": [{"in": "cookie", "name": "session", "required": True}]})
    assert "cookie session" in filled.notes[0]


ODD: list[Any] = [None, 1, "x", [], {}, [None], [[]], {"a": 1}, {"$ref": 5}, {"$ref": "#/paths"}]


def places(value: object, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in a document."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        yield (*way, key)
        yield from places(part, (*way, key))


@pytest.mark.parametrize("kind", ["application/json", "application/x-www-form-urlencoded", "text/xml"])
def test_a_part_of_another_kind_is_refused_or_left_out(kind: str) -> None:
    parameter = {"name": "q", "in": "query", "required": True, "schema": {"type": "string", "enum": ["a"]}}
    schema = {"allOf": [{"type": "object", "required": ["z"], "properties": {"z": {"items": {"examples": [1]}}}}]}
    media = {"schema": schema, "encoding": {"z": {"style": "form", "explode": False}}}
    operation = {"parameters": [parameter], "requestBody": {"content": {kind: media}}}
    servers = [{"url": "https://{host}", "variables": {"host": {"default": "a.example"}}}]
    whole = {"openapi": "3.0.0", "servers": servers, "paths": {"/c/{id}": {"parameters": [], "post": operation}}}
    for *way, last in places(whole):
        for odd in ODD:
            document = copy.deepcopy(whole)
            reduce(operator.getitem, way, cast("Any", document))[last] = odd
            with contextlib.suppress(InvalidSettings):
                read = openapi_document.read(json.dumps(document))
                for found in openapi_document.operations(read):
                    openapi.fill(read, found.id, {"Q": "text", "Z": "number"})


@pytest.mark.parametrize(
    ("security", "words"),
    [
        ([{"id": [], "key": []}], "Several headers or parameters"),
        ([{"key": []}, {"bearer": []}], "API key or Bearer token"),
        ([{"key": [], "bearer": []}], "API key and Bearer token"),
    ],
)
def test_what_is_wanted_together_is_told_together(security: list[dict[str, list[str]]], words: str) -> None:
    keys = {name: {"type": "apiKey", "in": "header", "name": f"X-{name}"} for name in ("id", "key")}
    schemes = {**keys, "bearer": {"type": "http", "scheme": "bearer"}}
    filled = get({"security": security}, components={"securitySchemes": schemes})
    assert filled.notes == (f"The API requires a sign-in ({words}). Choose a connection.",)


@pytest.mark.parametrize(("schemes", "start"), [(["http", "https"], "https://"), (["http"], "http://")])
def test_a_document_that_offers_https_is_called_by_it(schemes: list[str], start: str) -> None:
    filled = openapi.fill(SWAGGER | {"schemes": schemes}, "PUT /pets", {})
    assert filled.config["url"] == f"{start}api.example/v2/pets"

"""OpenAPI documents read as the settings of a request."""

import json
from typing import Any

import pytest

from enrichment.engine import openapi
from enrichment.engine.errors import InvalidSettings

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
    "swagger": "2.0", "host": "api.example", "basePath": "/v2/", "schemes": ["https"],
    "paths": {"/pets": {"put": {"parameters": [{"in": "body", "name": "pet", "schema": {"example": {"a": 1}}}]}}},
}  # fmt: skip


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
        "The API wants a sign-in: choose a connection.",
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

"""OpenAPI documents read from JSON and YAML, with their references followed."""

import json
from typing import Any

import pytest

from enrichment.engine.errors import InvalidSettings
from enrichment.engine.importers import openapi, openapi_document


@pytest.mark.parametrize("text", ["", "hello", "{", "a: [", '{"openapi": "3.0.0"}', "[1]", "a: &a [*a]"])
def test_anything_else_is_refused_in_words(text: str) -> None:
    with pytest.raises(InvalidSettings):
        openapi_document.read(text)


def yaml_of(schema: str, before: str = "") -> str:
    """A document whose one operation, POST /a, takes a body of this schema."""
    body = f"{{content: {{application/json: {{schema: {schema}}}}}}}"
    return f"openapi: 3.0.0\n{before}\npaths:\n  /a:\n    post:\n      requestBody: {body}\n"


def test_yaml_is_read_as_json_is() -> None:
    fields = "{on: {default: 2026-12-31}, no: {default: off}, 7: {type: boolean, default: true}}"
    schema = f"{{required: [on, no, 7], properties: {fields}}}"
    filled = openapi.fill(openapi_document.read(yaml_of(schema)), "POST /a", {})
    assert json.loads(filled.config["body"]) == {"on": "2026-12-31", "no": "off", "7": True}


@pytest.mark.parametrize("levels", [101, 200_000])
def test_yaml_that_is_nested_too_deeply_is_refused(levels: int) -> None:
    with pytest.raises(InvalidSettings, match=r"nested deeper than 100 levels \(line 2\)"):
        openapi_document.read(yaml_of("{}", before=f"x: {'[' * levels}{']' * levels}"))


def test_yaml_that_grows_with_its_aliases_is_refused() -> None:
    tens = [f"x{level}: &x{level} [{', '.join([f'*x{level - 1}'] * 10)}]" for level in range(1, 30)]
    with pytest.raises(InvalidSettings, match="too large once its aliases"):
        openapi_document.read(yaml_of("{example: *x29}", before="\n".join(["x0: &x0 some text", *tens])))
    few = openapi_document.read(yaml_of("{example: *x1}", before="\n".join(["x0: &x0 some text", tens[0]])))
    assert '["some text","some text"' in openapi.fill(few, "POST /a", {}).notes[-1]


def test_yaml_that_holds_itself_is_refused() -> None:
    document = openapi_document.read(yaml_of("{example: *x}", before="x: &x [*x]"))
    with pytest.raises(InvalidSettings, match="describe POST /a the way OpenAPI requires"):
        openapi.fill(document, "POST /a", {})


@pytest.mark.parametrize(("version", "is_read"), [("3.0.3", True), ("3.1.1", True), ("3.2.0", True), ("4.0.0", False)])
def test_the_versions_that_are_read_are_3_0_to_3_2(version: str, is_read: bool) -> None:
    text = json.dumps({"openapi": version, "paths": {}})
    if is_read:
        assert openapi_document.read(text)["openapi"] == version
    else:
        with pytest.raises(InvalidSettings, match=r"Use OpenAPI 3\.0 to 3\.2, or Swagger 2\.0"):
            openapi_document.read(text)


def test_the_version_of_swagger_may_be_a_number_of_yaml() -> None:
    assert openapi_document.read("swagger: 2.0\npaths: {}")["swagger"] == 2.0


def test_a_document_in_several_files_says_so() -> None:
    document = openapi_document.read("openapi: 3.0.0\npaths: {/people: {$ref: paths/people.yaml}}")
    with pytest.raises(InvalidSettings, match=r"missing from it: paths/people\.yaml\. Join its files into one"):
        openapi_document.operations(document)


def test_a_form_with_parts_in_other_files_says_so() -> None:
    document = openapi_document.read(yaml_of("{$ref: 'schemas/person.yaml#/Person'}"))
    *_, note = openapi.fill(document, "POST /a", {}).notes
    assert "schemas/person.yaml#/Person" in note


@pytest.mark.parametrize(
    ("target", "found"),
    [
        ("#/paths/~1a~1%7Bid%7D/get", {"summary": "One"}),
        ("#/servers/0", {"url": "/"}),
        ("#/servers/1", {}),
        ("other.yaml", {}),
    ],
)
def test_references_are_followed_as_json_pointers(target: str, found: dict[str, Any]) -> None:
    document = {"servers": [{"url": "/"}], "paths": {"/a/{id}": {"get": {"summary": "One"}}}}
    reader = openapi_document.Reader(document)
    assert reader.resolved({"$ref": target}) == found
    assert bool(reader.elsewhere) == (not found)


def test_what_stands_beside_a_reference_counts() -> None:
    reader = openapi_document.Reader({"a": {"type": "string", "example": "far"}})
    assert reader.resolved({"$ref": "#/a", "example": "near"}) == {"type": "string", "example": "near"}


def test_an_alternative_that_is_just_null_is_passed_over() -> None:
    schema = openapi_document.Reader({}).schema({"anyOf": [{"type": "null"}, {"type": "integer"}]})
    assert schema == {"type": "integer"}

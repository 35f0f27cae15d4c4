"""Bodies of OpenAPI operations that are no JSON: forms, with or without files, XML and text."""

from typing import Any

import pytest

from enrichment.engine.errors import InvalidSettings
from enrichment.engine.importers import openapi
from enrichment.engine.template import request

URL_ENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
CHARGE: dict[str, Any] = {
    "type": "object",
    "required": ["amount", "currency", "source"],
    "properties": {
        "amount": {"type": "integer"},
        "currency": {"type": "string", "example": "usd"},
        "source": {"type": "string"},
        "capture": {"type": "boolean"},
        "metadata": {"type": "object", "properties": {"plan": {"type": "string", "default": "pro"}}},
        "expand": {"type": "array", "items": {"type": "string"}, "default": ["customer"]},
    },
}
COLUMNS = {"Amount": "text", "Company": "text"}


def fill(kind: str, schema: object, columns: dict[str, str] = COLUMNS, **rest: Any) -> openapi.Filled:
    """What POST with a body of this type fills in."""
    chosen = rest.pop("chosen", ())
    operation = {"requestBody": {"content": {kind: {"schema": schema} | rest}}}
    whole = {"openapi": "3.1.0", "servers": [{"url": "https://a.example"}], "paths": {"/x": {"post": operation}}}
    return openapi.fill(whole, "POST /x", columns, chosen=chosen)


def pairs(filled: openapi.Filled) -> list[tuple[str, str]]:
    return [(one["name"], one["value"]) for one in filled.config["form"]]


@pytest.mark.parametrize(("kind", "body_format"), [(URL_ENCODED, "form"), (MULTIPART, "multipart")])
def test_a_form_is_filled_with_what_is_meant_alone(kind: str, body_format: str) -> None:
    filled = fill(kind, CHARGE)
    assert (filled.config["body_format"], filled.config["body"], filled.config["headers"]) == (body_format, None, [])
    assert pairs(filled) == [("amount", "{{Amount}}"), ("currency", "{{currency}}"), ("source", "{{source}}")]
    assert [one.label for one in filled.offered] == ["capture", "expand", "metadata.plan"]
    assert filled.notes == ("Choose a column for currency (such as usd), source.",)
    with pytest.raises(InvalidSettings, match=r"There is no column “currency”.*There is no column “source”"):
        request.compile(filled.config, {1: "Amount"})


@pytest.mark.parametrize(
    ("how", "written"),
    [
        ({}, [("metadata", '{"plan": "pro"}'), ("expand", "customer")]),
        ({"style": "deepObject", "explode": True}, [("metadata[plan]", "pro"), ("expand[0]", "customer")]),
        ({"style": "form"}, [("plan", "pro"), ("expand", "customer")]),
    ],
)
def test_what_was_chosen_is_written_as_the_document_says(how: dict[str, Any], written: list[tuple[str, str]]) -> None:
    schema = CHARGE | {"required": []}
    encoding = {"metadata": how, "expand": how}
    filled = fill(URL_ENCODED, schema, {}, encoding=encoding, chosen=["/metadata/plan", "/expand"])
    assert sorted(pairs(filled)) == sorted(written)


@pytest.mark.parametrize(
    ("how", "written"),
    [
        ({}, [("tags", "a"), ("tags", "b")]),
        ({"explode": False}, [("tags", "a,b")]),
        ({"style": "pipeDelimited", "explode": False}, [("tags", "a|b")]),
    ],
)
def test_a_list_is_repeated_or_joined(how: dict[str, Any], written: list[tuple[str, str]]) -> None:
    schema = {"required": ["tags"], "properties": {"tags": {"type": "array", "default": ["a", "b"]}}}
    assert pairs(fill(URL_ENCODED, schema, encoding={"tags": how})) == written


def test_json_inside_a_form_holds_no_references_that_a_quote_could_break() -> None:
    address = {"required": ["city"], "properties": {"city": {"type": "string"}}}
    filled = fill(MULTIPART, {"required": ["address"], "properties": {"address": address}})
    assert pairs(filled) == [("address", "{{address}}")]
    assert filled.notes == ("Choose a column for address.",)


@pytest.mark.parametrize(
    "file",
    [
        {"type": "string", "format": "binary"},
        {"type": "array", "items": {"type": "string", "format": "binary"}},
        {"contentMediaType": "image/png"},
    ],
)
def test_files_are_left_out_and_told(file: dict[str, Any]) -> None:
    schema = {"required": ["file", "purpose"], "properties": {"file": file, "purpose": {"const": "search"}}}
    filled = fill(MULTIPART, schema)
    assert pairs(filled) == [("purpose", "search")]
    assert filled.notes[0] == "Files were left out, because a column can't send them: file."


@pytest.mark.parametrize(
    ("consumes", "fields", "body_format"),
    [
        ([], [], "form"),
        (["multipart/form-data"], [], "multipart"),
        ([URL_ENCODED], [{"name": "doc", "in": "formData", "type": "file"}], "multipart"),
    ],
)
def test_the_form_of_swagger_2_is_read_too(consumes: list[str], fields: list[Any], body_format: str) -> None:
    parameters = [
        {"name": "company", "in": "formData", "type": "string", "required": True},
        {"name": "tags", "in": "formData", "type": "array", "items": {"type": "string"}, "default": ["a", "b"]},
        *fields,
    ]
    operation = {"parameters": parameters, "consumes": consumes}
    whole = {"swagger": "2.0", "host": "a.example", "paths": {"/x": {"post": operation}}}
    filled = openapi.fill(whole, "POST /x", COLUMNS, chosen=["/tags"])
    assert filled.config["body_format"] == body_format
    assert pairs(filled) == [("company", "{{Company}}"), ("tags", "a,b")]


def test_json_is_preferred_to_a_form_and_a_form_to_xml() -> None:
    content = {kind: {"example": {"a": 1}} for kind in ("application/xml", URL_ENCODED, "application/json")}
    operation = {"requestBody": {"content": content}}
    whole = {"openapi": "3.1.0", "servers": [{"url": "https://a.example"}], "paths": {"/x": {"post": operation}}}
    assert openapi.fill(whole, "POST /x", {}).config["body_format"] == "json"
    del content["application/json"]
    assert openapi.fill(whole, "POST /x", {}).config["body_format"] == "form"


@pytest.mark.parametrize(
    ("kind", "media", "body", "header"),
    [
        ("application/xml", {"example": "<a>1</a>"}, ("xml", "<body>{{body}}</body>"), None),
        ("text/xml", {"example": "<a>1</a>"}, ("xml", "<body>{{body}}</body>"), "text/xml"),
        ("application/soap+xml", {}, ("xml", "<body>{{body}}</body>"), "application/soap+xml"),
        ("application/xml", {"schema": {"xml": {"name": "pet"}}}, ("xml", "<pet>{{body}}</pet>"), None),
        ("text/plain", {"schema": {"type": "string"}}, ("text", "{{body}}"), None),
        ("text/csv", {"example": "a,b"}, ("text", "{{body}}"), "text/csv"),
    ],
)
def test_xml_and_text_are_left_to_write(
    kind: str, media: dict[str, Any], body: tuple[str, str], header: str | None
) -> None:
    config = fill(kind, **({"schema": {}} | media)).config
    assert (config["body_format"], config["body"]) == body
    assert config["headers"] == ([{"name": "Content-Type", "value": header}] if header else [])

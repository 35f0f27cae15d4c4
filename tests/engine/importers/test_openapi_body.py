"""Bodies from OpenAPI schemas: nothing is in them that nobody means."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.engine.errors import InvalidSettings
from enrichment.engine.importers.by_name import Columns
from enrichment.engine.importers.openapi_body import BodyBuilder
from enrichment.engine.importers.openapi_document import Reader
from enrichment.engine.importers.openapi_examples import NOTHING
from enrichment.engine.template import body

NAMED = {"Name": "text", "Size": "text", "Staff": "number", "Active": "checkbox", "Answer": "http"}


def builder(*chosen: str, columns: dict[str, str] = NAMED) -> BodyBuilder:
    return BodyBuilder(Reader({}), Columns(columns), chosen)


def text(schema: dict[str, Any], *chosen: str, **media: object) -> str | None:
    return builder(*chosen, columns={}).text({"schema": schema, **media})


def sent(schema: dict[str, Any], *chosen: str, **media: object) -> object:
    return json.loads(text(schema, *chosen, **media) or "null")


def of(required: list[str], **properties: object) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


def test_optional_fields_are_offered_and_never_sent() -> None:
    made = builder(columns={})
    schema = of([], name={"type": "string"}, size={"type": "integer", "example": 5}, kind={"enum": ["a", "b"]})
    assert made.text({"schema": schema}) is None
    assert [(one.id, one.label, one.hint) for one in made.offered.values()] == [
        ("/name", "name", "string"),
        ("/size", "size", "integer"),
        ("/kind", "kind", "one of a, b"),
    ]


def test_what_is_required_and_has_no_value_is_a_hole_that_settings_refuse() -> None:
    made = builder(columns={"Domain": "text"})
    written = made.text({"schema": of(["name", "size"], name={"type": "string"}, size={"type": "integer"})})
    assert written == '{\n  "name": "{{name}}",\n  "size": {{size}}\n}'
    with pytest.raises(InvalidSettings, match="There is no column “name”"):
        body.compile(written, {1: "Domain"})
    assert list(made.holes) == ["name", "size"]


def test_a_chosen_field_brings_its_default_or_a_hole() -> None:
    schema = of([], name={"type": "string", "example": "Acme"}, size={"type": "integer", "default": "5"})
    assert sent(schema, "/size") == {"size": 5}
    assert sent(schema, "/name") == {"name": "{{name}}"}


def test_a_chosen_field_inside_another_brings_what_is_required_beside_it() -> None:
    address = of(["city"], city={"type": "string"}, street={"type": "string"}, zip={"type": "string"})
    assert sent(of([], address=address), "/address/street") == {
        "address": {"city": "{{address.city}}", "street": "{{address.street}}"}
    }


def test_read_only_fields_are_never_sent() -> None:
    hidden = {"allOf": [{"type": "string", "readOnly": True}]}
    assert text(of(["id"], id=hidden), "/id", example={"id": "7"}) is None


@pytest.mark.parametrize(
    ("name", "schema", "filled"),
    [
        ("name", {"type": "string"}, '"{{Name}}"'),
        ("NAME_", {"type": "string"}, '"{{Name}}"'),
        ("staff", {"type": "integer"}, "{{Staff}}"),
        ("active", {"type": "boolean"}, "{{Active}}"),
        ("size", {"type": "integer"}, None),
        ("active", {"type": "integer"}, None),
        ("name", {"type": "array", "items": {"type": "string"}}, None),
        ("answer", {"type": "string"}, None),
        ("_", {"type": "string"}, None),
    ],
)
def test_a_column_fills_the_field_of_its_name_where_the_type_fits(
    name: str, schema: dict[str, Any], filled: str | None
) -> None:
    written = builder(columns={**NAMED, "?": "text"}).text({"schema": of([], **{name: schema})})
    assert written == (filled and f'{{\n  "{name}": {filled}\n}}')


def test_a_column_fills_nothing_below_the_top() -> None:
    written = builder().text({"schema": of(["owner"], owner=of(["Name"], Name={"type": "string"}))})
    assert written == '{\n  "owner": {\n    "Name": "{{owner.Name}}"\n  }\n}'


def test_the_hole_of_a_field_is_never_the_name_of_a_column() -> None:
    columns = {"size": "text", "value for size": "text"}
    assert Columns(columns).hole("size") == "{{value for value for size}}"
    assert Columns({"a": "text"}).hole("a.b") == "{{value for a.b}}"
    assert Columns(columns).hole("@1\n}}") == "{{1}}"


@pytest.mark.parametrize(
    ("schema", "given", "example"),
    [
        ({"type": "string"}, None, NOTHING),
        ({"type": "string"}, "", NOTHING),
        ({"type": "string"}, 12, "12"),
        ({"type": "string"}, ["x"], NOTHING),
        ({"type": "string"}, "{{Company}}", NOTHING),
        ({"type": "integer"}, "12", 12),
        ({"type": "integer"}, 12.0, 12),
        ({"type": "integer"}, "1e3", 1000),
        ({"type": "integer"}, 1.5, NOTHING),
        ({"type": "integer"}, True, NOTHING),
        ({"type": "integer"}, float("nan"), NOTHING),
        ({"type": "number"}, "1.5", 1.5),
        ({"type": "boolean"}, "False", False),
        ({"type": "array", "items": {"type": "integer"}}, ["1", "x"], [1]),
        ({"type": "array", "items": {"type": "string"}}, "x", ["x"]),
        ({"type": "array", "items": {"type": "string", "example": "vip"}}, None, ["vip"]),
        ({"type": "array", "items": {"type": "integer"}}, "[1, 2]", [1, 2]),
        ({"type": "object"}, {"x": None, "y": 1}, {"y": 1}),
        ({"type": "object"}, '{"y": 1}', {"y": 1}),
        ({"type": "string", "enum": ["x", "y"]}, "z", NOTHING),
        ({"type": "string", "examples": [None, "x"]}, None, "x"),
        ({"type": "string", "example": "own"}, "its", "its"),
    ],
)
def test_an_example_is_shown_as_what_is_asked_for_but_never_sent(
    schema: dict[str, Any], given: object, example: object
) -> None:
    made = builder(columns={})
    written = made.text({"schema": of(["a"], a=schema), "example": {"a": given}}) or ""
    assert written.replace('"{{a}}"', "{{a}}") == '{\n  "a": {{a}}\n}'
    assert made.holes == {"a": example}


@pytest.mark.parametrize("schema", [{"const": "x"}, {"default": "x"}, {"enum": ["x"]}, {"const": "x", "default": "y"}])
def test_what_the_document_fixes_is_sent(schema: dict[str, Any]) -> None:
    assert sent(of(["a"], a={"type": "string", **schema}), example={"a": "z"}) == {"a": "x"}


def test_a_body_that_only_an_example_describes_has_its_shape() -> None:
    example = {"name": "Acme", "size": 5, "lines": [{"sku": "A1"}], "tags": ["x"], "empty": None}
    made = builder(columns={"Name": "text"})
    written = made.text({"schema": {}, "examples": {"first": {"value": example}}})
    assert written == (
        '{\n  "name": "{{Name}}",\n  "size": {{size}},\n'
        '  "lines": [\n    {\n      "sku": "{{lines.sku}}"\n    }\n  ],\n  "tags": {{tags}}\n}'
    )
    assert made.holes == {"size": 5, "lines.sku": "A1", "tags": ["x"]}


def test_lists_of_objects_hold_one_with_what_is_required() -> None:
    lines = {"type": "array", "items": of(["sku"], sku={"type": "string"}, note={"type": "string"})}
    assert sent(of(["lines"], lines=lines)) == {"lines": [{"sku": "{{lines.sku}}"}]}
    assert sent(of(["lines"], lines=lines), example={"lines": [{"sku": "A1", "note": "n"}]}) == {
        "lines": [{"sku": "{{lines.sku}}"}]
    }


def test_a_schema_that_holds_itself_ends() -> None:
    person = of(["boss"], boss={"$ref": "#/Person"}, name={"type": "string"})
    made = BodyBuilder(Reader({"Person": person}), Columns({}), ())
    assert (made.text({"schema": person}) or "").count('"boss"') <= 9


def test_more_fields_than_anybody_reads_are_cut() -> None:
    made = builder()
    made.text({"schema": of([], **{f"f{number}": {"type": "string"} for number in range(400)})})
    assert (len(made.offered), made.is_cut) == (300, True)


KINDS = st.sampled_from(["string", "integer", "number", "boolean", "null", ["string", "null"], "odd", None])
KEYS = st.text(min_size=1, max_size=6)
SCHEMAS: st.SearchStrategy[dict[str, Any]] = st.recursive(
    st.builds(lambda kind: {"type": kind} if kind else {}, KINDS),
    lambda inner: (
        st.builds(lambda items: {"type": "array", "items": items}, inner)
        | st.dictionaries(KEYS, inner, max_size=4).flatmap(
            lambda found: st.builds(
                lambda required: {"type": "object", "properties": found, "required": required},
                st.lists(st.sampled_from(sorted(found)) if found else st.nothing(), unique=True),
            )
        )
    ),
    max_leaves=8,
)


def leaves(value: object) -> list[object]:
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return [value] if inside is None else [leaf for one in inside for leaf in leaves(one)]


@given(SCHEMAS)
def test_a_schema_without_examples_sends_references_alone(schema: dict[str, Any]) -> None:
    made = builder(columns={})
    written = made.text({"schema": schema})
    if written is not None:
        quoted = re.sub(r'(?<!")(\{\{[^{}]+\}\})(?!")', r'"\1"', written)
        assert all(re.fullmatch(r"\{\{[^{}]+\}\}", str(leaf)) for leaf in leaves(json.loads(quoted)))
        with pytest.raises(InvalidSettings):
            body.compile(written, {1: "Company"})


@given(
    SCHEMAS,
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda one: st.lists(one, max_size=3), max_leaves=5
    ),
)
def test_no_example_makes_what_is_not_json(schema: dict[str, Any], example: object) -> None:
    written = text(of(["a"], a={**schema, "example": example}))
    json.loads(re.sub(r'(?<!")(\{\{[^{}]+\}\})(?!")', r'"\1"', written or "{}"))

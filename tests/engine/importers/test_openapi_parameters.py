"""Parameters of OpenAPI operations by their place, style and explode."""

from typing import Any

import pytest

from enrichment.engine.importers.by_name import Columns
from enrichment.engine.importers.openapi_document import Reader
from enrichment.engine.importers.openapi_parameters import ParameterBuilder

IDS = {"type": "array", "items": {"type": "integer"}, "default": [1, 2]}
RANGE = {"type": "object", "properties": {"from": {"default": 1}, "to": {"type": "string"}}}


def builder(*chosen: str, version: str = "openapi") -> ParameterBuilder:
    columns = Columns({"Name": "text", "Page": "text", "Answer": "http"})
    return ParameterBuilder(Reader({version: "3.0.0"}), columns, chosen)


def pairs(parameter: dict[str, Any], *chosen: str, version: str = "openapi") -> list[tuple[str, str]]:
    place = parameter.setdefault("in", "query")
    found = builder(*chosen, version=version).pairs([{"name": "a", **parameter}], place)
    return [(pair["name"], pair["value"]) for pair in found]


def test_a_column_never_becomes_a_filter_by_accident() -> None:
    made = builder()
    assert made.pairs([{"name": "name", "in": "query", "schema": {"type": "string"}}], "query") == []
    [offered] = made.offered.values()
    assert (offered.id, offered.label, offered.hint) == ("query:name", "name", "query parameter")
    assert pairs({"name": "name"}, "query:name") == [("name", "{{Name}}")]


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ({"schema": IDS}, [("a", "1"), ("a", "2")]),
        ({"schema": IDS, "explode": False}, [("a", "1,2")]),
        ({"schema": IDS, "style": "pipeDelimited"}, [("a", "1|2")]),
        ({"schema": IDS, "style": "spaceDelimited", "explode": False}, [("a", "1 2")]),
        ({"schema": IDS, "in": "header"}, [("a", "1,2")]),
        ({"schema": RANGE, "style": "deepObject"}, [("a[from]", "1"), ("a[to]", "{{a.to}}")]),
        ({"schema": RANGE}, [("from", "1"), ("to", "{{a.to}}")]),
        ({"schema": RANGE, "explode": False}, [("a", "from,1,to,{{a.to}}")]),
        ({"content": {"application/json": {"schema": {"default": {"x": 1}}}}}, [("a", '{"x":1}')]),
        ({"schema": {"type": "integer", "example": None}}, [("a", "{{a}}")]),
        ({"examples": {"one": {"value": "x"}}}, [("a", "{{a}}")]),
        ({"schema": {"enum": ["x"]}}, [("a", "x")]),
        ({"name": "page", "schema": {"type": "integer"}}, [("page", "{{Page}}")]),
        ({"name": "page", "schema": IDS}, [("page", "1"), ("page", "2")]),
        ({"name": "answer"}, [("answer", "{{answer}}")]),
    ],
)
def test_required_parameters_are_written_by_style_and_explode(
    parameter: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert pairs({**parameter, "required": True}) == expected


@pytest.mark.parametrize(
    ("form", "expected"), [("multi", [("a", "1"), ("a", "2")]), (None, [("a", "1,2")]), ("pipes", [("a", "1|2")])]
)
def test_lists_of_swagger_follow_their_collection_format(form: str | None, expected: list[tuple[str, str]]) -> None:
    parameter = {**IDS, "required": True, **({"collectionFormat": form} if form else {})}
    assert pairs(parameter, version="swagger") == expected


@pytest.mark.parametrize(
    ("name", "style", "written"),
    [
        ("name", None, "{{Name}}"),
        ("name", "label", ".{{Name}}"),
        ("name", "matrix", ";name={{Name}}"),
        ("id", None, "{{id}}"),
    ],
)
def test_a_place_in_the_path_is_a_column_or_a_hole(name: str, style: str | None, written: str) -> None:
    parameter = {"name": name, "in": "path", "schema": {"type": "string"}} | ({"style": style} if style else {})
    made = builder()
    assert made.in_path(name, [parameter]) == written
    assert list(made.holes) == ([] if name == "name" else ["id"])


def test_the_example_of_a_required_parameter_is_shown_but_not_sent() -> None:
    made = builder()
    team = {"name": "X-Team", "in": "header", "required": True, "example": "growth"}
    assert made.pairs([team], "header") == [{"name": "X-Team", "value": "{{X-Team}}"}]
    assert made.holes == {"X-Team": "growth"}


@pytest.mark.parametrize(
    ("described", "joined"),
    [
        ({"style": "pipeDelimited", "explode": False}, {"a": "|"}),
        ({"explode": False}, {"a": ","}),
        ({"in": "header"}, {"a": ","}),
        ({}, {}),
    ],
)
def test_a_list_that_is_joined_is_told_where_a_column_stands_for_it(
    described: dict[str, Any], joined: dict[str, str]
) -> None:
    """A reference to a list repeats its name."""
    made = builder()
    place = described.get("in", "query")
    parameter = {"name": "a", "in": place, "required": True, "schema": {"type": "array"}, **described}
    made.pairs([parameter], place)
    assert made.joined == joined

"""What is sent of each row of a batch, and the marks around it."""

from typing import Any

import pytest

from enrichment.engine.errors import InvalidSettings, RenderError
from enrichment.engine.messages import Request
from enrichment.engine.template import request
from enrichment.engine.template.request import RequestTemplate

NAMES = {1: "Id", 2: "Name"}
ROWS: list[dict[int, object]] = [{1: "a,b", 2: 'say "hi"'}, {1: "7", 2: None}]


def template(**config: Any) -> RequestTemplate:
    empty: dict[str, Any] = {
        "query": [],
        "headers": [],
        "body_format": "json",
        "body": None,
        "form": [],
        "remove_null": False,
    }
    return request.compile({"method": "POST", "url": "https://a.example/x"} | empty | config, NAMES)


def sent(rows: list[dict[int, object]] = ROWS, **config: Any) -> Request:
    made = template(**config)
    return made.render(made.batch_of([made.element(row) for row in rows])).request


def test_a_list_of_a_body_holds_an_element_for_each_row() -> None:
    body = '{"all": [{{#rows}} {"id": "{{Id}}", "name": "{{Name}}"} {{/rows}}]}'
    assert sent(body=body).body == (b'{"all": [{"id": "a,b", "name": "say \\"hi\\""}, {"id": "7", "name": ""}]}')
    assert template(body=body).column_ids == {1, 2}


def test_values_and_other_items_may_stand_in_the_list_too() -> None:
    assert sent(ROWS[1:], body='["head", {{#rows}}{{Id}}{{/rows}}]').body == b'["head", 7]'


def test_what_is_empty_is_removed_from_each_element_and_never_an_element() -> None:
    body = '[{{#rows}}{"name": "{{Name}}"}{{/rows}}]'
    assert sent(body=body, remove_null=True).body == b'[{"name": "say \\"hi\\""}, {}]'


@pytest.mark.parametrize(
    ("config", "url"),
    [
        ({"url": "https://a.example/x/{{#rows ,}}{{Id}}{{/rows}}/y"}, "https://a.example/x/a%2Cb,7/y"),
        ({"url": "https://a.example/x?ids={{#rows ,}}{{Id}}{{/rows}}&z=1"}, "https://a.example/x?ids=a%2Cb,7&z=1"),
        ({"url": "https://a.example/x?{{#rows &}}id={{Id}}{{/rows}}&z=1"}, "https://a.example/x?id=a%2Cb&id=7&z=1"),
        ({"url": "https://a.example/x?q={{#rows  OR }}{{Id}}{{/rows}}"}, "https://a.example/x?q=a%2Cb%20OR%207"),
        (
            {"query": [{"name": "q", "value": "{{#rows |}}'{{Id}}'{{/rows}}"}]},
            "https://a.example/x?q=%27a%2Cb%27%7C%277%27",
        ),
    ],
)
def test_rows_are_joined_in_an_address_and_their_values_are_encoded(config: dict[str, Any], url: str) -> None:
    assert sent(**config).url == url


def test_a_row_of_which_nothing_would_be_sent_has_no_place_in_an_address() -> None:
    with pytest.raises(RenderError, match="Name is empty"):
        template(query=[{"name": "q", "value": "{{#rows ,}}{{Name}}{{/rows}}"}]).element(ROWS[1])


@pytest.mark.parametrize(
    ("config", "words", "fixed"),
    [
        ({"body": '{"a": {{#rows}}{{Id}}{{/rows}}}'}, "in a list, around", "[{{#rows}}{{Id}}{{/rows}}]"),
        ({"body": '["{{#rows}}{{Id}}{{/rows}}"]'}, "can't stand inside quotes", None),
        ({"body": "[{{#rows ,}}{{Id}}{{/rows}}]"}, "sets the commas", "{{#rows}}"),
        ({"body": "[{{#rows}}{{Id}},{{/rows}}]"}, "sets the commas", ""),
        ({"body": "[{{#rows}}{{Id}}]"}, "never closed", None),
        ({"body": "[{{/rows}}]"}, "closes nothing", None),
        ({"body": "[{{#rows}}{{/rows}}]"}, "Nothing stands between", ""),
        ({"body": "[{{#rows}}[{{#rows}}{{Id}}{{/rows}}]{{/rows}}]"}, "inside another", None),
        ({"url": "https://a.example/{{#rows}}{{Id}}{{/rows}}"}, "what stands between the rows", "{{#rows ,}}"),
        ({"url": "https://a.example/{{#rows ,}}{{Id}}"}, "never closed", None),
        ({"url": "https://a.example/{{Id}}{{/rows}}"}, "closes nothing", None),
        ({"url": "https://{{#rows ,}}{{Id}}{{/rows}}.a.example/"}, "can stand only in", None),
        ({"headers": [{"name": "X", "value": "{{#rows ,}}{{Id}}{{/rows}}"}]}, "can stand only in", None),
        ({"body_format": "text", "body": "{{#rows ,}}{{Id}}{{/rows}}"}, "can stand only in", None),
    ],
)
def test_a_mark_that_cannot_stand_there_is_told_with_its_place(
    config: dict[str, Any], words: str, fixed: str | None
) -> None:
    with pytest.raises(InvalidSettings) as found:
        template(**config)
    problem = found.value.problems[0]
    assert words in problem.message
    assert problem.offset is not None
    assert (problem.edit.text if problem.edit else None) == fixed

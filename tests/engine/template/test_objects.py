"""What is offered instead of an object where only text can stand."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.engine.errors import RenderError
from enrichment.engine.template import objects, references, request
from enrichment.engine.template.references import Names

NAMES = Names({1: "Create contact"})


def refused(template: str, value: object) -> RenderError:
    config = {"method": "GET", "url": "https://api.example/", "headers": [{"name": "X", "value": template}]}
    with pytest.raises(RenderError) as caught:
        request.compile(config, NAMES).render({1: value})
    return caught.value


def test_the_message_names_the_fields_and_each_is_one_click() -> None:
    error = refused("Contact {{Create contact}}", {"data": {"id": 7, "email": "a@b.example"}, "links": []})
    assert error.message == "Create contact holds an object. Choose a field: data.id, data.email"
    assert error.problem
    assert error.problem.field == "headers.0.value"
    assert [(choice.label, choice.text) for choice in error.problem.choices] == [
        ("data.id", "{{Create contact.data.id}}"),
        ("data.email", "{{Create contact.data.email}}"),
    ]


def test_the_fields_nearest_to_the_top_come_first_and_not_all_of_them() -> None:
    value = {"deep": {"a": 1}, "none": None, "blank": "", "list": [{"x": 1}, {"x": 2}]}
    assert objects.fields_of(value) == ["deep.a", "list[0].x"]
    many = {f"k{number}": number for number in range(100_000)}
    error = refused("{{Create contact}}", many)
    assert error.message.endswith("Choose a field: k0, k1, k2…")
    assert error.problem
    assert len(error.problem.choices) == objects.MOST_OFFERED


def test_a_path_goes_on_from_where_the_reference_led() -> None:
    error = refused("{{Create contact.data}}", {"data": {"id": 7}})
    assert error.problem
    assert error.problem.choices[0].text == "{{Create contact.data.id}}"


def test_of_every_item_the_first_one_is_offered() -> None:
    error = refused("{{Create contact.items[*].name}}", {"items": [{"name": {"first": "Sam"}}]})
    assert error.problem
    assert error.problem.choices[0].text == "{{Create contact.items[0].name.first}}"


@pytest.mark.parametrize("value", [{}, [], {"a": None}, {"a": [{}]}])
def test_what_holds_nothing_offers_nothing(value: object) -> None:
    error = refused("{{Create contact}}", value)
    assert "without a value to send" in error.message
    assert error.problem
    assert error.problem.choices == ()


KEYS = st.text(min_size=1, max_size=6)


@given(st.recursive(st.integers(), lambda inner: st.dictionaries(KEYS, inner, min_size=1, max_size=3), max_leaves=5))
def test_whatever_is_offered_leads_to_its_value(value: object) -> None:
    if not isinstance(value, dict):
        return
    error = refused("{{Create contact}}", value)
    assert error.problem
    for choice in error.problem.choices:
        parts, problems = references.parse(choice.text, NAMES)
        assert problems == []
        [hole] = parts
        assert isinstance(hole, references.Hole)
        assert isinstance(hole.value({1: value}, {}), int)


def test_the_choices_are_part_of_the_problem_in_the_api() -> None:
    error = refused("{{Create contact}}", {"id": 7})
    assert error.problem
    assert json.loads(json.dumps(error.problem.as_json()))["choices"] == [
        {"offset": 0, "length": 18, "text": "{{Create contact.id}}", "label": "id"}
    ]

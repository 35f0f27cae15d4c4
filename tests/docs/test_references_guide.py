"""Every example of the guide on references does what it promises."""

import json
import re
from pathlib import Path

import pytest

from enrichment.engine.errors import Edit, InvalidSettings, RenderError
from enrichment.engine.template import body, request

GUIDE = (Path(__file__).parents[2] / "docs/guide/references.md").read_text()
TABLES = [
    [[part.strip("` ") for part in line.strip("| ").split(" | ")] for line in block.splitlines()[2:]]
    for block in re.findall(r"(?:^\|.*\n)+", GUIDE, re.MULTILINE)
]
CELLS, PATHS, QUOTED, BARE, ROW_ERRORS, MISTAKES, REMOVED, FORMS, XML, ADDRESSES, FROM_CELLS, HABITS = TABLES
NAMES = {number: name for number, (name, _) in enumerate(CELLS, 1)}
ROW: dict[int, object] = {number: json.loads(value) for number, (_, value) in enumerate(CELLS, 1)}


def sent(template: str, *, remove_null: bool = False) -> str:
    config = {
        "method": "POST",
        "url": "https://api.example",
        "query": [],
        "headers": [],
        "body": template,
        "remove_null": remove_null,
    }
    rendered = request.compile(config, NAMES).render(ROW).request.body
    assert rendered is not None
    return json.dumps(json.loads(rendered), separators=(",", ":"))


def mended(template: str, edit: Edit | None) -> str:
    assert edit
    return template[: edit.offset] + edit.text + template[edit.offset + edit.length :]


@pytest.mark.parametrize(("reference", "gives"), PATHS)
def test_a_reference_reaches_into_a_result(reference: str, gives: str) -> None:
    assert json.loads(sent(f'["{reference}"]')) == ["" if gives == "nothing" else gives]


@pytest.mark.parametrize(("template", "promised"), QUOTED + BARE)
def test_a_body_sends_what_it_promises(template: str, promised: str) -> None:
    assert sent(template) == promised


@pytest.mark.parametrize(("template", "words", "fixed"), ROW_ERRORS)
def test_a_value_in_the_wrong_place_is_mended_by_one_click(template: str, words: str, fixed: str) -> None:
    with pytest.raises(RenderError, match=words) as caught:
        sent(template)
    problem = caught.value.problem
    assert problem
    assert mended(template, problem.edit or problem.choices[0]) == fixed


@pytest.mark.parametrize(("template", "fixed"), MISTAKES)
def test_a_mistake_is_mended_by_its_clicks(template: str, fixed: str) -> None:
    for _ in range(4):
        try:
            body.compile(template, NAMES)
        except InvalidSettings as error:
            template = mended(template, next(problem.edit for problem in error.problems if problem.edit))
    assert template == fixed


@pytest.mark.parametrize(("template", "meant"), HABITS)
def test_a_column_in_the_notation_of_clay_becomes_a_reference(template: str, meant: str) -> None:
    while template != meant:
        try:
            problems = list(body.compile(template, NAMES).warnings)
        except InvalidSettings as error:
            problems = error.problems
        template = mended(template, problems[0].edit or problems[0].choices[0])
    body.compile(template, NAMES)


@pytest.mark.parametrize(("template", "promised"), REMOVED)
def test_what_has_no_value_is_not_sent(template: str, promised: str) -> None:
    assert sent(template, remove_null=True) == promised


@pytest.mark.parametrize(("name", "value", "promised"), FORMS)
def test_a_form_sends_what_it_promises(name: str, value: str, promised: str) -> None:
    form = [{"name": name, "value": value}]
    config = {"method": "POST", "url": "https://api.example", "body_format": "form", "form": form}
    assert request.compile(config, NAMES).render(ROW).request.body == promised.encode()


@pytest.mark.parametrize(("template", "promised"), XML)
def test_xml_sends_what_it_promises(template: str, promised: str) -> None:
    config = {"method": "POST", "url": "https://api.example", "body_format": "xml", "body": template}
    assert request.compile(config, NAMES).render(ROW).request.body == promised.encode()


@pytest.mark.parametrize(("address", "promised"), ADDRESSES + FROM_CELLS)
def test_an_address_calls_what_it_promises(address: str, promised: str) -> None:
    config: dict[str, object] = {"method": "GET", "url": address, "url_from_cell": [address, promised] in FROM_CELLS}
    assert request.compile(config, NAMES).render(ROW).request.url == promised

"""Columns in a request by the habits of Clay: asked about where they may be meant, told where they must be."""

from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from enrichment.engine.errors import Edit, InvalidSettings, Problem
from enrichment.engine.template import request

NAMES = {
    1: "Company",
    2: "City",
    3: "Company name",
    4: "Domain",
    5: "Größe",
    6: "Create contact",
    7: "Revenue (€)",
    8: "id",
    9: "Yes/No",
    10: "first_name",
}
VALUES: dict[int, object] = {pk: f"value {pk}" for pk in NAMES}

type Config = dict[str, Any]


def config(**settings: Any) -> Config:
    base: Config = {"method": "POST", "url": "https://api.example/v1", "body_format": "json", "body": None}
    return base | {"query": [], "headers": [], "form": []} | settings


def problems(settings: Config) -> list[Problem]:
    try:
        return list(request.compile(settings, NAMES).warnings)
    except InvalidSettings as error:
        return error.problems


def edited(settings: Config, field: str, edit: Edit) -> Config:
    """What a click on the fix makes of the settings."""
    name, *rest = field.split(".")
    if rest:
        rows = [dict(row) for row in settings[name]]
        rows[int(rest[0])][rest[1]] = _edited(rows[int(rest[0])][rest[1]], edit)
        return settings | {name: rows}
    return settings | {name: _edited(settings[name], edit)}


def _edited(text: str, edit: Edit) -> str:
    return text[: edit.offset] + edit.text + text[edit.offset + edit.length :]


def fixed(settings: Config) -> Config:
    """The settings after every fix was clicked; of several choices the last, which puts the column in quotes."""
    for _ in range(10):
        fixable = [(one, edit) for one in problems(settings) for edit in (one.edit, *one.choices) if edit]
        if not fixable:
            return settings
        problem, edit = fixable[-1] if fixable[0][0].choices else fixable[0]
        settings = edited(settings, problem.field, edit)
    raise AssertionError(settings)


@pytest.mark.parametrize(
    ("body", "meant"),
    [
        ('{"a": "/Company"}', '{"a": "{{Company}}"}'),
        ('{"a": "/company"}', '{"a": "{{Company}}"}'),
        ('{"a": "/Company name!"}', '{"a": "{{Company name}}!"}'),
        ('{"a": "/Company names"}', '{"a": "{{Company}} names"}'),
        ('{"a": "/Company_name"}', '{"a": "{{Company name}}"}'),
        ('{"a": "/first name"}', '{"a": "{{first_name}}"}'),
        ('{"a": "Dear /Company, from /City."}', '{"a": "Dear {{Company}}, from {{City}}."}'),
        ('{"a": "/Company//City"}', '{"a": "{{Company}}/{{City}}"}'),
        ('{"a": "Hello\\n/City"}', '{"a": "Hello\\n{{City}}"}'),
        ('{"a": "/Gro\u0308ße, /GRÖßE"}', '{"a": "{{Größe}}, {{Größe}}"}'),
        ('{"a": "/Revenue (€)."}', '{"a": "{{Revenue (€)}}."}'),
        ('{"a": "/Yes/No"}', '{"a": "{{Yes/No}}"}'),
        ('{"a": "/Create contact.data.id"}', '{"a": "{{Create contact.data.id}}"}'),
        ('{"a": "{Company}"}', '{"a": "{{Company}}"}'),
        ('{"a": "{{Company}", "b": "{ {City} }"}', '{"a": "{{Company}}", "b": "{{City}}"}'),
        ('{"a": "{{/Company}}", "b": "{{ CITY }}"}', '{"a": "{{Company}}", "b": "{{City}}"}'),
        ('{"a": /Company}', '{"a": "{{Company}}"}'),
        ('{"a": {Company}}', '{"a": "{{Company}}"}'),
        ('{"a": [/Create contact, {City}]}', '{"a": ["{{Create contact}}", "{{City}}"]}'),
        ('{"a": Hello /Company}', '{"a": "Hello {{Company}}"}'),
        ('{"a": {Company} {City}}', '{"a": "{{Company}} {{City}}"}'),
        ("{/Company: 1}", '{"{{Company}}": 1}'),
    ],
)
def test_the_fixes_put_the_column_into_a_json_body(body: str, meant: str) -> None:
    assert problems(config(body=body))
    assert fixed(config(body=body))["body"] == meant


def test_out_of_quotes_only_the_user_knows_whether_the_column_holds_text() -> None:
    [problem] = problems(config(body='{"a": /Company}'))
    assert (problem.severity, problem.edit) == ("error", None)
    assert [choice.text for choice in problem.choices] == ["{{Company}}", '"{{Company}}"']
    assert all(choice.label != "Add quotes" for choice in problem.choices)


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("https://api.example/contacts//Create contact", "https://api.example/contacts/{{Create contact}}"),
        ("https://api.example/contacts//create%20contact?a=1", "https://api.example/contacts/{{Create contact}}?a=1"),
        ("https://api.example/{domain}/x//City", "https://api.example/{{Domain}}/x/{{City}}"),
        ("https://api.example//company/contacts", "https://api.example/{{Company}}/contacts"),
        ("https://api.example/companies/Domain", "https://api.example/companies/{{Domain}}"),
        ("https://api.example/x?a=/domain&b={City}&c=x", "https://api.example/x?a={{Domain}}&b={{City}}&c=x"),
        ("{{Domain}}//City", "{{Domain}}/{{City}}"),
    ],
)
def test_the_fixes_put_the_column_into_an_address(url: str, meant: str) -> None:
    settings = config(url=url, url_from_cell=url.startswith("{{"))
    assert {problem.severity for problem in problems(settings)} == {"warning"}
    assert fixed(settings)["url"] == meant


@pytest.mark.parametrize("url", ["/Domain", "{Domain}", "/domain?a=1"])
def test_a_column_as_the_whole_address_is_told_instead_of_its_missing_start(url: str) -> None:
    [problem] = problems(config(url=url))
    assert problem.edit
    assert problem.edit.text == "{{Domain}}"


@pytest.mark.parametrize(
    "settings",
    [
        config(query=[{"name": "a", "value": "/Company"}]),
        config(headers=[{"name": "a", "value": "b"}, {"name": "b", "value": "Bearer {Company}"}]),
        config(body_format="form", form=[{"name": "a", "value": "x /company"}]),
        config(body_format="multipart", form=[{"name": "a", "value": "/Company"}]),
        config(body_format="xml", body="<a b='/Company'>{Company}</a>"),
        config(body_format="text", body="Dear /Company,\nhello"),
    ],
)
def test_every_text_of_a_request_is_asked_about(settings: Config) -> None:
    assert {problem.severity for problem in problems(settings)} == {"warning"}
    compiled = request.compile(fixed(settings), NAMES)
    assert 1 in compiled.column_ids
    assert not compiled.warnings
    sent = compiled.render(VALUES).request
    everything = f"{sent.url} {sent.headers} {sent.body!r}"
    assert "ompany" not in everything
    assert "value" in everything


@pytest.mark.parametrize(
    "settings",
    [
        *(
            config(url=f"https://api.example/{path}")
            for path in (
                "company/1",
                "Company/1",
                "company",
                "company/?x=1",
                "v1/city/id",
                "id",
                "companyies/Companies",
                "a/Company.json",
                "x?path=a/Company&y=https://x.example/Company",
                "https://x.example/Company/1",
            )
        ),
        config(headers=[{"name": "Accept", "value": "application/id, text/city"}]),
        config(query=[{"name": "a", "value": "https://company.example/company/City"}]),
        config(body='{"a": "/company/1", "b": "/Company.html", "c": "a/City", "d": "</City>", "e": "$10/City"}'),
        config(body='{"query": "query { company(id: 1) { id city { id } } }", "q": "{company{id}}"}'),
        config(body='{"a": "made for ${Company}", "b": "{Company name", "c": "/Company-wide", "d": "/Companyx"}'),
        config(body_format="xml", body="<City><id>1</id><Company/></City>"),
        config(body_format="none", body="/Company"),
    ],
)
def test_what_is_plainly_something_else_is_left_alone(settings: Config) -> None:
    assert problems(settings) == []


def test_a_calculation_is_said_to_be_sent_as_text() -> None:
    [problem] = problems(config(body='{"a": "=UPPER({{Company}}) "}'))
    assert (problem.severity, problem.offset, problem.length) == ("warning", 7, len("=UPPER({{Company}})"))
    assert "“=UPPER(…)” is sent as plain text" in problem.message
    [problem] = problems(config(query=[{"name": "a", "value": "=LOWER(/City)"}]))
    assert problem.field == "query.0.value"


def test_a_question_stands_beside_the_errors_of_other_fields() -> None:
    found = problems(config(url="", body='{"a": "/Company"}', query=[{"name": "a", "value": "/City"}]))
    assert [(problem.field, problem.severity) for problem in found] == [
        ("url", "error"),
        ("query.0.value", "warning"),
    ]


def test_a_connection_has_no_columns_to_be_asked_about() -> None:
    request.compile(config(body='{"a": "/Company"}'), NAMES, secrets=True)


words = (
    st.text("abcABCäöüßéçñ0123456789()€%&.,;:!?'*+@#~ -_", min_size=1, max_size=12)
    .map(str.strip)
    .filter(lambda name: any(sign.isalnum() for sign in name))
)


@given(st.lists(words, min_size=1, max_size=6, unique_by=str.casefold), st.data())
def test_a_column_of_any_name_is_found_and_filled_in(names: list[str], data: st.DataObject) -> None:
    columns = dict(enumerate(names, 1))
    pk = data.draw(st.sampled_from(sorted(columns)))
    values = {other: f"<{other}>" for other in columns}
    written = data.draw(st.sampled_from([f"/{names[pk - 1]}", f"{{{names[pk - 1]}}}"]))
    settings = config(body_format="text", body=f"Dear {written}")
    [problem] = request.compile(settings, columns).warnings
    assert problem.edit
    settings = edited(settings, "body", problem.edit)
    assert request.compile(settings, columns).render(values).request.body == f"Dear <{pk}>".encode()


@given(
    st.lists(st.text("abcdefghijklmnopqrstuvwxyz0123456789-_.~", min_size=1), min_size=1, max_size=5),
    st.lists(st.text("abcdefghijklmnopqrstuvwxyz-_", min_size=1, max_size=8), min_size=1),
)
@example(["0~"], ["a"])
@example(["1.0"], ["a"])
def test_a_plain_path_is_never_asked_about(segments: list[str], names: list[str]) -> None:
    columns = dict(enumerate([*names, *(segment.title() for segment in segments)]))
    assume(all(segment.strip(".") for segment in segments))
    url = "https://api.example/" + "/".join(segments)
    assert request.compile(config(url=url), columns).warnings == ()


@given(st.text("/{}= \"'\\abAB\n.,:<>[]()$%?", max_size=30))
def test_no_text_is_kept_from_being_sent(text: str) -> None:
    columns = {1: "a", 2: "A b", 3: "B"}
    settings = config(body_format="text", body=text + "x", query=[{"name": "q", "value": text}])
    if "{{" not in text:
        request.compile(settings, columns)

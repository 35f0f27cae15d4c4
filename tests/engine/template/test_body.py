import json
from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.engine.errors import InvalidSettings, Problem, RenderError
from enrichment.engine.template import body, body_parser
from enrichment.engine.template.references import Reason, Unavailable

NAMES = {1: "A", 2: "B", 3: "Zip"}


def render(template: str, *, remove_null: bool = False, **values: object) -> str:
    filled = {pk: values[name] for pk, name in NAMES.items() if name in values}
    return body.compile(template, NAMES).render(filled, remove_null=remove_null)[0].decode()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ('x"y', 'x\\"y'),
        ("a\\b\nc", "a\\\\b\\nc"),
        (30, "30"),
        (3.0, "3"),
        (1.5, "1.5"),
        (-0.0, "0"),
        (1e300, "1e+300"),
        (12345678901234567890123, "12345678901234567890123"),
        (True, "true"),
        (None, ""),
        ("", ""),
        (date(2026, 1, 2), "2026-01-02"),
        (datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=2))), "2026-01-02T01:00:00Z"),
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=2))), "0001-01-01T00:00:00+02:00"),
        ("\ud800", "�"),
    ],
)
def test_in_quotes_everything_is_text(value: object, text: str) -> None:
    assert render('{"a": "{{A}}"}', A=value) == f'{{"a": "{text}"}}'


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        (30, "30"),
        (True, "true"),
        (None, "null"),
        ("", "null"),
        ("  ", "null"),
        ("30", "30"),
        (" 1.10 ", "1.10"),
        ("12345678901234567890", "12345678901234567890"),
        ("TRUE", "true"),
        ("null", "null"),
        ("-1e5", "-1e5"),
        ({"a": None}, '{"a":null}'),
        ([1, "x"], '[1,"x"]'),
    ],
)
def test_out_of_quotes_a_value_is_a_literal(value: object, literal: str) -> None:
    assert render('{"a": {{A}}}', A=value) == f'{{"a": {literal}}}'


@pytest.mark.parametrize(
    "value",
    ["0042", "1,200", "+5", "Sam", '{"a":1}', "1e999", "NaN", "-", ".5", "５", float("nan"), float("inf"), date.min],
)
def test_out_of_quotes_what_is_no_literal_is_refused(value: object) -> None:
    with pytest.raises(RenderError):
        render('{"a": {{A}}}', A=value)


def test_leading_zeros_offer_quotes_at_the_reference() -> None:
    with pytest.raises(RenderError, match="Zip is “0042”, which has leading zeros") as caught:
        render('{\n  "z": {{Zip}}\n}', Zip="0042")
    problem = caught.value.problem
    assert problem
    assert (problem.line, problem.column, problem.fix) == (2, 8, "Add quotes")
    assert problem.edit
    assert problem.edit.text == '"{{Zip}}"'


def test_a_failed_input_is_named() -> None:
    with pytest.raises(RenderError, match="Profile failed: 404"):
        render('{"a": "{{A}}"}', A=Unavailable("Profile", Reason.FAILED, "404"))


def test_keys_take_references_and_cannot_be_empty_or_the_same() -> None:
    assert render('{"x-{{A}}": 1}', A="k") == '{"x-k": 1}'
    with pytest.raises(RenderError, match="empty"):
        render('{"{{A}}": 1}', A="")
    with pytest.raises(RenderError, match="twice"):
        render('{"k": 1, "{{A}}": 2}', A="k")


def test_a_literal_pair_of_braces_can_be_written() -> None:
    assert json.loads(render('{"a": "\\u007b{x}}"}')) == {"a": "{{x}}"}


@pytest.mark.parametrize(
    ("template", "values", "rendered"),
    [
        ('{"a": "{{A}}", "b": 1}', {"A": ""}, {"b": 1}),
        ('{"a": "{{A}} {{B}}"}', {"A": "", "B": None}, {}),
        ('{"a": "x{{A}}"}', {"A": ""}, {"a": "x"}),
        ('{"a": {"b": {{A}}}, "c": null, "d": ""}', {"A": None}, {}),
        ('{"a": {}, "b": [], "c": 0, "d": false, "e": " "}', {}, {"a": {}, "b": [], "c": 0, "d": False, "e": " "}),
        ('{"a": [{{A}}, {"b": null}, 1]}', {"A": None}, {"a": [None, {}, 1]}),
        ('{"a": {{A}}}', {"A": {"x": None, "y": {"z": ""}, "k": [None, {"q": None}]}}, {"a": {"k": [None, {}]}}),
        ('{"a": "{{A}}"}', {"A": " "}, {"a": " "}),
        ('{"": 1, "k{{A}}": 2}', {"A": ""}, {"": 1, "k": 2}),
        ("null", {}, None),
        ("{{A}}", {"A": ""}, None),
    ],
)
def test_removal_takes_what_is_empty_and_nothing_else(
    template: str, values: dict[str, object], rendered: object
) -> None:
    assert json.loads(render(template, remove_null=True, **values)) == rendered


@pytest.mark.parametrize("remove_null", [False, True])
def test_a_key_that_stands_twice_is_sent_twice_and_warned_of_at_its_place(remove_null: bool) -> None:
    template = '{"a": 1, "b": {"c": 1, "\\u0063": {{A}}}}'
    root, problems = body_parser.parse(template, NAMES)
    assert root is not None
    assert [(problem.severity, problem.offset, problem.length) for problem in problems] == [("warning", 23, 8)]
    assert "Both are sent" in problems[0].message
    assert render(template, remove_null=remove_null, A=2) == '{"a": 1, "b": {"c": 1, "c": 2}}'


def test_the_removed_places_are_told() -> None:
    _, removed = body.compile('{"a": {"b": {{A}}}, "c": "{{B}}"}', NAMES).render({1: None, 2: "x"}, remove_null=True)
    assert removed == ["a.b", "a"]


WRONG = [
    "{'a': 1}",
    "{“a”: “b”}",
    "{a: 1}",
    '{"a": Hi {{A}}}',
    '{"a": {{A}}0}',
    '{"a": 007}',
    '{"a": True}',
    '{"a": undefined, "b": NaN}',
    '{"a": 1,}',
    '{"a": 1,, "b": 2}',
    '{"a": 1 "b": 2}',
    '{"a" 1}',
    '{"a"= 1; "b": 2}',
    '{"a": 1]',
    '{"a": [1, 2}',
    '{"a": [1, 2',
    '{"a": "x}',
    '{"a": "x,\n "b": 1}',
    '{"a": "x\ny"}',
    '{"a": "\t"}',
    '{"a": "\\q"}',
    '{"a": 1} x',
    '{"a": 1 /* why */}',
    '{"a": 1} // why',
    '\ufeff{"a": 1}',
    '{"a":\u00a01}',
    '{"a"：1，"b": 2}',
    '{"a": }',
    '{"a": {{Compny}}}',
    "",
    "[1, 2,]",
]
FIXED = [
    ('{"name": {{A}} Smith}', '{"name": "{{A}} Smith"}'),
    ('{"a": "he said "hi" to me", "b": 1}', '{"a": "he said \\"hi\\" to me", "b": 1}'),
    ('{"a": "{{A}}" "b": 2}', '{"a": "{{A}}", "b": 2}'),
    ('{"a":"{{A}}}', '{"a":"{{A}}"}'),
    ('{"a":"x\\"}', '{"a":"x\\""}'),
    ('{"a":{{A}', '{"a":{{A}}}'),
    ('{"a":{ {A} }}', '{"a":{{A}}}'),
    ("[1 2 true]", "[1, 2, true]"),
    ("[.5, 5., +5, 0x1F, 1_000, -.5e3]", "[0.5, 5, 5, 31, 1000, -0.5e3]"),
    ('{"a":1]]', '{"a":1}'),
    ("{a: `x`, ‘b’: nil}", '{"a": "x", "b": null}'),
    ('{"a": 1, // why\n "b": 2}', '{"a": 1, \n "b": 2}'),
    ('{"{{A}}": 1 "{{B}}": 2}', '{"{{A}}": 1, "{{B}}": 2}'),
    ('{"a": "C:\\path"}', '{"a": "C:\\\\path"}'),
]


def test_a_value_without_end_and_numbers_that_json_lacks_are_refused() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    for value in (deep, [float("nan")], {"a": float("inf")}):
        for template in ('{"a": {{A}}}', '{"a": "{{A}}"}'):
            for remove_null in (False, True):
                with pytest.raises(RenderError):
                    render(template, remove_null=remove_null, A=value)


def test_places_count_in_the_text_that_the_user_sees() -> None:
    stored = '{"a": "{{@1}}", "z": {{@3}}}'
    with pytest.raises(RenderError) as caught:
        body.compile(stored, NAMES).render({3: "0042"})
    problem = caught.value.problem
    assert problem
    assert problem.edit
    assert problem.offset == '{"a": "{{A}}", "z": {{Zip}}}'.index("{{Zip}}")
    assert problem.edit.text == '"{{Zip}}"'
    with pytest.raises(InvalidSettings) as refused:
        body.compile('{"a": "{{@1}}", "z": x}', NAMES)
    assert refused.value.problems[0].offset == '{"a": "{{A}}", "z": x}'.index("x")


@pytest.mark.parametrize("template", WRONG)
def test_a_wrong_body_is_told_at_its_place_and_each_fix_helps(template: str) -> None:
    """Fix after fix, taken as offered, the body becomes right."""
    for _ in range(20):
        try:
            body.compile(template, NAMES | {4: "Company"})
            return
        except InvalidSettings as error:
            problem = next(problem for problem in error.problems if problem.edit)
            assert problem.line
            assert problem.column
            edit = problem.edit
            assert edit
            template = template[: edit.offset] + edit.text + template[edit.offset + edit.length :]
    pytest.fail(f"still wrong: {template}")


@pytest.mark.parametrize(("template", "fixed"), FIXED)
def test_the_fixes_say_what_was_meant(template: str, fixed: str) -> None:
    for _ in range(10):
        try:
            body.compile(template, NAMES)
            break
        except InvalidSettings as error:
            edit = error.problems[0].edit
            assert edit
            template = template[: edit.offset] + edit.text + template[edit.offset + edit.length :]
    assert template == fixed


@pytest.mark.parametrize("template", ["<a>{{A}}</a>", "name={{A}}&x=1", '<?xml version="1.0"?>'])
def test_a_body_that_is_no_json_at_all_is_one_problem(template: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        body.compile(template, NAMES)
    assert len(caught.value.problems) == 1


def test_several_problems_are_told_at_once() -> None:
    with pytest.raises(InvalidSettings) as caught:
        body.compile("{\n  a: 1,\n  'b': 007,\n  \"c\" True\n}", NAMES)
    assert [problem.line for problem in caught.value.problems] == [2, 3, 3, 4, 4]


def test_a_key_that_comes_twice_is_a_warning() -> None:
    [problem] = body.compile('{"a": 1, "a": 2}', NAMES).warnings
    assert problem.severity == "warning"


def test_a_body_may_not_be_nested_without_end() -> None:
    with pytest.raises(InvalidSettings, match="nested"):
        body.compile("[" * 200 + "]" * 200, NAMES)


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text(max_size=3), max_size=3)
TEMPLATE = '{"a": "{{A}}", "b": ["{{B}} and {{A}}", {"c": "x"}], "n": {{Zip}}}'


@given(VALUES, VALUES, VALUES, st.booleans())
def test_no_cell_can_change_the_structure_of_a_body(a: object, b: object, n: object, remove_null: bool) -> None:
    try:
        rendered = body.compile(TEMPLATE, NAMES).render({1: a, 2: b, 3: n}, remove_null=remove_null)[0]
    except RenderError:
        return
    value = json.loads(rendered)
    assert set(value) <= {"a", "b", "n"}
    assert len(value["b"]) == 2
    assert value["b"][1] == {"c": "x"}
    assert isinstance(value.get("a", ""), str)
    assert isinstance(value["b"][0], str)


@given(st.text(alphabet='{}[]",:\\ \nab1{{A}}', max_size=60))
def test_any_text_is_compiled_or_refused(template: str) -> None:
    try:
        rendered = body.compile(template, NAMES).render({1: "v", 2: 1})[0]
    except (InvalidSettings, RenderError):
        return
    json.loads(rendered)


@given(st.text(alphabet="{}[]\",:'\\ \nab10“”，", max_size=40))
def test_each_fix_can_be_applied(template: str) -> None:
    try:
        body.compile(template, NAMES)
    except InvalidSettings as error:
        for problem in error.problems:
            assert problem.message
            if edit := problem.edit:
                assert 0 <= edit.offset <= edit.offset + edit.length <= len(template)


PIECES = [
    *"{}[]\",:'“”a10 \n.=;，\u00a0\u200b",
    "007",
    "{{A}}",
    "{{C}}",
    "{{A}}0",
    "True",
    "// x\n",
    "/* y */",
    "\\q",
    "Hi ",
]


@given(st.lists(st.sampled_from(PIECES), max_size=10).map("".join))
def test_clicking_fix_after_fix_comes_to_an_end(template: str) -> None:
    for _ in range(80):
        edit = next((problem.edit for problem in problems_of(template) if problem.edit), None)
        if edit is None:
            return
        template = template[: edit.offset] + edit.text + template[edit.offset + edit.length :]
    raise AssertionError(template)


def problems_of(template: str) -> list[Problem]:
    try:
        body.compile(template, NAMES)
    except InvalidSettings as error:
        return error.problems
    return []

"""What formulas end with: characters that are whole, and values that a cell can hold, or an error that says so."""

import pytest

from enrichment.engine.formula import Computed
from tests.engine.test_formula import problems, result, results

FAMILY = "👨\u200d👩\u200d👧"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("LEFT('😀a', 1) + RIGHT('a😀', 1) + MID('a😀b', 2, 1)", "😀😀😀"),
        (f"LEFT('{FAMILY}x', 1)", FAMILY),
        (f"LEN('{FAMILY}🇩🇪👍🏽e\u0301')", 4),
        ("RIGHT('xe\u0301', 1)", "e\u0301"),
        ("LEN('\u1112\u1161\u11ab')", 1),
        ("REPLACE('a😀b', 2, 1, 'x')", "axb"),
        ("FIND('b', 'a😀b') + SEARCH('B', 'a😀b', 2)", 6),
        ("[CODE('😀'), UNICODE('é'), CHAR(128512), UNICHAR(65)]", [128512, 233, "😀", "A"]),
        ("LEFT('abc') + RIGHT('abc', 5) + MID('abc', 2, 9) + MID('abc', 2, 0)", "aabcbc"),
        ("LEN({{Tags}} ?? '') + LEN(125) + LEN('a\\nb')", 6),
        ("[...'😀'].length", 1),
    ],
)
def test_a_character_is_what_people_see_as_one(text: str, expected: object) -> None:
    assert result(text, {}) == Computed(expected)


@pytest.mark.parametrize("text", ["LEFT('abc', -1)", "MID('abc', 0, 1)", "FIND('z', 'a')", "REPT('a', -1)", "CHAR(0)"])
def test_a_count_that_makes_no_sense_fails(text: str) -> None:
    assert "#VALUE!" in result(text).error


@pytest.mark.parametrize("text", ["'😀'.slice(0, 1)", "['x', '😀'.charAt(1)]", "({a: '\\ud800'})", "'😀'.split('')"])
def test_half_a_character_is_no_result(text: str) -> None:
    assert "in half" in result(text).error


@pytest.mark.parametrize("text", ["'a\\u0000'", "[String.fromCharCode(0)]", "({'a\\0b': 1})"])
def test_what_no_database_stores_is_no_result(text: str) -> None:
    assert "U+0000" in result(text).error


def test_a_text_can_be_rid_of_what_no_database_stores() -> None:
    assert result("CLEAN('a\\u0000b')") == Computed("ab")


@pytest.mark.parametrize("beside", ["😀", "1234567890123456789", "\\ud83d"])
def test_half_a_character_is_no_result_whatever_else_the_row_holds(beside: str) -> None:
    """It is told from a half that the row holds itself, and not by how the row is written."""
    cut, own = results("{{Website}} && {{Name}}.slice(0, 1)", {1: "😀", 2: beside}, {1: "\ud83d", 2: beside})
    assert "in half" in cut.error
    assert own == Computed("\ufffd")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("new Map([['a', {b: 1}], [2, new Set([1])]])", {"a": {"b": 1}, "2": [1]}),
        ("[new Set(['x']), new Uint8Array([1, 2])]", [["x"], [1, 2]]),
        ("(function* () { yield 1 })()", [1]),
        ("[1, 2].entries()", [[0, 1], [1, 2]]),
        ("new URLSearchParams('a=1&b=2')", "a=1&b=2"),
        ("moment.duration(5, 'minutes')", "PT5M"),
        ("_([1, 2]).map(x => x + 1)", [2, 3]),
        ("[, undefined, 1]", [None, None, 1]),
        ("[-0, 10n]", [0, "10"]),
        ("new (class { constructor() { this.x = 1 } })()", {"x": 1}),
        ("[Object('x'), Object(1), Object(false), {}, [], Object.create(null)]", ["x", 1, False, {}, [], {}]),
    ],
)
def test_what_javascript_calls_an_object_becomes_a_value(text: str, expected: object) -> None:
    assert result(text) == Computed(expected)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[x => 1]", "contains a function"),
        ("({f() {}})", "contains a function"),
        ("[Symbol('x')]", "contains a symbol"),
        ("/a/g", "of the kind RegExp"),
        ("[new WeakMap()]", "of the kind WeakMap"),
        ("new ArrayBuffer(2)", "of the kind ArrayBuffer"),
        ("Object.create({a: 1})", "of the kind Object"),
        ("new Map([[{}, 1]])", "objects as keys"),
        ("(() => { const a = []; a.push(a); return a })()", "contains itself"),
    ],
)
def test_what_a_cell_cannot_hold_is_said(text: str, words: str) -> None:
    assert words in result(text).error


@pytest.mark.parametrize(
    "text",
    [
        "{{Company}} + ''",
        "`${{{Company}}}`",
        "String({{Company}})",
        "[{{Company}}].join()",
        "CONCATENATE({{Company}}, 'x')",
        "UPPER({{Company}})",
        "LEFT({{Company}}, 3)",
        "encodeURIComponent({{Company}})",
        "_.toString({{Company}})",
        "{{Company}} * 2",
    ],
)
def test_an_object_is_never_text(text: str) -> None:
    assert result(text).error == "An object isn't text or a number. Choose a field of it, or use JSON.stringify."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{Company}} == 'x' || {{Company}} != {{Company}}", False),
        ("['a', 'b'] + 'x'", "a,bx"),
        ("'on ' + new Date('2024-01-05').toISOString()", "on 2024-01-05T00:00:00.000Z"),
        ("moment('2024-01-02') - moment('2024-01-01')", 86_400_000),
        ("`${moment('2024-01-02').format('D')}${new URL('https://a.b/c')}`", "2https://a.b/c"),
    ],
)
def test_other_objects_are_compared_and_joined_as_before(text: str, expected: object) -> None:
    assert result(text) == Computed(expected)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("DATE(2024, 1, 1) + 1", "can't be added to a date"),
        ("1 + moment('2024-01-01')", "can't be added to a date"),
        ("new Date('2024-01-01').toLocaleDateString('de-DE')", "as “de-DE” does"),
        ("(1234.5).toLocaleString('fr-FR')", "as “fr-FR” does"),
        ("new Date().toLocaleString('en-US', {timeZone: 'America/New_York'})", "no time zone “America/New_York”"),
        ("DATEDIF('2024-03-01', '2024-01-01', 'D')", "the start is after the end"),
        ("DATEDIF('2024-01-01', '2024-03-01', 'W')", "knows no unit “W”"),
    ],
)
def test_a_date_or_number_is_not_written_in_another_way_than_asked_for(text: str, words: str) -> None:
    assert words in result(text).error


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DATEDIF('2024-01-31', '2024-03-01', 'MD')", 1),
        ("DATEDIF('2000-02-29', '2024-02-28', 'Y') + DATEDIF('2000-02-29', '2024-02-29', 'y')", 47),
        ("DATEDIF('2023-11-15', '2024-03-10', 'M') + DATEDIF('2023-11-15', '2024-03-10', 'YM')", 6),
        ("DATEDIF('2023-11-15', '2025-03-10', 'YD') + DATEDIF(45000, 45001, 'D')", 116),
        ("(1234.5).toLocaleString('en-GB')", "1,234.5"),
        ("new Date('2024-01-05').toLocaleDateString('en-US', {timeZone: 'UTC'})", "1/5/2024"),
    ],
)
def test_dates_are_counted_from_day_to_day(text: str, expected: object) -> None:
    assert result(text) == Computed(expected)


@pytest.mark.parametrize("text", ["UPPR({{Name}} + ", "(1 + [2, {{Name}} * ", "IF({{Name}} > ", "`${{{Name}} + "])
def test_a_bracket_that_nobody_typed_is_not_complained_about(text: str) -> None:
    messages = [problem.message for problem in problems(text)]
    assert messages == ["This bracket is never closed.", "The formula ends too early."]

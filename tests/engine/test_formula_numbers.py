"""Numbers in formulas: none is rounded, joined or passed over without a word."""

import pytest

from enrichment.engine import formula
from enrichment.engine.formula import Computed, Evaluators
from enrichment.engine.template.references import Names
from tests.engine.test_formula import fixed, problems, result

LONG = "9007199254740993"
TOO_LONG = f"{LONG} has more digits than a formula can calculate with: it would become 9007199254740992."


def of_numbers(text: str, one: object, other: object = None, *, condition: bool = False) -> Computed:
    """Computes over the number columns A and B, and the text column T, which has what B has."""
    names = Names({1: "A", 2: "B", 3: "T"}, numbers=[1, 2])
    with Evaluators(deadline=5) as evaluators:
        [computed] = evaluators.evaluate(
            formula.compile(text, names, condition=condition), [{1: one, 2: other, 3: other}]
        )
    return computed


@pytest.mark.parametrize(
    "text",
    [
        "{{Employees}} * 1",
        "1 - {{Employees}}",
        "-{{Employees}} + 0",
        "+{{Employees}}",
        "{{Employees}} / 2 ** 2",
        "{{Employees}} % 2",
        "Number({{Employees}})",
        "[{{Employees}}].map(Number)",
        "new Number({{Employees}}) + 0",
        "parseInt({{Employees}})",
        "parseFloat({{Employees}} + ' km')",
        "Math.round({{Employees}})",
        "_.toNumber({{Employees}})",
        "_.sum([{{Employees}}, 1])",
        "Number(BigInt({{Employees}}))",
        "SUM({{Employees}}, 1)",
        "SUM([[{{Employees}}]])",
        "VALUE({{Employees}})",
        "ROUND({{Employees}}, 0)",
        "MAX({{Employees}}, 1)",
        "MOD({{Employees}}, 2)",
        "ABS({{Employees}})",
        "TEXT({{Employees}}, '0')",
        "SUMIF(['x'], 'x', [{{Employees}}])",
        "COUNTIF([{{Employees}}], '>1')",
    ],
)
@pytest.mark.parametrize("value", [LONG, int(LONG)], ids=["text", "number"])
def test_a_number_that_would_be_rounded_is_not_calculated_with(text: str, value: object) -> None:
    assert result(text, {3: value}) == Computed(error=TOO_LONG)


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("{{Employees}} * 1", "123456789012.45", 123456789012.45),
        ("{{Employees}} * 10", "0.1", 1),
        ("{{Employees}} * 1", "0.1234567890123456789", 0.12345678901234568),
        ("ROUND({{Employees}}, 2)", "0.33333333333333333333", 0.33),
        ("{{Employees}} * 1", "1e22", 1e22),
        ("{{Employees}} * 1", "0000000000000000000012", 12),
        ("{{Employees}} > 9007199254740992", LONG, True),
        ("{{Employees}} <= 9007199254740992", LONG, False),
        ("{{Employees}} < '9007199254740994'", LONG, True),
        ("{{Employees}} > '-9007199254740993'", "-9007199254740994", False),
        ("{{Employees}} == 9007199254740992", LONG, False),
        ("{{Employees}} === 9007199254740993", LONG, True),
        ("{{Employees}} > 0.1234567890123456788", "0.1234567890123456789", True),
        ("{{Employees}} is one of [9007199254740992, 1]", "9007199254740991", False),
        ("SWITCH({{Employees}}, 9007199254740993, 'x', 'y')", LONG, "x"),
        ("MATCH({{Employees}}, ['9007199254740992', '9007199254740993'], 0)", LONG, 2),
        ("COUNTIF([{{Employees}}, 'x'], '9007199254740993')", LONG, 1),
        ("COUNT({{Employees}}, 'x')", LONG, 1),
        ("BigInt({{Employees}}) + 1n", LONG, "9007199254740994"),
        ("`${{{Employees}}}`", LONG, LONG),
        ('JSON.parse(\'{"a": [9007199254740993, "1"]}\').a', LONG, [LONG, "1"]),
    ],
)
def test_a_number_is_compared_and_kept_with_all_of_its_digits(text: str, value: str, expected: object) -> None:
    assert result(text, {3: value}) == Computed(expected)


def test_hundredths_that_would_be_lost_are_told() -> None:
    error = result("{{Employees}} * 1", {3: "1234567890123456.78"}).error
    assert error.endswith("it would become 1234567890123456.8.")


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("9007199254740993", '"9007199254740993"'),
        ("[1, 9007199254740993]", '[1, "9007199254740993"]'),
        ("({id: 9_007_199_254_740_993})", '({id: "9007199254740993"})'),
        ("0x20000000000001", '"9007199254740993"'),
        ("IF(true, 9007199254740993, 1)", 'IF(true, "9007199254740993", 1)'),
        ("0.1234567890123456789", "0.12345678901234568"),
        ("2 * 3.14159265358979323846", "2 * 3.141592653589793"),
    ],
)
def test_a_number_that_javascript_would_round_is_refused_with_a_fix(text: str, fix: str) -> None:
    [problem] = problems(text)
    assert "so many digits" in problem.message
    assert fixed(text, problem) == fix
    assert not result(fix).error


@pytest.mark.parametrize("text", ["99999999 * 99999999", "9007199254740991 + 2", "[2 ** 60]"])
def test_a_whole_result_is_not_shown_with_digits_that_it_may_not_have(text: str) -> None:
    assert "has more digits than a formula can calculate with" in result(text).error


@pytest.mark.parametrize(
    ("text", "expected"), [("2 ** 60", 2.0**60), ("10 ** 21", 1e21), ("9007199254740991 * 1", 2**53 - 1)]
)
def test_a_result_that_is_large_is_a_number(text: str, expected: float) -> None:
    computed = result(text)
    assert computed == Computed(expected)
    assert isinstance(computed.value, float) == (expected > 2**53)


@pytest.mark.parametrize(
    ("text", "one", "other", "expected"),
    [
        ("{{A}} + {{B}}", "250", "1.50", 251.5),
        ("{{A}} + {{B}}", "250", 5, 255),
        ("{{A}} + {{B}}", "007", ".5", 7.5),
        ("{{A}} + {{B}}", "250", None, 250),
        ("{{A}} + 1", "250", None, 251),
        ("1 + {{A}} + {{B}}", "2", "3", 6),
        ("({{A}} || 0) + ({{B}} || 0)", None, "3", 3),
        ("{{A}} + ' €'", "19.90", None, "19.90 €"),
        ("'No. ' + {{A}} + {{B}}", "1", "2", "No. 12"),
        ("{{A}} + {{B}} + ' km'", "1", "2", "3 km"),
        ("`${{{A}}}/${{{B}}}`", "1.10", "2", "1.10/2"),
        ("{{A}} == {{B}}", "1.0", "1", True),
        ("{{A}} !== {{B}}", "1.0", "1", False),
        ("{{A}} equals 7", "007", None, True),
        ("{{A}} == '007'", "007", None, True),
        ("{{A}} > 6.5", "007", None, True),
        ("{{A}} < {{B}}", "+9", "10", True),
        ("IF({{A}}, 'yes', 'no')", "0", None, "no"),
        ("{{A}} || 'none'", "0.00", None, "none"),
        ("{{A}} || 'none'", "19.90", None, "19.90"),
        ("!{{A}}", "0", None, True),
        ("{{A}} && {{B}} ? 1 : 2", "1", "0", 2),
        ("SUM({{A}}, {{B}})", "007", ".5", 7.5),
        ("{{A}}.padStart(5, '0')", "42", None, "00042"),
        ("{{A}}", LONG, None, LONG),
    ],
)
def test_cells_of_number_columns_are_numbers(text: str, one: object, other: object, expected: object) -> None:
    assert of_numbers(text, one, other) == Computed(expected)


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [("{{A}}", "0", False), ("{{A}}", "0.5", True), ("{{A}} * 1e16", "1", True), ("{{A}} - 1", "1", False)],
)
def test_a_number_column_decides_as_a_number(text: str, value: str, expected: bool) -> None:
    assert formula.check(of_numbers(text, value, condition=True)) == (expected, "")


def test_a_number_column_and_a_text_with_a_number_are_not_joined() -> None:
    words = "T is text: 250 + 5 gives 2505. Make it a number with Number({{T}})."
    assert of_numbers("{{A}} + {{T}}", "250", "5").error == words
    assert of_numbers("{{A}} + {{T}}", "250", "x") == Computed("250x")


def test_number_columns_with_too_many_digits_are_not_added() -> None:
    assert of_numbers("{{A}} + {{B}}", LONG, "1").error == TOO_LONG


def test_two_texts_that_are_numbers_are_joined_with_a_doubt() -> None:
    computed = result("{{Employees}} + {{Company.people[0].age}}.toString()", {3: "25", 4: {"people": [{"age": 36}]}})
    assert computed.value == "2536"
    computed = result("{{Employees}} + {{Website}}", {3: "49", 2: "170"})
    assert computed.value == "49170"
    assert computed.doubt
    assert computed.doubt.words.startswith("Employees is text, and + joins text: 49 + 170 gives 49170.")
    assert computed.doubt.fix
    assert computed.doubt.fix.text == "Number({{Employees}})"
    assert result("{{Employees}} + '' + {{Website}}", {3: "49", 2: "170"}).doubt is None


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("{{Tags}}.reduce((sum, x) => sum + x)", "1 + 2 gives 12"),
        ("{{Tags}}.reduce((sum, x) => sum + x, 0)", "0 + 1 gives 01"),
        ("{{Tags}}.map(x => x + 1)", "2 + 1 gives 21"),
        ("{{Tags}}.map(x => '0' + x)", ""),
        ("{{Tags}}.map(x => String(x) + x)", ""),
        ("{{Tags}}.map(x => 'a' + x)", ""),
        ("{{Tags}}.map(x => Number(x) + 1)", ""),
    ],
)
def test_texts_of_a_list_that_are_joined_are_doubted(text: str, joined: str) -> None:
    doubt = result(text, {7: ["1", "2"]}).doubt
    assert (doubt.words if doubt else "") == (
        f"+ joins text: {joined}. To add numbers, write Number( ) around each." if joined else ""
    )


@pytest.mark.parametrize(
    ("text", "value", "error"),
    [
        ("{{Employees}} + 5", "1,234", "1,234 + 5 gives 1,2345. Make it a number with VALUE({{Employees}})."),
        ("{{Employees}} + 1", "$5", "$5 + 1 gives $51. Make it a number with VALUE({{Employees}})."),
        ("{{Employees}} + 1", "2024-01-01", "2024-01-01 + 1 gives 2024-01-011. Add days to a date with moment("),
    ],
)
def test_an_amount_or_a_date_is_not_joined_to_a_number(text: str, value: str, error: str) -> None:
    computed = result(text, {3: value})
    assert computed.error.startswith(f"Employees is text: {error}")
    if computed.fix:
        assert computed.fix.text == "VALUE({{Employees}})"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SUM('1,234', 1)", 1235),
        ("SUM(['50%', '$2'])", 2.5),
        ("SUM('n/a', 1)", 1),
        ("MAX('1,234', 5)", 1234),
        ("'1,234' > 5 && '50%' < 0.6 && '$5' == 5", True),
        ("'n/a' > 5 || 'n/a' < 5", False),
        ("_.sum(['1', '2'])", 3),
        ("_.mean(['1', '2'])", 1.5),
        ("_.sumBy([{a: '1'}, {a: '2'}], 'a')", 3),
        ("_.max(['10', '9']) + _.min(['10', '9'])", 19),
        ("_.max(['9007199254740992', '9007199254740993'])", LONG),
        ("COUNTIF(['1,234', 'x'], '>5') + SUMIF(['a'], 'a', ['1,234'])", 1235),
        ("COUNTIF(['n/a', '1'], 'n/a')", 1),
        ("_.maxBy([{a: '10'}, {a: '9'}], 'a').a", "10"),
        ("_.max(['b', 'a'])", "b"),
        ("['10', '9', 'b', '-1'].sort()", ["-1", "9", "10", "b"]),
        ("_.sortBy(['10', '9', '1'])", ["1", "9", "10"]),
        ("_.orderBy([{a: '10'}, {a: '9'}], 'a', 'desc').map(x => x.a)", ["10", "9"]),
        ("MOD(-6, 3)", 0),
        ("MOD(5, -3)", -1),
        ("MOD(-5, 3)", 1),
        ("ROUND(1e-7, 7)", 1e-7),
        ("ROUND(5e-7, 6)", 1e-6),
        ("ROUND(-2.5) + ROUND(2.5)", 0),
        ("ROUND(1.005, 2) + ROUND(1.45, 1)", 2.51),
        ("ROUND(1250, -2)", 1300),
        ("ROUNDUP(1.1 * 3, 1)", 3.3),
        ("ROUNDDOWN(0.3 * 3, 1)", 0.9),
        ("ROUND(-0.285, 2)", -0.29),
        ("ROUND('1,234.5')", 1235),
        ("TEXT(0.285, '0%')", "29%"),
        ("FIXED(1.005, 2) + FIXED(1234567.891, 1) + FIXED(1234.5678, 3, true)", "1.011,234,567.91234.568"),
        ("(1.005).toLocaleString('en-US', {style: 'currency', currency: 'USD'})", "$1.01"),
        ("(0.285).toLocaleString('en-US', {style: 'percent'})", "29%"),
    ],
)
def test_numbers_are_read_rounded_and_put_in_order_as_in_spreadsheets(text: str, expected: object) -> None:
    assert result(text) == Computed(expected)


@pytest.mark.parametrize("text", ["SUM('1.234,5', 1)", "AVERAGE('12abc', 1)", "MAX('2024-01-01', 5)"])
def test_what_only_looks_like_a_number_is_not_left_out_of_a_sum(text: str) -> None:
    assert "isn't a number as" in result(text).error


@pytest.mark.parametrize("text", ["{{Employees}} * 2", "{{Employees}} - 1", "Number({{Employees}})"])
def test_spaces_are_not_zero(text: str) -> None:
    assert result(text, {3: "  "}) == Computed(error="The result is not a number.")

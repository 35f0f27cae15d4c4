"""What JavaScript would do without a word: a formula gives what a spreadsheet gives, or says how to write it."""

import pytest

from enrichment.engine import formula
from enrichment.engine.formula import Computed, Evaluators
from enrichment.engine.template.references import Names
from tests.engine.test_formula import problems

NAMES = Names({1: "Text", 2: "Box", 3: "Company", 4: "Tags", 5: "Price", 6: "Day", 7: "Empty"}, numbers={5})
ROW: dict[int, object] = {
    1: "1,000",
    2: "FALSE",
    3: {"name": "Acme"},
    4: ["a", "b"],
    5: "1234.50",
    6: "2024-01-01",
    7: "",
}
OBJECT = "An object isn't text. Choose a field of it, or use JSON.stringify."
DIGITS = "has more digits than a formula can calculate with"
NO_NUMBER = "A part of the text is not a number."


def result(text: str) -> Computed:
    with Evaluators(deadline=5) as evaluators:
        [computed] = evaluators.evaluate(formula.compile(text, NAMES), [ROW])
    return computed


@pytest.mark.parametrize(
    "text",
    ["{{Company}}.toString()", "{{Company}}?.toString()", "{{Company}}.toLocaleString()", "({a: 1}).toString()"],
)
def test_an_object_is_never_written_as_its_kind(text: str) -> None:
    assert result(text).error == OBJECT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{Company}}.name.toString()", "Acme"),
        ("{{Company}}?.missing?.toString().trim() ?? 'none'", "none"),
        ("{{Tags}}.toString() + {{Tags}}.join('-')", "a,ba-b"),
        ("_.join(_.map({{Tags}}, x => x.toString()), '+')", "a+b"),
        ("new URL('https://a.example/x').toString()", "https://a.example/x"),
        ("(255).toString(16) + (1.5).toString() + String(true)", "ff1.5true"),
        ("'[' + String({{Empty}}) + ']'", "[]"),
    ],
)
def test_what_has_a_text_is_written_as_it(text: str, expected: str) -> None:
    assert result(text).value == expected


@pytest.mark.parametrize(
    "text",
    [
        "99999999 * 99999999 + 'x'",
        "'x' + 99999999 * 99999999",
        "`${99999999 * 99999999}`",
        "String(99999999 * 99999999)",
        "(99999999 * 99999999).toString()",
        "[99999999 * 99999999].join('')",
        "CONCATENATE(99999999 * 99999999, 'x')",
        "TEXTJOIN(',', true, [99999999 * 99999999])",
    ],
)
def test_a_number_without_its_digits_is_never_joined_to_text(text: str) -> None:
    assert DIGITS in result(text).error


def test_a_number_too_long_to_be_exact_is_joined_as_it_is_shown() -> None:
    assert result("2 ** 64 + ''").value == "1.8446744073709552e+19"
    assert result("99999999 * 1000 + ' people'").value == "99999999000 people"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("0 / 0 + 'x'", NO_NUMBER),
        ("`${Number({{Text}})}`", NO_NUMBER),
        ("CONCAT(0 / 0, 'x')", NO_NUMBER),
        ("1 / 0 + 'x'", "A part of the text is larger than any number (it may divide by zero)."),
        ("{{Empty}} * 2 + ' €'", "{{Empty}} is empty"),
    ],
)
def test_what_is_no_number_is_never_written_into_a_text(text: str, error: str) -> None:
    assert (result(text).error or f"{{{{{result(text).empty}}}}} is empty") == error


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{Box}} ? 'yes' : 'no'", "no"),
        ("!{{Box}}", True),
        ("{{Box}} && 'yes'", False),
        ("({{Box}} || {{Empty}}) ? 'yes' : 'no'", "no"),
        ("!({{Price}} && {{Box}})", True),
        ("IF({{Box}} || {{Empty}}, 'yes', 'no')", "no"),
        ("Boolean({{Box}})", False),
        ("{{Price}} && {{Box}}", "FALSE"),
        ("{{Box}} || 'none'", "FALSE"),
        ("{{Box}} ?? 'none'", "FALSE"),
    ],
)
def test_the_text_false_is_false_where_its_truth_is_tested(text: str, expected: object) -> None:
    assert result(text).value == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TODAY() > {{Day}}", True),
        ("{{Day}} < NOW()", True),
        ("DATE(2024, 1, 1) >= {{Day}}", True),
        ("DATE(2023, 12, 31) >= '2024-01-01T10:00:00+05:00'", False),
        ("DATE(2024, 1, 1) == {{Day}}", True),
        ("DATE(2024, 1, 1) === DATE(2024, 1, 1)", True),
        ("moment({{Day}}) != '1 Jan 2024'", False),
        ("DATE(2024, 1, 1) == 'soon'", False),
        ("TODAY() > {{Empty}}", False),
        ("IF({{Day}} == DATE(2024, 1, 1), 'same', 'other')", "same"),
    ],
)
def test_a_date_is_compared_with_a_text_by_its_moment(text: str, expected: object) -> None:
    assert result(text).value == expected


@pytest.mark.parametrize("sought", ["soon", "2024-02-30", "5"])
def test_a_date_is_not_compared_with_what_is_none(sought: str) -> None:
    assert result(f"TODAY() > '{sought}'").error == f"“{sought}” is not a valid date."


@pytest.mark.parametrize("text", ["'2024-01-01' + 1", "1 + '2024-01-01'", "'2024-01-' + '01' + 1"])
def test_a_number_is_not_joined_to_a_day(text: str) -> None:
    assert "can't be added to a date" in result(text).error


@pytest.mark.parametrize(
    "text", ["TODAY() - 7", "DATE(2024, 1, 5) - '1'", "moment({{Day}}) - 1 - 2", "NOW() - {{Price}}"]
)
def test_days_are_not_taken_from_the_milliseconds_of_a_date(text: str) -> None:
    assert result(text).error == 'A number can\'t be taken from a date. Write moment(…).subtract(1, "days").'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DATE(2024, 1, 2) - DATE(2024, 1, 1)", 86_400_000),
        ("moment(DATE(2024, 1, 2) - 86400000).format('D')", "1"),
        ("10 - 3 - 2 - '1'", 4),
        ("{{Price}} - 4.5 - {{Price}}", -4.5),
        ("10n - 3n == 7n", True),
    ],
)
def test_other_values_are_subtracted_as_before(text: str, expected: object) -> None:
    assert result(text).value == expected


@pytest.mark.parametrize("text", ["{{Day}} - 1", "{{Day}} - {{Day}}", "{{Day}} * 2"])
def test_whoever_calculates_with_days_hears_how(text: str) -> None:
    assert result(text).error.endswith('Calculate with dates by DAYS(end, start) or moment(…).add(1, "days").')


def test_whoever_calculates_with_an_amount_hears_how() -> None:
    assert result("{{Text}} * 2").error == "The result is not a number. VALUE( ) makes a number of “1,000”."


@pytest.mark.parametrize("text", ["[] == false", "[] == 0", "[1] == true", "0 == []"])
def test_an_empty_list_is_neither_false_nor_zero(text: str) -> None:
    assert result(text).value is False


@pytest.mark.parametrize("text", ["1,000", "1,000.5", "1.000,5", "10,5", " -1,000,000", "3,4"])
@pytest.mark.parametrize("name", ["parseInt", "parseFloat"])
def test_a_number_is_not_read_up_to_its_comma(name: str, text: str) -> None:
    words = f"Of “{text.strip()}”, only what stands before a comma would be read."
    assert result(f"{name}('{text}')").error.startswith(words)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("parseInt('12 apples') + parseInt('1.9') + parseInt('0x10')", 29),
        ("parseFloat('52.0907,5.1214')", 52.0907),
        ("parseInt('1e3') + parseInt(0.0000005) + parseInt(-1.5)", 999),
        ("parseInt('1,000', 16)", 1),
        ("(1.005).toFixed(2) + ' ' + (1.45).toFixed(1) + ' ' + (-0.4).toFixed(0)", "1.01 1.5 0"),
        ("(1.25).toFixed(20)", "1.25000000000000000000"),
        ("{{Price}}.toFixed(1) + ' ' + {{Price}}.toLocaleString()", "1234.5 1,234.5"),
    ],
)
def test_numbers_are_read_and_written_by_what_is_seen_of_them(text: str, expected: object) -> None:
    assert result(text).value == expected


def test_a_sum_with_a_rounded_text_is_doubted() -> None:
    computed = result("(1.5).toFixed(2) + 1")
    assert computed.value == "1.501"
    assert computed.doubt is not None


@pytest.mark.parametrize("text", ["1 < {{Employees}} < 5", "9 >= {{Employees}} > 5"])
def test_a_comparison_of_three_values_is_refused(text: str) -> None:
    [problem] = problems(text)
    assert problem.message == "A comparison has two sides. Write two of them: 1 < x && x < 5."
    assert (problem.offset, problem.length) == (0, len(text))


def test_a_single_stroke_is_no_or() -> None:
    text = "{{Name}} | {{Email}}"
    [problem] = problems(text)
    assert problem.edit is not None
    assert text[: problem.edit.offset] + problem.edit.text + text[problem.edit.offset + problem.edit.length :] == (
        "{{Name}} || {{Email}}"
    )

"""Functions and habits of spreadsheets and of Clay in formulas."""

import pytest

from enrichment.engine import formula
from enrichment.engine.formula import Computed
from enrichment.engine.template.references import Reason, Unavailable
from tests.engine.test_formula import NAMES, ROW, fixed, holds, problems, result


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("['Zoe', 'adam', 'Émile', 'Bob'].sort()", ["adam", "Bob", "Émile", "Zoe"]),
        ("[10, 9, 1].sort()", [1, 9, 10]),
        ("['b', 'a', 'C'].toSorted((x, y) => x.localeCompare(y))", ["a", "b", "C"]),
        ("_.sortBy(['Zoe', 'adam', 'Émile', 'Bob'])", ["adam", "Bob", "Émile", "Zoe"]),
        ("_.orderBy([{n: 'b'}, {n: 'C'}, {n: 'a'}], 'n', 'desc').map(x => x.n)", ["C", "b", "a"]),
        ("_.sortBy({{Company}}.people, 'first', 'age').length", 2),
        ("SORT(['Zoe', 'adam', 'Émile', 'Bob'])", ["adam", "Bob", "Émile", "Zoe"]),
        ("SORT([3, 'b', 1, 'a'], 1, -1)", ["b", "a", 3, 1]),
        ("SORT([[3, 'x'], [1, 'y']])", [[1, "y"], [3, "x"]]),
        ("'a' < 'B' && 'B' < 'é' && 'é' < 'Z'", True),
        ("'résumé' > 'resume' && 'a' < 'A'", True),
        ("'item 9'.localeCompare('item 10', 'en', {numeric: true})", -1),
        ("'a'.localeCompare('Á', 'en', {sensitivity: 'base'})", 0),
        ("MATCH('c', ['a', 'B', 'd'], 1)", 2),
        ("MATCH('bob', ['adam', 'Bob', 'Zoe'], 0)", 2),
        ("MATCH('j*b', ['jima', 'jimb'], 0)", 2),
        ("MATCH(4, [9, 5, 1], -1)", 2),
        ("MATCH(48, ['47', '48'], 0)", 2),
        ("VLOOKUP('c', [['a', 1], ['B', 2], ['d', 3]], 2)", 2),
        ("VLOOKUP('b', [['A', 1], ['B', 2]], 2, false)", 2),
        ("HLOOKUP('b', [['A', 'B'], [1, 2]], 2, false)", 2),
        ("LOOKUP('b', ['A', 'B', 'C'], [1, 2, 3])", 2),
        ("XLOOKUP('b', ['A', 'B'], [1, 2])", 2),
        ("XLOOKUP('z', ['A', 'B'], [1, 2], 'none')", "none"),
        ("XLOOKUP(5, [1, 4, 9], ['a', 'b', 'c'], '', -1)", "b"),
    ],
)
def test_texts_are_ordered_by_language_everywhere(text: str, expected: object) -> None:
    assert result(text) == Computed(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("DOMAIN({{Website}})", "example.com"),
        ("DOMAIN({{Email}})", "example.com"),
        ("DOMAIN('shop.acme.co.uk/about?x=1')", "shop.acme.co.uk"),
        ("COALESCE('', [], {{Full name 🎉}}, {{Name}})", "ada lovelace"),
        ("CONTAINS({{Name}}, 'LOVE')", True),
        ("REGEXEXTRACT({{Email}}, '@(.*)')", "example.com"),
        ("REGEXMATCH({{Email}}, '^ada@')", True),
        ("REGEXREPLACE({{Name}}, '[aeiou]', '_')", "_d_ l_v_l_c_"),
        ("SPLIT('a, b,c', ', ')", ["a", "b", "c"]),
        ("SPLIT('a, b,c', ', ', false)", ["a", "b,c"]),
        ("JOIN(['a', 'b'], '-') + JOIN('-', ['c', 'd'])", "a-bc-d"),
        ("TEXTBEFORE({{Email}}, '@') + TEXTAFTER('a/b/c', '/', -1)", "adac"),
        ("ISEMAIL({{Email}}) && !ISEMAIL('ada') && ISURL({{Website}}) && !ISURL('a b')", True),
        ("FILTER([1, 2, 3], [1, 2, 3].map(x => x > 1))", [2, 3]),
        ("UNIQUE([1, 1, 2])", [1, 2]),
        ("Clay.formatForJSON('say \"hi\"\\n')", 'say \\"hi\\"\\n'),
        ("Clay.formatForJSON({{Company.address}})", '{"city":"Utrecht"}'),
        ("TEXT(12, '000')", "012"),
        ("TEXT(-1234.5, '$#,##0.00;($#,##0.00)')", "($1,234.50)"),
        ("TEXT({{Employees}}, '0.0')", "250.0"),
        ("TEXT(1.005, '0.00') + TEXT(1234, '0.0E+00')", "1.011.2E+03"),
        ("AVERAGE({{Employees}}, 50)", 150),
        ("MAX({{Employees}}, 2) + MIN(['4', '100'])", 254),
        ("COUNT({{Employees}}) + STDEV.S('1', 2, 3)", 2),
        ("SWITCH({{Employees}}, 250, 'x', 'y')", "x"),
        ("ISBLANK({{Full name 🎉}}) && !ISBLANK({{Name}})", True),
        ("IF({{Full name 🎉}} == '', 'none', {{Full name 🎉}}.trim())", "none"),
        ("IF(TRUE, FALSE, 1)", False),
        ("IFS({{Employees}} > 500, 'big', {{Employees}} > 100, 'mid', TRUE, 'small')", "mid"),
        ("CHOOSE(1, 'a', SQRT(-1))", "a"),
    ],
)
def test_functions_of_spreadsheets_and_of_clay(text: str, expected: object) -> None:
    assert result(text) == Computed(expected)


@pytest.mark.parametrize(
    "text",
    [
        "SQRT(-1)",
        "[1, SQRT(-1)]",
        "({a: {b: SQRT(-1)}})",
        "[-1].map(SQRT)",
        "SQRT(-1) + 'x'",
        "SQRT(-1) > 1",
        "`${SQRT(-1)}`",
        "JSON.stringify([SQRT(-1)])",
        "IF(SQRT(-1), 1, 2)",
    ],
)
def test_a_failed_function_fails_the_formula_wherever_it_stands(text: str) -> None:
    assert result(text) == Computed(error="SQRT got a number that is out of range (#NUM!).")


@pytest.mark.parametrize("text", ["[0 / 0]", "({a: 1 / 0})", "_.times(2, () => Number('x'))"])
def test_what_is_no_number_inside_a_list_is_not_taken_for_nothing(text: str) -> None:
    assert "not a number" in result(text).error


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("IFERROR(SQRT(-1), 'none')", "none"),
        ("IFERROR({{Company}}.nope.city, 'none')", "none"),
        ("IFERROR({{Full name 🎉}}.trim(), 'none')", "none"),
        ("IFERROR(1 / 0, 'none')", "none"),
        ("IFERROR(moment('x').format(), 'none')", "none"),
        ("IFERROR({{Name}}, 'none')", "ada lovelace"),
        ("IFNA(MATCH('x', ['a'], 0), 'none')", "none"),
        ("ISERROR(SQRT(-1)) && ISERR(SQRT(-1)) && !ISNA(SQRT(-1))", True),
        ("ISNA(XLOOKUP('x', ['a'], [1])) && !ISERR(NA())", True),
        ("[4, -1].map(x => IFERROR(SQRT(x), 0))", [2, 0]),
        ("((IFERROR) => IFERROR(1))(x => x + 1)", 2),
    ],
)
def test_iferror_catches_whatever_fails(text: str, expected: object) -> None:
    assert result(text) == Computed(expected)


def test_iferror_catches_a_column_that_failed_but_waits_for_one_that_runs() -> None:
    failed: dict[int, object] = {**ROW, 4: Unavailable("Company", Reason.FAILED, "404")}
    assert result("IFERROR({{Company}}, 'none')", failed) == Computed("none")
    assert result("IFERROR({{Company.address.city}}, {{Name}})", failed) == Computed("ada lovelace")
    assert result("ISERROR({{Company}})", failed) == Computed(True)
    assert holds("ISERROR({{Company}})", failed) == (True, "")
    assert result("IFERROR({{Company}}, 'none') + {{Company}}", failed) == Computed(error="Company failed: 404")
    assert result("IFERROR({{Name}}, 'none') + {{Company}}", failed) == Computed(error="Company failed: 404")
    running: dict[int, object] = {4: Unavailable("Company", Reason.RUNNING)}
    assert result("IFERROR({{Company}}, 'none')", running) == Computed(error="Company is still running")
    assert result("IFERROR({{Company}}.name, 'none')") == Computed("Acme")


def test_a_formula_requires_what_it_does_not_ask_about() -> None:
    compiled = formula.compile("IFERROR({{Company}}, {{Name}}) + Clay.getCellStatus({{Email}})", NAMES)
    assert compiled.required({}) == {1, 4}
    assert compiled.required({4: Unavailable("Company", Reason.FAILED)}) == {1}
    assert compiled.required({4: Unavailable("Company", Reason.WAITING)}) == {1, 4}


@pytest.mark.parametrize(
    ("text", "sum"),
    [
        ("{{Employees}} + 1", "250 + 1 gives 2501"),
        ("1 + {{Employees}}", "1 + 250 gives 1250"),
        ("({{Employees}} || 0) + 1", "250 + 1 gives 2501"),
        ("({{Employees}} ?? 0) + ({{Employees}} ?? 0)", "250 + 250 gives 250250"),
        ("{{Employees}} + {{Company.people[0].age}}", "250 + 36 gives 25036"),
        ("[1].map(x => x + {{Employees}})", "1 + 250 gives 1250"),
        ("{{Employees}} + 1 + ' people'", "250 + 1 gives 2501"),
    ],
)
def test_a_number_added_to_a_number_that_is_text_is_an_error_with_a_fix(text: str, sum: str) -> None:
    computed = result(text)
    assert computed.error == f"Employees is text: {sum}. Make it a number with Number({{{{Employees}}}})."
    assert computed.fix
    while (edit := computed.fix) and edit.label == "Make it a number":
        text = text[: edit.offset] + edit.text + text[edit.offset + edit.length :]
        computed = result(text)
    assert not computed.error


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'No. ' + {{Employees}} + 1", "No. 2501"),
        ("{{Employees}} + '' + 1", "2501"),
        ("{{Employees}} + ' people'", "250 people"),
        ("{{Employees}} + {{Employees}}", "250250"),
        ("String({{Employees}}) + 1", "2501"),
        ("Number({{Employees}}) + 1", 251),
        ("{{Company.people[0].age}} + 1", 37),
        ("{{Name}} + 1", "ada lovelace1"),
    ],
)
def test_text_is_joined_where_text_is_meant(text: str, expected: object) -> None:
    assert result(text) == Computed(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{Name}} equals 'ada lovelace'", True),
        ("{{Name}} is equal to 'x' or equals 'ada lovelace'", True),
        ("{{Name}} is 'ada lovelace' AND {{Email}} is not 'x'", True),
        ("{{Name}} DOES NOT EQUAL 'ada lovelace'", False),
        ("{{Employees}} is greater than 100 and {{Employees}} is less than 251", True),
        ("{{Employees}} is greater than or equal to 250 and {{Employees}} is at most 250", True),
        ("{{Employees}} is more than 100 and is less than 200", False),
        ("{{Employees}} is at least 251", False),
        ("{{Name}} starts with 'ADA' and {{Name}} ends with 'lace'", True),
        ("{{Name}} does not start with 'x' and not {{Name}} ends with 'x'", True),
        ("{{Name}} is one of ['bob', 'ada lovelace']", True),
        ("{{Name}} is not one of ['bob']", True),
        ("{{Full name 🎉}} is blank and {{Name}} is not blank", True),
        ("({{Employees}} is less than 10 ? 'small' : 'big') equals 'big'", True),
    ],
)
def test_conditions_in_words(text: str, expected: bool) -> None:
    assert holds(text, ROW) == (expected, "")
    assert result(text) == Computed(expected)


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ('{{Name||"x"}}', '({{Name}} || "x")'),
        ("{{Name || 'x'}}", "({{Name}} || 'x')"),
        ("{{Employees>50}}", "({{Employees}} > 50)"),
        ("{{Name.toUpperCase()}}", "{{Name}}.toUpperCase()"),
        ("{{Company?.name}}", "{{Company}}?.name"),
        ("{{UPPER(Name)}}", "UPPER({{Name}})"),
        ("/Name", "{{Name}}"),
        ("/name", "{{Name}}"),
        ("{Name}", "{{Name}}"),
        ("/Name.length", "{{Name}}.length"),
        ("UPPER(/Full name 🎉)", "UPPER({{Full name 🎉}})"),
        ("{{Employees}} /Employees", "{{Employees}} /{{Employees}}"),
        ("{{NAME}}", "{{Name}}"),
        ("{{Employees}}^2", "{{Employees}}**2"),
        ("{{Name}} & {{Email}}", "{{Name}} + {{Email}}"),
        ("UPPR({{Name}})", "UPPER({{Name}})"),
        ("textjoin('', true, {{Name}})", "TEXTJOIN('', true, {{Name}})"),
    ],
)
def test_a_habit_is_told_with_the_fix_that_is_meant(text: str, fix: str) -> None:
    [problem] = problems(text)
    assert fixed(text, problem) == fix
    formula.compile(fix, NAMES)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (
            "/Name is not empty AND /Employees is greater than 50",
            "{{Name}} is not empty AND {{Employees}} is greater than 50",
        ),
        ('/Name + " of " + /email', '{{Name}} + " of " + {{Email}}'),
        ("NOT /Name", "NOT {{Name}}"),
        ('IF(/Employees > 5, {Name}, "few")', 'IF({{Employees}} > 5, {{Name}}, "few")'),
    ],
)
def test_columns_after_a_slash_are_all_found(text: str, meant: str) -> None:
    for problem in reversed(problems(text, condition=True)):
        assert "isn't a reference" in problem.message
        text = fixed(text, problem)
    assert text == meant
    formula.compile(text, NAMES, condition=True)


@pytest.mark.parametrize(
    ("text", "meant", "value"),
    [
        ('"/Name"', "{{Name}}", "ada lovelace"),
        ('"Dear /Name, of /Email"', "`Dear ${{{Name}}}, of ${{{Email}}}`", "Dear ada lovelace, of ada@example.com"),
        ("`Dear /Name`", "`Dear ${{{Name}}}`", "Dear ada lovelace"),
        ("'{Name}' + 1", "{{Name}} + 1", "ada lovelace1"),
    ],
)
def test_a_text_that_names_a_column_is_asked_about(text: str, meant: str, value: str) -> None:
    [question] = formula.compile(text, NAMES).questions
    assert (question.severity, fixed(text, question)) == ("warning", meant)
    assert result(meant) == Computed(value)


@pytest.mark.parametrize(
    "text",
    [
        '"https://x.example" + "/name"',
        '"https://x.example/Name"',
        '"/Name/1"',
        '{{Name}}.replace("/Names", "")',
        "/Name (x|y)/.test({{Name}})",
        '{{Name}}.split(/ /)[0] + "/email"',
    ],
)
def test_a_path_and_a_search_pattern_are_not_asked_about(text: str) -> None:
    assert formula.compile(text, NAMES).questions == ()


def test_a_slash_that_is_no_column_says_how_one_is_written() -> None:
    [problem] = problems("/Nobody is not empty", condition=True)
    assert "A column is {{its name}}." in problem.message


@pytest.mark.parametrize(
    "text", ["'see /Name'", "{{Employees}}/2", "`/Name`", "({Name: 1}).Name", "/x/.test({{Name}})"]
)
def test_what_only_looks_like_a_reference_is_left_alone(text: str) -> None:
    formula.compile(text, NAMES)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A1 + $B$2", "Cells are named by their column"),
        ("A1 & B1", "Cells are named by their column"),
        ("SUM(A1:A5)", "Cells are named by their column"),
        ("LET(1)", "isn't available"),
        ("SORTN([1])", "isn't available"),
        ("QUARTER({{Date}})", "Did you mean QUARTILE?"),
        ("frobnicate({{Website}})", "isn't a column or function"),
    ],
)
def test_no_fix_is_offered_where_the_meaning_is_not_sure(text: str, words: str) -> None:
    found = problems(text)
    assert words in found[0].message
    assert all(problem.edit is None or problem.edit.label == "Use +" for problem in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("IF('FALSE', 1, 2) + IFS('false', 10, true, 20)", 22),
        ("AND('True', true) && !OR(' false ', ['FALSE']) && NOT('false')", True),
        ("IF('no', 1, 2)", 1),
        ("VALUE('1,234.5') + VALUE('-$1,000') + VALUE('(5)') + VALUE('50%')", 230.0),
        ("STDEV([1, 2, 3]) + VAR(['1', '2', '3']) + MODE([1, 1, 2])", 3),
        ("[RANK(2, [1, 2, 3]), QUARTILE([1, 2, 3], 1), PERCENTILE(['1', '2', '3'], 0.5)]", [2, 1.5, 2]),
        ("STDEV.P([1, 3]) + RANK.AVG(2, [1, 2, 2])", 2.5),
        ("PROPER(\"o'neil, it's jean-pierre ÉMILE\")", "O'Neil, It's Jean-Pierre Émile"),
        ("COUNTIF(['abc', 'b', 'a*c'], 'A*') + COUNTIF(['abc', 'a*c'], 'a~*c')", 3),
        ("COUNTIF(['abc', 'b'], '<>a?c') + COUNTIFS(['ab', 'b'], '*b', [1, 2], '>1')", 2),
        ("SUMIF(['5', '7', 'x'], '>1') + SUMIFS(['1', '2'], ['ab', 'b'], 'a*')", 13),
        ("TEXT('n/a', '0.00')", "n/a"),
    ],
)
def test_spreadsheet_functions_do_as_in_spreadsheets(text: str, expected: object) -> None:
    assert result(text) == Computed(expected)


@pytest.mark.parametrize("number", ["abc", "12abc", "1.234,5", "1,23", "2024-01-01"])
def test_a_text_that_shows_no_number_has_no_value(number: str) -> None:
    assert f"“{number}” isn't a number as VALUE reads it" in result(f"VALUE('{number}')").error


@pytest.mark.parametrize(("number", "is_even"), [("2.5", True), ("-3", False), ('"4"', True), ('"1,003"', False)])
def test_numbers_are_even_or_odd(number: str, is_even: bool) -> None:
    assert (result(f"ISEVEN({number})").value, result(f"ISODD({number})").value) == (is_even, not is_even)


@pytest.mark.parametrize("name", ["ISEVEN", "ISODD"])
def test_words_are_neither_even_nor_odd(name: str) -> None:
    assert result(f'IFERROR({name}("x"), "neither")').value == "neither"
    assert result(f'IFERROR({name}("4 pieces"), "neither")').value == "neither"

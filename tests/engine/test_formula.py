import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from enrichment.engine import formula
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.formula import Computed, Evaluators
from enrichment.engine.sandbox import process
from enrichment.engine.template import references
from enrichment.engine.template.paths import MISSING
from enrichment.engine.template.references import Reason, Unavailable

NAMES = {1: "Name", 2: "Website", 3: "Employees", 4: "Company", 5: "Email", 6: "Date", 7: "Tags", 8: "Full name 🎉"}
ROW: dict[int, object] = {
    1: "ada lovelace",
    2: "https://www.Example.com/about?utm_source=x#top",
    3: "250",
    4: {"name": "Acme", "address": {"city": "Utrecht"}, "people": [{"first": "Ada", "age": 36}, {"first": "Bob"}]},
    5: "ada@example.com",
    6: "2024-03-05",
    7: ["b", "a", "b"],
}


def results(text: str, *rows: dict[int, object], condition: bool = False) -> list[Computed]:
    compiled = formula.compile(text, NAMES, condition=condition)
    with Evaluators(deadline=5) as evaluators:
        return evaluators.evaluate(compiled, rows)


def result(text: str, row: dict[int, object] | None = None) -> Computed:
    return results(text, ROW if row is None else row)[0]


def problems(text: str, *, condition: bool = False) -> list[Problem]:
    with pytest.raises(InvalidSettings) as caught:
        formula.compile(text, NAMES, condition=condition)
    return caught.value.problems


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{Company}}?.address?.city", "Utrecht"),
        ("{{Company.address.city}}", "Utrecht"),
        ('{{Company}}?.people?.[0]?.first || "nobody"', "Ada"),
        ('_.get({{Company}}, "people[1].age", 0)', 0),
        ("{{Name}}?.split(' ')[0]", "ada"),
        ("_.startCase({{Name}})", "Ada Lovelace"),
        ("{{Name}}.split(' ').map(_.upperFirst).join(' ')", "Ada Lovelace"),
        ("`${_.capitalize({{Name}}.split(' ')[0])} of ${{{Company}}.name}`", "Ada of Acme"),
        ('"Dear " + {{Name}} + ", from " + {{Company.name}}', "Dear ada lovelace, from Acme"),
        ("new URL({{Website}}).hostname.replace(/^www\\./, '')", "example.com"),
        ("{{Website}}.replace(/^https?:\\/\\/(www\\.)?/i, '').split(/[\\/?#]/)[0].toLowerCase()", "example.com"),
        ("new URL({{Website}})?.searchParams?.get('utm_source')", "x"),
        ("{{Email}}?.split('@')?.[1]", "example.com"),
        ("/^[^@\\s]+@[^@\\s]+\\.[a-z]+$/.test({{Email}})", True),
        ("{{Employees}} >= 5000 ? 'Enterprise' : {{Employees}} >= 100 ? 'Mid' : 'Small'", "Mid"),
        ("Number({{Employees}} || 0) + Number({{Company.people[0].age}} || 0)", 286),
        ("{{Employees}} > 100 && !!{{Email}} && 5 || ''", 5),
        ("({{Company}}?.people || []).map(person => person?.first).filter(Boolean).join(', ')", "Ada, Bob"),
        ("({{Company}}?.people || []).length > 0", True),
        ("_.uniq({{Tags}}).sort()", ["a", "b"]),
        ("[...new Set({{Tags}})].join()", "b,a"),
        ("{{Tags}}?.includes('a') ? 'yes' : 'no'", "yes"),
        ("_.countBy({{Tags}})", {"b": 2, "a": 1}),
        ("moment({{Date}}).format('MMM D, YYYY')", "Mar 5, 2024"),
        ("moment({{Date}}).add(1, 'month').isAfter('2024-04-01')", True),
        ("moment('2024-03-15').diff(moment({{Date}}), 'days')", 10),
        ("moment({{Date}}, 'YYYY-MM-DD').isBetween('2024-01-01', '2024-12-31')", True),
        ("new Date({{Date}}).getFullYear()", 2024),
        ("new Date({{Date}})", "2024-03-05T00:00:00.000Z"),
        ("moment.utc({{Date}})", "2024-03-05T00:00:00.000Z"),
        ("Number({{Employees}} * 1000).toLocaleString()", "250,000"),
        ("(1234.5).toLocaleString('en-US', {style: 'currency', currency: 'USD'})", "$1,234.50"),
        ("new Date({{Date}}).toLocaleDateString('en-US', {month: 'long', day: 'numeric'})", "March 5"),
        ('JSON.parse(\'{"a": [1, {"b": "c"}]}\').a[1].b', "c"),
        ("(typeof {{Company}} === 'string' ? JSON.parse({{Company}}) : {{Company}})?.name", "Acme"),
        ('"Basic " + btoa({{Name}} + ":x")', "Basic YWRhIGxvdmVsYWNlOng="),
        ("atob('YQ==')", "a"),
        ("encodeURIComponent({{Name}})", "ada%20lovelace"),
        ('"Company: " + Clay.formatForAIPrompt({{Company.name}}) + "."', "Company: Acme."),
        ("Clay?.getCellStatus?.({{Email}})?.toLowerCase()?.includes('error')", False),
        ('CONCATENATE({{Name}}, " (", {{Company.name}}, ")")', "ada lovelace (Acme)"),
        ('IF({{Employees}} > 100, "big", "small")', "big"),
        ("ROUND(2.345, 2)", 2.35),
        ("SUM(1, 2, {{Company.people[0].age}})", 39),
        ('TEXT(0.5, "0%")', "50%"),
        ("PROPER({{Name}})", "Ada Lovelace"),
        ("LEN(TRIM(' ab '))", 2),
        ("AND(1 > 0, {{Employees}} > 5)", True),
        ("OR(false, NOT(true))", False),
        ("{{Company}}?.people?.find(person => person.age > 30)?.first", "Ada"),
        ("(() => { try { return new URL({{Name}}).host } catch { return 'none' } })()", "none"),
        ("{ 'first': 1 }", {"first": 1}),
        ("{{Name}} // a remark", "ada lovelace"),
        ("{{Company.people}}.map(({first, age = 1}) => { const n = age\n first && n\n return n })", [36, 1]),
    ],
)
def test_what_people_paste_works(text: str, expected: object) -> None:
    assert result(text) == Computed(expected)


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("{{Employees}} < 50", "", False),
        ("{{Employees}} >= 0", None, False),
        ("{{Employees}} <= 0", MISSING, False),
        ("{{Employees}} > 9", "10", True),
        ("{{Employees}} < '9'", "10", False),
        ("{{Employees}} == 50", "50", True),
        ("{{Employees}} === 50.0", "5e1", True),
        ("{{Employees}} !== 50", "50", False),
        ("{{Employees}} == 16", "0x10", False),
        ("{{Employees}} >= 0", " ", False),
        ("{{Employees}} == ''", None, True),
        ("{{Employees}} === null", "", True),
        ("{{Employees}} == 0", "", False),
        ("{{Employees}} == true", "TRUE", True),
        ("{{Employees}} + ' people'", None, " people"),
        ("`${{{Employees}}} people`", None, " people"),
        ("{{Employees}} + {{Tags}} + '.'", None, "."),
        ("{{Employees}} ?? 'none'", "", "none"),
        ("{{Employees}} || 'none'", None, "none"),
        ("typeof {{Employees}}", "", "undefined"),
        ("{{Employees}}", 2**53 - 1, 2**53 - 1),
        ("{{Employees}}", 2**53 + 1, str(2**53 + 1)),
        ("{{Employees}}", {"id": 12345678901234567890}, {"id": "12345678901234567890"}),
        ("'id-' + {{Employees}} + 12345678901234567890", "7-", "id-7-12345678901234567890"),
        ("{{Employees}} == 12345678901234567890", "12345678901234567891", False),
        ("{{Employees}} > 5", 10**400, True),
        ("{{Employees}}", "\ud800x", "\ufffdx"),
        ("_.groupBy(['constructor', 'toString'])", "", {"constructor": ["constructor"], "toString": ["toString"]}),
    ],
)
def test_empty_cells_and_numbers_in_text(text: str, value: object, expected: object) -> None:
    assert result(text, {3: value}) == Computed(expected)


@pytest.mark.parametrize(
    ("text", "empty"),
    [
        ("{{Name}}.toUpperCase()", "Name"),
        ("{{Tags}} ?? {{Name}}.trim()", "Name"),
        ("({{Name}}).trim()", "Name"),
        ("{{Company.name}}.trim()", "Company.name"),
        ("[...{{Tags}}]", "Tags"),
        ("new URL({{Website}}).host", "Website"),
        ("{{Employees}} * 2", "Employees"),
    ],
)
def test_an_error_over_an_empty_reference_names_it(text: str, empty: str) -> None:
    assert result(text, {}) == Computed(None, f"{{{{{empty}}}}} is empty", empty)


def test_an_unavailable_column_fails_the_row_but_not_the_question_for_its_state() -> None:
    row: dict[int, object] = {1: Unavailable("Name", Reason.FAILED, "404"), 2: "x"}
    assert results("{{Name}} + {{Website}}", row, {1: "a", 2: "b"}) == [
        Computed(error="Name failed: 404"),
        Computed("ab"),
    ]
    assert result("Clay.getCellStatus({{Name}})", row) == Computed("ERROR")
    assert result("Clay.getCellErrorMessagePreview({{Name}})", row) == Computed("404")
    assert result("!{{Name}} || Clay.getCellStatus({{Name}}) == 'ERROR'", row) == Computed(True)


def holds(text: str, row: dict[int, object]) -> tuple[bool, str]:
    return formula.check(results(text, row, condition=True)[0])


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("{{Employees}} > 50 AND {{Employees}} < 100", "60", True),
        ("{{Employees}} > 50 and ({{Employees}} < 10 or {{Employees}} == 60)", "60", True),
        ("NOT {{Employees}} > 50", "60", False),
        ("NOT ({{Employees}} > 1 OR {{Employees}} < 0)", "1", True),
        ("not {{Employees}} is empty and true", "1", True),
        ("!{{Employees}} is empty", "1", True),
        ("{{Employees}} IS NOT EMPTY", "0", True),
        ("{{Employees}} is empty", "  ", True),
        ("{{Employees}} is empty", [], True),
        ("{{Employees}} contains 'UTR'", "Utrecht", True),
        ("{{Employees}} contains 5", ["5"], True),
        ("{{Employees}} does not contain 'x'", None, True),
        ("{{Employees}} contains ''", None, False),
        ("{{Employees}} <> 50", "50", False),
        ("{{Employees}}", "False", False),
        ("!{{Employees}}", "false", True),
        ("{{Employees}} && true", "false", False),
        ("{{Employees}}", "0", True),
        ("{{Employees}}", 0, False),
        ("{{Employees}} * 2", "x", False),
        ("AND({{Employees}} > 1, OR({{Employees}} < 9, NOT(true)))", "5", True),
        ("{{Employees}}?.includes?.('and') and 'or is empty' is not empty", "band", True),
    ],
)
def test_a_condition_decides_as_people_expect(text: str, value: object, expected: bool) -> None:
    assert holds(text, {3: value}) == (expected, "")


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("({{Employees}} AND true) == true", "FALSE", False),
        ("false OR {{Employees}}", " false ", False),
        ("NOT {{Employees}} AND true", "False", True),
        ("{{Employees}} || 'JavaScript'", "FALSE", "FALSE"),
        ("{{Employees}} && 1 AND 2", "TRUE", 2),
    ],
)
def test_the_words_and_and_or_read_an_uploaded_false(text: str, value: object, expected: object) -> None:
    assert result(text, {3: value}) == Computed(expected)


def test_a_condition_tells_why_it_cannot_be_decided() -> None:
    assert holds("{{Name}}.includes('x')", {}) == (False, "{{Name}} is empty")
    assert holds("{{Name}} is empty", {1: Unavailable("Name", Reason.RUNNING)}) == (False, "Name is still running")


WRONG = [
    ("{{Name}} = 5", 9, 1, "doesn't compare"),
    ("{{Name}} == 'x' && {{Employees}} = 5", 33, 1, "doesn't compare"),
    ("“Hi” + {{Name}}", 0, 4, "straight quotes"),
    ("'Hi {{Name}} `you` ${1}'", 0, 24, "Use backticks"),
    ('"{{Name}}"', 0, 10, "Remove the quotes"),
    ("`Hi {{Name}}`", 1, 11, "without ${ }"),
    ("return {{Name}}", 0, 6, "doesn't need “return”"),
    ("{{Name}};", 8, 1, "doesn't end"),
    ("=SUM(1, 2)", 0, 1, "doesn't start"),
    ("IF({{Employees}} > 1; 2, 3)", 20, 1, "with a comma"),
    ("{{Name}} & 'x'", 9, 1, "doesn't join"),
    ("{{Name}} {{Email}}", 9, 9, "missing between"),
    ("'a' 'b'", 4, 3, "missing between"),
    ("{{Name}})", 8, 1, "no opening bracket"),
    ("({{Name}} + 1", 0, 1, "never closed"),
    ("'abc", 0, 1, "no closing quote"),
    ("`abc ${1}", 0, 1, "no closing backtick"),
    ("007 + {{Name}}", 0, 3, "start with zeros"),
    ("#{{Name}}", 0, 1, "isn't allowed here"),
    ("{{Employees}} ≥ 5", 14, 1, "Use >= instead of “≥”"),
    ("1\u200b + 2", 1, 1, "invisible"),
    ("{{Nme}} + 1", 0, 7, "no column"),
    ("concatenate(1, 2)", 0, 11, "Did you mean CONCATENATE"),
    ("Name + 1", 0, 4, "double braces"),
    ("{{Name}} == Ada", 12, 3, "quotes"),
    ("clay.formatForAIPrompt({{Name}})", 0, 4, "Did you mean Clay"),
    ("({ {{Name}}: 1 })", 3, 8, "square brackets"),
    ("{{Company}}.{{Name}}", 12, 8, "square brackets"),
    ("12345678901234567890 + 1", 0, 20, "so many digits"),
    ("{{Employees}} + 12345678901234567890", 16, 20, "so many digits"),
    ("2 * (1 - 12345678901234567890)", 9, 20, "so many digits"),
    ("{{Full name 🎉}} + “x”", 18, 3, "straight quotes"),
]


@pytest.mark.parametrize(("text", "offset", "length", "words"), WRONG, ids=[case[0] for case in WRONG])
def test_a_problem_is_told_at_its_place_and_its_fix_removes_it(text: str, offset: int, length: int, words: str) -> None:
    [problem] = problems(text)
    assert words in problem.message
    assert (problem.line, problem.column, problem.offset, problem.length) == (1, offset + 1, offset, length)
    assert problem.edit
    assert problem.fix == problem.edit.label
    formula.compile(fixed(text, problem), NAMES)


def fixed(text: str, problem: Problem) -> str:
    assert problem.edit
    edit = problem.edit
    return text[: edit.offset] + edit.text + text[edit.offset + edit.length :]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("{{Name}} +", "too early"),
        ("if ({{Name}}) 1", "Use IF("),
        ("const x = 1; x", "“const” isn't allowed"),
        ("{{Name}} += 1", "can't change"),
        ("{{Employees}}++", "can't change"),
        ("1, 2", "one value"),
        ("{{Name}}; 2", "without “;”"),
        ("/{{Name}}/.test('x')", "search pattern"),
        ("({{Name}}) => 1", "isn't allowed here"),
        ("import('x')", "can't load"),
        ("eval('1')", "isn't a column or function"),
        ("unheardOf({{Name}})", "isn't a column or function"),
        ("{{Name}} @ 1", "isn't allowed in a formula"),
        ("(" * 3000 + "1" + ")" * 3000, "nested too deeply"),
        ("{{@99}} + 1", "was deleted"),
        ("1 +" * 10_000 + "1", "longer than"),
    ],
)
def test_what_has_no_fix_is_told_too(text: str, words: str) -> None:
    assert words in problems(text)[0].message


def test_several_problems_are_told_at_once() -> None:
    text = "return “a” + {{Nope}} + foo({{Name}}) == 'Hi {{Name}}';"
    assert [problem.offset for problem in problems(text)] == [0, 7, 13, 24, 41, 54]


def test_fixing_one_by_one_leads_to_a_formula_that_works() -> None:
    text = "=IF({{Employees}} ≥ 100; “{{Nam}} is big”; ‘small’ & {{Email}}"
    for _ in range(20):
        try:
            formula.compile(text, NAMES)
            break
        except InvalidSettings as error:
            text = fixed(text, error.problems[0])
    assert result(text) == Computed("ada lovelace is big")


def test_ids_stand_for_names_and_are_compiled_again_without_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    first = formula.compile("{{@4.address.city}} + {{@1}}", NAMES)
    assert first.column_ids == {1, 4}
    monkeypatch.setattr(process, "check", None)
    assert formula.compile("{{Company.address.city}} + {{Name}}", NAMES) == first
    assert formula.compile("{{@4.address.city}} + {{@1}}", {**NAMES, 9: "Unused"}) == first


def test_long_formulas_work() -> None:
    assert result(" + ".join(["{{Employees}}"] * 500)) == Computed("250" * 500)
    assert holds(" or ".join(["{{Name}} == 1"] * 900 + ["true"]), ROW) == (True, "")


@pytest.mark.parametrize(
    ("value", "expected"),
    [("false", False), ("x", True), ("", False), (0, False), ([], True), (None, False), (MISSING, False), (1.5, True)],
)
def test_truth(value: object, expected: bool) -> None:
    assert formula.truthy(value) is expected


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.text(alphabet="{}Name ()!=<>&|'\"`$10-.,;and🎉", max_size=40), st.text(max_size=5))
def test_any_text_is_compiled_or_refused_with_fixes_in_place(text: str, value: str) -> None:
    try:
        compiled = formula.compile(text, NAMES, condition=True)
    except InvalidSettings as error:
        shown = references.to_shown(text, NAMES)
        for problem in error.problems:
            assert problem.offset is not None
            assert 0 <= problem.offset <= problem.offset + problem.length <= len(shown)
            assert not problem.edit or 0 <= problem.edit.offset + problem.edit.length <= len(shown)
        return
    with Evaluators(deadline=5) as evaluators:
        assert len(evaluators.evaluate(compiled, [{1: value}])) == 1

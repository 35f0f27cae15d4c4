"""Dates in formulas: never made up from nothing, never read as another day than they were written."""

import pytest

from enrichment.engine import formula
from enrichment.engine.formula import Computed
from enrichment.engine.template.paths import MISSING
from tests.engine.test_formula import NAMES, fixed, holds, result

FOUNDED = 6  # the column Date


@pytest.mark.parametrize("nothing", [None, "", MISSING])
@pytest.mark.parametrize(
    "text",
    [
        "moment({{Date}})",
        "moment({{Date}}).fromNow()",
        "moment({{Date}}).format('YYYY')",
        "moment({{Date}}, 'YYYY-MM-DD').format()",
        "moment({{Date}}).diff(moment('2024-01-01'), 'days')",
        "moment('2024-01-01').diff({{Date}}, 'days')",
        "moment('2024-01-01').from({{Date}})",
        "moment('2024-01-01').add({{Date}}, 'days').format()",
        "moment.utc({{Date}}).fromNow()",
        "moment.unix({{Date}}).fromNow()",
        "moment.parseZone({{Date}}).calendar()",
        "moment.duration({{Date}}).humanize()",
        "moment.max(moment({{Date}}), moment('2024-01-01')).format()",
        "'Founded ' + moment({{Date}}).format('YYYY')",
        "`Founded ${new Date({{Date}})}`",
        "new Date({{Date}})",
        "new Date({{Date}}).toLocaleDateString()",
        "Date.parse({{Date}})",
        "DATEDIF({{Date}}, '2024-01-01', 'D')",
        "DATEDIF('2024-01-01', {{Date}}, 'D')",
        "DAYS('2024-01-01', {{Date}})",
        "DATE(2024, {{Date}}, 1)",
        "DATEVALUE({{Date}})",
        "YEAR({{Date}})",
        "EDATE('2024-01-01', {{Date}})",
        "NETWORKDAYS({{Date}}, '2024-01-01')",
        "TEXT({{Date}}, 'yyyy-mm-dd')",
        "[moment({{Date}}).format()]",
    ],
)
def test_no_date_is_made_from_nothing(text: str, nothing: object) -> None:
    assert result(text, {FOUNDED: nothing}) == Computed(None, "{{Date}} is empty", "Date")


@pytest.mark.parametrize("nothing", ["null", "undefined", "''", "[]", "({})", "false"])
@pytest.mark.parametrize("make", ["moment", "moment.utc", "moment.unix", "moment.parseZone"])
def test_nothing_is_an_invalid_moment(make: str, nothing: str) -> None:
    assert result(f"{make}({nothing}).isValid()") == Computed(False)
    assert "not a valid date" in result(f"{make}({nothing}).fromNow()").error


def test_a_null_inside_an_answer_is_not_1970() -> None:
    row: dict[int, object] = {4: {"name": None}}
    assert "not a valid date" in result("new Date({{Company}}.name)", row).error
    assert "not a valid date" in result("moment.unix({{Company}}.name).format()", row).error


def test_the_present_is_still_there_for_who_asks_for_it() -> None:
    assert result("moment().isSame(new Date(), 'day') && moment().diff(NOW(), 'minutes') == 0") == Computed(True)
    assert result("typeof Date() + typeof Date.now()") == Computed("stringnumber")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2024-09-13", "2024-09-13"),
        ("2024/09/13", "2024-09-13"),
        ("13/09/2024", "2024-09-13"),
        ("09/13/2024", "2024-09-13"),
        ("13-9-2024", "2024-09-13"),
        ("13.09.2024", "2024-09-13"),
        ("04.12.2024", "2024-12-04"),
        ("05/05/2024", "2024-05-05"),
        ("13/09/2024 14:30", "2024-09-13"),
        ("September 13, 2024", "2024-09-13"),
        ("13th Sep 2024", "2024-09-13"),
        ("Fri, 13 Sep 2024 10:00:00 GMT", "2024-09-13"),
        ("2024-09-13T23:30:00-02:00", "2024-09-14"),
    ],
)
def test_a_date_that_can_be_meant_in_one_way_is_read(written: str, expected: str) -> None:
    row: dict[int, object] = {FOUNDED: written}
    assert result("moment({{Date}}).format('YYYY-MM-DD')", row) == Computed(expected)
    assert result("new Date({{Date}}).toISOString().slice(0, 10)", row) == Computed(expected)
    assert result("DATEDIF('2000-01-01', {{Date}}, 'D') > 0", row) == Computed(True)


@pytest.mark.parametrize(
    "read", ["moment({{Date}}).format()", "new Date({{Date}})", "MONTH({{Date}})", "DATEVALUE({{Date}})"]
)
@pytest.mark.parametrize("written", ["04/12/2024", "4/12/2024", "04-12-2024", "04/12/2024 10:00"])
def test_a_date_that_countries_read_differently_is_an_error(read: str, written: str) -> None:
    error = result(read, {FOUNDED: written}).error
    assert written in error
    assert "DD/MM/YYYY" in error


def test_a_date_without_its_whole_year_is_an_error() -> None:
    assert "year in full" in result("moment({{Date}}).format()", {FOUNDED: "13/09/24"}).error


def test_a_date_is_read_as_the_author_says() -> None:
    row: dict[int, object] = {FOUNDED: "04/12/2024"}
    assert result("moment({{Date}}, 'DD/MM/YYYY').format('YYYY-MM-DD')", row) == Computed("2024-12-04")
    assert result("moment({{Date}}, 'MM/DD/YYYY').format('YYYY-MM-DD')", row) == Computed("2024-04-12")


@pytest.mark.parametrize(
    "written", ["Founded in 2024", "5 janvier 2024", "48", "March", "soon", "31/31/2024", "2024-13-45"]
)
def test_what_is_no_date_is_not_read_as_one(written: str) -> None:
    assert "not a valid date" in result("moment({{Date}}).format()", {FOUNDED: written}).error


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("TEXT({{Date}}, 'yyyy-mm-dd')", "2024-03-05"),
        ("TEXT({{Date}}, 'd mmm yy')", "5 Mar 24"),
        ("TEXT({{Date}}, 'dddd, mmmm d')", "Tuesday, March 5"),
        ("TEXT('2024-03-05 14:07', 'h:mm AM/PM')", "2:07 PM"),
        ("TEXT('2024-03-05 14:07:09', 'hh:mm:ss')", "14:07:09"),
        ("TEXT(45356, 'yyyy')", "2024"),
        ("TEXT(DATE(2024, 3, 5), 'm/d/yyyy')", "3/5/2024"),
        ("DATEDIF('2020-01-31', '2024-03-01', 'Y')", 4),
        ("HOUR('14:30')", 14),
        ("NETWORKDAYS.INTL('2024-03-01', '2024-03-31', 1)", 21),
    ],
)
def test_dates_are_written_and_counted_as_in_spreadsheets(text: str, expected: object) -> None:
    assert result(text) == Computed(expected)


def test_a_condition_over_a_missing_date_does_not_run_and_says_why() -> None:
    assert holds("moment({{Date}}).fromNow() contains 'ago'", {}) == (False, "{{Date}} is empty")
    assert holds("moment({{Date}}).isBefore('2024-01-01')", {}) == (False, "")


@pytest.mark.parametrize(
    "text",
    [
        *("2024-02-30", "2023-02-29", "2024-04-31T10:00:00Z", "31/02/2024", "31.11.2024"),
        *("30 Feb 2024", "February 29, 2023", "31-Apr-2024", "Jun 31st 2024", "2024-01-00"),
    ],
)
@pytest.mark.parametrize("read", ["new Date({{Date}})", "DAY({{Date}})", "DATEVALUE({{Date}})", "EDATE({{Date}}, 1)"])
def test_a_day_that_its_month_does_not_have_is_no_date(read: str, text: str) -> None:
    """JavaScript takes 30 February for 1 March."""
    assert "not a valid date" in result(read, {FOUNDED: text}).error


@pytest.mark.parametrize(
    ("text", "day"),
    [
        *(("2024-02-29", 29), ("29.02.2024", 29), ("Thu, 29 Feb 2024 10:00:00 GMT", 29), ("February 29, 2024", 29)),
        *(("2030 Feb 5", 5), ("Sep 13, 2024 10:45", 13), ("31 Dec 1999", 31), ("2024-12-31T23:30:00-01:00", 1)),
    ],
)
def test_every_day_that_its_month_has_is_a_date(text: str, day: int) -> None:
    assert result("new Date({{Date}}).getUTCDate()", {FOUNDED: text}) == Computed(day)


@pytest.mark.parametrize(
    ("text", "meant", "value"),
    [
        ("moment({{Date}}).month()", "(moment({{Date}}).month() + 1)", 3),
        ("'Month ' + moment({{Date}}).month()", "'Month ' + (moment({{Date}}).month() + 1)", "Month 3"),
        ("`é ${new Date({{Date}}).getMonth()}`", "`é ${(new Date({{Date}}).getMonth() + 1)}`", "é 3"),
        ("{{Date}} ? moment({{Date}}).month() : ''", "{{Date}} ? (moment({{Date}}).month() + 1) : ''", 3),
    ],
)
def test_a_month_counted_from_0_that_is_shown_is_asked_about(text: str, meant: str, value: object) -> None:
    [question] = formula.compile(text, NAMES).questions
    assert (question.severity, fixed(text, question)) == ("warning", meant)
    assert result(meant, {FOUNDED: "2024-03-05"}) == Computed(value)
    assert formula.compile(meant, NAMES).questions == ()


@pytest.mark.parametrize(
    "text",
    [
        "moment({{Date}}).month() === 2",
        "moment({{Date}}).month() + 1",
        "['Jan', 'Feb'][moment({{Date}}).month()]",
        "new Date(2024, moment({{Date}}).month(), 1)",
        "moment({{Date}}).month(3).format('M')",
        "MONTH({{Date}})",
    ],
)
def test_a_month_that_is_calculated_with_is_not_asked_about(text: str) -> None:
    assert formula.compile(text, NAMES).questions == ()

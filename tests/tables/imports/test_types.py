"""What the values of a file are taken for, and what is stored of them."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tables.imports import types
from tables.models import Column
from workspaces.refusals import Refused


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["1", "-2.50", ""], "number"),
        ([1, 2.5], "number"),
        (["0042", "0043"], "text"),  # a postcode
        (["4915112345678901", "1"], "text"),  # a telephone number
        (["1,234.56", "7"], "number:dot"),
        (["1.234,56", "7"], "number:comma"),
        (["1,234", "5,678"], "text"),  # a thousand here, one and a bit there
        (["0,500", "1,250"], "number:comma"),  # thousands never begin with a zero
        (["1'234.50", "12"], "number:dot"),
        (["1\u202f234,50", "12,00"], "number:comma"),
        (["+49 171 555", "+49 171 556"], "text"),  # telephone numbers
        (["601 234 567", "602 345 678"], "text"),
        (["1 234 567", "12 345"], "number:comma"),
        (["2026-11-29", "2026-02-28"], "date"),
        (["2026-02-30"], "text"),
        (["12.03.1998", "01.07.2011"], "date:dmy"),
        (["31/01/2026", "01/02/2026"], "date:dmy"),
        (["01/31/2026", "01/02/2026"], "date:mdy"),
        (["01/02/2026", "03/04/2026"], "text"),  # February or March: nobody can know
        (["2026/12/31"], "date:ymd"),
        (["yes", "No"], "checkbox"),
        (["yes", "yes"], "text"),
        ([True, False], "checkbox"),
        (["a@b.example"], "email"),
        (["https://a.example/?x=1"], "url"),
        (["a.example"], "text"),
        (["1", "n/a"], "text"),
        ([], "text"),
        ([["list"]], "text"),
    ],
)
def test_a_form_is_guessed_where_it_can_be_no_other(values: list[object], form: str) -> None:
    assert types.guessed(values) == form  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("form", "written", "stored"),
    [
        ("number", "1,200", "1200"),
        ("number:dot", "1,234.50", "1234.50"),
        ("number:comma", "48.200.000,00", "48200000.00"),
        ("number:comma", "1\u00a0234,5", "1234.5"),
        ("number:dot", "1’234.50", "1234.50"),
        ("date:dmy", "1.7.2011", "2011-07-01"),
        ("date:mdy", "12/31/2026", "2026-12-31"),
        ("date:dmy", "31.12.2026 8:05", "2026-12-31T08:05:00"),
        ("checkbox", "Yes", True),
        ("text", "0042", "0042"),
    ],
)
def test_a_value_is_stored_as_its_form_says(form: str, written: str, stored: object) -> None:
    column = Column(name="Size", type=types.FORMS[form])
    assert types.converter(column, form)(written) == stored


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("number:comma", "1,234.56"),
        ("number:dot", "1.234,56"),
        ("number:dot", "0,500"),
        ("number", "0,500"),
        ("number", "ca. 5"),
        ("date:dmy", "12/31/2026"),
        ("date:mdy", "31.12.2026"),
        ("date:dmy", "31.12.26"),
        ("checkbox", "maybe"),
    ],
)
def test_what_is_not_of_the_form_is_refused(form: str, written: str) -> None:
    with pytest.raises(Refused):
        types.converter(Column(name="Size", type=types.FORMS[form]), form)(written)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2, min_value=-(10**12), max_value=10**12))
def test_a_number_is_the_same_in_both_forms(number: Decimal) -> None:
    column = Column(name="Size", type="number")
    with_dot = f"{number:,.2f}"
    with_comma = with_dot.translate(str.maketrans(",.", ".,"))
    for form, text in (("number:dot", with_dot), ("number:comma", with_comma)):
        assert Decimal(str(types.converter(column, form)(text))) == number


@given(st.dates(min_value=date(1000, 1, 1)))
def test_a_day_is_the_same_in_all_forms(day: date) -> None:
    column = Column(name="Day", type="date")
    written = {"date:dmy": f"{day:%d.%m.}{day.year}", "date:mdy": f"{day:%m/%d/}{day.year}", "date": day.isoformat()}
    for form, text in written.items():
        assert types.converter(column, form)(text) == day.isoformat()


@given(st.lists(st.text(), min_size=1))
def test_what_is_found_without_a_look_changes_no_letter(texts: list[str]) -> None:
    form = types.guessed(texts)
    if form in types.UNCHANGED:
        convert = types.converter(Column(name="A", type=types.FORMS[form]), form)
        assert [convert(text) for text in texts if text] == [text for text in texts if text]

"""Between the forms of the panel and the settings of the API."""

import pytest
from django.http import QueryDict

from enrichment.engine.errors import Problem
from enrichment.panel import forms


def posted(requests: str, duration: str, unit: str) -> QueryDict:
    form = QueryDict(mutable=True)
    form.update({"rate_limit.requests": requests, "rate_limit.duration": duration, "rate_limit.unit": unit})
    return form


@pytest.mark.parametrize(
    ("duration", "unit", "milliseconds"),
    [
        ("1", "second", "1000"),
        ("0.2", "second", "200"),
        ("250", "ms", "250"),
        ("1.5", "hour", "5400000"),
        ("1", "a unit that is not offered", "1000"),
        ("soon", "second", "soon"),
        ("", "second", ""),
        ("1e999999999", "second", "1e999999999"),
    ],
)
def test_the_duration_of_a_limit_is_entered_in_a_unit(duration: str, unit: str, milliseconds: str) -> None:
    assert forms.rate_limit(posted("15", duration, unit)) == {"requests": "15", "duration_ms": milliseconds}


def test_without_a_number_of_requests_there_is_no_limit() -> None:
    assert forms.rate_limit(posted("", "1", "second")) is None


@pytest.mark.parametrize(
    ("milliseconds", "duration", "unit"),
    [
        (1000, "1", "second"),
        (200, "200", "ms"),
        (90_000, "90", "second"),
        (3_600_000, "1", "hour"),
        ("soon", "soon", "second"),
    ],
)
def test_a_limit_is_shown_in_the_largest_unit_without_a_fraction(
    milliseconds: int | str, duration: str, unit: str
) -> None:
    sentence = forms.limit_sentence({"requests": 15, "duration_ms": milliseconds})
    assert (sentence["requests"], sentence["duration"], sentence["unit"]) == (15, duration, unit)


def test_no_limit_offers_one_second() -> None:
    sentence = forms.limit_sentence(None)
    assert (sentence["requests"], sentence["duration"], sentence["unit"]) == ("", "1", "second")


@pytest.mark.parametrize(
    ("fields", "label"),
    [
        (["query.0.value"], "“Query parameters”"),
        (["confirm_host", "auth_request.url"], "“Sign-in URL”"),
        (["bodywork"], "the marked settings"),
        ([], "the marked settings"),
    ],
)
def test_the_setting_to_fix_first_is_named_by_its_label(fields: list[str], label: str) -> None:
    words = forms.fix_first([Problem("Wrong.", field=field) for field in fields])
    assert words.startswith(f"Fix {label}")

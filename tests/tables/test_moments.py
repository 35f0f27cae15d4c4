"""What dates and times mean, in Python as in either database."""

import re
from datetime import UTC, datetime

import pytest
from django.db.models import F, TextField, Value
from hypothesis import given, settings
from hypothesis import strategies as st

from tables import moment_expressions, moments
from tables.models import Table

YEARS = st.sampled_from(["0000", "0001", "0004", "1900", "2000", "2024", "2025", "2026", "9999"])
MONTHS = st.integers(0, 13).map(lambda month: f"{month:02}")
DAYS = st.sampled_from(["00", "01", "28", "29", "30", "31", "32"])
CLOCKS = st.sampled_from(
    ["00:00:00", "00:00", "23:59:59", "24:00", "10:30:60", "10:30:15.5", "10:30:15,500", "00:00:00.25"]
)
CLOCKS |= st.sampled_from(["10:30:15.123456", "10:30:15.1234567", "00:00:00.000000", "10"])
OFFSETS = st.sampled_from(["", "Z", "z", "+00:00", "+05:00", "-0830", "-05", "+14:00", "-12:30", "+15:00", "+23:59"])
TIMES = st.builds("{}-{}-{}{}{}{}".format, YEARS, MONTHS, DAYS, st.sampled_from("T TX"), CLOCKS, OFFSETS)
PLAIN = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")  # of which databases read no more than the form


def moment(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    return read.replace(tzinfo=read.tzinfo or UTC).astimezone(UTC)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("2026-01-31", "2026-01-31"),
        ("2026-01-31 05:00+05:00", "2026-01-31"),
        ("2026-02-01T03:00+0500", "2026-01-31T22:00:00"),
        ("2026-01-31T10:00:00,250Z", "2026-01-31T10:00:00.25"),
        ("2026-01-31T00:00:00.250000", "2026-01-31.25"),
        ("2024-02-29T10:00", "2024-02-29T10:00:00"),
        ("2025-02-29T10:00", None),
        ("2026-01-31T10:00+15:00", None),
        ("0001-01-01T00:00+01:00", None),
        ("9999-12-31T23:30-01:00", None),
        ("31.01.2026", None),
        ("", None),
    ],
)
def test_a_moment_has_one_key(text: str, key: str | None) -> None:
    assert moments.key(text) == key


@given(TIMES, TIMES)
def test_keys_are_sorted_as_moments_are(one: str, other: str) -> None:
    keys = [moments.key(text) for text in (one, other)]
    if keys[0] is not None and keys[1] is not None:
        assert (keys[0] < keys[1]) == (moment(one) < moment(other))
        assert (keys[0] == keys[1]) == (moment(one) == moment(other))
        assert keys[0][:10] == moment(one).date().isoformat()


@pytest.mark.django_db
def test_databases_read_a_time_as_python_does(table: Table) -> None:
    read = moment_expressions._Moment(F("text"))

    @settings(max_examples=150, deadline=None)
    @given(TIMES)
    def check(text: str) -> None:
        given_text = Table.objects.filter(pk=table.pk).annotate(text=Value(text, output_field=TextField()))
        sql = moments.key(text)
        if sql is None and PLAIN.fullmatch(text):
            sql = text.replace("T00:00:00", "")
        assert given_text.annotate(key=read).values_list("key", flat=True)[0] == sql

    check()

"""The next time by the clock on the wall."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.engine.recurrence import Every, Recurrence

BERLIN = ZoneInfo("Europe/Berlin")


def local(text: str, zone: ZoneInfo = BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def coming(recurrence: Recurrence, after: str, number: int = 3) -> list[str]:
    """The next times as the clock shows them."""
    moment, found = local(after), []
    for _ in range(number):
        moment = recurrence.after(moment)
        found.append(f"{moment.astimezone(BERLIN):%m-%d %H:%M %Z}")
    return found


@pytest.mark.parametrize(
    ("every", "at", "days", "after", "expected"),
    [
        ("hour", "00:15", (), "2026-11-29T10:20", ["11-29 11:15 CET", "11-29 12:15 CET", "11-29 13:15 CET"]),
        ("day", "09:00", (), "2026-11-29T09:00", ["11-30 09:00 CET", "12-01 09:00 CET", "12-02 09:00 CET"]),
        ("day", "09:00", (), "2026-11-29T08:59", ["11-29 09:00 CET", "11-30 09:00 CET", "12-01 09:00 CET"]),
        ("week", "09:00", (0, 3), "2026-11-29T12:00", ["11-30 09:00 CET", "12-03 09:00 CET", "12-07 09:00 CET"]),
        ("month", "09:00", (31,), "2026-11-29T12:00", ["11-30 09:00 CET", "12-31 09:00 CET", "01-31 09:00 CET"]),
        ("month", "09:00", (1, 15), "2026-11-29T12:00", ["12-01 09:00 CET", "12-15 09:00 CET", "01-01 09:00 CET"]),
    ],
)
def test_it_comes_next(every: Every, at: str, days: tuple[int, ...], after: str, expected: list[str]) -> None:
    assert coming(Recurrence(every, time.fromisoformat(at), BERLIN, days), after) == expected


def test_a_time_that_summer_time_leaves_out_comes_later_and_once() -> None:
    daily = Recurrence("day", time(2, 30), BERLIN)
    assert coming(daily, "2026-03-28T12:00") == ["03-29 03:30 CEST", "03-30 02:30 CEST", "03-31 02:30 CEST"]


def test_a_time_that_the_clock_shows_twice_comes_once() -> None:
    daily = Recurrence("day", time(2, 30), BERLIN)
    assert coming(daily, "2026-10-24T12:00") == ["10-25 02:30 CEST", "10-26 02:30 CET", "10-27 02:30 CET"]


def test_every_hour_is_every_hour_that_passes() -> None:
    hourly = Recurrence("hour", time(0, 0), BERLIN)
    assert coming(hourly, "2026-10-25T01:30") == ["10-25 02:00 CEST", "10-25 02:00 CET", "10-25 03:00 CET"]


@pytest.mark.parametrize(
    ("at", "after", "expected"),
    [
        # Where the clock skips from 2:00 to 2:30.
        ("00:00", "2026-10-04T00:30", ["01:00 +1030", "03:00 +1100", "04:00 +1100"]),
        ("00:15", "2026-10-04T00:30", ["01:15 +1030", "03:15 +1100", "04:15 +1100"]),
        ("00:45", "2026-10-04T00:30", ["00:45 +1030", "01:45 +1030", "02:45 +1100", "03:45 +1100"]),
        # Where it goes back from 2:00 to 1:30.
        ("00:00", "2026-04-05T00:30", ["01:00 +1100", "02:00 +1030", "03:00 +1030"]),
        ("00:15", "2026-04-05T00:30", ["01:15 +1100", "02:15 +1030", "03:15 +1030"]),
        ("00:45", "2026-04-05T00:50", ["01:45 +1100", "02:45 +1030", "03:45 +1030"]),
    ],
)
def test_every_hour_keeps_its_minutes_where_summer_time_is_half_an_hour(
    at: str, after: str, expected: list[str]
) -> None:
    lord_howe = ZoneInfo("Australia/Lord_Howe")
    hourly = Recurrence("hour", time.fromisoformat(at), lord_howe)
    moment, found = local(after, lord_howe), []
    for _ in expected:
        moment = hourly.after(moment)
        found.append(f"{moment.astimezone(lord_howe):%H:%M %z}")
    assert found == expected


@given(
    st.sampled_from(["hour", "day", "week", "month"]),
    st.times(),
    st.sampled_from(["Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Pacific/Apia", "Australia/Lord_Howe"]),
    st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
)
def test_it_comes_after_the_moment_and_once_in_its_period(every: Every, at: time, zone: str, moment: datetime) -> None:
    recurrence = Recurrence(every, at.replace(second=0, microsecond=0), ZoneInfo(zone), (1, 5))
    first = recurrence.after(moment)
    second = recurrence.after(first)
    longest = {"hour": 1, "day": 26, "week": 5 * 24, "month": 32 * 24}[every]
    assert moment < first < second
    assert second - first <= timedelta(hours=longest, minutes=60)

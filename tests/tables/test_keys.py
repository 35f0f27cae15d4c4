"""Keys of rows."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tables import keys

VALUES = st.one_of(st.none(), st.text(max_size=4), st.booleans(), st.integers(), st.lists(st.integers(), max_size=2))


@given(st.lists(VALUES, min_size=1, max_size=3), st.lists(VALUES, min_size=1, max_size=3))
def test_keys_are_alike_where_all_of_their_texts_are(one: list[Any], other: list[Any]) -> None:
    for match in keys.MATCHES:
        [compared] = keys.normalizers(match, ["text"])
        texts = [[compared(value) for value in key] for key in (one, other)]
        digests = [keys.digest(key, [compared] * len(key)) for key in (one, other)]
        if all(digests):
            assert (digests[0] == digests[1]) == (texts[0] == texts[1])
        assert [bool(digest) for digest in digests] == [any(key) for key in texts]


def test_capitals_and_spaces_count_unless_otherwise_chosen() -> None:
    exact, loose = keys.normalizers("exact", ["text"]), keys.normalizers("loose", ["text"])
    assert keys.digest(["Acme  Ltd "], loose) == keys.digest(["acme ltd"], loose)
    assert keys.digest(["STRASSE"], loose) == keys.digest(["straße"], loose)
    assert keys.digest(["Acme"], exact) != keys.digest(["acme"], exact)


@pytest.mark.parametrize("match", keys.MATCHES)
@pytest.mark.parametrize(
    ("one", "other"),
    [("1.50", "1.5"), ("1000", "1e3"), ("0042", 42), (2.0, "2"), ("-0.0", "0"), ("1e-2", "0.010")],
)
def test_numbers_are_alike_however_they_are_written(one: object, other: object, match: str) -> None:
    of_numbers, of_texts = keys.normalizers(match, ["number"]), keys.normalizers(match, ["text"])
    assert keys.digest([one], of_numbers) == keys.digest([other], of_numbers)
    assert keys.digest([str(one)], of_texts) != keys.digest([str(other)], of_texts)


@pytest.mark.parametrize("match", keys.MATCHES)
def test_dates_are_alike_that_mean_the_same_moment(match: str) -> None:
    of_dates = keys.normalizers(match, ["date"])
    one, other = ["2026-01-01T10:00:00+05:00"], ["2026-01-01T10:00:00+06:00"]
    assert keys.digest(one, of_dates) == keys.digest(["2026-01-01 05:00Z"], of_dates)
    assert keys.digest(one, of_dates) != keys.digest(other, of_dates)
    assert keys.digest(["2026-01-01T05:00:00+05:00"], of_dates) == keys.digest(["2026-01-01"], of_dates)


def test_long_numbers_differ_in_their_last_digit() -> None:
    of_numbers = keys.normalizers("exact", ["number"])
    one, other = "9007199254740993.10", "9007199254740993.11"
    assert keys.digest([one], of_numbers) != keys.digest([other], of_numbers)


def test_letters_that_look_the_same_are_alike() -> None:
    exact, loose = keys.normalizers("exact", ["text"]), keys.normalizers("loose", ["text"])
    assert keys.digest(["caf\u00e9"], exact) == keys.digest(["cafe\u0301"], exact)
    assert keys.digest(["a\u200bb\ufeff"], exact) != keys.digest(["ab"], exact)
    assert keys.digest(["a\u200bb\ufeff"], loose) == keys.digest(["ab"], loose)


def test_what_is_written_over_values_replaces_them_whole() -> None:
    before = {"1": {"a": 1}, "2": "x", "3": "y"}
    assert keys.merged(before, {"1": {"b": 2}, "3": None, "4": 0}) == {"1": {"b": 2}, "2": "x", "4": 0}

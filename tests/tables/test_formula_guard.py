"""Texts that a spreadsheet would compute."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tables.formula_guard import guarded, unguarded

ODD = st.text(st.sampled_from("'=+-@\t\r1 a"), max_size=6)


@given(st.one_of(st.text(), ODD))
def test_every_text_comes_back(text: str) -> None:
    assert unguarded(guarded(text)) == text


@given(ODD)
def test_no_guarded_text_begins_like_a_formula(text: str) -> None:
    assert not guarded(text).startswith(("=", "@", "\t", "\r"))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("=1+1", "'=1+1"),
        ("'=1+1", "''=1+1"),
        ("-5", "-5"),
        ("+49 171 (0)5", "+49 171 (0)5"),
        ("'s", "'s"),
        ("-a", "'-a"),
    ],
)
def test_only_what_looks_like_a_formula_is_guarded(text: str, written: str) -> None:
    assert guarded(text) == written

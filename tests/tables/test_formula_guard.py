"""The guard against formulas: on every text that a spreadsheet would run, and off again without a change to any."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tables.formula_guard import guarded, unguarded

texts = st.text() | st.builds(str.__add__, st.text("'=+-@\t\r\n＝1 (", max_size=6), st.text(max_size=6))


@given(texts)
def test_every_text_comes_back_as_it_was(text: str) -> None:
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "=1+1",
        "+1+1",
        "-2-3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "＝1",
        "+cmd|x",
        "-",
        "+1-555-0100",
        "-1/2",
        "-5\n=1",
        "\ufeffx",
    ],
)
def test_a_formula_is_guarded(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", "-5", "+1.5", "-1,234.50", "-1e-05", "-.5", "+49 171 5550", "+49 171 (0)5", "'tis", "''", "a=1"]
)
def test_numbers_and_other_texts_stay_as_they_are(text: str) -> None:
    assert guarded(text) == text


@pytest.mark.parametrize("text", ["'tis", "'", "'-5", "=1"])
def test_an_apostrophe_that_guards_nothing_stays(text: str) -> None:
    assert unguarded(text) == text


def test_a_text_that_looks_guarded_gets_another_guard() -> None:
    assert guarded("'=1") == "''=1"

"""Ids as they come in from outside."""

import pytest

from workspaces import ids


@pytest.mark.parametrize(
    ("text", "expected"),
    [("12", 12), (12, 12), ("0", 0), ("9" * 18, int("9" * 18)), ("9" * 19, None), ("-1", None), ("1.5", None)],
)
def test_an_id_is_a_whole_number_that_databases_take(text: object, expected: int | None) -> None:
    assert ids.parse(text) == expected


@pytest.mark.parametrize("text", ["", " 1", "١", "²", None, "x", [1]])
def test_what_is_no_number_is_no_id(text: object) -> None:
    assert ids.parse(text) is None

"""Names on one line, and each once."""

import pytest

from tables import names


@pytest.mark.parametrize(
    ("given", "tidy"),
    [
        ("  Zip\n code\t", "Zip code"),
        ("Cafe\u0301", "Caf\u00e9"),
        ("a\u200bb", "a b"),
        ("x" * 250, "x" * 200),
        (" ", ""),
    ],
)
def test_a_name_is_tidied(given: str, tidy: str) -> None:
    assert names.tidy(given) == tidy


def test_the_first_free_number_is_taken() -> None:
    assert names.first_free("New", ["Name"]) == "New"
    assert names.first_free("Name", ["Name", "Name 2", "Name 4"]) == "Name 3"


def test_a_numbered_name_is_not_too_long() -> None:
    assert names.first_free("x" * 200, ["x" * 200]) == "x" * 198 + " 2"

"""What each type of column takes, and how it is stored."""

import pytest

from tables import values
from tables.models import Column
from workspaces.refusals import Refused


def column(type: str) -> Column:
    return Column(name="Field", type=type)


@pytest.mark.parametrize(
    ("type", "given", "stored"),
    [
        ("text", "0042", "0042"),
        ("text", "  1.10 ", "  1.10 "),
        ("text", "\\u0000", "\\u0000"),
        ("text", "", None),
        ("number", 12, 12),
        ("number", "1.10", "1.10"),
        ("number", "1,234,567.5", "1234567.5"),
        ("number", "+5e3", "5e3"),
        ("number", ".5", ".5"),
        ("number", "١٢", "12"),
        ("number", "１２", "12"),
        ("checkbox", "Yes", True),
        ("checkbox", False, False),
        ("date", "2026-01-31", "2026-01-31"),
        ("date", "2026-01-31T10:00:00+00:00", "2026-01-31T10:00:00+00:00"),
    ],
)
def test_a_value_is_stored_in_one_way(type: str, given: object, stored: object) -> None:
    assert values.clean(column(type), given) == stored


@pytest.mark.parametrize(
    ("type", "given"),
    [
        ("text", "\ud800"),
        ("text", "a\0b"),
        ("text", "\0"),
        ("number", "1\0"),
        ("date", "2026-01-31\0"),
        ("checkbox", "yes\0"),
        ("text", float("nan")),
        ("text", {"a": "\0"}),
        ("text", "x" * 100_001),
        ("number", "12,5"),
        ("number", "0,500"),  # a half, not five hundred
        ("date", "2026-01-02T10:00:00.123456789Z"),  # a date keeps six digits of a second
        ("number", "1,2,3"),
        ("number", "many"),
        ("number", "+"),
        ("number", True),
        ("number", float("inf")),
        ("number", "1e120"),  # filters and sums would pass over it
        ("number", 1e-120),
        ("number", "9" * 201),
        ("checkbox", "perhaps"),
        ("date", "31.01.2026"),
        ("date", "0001-01-01T00:00:00+05:00"),  # a year that there isn't, in UTC
        ("date", "9999-12-31T23:00:00-05:00"),
        ("date", "2026-01-01T10:00:00+15:00"),  # an offset that nobody has
        ("http", "anything"),
    ],
)
def test_a_wrong_value_is_refused_with_its_column(type: str, given: object) -> None:
    with pytest.raises(Refused) as refused:
        values.clean(column(type), given)
    assert refused.value.field == "Field"


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (True, "true"), (1.5, "1.5"), (2.0, "2"), ("é", "é"), (["é"], '["é"]')]
)
def test_a_value_is_shown_as_text(value: object, text: str) -> None:
    assert values.as_text(value) == text


def nested(levels: int) -> object:
    value: object = 1
    for level in range(levels):
        value = {"a": value} if level % 2 else [value]
    return value


def test_a_value_that_is_nested_too_deep_is_refused() -> None:
    assert values.clean(column("text"), nested(200)) == nested(200)
    with pytest.raises(Refused, match="“Field” has a value that is nested more than 200 levels deep"):
        values.clean(column("text"), nested(5_000))

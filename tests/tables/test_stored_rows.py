"""Rows read without their models have the values that their models have."""

from typing import Any

import pytest

from tables import rows, stored_rows
from tables.models import Row, Table
from tables.values import DEEPEST

pytestmark = pytest.mark.django_db


def nested(levels: int) -> Any:
    value: Any = "innermost"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value",
    [
        "",
        'a "quote" \\ and\na line',
        "Łódź 𝄞",
        "1e5",
        12345678901234567890123,
        0.1,
        True,
        {"a": [None, {}]},
        nested(DEEPEST),
    ],
)
def test_values_are_those_of_the_model(table: Table, value: Any) -> None:
    rows.append(table, [{"Name": "before"}, {"Name": value}, {}, {"Name": "after", "Size": 5}])
    found = Row.objects.filter(table=table).order_by("pk")
    assert stored_rows.read(found) == [(row.pk, row.values) for row in found]


def test_rows_come_in_the_order_asked_for(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stored_rows, "_AT_ONCE", 2)
    row_ids = rows.append(table, [{"Name": str(number)} for number in range(5)])
    assert [row.pk for row in stored_rows.read(Row.objects.filter(table=table).order_by("-pk"))] == row_ids[::-1]
    assert stored_rows.read(Row.objects.none()) == []

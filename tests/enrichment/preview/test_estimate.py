"""What a run would do, before it does it: the rows that cannot be sent, and why."""

from collections.abc import Callable
from typing import Any

import pytest

from enrichment.engine.errors import InvalidSettings
from enrichment.preview import cell_history, estimate, one_row
from enrichment.runs import lifecycle
from tables import row_order
from tables.models import Column, Row, Table

pytestmark = pytest.mark.django_db(transaction=True)

BODY = '{"size": {{Size}}}'


@pytest.fixture
def first(leads: Table) -> Row:
    """The first row, whose size is no number of JSON, unlike that of the second; the third has none."""
    [row] = row_order.window(leads.pk, 0, 1)
    row.values[str(Column.objects.get(name="Size").pk)] = "007"
    row.save()
    return row


def test_rows_that_cannot_be_sent_are_told_by_reason_with_an_example(http: Callable[..., Column], first: Row) -> None:
    [reason] = estimate.estimate(http(body=BODY), "all")["reasons"]
    assert (reason["rows"], reason["row"]) == (1, 1)
    assert "leading zeros" in reason["message"]


def test_rows_with_the_same_kind_of_reason_are_counted_together(http: Callable[..., Column]) -> None:
    [reason] = estimate.estimate(http(body='{"name": {{Company}}}'), "all")["reasons"]
    assert (reason["rows"], reason["row"]) == (3, 1)


def test_the_rows_that_cannot_be_sent_are_listed_all_or_those_for_one_reason(
    http: Callable[..., Column], first: Row, leads: Table
) -> None:
    column = http(body=BODY)
    rows = list(row_order.window(leads.pk, 0, 3))
    rows[2].values[str(Column.objects.get(name="Size").pk)] = "about ten"
    rows[2].save()
    assert list(estimate.unsendable(column, "all")) == [rows[0].pk, rows[2].pk]
    assert list(estimate.unsendable(column, "all", like=1)) == [first.pk]
    assert estimate.unsendable(column, "all", like=2) == {}
    assert estimate.unsendable(column, "all", {"body": "{}"}) == {}


def test_the_next_row_that_would_be_sent_is_found(http: Callable[..., Column], first: Row) -> None:
    column = http(body=BODY)
    assert estimate.next_sent(column, {}, 1) == 2
    assert estimate.next_sent(column, {}, 3) is None


def test_settings_that_cannot_run_have_no_next_row(http: Callable[..., Column]) -> None:
    with pytest.raises(InvalidSettings):
        estimate.next_sent(http(), {"body": "{"}, 1)


@pytest.mark.parametrize(("body", "of_row"), [(BODY, True), ('{"size": "{{Size}}"}', False), ("{", False)])
def test_a_preview_says_whether_the_problem_is_one_of_the_row(
    http: Callable[..., Column], first: Row, body: str, of_row: bool
) -> None:
    assert one_row.preview(http(), first.pk, {"body": body})["of_row"] is of_row


def test_a_row_that_was_not_sent_names_the_fix_of_the_settings(
    http: Callable[..., Column], first: Row, work: Callable[[Table], Any], leads: Table
) -> None:
    column = http(body=BODY)
    lifecycle.plan(column, {"ids": [first.pk]})
    work(leads)
    history = cell_history.of_cell(first, column)
    assert (history["attempts"], history["fix"]) == ([], "Add quotes")

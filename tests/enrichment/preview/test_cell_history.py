"""The history of one cell: why it is as it is, and what was sent."""

from collections.abc import Callable
from typing import Any

import pytest

from enrichment.columns import http as http_columns
from enrichment.preview import cell_history
from enrichment.runs import lifecycle, retention
from enrichment.runs.retention import Limits
from tables import cells, row_order
from tables.models import Cell, Column, Row, Table

pytestmark = pytest.mark.django_db(transaction=True)


def told(column: Column, position: int) -> dict[str, Any]:
    return cell_history.of_cell(row_order.window(column.table_id, position, 1)[0], column)


def test_a_skipped_cell_tells_the_values_of_its_condition(
    http: Callable[..., Column], work: Callable[[Table], None], leads: Table
) -> None:
    column = http(run_if="{{Size}} > 10000")
    lifecycle.plan(column, "all")
    work(leads)
    assert told(column, 1)["condition"] == {
        "text": "{{Size}} > 10000",
        "values": [{"name": "Size", "value": "250", "missing": None}],
    }


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (None, "no_result_yet"),
        ("cancelled", "no_result_yet"),
        ("running", "running"),
        ("waiting", "waiting"),
        ("skipped", "skipped"),
        ("missing_input", "missing_input"),
        ("failed", "failed"),
    ],
)
def test_a_condition_over_a_result_says_why_there_is_none(
    http: Callable[..., Column], answer: Callable[..., None], leads: Table, state: str | None, reason: str
) -> None:
    profile = http("Profile")
    column = http("Second", run_if="{{Profile}} == 1")
    [row] = row_order.window(leads.pk, 0, 1)
    if state:
        Cell.objects.create(row=row, column=profile, state=state)
    answer(column, {row.pk: None}, "skipped")
    assert told(column, 0)["condition"]["values"] == [{"name": "Profile", "value": "", "missing": reason}]


def test_only_a_skipped_cell_has_a_condition_to_tell(
    http: Callable[..., Column], answer: Callable[..., None], leads: Table
) -> None:
    column = http(run_if="{{Size}} > 1")
    answer(column, {row_order.window(leads.pk, 0, 1)[0].pk: {"a": 1}})
    assert told(column, 0)["condition"] is None
    assert told(column, 0)["cell"]["value"] == {"a": 1}


def test_attempts_tell_their_run(asking: Callable[..., Column], work: Callable[[Table], None], leads: Table) -> None:
    column = asking("A", "{{Company}}")
    first = lifecycle.plan(column, "all")
    work(leads)
    second = lifecycle.plan(column, "all")
    work(leads)
    attempts = told(column, 0)["attempts"]
    assert [(attempt["number"], attempt["run_id"]) for attempt in attempts] == [(1, first.pk), (1, second.pk)]
    assert attempts[0]["response"]["status"] == 200


def test_deleted_attempts_are_told_with_what_the_table_keeps(
    asking: Callable[..., Column], work: Callable[[Table], None], leads: Table
) -> None:
    column = asking("A", "{{Company}}")
    for _ in range(3):
        lifecycle.plan(column, "all")
        work(leads)
    assert told(column, 0)["deleted_attempts"] is None
    retention.change(leads, Limits(30, 1))
    retention.advance(leads.pk)
    history = told(Column.objects.get(pk=column.pk), 0)
    assert history["deleted_attempts"] == {"number": 2, "attempt_days": 30, "attempts_per_cell": 1}
    assert [attempt["response"]["status"] for attempt in history["attempts"]] == [200]


def test_a_typed_cell_has_only_its_value_and_who_wrote_it(leads: Table) -> None:
    company = Column.objects.get(table=leads, name="Company")
    cell = told(company, 0)
    assert cell.pop("cell") == {"value": "Acme"}
    assert [(edit["how"], edit["before"], edit["after"]) for edit in cell.pop("edits")] == [("add", None, "Acme")]
    assert not any(cell.values())


def test_a_result_of_an_earlier_request_says_so(
    http: Callable[..., Column], answer: Callable[..., None], leads: Table
) -> None:
    column = http()
    answer(column, {row.pk: "x" for row in row_order.window(leads.pk, 0, 1)})
    assert told(column, 0)["earlier_settings"] is False
    http_columns.save(column, {"body": '{"company": "{{Company}}"}'})
    assert told(column, 0)["earlier_settings"] is True


def test_results_out_of_date_are_counted(
    http: Callable[..., Column], answer: Callable[..., None], leads: Table
) -> None:
    column = http()
    rows = list(Row.objects.filter(table=leads).values_list("pk", flat=True))
    answer(column, dict.fromkeys(rows, "x"))
    assert cells.stale_counts([column.pk]) == {}
    Cell.objects.filter(column=column, row_id__in=rows[:2]).update(stale=True)
    assert cells.stale_counts([column.pk]) == {column.pk: 2}

"""What the attempts of a table take, and what limits would leave of them."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from enrichment.models import Attempt, BatchAttempt, Run
from enrichment.preview import retention
from enrichment.runs.retention import Limits
from tables import rows
from tables.models import Column, Row, Table
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def column(http: Callable[..., Column]) -> Column:
    return http()


def try_all(column: Column, times: int, length: int = 300) -> None:
    """Stores so many attempts for each row of the table, one of them for each of the last days."""
    run = Run.objects.create(table=column.table, column=column, scope="all", state="done")
    Attempt.objects.bulk_create(
        Attempt(
            row_id=row_id,
            column=column,
            run=run,
            number=1,
            started_at=timezone.now() - timedelta(days=age),
            response={"body": f"{row_id:0{length}}"},
        )
        for age in range(times, 0, -1)
        for row_id in Row.objects.filter(table=column.table).values_list("pk", flat=True)
    )


def test_a_table_without_attempts_has_none_to_delete(leads: Table) -> None:
    assert retention.effect(leads, Limits(1, 1)) == retention.Effect(0, 0, 0, 0, is_estimate=False)


def test_a_small_table_is_counted(column: Column) -> None:
    try_all(column, 4)
    effect = retention.effect(column.table, Limits(per_cell=3))
    assert (effect.attempts, effect.deleted, effect.is_estimate) == (12, 3, False)
    assert 12 * 310 < effect.bytes < 12 * 700
    assert effect.bytes_deleted == pytest.approx(effect.bytes / 4, abs=1)
    assert retention.effect(column.table, Limits()).deleted == 0
    assert retention.effect(column.table, Limits(days=2)).deleted == 9  # the last one of each cell stays


def test_a_large_table_is_judged_by_a_sample(column: Column, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "COUNTED", 20)
    monkeypatch.setattr(retention, "PLACES", 5)
    monkeypatch.setattr(retention, "AT_EACH", 2)
    rows.append(column.table, [{"Company": str(number)} for number in range(97)])
    column.table.refresh_from_db()
    try_all(column, 4)
    effect = retention.effect(column.table, Limits(per_cell=1))
    assert (effect.attempts, effect.deleted, effect.is_estimate) == (400, 300, True)


def test_the_sample_has_no_row_twice_and_reaches_the_end(column: Column, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "COUNTED", 2)
    monkeypatch.setattr(retention, "PLACES", 2)
    monkeypatch.setattr(retention, "AT_EACH", 1)
    row_ids = list(Row.objects.order_by("sort_key").values_list("pk", flat=True))
    assert retention._sample(column.table) == [row_ids[0], row_ids[-1]]


def test_what_was_sent_for_many_rows_counts_once(column: Column) -> None:
    run = Run.objects.create(table=column.table, column=column, scope="all", state="done")
    row_ids = list(Row.objects.values_list("pk", flat=True))
    BatchAttempt.objects.create(key="k", column=column, row_ids=row_ids, response={"body": "x" * 30_000})
    for row_id in row_ids:
        Attempt.objects.create(row_id=row_id, column=column, run=run, number=1, started_at=timezone.now(), batch_id="k")
    assert retention.effect(column.table, Limits()).bytes < 33_000


def test_what_is_not_a_limit_is_refused(leads: Table) -> None:
    with pytest.raises(Refused):
        retention.effect(leads, Limits(0))

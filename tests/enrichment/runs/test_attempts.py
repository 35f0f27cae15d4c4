"""Every exchange of a row is kept as it was."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from enrichment.models import Attempt as StoredAttempt
from enrichment.models import BatchAttempt, Run
from enrichment.runs import attempts
from enrichment.runs.attempts import Attempt, Shared
from tables.models import Column

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 1, 12, 30, 15, 123456, tzinfo=UTC)


@pytest.fixture
def run(http: Callable[..., Column]) -> Run:
    column = http()
    return Run.objects.create(table=column.table, column=column, scope="all")


def test_an_attempt_comes_back_as_it_was_stored(run: Run) -> None:
    request: dict[str, Any] = {
        "method": "POST",
        "url": "https://api.example/ü",
        "headers": [],
        "body": '{"a": "\\u00"}',
    }
    response = {"status": 200, "headers": [{"name": "A", "value": "b"}], "body": "null", "truncated": False}
    error = {"code": "http_500", "message": "500 · “down”"}
    attempts.store(run, [(5, Attempt(1, NOW, request, response, error, 12)), (6, Attempt(2, NOW))])
    full, empty = StoredAttempt.objects.order_by("row_id")
    assert (full.column_id, full.run_id, full.row_id, full.number) == (run.column_id, run.pk, 5, 1)
    assert (full.started_at, full.duration_ms) == (NOW, 12)
    assert (full.request, full.response, full.error) == (request, response, error)
    assert (empty.row_id, empty.number, empty.duration_ms) == (6, 2, 0)
    assert StoredAttempt.objects.get(request__isnull=True, response__isnull=True, error__isnull=True) == empty


def test_what_no_database_holds_is_left_out(run: Run) -> None:
    attempts.store(run, [(5, Attempt(1, NOW, {"body": "a\0\ud800"}, {"body": "b\0"}, {"message": "c\0"}))])
    stored = StoredAttempt.objects.get()
    assert (stored.request, stored.response, stored.error) == ({"body": "a\ufffd"}, {"body": "b"}, {"message": "c"})


def test_nothing_is_stored_with_no_query(run: Run, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        attempts.store(run, [])


def test_of_many_questions_for_a_result_the_first_and_the_last_are_kept(run: Run) -> None:
    def asked(number: int) -> Attempt:
        error = {"code": "http_500", "message": "down"} if number == 20 else None
        return Attempt(number + 1, NOW, {"part": f"asked {number}"}, {"status": 200}, error)

    attempts.store(run, [(5, Attempt(1, NOW, {"method": "POST"}, {"status": 202}))])
    for number in range(1, 301):
        attempts.store(run, [(5, asked(number)), (6, asked(number))])
    kept = StoredAttempt.objects.filter(row_id=5).order_by("number").values_list("number", flat=True)
    assert list(kept) == [*range(1, 7), 21, *range(297, 302)]
    assert StoredAttempt.objects.filter(row_id=6).count() == 11


def test_of_many_questions_for_a_batch_the_first_and_the_last_are_kept(run: Run) -> None:
    def asked(number: int) -> Attempt:
        shared = Shared(f"key{number}", [5, 6], {"part": f"asked {number}"}, {"status": 200})
        return Attempt(number + 1, NOW, shared=shared)

    first = Attempt(1, NOW, shared=Shared("key", [5, 6], {"method": "POST"}, {"status": 202}))
    attempts.store(run, [(5, first), (6, first)])
    for number in range(1, 31):
        attempts.store(run, [(5, asked(number)), (6, asked(number))])
    for row_id in (5, 6):
        kept = StoredAttempt.objects.filter(row_id=row_id).order_by("number").values_list("number", flat=True)
        assert list(kept) == [*range(1, 7), *range(27, 32)]
    attempts.prune()
    assert BatchAttempt.objects.count() == 11


def test_rows_that_were_sent_together_share_their_exchange_and_each_has_its_own_error(run: Run) -> None:
    shared = Shared("key", [5, 6, 7], {"method": "POST"}, {"status": 200})
    good, error = Attempt(1, NOW, duration_ms=12, shared=shared), {"code": "item_failed", "message": "no “such”\0"}
    bad = Attempt(1, NOW, error=error, duration_ms=12, shared=shared)
    attempts.store(run, [(5, good), (6, bad), (7, good), (8, Attempt(1, NOW, {"method": "GET"}))])
    stored = {item.row_id: item for item in StoredAttempt.objects.select_related("batch")}
    assert {pk: item.batch_id for pk, item in stored.items()} == {5: "key", 6: "key", 7: "key", 8: None}
    assert {pk: item.error and item.error["message"] for pk, item in stored.items()} == {
        5: None, 6: "no “such”", 7: None, 8: None,
    }  # fmt: skip
    assert (stored[7].started_at, stored[7].duration_ms, stored[7].column_id) == (NOW, 12, run.column_id)
    assert stored[8].request == {"method": "GET"}

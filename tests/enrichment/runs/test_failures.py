"""Why rows have no result, told by kind."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from enrichment.models import Run
from enrichment.runs import failures, lifecycle
from tables import row_order, storage
from tables import rows as table_rows
from tables.models import Cell, Column, Row, Table
from tables.row_queries import View
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db

type Failure = tuple[str, str, str, int | None]  # state, code, message, status


@pytest.fixture
def column(http: Callable[..., Column]) -> Column:
    return http()


def empty_rows(table: Table, number: int) -> list[int]:
    sort_keys = row_order.append(table.pk, number)
    storage.insert(table.pk, sort_keys, ["{}"] * number)
    return list(Row.objects.filter(table=table, sort_key__in=sort_keys).order_by("pk").values_list("pk", flat=True))


@pytest.fixture
def fail(leads: Table, column: Column) -> Callable[..., list[int]]:
    """Makes new rows that ended like this; their ids."""

    def make(told: Sequence[Failure], run: Run | None = None) -> list[int]:
        made = empty_rows(leads, len(told))
        for pk, (state, code, message, status) in zip(made, told, strict=True):
            Cell.objects.create(
                row_id=pk,
                column=column,
                state=state,
                error_code=code,
                error_message=message,
                error_group=failures.group_of(state, message),
                http_status=status,
                run_id=run.pk if run else None,
            )
        return made

    return make


def http_error(status: int, words: str) -> Failure:
    return "failed", f"http_{status}", f"{status} · {words}", status


def test_kinds_are_told_by_how_many_rows_they_have(column: Column, fail: Callable[..., list[int]]) -> None:
    rows = fail([http_error(500, "server error"), http_error(404, "not found"), http_error(404, "not found")])
    assert failures.by_kind(column) == [
        {
            "state": "failed",
            "http_status": 404,
            "code": "http_404",
            "message": "404 · not found",
            "count": 2,
            "row_ids": rows[1:],
        },
        {
            "state": "failed",
            "http_status": 500,
            "code": "http_500",
            "message": "500 · server error",
            "count": 1,
            "row_ids": rows[:1],
        },
    ]


def test_what_came_to_an_end_otherwise_is_no_failure(column: Column, fail: Callable[..., list[int]]) -> None:
    fail([(state, "", "", 200) for state in ("done", "no_data", "skipped", "cancelled", "queued")])
    assert failures.by_kind(column) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("no company 4711", "no company 12"),
        ('no company "Acme"', 'no company "Contoso Ltd."'),
        ("no company “Acme”", "no company “O'Neil”"),
        ("no company 'Acme' can't be", "no company 'Fab' can't be"),
        ("id 7f9c24e8-3b12-4fef-91e0-d5c8a7b1f6aa is gone", "id 0b1d55c1-90aa-4e0e-8a55-1f0d9c7e2b11 is gone"),
        ("sam@acme.example is no member", "kim.lee@contoso.example is no member"),
        ("No company is known at acme.example.", "No company is known at mail.contoso.example."),
        ("https://acme.example/a?b=c is gone", "http://contoso.example/ is gone"),
        ("try after 2026-01-02T10:00:00Z", "try after 2026-11-25T23:59:59Z"),
        ("100% of C_1 is used", "100% of D_22 is used"),
        ("10.0.0.1:8080 is down", "10.0.0.2:9000 is down"),
        (r"no path C:\1\a", r"no path C:\2\a"),
    ],
)
def test_what_differs_from_row_to_row_makes_no_other_kind(
    column: Column, fail: Callable[..., list[int]], one: str, other: str
) -> None:
    fail([http_error(422, one), http_error(422, other), http_error(422, "not accepted")])
    assert [kind["count"] for kind in failures.by_kind(column)] == [2, 1]


def test_wordings_of_one_status_stay_apart(column: Column, fail: Callable[..., list[int]]) -> None:
    fail([http_error(422, "name is too long"), http_error(422, "name is too short"), http_error(422, "42")])
    assert {kind["message"] for kind in failures.by_kind(column)} == {
        "422 · name is too long",
        "422 · name is too short",
        "422 · 42",
    }


def test_missing_inputs_are_told_by_column(column: Column, fail: Callable[..., list[int]]) -> None:
    fail(
        [
            ("missing_input", "missing_input", f"Missing input: {name}", None)
            for name in ("Address 1", "Address 2", "Address 1")
        ]
    )
    assert [(kind["message"], kind["count"]) for kind in failures.by_kind(column)] == [
        ("Missing input: Address 1", 2),
        ("Missing input: Address 2", 1),
    ]


def test_a_kind_has_the_first_of_its_rows(column: Column, fail: Callable[..., list[int]]) -> None:
    rows = fail([http_error(404, f'no company "{number}"') for number in range(7)])
    [kind] = failures.by_kind(column)
    assert (kind["count"], kind["row_ids"]) == (7, rows[:5])


def test_a_kind_says_what_its_messages_have_in_common(column: Column, fail: Callable[..., list[int]]) -> None:
    fail([http_error(404, 'no company "Acme" in 17 lists'), http_error(404, 'no company "Contoso" in 3 lists')])
    fail([http_error(429, "try after 10 s"), http_error(429, "try after 10 s")])
    fail([http_error(500, "17"), http_error(500, "18")])
    assert {kind["message"] for kind in failures.by_kind(column)} == {
        "404 · no company … in … lists",
        "429 · try after 10 s",
        "500 · …",
    }


def test_rare_kinds_of_one_code_are_counted_together(
    column: Column, fail: Callable[..., list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "MOST_GROUPS", 2)
    frequent = fail([http_error(404, "gone for good")] * 3 + [http_error(500, "down")] * 4)
    rare = fail([http_error(404, f"no company called {name}") for name in ("Acme", "Contoso", "Fabrikam")])
    [timeout] = fail([("unknown", "timeout", "No answer.", None)])
    assert [(kind["code"], kind["message"], kind["count"]) for kind in failures.by_kind(column)] == [
        ("http_500", "500 · down", 4),
        ("http_404", "404 · gone for good", 3),
        ("http_404", "404 · no company called …", 3),
        ("timeout", "No answer.", 1),
    ]
    assert failures.row_ids_like(column, rare[1]) == rare
    assert failures.row_ids_like(column, timeout) == [timeout]
    assert failures.row_ids_like(column, frequent[0]) == frequent[:3]


def test_failed_cells_are_counted_by_the_database(column: Column, fail: Callable[..., list[int]]) -> None:
    fail([http_error(404, f"no company {number}") for number in range(20)])
    with CaptureQueriesContext(connection) as queries:
        failures.by_kind(column)
    reading = [query["sql"] for query in queries if "COUNT(" not in query["sql"]]
    assert reading
    assert all("LIMIT" in sql for sql in reading)


def test_older_failures_are_grouped_in_the_background(
    column: Column, fail: Callable[..., list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "_BATCH", 3)
    rows = fail([http_error(404, f"no company {number}") for number in range(7)] + [http_error(404, "gone")])
    fail([("done", "", "", 200)])
    Cell.objects.update(error_group=None)
    assert [(kind["message"], kind["count"]) for kind in failures.by_kind(column)] == [("404 · …", 8)]
    assert failures.row_ids_like(column, rows[0]) == rows
    failures.group_older(0)
    assert Cell.objects.filter(error_group__isnull=False).count() == 0
    failures.group_older(60)
    assert [(kind["message"], kind["count"]) for kind in failures.by_kind(column)] == [
        ("404 · no company …", 7),
        ("404 · gone", 1),
    ]
    assert failures.row_ids_like(column, rows[0]) == rows[:7]
    assert not Cell.objects.filter(state="done", error_group__isnull=False).exists()


def test_a_stored_failure_has_its_group_and_a_result_has_none(
    column: Column, answer: Callable[..., None], leads: Table
) -> None:
    first, second, third = Row.objects.filter(table=leads).values_list("pk", flat=True).order_by("pk")
    answer(column, {first: None, second: None}, "failed")
    answer(column, {third: 1})
    answer(column, {second: 1})
    groups = dict(Cell.objects.filter(column=column).values_list("row_id", "error_group"))
    assert groups == {first: failures.group_of("failed", "404 · no such company"), second: None, third: None}


def test_no_words_are_a_kind_too(column: Column, fail: Callable[..., list[int]]) -> None:
    fail([http_error(500, "17"), http_error(500, "18"), ("failed", "timeout", "", None)])
    assert [(kind["code"], kind["count"]) for kind in failures.by_kind(column)] == [("http_500", 2), ("timeout", 1)]


def test_the_failures_of_one_run(column: Column, fail: Callable[..., list[int]]) -> None:
    fail([http_error(500, "server error")])
    run = Run.objects.create(table=column.table, column=column, scope="failed", last_row=10**9, failed=1)
    again = fail([http_error(404, "not found")], run)
    assert [kind["row_ids"] for kind in failures.by_kind(column, run)] == [again]
    assert len(failures.by_kind(column)) == 2


def test_a_run_over_chosen_rows_tells_of_them(column: Column, answer: Callable[..., None], leads: Table) -> None:
    first, second, _ = Row.objects.filter(table=leads).values_list("pk", flat=True).order_by("pk")
    answer(column, {first: None}, "failed")
    answer(column, {second: None}, "failed")
    run = Run.objects.filter(column=column).latest("pk")
    assert [kind["row_ids"] for kind in failures.by_kind(column, run)] == [[second]]


def test_a_run_without_failures_asks_nothing(column: Column, django_assert_num_queries: Any) -> None:
    run = lifecycle.plan(column, "all")
    with django_assert_num_queries(0):
        assert failures.summary(run) == []


def test_what_took_long_is_told_again_without_asking(
    column: Column, fail: Callable[..., list[int]], monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any
) -> None:
    monkeypatch.setattr(failures, "SLOW", 0)
    monkeypatch.setattr(failures, "REST", 1_000_000)
    run = Run.objects.create(table=column.table, column=column, scope="all", last_row=10**9, failed=1)
    fail([http_error(404, "not found")], run)
    told = failures.summary(run)
    with django_assert_num_queries(0):
        assert failures.summary(run) == told
    cache.clear()


def test_the_api_tells_them(
    column: Column, fail: Callable[..., list[int]], client_for: Callable[[Any], Client], viewer: Any, outsider: Any
) -> None:
    run = Run.objects.create(table=column.table, column=column, scope="all", last_row=10**9, failed=2)
    rows = fail([http_error(404, "not found"), http_error(404, "not found")], run)
    fail([http_error(500, "server error")])
    client = client_for(viewer)
    told = client.get(f"/api/v1/columns/{column.pk}/failures?run={run.pk}").json()
    offsets = row_order.offsets(Row.objects.filter(pk__in=rows))
    kind = {
        "state": "failed",
        "http_status": 404,
        "code": "http_404",
        "message": "404 · not found",
        "count": 2,
        "row_ids": rows,
    }
    assert told == {"items": [kind | {"positions": [offsets[pk] for pk in rows]}], "total": 1}
    assert client.get(f"/api/v1/columns/{column.pk}/failures").json()["total"] == 2
    assert client.get(f"/api/v1/runs/{run.pk}").json()["errors"] == [kind]
    assert "errors" not in client.get(f"/api/v1/tables/{column.table_id}/runs").json()["items"][0]
    assert client_for(outsider).get(f"/api/v1/columns/{column.pk}/failures").status_code == 404


def test_each_row_keeps_its_own_place_when_another_was_deleted(column: Column, fail: Callable[..., list[int]]) -> None:
    first, second, third = fail([http_error(404, "not found")] * 3)
    kinds = failures.by_kind(column)
    table_rows.delete(column.table, [first])
    [told] = failures.with_positions(kinds)
    places = row_order.offsets(Row.objects.filter(pk__in=[second, third]))
    assert dict(zip(told["row_ids"], told["positions"], strict=True)) == places


def test_a_run_of_another_column_is_not_found(
    column: Column, http: Callable[..., Column], client_for: Callable[[Any], Client], viewer: Any
) -> None:
    other = Run.objects.create(table=column.table, column=http("Other"), scope="all")
    answer = client_for(viewer).get(f"/api/v1/columns/{column.pk}/failures?run={other.pk}")
    assert answer.status_code == 404


def test_rows_like_one_are_those_of_its_kind(column: Column, fail: Callable[..., list[int]]) -> None:
    one, other, gone, no_status = fail(
        [
            http_error(404, "no company 1"),
            http_error(404, "no company 2"),
            http_error(404, "gone for good"),
            ("failed", "timeout", "No answer.", None),
        ]
    )
    assert failures.row_ids_like(column, one) == [one, other]
    assert failures.row_ids_like(column, gone) == [gone]
    assert failures.row_ids_like(column, no_status) == [no_status]


def test_a_view_shows_the_rows_of_one_kind(column: Column, fail: Callable[..., list[int]], leads: Table) -> None:
    one, other, _ = fail([http_error(404, "no company 1"), http_error(404, "no company 2"), http_error(500, "down")])
    [fine] = empty_rows(leads, 1)

    def shown(value: object) -> list[int]:
        asked = [{"column": column.pk, "op": "like", "value": value}]
        return list(View([column], asked, [], "").row_ids(leads))

    assert shown(str(one)) == [one, other]
    assert shown(fine) == []
    for unreadable in ("the first one", "²", "9" * 19, None):
        with pytest.raises(Refused, match="row that failed"):
            shown(unreadable)


def test_of_more_rows_than_a_run_takes_those_come_first_that_ended_longest_ago(
    column: Column, fail: Callable[..., list[int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failures, "MOST_IDS", 2)
    rows = fail([http_error(404, "not found")] * 3)
    for age, pk in enumerate(rows):
        Cell.objects.filter(row_id=pk).update(finished_at=timezone.now() - timedelta(hours=age))
    assert failures.row_ids_like(column, rows[0]) == rows[1:]


def test_a_run_takes_the_rows_of_one_kind(column: Column, fail: Callable[..., list[int]]) -> None:
    one, other, _ = fail([http_error(404, "no company 1"), http_error(404, "no company 2"), http_error(500, "down")])
    run = lifecycle.plan(column, {"like": one})
    assert (run.scope, run.total) == ({"ids": [one, other]}, 2)


def test_no_row_is_like_one_that_did_not_fail(column: Column, leads: Table) -> None:
    row = Row.objects.filter(table=leads).latest("pk")
    with pytest.raises(Refused, match="hasn't failed"):
        lifecycle.plan(column, {"like": row.pk})

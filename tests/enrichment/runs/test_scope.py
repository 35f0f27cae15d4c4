"""Which rows a run takes: read from the API, stored, counted and found again."""

from collections.abc import Callable
from typing import Any

import pytest

from enrichment.models import Run
from enrichment.runs import claims, lifecycle
from enrichment.runs.scope import Scope
from tables import row_order, view_snapshots
from tables import rows as table_rows
from tables.models import Cell, Column, Row, Table
from tables.row_queries import View
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def column(http: Callable[..., Column], leads: Table) -> Column:
    """Of six rows: the second is done, the third failed, the fourth is done and out of date."""
    table_rows.append(leads, [{"Company": f"Company {number}"} for number in range(3)])
    column = http()
    for position, state, stale in ((1, "done", False), (2, "failed", False), (3, "done", True)):
        Cell.objects.create(row=row_order.window(leads.pk, position, 1)[0], column=column, state=state, stale=stale)
    return column


@pytest.fixture
def ids(leads: Table, column: Column) -> list[int]:
    """Of all rows, in order."""
    return list(Row.objects.filter(table=leads).order_by("sort_key").values_list("pk", flat=True))


def scopes(ids: list[int]) -> list[tuple[object, list[int]]]:
    """Every scope of the API with the rows that it names."""
    return [
        ("all", ids),
        ("missing", [ids[0], ids[4], ids[5]]),
        ("failed", [ids[2]]),
        ("stale", [ids[3]]),
        ({"first": 4}, ids[:4]),
        ({"ids": [ids[5], str(ids[1]), ids[1]]}, [ids[1], ids[5]]),
        ({"all_but": [ids[0], str(ids[1])]}, ids[2:]),
        ({"like": ids[2]}, [ids[2]]),
    ]


def test_a_scope_counts_finds_and_covers_the_same_rows(column: Column, ids: list[int]) -> None:
    for rows, expected in scopes(ids):
        scope = Scope.parse(rows, column)
        run = lifecycle.draft(column, scope)
        assert Scope.of(run) == scope
        assert run.total == len(expected), rows
        assert list(scope.row_ids(run)) == expected
        assert [row.pk for row in scope.rows(run, 100)] == expected
        assert scope.covers(run, ids) == expected


def test_the_cursor_leaves_out_what_the_run_has_come_to(column: Column, ids: list[int]) -> None:
    for rows, expected in scopes(ids):
        scope = Scope.parse(rows, column)
        run = lifecycle.draft(column, scope)
        run.cursor = ids[1]
        after = [pk for pk in expected if pk > ids[1]]
        assert list(scope.row_ids(run)) == after
        assert [row.pk for row in scope.rows(run, 2)] == after[:2]
        assert scope.covers(run, ids) == after


def test_rows_that_are_added_later_belong_to_another_run(column: Column, ids: list[int], leads: Table) -> None:
    runs = [(lifecycle.draft(column, Scope.parse(rows, column)), expected) for rows, expected in scopes(ids)]
    late = table_rows.append(leads, [{"Company": "Late"}])
    for run, expected in runs:
        assert list(Scope.of(run).row_ids(run)) == expected
        assert Scope.of(run).covers(run, late) == []


def test_the_rows_of_a_view_are_those_of_this_moment(column: Column, ids: list[int], leads: Table) -> None:
    size = Column.objects.get(table=leads, name="Size")
    view = View([size], [{"column": size.pk, "op": "not_empty"}], [], "")
    token, _ = view_snapshots.take(leads, view)
    assert Scope.parse({"view": token}, column) == Scope("ids", ids=tuple(ids[:2]))


def test_a_view_without_rows_is_a_run_without_rows(column: Column, leads: Table) -> None:
    company = Column.objects.get(table=leads, name="Company")
    token, _ = view_snapshots.take(leads, View([company], [{"column": company.pk, "op": "empty"}], [], ""))
    run = lifecycle.plan(column, {"view": token})
    assert (run.total, list(claims.row_ids_ahead(run))) == (0, [])


@pytest.mark.parametrize(
    "rows",
    [
        None,
        "",
        "some",
        7,
        True,
        [],
        [1],
        {},
        {"first": 0},
        {"first": True},
        {"first": "3"},
        {"first": 1.5},
        {"ids": []},
        {"ids": "1"},
        {"ids": ["²"]},
        {"ids": [-1]},
        {"ids": [None]},
        {"ids": [True]},
        {"ids": ["9" * 19]},
        {"all_but": ["one"]},
        {"all_but": list(range(10_001))},
        {"like": "²"},
        {"like": None},
        {"like": ["1"]},
        {"view": 7},
        {"first": 1, "ids": [1]},
        {"last": 1},
        {1: 1},
    ],
)
def test_anything_else_is_refused(rows: Any, column: Column) -> None:
    with pytest.raises(Refused, match="Say which rows"):
        lifecycle.plan(column, rows)
    assert not Run.objects.exists()


def test_a_row_that_has_not_failed_is_like_none(column: Column, ids: list[int]) -> None:
    with pytest.raises(Refused, match="hasn't failed"):
        Scope.parse({"like": ids[1]}, column)

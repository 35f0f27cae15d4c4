"""Filtered and sorted views that keep their rows in place."""

from typing import Any

import pytest
from django.db import connection

from tables import columns, rows, view_snapshots
from tables.models import Cell, CellState, Column, Row, Table
from tables.redis import client
from tables.row_queries import View, rows_with_errors
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)


def view(table: Table, *filters: tuple[Column, str, object], search: str = "", errors: bool = False) -> View:
    items = [{"column": column.pk, "op": op, "value": value} for column, op, value in filters]
    return View(columns.live(table), items, [], search, errors)


def by_size(table: Table) -> View:
    return View(columns.live(table), [], [{"column": columns.live(table)[1].pk, "desc": True}], "")


def window(table: Table, token: str, offset: int = 0, limit: int = 100) -> list[int]:
    return [row.pk if isinstance(row, Row) else -row for row in view_snapshots.window(table, token, offset, limit)[0]]


@pytest.fixture
def ids(table: Table) -> list[int]:
    sizes = ["9", "0100", "20", "3"]
    return rows.append(table, [{"Name": f"Firm {size}", "Size": size, "Active": size == "20"} for size in sizes])


@pytest.fixture
def http(table: Table) -> Column:
    return columns.create(table, "Profile", "http")


def test_windows_of_a_sorted_view_are_slices_of_it(table: Table, ids: list[int]) -> None:
    token, total = view_snapshots.take(table, by_size(table))
    assert total == 4
    assert window(table, token, 0, 2) == [ids[1], ids[2]]
    assert window(table, token, 2, 5) == [ids[0], ids[3]]
    assert window(table, token, 4, 5) == []


def test_edits_do_not_move_the_rows_of_an_opened_view(table: Table, ids: list[int]) -> None:
    token, _ = view_snapshots.take(table, by_size(table))
    before = window(table, token)
    rows.update(table, [{"id": ids[1], "cells": {"Size": "1"}}])
    assert window(table, token) == before
    again, _ = view_snapshots.take(table, by_size(table), replaces=token)
    assert window(table, again)[-1] == ids[1]
    with pytest.raises(Refused):
        window(table, token)


def test_a_row_deleted_elsewhere_keeps_its_place(table: Table, ids: list[int]) -> None:
    token, _ = view_snapshots.take(table, by_size(table))
    rows.delete(table, [ids[2]])
    assert window(table, token) == [ids[1], -ids[2], ids[0], ids[3]]


def test_rows_added_and_deleted_in_a_view_follow_there(table: Table, ids: list[int]) -> None:
    token, _ = view_snapshots.take(table, view(table, (columns.live(table)[1], "gt", 5)))
    view_snapshots.add(table, token, [ids[3]])
    view_snapshots.remove(table, token, [ids[0]])
    assert window(table, token) == [ids[1], ids[2], ids[3]]
    assert client().ttl(f"marl:view:{table.pk}:{token}") > 0


def test_a_view_of_another_table_is_not_found(table: Table, ids: list[int]) -> None:
    token, _ = view_snapshots.take(table, by_size(table))
    with pytest.raises(Refused):
        view_snapshots.row_ids(table.pk + 1, token, 10)


def test_a_view_without_rows_is_one(table: Table, ids: list[int]) -> None:
    token, total = view_snapshots.take(table, view(table, search="nobody"))
    assert (total, window(table, token)) == (0, [])


def test_more_rows_than_asked_for_are_refused(table: Table, ids: list[int]) -> None:
    token, _ = view_snapshots.take(table, by_size(table))
    assert view_snapshots.row_ids(table.pk, token, 4) == [ids[1], ids[2], ids[0], ids[3]]
    with pytest.raises(Refused, match="has 4 rows"):
        view_snapshots.row_ids(table.pk, token, 3)


def test_a_row_has_a_place_in_a_view_or_none(table: Table, ids: list[int]) -> None:
    token, _ = view_snapshots.take(table, view(table, (columns.live(table)[1], "gt", 5)))
    assert [view_snapshots.place(table.pk, token, pk) for pk in ids] == [0, 1, 2, None]
    with pytest.raises(Refused):
        view_snapshots.place(table.pk, "gone", ids[0])


def test_numbers_and_checkboxes_are_compared_by_what_they_mean(table: Table, ids: list[int]) -> None:
    _, size, active = columns.live(table)
    assert list(view(table, (size, "eq", "100")).row_ids(table)) == [ids[1]]
    assert list(view(table, (size, "ne", 100)).row_ids(table)) == [ids[0], ids[2], ids[3]]
    assert list(view(table, (active, "eq", True)).row_ids(table)) == [ids[2]]
    assert list(view(table, (active, "ne", True)).row_ids(table)) == [ids[0], ids[1], ids[3]]


def test_only_rows_with_errors(table: Table, ids: list[int], http: Column) -> None:
    other = columns.create(table, "Push", "http")
    Cell.objects.create(row_id=ids[0], column=http, state=CellState.FAILED)
    Cell.objects.create(row_id=ids[0], column=other, state=CellState.FAILED)
    Cell.objects.create(row_id=ids[1], column=http, state=CellState.DONE, value="fine")
    Cell.objects.create(row_id=ids[3], column=other, state=CellState.UNKNOWN)
    assert list(view(table, errors=True).row_ids(table)) == [ids[0], ids[3]]
    assert rows_with_errors(table) == 2


def test_states_and_results_are_found(table: Table, ids: list[int], http: Column) -> None:
    Cell.objects.create(row_id=ids[0], column=http, state=CellState.DONE, value={"city": "Utrecht"}, stale=True)
    Cell.objects.create(row_id=ids[1], column=http, state=CellState.DONE, value="Leeds")
    assert list(view(table, (http, "state", "done")).row_ids(table)) == ids[:2]
    assert list(view(table, (http, "state", "stale")).row_ids(table)) == ids[:1]
    assert list(view(table, (http, "state", "empty")).row_ids(table)) == ids[2:]
    assert list(view(table, search="utrecht").row_ids(table)) == ids[:1]
    assert list(view(table, (http, "contains", "leeds"), search="firm").row_ids(table)) == [ids[1]]


def test_a_view_that_somebody_still_waits_for_ends_when_the_same_page_opens_another(
    table: Table, ids: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, _ = view_snapshots.take(table, by_size(table), opener="page")
    read = View.row_ids

    def late(view: View, table: Table) -> Any:
        monkeypatch.setattr(View, "row_ids", read)
        view_snapshots.stop(table.pk, "page")
        count_for_ever()

    monkeypatch.setattr(View, "row_ids", late)
    with pytest.raises(Refused) as stopped:
        view_snapshots.take(table, by_size(table), replaces=kept, opener="page")
    assert (stopped.value.code, stopped.value.status) == ("stopped", 409)
    assert window(table, kept) == [ids[1], ids[2], ids[0], ids[3]]
    assert view_snapshots.take(table, by_size(table), opener="page")[1] == 4


def count_for_ever() -> None:
    """Has the database count until somebody ends it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted) SELECT max(n) FROM counted"
        )

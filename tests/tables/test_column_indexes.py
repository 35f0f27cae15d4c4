"""Indexes by need: the rows of a view are the same with them, and they come and go."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from tables import column_indexes, columns, dispatch, packed_ids, rows
from tables.filters import DEEPEST
from tables.models import Column, ColumnType, Row, Table
from tables.redis import client
from tables.row_queries import View
from tests.tables.test_filters import POOLS, TREES, by_id, depth, fill, leads  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def any_size(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(column_indexes, "SMALLEST", 0)
    yield
    client().delete(*client().keys("marl:index:*"), "-")
    column_indexes.drop_unused()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    sent: list[int] = []
    monkeypatch.setattr(dispatch, "send", lambda _, column_id: sent.append(column_id))
    return sent


def worth_it(table: Table) -> list[Column]:
    return [column for column in columns.live(table) if column_indexes.is_worth_it(table, column)]


def by_size(table: Table) -> View:
    return View(columns.live(table), [], [{"column": columns.live(table)[1].pk, "desc": True}], "")


def indexed(table: Table) -> set[int]:
    return set(column_indexes.existing(Column.objects.filter(table=table)))


SORTS = st.lists(st.tuples(st.sampled_from(list(POOLS)), st.booleans()), max_size=2)


def test_a_view_has_the_same_rows_with_indexes_as_without(
    leads: Table,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(leads, 60)
    for column in columns.live(leads):
        column_indexes.make(column.pk)
    leads.refresh_from_db()
    assert indexed(leads) == {column.pk for column in worth_it(leads)} != set()
    live = columns.live(leads)
    ids = {column.name: column.pk for column in live}
    used: list[str] = []
    groups: list[Any] = []
    read, among = packed_ids.read, packed_ids.among

    def note_index(parts: Any, index: str = "") -> Any:
        used.append(index)
        return read(parts, index)

    def note_group(parts: Any) -> Any:
        groups.append(parts)
        return among(parts)

    monkeypatch.setattr(packed_ids, "read", note_index)
    monkeypatch.setattr(packed_ids, "among", note_group)

    @settings(max_examples=100, deadline=None)
    @given(
        st.lists(TREES.filter(lambda tree: depth(tree) <= DEEPEST), max_size=3), SORTS, st.sampled_from(["", "", "ut"])
    )
    def check(items: list[Any], sorts: Sequence[tuple[str, bool]], search: str) -> None:
        order = [{"column": ids[name], "desc": desc} for name, desc in sorts]
        view = View(live, [by_id(item, ids) for item in items], order, search)
        with monkeypatch.context() as without:
            without.setattr(column_indexes, "existing", lambda _: {})
            expected = view.row_ids(leads)
        assert view.row_ids(leads) == expected

    check()
    assert any(used) is bool(groups) is (connection.vendor == "sqlite")  # PostgreSQL chooses by itself
    row_ids = list(Row.objects.filter(table=leads).values_list("pk", flat=True))
    rows.update(leads, [{"id": row_id, "cells": {"Name": f"Firm {row_id}", "Size": row_id}} for row_id in row_ids[:20]])
    rows.delete(leads, row_ids[10:30])
    check()


def test_an_index_is_made_for_the_second_filter_that_needs_it(table: Table, sent: list[int]) -> None:
    rows.append(table, [{"Size": size} for size in ("9", "0100", "20")])
    size = columns.live(table)[1].pk
    large = View(columns.live(table), [{"column": size, "op": "gt", "value": 10}], [], "")
    first = large.row_ids(table)
    assert sent == []
    large.row_ids(table)
    large.row_ids(table)
    assert sent == [size]
    column_indexes.make(size)
    assert indexed(table) == {size}
    assert large.row_ids(table) == first
    assert sent == [size]


@pytest.mark.parametrize("filters_before", [0, 1])
def test_an_index_is_made_for_the_first_sort_that_needs_it(table: Table, sent: list[int], filters_before: int) -> None:
    rows.append(table, [{"Size": size} for size in ("9", "0100", "20")])
    size = columns.live(table)[1].pk
    for _ in range(filters_before):
        View(columns.live(table), [{"column": size, "op": "gt", "value": 10}], [], "").row_ids(table)
    assert sent == []
    first = by_size(table).row_ids(table)
    assert by_size(table).row_ids(table) == first
    assert sent == [size]
    column_indexes.make(size)
    assert indexed(table) == {size}
    assert by_size(table).row_ids(table) == first
    assert sent == [size]


@pytest.mark.parametrize(("other", "asked"), [("Weight", {"Size", "Weight"}), ("Found", set())])
def test_a_group_needs_an_index_for_each_of_its_parts(
    table: Table, sent: list[int], other: str, asked: set[str]
) -> None:
    columns.create(table, "Weight", ColumnType.NUMBER)
    columns.create(table, "Found", ColumnType.FORMULA)
    ids = {column.name: column.pk for column in columns.live(table)}
    row_ids = rows.append(table, [{"Size": 9}, {"Size": 20, "Weight": 5}, {"Size": 30, "Weight": 50}, {"Weight": 50}])
    group = {"any": [{"column": ids["Size"], "op": "lt", "value": 10}, {"column": ids[other], "op": "eq", "value": 50}]}
    view = View(columns.live(table), [group], [], "")
    for _ in range(2):
        found = view.row_ids(table)
    assert {name for name, pk in ids.items() if pk in sent} == asked
    assert list(found) == ([row_ids[0], row_ids[2], row_ids[3]] if asked else [row_ids[0]])
    for column_id in sent:
        column_indexes.make(column_id)
    assert view.row_ids(table) == found


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_a_group_leaves_the_rest_of_a_view_as_it_is(table: Table) -> None:
    weight = columns.create(table, "Weight", ColumnType.NUMBER)
    size = columns.live(table)[1]
    row_ids = rows.append(table, [{"Size": size, "Weight": 9 - size} for size in range(10)])
    for column in (size, weight):
        column_indexes.make(column.pk)
    few = [{"column": size.pk, "op": "lt", "value": 5}, {"column": weight.pk, "op": "eq", "value": 1}]
    filters: list[dict[str, Any]] = [{"any": few}, {"column": size.pk, "op": "ne", "value": 3}]
    view = View(columns.live(table), filters, [{"column": weight.pk, "desc": False}], "")
    with CaptureQueriesContext(connection) as queries:
        assert [row_ids.index(row_id) for row_id in view.row_ids(table)] == [8, 4, 2, 1, 0]
    assert queries[-1]["sql"].count("INDEXED BY") == len(few)


def test_small_tables_and_results_need_none(table: Table, sent: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    found = columns.create(table, "Found", ColumnType.FORMULA)
    assert not column_indexes.is_worth_it(table, found)
    monkeypatch.setattr(column_indexes, "SMALLEST", 100)
    for _ in range(3):
        by_size(table).row_ids(table)
    assert sent == []
    column_indexes.make(columns.live(table)[1].pk)
    assert indexed(table) == set()


def test_an_index_is_kept_as_long_as_queries_use_it(table: Table, sent: list[int]) -> None:
    size = columns.live(table)[1]
    column_indexes.make(size.pk)
    column_indexes.drop_unused()
    (key,) = client().keys("marl:index:kept:*")
    assert 0 < client().ttl(key) < column_indexes.KEPT_SECONDS
    client().expire(key, 1_000)
    by_size(table).row_ids(table)
    assert client().ttl(key) == column_indexes.KEPT_SECONDS
    client().delete(key)
    column_indexes.drop_unused()
    assert indexed(table) == set()


@pytest.mark.parametrize("change", [{"type": ColumnType.DATE}, {"deleted_at": "2026-01-01T00:00Z"}])
def test_the_index_of_a_column_of_another_type_or_of_none_is_dropped(table: Table, change: dict[str, str]) -> None:
    size = columns.live(table)[1]
    column_indexes.make(size.pk)
    assert indexed(table) == {size.pk}
    Column.objects.filter(pk=size.pk).update(**change)
    column_indexes.drop_unused()
    Column.with_deleted.filter(pk=size.pk).update(type=ColumnType.NUMBER, deleted_at=None)
    assert indexed(table) == set()


def test_a_table_has_few_indexes(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(column_indexes, "MOST", 1)
    weight = columns.create(table, "Weight", ColumnType.NUMBER)
    column_indexes.make(columns.live(table)[1].pk)
    column_indexes.make(weight.pk)
    assert indexed(table) == {columns.live(table)[1].pk}


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_rows_are_found_without_an_index_that_was_just_dropped(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    row_ids = rows.append(table, [{"Size": size} for size in ("9", "0100", "20")])
    monkeypatch.setattr(column_indexes, "existing", lambda found: {column.pk: "gone" for column in found})
    assert list(by_size(table).row_ids(table)) == [row_ids[1], row_ids[2], row_ids[0]]


def test_numbers_and_texts_of_one_column_keep_their_order(table: Table) -> None:
    size = columns.live(table)[1]
    row_ids = rows.append(table, [{}] * 5)
    for row_id, value in zip(row_ids, ["5 apples", "30", None, "4", "-1e2"], strict=True):
        Row.objects.filter(pk=row_id).update(values={str(size.pk): value} if value else {})
    column_indexes.make(size.pk)
    assert [row_ids.index(row_id) for row_id in by_size(table).row_ids(table)] == [1, 3, 4, 0, 2]

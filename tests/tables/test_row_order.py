"""Rows keep their order, and are found by their offset, whatever is put in, moved and deleted."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tables import row_order, storage
from tables.models import DeletedRow, Row, RowBlock, Table
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def table(workspace: Workspace) -> Table:
    return Table.objects.create(workspace=workspace, name="Ordered")


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_order, "BLOCK", 4)


def put(table: Table, keys: Sequence[int]) -> list[int]:
    return [Row.objects.create(table=table, sort_key=key).pk for key in keys]


def append(table: Table, number: int) -> list[int]:
    return put(table, row_order.append(table.pk, number))


def insert(table: Table, before: int, number: int) -> list[int]:
    return put(table, row_order.insert(table.pk, Row.objects.get(pk=before), number))


def delete(table: Table, row_ids: Sequence[int]) -> None:
    rows = Row.objects.filter(pk__in=row_ids)
    keys = [row.sort_key for row in rows]
    rows.delete()
    row_order.remove(table.pk, keys)


def throw_away(table: Table, row_ids: Sequence[int]) -> None:
    DeletedRow.objects.bulk_create(
        DeletedRow(pk=row.pk, table=table, deletion_id=1, sort_key=row.sort_key)
        for row in Row.objects.filter(pk__in=row_ids)
    )
    delete(table, row_ids)


def bring_back(table: Table, row_ids: Sequence[int]) -> None:
    back = DeletedRow.objects.filter(pk__in=row_ids)
    row_order.put_back(table.pk, [row.sort_key for row in back])
    Row.objects.bulk_create(Row(pk=row.pk, table=table, sort_key=row.sort_key) for row in back)
    back.delete()


def ids(table: Table, offset: int = 0, limit: int = 1_000) -> list[int]:
    return [row.pk for row in row_order.window(table.pk, offset, limit)]


def check(table: Table, expected: Sequence[int]) -> None:
    assert list(Row.objects.filter(table=table).order_by("sort_key").values_list("pk", flat=True)) == expected
    for offset in range(len(expected) + 2):
        assert ids(table, offset, 3) == expected[offset : offset + 3]
        first = set(row_order.first_rows(table.pk, offset).values_list("pk", flat=True))
        assert first == set(expected[:offset])
    assert row_order.offsets(Row.objects.filter(table=table)) == {pk: place for place, pk in enumerate(expected)}
    blocks = RowBlock.objects.filter(table=table)
    assert sum(block.count for block in blocks) == len(expected)
    assert all(0 < block.count < 3 * row_order.BLOCK for block in blocks)


steps = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(1, 9), st.just(0)),
        st.tuples(st.just("insert"), st.integers(1, 6), st.integers(0, 99)),
        st.tuples(st.just("delete"), st.integers(1, 6), st.integers(0, 99)),
    ),
    max_size=12,
)


# Rows put between two blocks, of which the second starts before its first row.
BETWEEN_BLOCKS = [
    ("append", 4, 0),
    ("append", 4, 0),
    ("insert", 1, 84),
    ("delete", 3, 77),
    ("delete", 4, 71),
    ("insert", 6, 66),
    ("insert", 6, 66),
    ("append", 4, 0),
    ("insert", 4, 98),
    ("delete", 5, 9),
    ("delete", 6, 8),
    ("insert", 5, 50),
]


# Rows put before the first one of a block, close to the last one of the block before.
BEFORE_A_BLOCK = [
    ("append", 1, 0),
    ("append", 1, 0),
    ("insert", 3, 0),
    ("delete", 1, 0),
    ("append", 1, 0),
    ("append", 5, 0),
    ("delete", 1, 4),
    ("delete", 1, 90),
    ("append", 4, 0),
    ("insert", 6, 5),
    ("insert", 2, 47),
]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(steps=BETWEEN_BLOCKS, stride=8)
@example(steps=BEFORE_A_BLOCK, stride=8)
@given(steps=steps, stride=st.sampled_from([2**32, 8]))
def test_any_sequence_of_changes_leaves_the_order_that_a_list_has(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, steps: list[tuple[str, int, int]], stride: int
) -> None:
    monkeypatch.setattr(row_order, "STRIDE", stride)
    with transaction.atomic():
        table = Table.objects.create(workspace=workspace, name="Ordered")
        expected: list[int] = []
        for action, number, place in steps:
            at = place % len(expected) if expected else 0
            if action == "append" or not expected:
                expected += append(table, number)
            elif action == "insert":
                expected[at:at] = insert(table, expected[at], number)
            else:
                delete(table, expected[at : at + number])
                del expected[at : at + number]
        check(table, expected)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps, kept=st.integers(0, 7), stride=st.sampled_from([2**32, 256]))
def test_rows_in_the_trash_keep_their_places_whatever_is_done_meanwhile(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, steps: list[tuple[str, int, int]], kept: int, stride: int
) -> None:
    monkeypatch.setattr(row_order, "STRIDE", stride)
    with transaction.atomic():
        table = Table.objects.create(workspace=workspace, name="Ordered")
        before = append(table, 12)
        live = [row_id for place, row_id in enumerate(before) if place % 8 == kept]
        thrown = [row_id for row_id in before if row_id not in live]
        throw_away(table, thrown)
        for action, number, place in steps:
            at = place % len(live) if live else 0
            if action == "insert" and live:
                live[at:at] = insert(table, live[at], number)
            elif action == "delete":
                throw_away(table, live[at : at + number])
                thrown += live[at : at + number]
                del live[at : at + number]
            else:
                live += append(table, number)
        check(table, live)
        if place_of_trash := [row_id for row_id in thrown if row_id in before]:
            bring_back(table, place_of_trash)
        order = ids(table)
        assert [row_id for row_id in order if row_id in live] == live
        assert [row_id for row_id in order if row_id in before] == [row_id for row_id in before if row_id in order]
        bring_back(table, [row_id for row_id in thrown if row_id not in before])
        check(table, ids(table))


def test_rows_put_in_one_place_again_and_again_never_run_out_of_keys(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_order, "STRIDE", 16)
    first, last = append(table, 2)
    middle: list[int] = []
    for _ in range(60):
        middle += insert(table, last, 1)
    check(table, [first, *middle, last])


def narrow(table: Table, number: int) -> list[int]:
    """Rows as they were numbered before there were gaps."""
    row_ids = put(table, range(number))
    starts = range(0, number, row_order.BLOCK)
    RowBlock.objects.bulk_create(
        RowBlock(table=table, start=start, count=min(row_order.BLOCK, number - start)) for start in starts
    )
    Table.objects.filter(pk=table.pk).update(narrow_keys=True)
    return row_ids


def test_keys_without_gaps_are_widened_block_by_block_and_the_order_is_right_in_between(table: Table) -> None:
    expected = narrow(table, 10)
    more = True
    while more:
        more = row_order.widen(table.pk)
        expected += append(table, 1)
        delete(table, [expected.pop(1)])
        check(table, expected)
    table.refresh_from_db()
    assert not table.narrow_keys
    keys = sorted(Row.objects.filter(table=table).values_list("sort_key", flat=True))
    assert all(after - before >= row_order.STRIDE for before, after in pairwise(keys))


def test_rows_in_the_trash_are_widened_with_the_others(table: Table) -> None:
    expected = narrow(table, 10)
    throw_away(table, [*expected[:5], expected[9]])
    while row_order.widen(table.pk):
        pass
    new = append(table, 1)
    bring_back(table, [*expected[:5], expected[9]])
    check(table, expected + new)


def test_the_sweep_widens_the_keys_of_every_table_that_needs_it(table: Table, workspace: Workspace) -> None:
    other = Table.objects.create(workspace=workspace, name="Other")
    expected = {table: narrow(table, 10), other: narrow(other, 5)}
    storage.widen_keys(60)
    assert not Table.objects.filter(narrow_keys=True).exists()
    for one, row_ids in expected.items():
        check(one, row_ids)


def test_rows_can_be_put_between_keys_without_gaps(table: Table) -> None:
    expected = narrow(table, 10)
    expected[5:5] = insert(table, expected[5], 3)
    check(table, expected)


def test_a_recount_finds_what_bulk_statements_added(table: Table) -> None:
    expected = put(table, [key * row_order.STRIDE for key in range(11)])
    row_order.recount(table.pk)
    check(table, expected)

"""Rows moved into the trash and back, with their results, where they were."""

from typing import Any

import pytest

from tables import columns, moves, row_order, rows
from tables.models import Cell, CellState, DeletedCell, DeletedRow, Deletion, Row, Table
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)


def names(table: Table) -> list[Any]:
    key = str(columns.live(table)[0].pk)
    return [row.values.get(key) for row in rows.window(table, 0, 100)]


def numbered(table: Table, number: int) -> list[int]:
    return rows.append(table, [{"Name": f"Firm {place}"} for place in range(number)])


def deleted(table: Table, row_ids: list[int]) -> Deletion:
    deletion = rows.delete(table, row_ids)
    assert deletion
    return deletion


@pytest.mark.parametrize("gone", [[0], [9], [0, 1, 2], [1, 3, 8], list(range(10))])
def test_deleted_rows_come_back_where_they_were(gone: list[int], table: Table) -> None:
    ids = numbered(table, 10)
    before = names(table)
    deletion = deleted(table, [ids[place] for place in gone])
    assert (deletion.rows, deletion.name, table.row_count) == (len(gone), f"Firm {gone[0]}", 10 - len(gone))
    assert moves.restore(deletion) == len(gone)
    table.refresh_from_db()
    assert (names(table), table.row_count) == (before, 10)
    assert row_order.offsets(Row.objects.all()) == {row_id: place for place, row_id in enumerate(ids)}
    assert not DeletedRow.objects.exists()


def test_results_come_back_and_what_ran_has_stopped(table: Table) -> None:
    column = columns.create(table, "Answer", "http")
    [done, running] = numbered(table, 2)
    Cell.objects.create(row_id=done, column=column, state=CellState.DONE, value={"a": [1]}, http_status=200, stale=True)
    Cell.objects.create(row_id=running, column=column, state=CellState.RUNNING, run_id=7)
    before = Cell.objects.filter(row_id=done).values().get()
    deletion = deleted(table, [done, running])
    assert not Cell.objects.exists()
    moves.restore(deletion)
    assert Cell.objects.filter(row_id=done).values().get() | {"id": before["id"]} == before
    assert list(Cell.objects.filter(row_id=running).values_list("state", "run_id")) == [("cancelled", None)]
    assert not DeletedCell.objects.exists()


def test_rows_come_back_once_and_not_into_a_table_that_is_deleted(table: Table) -> None:
    deletion = deleted(table, numbered(table, 2))
    Table.objects.update(ready=False)
    with pytest.raises(Refused, match="no longer in the trash"):
        moves.restore(deletion)
    Table.objects.update(ready=True)
    moves.restore(deletion)
    with pytest.raises(Refused, match="already restored"):
        moves.restore(deletion)
    assert Row.objects.count() == 2


def test_rows_added_meanwhile_stay_behind(table: Table) -> None:
    ids = numbered(table, 3)
    deletion = deleted(table, ids[1:])
    rows.append(table, [{"Name": "new"}])
    moves.restore(deletion)
    assert names(table) == ["Firm 0", "Firm 1", "Firm 2", "new"]


def test_rows_keep_their_place_when_all_others_get_new_keys(table: Table) -> None:
    ids = numbered(table, 6)
    first, second = deleted(table, [ids[0], ids[2]]), deleted(table, [ids[3], ids[5]])
    row_order.spread(table.pk)
    rows.insert(table, ids[4], [{"Name": "new"}])
    moves.restore(second)
    moves.restore(first)
    assert names(table) == ["Firm 0", "Firm 1", "Firm 2", "Firm 3", "new", "Firm 4", "Firm 5"]


def test_all_but_some_are_deleted_at_once_and_restored(table: Table) -> None:
    column = columns.create(table, "Answer", "http")
    ids = numbered(table, 6)
    for row_id in ids:
        Cell.objects.create(row_id=row_id, column=column, state=CellState.DONE, value=1)
    deletion = moves.delete_all_but(table, [ids[1], ids[4]])
    assert deletion
    assert deletion.rows == 4
    assert (names(table), table.row_count) == (["Firm 1", "Firm 4"], 2)
    assert sorted(Cell.objects.values_list("row_id", flat=True)) == [ids[1], ids[4]]
    assert row_order.offsets(Row.objects.all()) == {ids[1]: 0, ids[4]: 1}
    assert moves.delete_all_but(table, [ids[1], ids[4]]) is None
    moves.restore(deletion)
    assert row_order.offsets(Row.objects.all()) == {row_id: place for place, row_id in enumerate(ids)}
    assert sorted(Cell.objects.values_list("row_id", flat=True)) == ids


def test_values_of_rows_in_the_trash_are_converted_with_their_column(table: Table) -> None:
    column = columns.create(table, "Seen")
    ids = rows.append(table, [{"Seen": "yes"}, {"Seen": "no"}])
    deletion = deleted(table, ids[1:])
    columns.change_type(column, "checkbox")
    moves.restore(deletion)
    assert [row.values[str(column.pk)] for row in rows.window(table, 0, 2)] == [True, False]

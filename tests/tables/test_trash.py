"""Rows deleted and brought back, with their results, where they were."""

from typing import Any

import pytest

from tables import columns, row_order, rows, trash
from tables.models import Cell, CellState, Row, Table
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)


def names(table: Table) -> list[Any]:
    key = str(columns.live(table)[0].pk)
    return [row.values.get(key) for row in rows.window(table, 0, 100)]


def numbered(table: Table, number: int) -> list[int]:
    return rows.append(table, [{"Name": f"Firm {place}"} for place in range(number)])


@pytest.mark.parametrize("gone", [[0], [9], [0, 1, 2], [1, 3, 8], list(range(10))])
def test_deleted_rows_come_back_where_they_were(gone: list[int], table: Table) -> None:
    ids = numbered(table, 10)
    before = names(table)
    number, key = trash.delete(table, [ids[place] for place in gone])
    assert (number, table.row_count) == (len(gone), 10 - len(gone))
    assert trash.restore(table, key) == len(gone)
    assert (names(table), table.row_count) == (before, 10)
    assert row_order.offsets(Row.objects.all()) == {row_id: place for place, row_id in enumerate(ids)}


def test_results_come_back_and_what_ran_has_stopped(table: Table) -> None:
    column = columns.create(table, "Answer", "http")
    [done, running] = numbered(table, 2)
    Cell.objects.create(row_id=done, column=column, state=CellState.DONE, value={"a": [1]}, http_status=200)
    Cell.objects.create(row_id=running, column=column, state=CellState.RUNNING, run_id=7)
    _, key = trash.delete(table, [done, running])
    assert not Cell.objects.exists()
    trash.restore(table, key)
    assert Cell.objects.get(row_id=done).value == {"a": [1]}
    assert list(Cell.objects.filter(row_id=running).values_list("state", "run_id")) == [("cancelled", None)]


def test_rows_come_back_once_and_only_into_their_table(table: Table) -> None:
    _, key = trash.delete(table, numbered(table, 2))
    other = Table.objects.create(workspace=table.workspace, name="Other")
    with pytest.raises(Refused, match="no longer be restored"):
        trash.restore(other, key)
    trash.restore(table, key)
    with pytest.raises(Refused, match="already were"):
        trash.restore(table, key)


def test_rows_added_meanwhile_stay_behind(table: Table) -> None:
    ids = numbered(table, 3)
    _, key = trash.delete(table, ids[1:])
    rows.append(table, [{"Name": "new"}])
    trash.restore(table, key)
    assert names(table) == ["Firm 0", "Firm 1", "Firm 2", "new"]


def test_nothing_is_deleted_that_could_not_be_kept(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trash, "MOST_BYTES", 10)
    ids = numbered(table, 2)
    with pytest.raises(Refused, match="too large"):
        trash.delete(table, ids)
    monkeypatch.setattr(trash, "MOST_ROWS", 1)
    with pytest.raises(Refused, match="at most 1"):
        trash.delete(table, ids)
    assert table.row_count == 2


def test_all_but_some_are_deleted_at_once(table: Table) -> None:
    column = columns.create(table, "Answer", "http")
    ids = numbered(table, 6)
    for row_id in ids:
        Cell.objects.create(row_id=row_id, column=column, state=CellState.DONE, value=1)
    assert rows.delete_all_but(table, [ids[1], ids[4]]) == 4
    assert (names(table), table.row_count) == (["Firm 1", "Firm 4"], 2)
    assert sorted(Cell.objects.values_list("row_id", flat=True)) == [ids[1], ids[4]]
    assert row_order.offsets(Row.objects.all()) == {ids[1]: 0, ids[4]: 1}
    assert rows.delete_all_but(table, [ids[1], ids[4]]) == 0

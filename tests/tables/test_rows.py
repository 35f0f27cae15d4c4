"""Rows appended, read by windows, changed and deleted."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tables import cells, columns, row_order, rows, storage, upserts
from tables.keys import Matching
from tables.models import Cell, CellState, Row, Table
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)


def names(table: Table, offset: int = 0, limit: int = 100) -> list[Any]:
    key = str(columns.live(table)[0].pk)
    return [row.values.get(key) for row in rows.window(table, offset, limit)]


def numbered(table: Table, number: int) -> list[int]:
    return rows.append(table, [{"Name": f"Firm {place}"} for place in range(number)])


def positions(table: Table) -> list[int]:
    offsets = row_order.offsets(Row.objects.filter(table=table))
    return [offsets[pk] for pk in sorted(offsets)]


def test_text_is_kept_as_written(table: Table) -> None:
    texts = ["0042", "1.10", "  spaces ", 'O\'Neil "x"', "ünïcode 東京", "a\nb", "=1+1"]
    rows.append(table, [{"Name": text} for text in texts])
    assert names(table) == texts


def test_rows_are_added_at_the_end_by_name_or_id(table: Table, name: str) -> None:
    first = rows.append(table, [{"Name": "a"}, {name: "b"}])
    second = rows.append(table, [{"Name": "c"}])
    assert names(table) == ["a", "b", "c"]
    assert first + second == sorted(first + second)
    assert (table.row_count, positions(table)) == (3, [0, 1, 2])


def test_a_wrong_row_adds_nothing(table: Table, announced: list[dict[str, Any]]) -> None:
    with pytest.raises(Refused):
        rows.append(table, [{"Name": "fine"}, {"Size": "many"}])
    with pytest.raises(Refused, match="no column “Nmae”"):
        rows.append(table, [{"Name": "fine"}, {"Nmae": "typo"}])
    assert (Row.objects.count(), announced) == (0, [])


def test_of_several_rows_the_wrong_one_is_told(table: Table) -> None:
    ids = rows.append(table, [{"Name": "a"}, {"Name": "b"}])
    words = "“many” is not a valid number. It stands in"
    with pytest.raises(Refused, match=f"{words} row 2 of those sent. Nothing was stored."):
        rows.append(table, [{"Name": "fine"}, {"Size": "many"}])
    with pytest.raises(Refused, match=f"{words} the row with the id {ids[1]}. Nothing was stored."):
        rows.update(table, [{"id": pk, "cells": {"Size": size}} for pk, size in zip(ids, ("1", "many"), strict=True)])
    with pytest.raises(Refused, match=r"“many” is not a valid number\.$"):
        rows.append(table, [{"Size": "many"}])
    sent: list[rows.Cells] = [{"Name": "a"}, {"Name": "c"}, {"Name": "d", "Size": "many"}]
    with pytest.raises(Refused, match=f"{words} row 3 of those sent."):
        upserts.write(table, sent, Matching(["Name"], on_match="update"))


def test_more_rows_than_one_call_takes_are_refused(table: Table) -> None:
    with pytest.raises(Refused, match="at most 10,000 rows"):
        rows.append(table, [{}] * 10_001)


def test_a_window_far_down_skips_no_more_than_a_block(table: Table) -> None:
    numbered(table, 5_000)
    with CaptureQueriesContext(connection) as queries:
        assert names(table, 4_900, 3)[-3:] == ["Firm 4900", "Firm 4901", "Firm 4902"]
    [window] = [query["sql"] for query in queries if '"tables_row"' in query["sql"]]
    assert "OFFSET 900" in window


def test_a_window_beyond_the_end_is_empty(table: Table) -> None:
    numbered(table, 3)
    assert (names(table, 2, 5), names(table, 3, 5)) == (["Firm 2"], [])


def test_added_and_changed_rows_are_announced_after_the_commit(table: Table, announced: list[dict[str, Any]]) -> None:
    [row_id] = rows.append(table, [{"Name": "a"}])
    rows.update(table, [{"id": row_id, "cells": {"Size": "5"}}])
    size = columns.live(table)[1].pk
    sent = [(facts["row_ids"], facts["column_ids"], facts["added"]) for facts in announced]
    assert sent == [([row_id], None, True), ([row_id], [size], False)]


def test_a_value_that_stays_the_same_is_not_announced(table: Table, announced: list[dict[str, Any]]) -> None:
    [row_id] = rows.append(table, [{"Name": "a"}])
    announced.clear()
    assert rows.update(table, [{"id": row_id, "cells": {"Name": "a"}}]) == 1
    assert announced == []


@pytest.mark.parametrize(
    ("before", "after"), [(1, True), (True, 1), (0, False), ([1], [True]), ({"a": 0}, {"a": False})]
)
def test_a_truth_is_another_value_than_a_number(table: Table, name: str, before: object, after: object) -> None:
    [row_id] = rows.append(table, [{"Name": before}])
    with pytest.raises(Refused, match="was changed by someone else"):
        rows.update(table, [{"id": row_id, "cells": {"Name": "x"}, "was": {"Name": after}}])
    rows.update(table, [{"id": row_id, "cells": {"Name": after}}])
    assert json.dumps(Row.objects.get(pk=row_id).values[name]) == json.dumps(after)


def test_an_update_leaves_the_other_cells_and_an_emptied_one_goes(table: Table, name: str) -> None:
    [row_id] = rows.append(table, [{"Name": "a", "Size": 5}])
    rows.update(table, [{"id": row_id, "cells": {"Size": ""}}])
    assert Row.objects.get(pk=row_id).values == {name: "a"}


def test_a_row_of_another_table_cannot_be_changed(table: Table) -> None:
    other = Table.objects.create(workspace=table.workspace, name="Other")
    columns.create(other, "Name")
    [own, foreign] = rows.append(table, [{"Name": "a"}]) + rows.append(other, [{"Name": "b"}])
    changes = [{"id": pk, "cells": {"Name": "changed"}} for pk in (own, foreign)]
    with pytest.raises(Refused, match=f"no row {foreign}"):
        rows.update(table, changes)
    assert (names(table), names(other)) == (["a"], ["b"])
    assert rows.delete(table, [foreign]) is None


def test_working_on_a_table_puts_it_first(table: Table) -> None:
    def touched() -> Any:
        return Table.objects.values_list("updated_at", flat=True).get(pk=table.pk)

    moments = [touched()]
    [row_id, _] = numbered(table, 2)
    moments.append(touched())
    rows.update(table, [{"id": row_id, "cells": {"Name": "z"}}])
    moments.append(touched())
    rows.delete(table, [row_id])
    moments.append(touched())
    assert moments == sorted(set(moments))


@pytest.mark.parametrize("gone", [[0], [4], [0, 1, 2], [1, 3, 8], [7, 8, 9], list(range(10)), [0, 2, 4, 6, 8]])
def test_deleting_leaves_no_gaps(gone: list[int], table: Table) -> None:
    ids = numbered(table, 10)
    deletion = rows.delete(table, [ids[place] for place in gone])
    assert deletion is not None
    assert deletion.rows == len(gone)
    left = [place for place in range(10) if place not in gone]
    assert names(table) == [f"Firm {place}" for place in left]
    assert positions(table) == list(range(len(left)))
    assert Table.objects.get(pk=table.pk).row_count == table.row_count == len(left)


def test_deleting_takes_the_results_along(table: Table) -> None:
    column = columns.create(table, "Answer", "http")
    ids = numbered(table, 3)
    for row_id in ids:
        Cell.objects.create(row_id=row_id, column=column, state=CellState.DONE, value=1)
    rows.delete(table, [ids[1], ids[1]])
    assert sorted(Cell.objects.values_list("row_id", flat=True)) == [ids[0], ids[2]]


def test_deleting_from_one_table_leaves_the_others(table: Table) -> None:
    other = Table.objects.create(workspace=table.workspace, name="Other")
    columns.create(other, "Name")
    ids = numbered(table, 3)
    numbered(other, 3)
    rows.delete(table, ids[:2])
    assert positions(other) == [0, 1, 2]


def test_many_rows_are_deleted_at_once(table: Table) -> None:
    storage.insert(table.pk, row_order.append(table.pk, 5000), ["{}"] * 5000)
    storage.grow(table.pk, 5000)
    every_second = list(Row.objects.filter(table=table).order_by("sort_key").values_list("pk", flat=True))[::2]
    deletion = rows.delete(table, every_second)
    assert deletion is not None
    assert deletion.rows == 2500
    assert positions(table) == list(range(2500))


def test_rows_show_their_cells_and_what_a_run_will_come_to(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    column = columns.create(table, "Answer", "http")
    done, running, neither = numbered(table, 3)
    Cell.objects.create(row_id=done, column=column, state=CellState.DONE, value={"a": 1}, attempts=2, http_status=200)
    Cell.objects.create(row_id=running, column=column, state=CellState.RUNNING, attempts=1)

    def answers() -> list[dict[str, Any]]:
        listed = rows.as_json(rows.window(table, 0, 10), columns.live(table))
        return [row["cells"][str(column.pk)] for row in listed]

    assert [cell["state"] for cell in answers()] == ["done", "running", "empty"]
    assert answers()[0] == {
        "state": "done",
        "value": {"a": 1},
        "error": None,
        "stale": False,
        "http_status": 200,
        "attempts": 2,
    }
    pairs = {(pk, column.pk) for pk in (done, running, neither)}
    monkeypatch.setattr(cells, "pending", [lambda *_: pairs])
    assert [cell["state"] for cell in answers()] == ["queued", "running", "queued"]


def test_counts_are_by_state(table: Table) -> None:
    column = columns.create(table, "Answer", "http")
    for row_id, state in zip(numbered(table, 3), ["done", "done", "failed"], strict=True):
        Cell.objects.create(row_id=row_id, column=column, state=state)
    assert cells.counts([column.pk]) == {column.pk: {"done": 2, "failed": 1}}


def test_rows_are_added_before_another_row(table: Table, announced: list[dict[str, Any]]) -> None:
    ids = numbered(table, 3)
    added = rows.insert(table, ids[1], [{"Name": "a"}, {"Name": "b"}])
    assert names(table) == ["Firm 0", "a", "b", "Firm 1", "Firm 2"]
    assert (table.row_count, announced[-1]["row_ids"], announced[-1]["added"]) == (5, added, True)


def test_rows_are_moved_in_their_order(table: Table) -> None:
    ids = numbered(table, 5)
    rows.move(table, [ids[4], ids[2]], before=ids[0])
    assert names(table) == ["Firm 2", "Firm 4", "Firm 0", "Firm 1", "Firm 3"]
    rows.move(table, [ids[2]], before=None)
    assert names(table) == ["Firm 4", "Firm 0", "Firm 1", "Firm 3", "Firm 2"]
    assert positions(table) == [1, 2, 4, 3, 0]


def test_rows_are_not_moved_before_themselves_or_to_a_row_of_another_table(table: Table) -> None:
    other = Table.objects.create(workspace=table.workspace, name="Other")
    columns.create(other, "Name")
    ids, [theirs] = numbered(table, 3), rows.append(other, [{"Name": "b"}])
    with pytest.raises(Refused, match="not one of them"):
        rows.move(table, ids[:2], before=ids[1])
    with pytest.raises(Refused, match=f"no row {theirs}"):
        rows.move(table, ids[:2], before=theirs)
    with pytest.raises(Refused, match=f"no row {theirs}"):
        rows.insert(table, theirs, [{"Name": "a"}])
    assert names(table) == ["Firm 0", "Firm 1", "Firm 2"]

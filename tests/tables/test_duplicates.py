"""Rows that are there more than once, found and merged, compared with what plain lists would become."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from tables import columns, deletions, duplicates, keys, moves, row_order, rows, storage
from tables.alike_rows import Criteria
from tables.duplicates import Merged
from tables.long_work import Stopped
from tables.models import Cell, CellState, Deletion, Row, Table
from workspaces.actors import Actor
from workspaces.models import Role, Workspace
from workspaces.refusals import Refused

pytestmark = pytest.mark.django_db(transaction=True)

NAMES = ("Name", "Size", "Active")


def shown(table: Table) -> list[tuple[Any, ...]]:
    ids = [str(column.pk) for column in columns.live(table)]
    return [tuple(row.values.get(pk) for pk in ids) for row in rows.window(table, 0, 100)]


def filled(table: Table, *new: tuple[Any, ...]) -> list[int]:
    return rows.append(table, [dict(zip(NAMES, row, strict=False)) for row in new])


def counts(merged: Merged) -> tuple[int, int, int]:
    return merged.merged, merged.deleted, merged.filled


def criteria(table: Table, *names: str, match: str = "exact") -> Criteria:
    return Criteria.of(table, names, match)


def test_groups_come_in_the_order_of_the_table(table: Table) -> None:
    ids = filled(table, ("b",), ("a",), ("c",), ("a",), ("b",), ("b",))
    found = duplicates.look(table, criteria(table, "Name")).window(0, 10)
    assert (found.groups, found.rows) == (2, 5)
    assert [(group.count, group.row_ids, group.kept["last"]) for group in found.items] == [
        (3, [ids[0], ids[4], ids[5]], ids[5]),
        (2, [ids[1], ids[3]], ids[3]),
    ]
    assert duplicates.look(table, criteria(table, "Name")).window(1, 1).items[0].row_ids == [ids[1], ids[3]]
    assert duplicates.look(table, criteria(table, "Name")).window(2, 1).items == []


def test_the_order_is_that_of_the_rows_after_they_were_moved(table: Table) -> None:
    ids = filled(table, ("a", "1"), ("b",), ("a", "2"))
    rows.move(table, [ids[2]], before=ids[0])
    assert counts(duplicates.merge(table, criteria(table, "Name"), "first", fill_blanks=True)) == (1, 1, 0)
    assert shown(table) == [("a", "2", None), ("b", None, None)]


def test_capitals_and_spaces_count_unless_otherwise_chosen(table: Table) -> None:
    filled(table, ("ACME  Ltd",), ("acme ltd ",), ("Acme",))
    assert duplicates.look(table, criteria(table, "Name")).window(0, 10).groups == 0
    assert duplicates.look(table, criteria(table, "Name", match="loose")).window(0, 10).rows == 2


def test_a_group_of_very_many_rows_lists_the_first_ones(table: Table) -> None:
    ids = filled(table, *[("a",)] * (duplicates.LISTED + 5))
    [group] = duplicates.look(table, criteria(table, "Name")).window(0, 10).items
    assert (group.count, group.row_ids, group.kept["last"]) == (len(ids), ids[: duplicates.LISTED], ids[-1])


def test_the_fullest_row_has_the_most_values_and_results(table: Table) -> None:
    answer = columns.create(table, "Answer", "http")
    gone = columns.create(table, "Gone")
    [first, second, third] = rows.append(
        table, [{"Name": "a", "Gone": "x"}, {"Name": "a", "Size": "1"}, {"Name": "a", "Active": True}]
    )
    columns.delete(gone)
    how = criteria(table, "Name")
    assert duplicates.look(table, how).window(0, 1).items[0].kept["fullest"] == second
    Cell.objects.create(row_id=third, column=answer, state=CellState.DONE, value="x")
    Cell.objects.create(row_id=first, column=answer, state=CellState.FAILED)
    assert duplicates.look(table, how).window(0, 1).items[0].kept["fullest"] == third


def test_results_are_compared_like_values(table: Table) -> None:
    domain = columns.create(table, "Domain", "formula")
    ids = filled(table, ("1",), ("2",), ("3",), ("4",))
    states = [CellState.DONE, CellState.DONE, CellState.FAILED, CellState.FAILED]
    for pk, state in zip(ids, states, strict=True):
        Cell.objects.create(row_id=pk, column=domain, state=state, value="a.example")
    assert duplicates.look(table, criteria(table, "Domain")).window(0, 10).items[0].row_ids == ids[:2]


def test_the_kept_row_stays_with_its_results_and_what_reads_the_filled_cells_is_told(
    table: Table, announced: list[dict[str, Any]]
) -> None:
    answer = columns.create(table, "Answer", "http")
    ids = filled(table, ("a",), ("a", "1"), ("a", "2", True), ("b",))
    for pk in ids:
        Cell.objects.create(row_id=pk, column=answer, state=CellState.DONE, value=pk)
    announced.clear()
    assert counts(duplicates.merge(table, criteria(table, "Name"), "first", fill_blanks=True)) == (1, 2, 2)
    assert shown(table) == [("a", "1", True, None), ("b", None, None, None)]
    assert dict(Cell.objects.values_list("row_id", "value")) == {ids[0]: ids[0], ids[3]: ids[3]}
    size, active = (column.pk for column in columns.live(table)[1:3])
    assert [(fact["row_ids"], fact["column_ids"]) for fact in announced] == [([ids[0]], [size, active])]
    assert (table.row_count, row_order.offsets(Row.objects.all())) == (2, {ids[0]: 0, ids[3]: 1})


def test_a_merge_says_what_undoes_it(table: Table) -> None:
    ids = filled(table, ("a",), ("b", "1"), ("a", "2"), ("a", "3", True))
    before = shown(table)
    merge = duplicates.merge(table, criteria(table, "Name"), "first", fill_blanks=True)
    size, active = (column.pk for column in columns.live(table)[1:])
    assert merge.cells == [(ids[0], size), (ids[0], active)]
    assert merge.values == ["2", True]
    assert merge.deletion is not None
    rows.update(table, [{"id": row_id, "cells": {column_id: None}} for row_id, column_id in merge.cells])
    moves.restore(merge.deletion)
    assert shown(table) == before
    assert duplicates.merge(table, criteria(table, "Size"), "first", fill_blanks=True).deletion is None


def test_of_very_many_filled_cells_only_the_number_is_told(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "MOST_CELLS", 0)
    ids = filled(table, ("a",), ("b",), ("a", "1"), ("a", "2"), ("c",), ("a",))
    merge = duplicates.merge(table, criteria(table, "Name"), "last", fill_blanks=True)
    assert shown(table) == [("b", None, None), ("c", None, None), ("a", "1", None)]
    assert (counts(merge), merge.cells, merge.deletion and merge.deletion.rows) == ((1, 3, 1), None, 3)
    assert row_order.offsets(Row.objects.all()) == {ids[1]: 0, ids[4]: 1, ids[5]: 2}


def merged_by_a_worker(table: Table, *, fill_blanks: bool = True) -> Deletion:
    deletion = duplicates.start_merge(table, criteria(table, "Name"), "first", fill_blanks=fill_blanks)
    assert (deletion.move, deletion.rows) == ("merging", 0)
    moves.run(deletion.pk)
    deletion.refresh_from_db()
    return deletion


@pytest.mark.parametrize("size", [1, 3, 100])
def test_a_worker_merges_some_groups_after_the_other(size: int, table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "_MERGED", size)
    ids = filled(table, ("a",), ("b", "1"), ("a", "2"), ("c",), ("b",), ("c", "3"), ("d",), ("c",))
    before = shown(table)
    deletion = merged_by_a_worker(table)
    assert shown(table) == [("a", "2", None), ("b", "1", None), ("c", "3", None), ("d", None, None)]
    size_id = columns.live(table)[1].pk
    result = deletion.moved["merged"]
    assert {name: result[name] for name in ("merged", "deleted", "filled")} == {"merged": 3, "deleted": 4, "filled": 2}
    filled_with = sorted(zip(result["cells"], result["values"], strict=True))
    assert filled_with == [([ids[0], size_id], "2"), ([ids[3], size_id], "3")]
    assert (deletion.move, deletion.rows, deletion.name != "") == ("", 4, True)
    rows.update(table, [{"id": row_id, "cells": {column: None}} for row_id, column in result["cells"]])
    assert moves.restore(deletion) == 4
    assert shown(table) == before


def test_a_merge_that_stops_halfway_goes_on(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(table, ("a",), ("b",), ("a", "1"), ("b", "2"), ("c",), ("c", "3"))
    monkeypatch.setattr(duplicates, "_MERGED", 1)
    grow, grown = storage.grow, list[int]()

    def breaks(table_id: int, number: int) -> None:
        grow(table_id, number)
        grown.append(number)
        if len(grown) == 2:
            raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(storage, "grow", breaks)
        deletion = duplicates.start_merge(table, criteria(table, "Name"), "first", fill_blanks=True)
        with pytest.raises(ConnectionError):
            moves.run(deletion.pk)
    assert Table.objects.get(pk=table.pk).row_count == 5
    moves.run(deletion.pk)
    deletion.refresh_from_db()
    assert shown(table) == [("a", "1", None), ("b", "2", None), ("c", "3", None)]
    assert (deletion.rows, deletion.moved["merged"]["merged"], deletion.moved["merged"]["filled"]) == (3, 3, 3)


def test_a_merge_that_finds_nothing_is_not_in_the_trash(table: Table) -> None:
    filled(table, ("a",), ("b",))
    deletion = merged_by_a_worker(table)
    assert (deletion.move, deletion.rows) == ("", 0)
    assert not deletions.listed(Actor(None, table.workspace, Role.OWNER))


def test_a_merge_whose_column_was_deleted_ends(table: Table) -> None:
    filled(table, ("a",), ("a",))
    deletion = duplicates.start_merge(table, criteria(table, "Name"), "first", fill_blanks=True)
    columns.delete(columns.live(table)[0])
    moves.run(deletion.pk)
    deletion.refresh_from_db()
    told = deletions.as_json(deletion)
    assert (told["state"], told["rows"], "column" in told["stopped"]) == ("done", 0, True)


def test_a_merge_that_is_stopped_keeps_what_is_merged_and_says_so(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = filled(table, ("a",), ("b",), ("a", "1"), ("b", "2"))
    monkeypatch.setattr(duplicates, "_MERGED", 1)
    deletion = duplicates.start_merge(table, criteria(table, "Name"), "first", fill_blanks=True)
    merge_groups = duplicates._merge_groups

    def stopped_after(*given: Any) -> None:
        merge_groups(*given)
        moves.stop(deletion)

    monkeypatch.setattr(duplicates, "_merge_groups", stopped_after)
    moves.run(deletion.pk)
    told = deletions.as_json(deletion)
    assert (told["state"], told["stopped"], told["merged"]["merged"]) == ("done", "It was stopped.", 1)
    assert shown(table) == [("a", "1", None), ("b", None, None), ("b", "2", None)]
    moves.restore(deletion)
    assert [row.pk for row in rows.window(table, 0, 9)] == ids


def test_a_merge_ends_while_it_compares_when_it_is_stopped(table: Table) -> None:
    filled(table, ("a",), ("a",))
    deletion = duplicates.start_merge(table, criteria(table, "Name"), "first", fill_blanks=True)
    deletions.report(deletion.pk, Deletion.Move.MERGING, 1)
    moves.stop(deletion)
    assert deletions.as_json(deletion)["compared"] == 1
    with pytest.raises(Stopped):
        deletions.report(deletion.pk, Deletion.Move.MERGING, 2)
    assert not deletions.listed(Actor(None, table.workspace, Role.OWNER))


def test_a_value_that_no_longer_fits_its_column_is_filled_as_it_is_written(table: Table) -> None:
    filled(table, ("a",), ("a",))
    size = str(columns.live(table)[1].pk)
    last = Row.objects.latest("pk")
    last.values[size] = "ca. 5"
    last.save()
    duplicates.merge(table, criteria(table, "Name"), "first", fill_blanks=True)
    assert shown(table) == [("a", "ca. 5", None)]


def test_rows_that_changed_during_the_search_are_looked_at_again(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    ids = filled(table, ("a", "1"), ("a", "2"), ("b", "3"), ("b", "4"))
    lock = storage.lock_table

    def edited_before(table_id: int) -> int:
        monkeypatch.setattr(storage, "lock_table", lock)
        rows.update(table, [{"id": ids[1], "cells": {"Name": "b"}}])
        rows.delete(table, [ids[3]])
        return lock(table_id)

    monkeypatch.setattr(storage, "lock_table", edited_before)
    assert counts(duplicates.merge(table, criteria(table, "Name"), "first", fill_blanks=True)) == (1, 1, 0)
    assert shown(table) == [("a", "1", None), ("b", "2", None)]


def test_what_makes_no_sense_is_refused(table: Table) -> None:
    with pytest.raises(Refused, match="at least one column"):
        criteria(table)
    with pytest.raises(Refused, match="no column “Domain”"):
        criteria(table, "Domain")
    with pytest.raises(Refused, match="no way to compare"):
        criteria(table, "Name", match="nearly")
    with pytest.raises(Refused, match="first, last, fullest"):
        duplicates.merge(table, criteria(table, "Name"), "longest", fill_blanks=True)


TEXTS = st.sampled_from(["a", "A", " a", "b", "", None])
ROWS = st.lists(st.tuples(TEXTS, st.sampled_from(["1", "2", None]), st.sampled_from(["x", None])), max_size=12)


class AnyRows(TestCase):
    table: Table

    @classmethod
    def setUpTestData(cls) -> None:
        cls.table = Table.objects.create(workspace=Workspace.objects.create(name="W"), name="T")
        for name in ("A", "B", "C"):
            columns.create(cls.table, name)

    @settings(max_examples=50)
    @given(
        ROWS,
        st.sampled_from([["A"], ["A", "B"], ["B"]]),
        st.sampled_from(keys.MATCHES),
        st.sampled_from(duplicates.KEEPS),
        st.booleans(),
    )
    def test_rows_become_what_plain_lists_would(
        self, there: list[tuple[str | None, ...]], key: list[str], match: str, keep: str, fill: bool
    ) -> None:
        table = self.table
        rows.append(table, [dict(zip("ABC", row, strict=True)) for row in there])
        expected, numbers = merged([list(row) for row in there], ["ABC".index(name) for name in key], match, keep, fill)
        how = Criteria.of(table, key, match)
        found = duplicates.look(table, how).window(0, 100)
        assert (found.groups, found.rows - found.groups) == numbers[:2]
        assert counts(duplicates.merge(table, how, keep, fill_blanks=fill)) == numbers
        assert shown(table) == expected


def merged(
    there: list[list[Any]], key: Sequence[int], match: str, keep: str, fill: bool
) -> tuple[list[tuple[Any, ...]], tuple[int, int, int]]:
    """Returns what the rows become, and the counts."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for place, row in enumerate(there):
        texts = [row[column] or "" for column in key]
        if match == "loose":
            texts = [text.replace(" ", "").lower() for text in texts]
        if any(texts):
            groups.setdefault(tuple(texts), []).append(place)
    gone, filled_cells = set(), 0
    for places in groups.values():
        stays = {"first": min, "last": max}.get(keep, lambda all: max(all, key=lambda it: fullness(there[it])))(places)
        gone |= set(places) - {stays}
        for column in range(3) if fill else ():
            others = [there[place][column] for place in places if there[place][column]]
            if not there[stays][column] and others:
                there[stays][column] = others[0]
                filled_cells += 1
    left = [tuple(value or None for value in row) for place, row in enumerate(there) if place not in gone]
    return left, (sum(len(places) > 1 for places in groups.values()), len(gone), filled_cells)


def fullness(row: list[Any]) -> int:
    return sum(bool(value) for value in row)

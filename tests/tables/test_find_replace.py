"""Find and replace, and taking it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workspaces.refusals import Refused

if TYPE_CHECKING:
    from tables.find_replace import Found
    from tables.models import Edit, Table

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ids(table: Table, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    from tables import replacements, rows

    monkeypatch.setattr(replacements, "BATCH", 2)
    return rows.append(
        table,
        [
            {"Name": "Acme GmbH", "Size": "10"},
            {"Name": "ACME gmbh & gmbh", "Size": 100},
            {"Name": "Øre 100 % (a.c) \\", "Active": True},
            {"Name": "Straße", "Size": "-1.5"},
            {},
        ],
    )


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    from tables import dispatch

    told: list[tuple[object, ...]] = []
    monkeypatch.setattr(dispatch, "send", lambda *task: told.append(task))
    return told


def count(table: Table, find: str, replace: str | None = None, **how: Any) -> Found:
    from tables import find_replace
    from tables.find_replace import Replacer, Search

    return find_replace.count(Replacer(table, Search(find, **how), replace))


def replace(table: Table, find: str, text: str, **how: Any) -> Edit:
    from tables import replacements
    from tables.find_replace import Search

    return replacements.replace(table, Search(find, **how), text)


def values(table: Table, name: str) -> list[Any]:
    from tables import columns
    from tables.models import Row

    [key] = [str(column.pk) for column in columns.live(table) if column.name == name]
    return [row.values.get(key) for row in Row.objects.filter(table=table).order_by("sort_key")]


@pytest.mark.parametrize(
    ("find", "how", "cells", "rows"),
    [
        ("gmbh", {}, 2, 2),
        ("gmbh", {"match_case": True}, 1, 1),
        ("acme gmbh", {"whole_cell": True}, 1, 1),
        ("10", {}, 3, 3),  # in texts and in numbers
        ("øre", {}, 1, 1),
        ("a.c", {}, 1, 1),
        ("% (", {}, 1, 1),
        ("\\", {}, 1, 1),
        ("ß", {}, 1, 1),
        ("true", {}, 0, 0),  # a checkbox holds no text
        ("nothing like it", {}, 0, 0),
    ],
)
def test_cells_that_hold_the_text_are_counted(
    table: Table, ids: list[int], find: str, how: dict[str, Any], cells: int, rows: int
) -> None:
    found = count(table, find, **how)
    assert (found.cells, found.rows, found.complete) == (cells, rows, True)


@pytest.mark.parametrize("find", ["\u00e9", "e\u0301", "E\u0301"])
def test_a_letter_and_its_accent_are_one_sign(table: Table, find: str) -> None:
    from tables import rows

    rows.append(table, [{"Name": "caf\u00e9"}, {"Name": "cafe\u0301 e"}, {"Name": "cafe"}])
    assert count(table, find).cells == 2
    replace(table, "e", "3")
    assert values(table, "Name") == ["caf\u00e9", "caf\u00e9 3", "caf3"]
    replace(table, find, "x")
    assert values(table, "Name") == ["cafx", "cafx 3", "caf3"]


def test_every_place_in_a_cell_is_replaced_as_written_and_undone_and_redone(table: Table, ids: list[int]) -> None:
    from tables import replacements

    before = values(table, "Name")
    edit = replace(table, "gmbh", r"\1 & Co")
    assert values(table, "Name")[:2] == [r"Acme \1 & Co", r"ACME \1 & Co & \1 & Co"]
    assert replacements.as_json(edit) | {"id": 0} == {
        "id": 0,
        "state": "done",
        "cells": 2,
        "rows": 2,
        "refused": 0,
        "reason": "",
        "complete": True,
    }
    undone = replacements.undo(edit)
    assert values(table, "Name") == before
    replacements.undo(undone)
    assert values(table, "Name")[0] == r"Acme \1 & Co"


def test_a_number_stays_a_number_and_what_is_none_is_told(table: Table, ids: list[int]) -> None:
    found = count(table, "10", "7")
    assert (found.cells, found.refused) == (3, 0)
    replace(table, "10", "7")
    assert values(table, "Size")[:2] == ["7", 70]
    told = count(table, "7", "seven", columns=[])
    assert (told.cells, told.refused) == (3, 2)
    assert "is not a valid number" in told.reason
    edit = replace(table, "7", "seven")
    assert edit.task["found"]["refused"] == 2
    assert values(table, "Size")[:2] == ["7", 70]


@pytest.mark.parametrize("digits", ["1.10", "0.12345678901234567891", "100.0"])
@pytest.mark.parametrize("column", ["Name", "Size"])
def test_a_number_becomes_a_text_where_it_would_lose_digits(column: str, digits: str, table: Table) -> None:
    from tables import columns, rows

    [added] = rows.append(table, [{column: 5}])
    replace(table, "5", digits, columns=[columns.by_name_or_id(table)(column).pk], ids=[added])
    assert values(table, column)[-1] == digits


def test_only_the_chosen_columns_and_rows_are_looked_at(table: Table, ids: list[int]) -> None:
    from tables import columns

    name, size, active = (column.pk for column in columns.live(table))
    assert count(table, "10", columns=[size]).cells == 2
    assert count(table, "10", ids=[ids[0]]).cells == 1
    assert count(table, "10", filter=[{"column": name, "op": "contains", "value": "acme"}]).cells == 2
    with pytest.raises(Refused, match="Choose a column"):
        count(table, "10", columns=[active])
    with pytest.raises(Refused, match="Enter what to find"):
        count(table, "")


def test_results_are_never_touched(table: Table, ids: list[int]) -> None:
    from tables import columns
    from tables.models import Cell

    score = columns.create(table, "Score", "http")
    Cell.objects.create(row_id=ids[0], column=score, state="done", value="gmbh")
    replace(table, "gmbh", "ltd")
    assert Cell.objects.get().value == "gmbh"
    with pytest.raises(Refused):
        count(table, "gmbh", columns=[score.pk])


def test_many_rows_are_left_to_a_worker_which_goes_on_where_one_stopped(
    table: Table, sent: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch, ids: list[int]
) -> None:
    from tables import replacements, rows

    monkeypatch.setattr(replacements, "AT_ONCE", 1)
    rows.append(table, [{"Name": "gmbh"}] * 3)
    edit = replace(table, "gmbh", "ltd")
    assert sent == [(replacements.TASK, edit.pk)]
    assert replacements.as_json(edit)["state"] == "running"
    with pytest.raises(Refused, match="under way"):
        replacements.undo(edit)
    replacements.run(edit.pk)
    assert "gmbh" not in " ".join(filter(None, values(table, "Name"))).lower()
    edit.refresh_from_db()
    assert (replacements.as_json(edit)["state"], edit.rows) == ("done", 5)
    back = replacements.undo(edit)
    replacements.run(back.pk)
    assert values(table, "Name").count("gmbh") == 3


def test_one_that_is_stopped_says_so_and_what_it_replaced_is_undone(
    table: Table, sent: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch, ids: list[int]
) -> None:
    from tables import replacements, rows

    monkeypatch.setattr(replacements, "AT_ONCE", 1)
    rows.append(table, [{"Name": "gmbh"}] * 3)
    edit = replace(table, "gmbh", "ltd")
    replacements.stop(edit)
    replacements.run(edit.pk)
    told = replacements.as_json(edit)
    assert (told["state"], told["rows"], told["complete"], told["reason"]) == ("done", 2, False, "It was stopped.")
    assert values(table, "Name").count("gmbh") == 3
    with pytest.raises(Refused, match="not under way"):
        replacements.stop(edit)
    replacements.undo(edit)
    assert values(table, "Name")[:2] == ["Acme GmbH", "ACME gmbh & gmbh"]


def test_what_cannot_go_on_says_why(
    table: Table, sent: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch, ids: list[int]
) -> None:
    from tables import columns, replacements

    monkeypatch.setattr(replacements, "AT_ONCE", 1)
    name, size, _ = columns.live(table)
    edit = replace(table, "1", "2", columns=[size.pk], filter=[{"column": name.pk, "op": "ne", "value": "-"}])
    columns.delete(name)
    replacements.run(edit.pk)
    edit.refresh_from_db()
    told = replacements.as_json(edit)
    assert (told["state"], told["complete"]) == ("done", False)
    assert "column" in told["reason"]


def test_undo_leaves_what_was_changed_since(table: Table, ids: list[int]) -> None:
    from tables import replacements, rows

    edit = replace(table, "gmbh", "ltd")
    rows.update(table, [{"id": ids[0], "cells": {"Name": "Mine"}}])
    undone = replacements.as_json(replacements.undo(edit))
    assert values(table, "Name")[:2] == ["Mine", "ACME gmbh & gmbh"]
    assert (undone["cells"], undone["refused"]) == (1, 1)


def test_undo_counts_the_cells_of_rows_that_were_deleted_since(table: Table, ids: list[int]) -> None:
    from tables import replacements, rows

    edit = replace(table, "gmbh", "ltd")
    rows.delete(table, ids[:1])
    undone = replacements.as_json(replacements.undo(edit))
    assert (undone["cells"], undone["refused"], undone["reason"]) == (1, 1, "Its row was deleted since.")


def test_a_count_that_takes_too_long_says_so(table: Table, ids: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    from tables import find_replace

    monkeypatch.setattr(find_replace, "COUNTING", -1)
    found = count(table, "gmbh")
    assert (found.cells, found.complete) == (1, False)


@given(st.text(max_size=8), st.text(min_size=1, max_size=3), st.text(max_size=3), st.booleans())
def test_the_new_text_is_what_python_itself_makes_of_it(text: str, find: str, new: str, whole: bool) -> None:
    from tables.find_replace import Search, _new_text

    exact = _new_text(Search(find, match_case=True, whole_cell=whole), new)(text)
    expected = (new if text == find else text) if whole else text.replace(find, new)
    assert (text if exact is None else exact) == expected


def test_whole_columns_are_emptied_as_one_edit_by_a_worker_and_filled_again(
    table: Table, sent: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch, ids: list[int]
) -> None:
    from tables import columns, replacements

    monkeypatch.setattr(replacements, "AT_ONCE", 1)
    name, size, active = columns.live(table)
    before = [values(table, column.name) for column in (name, size, active)]
    edit = replacements.clear(table, [size, active])
    replacements.run(edit.pk)
    edit.refresh_from_db()
    assert values(table, "Name") == before[0]
    assert values(table, "Size") + values(table, "Active") == [None] * 10
    assert (replacements.as_json(edit)["cells"], edit.rows) == (4, 4)
    replacements.run(replacements.undo(edit).pk)
    assert [values(table, column.name) for column in (name, size, active)] == before
    with pytest.raises(Refused, match="filled by Marl"):
        replacements.clear(table, [name, columns.create(table, "Double", "formula")])

"""Values of a whole column, converted and copied in the background, also by a worker that dies."""

from typing import Any

import pytest
from django.utils import timezone

from tables import backfills, columns, dispatch, edits, rows
from tables.models import Backfill, Column, DeletedRow, Row, Table

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """The tasks that are sent; none of them runs by itself, as if the broker had lost it."""
    tasks: list[tuple[object, ...]] = []
    monkeypatch.setattr(dispatch, "send", lambda *task, **_: tasks.append(task))
    return tasks


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four rows are more than a request converts, and a batch is two."""
    monkeypatch.setattr(backfills, "AT_ONCE", 3)
    monkeypatch.setattr(backfills, "BATCH", 2)


def values_of(column: Column) -> list[Any]:
    stored = Row.objects.filter(table_id=column.table_id).order_by("sort_key").values_list("values", flat=True)
    return [values.get(str(column.pk)) for values in stored]


def flags(table: Table, texts: list[str]) -> Column:
    column = columns.create(table, "Seen")
    rows.append(table, [{"Seen": text} for text in texts])
    return column


def test_a_small_table_is_converted_at_once(table: Table, announced: list[dict[str, Any]]) -> None:
    column = flags(table, ["true", "no", "maybe"])
    announced.clear()
    columns.change_type(column, "checkbox")
    assert values_of(column) == [True, False, "maybe"]
    assert [(facts["row_ids"], facts["column_ids"]) for facts in announced] == [(None, [column.pk])]
    assert not Backfill.objects.exists()


def test_numbers_keep_their_digits_through_a_change_of_type(table: Table) -> None:
    column = columns.create(table, "Code")
    rows.append(table, [{"Code": "1.10"}, {"Code": "0042"}])
    columns.change_type(column, "number")
    columns.change_type(column, "text")
    assert values_of(column) == ["1.10", "0042"]


@pytest.mark.parametrize(
    "types", [["checkbox"], ["number"], ["date"], ["checkbox", "number", "text", "date", "checkbox"]]
)
def test_a_column_whose_type_is_changed_back_has_what_was_typed(table: Table, types: list[str]) -> None:
    typed = ["+49171555", "1,000", " 42 ", "yes", "x", "1", "TRUE", "20260131", "2026-01-31 10:30", "1e3", "0042"]
    column = columns.create(table, "Code")
    ids = rows.append(table, [{"Code": text} for text in [*typed, "no"]])
    rows.delete(table, ids[:1])
    for type in types:
        columns.change_type(column, type)
    rows.update(table, [{"id": ids[-1], "cells": {"Code": None}}])
    columns.change_type(column, "text")
    assert values_of(column) == [*typed[1:], None]
    assert DeletedRow.objects.get(pk=ids[0]).values == {str(column.pk): typed[0]}
    [first] = edits.of_cell(Row.objects.get(pk=ids[3]), column)[-1:]
    assert first["after"] == "yes"


@pytest.mark.usefixtures("large")
def test_a_large_table_is_left_to_a_worker(table: Table, sent: list[tuple[object, ...]]) -> None:
    column = flags(table, ["yes"] * 4)
    columns.change_type(column, "checkbox")
    assert sent == [(backfills.TASK, column.pk)]
    assert values_of(column) == ["yes"] * 4
    backfills.run(column.pk)
    assert values_of(column) == [True] * 4
    assert not Backfill.objects.exists()


@pytest.mark.usefixtures("large")
def test_a_task_that_was_lost_is_sent_again(table: Table, sent: list[tuple[object, ...]]) -> None:
    column = flags(table, ["yes"] * 4)
    columns.change_type(column, "checkbox")
    sent.clear()
    backfills.sweep()
    assert sent == []
    Backfill.objects.update(heartbeat_at=timezone.now() - 2 * backfills.LOST_AFTER)
    backfills.sweep()
    backfills.sweep()
    assert sent == [(backfills.TASK, column.pk)]


@pytest.mark.usefixtures("large", "sent")
def test_another_worker_goes_on_where_one_died(
    table: Table, announced: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    column = flags(table, ["yes"] * 5)
    columns.change_type(column, "checkbox")
    announced.clear()
    change, changed = backfills._change, 0

    def die_at_the_fourth(backfill: Backfill, row: Row, typed: Any) -> bool:
        nonlocal changed
        changed += 1
        if changed == 4:
            raise SystemExit
        return change(backfill, row, typed)

    monkeypatch.setattr(backfills, "_change", die_at_the_fourth)
    with pytest.raises(SystemExit):
        backfills.run(column.pk)
    assert values_of(column) == [True, True, "yes", "yes", "yes"]
    assert announced == []
    backfills.run(column.pk)
    assert values_of(column) == [True] * 5
    assert changed == 7, "the batch that was stored is not converted again"
    assert len(announced) == 1


@pytest.mark.usefixtures("large", "sent")
def test_rows_deleted_meanwhile_let_none_be_passed_over(table: Table) -> None:
    column = flags(table, ["yes"] * 6)
    columns.change_type(column, "checkbox")
    backfills._write_batch(Backfill.objects.get().pk, table.pk)
    rows.delete(table, [row.pk for row in rows.window(table, 0, 2)])
    backfills.run(column.pk)
    assert values_of(column) == [True] * 4


@pytest.mark.usefixtures("large", "sent")
def test_a_copy_takes_the_values_and_leaves_what_was_typed_meanwhile(table: Table, name: str) -> None:
    ids = rows.append(table, [{"Name": text} for text in "abcd"])
    copy = columns.create(table, "Copy")
    backfills.copy(columns.live(table)[0], copy)
    rows.update(table, [{"id": ids[1], "cells": {"Copy": "typed"}}])
    backfills.run(copy.pk)
    assert values_of(copy) == ["a", "typed", "c", "d"]


@pytest.mark.usefixtures("large", "sent")
def test_a_copy_whose_type_changes_is_copied_first_and_converted_then(table: Table) -> None:
    column = flags(table, ["yes", "no", "yes", "no"])
    copy = columns.create(table, "Copy")
    backfills.copy(column, copy)
    columns.change_type(copy, "checkbox")
    backfills.run(copy.pk)
    assert values_of(copy) == [True, False, True, False]
    assert values_of(column) == ["yes", "no", "yes", "no"]

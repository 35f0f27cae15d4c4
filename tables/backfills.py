"""Values of a whole column, written in the background: converted to its type, or copied from another column.

What is still to be written stands in the database. When a task is lost or its worker dies, the sweep finds it, and
another worker goes on after the last row that was written.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from tables import dispatch, edits, events, storage, values
from tables.models import Backfill, Column, ColumnType, DeletedRow, Edit, EditedRow, Row
from tables.signals import send_rows_changed
from workspaces.refusals import Refused

TASK = "tables.backfill_column"
AT_ONCE = 5_000  # rows that are written before the request is answered
BATCH = 2_000  # rows a transaction
LOST_AFTER = timedelta(seconds=60)  # without a batch
_CONVERSION = "conversion"  # in the task of an edit: the backfill that converts


def convert(column: Column) -> None:
    """Converts its values to its type, after the open transaction commits; what cannot be read stays as written.

    What was typed is noted, so that a further conversion, or one back, begins with that.
    """
    backfill = Backfill(column=column)
    _start(backfill)
    edits.begin(column.table_id, task={_CONVERSION: backfill.pk})


def copy(source: Column, target: Column) -> None:
    """Copies the values, after the open transaction commits; what is typed into the copy meanwhile stays."""
    _start(Backfill(column=target, source=source))


def _start(backfill: Backfill) -> None:
    column = backfill.column
    backfill.save()
    if column.table.row_count <= AT_ONCE:
        transaction.on_commit(lambda: run(column.pk))
    else:
        dispatch.send(TASK, column.pk)


def run(column_id: int) -> None:
    """Does what is still to be done for the column, in the order in which it was asked for, in short transactions."""
    while backfill := _next(column_id):
        _write_batch(backfill.pk, backfill.column.table_id)


def sweep() -> None:
    """Sends again what no worker has been at for a while."""
    now = timezone.now()
    lost = Backfill.objects.filter(heartbeat_at__lt=now - LOST_AFTER)
    for column_id in lost.values_list("column_id", flat=True).distinct():
        Backfill.objects.filter(column_id=column_id).update(heartbeat_at=now)
        dispatch.send(TASK, column_id)


def _next(column_id: int) -> Backfill | None:
    return Backfill.objects.filter(column_id=column_id).select_related("column").order_by("pk").first()


def _write_batch(backfill_id: int, table_id: int) -> None:
    with transaction.atomic():
        storage.lock_table(table_id)
        backfill = Backfill.objects.filter(pk=backfill_id).select_related("column").first()
        if backfill is None:  # another worker finished it before this one had the lock
            return
        batch = _rows_after(table_id, backfill.last_row)
        typed = {} if backfill.source_id else _typed(backfill, batch)
        changed = [row for row in batch if _change(backfill, row, typed)]
        if edit := Edit.objects.filter(table=table_id, **{f"task__{_CONVERSION}": backfill.pk}).first():
            edits.record(edit, _noted(backfill, changed, typed))
        for model in (Row, DeletedRow):
            storage.write_values({row.pk: row.values for row in changed if isinstance(row, model)}, model)
        if len(batch) == BATCH:
            backfill.last_row, backfill.heartbeat_at = batch[-1].pk, timezone.now()
            backfill.save()
        else:
            _finish(backfill, table_id)


def _rows_after(table_id: int, last: int) -> list[Row | DeletedRow]:
    """Returns the next rows by id. Those in the trash are among them: they may come back."""
    found: list[Row | DeletedRow] = [
        *Row.objects.filter(table_id=table_id, pk__gt=last).order_by("pk")[:BATCH],
        *DeletedRow.objects.filter(table_id=table_id, pk__gt=last).order_by("pk")[:BATCH],
    ]
    return sorted(found, key=lambda row: row.pk)[:BATCH]


def _finish(backfill: Backfill, table_id: int) -> None:
    backfill.delete()
    send_rows_changed(table_id, None, column_ids=[backfill.column_id])
    transaction.on_commit(lambda: events.publish_rows(table_id))


def _typed(backfill: Backfill, batch: Sequence[Row | DeletedRow]) -> dict[int, object]:
    """Returns what was typed into these rows: their values, or from what these were converted."""
    key = str(backfill.column_id)
    typed = {row.pk: row.values.get(key) for row in batch}
    conversions = Edit.objects.filter(table=backfill.column.table_id, task__has_key=_CONVERSION, rows__gt=0)
    if batch and (edit_ids := list(conversions.values_list("pk", flat=True))):
        of_batch = EditedRow.objects.filter(edit__in=edit_ids, row_id__gte=batch[0].pk, row_id__lte=batch[-1].pk)
        before = {line.row_id: line for line in of_batch.order_by("edit_id") if key in line.after}
        for row_id, line in before.items():
            if row_id in typed and values.are_same(typed[row_id], line.after[key]):
                typed[row_id] = line.before[key]
    return typed


def _noted(
    backfill: Backfill, changed: Sequence[Row | DeletedRow], typed: Mapping[int, object]
) -> dict[int, tuple[edits.Values, edits.Values]]:
    """Returns what was typed and what it is now, of the rows in which these differ."""
    key = str(backfill.column_id)
    return {
        row.pk: ({key: typed[row.pk]}, {key: row.values[key]})
        for row in changed
        if not values.are_same(typed[row.pk], row.values[key])
    }


def _change(backfill: Backfill, row: Row | DeletedRow, typed: Mapping[int, object]) -> bool:
    """Sets the row's value in the column, and says whether it differs now."""
    key = str(backfill.column_id)
    before = row.values.get(key)
    if backfill.source_id is None:
        after = _converted(backfill.column, typed[row.pk])
    else:
        after = row.values.get(str(backfill.source_id)) if before is None else before
    if json.dumps(after) == json.dumps(before):
        return False
    row.values[key] = after
    return True


def _converted(column: Column, value: object) -> object:
    if column.type == ColumnType.TEXT:
        return None if value is None else values.as_text(value)
    try:
        return values.clean(column, value)
    except Refused:
        return value

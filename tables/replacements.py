"""Replaces a text in cells, empties columns and takes that back, as one edit: few rows at once, many by a worker.

A worker writes in batches. What is to be done stands in the edit, with the row up to which it is done, so that another
worker goes on where one stopped.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from tables import columns, dispatch, edits, rows, storage, values
from tables.find_replace import Found, Replacer, Search
from tables.long_work import STOPPED
from tables.models import Column, Edit, EditedRow, Row, Table
from workspaces import audit
from workspaces.refusals import Refused

TASK = "tables.replace"
BATCH = 2_000  # rows a transaction
AT_ONCE = 5  # batches before the request is answered
LOST_AFTER = timedelta(seconds=120)  # without a batch


def replace(table: Table, search: Search, text: str) -> Edit:
    """Replaces what is found. Raises Refused for a search that makes no sense."""
    Replacer(table, search, text)
    task = {"action": "table.replaced", "search": asdict(search), "replace": text}
    return _start(table, Edit.How.REPLACE, task)


def clear(table: Table, chosen: Sequence[Column]) -> Edit:
    """Empties all cells of columns that people fill. Raises Refused for a column of results."""
    for column in chosen:
        values.clean(column, None)
    task = {"action": "table.cleared", "clear": [str(column.pk) for column in chosen]}
    return _start(table, Edit.How.EDIT, task)


def undo(edit: Edit) -> Edit:
    """Writes what stood there before, except in cells that were changed since; it can be undone like the edit itself.

    Raises Refused for what is under way, or no longer stored.
    """
    if edit.heartbeat_at:
        raise Refused("This is still under way. Try again when it is done.", code="conflict", status=409)
    if not edit.task or not EditedRow.objects.filter(edit=edit).exists():
        raise Refused("This can no longer be undone.", code="conflict", status=409)
    action = edit.task.get("action", "table.replaced")  # it may be from before columns could be emptied
    return _start(edit.table, Edit.How.UNDO, {"action": action, "of": edit.pk})


def stop(edit: Edit) -> None:
    """Ends it where it is; what is changed by then stays so, and can be undone. Raises Refused where it is done."""
    with transaction.atomic():
        storage.lock_table(edit.table_id)
        under_way = Edit.objects.filter(pk=edit.pk, heartbeat_at__isnull=False).first()
        if under_way is None:
            raise Refused("This is not under way any more.", code="conflict", status=409)
        under_way.task["found"] |= {"complete": False, "reason": STOPPED}
        under_way.heartbeat_at = None
        under_way.save(update_fields=["task", "heartbeat_at"])
    edit.refresh_from_db()


def as_json(edit: Edit) -> dict[str, Any]:
    """Returns the edit of the API; `cells` and `rows` are those that it has changed so far.

    It is not `complete` where it could not go on, for the `reason`.
    """
    found = edit.task["found"]
    return {
        "id": edit.pk,
        "state": "running" if edit.heartbeat_at else "done",
        "cells": found["cells"] - found["refused"],
        "rows": edit.rows,
        "refused": found["refused"],
        "reason": found["reason"],
        "complete": found["complete"],
    }


def _start(table: Table, how: Edit.How, task: dict[str, Any]) -> Edit:
    edit = edits.begin(table.pk, how, task=task | {"found": asdict(Found()), "after": 0}, heartbeat_at=timezone.now())
    audit.note(table.workspace_id, task["action"], table.name, table.pk, undone="yes" if "of" in task else "")
    for _ in range(AT_ONCE):
        if not _write_batch(edit.pk):
            break
    else:
        dispatch.send(TASK, edit.pk)
    edit.refresh_from_db()
    return edit


def run(edit_id: int) -> None:
    """Does what is still to be done."""
    while _write_batch(edit_id):
        pass


def sweep() -> None:
    """Sends again what no worker has been at for a while."""
    now = timezone.now()
    for edit in Edit.objects.filter(heartbeat_at__lt=now - LOST_AFTER, table__ready=True):
        Edit.objects.filter(pk=edit.pk).update(heartbeat_at=now)
        dispatch.send(TASK, edit.pk)


def _write_batch(edit_id: int) -> bool:
    """Writes the next rows; returns whether there are more."""
    table_id = Edit.objects.filter(pk=edit_id).values_list("table_id", flat=True).first()
    with transaction.atomic():
        storage.lock_table(table_id or 0)
        under_way = Edit.objects.select_related("table").filter(heartbeat_at__isnull=False, table__ready=True)
        edit = under_way.filter(pk=edit_id).first()
        if edit is None:
            return False
        last = _write_rows(edit)
        edit.task["after"] = last or edit.task["after"]
        edit.heartbeat_at = timezone.now() if last else None
        edit.save(update_fields=["task", "heartbeat_at"])
    return last is not None


def _write_rows(edit: Edit) -> int | None:
    """Returns the id of the last row that was looked at; None at the end."""
    if "of" in edit.task:
        return _undo_rows(edit)
    return _clear_rows(edit) if "clear" in edit.task else _replace_rows(edit)


def _clear_rows(edit: Edit) -> int | None:
    there = {str(column.pk) for column in columns.live(edit.table)}
    keys = [key for key in edit.task["clear"] if key in there]  # a column may be deleted meanwhile
    found = Found(**edit.task["found"])
    some = list(Row.objects.filter(table=edit.table_id, pk__gt=edit.task["after"]).order_by("pk")[:BATCH])
    new_values: dict[int, edits.Values] = {}
    for row in some:
        emptied = {key: None for key in keys if key in row.values}
        found.add(emptied, ())
        if emptied:
            new_values[row.pk] = emptied
    return _store(edit, found, new_values, some[-1].pk if len(some) == BATCH else None)


def _replace_rows(edit: Edit) -> int | None:
    found = Found(**edit.task["found"])
    try:
        replacer = Replacer(edit.table, Search(**edit.task["search"]), edit.task["replace"])
        some = list(replacer.rows().filter(pk__gt=edit.task["after"])[:BATCH])
    except Refused as refusal:  # a column was deleted meanwhile
        found.complete, found.reason = False, str(refusal)
        return _store(edit, found, {}, None)
    new_values: dict[int, edits.Values] = {}
    for row in some:
        changed, refusals = replacer.changes(row)
        found.add(changed, refusals)
        if changed:
            new_values[row.pk] = changed
    return _store(edit, found, new_values, some[-1].pk if len(some) == BATCH else None)


def _undo_rows(edit: Edit) -> int | None:
    undone = EditedRow.objects.filter(edit=edit.task["of"], row_id__gt=edit.task["after"]).order_by("row_id")
    some = list(undone[:BATCH])
    live = _values_of(edit, [line.row_id for line in some])
    found = Found(**edit.task["found"])
    new_values: dict[int, edits.Values] = {}
    for line in some:
        now = live.get(line.row_id)
        if now is None:
            found.add({}, ["Its row was deleted since."] * len(line.after))
            continue
        same = {key: line.before.get(key) for key, value in line.after.items() if values.are_same(now.get(key), value)}
        changed_since = ["It was changed since."] * (len(line.after) - len(same))
        found.add(same, changed_since)
        if same:
            new_values[line.row_id] = same
    return _store(edit, found, new_values, some[-1].row_id if len(some) == BATCH else None)


def _values_of(edit: Edit, row_ids: list[int]) -> dict[int, edits.Values]:
    found = Row.objects.filter(pk__gte=row_ids[0], pk__lte=row_ids[-1], table=edit.table_id) if row_ids else ()
    return {row.pk: row.values for row in found}


def _store(edit: Edit, found: Found, new_values: dict[int, edits.Values], last: int | None) -> int | None:
    edit.task["found"] = asdict(found)
    rows.store(edit.table, new_values, edit=edit)
    return last

"""Rows: windows of them anywhere, appended, changed and deleted."""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from django.db import connection, transaction

from tables import cells, columns, events, storage, values
from tables.models import Cell, Column, Row, Table
from tables.signals import send_rows_changed
from workspaces.refusals import Refused

type Cells = Mapping[str | int, Any]

MOST_AT_ONCE = 10_000  # rows in one call
ANNOUNCED = 500  # cells told one by one; more and listeners read the window again
_BATCH = 2_000
_IDS = 500  # in one query; SQLite bounds its parameters


def window(table: Table, offset: int, limit: int) -> list[Row]:
    """In order, found by position: as quick at the end of a million rows as at the start."""
    wanted = Row.objects.filter(table=table, position__gte=offset, position__lt=offset + limit)
    return list(wanted.order_by("position"))


def as_json(rows: Sequence[Row], columns: Sequence[Column]) -> list[dict[str, Any]]:
    """The rows of the API: {"id", "position", "cells": {str(column id): cell}}."""
    if not rows:
        return []
    computed = [column.pk for column in columns if column.is_computed]
    found = cells.of_rows([row.pk for row in rows], computed)
    waiting = cells.waiting_of(rows[0].table_id, [(row.pk, row.position) for row in rows], computed)

    def cell(row: Row, column: Column) -> dict[str, Any]:
        if not column.is_computed:
            return {"value": row.values.get(str(column.pk))}
        pair = (row.pk, column.pk)
        return cells.as_json(found.get(pair), waiting.get(pair))

    return [
        {"id": row.pk, "position": row.position, "cells": {str(column.pk): cell(row, column) for column in columns}}
        for row in rows
    ]


def append(table: Table, new: Sequence[Cells]) -> list[int]:
    """`new` are {column name or id: value}; the ids in order. Raises Refused."""
    _check_number(new)
    find = columns.by_name_or_id(table)
    stored = [_without_empty(_cleaned(find, row)) for row in new]
    if not stored:
        return []
    with transaction.atomic():
        first = Table.objects.select_for_update().get(pk=table.pk).row_count
        for start in range(0, len(stored), _BATCH):
            batch = stored[start : start + _BATCH]
            storage.insert(table.pk, first + start, [json.dumps(row, ensure_ascii=False) for row in batch])
        added = Row.objects.filter(table=table, position__gte=first).order_by("position")
        ids = list(added.values_list("pk", flat=True))
        storage.grow(table.pk, len(ids))
        send_rows_changed(table.pk, ids, added=True)
        transaction.on_commit(partial(events.publish_rows, table.pk, added=len(ids)))
    table.refresh_from_db(fields=["row_count"])
    return ids


def update(table: Table, changes: Sequence[Mapping[str, Any]]) -> int:
    """`changes` are {"id", "cells": {column name or id: value}}; the number of rows.

    Raises Refused, and then nothing is changed.
    """
    _check_number(changes)
    find = columns.by_name_or_id(table)
    wanted: dict[int, dict[str, Any]] = {}
    for change in changes:
        wanted.setdefault(int(change["id"]), {}).update(_cleaned(find, change["cells"]))
    with transaction.atomic():
        # The table before its rows, as who adds or deletes rows takes them: otherwise each waits for the other.
        Table.objects.select_for_update(no_key=True).get(pk=table.pk)
        changed = _change(table, wanted)
        if changed:
            storage.touch(table.pk)
            touched = sorted({column_id for _, column_id, _ in changed})
            send_rows_changed(table.pk, sorted({row_id for row_id, _, _ in changed}), column_ids=touched)
            transaction.on_commit(partial(_announce, table.pk, changed))
    return len(wanted)


def _change(table: Table, wanted: Mapping[int, Mapping[str, Any]]) -> list[tuple[int, int, dict[str, Any]]]:
    """[(row id, column id, cell)] of what differs now."""
    changed = []
    for ids in _batches(sorted(wanted), _IDS):
        batch = list(storage.locked(Row.objects.filter(table=table, pk__in=ids)))
        if len(batch) < len(ids):
            missing = min(set(ids) - {row.pk for row in batch})
            raise Refused(f"This table has no row {missing}.", field="rows")
        for row in batch:
            different = {key: value for key, value in wanted[row.pk].items() if row.values.get(key) != value}
            row.values = _without_empty(row.values | different)
            changed += [(row.pk, int(key), {"value": value}) for key, value in different.items()]
        storage.write_values(batch)
    return changed


def delete(table: Table, ids: Collection[int]) -> int:
    """The number of rows deleted; those behind them move up, so that positions stay without gaps."""
    with transaction.atomic():
        Table.objects.select_for_update().get(pk=table.pk)
        gone = _found(table, ids)
        if not gone:
            return 0
        for batch in _batches([pk for _, pk in gone], _IDS):
            Cell.objects.filter(row_id__in=batch)._raw_delete(using=connection.alias)
            Row.objects.filter(pk__in=batch)._raw_delete(using=connection.alias)
        storage.number_again(table.pk, gone[0][0])
        storage.grow(table.pk, -len(gone))
        transaction.on_commit(partial(events.publish_rows, table.pk, deleted=[pk for _, pk in gone]))
    table.refresh_from_db(fields=["row_count"])
    return len(gone)


def delete_all_but(table: Table, kept: Collection[int]) -> int:
    """The number of rows deleted; for any number of rows in a few statements."""
    _check_number(list(kept))
    with transaction.atomic():
        Table.objects.select_for_update().get(pk=table.pk)
        gone = Row.objects.filter(table=table).exclude(pk__in=kept)
        number = gone.count()
        if not number:
            return 0
        Cell.objects.filter(row_id__in=gone.values("pk"))._raw_delete(using=connection.alias)
        gone._raw_delete(using=connection.alias)
        storage.number_again(table.pk, 0)
        storage.grow(table.pk, -number)
        transaction.on_commit(partial(events.publish_rows, table.pk))
    table.refresh_from_db(fields=["row_count"])
    return number


def _found(table: Table, ids: Collection[int]) -> list[tuple[int, int]]:
    """(position, row id) of those that are the table's own, in order."""
    found: list[tuple[int, int]] = []
    for batch in _batches(sorted(set(ids)), _IDS):
        found += Row.objects.filter(table=table, pk__in=batch).values_list("position", "pk")
    return sorted(found)


def _cleaned(find: Any, row: Cells) -> dict[str, Any]:
    """{str(column id): value as stored}."""
    stored = {}
    for key, value in row.items():
        column = find(key)
        stored[str(column.pk)] = values.clean(column, value)
    return stored


def _without_empty(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in stored.items() if value is not None}


def _check_number(wanted: Sequence[object]) -> None:
    if len(wanted) > MOST_AT_ONCE:
        raise Refused(f"Send at most {MOST_AT_ONCE:,} rows at once, or upload a file.", field="rows")


def _announce(table_id: int, changed: Sequence[tuple[int, int, dict[str, Any]]]) -> None:
    if len(changed) <= ANNOUNCED:
        events.publish_cells(table_id, changed)
    else:
        events.publish_rows(table_id)


def _batches(items: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    return (items[start : start + size] for start in range(0, len(items), size))

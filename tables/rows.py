"""Rows of a table: windows of them anywhere, appended, changed and deleted."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from itertools import batched
from typing import Any

from django.db import transaction

from tables import cells, columns, events, storage, values
from tables.models import Column, Row, Table
from tables.signals import send_rows_changed
from workspaces.refusals import Refused

type Cells = Mapping[str | int, Any]  # {column name or id: value}
type Change = Mapping[str, Any]  # {"id": row id, "cells": Cells}
type Find = Callable[[str | int], Column]

MOST_AT_ONCE = 10_000  # rows in one call
ANNOUNCED = 500  # changed cells that are announced one by one; after more, listeners read their window again
_BATCH = 2_000
_IDS = 500  # in one query; SQLite bounds its parameters


def window(table: Table, offset: int, limit: int) -> list[Row]:
    """Returns rows in order, found by position: as quick at the end of a million rows as at the start."""
    in_window = Row.objects.filter(table=table, position__gte=offset, position__lt=offset + limit)
    return list(in_window.order_by("position"))


def as_json(rows: Sequence[Row], columns: Sequence[Column]) -> list[dict[str, Any]]:
    """Returns the rows of the API: {"id", "position", "cells": {str(column id): cell}}."""
    if not rows:
        return []
    computed = [column.pk for column in columns if column.is_computed]
    stored = cells.of_rows([row.pk for row in rows], computed)
    waiting = cells.waiting_of(rows[0].table_id, [(row.pk, row.position) for row in rows], computed)

    def cell(row: Row, column: Column) -> dict[str, Any]:
        if not column.is_computed:
            return {"value": row.values.get(str(column.pk))}
        pair = (row.pk, column.pk)
        return cells.as_json(stored.get(pair), waiting.get(pair))

    return [
        {"id": row.pk, "position": row.position, "cells": {str(column.pk): cell(row, column) for column in columns}}
        for row in rows
    ]


def append(table: Table, new_rows: Sequence[Cells]) -> list[int]:
    """Adds rows at the end and returns their ids in order. Raises Refused, and then nothing is added."""
    _check_number(new_rows)
    find = columns.by_name_or_id(table)
    stored = [_without_empty(_cleaned(find, row)) for row in new_rows]
    if not stored:
        return []
    with transaction.atomic():
        first = storage.lock_table(table.pk)
        for batch in batched(stored, _BATCH):
            storage.insert(table.pk, first, [json.dumps(row, ensure_ascii=False) for row in batch])
            first += len(batch)
        added = Row.objects.filter(table=table, position__gte=first - len(stored)).order_by("position")
        row_ids = list(added.values_list("pk", flat=True))
        storage.grow(table.pk, len(row_ids))
        send_rows_changed(table.pk, row_ids, added=True)
        transaction.on_commit(partial(events.publish_rows, table.pk, added=len(row_ids)))
    table.refresh_from_db(fields=["row_count"])
    return row_ids


def update(table: Table, changes: Sequence[Change]) -> int:
    """Changes cells and returns the number of rows. Raises Refused, and then nothing is changed."""
    _check_number(changes)
    find = columns.by_name_or_id(table)
    new_values: dict[int, dict[str, Any]] = {}
    for change in changes:
        new_values.setdefault(int(change["id"]), {}).update(_cleaned(find, change["cells"]))
    with transaction.atomic():
        storage.lock_table(table.pk)
        changed = _write(table, new_values)
        if changed:
            storage.touch(table.pk)
            column_ids = sorted({column_id for _, column_id, _ in changed})
            send_rows_changed(table.pk, sorted({row_id for row_id, _, _ in changed}), column_ids=column_ids)
            transaction.on_commit(partial(_announce, table.pk, changed))
    return len(new_values)


def _write(table: Table, new_values: Mapping[int, Mapping[str, Any]]) -> list[tuple[int, int, dict[str, Any]]]:
    """Stores {row id: {key: value}}; returns [(row id, column id, cell)] of what differs now."""
    changed = []
    for row_ids in batched(sorted(new_values), _IDS):
        rows = list(Row.objects.filter(table=table, pk__in=row_ids).order_by("position"))
        if len(rows) < len(row_ids):
            missing = min(set(row_ids) - {row.pk for row in rows})
            raise Refused(f"This table has no row {missing}.", field="rows")
        for row in rows:
            different = {key: value for key, value in new_values[row.pk].items() if row.values.get(key) != value}
            row.values = _without_empty(row.values | different)
            changed += [(row.pk, int(key), {"value": value}) for key, value in different.items()]
        storage.write_values(rows)
    return changed


def delete(table: Table, row_ids: Collection[int]) -> int:
    """Deletes rows and returns their number; those after them move up, so that positions stay without gaps."""
    with transaction.atomic():
        storage.lock_table(table.pk)
        places = _places(table, row_ids)
        if not places:
            return 0
        deleted = [row_id for _, row_id in places]
        for batch in batched(deleted, _IDS):
            storage.delete(Row.objects.filter(pk__in=batch))
        _close_gaps(table, places[0][0], len(deleted))
        transaction.on_commit(partial(events.publish_rows, table.pk, deleted=deleted))
    table.refresh_from_db(fields=["row_count"])
    return len(deleted)


def delete_all_but(table: Table, row_ids: Collection[int]) -> int:
    """Deletes every other row and returns their number, in a few statements however many there are."""
    _check_number(list(row_ids))
    with transaction.atomic():
        storage.lock_table(table.pk)
        others = Row.objects.filter(table=table).exclude(pk__in=row_ids)
        number = others.count()
        if not number:
            return 0
        storage.delete(others)
        _close_gaps(table, 0, number)
        transaction.on_commit(partial(events.publish_rows, table.pk))
    table.refresh_from_db(fields=["row_count"])
    return number


def _places(table: Table, row_ids: Collection[int]) -> list[tuple[int, int]]:
    """Returns (position, row id) of those that are the table's own, in order."""
    places: list[tuple[int, int]] = []
    for batch in batched(sorted(set(row_ids)), _IDS):
        places += Row.objects.filter(table=table, pk__in=batch).values_list("position", "pk")
    return sorted(places)


def _close_gaps(table: Table, first: int, deleted: int) -> None:
    storage.number_again(table.pk, first)
    storage.grow(table.pk, -deleted)


def _cleaned(find: Find, row: Cells) -> dict[str, Any]:
    """Returns {str(column id): value as it is stored}. Raises Refused."""
    cleaned = {}
    for name, value in row.items():
        column = find(name)
        cleaned[str(column.pk)] = values.clean(column, value)
    return cleaned


def _without_empty(stored: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in stored.items() if value is not None}


def _check_number(items: Sequence[object]) -> None:
    if len(items) > MOST_AT_ONCE:
        raise Refused(f"Send at most {MOST_AT_ONCE:,} rows at once, or upload a file.", field="rows")


def _announce(table_id: int, changed: Sequence[tuple[int, int, dict[str, Any]]]) -> None:
    if len(changed) <= ANNOUNCED:
        events.publish_cells(table_id, changed)
    else:
        events.publish_rows(table_id)

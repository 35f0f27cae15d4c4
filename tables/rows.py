"""Rows of a table: windows of them anywhere, appended, changed and deleted."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from itertools import batched
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from tables import cells, columns, comments, deleted_rows, deletions, edits, events, names, row_order, storage, values
from tables.models import Column, Deletion, Edit, Row, Table
from tables.signals import send_rows_changed, send_rows_deleted
from workspaces import audit
from workspaces.refusals import Refused

type Cells = Mapping[str | int, Any]  # {column name or id: value}
type Change = Mapping[str, Any]  # {"id": row id, "cells": Cells}, and "was": Cells to change only what is still so
type Find = Callable[[str | int], Column]

MOST_AT_ONCE = 10_000  # rows in one call
ANNOUNCED = 500  # changed cells that are announced one by one; after more, listeners read their window again
_IDS = 500  # in one query; SQLite bounds its parameters


def window(table: Table, offset: int, limit: int) -> list[Row]:
    """Returns rows in order: as quick at the end of a million rows as at the start."""
    return list(row_order.window(table.pk, offset, limit))


def as_json(rows: Sequence[Row], columns: Sequence[Column], offset: int | None = None) -> list[dict[str, Any]]:
    """Returns the rows of the API: {"id", "position", "cells": {str(column id): cell}}, with "comments" if any.

    `offset` is that of the first row where they are a window of the table, so that nobody has to look for them.
    """
    if not rows:
        return []
    computed = [column.pk for column in columns if column.is_computed]
    stored = cells.of_rows([row.pk for row in rows], computed)
    unfinished = cells.unfinished(rows[0].table_id, [row.pk for row in rows], computed)
    offsets = row_order.offsets(rows) if offset is None else {row.pk: place for place, row in enumerate(rows, offset)}

    def cell(row: Row, column: Column) -> dict[str, Any]:
        if not column.is_computed:
            return {"value": row.values.get(str(column.pk))}
        pair = (row.pk, column.pk)
        return cells.as_json(stored.get(pair), unfinished.get(pair))

    commented = comments.counts([row.pk for row in rows])
    return [
        {"id": row.pk, "position": offsets[row.pk], "cells": {str(column.pk): cell(row, column) for column in columns}}
        | ({"comments": commented[row.pk]} if row.pk in commented else {})
        for row in rows
    ]


def append(table: Table, new_rows: Sequence[Cells], numbers: Sequence[int] = ()) -> list[int]:
    """Adds rows at the end and returns their ids in order. Raises Refused, and then nothing is added.

    `numbers` are those of the rows among all that were sent, where others were sent with them.
    """
    _check_number(new_rows)
    stored = _new(table, new_rows, numbers)
    if not stored:
        return []
    with transaction.atomic():
        storage.lock_table(table.pk)
        row_ids = _insert(table, row_order.append(table.pk, len(stored)), stored)
    table.refresh_from_db(fields=["row_count"])
    return row_ids


def insert(table: Table, before: int, new_rows: Sequence[Cells]) -> list[int]:
    """Adds rows directly before a row and returns their ids in order. Raises Refused, and then nothing is added."""
    _check_number(new_rows)
    stored = _new(table, new_rows)
    if not stored:
        return []
    with transaction.atomic():
        storage.lock_table(table.pk)
        row_ids = _insert(table, row_order.insert(table.pk, _row(table, before), len(stored)), stored)
    table.refresh_from_db(fields=["row_count"])
    return row_ids


def move(table: Table, row_ids: Sequence[int], before: int | None) -> int:
    """Moves rows, in their present order, directly before another row or to the end; returns how many.

    Raises Refused, and then nothing is moved.
    """
    _check_number(row_ids)
    with transaction.atomic():
        storage.lock_table(table.pk)
        keys = _keys_of(table, row_ids)
        moved = [row_id for _, row_id in keys]
        if before in moved:
            raise Refused("Move the rows before a row that is not one of them.", field="before")
        if not moved:
            return 0
        row_order.remove(table.pk, [sort_key for sort_key, _ in keys])
        if before is None:
            sort_keys = row_order.append(table.pk, len(moved))
        else:
            sort_keys = row_order.insert(table.pk, _row(table, before), len(moved))
        storage.write_sort_keys(zip(sort_keys, moved, strict=True))
        storage.touch(table.pk)
        transaction.on_commit(partial(events.publish_rows, table.pk))
    return len(moved)


def _new(table: Table, new_rows: Sequence[Cells], numbers: Sequence[int] = ()) -> list[dict[str, Any]]:
    """Returns new rows as they are stored. Raises Refused."""
    numbers = numbers or range(1, len(new_rows) + 1 if len(new_rows) > 1 else 1)
    places = [f"row {number:,} of those sent" for number in numbers]
    return list(map(_without_empty, _all_cleaned(columns.by_name_or_id(table), new_rows, places)))


def _insert(table: Table, sort_keys: range, stored: Sequence[Mapping[str, Any]]) -> list[int]:
    """Stores rows whose keys are counted already, and announces them."""
    storage.insert(table.pk, sort_keys, [storage.encode(row) for row in stored])
    added = Row.objects.filter(table=table, sort_key__gte=sort_keys[0], sort_key__lte=sort_keys[-1])
    row_ids = list(added.order_by("sort_key").values_list("pk", flat=True))
    storage.grow(table.pk, len(row_ids))
    edits.record_added(table.pk, row_ids)
    send_rows_changed(table.pk, row_ids, added=True)
    transaction.on_commit(partial(events.publish_rows, table.pk, added=len(row_ids)))
    return row_ids


def _row(table: Table, row_id: int) -> Row:
    row = Row.objects.filter(table=table, pk=row_id).first()
    if row is None:
        raise Refused(f"This table has no row {row_id}.", field="before")
    return row


def update(table: Table, changes: Sequence[Change], how: Edit.How = Edit.How.EDIT) -> int:
    """Changes cells and returns the number of rows. Raises Refused, and then nothing is changed."""
    _check_number(changes)
    find = columns.by_name_or_id(table)
    new_values: dict[int, dict[str, Any]] = {}
    expected: dict[int, dict[str, Any]] = {}
    places = [f"the row with the id {change['id']}" for change in changes] if len(changes) > 1 else []
    of_cells = _all_cleaned(find, [change["cells"] for change in changes], places)
    for change, of_change in zip(changes, of_cells, strict=True):
        new_values.setdefault(int(change["id"]), {}).update(of_change)
        if was := change.get("was"):
            expected.setdefault(int(change["id"]), {}).update(cleaned(find, was))
    with transaction.atomic():
        storage.lock_table(table.pk)
        _check_unchanged(table, expected)
        store(table, new_values, how)
    return len(new_values)


def _check_unchanged(table: Table, expected: Mapping[int, Mapping[str, Any]]) -> None:
    """Raises Refused if a cell has another value than {row id: {str(column id): value}}."""
    changed: set[tuple[int, str]] = set()
    for row_ids in batched(sorted(expected), _IDS):
        for row in Row.objects.filter(pk__in=row_ids):
            was = expected[row.pk]
            changed |= {(row.pk, key) for key, value in was.items() if not values.are_same(row.values.get(key), value)}
    if changed:
        name = Column.objects.get(pk=min(changed)[1]).name
        words = f"“{name}” was changed" if len(changed) == 1 else f"{len(changed):,} cells were changed"
        raise Refused(f"{words} by someone else meanwhile.", code="conflict", field="was")


def store(
    table: Table, new_values: Mapping[int, edits.Values], how: Edit.How = Edit.How.EDIT, edit: Edit | None = None
) -> None:
    """Stores {row id: {str(column id): value}} of values that are as they are stored, like those of other rows.

    They are part of the edit, or of a new one. Raises Refused for a row that the table lacks: then nothing is stored.
    """
    with transaction.atomic():
        storage.lock_table(table.pk)
        changes = _write(table, new_values)
        if changes:
            edits.record(edit or edits.begin(table.pk, how), changes)
            storage.touch(table.pk)
            changed = [
                (row_id, int(key), {"value": value})
                for row_id, (_, new) in changes.items()
                for key, value in new.items()
            ]
            column_ids = sorted({column_id for _, column_id, _ in changed})
            send_rows_changed(table.pk, sorted(changes), column_ids=column_ids)
            transaction.on_commit(partial(_announce, table.pk, changed))


def _write(table: Table, new_values: Mapping[int, edits.Values]) -> dict[int, tuple[edits.Values, edits.Values]]:
    """Stores {row id: {key: value}}; returns what stood in the rows and what differs now."""
    changes: dict[int, tuple[edits.Values, edits.Values]] = {}
    for row_ids in batched(sorted(new_values), _IDS):
        # Without the table: SQLite looks through all of one that is named.
        found = Row.objects.filter(pk__in=row_ids).values_list("sort_key", "pk", "values", "table_id")
        rows = sorted((key, pk, stored) for key, pk, stored, table_id in found if table_id == table.pk)
        if len(rows) < len(row_ids):
            missing = min(set(row_ids) - {pk for _, pk, _ in rows})
            raise Refused(f"This table has no row {missing}.", field="rows")
        written: dict[int, dict[str, Any]] = {}
        for _, pk, stored in rows:
            different = {
                key: value for key, value in new_values[pk].items() if not values.are_same(stored.get(key), value)
            }
            if different:
                changes[pk] = ({key: stored.get(key) for key in different}, different)
                written[pk] = _without_empty(stored | different)
        storage.write_values(written)
    return changes


def delete(table: Table, row_ids: Collection[int]) -> Deletion | None:
    """Moves rows into the trash; None where the table has none of them."""
    with transaction.atomic():
        storage.lock_table(table.pk)
        keys = _keys_of(table, row_ids)
        if not keys:
            return None
        deleted = [row_id for _, row_id in keys]
        deletion = new_deletion(table, deleted[0], len(deleted))
        batches = [Row.objects.filter(pk__in=batch) for batch in batched(deleted, _IDS)]
        put_away(deletion, batches, [sort_key for sort_key, _ in keys])
        transaction.on_commit(partial(events.publish_rows, table.pk, deleted=deleted))
    table.refresh_from_db(fields=["row_count"])
    return deletion


def delete_into(deletion: Deletion, row_ids: Collection[int]) -> None:
    """Moves more rows of the table into a deletion; the table is locked."""
    keys = _keys_of(deletion.table, row_ids)
    if keys and not deletion.name:
        deletion.name = _telling(deletion.table, Row.objects.get(pk=keys[0][1]))
        deletion.save(update_fields=["name"])
    batches = [Row.objects.filter(pk__in=batch) for batch in batched((row_id for _, row_id in keys), _IDS)]
    put_away(deletion, batches, [sort_key for sort_key, _ in keys])


def new_deletion(table: Table, first: int, number: int) -> Deletion:
    """Records that so many rows are deleted, of which the first one has this id; `put_away` moves and counts them."""
    name = _telling(table, Row.objects.get(pk=first))
    audit.note(table.workspace_id, "table.rows_deleted", table.name, table.pk, rows=number)
    return deletions.record(Deletion.Kind.ROWS, table, name=name, at=timezone.now())


def put_away(deletion: Deletion, chosen: Sequence[QuerySet[Row]], sort_keys: Sequence[int]) -> None:
    """Moves rows into a deletion; `sort_keys` are those of all of them."""
    deletions.grow(deletion, len(sort_keys))
    row_ids: list[int] = []
    for some in chosen:
        row_ids += some.values_list("pk", flat=True)
        deleted_rows.put_away(deletion, some)
    send_rows_deleted(deletion.table_id, sorted(row_ids))
    row_order.remove(deletion.table_id, sort_keys)
    storage.grow(deletion.table_id, -len(sort_keys))


def _telling(table: Table, row: Row) -> str:
    """Returns the row's first value, by which people know it."""
    plain = [str(column.pk) for column in columns.live(table) if not column.is_computed]
    return next((names.tidy(values.as_text(row.values[key])) for key in plain if key in row.values), "")


def _keys_of(table: Table, row_ids: Collection[int]) -> list[tuple[int, int]]:
    """Returns (sort key, row id) of those that are the table's own, in order."""
    keys: list[tuple[int, int]] = []
    for batch in batched(sorted(set(row_ids)), _IDS):
        # Without the table, as in `_write`.
        found = Row.objects.filter(pk__in=batch).values_list("table_id", "sort_key", "pk")
        keys += [(sort_key, row_id) for table_id, sort_key, row_id in found if table_id == table.pk]
    return sorted(keys)


def by_column(find: Find, row: Cells) -> dict[str | int, Any]:
    """Returns {column id: value}. Raises Refused for a column that is not there, or that is named twice."""
    found: dict[str | int, Any] = {}
    for name, value in row.items():
        column = find(name)
        if column.pk in found:
            raise Refused(f"A row has two values for “{column.name}”. Send one.", field=column.name)
        found[column.pk] = value
    return found


def _all_cleaned(find: Find, rows: Sequence[Cells], places: Sequence[str]) -> list[dict[str, Any]]:
    """Cleans rows. Raises Refused, which says in which row something is wrong, where they have places."""
    found = []
    for number, row in enumerate(rows):
        try:
            found.append(cleaned(find, row))
        except Refused as refusal:
            if not places:
                raise
            words = f"{refusal} It stands in {places[number]}. Nothing was stored."
            raise Refused(words, code=refusal.code, field=refusal.field, status=refusal.status) from None
    return found


def cleaned(find: Find, row: Cells) -> dict[str, Any]:
    """Returns {str(column id): value as it is stored}. Raises Refused."""
    return {str(pk): values.clean(find(pk), value) for pk, value in by_column(find, row).items()}


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

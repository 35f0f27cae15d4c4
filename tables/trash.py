"""Deleted rows, stored in Redis for an hour with their results, so that deleting them can be undone."""

import secrets
import zlib
from collections.abc import Collection
from functools import partial

import redis
from django.core import serializers
from django.db import transaction

from tables import events, row_order, rows, storage
from tables.models import OPEN_STATES, Cell, CellState, Row, Table
from tables.redis import client
from tables.signals import send_rows_changed
from workspaces.refusals import Refused

MOST_ROWS = 1_000
MOST_BYTES = 16 * 1024 * 1024
STORED_SECONDS = 3_600
_BATCH = 500


def delete(table: Table, row_ids: Collection[int]) -> tuple[int, str]:
    """Deletes rows; returns their number, and the key that brings them back.

    Raises Refused, code not_kept, for rows that could not be brought back; then nothing is deleted.
    """
    if len(row_ids) > MOST_ROWS:
        raise _not_kept(f"Deleting can be undone for at most {MOST_ROWS:,} rows.")
    with transaction.atomic():
        storage.lock_table(table.pk)
        key = _store(table, row_ids)
        return rows.delete(table, row_ids), key


def restore(table: Table, key: str) -> int:
    """Puts the rows back where they were and returns their number. Raises Refused when they are no longer stored."""
    with transaction.atomic():
        storage.lock_table(table.pk)
        restored, results = _read(table, key)
        sort_keys = row_order.put_back(table.pk, [row.sort_key for row in restored])
        for row, sort_key in zip(restored, sort_keys, strict=True):
            row.sort_key = sort_key
        Row.objects.bulk_create(restored, batch_size=_BATCH)
        Cell.objects.bulk_create(results, batch_size=_BATCH)
        storage.grow(table.pk, len(restored))
        send_rows_changed(table.pk, [row.pk for row in restored])
        transaction.on_commit(partial(events.publish_rows, table.pk, added=len(restored)))
        client().delete(_name(table, key))
    table.refresh_from_db(fields=["row_count"])
    return len(restored)


def _store(table: Table, row_ids: Collection[int]) -> str:
    deleted = list(Row.objects.filter(table=table, pk__in=row_ids).order_by("sort_key"))
    results = Cell.objects.filter(row_id__in=[row.pk for row in deleted])
    packed = zlib.compress(serializers.serialize("json", [*deleted, *results]).encode())
    if len(packed) > MOST_BYTES:
        raise _not_kept("These rows are too large for deleting them to be undone.")
    key = secrets.token_urlsafe(16)
    try:
        client().set(_name(table, key), packed, ex=STORED_SECONDS)
    except redis.RedisError as error:
        raise _not_kept("Deleting cannot be undone while Redis does not answer.") from error
    return key


def _read(table: Table, key: str) -> tuple[list[Row], list[Cell]]:
    packed = client().get(_name(table, key))
    if packed is None:
        raise Refused("These rows can no longer be restored, or they already were.", field="undo")
    text = zlib.decompress(packed).decode()  # type: ignore[arg-type]
    items = [item.object for item in serializers.deserialize("json", text)]
    restored = [item for item in items if isinstance(item, Row)]
    return restored, [_at_rest(item) for item in items if isinstance(item, Cell)]


def _at_rest(cell: Cell) -> Cell:
    """Stops a cell that a run had: the run has gone on without it."""
    if cell.state in OPEN_STATES:
        cell.state, cell.run_id, cell.due_at = CellState.CANCELLED, None, None
    return cell


def _not_kept(message: str) -> Refused:
    """The rows would be gone for good, so the caller asks before it deletes them without undo."""
    return Refused(message, code="not_kept", status=409)


def _name(table: Table, key: str) -> str:
    return f"marl:trash:{table.pk}:{key}"

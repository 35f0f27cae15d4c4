"""Deleted rows, kept for an hour with their results, so that deleting can be undone."""

import secrets
import zlib
from collections.abc import Collection
from functools import partial

import redis
from django.core import serializers
from django.db import transaction

from tables import events, rows, storage
from tables.models import OPEN_STATES, Cell, CellState, Row, Table
from tables.redis import client
from tables.signals import send_rows_changed
from workspaces.refusals import Refused

MOST_ROWS = 1_000
MOST_BYTES = 16 * 1024 * 1024
KEPT_SECONDS = 3_600
_BATCH = 500


def delete(table: Table, ids: Collection[int]) -> tuple[int, str]:
    """Returns the number of rows deleted, and the key that brings them back.

    Raises Refused, code not_kept, for rows that could not be brought back; then nothing is deleted.
    """
    if len(ids) > MOST_ROWS:
        raise _not_kept(f"Deleting can be undone for at most {MOST_ROWS:,} rows.")
    with transaction.atomic():
        storage.lock_table(table.pk)
        key = _keep(table, ids)
        return rows.delete(table, ids), key


def restore(table: Table, key: str) -> int:
    """Puts the rows back where they were. Raises Refused when they are not kept any more."""
    with transaction.atomic():
        storage.lock_table(table.pk)
        back, results = _kept(table, key)
        Row.objects.bulk_create(back, batch_size=_BATCH)
        Cell.objects.bulk_create(results, batch_size=_BATCH)
        storage.number_again(table.pk, min(row.position for row in back))
        storage.grow(table.pk, len(back))
        send_rows_changed(table.pk, [row.pk for row in back])
        transaction.on_commit(partial(events.publish_rows, table.pk, added=len(back)))
        client().delete(_name(table, key))
    table.refresh_from_db(fields=["row_count"])
    return len(back)


def _keep(table: Table, ids: Collection[int]) -> str:
    gone = list(Row.objects.filter(table=table, pk__in=ids).order_by("pk"))
    results = Cell.objects.filter(row_id__in=[row.pk for row in gone])
    packed = zlib.compress(serializers.serialize("json", [*gone, *results]).encode())
    if len(packed) > MOST_BYTES:
        raise _not_kept("These rows hold too much to be kept for undoing.")
    key = secrets.token_urlsafe(16)
    try:
        client().set(_name(table, key), packed, ex=KEPT_SECONDS)
    except redis.RedisError as error:
        raise _not_kept("Deleting cannot be undone while Redis is away.") from error
    return key


def _kept(table: Table, key: str) -> tuple[list[Row], list[Cell]]:
    packed = client().get(_name(table, key))
    if packed is None:
        raise Refused("These rows are not kept any more, or are back already.", field="undo")
    text = zlib.decompress(packed).decode()  # type: ignore[arg-type]
    found = [item.object for item in serializers.deserialize("json", text)]
    back = [item for item in found if isinstance(item, Row)]
    return back, [_at_rest(item) for item in found if isinstance(item, Cell)]


def _not_kept(message: str) -> Refused:
    """The rows would be gone for good, so the caller asks before it deletes them without undo."""
    return Refused(message, code="not_kept", status=409)


def _at_rest(cell: Cell) -> Cell:
    """The run that had it counts without it."""
    if cell.state in OPEN_STATES:
        cell.state, cell.run_id, cell.due_at = CellState.CANCELLED, None, None
    return cell


def _name(table: Table, key: str) -> str:
    return f"marl:trash:{table.pk}:{key}"

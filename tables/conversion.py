"""Values of a column whose type changed: what can be read as the new type is converted, the rest stays as written."""

import json
import logging
from typing import Any

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from tables import events, storage, values
from tables.models import Column, ColumnType, Row
from tables.signals import send_rows_changed
from workspaces.refusals import Refused

TASK = "tables.convert_column"
AT_ONCE = 5_000  # rows converted before the request that asked is answered
_BATCH = 2_000

log = logging.getLogger(__name__)


def start(column: Column) -> None:
    """After commit; a worker does it for a large table."""
    if column.table.row_count <= AT_ONCE:
        transaction.on_commit(lambda: run(column.pk))
    else:
        transaction.on_commit(lambda: _send(column.pk))


def _send(column_id: int) -> None:
    try:
        current_app.send_task(TASK, [column_id])
    except OperationalError as error:
        log.warning("values of column %s stay as written, the broker is down: %s", column_id, error)


def run(column_id: int) -> None:
    """In short transactions, from the first row to the last; doing it twice changes nothing more."""
    column = Column.objects.filter(pk=column_id).first()
    if column is None or column.is_computed:
        return
    position: int | None = 0
    while position is not None:
        position = _convert_from(column, position)
    events.publish_rows(column.table_id)
    send_rows_changed(column.table_id, None, column_ids=[column.pk], from_position=0)


def _convert_from(column: Column, position: int) -> int | None:
    """The position to go on from, None at the end."""
    with transaction.atomic():
        batch = list(storage.locked(Row.objects.filter(table_id=column.table_id, position__gte=position))[:_BATCH])
        key = str(column.pk)
        changed = []
        for row in batch:
            before = row.values.get(key)
            after = _converted(column, before)
            if json.dumps(after) != json.dumps(before):
                row.values[key] = after
                changed.append(row)
        storage.write_values(changed)
    return batch[-1].position + 1 if len(batch) == _BATCH else None


def _converted(column: Column, value: Any) -> Any:
    if column.type == ColumnType.TEXT:
        return None if value is None else values.shown(column, value)
    try:
        return values.clean(column, value)
    except Refused:
        return value

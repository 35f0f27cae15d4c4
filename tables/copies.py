"""A column's values copied into another one, in the background for a large table."""

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from tables import events, storage
from tables.models import Column, Row
from tables.signals import send_rows_changed

TASK = "tables.copy_column"
AT_ONCE = 5_000  # rows copied before the request that asked is answered
_BATCH = 2_000

log = logging.getLogger(__name__)


def start(source: Column, target: Column) -> None:
    """After commit."""
    if source.table.row_count <= AT_ONCE:
        transaction.on_commit(lambda: run(source.pk, target.pk))
    else:
        transaction.on_commit(lambda: _send(source.pk, target.pk))


def _send(source_id: int, target_id: int) -> None:
    try:
        current_app.send_task(TASK, [source_id, target_id])
    except OperationalError as error:
        log.warning("values of column %s are not copied, the broker is down: %s", source_id, error)


def run(source_id: int, target_id: int) -> None:
    """In short transactions, in the order of the rows; doing it twice changes nothing more."""
    target = Column.objects.filter(pk=target_id).first()
    last: int | None = 0
    while target and last is not None:
        last = _copy_behind(target, str(source_id), str(target_id), last)
    if target:
        events.publish_rows(target.table_id)
        send_rows_changed(target.table_id, None, column_ids=[target.pk], from_position=0)


def _copy_behind(target: Column, source: str, key: str, last: int) -> int | None:
    """The row to go on behind, None at the end. What was typed into the copy meanwhile stays."""
    with transaction.atomic():
        rows = Row.objects.select_for_update().filter(table_id=target.table_id, pk__gt=last)
        batch = list(rows.order_by("pk")[:_BATCH])
        changed = [row for row in batch if source in row.values and key not in row.values]
        for row in changed:
            row.values[key] = row.values[source]
        storage.write_values(changed)
    return batch[-1].pk if len(batch) == _BATCH else None

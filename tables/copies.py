"""Values copied in the background: of a column into another one, of a table into another one."""

import json
import logging
from collections.abc import Callable, Mapping, Sequence

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

from tables import events, storage
from tables.models import OPEN_STATES, Cell, CellState, Column, Row
from tables.signals import send_rows_changed

TASK = "tables.copy_column"
AT_ONCE = 5_000  # rows copied before the request that asked is answered
_BATCH = 2_000

type Adapt = Callable[[Sequence[Row], Sequence[Cell], Mapping[int, int]], None]
adapting: list[Adapt] = []  # told rows, their results and {column id: id of its copy} before the results are copied

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


def fill(source_id: int, target_id: int, columns: Mapping[int, int], tell: Callable[[int], None]) -> int:
    """All rows of a table with their results into an empty one, {column id: id of its copy}; how many.

    `tell` hears how far that is.
    """
    keys = {str(old): str(new) for old, new in columns.items()}
    done, last = 0, 0
    while batch := list(Row.objects.filter(table_id=source_id, pk__gt=last).order_by("pk")[:_BATCH]):
        values = [{keys[key]: value for key, value in row.values.items() if key in keys} for row in batch]
        with transaction.atomic():
            storage.insert(target_id, done, [json.dumps(row, ensure_ascii=False) for row in values])
            _copy_results(batch, target_id, done, columns)
        done, last = done + len(batch), batch[-1].pk
        tell(done)
    return done


def _copy_results(batch: list[Row], target_id: int, first: int, columns: Mapping[int, int]) -> None:
    """What has ended; what is under way belongs to the other table."""
    made = Row.objects.filter(table_id=target_id, position__gte=first).order_by("position")
    copies = dict(zip((row.pk for row in batch), made.values_list("pk", flat=True), strict=True))
    mine = Cell.objects.filter(column__in=columns, row_id__gte=batch[0].pk, row_id__lte=batch[-1].pk)
    ended = list(mine.exclude(state__in=(*OPEN_STATES, CellState.CANCELLED, CellState.EMPTY)))
    for adapt in adapting:
        adapt(batch, ended, columns)
    for cell in ended:
        cell.pk, cell.run_id, cell.due_at = None, None, None
        cell.row_id, cell.column_id = copies[cell.row_id], columns[cell.column_id]
    Cell.objects.bulk_create(ended, batch_size=500)

"""Rows on their way into the trash and out of it: few of them at once, many by a worker, in batches.

What is still to be moved stands in the deletion, so that another worker goes on where one stopped. Others wait for one
batch at most. Restoring what is still being deleted turns it around.
"""

from collections.abc import Collection
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, QuerySet
from django.utils import timezone

from tables import deleted_rows, deletions, dispatch, duplicates, events, row_order, rows, storage
from tables.long_work import STOPPED
from tables.models import DeletedRow, Deletion, Row, Table
from tables.signals import send_rows_changed
from workspaces import audit
from workspaces.refusals import Refused

BATCH = 10_000  # rows a transaction; no more than these are moved before a request is answered
LOST_AFTER = timedelta(seconds=120)  # without a batch
_LOWEST = -(2**63)  # below every sort key


def delete_all_but(table: Table, row_ids: Collection[int]) -> Deletion | None:
    """Moves every other row into the trash; None where there is none. What is added meanwhile stays."""
    if len(row_ids) > rows.MOST_AT_ONCE:
        raise Refused(f"Leave out at most {rows.MOST_AT_ONCE:,} rows at once.", field="all_but")
    chosen: dict[str, Any] = {"all_but": sorted(row_ids)}
    number, last = _chosen(table.pk, chosen).aggregate(number=Count("pk"), last=Max("pk")).values()
    if not number:
        return None
    with transaction.atomic():
        storage.lock_table(table.pk)
        chosen |= {"last": last}
        first = _chosen(table.pk, chosen).order_by("sort_key").values_list("pk", flat=True).first()
        if first is None:
            return None
        deletion = rows.new_deletion(table, first, number)
        deletions.begin(deletion, Deletion.Move.DELETING, number, chosen)
        if number > BATCH:
            dispatch.send(deletions.MOVE_TASK, deletion.pk)
    if number <= BATCH:
        run(deletion.pk)
    deletion.refresh_from_db()
    table.refresh_from_db(fields=["row_count"])
    return deletion


def _chosen(table_id: int, chosen: dict[str, Any]) -> QuerySet[Row]:
    found = Row.objects.filter(table=table_id).exclude(pk__in=chosen["all_but"])
    return found.filter(pk__lte=chosen["last"]) if "last" in chosen else found


def restore(deletion: Deletion) -> int:
    """Puts deleted rows back where they were, and returns how many there are.

    Raises Refused when they are no longer in the trash, or their table is not there.
    """
    with transaction.atomic():
        storage.lock_table(deletion.table_id)
        kept = Deletion.objects.filter(pk=deletion.pk, table__ready=True, purged_at__gt=timezone.now())
        found = kept.exclude(move=Deletion.Move.RESTORING).first()
        if found is None:
            raise deletions.gone()
        deletions.begin(found, Deletion.Move.RESTORING, found.rows, found.moved | {"stopped": ""})
        if found.rows > BATCH:
            dispatch.send(deletions.MOVE_TASK, found.pk)
    deletion.move = found.move
    if found.rows <= BATCH:
        run(found.pk)
        deletion.move = ""
    return found.rows


def stop(deletion: Deletion) -> None:
    """Ends what a worker does with rows. Those that are being deleted come back; what else is done by then stays so.

    Raises Refused where nothing is under way any more.
    """
    with transaction.atomic():
        storage.lock_table(deletion.table_id)
        found = Deletion.objects.filter(pk=deletion.pk, table__ready=True).exclude(move="").first()
        if found is None:
            raise Refused("This is not under way any more.", code="conflict", status=409)
        if found.move == Deletion.Move.DELETING:
            restore(found)
        else:
            deletions.end(found, STOPPED)
            audit.note(found.workspace_id, "table.rows_stopped", found.table.name, found.table_id, rows=found.rows)
    try:
        deletion.refresh_from_db(fields=["move", "rows", "rows_total", "moved"])
    except Deletion.DoesNotExist:  # few rows are back already
        deletion.move, deletion.rows = "", 0


def run(deletion_id: int) -> None:
    """Moves what is still to be moved, unless the table has been deleted meanwhile: then it waits for it."""
    moving = Deletion.objects.filter(pk=deletion_id, table__ready=True).exclude(move="")
    while move := moving.values_list("move", flat=True).first():
        if move == Deletion.Move.DELETING:
            _delete_rows(deletion_id)
        elif move == Deletion.Move.MERGING:
            duplicates.merge_rows(deletion_id)
        else:
            _restore_rows(deletion_id)


def sweep() -> None:
    """Sends again what no worker has been at for a while."""
    now = timezone.now()
    for deletion in Deletion.objects.exclude(move="").filter(heartbeat_at__lt=now - LOST_AFTER, table__ready=True):
        Deletion.objects.filter(pk=deletion.pk).update(heartbeat_at=now)
        dispatch.send(deletions.MOVE_TASK, deletion.pk)


def _delete_rows(deletion_id: int) -> None:
    after: int | None = _LOWEST
    while after is not None:
        after = _delete_batch(deletion_id, after)


def _delete_batch(deletion_id: int, after: int) -> int | None:
    """Deletes the next rows after this sort key; returns the key to go on after, None at the end."""
    with deletions.held(deletion_id, Deletion.Move.DELETING) as deletion:
        if deletion is None:
            return None
        chosen = _chosen(deletion.table_id, deletion.moved)
        batch = list(chosen.filter(sort_key__gt=after).order_by("sort_key").values_list("sort_key", flat=True)[:BATCH])
        if not batch and after > _LOWEST:
            return _LOWEST  # the keys of some may have been spread meanwhile
        if not batch:
            deletions.end(deletion)
            return None
        rows.put_away(deletion, [chosen.filter(sort_key__range=(batch[0], batch[-1]))], batch)
        transaction.on_commit(partial(events.publish_rows, deletion.table_id))
        return batch[-1]


def _restore_rows(deletion_id: int) -> None:
    last = 0
    while number := _restore_batch(deletion_id, last):
        last = number


def _restore_batch(deletion_id: int, after: int) -> int:
    """Puts back the next rows after this id; returns the id to go on after, 0 at the end."""
    with deletions.held(deletion_id, Deletion.Move.RESTORING) as deletion:
        if deletion is None:
            return 0
        in_trash = DeletedRow.objects.filter(deletion=deletion, pk__gt=after).order_by("pk")
        batch = list(in_trash.values_list("pk", "sort_key")[:BATCH])
        if batch:
            _put_back(deletion, batch)
        if len(batch) < BATCH:
            deletions.take(Deletion.objects.filter(pk=deletion.pk, table__ready=True))
            table = deletion.table
            audit.note(table.workspace_id, "table.rows_restored", table.name, table.pk, rows=deletion.rows_total)
            return 0
        return batch[-1][0]


def _put_back(deletion: Deletion, batch: list[tuple[int, int]]) -> None:
    """Puts back rows, given as (id, sort key)."""
    table_id, row_ids = deletion.table_id, [row_id for row_id, _ in batch]
    row_order.put_back(table_id, [sort_key for _, sort_key in batch])
    deleted_rows.bring_back(deletion, row_ids[0], row_ids[-1])
    storage.grow(table_id, len(batch))
    deletions.grow(deletion, -len(batch))
    send_rows_changed(table_id, row_ids)
    transaction.on_commit(partial(events.publish_rows, table_id, added=len(batch)))

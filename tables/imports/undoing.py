"""Takes an import back: the cells that it changed get their old values again, and the rows that it added go.

What was edited since stays as it is. Few rows are taken back at once, many by a worker, in batches; what is still to be
done stands in the import, so that another worker goes on where one stopped. After `UNDONE_FOR`, what undoing needs is
deleted.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from tables import catalog, deletions, dispatch, events, rows, storage
from tables.imports import matching, rejected
from tables.models import Deletion, Import, ImportChange, Row, Table
from tables.signals import send_rows_changed
from workspaces import audit
from workspaces.refusals import Refused

TASK = "tables.undo_import"
UNDONE_FOR = timedelta(days=30)  # after it was done
BATCH = 10_000  # rows a transaction; no more than these are taken back before a request is answered
LOST_AFTER = timedelta(seconds=120)  # without a batch
_FIRST = -1  # before every row id


def until(import_: Import) -> datetime | None:
    """Returns when undoing ends, None for what cannot be undone."""
    if import_.state != Import.State.DONE or import_.undone_at or not import_.finished_at or not _table(import_):
        return None
    end = import_.finished_at + UNDONE_FOR
    return end if end > timezone.now() else None


def _table(import_: Import) -> Table | None:
    return import_.target or import_.table


def undo(import_: Import) -> None:
    """Takes the import back, or goes on with what was stopped. Raises Refused where it is too late, or already done."""
    table = _table(import_)
    if table is None:
        raise _too_late()
    with transaction.atomic():
        storage.lock_table(table.pk)
        import_.refresh_from_db()
        if import_.undo_heartbeat_at:
            raise Refused("This import is being undone already.", code="conflict", status=409)
        if until(import_) is None:
            raise _too_late()
        if import_.target is None:
            catalog.delete(table)
            import_.undone_at = timezone.now()
        else:
            import_.undo = import_.undo or _to_do(import_)
            import_.undo_heartbeat_at = timezone.now()
        import_.save(update_fields=["undo", "undo_heartbeat_at", "undone_at"])
        audit.note(import_.workspace_id, "import.undone", import_.name, import_.pk)
        is_large = import_.undo.get("total", 0) > BATCH
        if is_large:
            dispatch.send(TASK, import_.pk)
    if not is_large:
        run(import_.pk)
        import_.refresh_from_db()


def _to_do(import_: Import) -> dict[str, Any]:
    total = sum(import_.counts.get(name, 0) for name in ("updated", "added"))
    return {"changed_after": _FIRST, "added_after": _FIRST, "done": 0, "total": total, "deletion": None}


def _too_late() -> Refused:
    return Refused("This import can no longer be undone.", code="conflict", status=409)


def stop(import_: Import) -> None:
    """Ends undoing where it is; `undo` goes on from there. Raises Refused where nothing is under way any more."""
    if not _under_way().filter(pk=import_.pk).update(undo_heartbeat_at=None):
        raise Refused("This is not under way any more.", code="conflict", status=409)
    import_.refresh_from_db()


def progress(import_: Import) -> dict[str, Any] | None:
    """Returns {"state", "rows_done", "rows_total"} of undoing that has begun and not ended; running or stopped."""
    if not import_.undo or import_.undone_at:
        return None
    state = "running" if import_.undo_heartbeat_at else "stopped"
    return {"state": state, "rows_done": import_.undo["done"], "rows_total": import_.undo["total"]}


def _under_way() -> QuerySet[Import]:
    return Import.objects.filter(undo_heartbeat_at__isnull=False, target__ready=True)


def run(import_id: int) -> None:
    """Takes back what is still to be taken back; where its table has been deleted meanwhile, it waits for it."""
    while _take_back_batch(import_id):
        pass


def sweep() -> None:
    """Sends again what no worker has been at for a while."""
    now = timezone.now()
    for lost in _under_way().filter(undo_heartbeat_at__lt=now - LOST_AFTER):
        Import.objects.filter(pk=lost.pk).update(undo_heartbeat_at=now)
        dispatch.send(TASK, lost.pk)


def _take_back_batch(import_id: int) -> bool:
    """Takes back the next rows; returns whether there may be more."""
    table_id = Import.objects.filter(pk=import_id).values_list("target_id", flat=True).first()
    with transaction.atomic():
        storage.lock_table(table_id or 0)
        # Locked, so that it is not stopped between here and the commit.
        locked = _under_way().select_for_update(no_key=True, of=("self",)).select_related("target")
        import_ = locked.filter(pk=import_id).first()
        if import_ is None:
            return False
        table = import_.target
        assert table is not None
        number = _give_values_back(import_, table) or _delete_added(import_, table)
        import_.undo["done"] += number
        import_.undo_heartbeat_at = timezone.now() if number else None
        import_.undone_at = None if number else timezone.now()
        import_.save(update_fields=["undo", "undo_heartbeat_at", "undone_at"])
        if number:
            transaction.on_commit(partial(events.publish_rows, table.pk))
    return bool(number)


def _give_values_back(import_: Import, table: Table) -> int:
    """Gives some changed rows their old values; returns how many, 0 when all have them."""
    row_ids = matching.take_back(import_, import_.undo["changed_after"]) if import_.counts.get("updated") else []
    if row_ids:
        import_.undo["changed_after"] = row_ids[-1]
        send_rows_changed(table.pk, row_ids)
    return len(row_ids)


def _delete_added(import_: Import, table: Table) -> int:
    """Moves some added rows into the trash; returns how many, 0 when they are all gone."""
    if import_.first_added is None:
        return 0
    after = max(import_.undo["added_after"], import_.first_added - 1)
    added = Row.objects.filter(table=table, pk__gt=after, pk__lte=import_.last_added).order_by("pk")
    batch = list(added.values_list("pk", "sort_key")[:BATCH])
    if batch:
        deletion = _deletion(import_, table, batch[0][0])
        chosen = Row.objects.filter(table=table, pk__gt=after, pk__lte=batch[-1][0])
        rows.put_away(deletion, [chosen], sorted(sort_key for _, sort_key in batch))
        import_.undo |= {"added_after": batch[-1][0], "deletion": deletion.pk}
    return len(batch)


def _deletion(import_: Import, table: Table, first: int) -> Deletion:
    """Returns what its rows are deleted into: a new deletion, if somebody restores those of the one before."""
    under_way = deletions.kept(table.workspace).filter(pk=import_.undo["deletion"], move="").first()
    return under_way or rows.new_deletion(table, first, import_.counts["added"])


def prune() -> None:
    """Deletes what is stored to undo imports, and their rejected rows, once it is too late for it."""
    long_ago = Import.objects.filter(finished_at__lt=timezone.now() - UNDONE_FOR, undo_heartbeat_at=None)
    ImportChange.objects.filter(import_job__in=long_ago)._raw_delete(using=connection.alias)
    for import_ in long_ago.exclude(counts={}):
        rejected.path_of(import_).unlink(missing_ok=True)

"""Takes an import back: the rows that it added go, the cells that it changed have their old values again.

What was edited since stays as it is. After `UNDONE_FOR`, what undoing needs is deleted.
"""

from datetime import datetime, timedelta
from functools import partial

from django.db import connection, transaction
from django.utils import timezone

from tables import catalog, events, rows, storage
from tables.imports import matching, rejected
from tables.models import Import, ImportChange, Row, Table
from tables.signals import send_rows_changed
from workspaces import audit
from workspaces.refusals import Refused

UNDONE_FOR = timedelta(days=30)  # after it was done


def until(import_: Import) -> datetime | None:
    """Returns when undoing ends, None for what cannot be undone."""
    if import_.state != Import.State.DONE or import_.undone_at or not import_.finished_at or not _table(import_):
        return None
    end = import_.finished_at + UNDONE_FOR
    return end if end > timezone.now() else None


def _table(import_: Import) -> Table | None:
    return import_.target or import_.table


def undo(import_: Import) -> None:
    """Takes the import back. Raises Refused where it is too late, or was done before."""
    table = _table(import_)
    if until(import_) is None or table is None:
        raise Refused("This import can no longer be undone.", code="conflict", status=409)
    with transaction.atomic():
        storage.lock_table(table.pk)
        is_first = Import.objects.filter(pk=import_.pk, undone_at=None).update(undone_at=timezone.now())
        if not is_first:
            raise Refused("This import was already undone.", code="conflict", status=409)
        if import_.target is None:
            catalog.delete(table)
        else:
            _take_back(import_, table)
        audit.note(import_.workspace_id, "import.undone", import_.name, import_.pk)
    import_.refresh_from_db()


def _take_back(import_: Import, table: Table) -> None:
    if import_.counts.get("updated"):
        matching.write_changes(import_, backward=True)
        row_ids = matching.changed_rows(import_, rows.MOST_AT_ONCE)
        if row_ids != []:
            send_rows_changed(table.pk, row_ids)
    if import_.first_added is not None:
        added = Row.objects.filter(table=table, pk__gte=import_.first_added, pk__lte=import_.last_added)
        rows.delete_many(table, added)
    transaction.on_commit(partial(events.publish_rows, table.pk))


def prune() -> None:
    """Deletes what is stored to undo imports, and their rejected rows, once it is too late for it."""
    long_ago = Import.objects.filter(finished_at__lt=timezone.now() - UNDONE_FOR)
    ImportChange.objects.filter(import_job__in=long_ago)._raw_delete(using=connection.alias)
    for import_ in long_ago.exclude(counts={}):
        rejected.path_of(import_).unlink(missing_ok=True)

"""Empties the trash: what was in it for long enough, or is to be deleted for good now, batch by batch."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from tables import catalog, comments, deletions, dispatch, edits, storage
from tables.models import Cell, Column, DeletedCell, DeletedRow, Deletion, Row
from workspaces import audit

TASK = "tables.purge_deletion"
ROWS = 500  # a transaction; SQLite bounds the parameters of a query
RESULTS = 5_000  # a transaction

# Called with a column, or with ids of rows, that are to be purged: deletes what else is stored for them.
forget_column: list[Callable[[Column], None]] = []
forget_rows: list[Callable[[Sequence[int]], None]] = []

_ACTIONS = {
    Deletion.Kind.TABLE: "table.purged",
    Deletion.Kind.COLUMN: "column.purged",
    Deletion.Kind.VIEW: "view.purged",
    Deletion.Kind.ROWS: "table.rows_purged",
}


def start(deletion: Deletion) -> None:
    """Takes something out of the trash for good; a worker deletes it after that."""
    with transaction.atomic():
        deletions.expire(deletion)
        name = deletion.table.name if deletion.kind == Deletion.Kind.ROWS else deletion.name
        audit.note(deletion.workspace_id, _ACTIONS[Deletion.Kind(deletion.kind)], name, deletion.table_id)
        dispatch.send(TASK, deletion.pk)


def prune() -> None:
    """Purges what has been in the trash long enough, and what a lost task was to purge."""
    for deletion_id in list(deletions.due().values_list("pk", flat=True)):
        run(deletion_id)


def run(deletion_id: int) -> None:
    """Purges one deletion, if it is due and still there."""
    deletion = deletions.due().select_related("table", "column", "view").filter(pk=deletion_id).first()
    if deletion is None:
        return
    if deletion.kind == Deletion.Kind.TABLE:
        for part in list(deletion.table.deletions.filter(kind=Deletion.Kind.ROWS)):
            _purge_rows(part.pk)
        for column in Column.with_deleted.filter(table=deletion.table):
            _forget(column)
        catalog.purge(deletion.table)
    elif deletion.kind == Deletion.Kind.COLUMN and deletion.column:
        _purge_column(deletion.column)
    elif deletion.kind == Deletion.Kind.VIEW and deletion.view:
        deletion.view.delete()
    else:
        _purge_rows(deletion.pk)
    Deletion.objects.filter(pk=deletion.pk).delete()


def _purge_rows(deletion_id: int) -> None:
    last = 0
    in_trash = DeletedRow.objects.filter(deletion=deletion_id).order_by("pk").values_list("pk", flat=True)
    while row_ids := list(in_trash.filter(pk__gt=last)[:ROWS]):
        first, last = row_ids[0], row_ids[-1]
        results = DeletedCell.objects.filter(deletion=deletion_id, row_id__range=(first, last))
        with transaction.atomic():
            for forget in (edits.forget_rows, comments.forget_rows, *forget_rows):
                forget(row_ids)
            results._raw_delete(using=connection.alias)
            DeletedRow.objects.filter(pk__in=row_ids)._raw_delete(using=connection.alias)


def _purge_column(column: Column) -> None:
    """Deletes its values and results. The column stays, deleted: what refers to it can still say its name."""
    _delete_in_batches(Cell.objects.filter(column=column))
    _delete_in_batches(DeletedCell.objects.filter(deletion__table=column.table_id, column_id=column.pk))
    for model in (Row, DeletedRow):
        storage.drop_values(model, column.table_id, column.pk)
    with transaction.atomic():
        edits.forget_column(column)
        _forget(column)


def _forget(column: Column) -> None:
    for forget in forget_column:
        forget(column)


def _delete_in_batches(results: QuerySet[Any]) -> None:
    batch = results.values("pk")[:RESULTS]
    while results.model._default_manager.filter(pk__in=batch)._raw_delete(using=connection.alias):
        pass

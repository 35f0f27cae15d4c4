"""The tables of a workspace: created, renamed, deleted and restored."""

from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from tables import columns
from tables.models import Cell, Column, Row, Table
from workspaces import audit
from workspaces.actors import Actor
from workspaces.refusals import Refused

KEPT = timedelta(days=30)  # after it was deleted


def create(actor: Actor, name: str, wanted: Sequence[tuple[str, str]]) -> Table:
    """`wanted` are (name, type) of columns. Raises Refused, and then nothing is made."""
    if not (tidy := columns.tidy(name)):
        raise Refused("Give the table a name.", field="name")
    with transaction.atomic():
        table = Table.objects.create(workspace=actor.workspace, name=tidy, created_by=actor.user)
        for column_name, type_ in wanted:
            columns.create(table, column_name, type_)
        audit.note(actor.workspace, "table.created", table.name, table.pk)
    return table


def change(table: Table, *, name: str | None = None, auto_update: bool | None = None) -> None:
    if name is not None:
        table.name = columns.tidy(name) or table.name
    if auto_update is not None:
        table.auto_update = auto_update
    table.save()


def delete(table: Table) -> None:
    """Nobody sees it any longer; for some days it can be restored."""
    with transaction.atomic():
        table.ready, table.deleted_at = False, timezone.now()
        table.save(update_fields=["ready", "deleted_at"])
        audit.note(table.workspace_id, "table.deleted", table.name, table.pk, rows=table.row_count)


def restore(table: Table) -> None:
    with transaction.atomic():
        table.ready, table.deleted_at = True, None
        table.save(update_fields=["ready", "deleted_at"])
        audit.note(table.workspace_id, "table.restored", table.name, table.pk)


def prune() -> None:
    """What was deleted long enough ago goes for good."""
    for table in Table.objects.filter(deleted_at__lt=timezone.now() - KEPT):
        purge(table)


def purge(table: Table) -> None:
    """Cells and rows go first, by the database alone: a million of them never pass through Python."""
    with transaction.atomic():
        Cell.objects.filter(column__in=Column.with_deleted.filter(table=table))._raw_delete(using=table._state.db)
        Row.objects.filter(table=table)._raw_delete(using=table._state.db)
        table.delete()

"""The tables of a workspace: created, renamed, deleted and restored."""

from collections.abc import Sequence
from functools import partial

from django.db import transaction
from django.utils import timezone

from tables import columns, deletions, events, names, storage
from tables.models import Deletion, Row, Table
from tables.signals import table_deleted
from workspaces import audit
from workspaces.actors import Actor
from workspaces.models import Role
from workspaces.refusals import Refused


def create(actor: Actor, name: str, new_columns: Sequence[tuple[str, str]]) -> Table:
    """Creates a table with columns, given as (name, type). Raises Refused, and then nothing is created."""
    actor.require(Role.EDITOR)
    tidy_name = names.given(name)
    if not tidy_name:
        raise Refused("Enter a name for the table.", field="name")
    with transaction.atomic():
        table = Table.objects.create(workspace=actor.workspace, name=tidy_name, created_by=actor.user)
        for column_name, column_type in new_columns:
            columns.create(table, column_name, column_type)
        audit.note(actor.workspace, "table.created", table.name, table.pk)
    return table


def change(table: Table, *, name: str | None = None, auto_update: bool | None = None) -> None:
    """Sets what is given; an empty name leaves the old one."""
    if name is not None:
        table.name = names.given(name) or table.name
    if auto_update is not None:
        table.auto_update = auto_update
    # Alone: rows may be counted at the same time.
    table.save(update_fields=["name", "auto_update", "updated_at"])


def delete(table: Table) -> None:
    """Hides the table from everybody; from the trash it can be restored."""
    with transaction.atomic():
        now = timezone.now()
        if not Table.objects.filter(pk=table.pk, deleted_at=None).update(ready=False, deleted_at=now):
            return
        table.ready, table.deleted_at = False, now
        deletions.record(Deletion.Kind.TABLE, table, name=table.name, rows=table.row_count, at=now)
        audit.note(table.workspace_id, "table.deleted", table.name, table.pk, rows=table.row_count)
        table_deleted.send(sender=None, table_id=table.pk)
        transaction.on_commit(partial(events.publish_table, table.pk, deleted=True))


def restore(table: Table) -> None:
    """Shows a deleted table again. Raises Refused when it is no longer in the trash."""
    with transaction.atomic():
        deletions.take(Deletion.objects.filter(kind=Deletion.Kind.TABLE, table=table))
        table.ready, table.deleted_at = True, None
        table.save(update_fields=["ready", "deleted_at"])
        audit.note(table.workspace_id, "table.restored", table.name, table.pk)
        transaction.on_commit(partial(events.publish_table, table.pk, deleted=False))


def purge(table: Table) -> None:
    """Deletes the table for good, its rows and results first so that a million of them never pass through Python."""
    with transaction.atomic():
        storage.lock_table(table.pk)
        storage.delete(Row.objects.filter(table=table))
        table.delete()

"""The trash: tables, columns and rows that were deleted, by whom, and until when they can be restored.

Whatever deletes something records it here, in its transaction, and whatever restores it takes it out.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F, QuerySet
from django.utils import timezone

from tables.models import Column, Deletion, Table
from workspaces import audit
from workspaces.models import Workspace
from workspaces.refusals import Refused

KEPT_FOR = timedelta(days=30)  # after it was deleted


def record(
    kind: Deletion.Kind, table: Table, *, name: str, column: Column | None = None, rows: int = 0, at: datetime
) -> Deletion:
    """Puts something into the trash, in the name of whoever acts."""
    return Deletion.objects.create(
        workspace_id=table.workspace_id,
        kind=kind,
        table=table,
        column=column,
        name=name,
        rows=rows,
        deleted_by=audit.acting(),
        deleted_at=at,
        purged_at=at + KEPT_FOR,
    )


def kept(workspace: Workspace) -> QuerySet[Deletion]:
    """Returns what can still be restored, the newest first."""
    found = Deletion.objects.filter(workspace=workspace, purged_at__gt=timezone.now())
    return found.select_related("table", "column").order_by("-deleted_at", "-pk")


def due() -> QuerySet[Deletion]:
    """Returns what is to be purged, the oldest first."""
    return Deletion.objects.filter(purged_at__lte=timezone.now()).order_by("purged_at", "pk")


def take(found: QuerySet[Deletion]) -> None:
    """Takes one thing out of the trash. Raises Refused where it is gone from it."""
    if not found.filter(purged_at__gt=timezone.now())._raw_delete(using=connection.alias):
        raise _gone()


def grow(deletion: Deletion, number: int) -> None:
    """Counts rows that are moved into a deletion, or out of it again.

    Raises Refused where it is no longer in the trash, or its table is not there.
    """
    found = Deletion.objects.filter(pk=deletion.pk, table__ready=True, purged_at__gt=timezone.now())
    if not found.update(rows=F("rows") + number):
        raise _gone()
    deletion.rows += number


def expire(deletion: Deletion) -> None:
    """Takes it out of the trash for good, a table with all that was deleted from it: it is due to be purged.

    Raises Refused where it is gone from there.
    """
    now = timezone.now()
    if deletion.kind == Deletion.Kind.TABLE:
        Deletion.objects.filter(table=deletion.table_id, purged_at__gt=now).exclude(pk=deletion.pk).update(
            purged_at=now
        )
    if not Deletion.objects.filter(pk=deletion.pk, purged_at__gt=now).update(purged_at=now):
        raise _gone()


def why_not(deletion: Deletion) -> str:
    """Returns what keeps it from being restored; empty for nothing."""
    if deletion.kind != Deletion.Kind.TABLE and deletion.table.deleted_at:
        return f"Restore the table “{deletion.table.name}” first."
    return ""


def rows_of(deletion: Deletion) -> int | None:
    """Returns how many rows were deleted; None for a column."""
    return None if deletion.kind == Deletion.Kind.COLUMN else deletion.rows


def as_json(deletion: Deletion) -> dict[str, Any]:
    """Returns the deletion of the API; `rows` is null for a column."""
    return {
        "id": deletion.pk,
        "kind": deletion.kind,
        "name": deletion.name,
        "table_id": deletion.table_id,
        "table": deletion.table.name,
        "column_id": deletion.column_id,
        "rows": rows_of(deletion),
        "deleted_by": deletion.deleted_by,
        "deleted_at": deletion.deleted_at,
        "purged_at": deletion.purged_at,
        "can_restore": not why_not(deletion),
        "why_not": why_not(deletion),
    }


def _gone() -> Refused:
    return Refused("This is no longer in the trash, or it was already restored.", code="conflict", status=409)

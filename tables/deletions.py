"""The trash: tables, columns, saved views and rows that were deleted, by whom, and until when they can be restored.

Whatever deletes something records it here, in its transaction, and whatever restores it takes it out.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from tables import access, storage
from tables.long_work import Stopped
from tables.models import Column, Deletion, SavedView, Table
from workspaces import audit
from workspaces.actors import Actor
from workspaces.models import Workspace
from workspaces.refusals import Refused

KEPT_FOR = timedelta(days=30)  # after it was deleted
MANY = 10_000  # rows
_WAIT = "These rows are still on their way. Try again when that is done."
MOVE_TASK = "tables.move_rows"


def record(
    kind: Deletion.Kind,
    table: Table,
    *,
    name: str,
    column: Column | None = None,
    view: SavedView | None = None,
    rows: int = 0,
    at: datetime,
) -> Deletion:
    """Puts something into the trash, in the name of whoever acts."""
    return Deletion.objects.create(
        workspace_id=table.workspace_id,
        kind=kind,
        table=table,
        column=column,
        view=view,
        name=name,
        rows=rows,
        deleted_by=audit.acting(),
        deleted_at=at,
        purged_at=at + KEPT_FOR,
    )


def kept(workspace: Workspace) -> QuerySet[Deletion]:
    """Returns what can still be restored, by whomever, the newest first."""
    found = Deletion.objects.filter(workspace=workspace, purged_at__gt=timezone.now())
    return found.select_related("table", "column", "view__table").order_by("-deleted_at", "-pk")


def found(who: Actor) -> QuerySet[Deletion]:
    """Returns what somebody finds of it: what belongs to the tables that they find."""
    return kept(who.workspace).filter(table__in=access.every(who))


def listed(who: Actor) -> QuerySet[Deletion]:
    """Returns what the trash shows: not a merge that found nothing to merge."""
    return found(who).exclude(kind=Deletion.Kind.ROWS, rows=0, move="")


def begin(deletion: Deletion, move: Deletion.Move, number: int | None, moved: dict[str, Any]) -> None:
    """Records what a worker is to do with its rows, and how many they are; None where that is not known yet."""
    deletion.move, deletion.rows_total, deletion.moved = move, number, moved
    deletion.heartbeat_at = timezone.now()
    deletion.save(update_fields=["move", "rows_total", "moved", "heartbeat_at"])


@contextmanager
def held(deletion_id: int, move: Deletion.Move) -> Iterator[Deletion | None]:
    """Locks its table for one batch of a move; None where something else is to be done with it by now."""
    table_id = Deletion.objects.filter(pk=deletion_id).values_list("table_id", flat=True).first()
    with transaction.atomic():
        storage.lock_table(table_id or 0)
        found = Deletion.objects.select_related("table").filter(pk=deletion_id, move=move, table__ready=True)
        deletion = found.first()
        found.update(heartbeat_at=timezone.now())
        yield deletion


def report(deletion_id: int, move: Deletion.Move, compared: int) -> None:
    """Says that the worker is there, and how many rows it has compared. Raises Stopped if the move was ended."""
    moving = Deletion.objects.filter(pk=deletion_id, move=move, table__ready=True)
    for moved in moving.values_list("moved", flat=True):
        if moving.update(moved=moved | {"compared": compared}, heartbeat_at=timezone.now()):
            return
    raise Stopped


def end(deletion: Deletion, why: str = "") -> None:
    """Says that no more of its rows are moved, and why not, and lets the database know if they are many."""
    moved = deletion.moved | {"stopped": why}
    Deletion.objects.filter(pk=deletion.pk).update(move="", moved=moved, heartbeat_at=None)
    if deletion.rows > MANY:
        storage.analyze()


def due() -> QuerySet[Deletion]:
    """Returns what is to be purged, the oldest first."""
    return Deletion.objects.filter(purged_at__lte=timezone.now()).order_by("purged_at", "pk")


def take(found: QuerySet[Deletion]) -> None:
    """Takes one thing out of the trash. Raises Refused where it is gone from it."""
    if not found.filter(purged_at__gt=timezone.now())._raw_delete(using=connection.alias):
        raise gone()


def grow(deletion: Deletion, number: int) -> None:
    """Counts rows that are moved into a deletion, or out of it again.

    Raises Refused where it is no longer in the trash, or its table is not there.
    """
    found = Deletion.objects.filter(pk=deletion.pk, table__ready=True, purged_at__gt=timezone.now())
    if not found.update(rows=F("rows") + number):
        raise gone()
    deletion.rows += number


def expire(deletion: Deletion) -> None:
    """Takes it out of the trash for good, a table with all that was deleted from it: it is due to be purged.

    Raises Refused where it is gone from there, or its rows are still being moved.
    """
    if deletion.move:
        raise Refused(_WAIT, code="conflict", status=409)
    now = timezone.now()
    if deletion.kind == Deletion.Kind.TABLE:
        Deletion.objects.filter(table=deletion.table_id, purged_at__gt=now).exclude(pk=deletion.pk).update(
            purged_at=now
        )
    if not Deletion.objects.filter(pk=deletion.pk, purged_at__gt=now).update(purged_at=now):
        raise gone()


def why_not(deletion: Deletion) -> str:
    """Returns what keeps it from being restored; empty for nothing."""
    if deletion.kind != Deletion.Kind.TABLE and deletion.table.deleted_at:
        return f"Restore the table “{deletion.table.name}” first."
    return "These rows are being restored." if deletion.move == Deletion.Move.RESTORING else ""


def rows_of(deletion: Deletion) -> int | None:
    """Returns how many rows were deleted; None for a column and a view."""
    return None if deletion.kind in (Deletion.Kind.COLUMN, Deletion.Kind.VIEW) else deletion.rows


def as_json(deletion: Deletion) -> dict[str, Any]:
    """Returns the deletion of the API; `rows` is null for a column and a view."""
    return {
        "id": deletion.pk,
        "kind": deletion.kind,
        "name": deletion.name,
        "table_id": deletion.table_id,
        "table": deletion.table.name,
        "column_id": deletion.column_id,
        "view_id": deletion.view_id,
        "rows": rows_of(deletion),
        "deleted_by": deletion.deleted_by,
        "deleted_at": deletion.deleted_at,
        "purged_at": deletion.purged_at,
        "can_restore": not why_not(deletion),
        "why_not": why_not(deletion),
        "state": state(deletion),
        "rows_total": deletion.rows_total,
        "compared": deletion.moved.get("compared"),
        "merged": deletion.moved.get("merged"),
        "stopped": deletion.moved.get("stopped") or None,
    }


def state(deletion: Deletion) -> str:
    """Returns deleting, merging or restoring while a worker is at it, then done."""
    return deletion.move or "done"


def gone() -> Refused:
    """Returns the refusal of what is no longer in the trash."""
    return Refused("This is no longer in the trash, or it was already restored.", code="conflict", status=409)

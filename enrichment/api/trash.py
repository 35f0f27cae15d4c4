"""The trash: what was deleted and can be restored."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status

from enrichment import lookup
from enrichment.api import described
from enrichment.api.auth import actor
from enrichment.columns import trash
from tables import deletions, moves, purging
from workspaces.models import Role

router = Router(tags=["Trash"])


@router.get("/trash", summary="List the trash")
def list_trash(request: HttpRequest, offset: int = 0, limit: int = 100) -> dict[str, Any]:
    """Returns deleted tables, columns, saved views and rows, the newest first.

    With who deleted them, and when they are purged.
    """
    return described.listed(deletions.listed(actor(request)), offset, limit, deletions.as_json)


@router.get("/trash/{deletion_id}", summary="Get what is in the trash")
def get_deletion(request: HttpRequest, deletion_id: str) -> dict[str, Any]:
    """Returns what was deleted. While a worker moves its rows, `state` says what it does, and `rows` how far it is."""
    return deletions.as_json(lookup.deletion(actor(request), deletion_id))


@router.post("/trash/{deletion_id}/restore", summary="Restore from the trash")
def restore(request: HttpRequest, deletion_id: str) -> dict[str, Any]:
    """Restores a table, a column, a saved view or rows in their place, with values and results.

    `name` is what it is called now: a column or a view gets a number if its name has been taken.
    """
    deletion = lookup.deletion(actor(request), deletion_id, Role.EDITOR)
    name = trash.restore(deletion)
    return {
        "kind": deletion.kind,
        "name": name,
        "table_id": deletion.table_id,
        "column_id": deletion.column_id,
        "view_id": deletion.view_id,
        "rows": deletions.rows_of(deletion),
        "state": deletions.state(deletion),
    }


@router.post("/trash/{deletion_id}/stop", summary="Stop moving rows")
def stop(request: HttpRequest, deletion_id: str) -> dict[str, Any]:
    """Ends what a worker does with these rows. Rows that are being deleted come back, all of them.

    What is merged or restored by then stays so: `rows` are in the trash, and `stopped` says that there was more to do.
    """
    deletion = lookup.deletion(actor(request), deletion_id, Role.EDITOR)
    moves.stop(deletion)
    return deletions.as_json(deletion)


@router.delete("/trash/{deletion_id}", response={204: None}, summary="Delete for good")
def delete_for_good(request: HttpRequest, deletion_id: str) -> Status[None]:
    """Takes this out of the trash for good. A worker deletes values, results and requests right after that."""
    purging.start(lookup.deletion(actor(request), deletion_id, Role.EDITOR))
    return Status(204, None)

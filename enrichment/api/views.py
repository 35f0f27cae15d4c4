"""Views: opened, so that their rows keep their places, and saved under a name for everyone."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from enrichment import lookup
from enrichment.api.auth import actor
from enrichment.api.bodies import Body
from tables import columns, saved_views, view_snapshots
from tables.models import SavedView
from tables.row_queries import View, rows_with_errors
from workspaces.models import Role

router = Router(tags=["Views"])


class Shown(Body):
    """`hidden`, `pinned` and `order` are columns; null for the last two means as in the table.

    `row_height` is compact, medium or tall, and `group` the column whose groups are listed.
    """

    filter: list[dict[str, Any]] = []
    sort: list[dict[str, Any]] = []
    errors: bool = False
    hidden: list[int | str] = []
    pinned: list[int | str] | None = None
    order: list[int | str] | None = None
    row_height: str = "compact"
    group: int | str | None = None


class NewView(Shown):
    """With `name`, it is saved for everyone; without, opened, in place of the one that it `replaces`.

    `opener` is any name, such as one of a page: whatever it opened before and still waits for ends.
    """

    name: str = Field("", max_length=200)
    search: str = ""
    replaces: str = ""
    opener: str = Field("", max_length=40, pattern="^[A-Za-z0-9_-]*$")


class ViewChange(Shown):
    """Changes what is given. With `was`, the `version` that you know, nothing if it has another one by now."""

    name: str | None = Field(None, min_length=1, max_length=200)
    position: int | None = Field(None, ge=0)
    was: int | None = None


class Groups(Schema):
    column: str
    filter: str = ""
    search: str = ""
    errors: bool = False


@router.get("/tables/{table_id}/views", summary="List saved views")
def list_views(request: HttpRequest, table_id: str) -> dict[str, Any]:
    """Returns the saved views of the table, in order, with who made them and who changed them last.

    A view with `missing_columns` filters by columns that were deleted. Until you restore them, or save another filter,
    it can't tell its rows.
    """
    table = lookup.table(actor(request), table_id)
    live = columns.live(table)
    items = [saved_views.as_json(view, live) for view in saved_views.live(table)]
    return {"items": items, "total": len(items)}


@router.post("/tables/{table_id}/views", response={201: dict}, summary="Open or save a view")
def open_view(request: HttpRequest, table_id: str, body: NewView) -> Status[dict[str, Any]]:
    """Without `name`, filters and sorts the rows once. Read its windows with `GET rows?view=…`: rows keep their places.

    With `name`, saves the view for everyone in the workspace.
    """
    if body.name:
        table = lookup.table(actor(request), table_id, Role.EDITOR)
        saved = saved_views.create(table, body.name, body.model_dump(exclude={"name", "search", "replaces", "opener"}))
        return Status(201, _described(saved))
    table = lookup.table(actor(request), table_id)
    chosen = View(columns.live(table), body.filter, body.sort, body.search.strip(), body.errors)
    token, total = view_snapshots.take(table, chosen, body.replaces, _opener(request, body.opener))
    return Status(201, {"view": token, "total": total})


@router.delete("/tables/{table_id}/openers/{opener}", response={204: None}, summary="Stop opening a view")
def stop_opening(request: HttpRequest, table_id: str, opener: str) -> Status[None]:
    """Ends what this `opener` waits for: `POST views` answers there with the error `stopped`."""
    view_snapshots.stop(lookup.table(actor(request), table_id).pk, _opener(request, opener))
    return Status(204, None)


@router.get("/views/{view_id}", summary="Get a saved view")
def get_view(request: HttpRequest, view_id: str) -> dict[str, Any]:
    """Returns the view. `GET rows?view=` and `GET export?view=` take its id, and so does a run."""
    return _described(lookup.saved_view(actor(request), view_id))


@router.patch("/views/{view_id}", summary="Change a saved view")
def change_view(request: HttpRequest, view_id: str, body: ViewChange) -> dict[str, Any]:
    """Renames the view, moves it among the others, or saves what it shows."""
    view = lookup.saved_view(actor(request), view_id, Role.EDITOR)
    given = body.model_dump(exclude_unset=True, exclude={"name", "position", "was"})
    with transaction.atomic():
        if given or body.name is not None:
            saved_views.change(view, given, name=body.name, was=body.was)
        if body.position is not None:
            saved_views.move(view, body.position)
    return _described(view)


@router.delete("/views/{view_id}", response={204: None}, summary="Delete a saved view")
def delete_view(request: HttpRequest, view_id: str) -> Status[None]:
    """Deletes the view; its rows stay. You can restore it for 30 days."""
    saved_views.delete(lookup.saved_view(actor(request), view_id, Role.EDITOR))
    return Status(204, None)


@router.post("/views/{view_id}/restore", summary="Restore a saved view")
def restore_view(request: HttpRequest, view_id: str) -> dict[str, Any]:
    """Restores a deleted view in its place. It gets a number if its name has been taken."""
    view = lookup.saved_view(actor(request), view_id, Role.EDITOR, deleted=True)
    saved_views.restore(view)
    return _described(view)


@router.get("/tables/{table_id}/groups", summary="Count the values of a column")
def list_groups(request: HttpRequest, table_id: str, query: Query[Groups]) -> dict[str, Any]:
    """Returns how many rows of a filter have each value of a column, the most frequent first, at most 500 values.

    `filter` of an item is the condition that finds its rows.
    """
    table = lookup.table(actor(request), table_id)
    column = columns.by_name_or_id(table)(query.column)
    view = View.of_texts(columns.live(table), filter=query.filter, search=query.search, errors=query.errors)
    return {"items": view.groups(table, column)}


@router.get("/tables/{table_id}/views/{view}/rows/{row_id}", summary="Find a row in a view")
def place_in_view(request: HttpRequest, table_id: str, view: str, row_id: str) -> dict[str, int | None]:
    """Returns the `offset` of the row in the view, or null if the view doesn't have it."""
    table = lookup.table(actor(request), table_id)
    return {"offset": view_snapshots.place(table.pk, view, lookup.number(row_id))}


@router.get("/tables/{table_id}/errors", summary="Count rows with errors")
def count_errors(request: HttpRequest, table_id: str) -> dict[str, int]:
    """Returns the number of rows in which an HTTP column failed or may have been sent."""
    return {"rows": rows_with_errors(lookup.table(actor(request), table_id))}


def _opener(request: HttpRequest, name: str) -> str:
    """Returns the name as that of whoever asks: nobody ends what others wait for."""
    user = actor(request).user
    return f"{user.pk if user else 0}:{name}" if name else ""


def _described(view: SavedView) -> dict[str, Any]:
    return saved_views.as_json(view, columns.live(view.table))

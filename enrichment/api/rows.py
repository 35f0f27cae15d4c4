"""Rows of a table, and the history of one cell."""

from dataclasses import asdict
from typing import Any

from django.http import Http404, HttpRequest
from ninja import Query, Router, Schema, Status

from enrichment import lookup
from enrichment.api import described
from enrichment.api.auth import actor
from enrichment.preview import cell_history
from tables import pasting, rows, upserts, view_snapshots
from tables.keys import Matching
from tables.models import Column, Deletion, Row
from tables.row_queries import View, rows_with_errors
from workspaces.models import Role
from workspaces.refusals import Refused

router = Router(tags=["Rows"])


class Keyed(Schema):
    """With `key` (a column or a list of them), rows that match are updated or skipped, as `on_match` says."""

    key: list[str | int] | str | int = []
    match: str = "exact"
    on_match: str = "add"
    keep_blank: bool = True

    def matching(self) -> Matching:
        """Raises Refused."""
        key = self.key if isinstance(self.key, list) else [self.key]
        return Matching(key, self.match, self.on_match, self.keep_blank)


class NewRows(Keyed):
    """`before` is the row that they are put before; without it they come last."""

    rows: list[dict[str | int, Any]]
    before: int | str | None = None
    view: str = ""


class Move(Schema):
    """`before` is the row that they are moved before; null moves them to the end."""

    ids: list[int | str]
    before: int | str | None


class RowChange(Schema):
    id: int | str
    cells: dict[str | int, Any]


class RowChanges(Schema):
    rows: list[RowChange]


class Paste(Keyed):
    """`rows` change cells, `added` are new; with `key`, those of them that match are updated or skipped."""

    rows: list[RowChange] = []
    added: list[dict[str | int, Any]] = []
    view: str = ""


class RowIds(Schema):
    """Either `ids`, or `all_but` for every other row."""

    ids: list[int | str] | None = None
    all_but: list[int | str] | None = None
    view: str = ""


class Undo(Schema):
    undo: str


class NewView(Schema):
    filter: list[dict[str, Any]] = []
    sort: list[dict[str, Any]] = []
    search: str = ""
    errors: bool = False
    replaces: str = ""


class RowWindow(Schema):
    offset: int = 0
    limit: int = 100
    filter: str = ""
    sort: str = ""
    search: str = ""
    view: str = ""


@router.get("/tables/{table_id}/rows", summary="List rows")
def list_rows(request: HttpRequest, table_id: str, query: Query[RowWindow]) -> dict[str, Any]:
    """Returns a window of rows. `view` reads a view that you opened, whose rows keep their places."""
    table = lookup.table(actor(request), table_id)
    offset, limit = described.window(query.offset, query.limit)
    columns = list(Column.objects.filter(table=table))
    if query.view:
        snapshot, total = view_snapshots.window(table, query.view, offset, limit)
        return {"items": _with_deleted(snapshot, columns), "total": total}
    view = View.of_texts(columns, filter=query.filter, sort=query.sort, search=query.search)
    if view:
        items, total = view.window(table, offset, limit)
        return {"items": rows.as_json(items, columns), "total": total}
    return {"items": rows.as_json(rows.window(table, offset, limit), columns, offset), "total": table.row_count}


def _with_deleted(snapshot: list[Row | int], columns: list[Column]) -> list[dict[str, Any]]:
    """A row deleted since keeps its place in the view, with no position and no cells."""
    live = {item["id"]: item for item in rows.as_json([row for row in snapshot if isinstance(row, Row)], columns)}
    ids = [row.pk if isinstance(row, Row) else row for row in snapshot]
    return [live.get(pk, {"id": pk, "position": None, "cells": {}}) for pk in ids]


@router.post("/tables/{table_id}/views", response={201: dict}, summary="Open a view")
def open_view(request: HttpRequest, table_id: str, body: NewView) -> Status[dict[str, Any]]:
    """Filters and sorts the rows once. Read its windows with `GET rows?view=…`. Its rows keep their places."""
    table = lookup.table(actor(request), table_id)
    chosen = View(list(Column.objects.filter(table=table)), body.filter, body.sort, body.search.strip(), body.errors)
    token, total = view_snapshots.take(table, chosen, body.replaces)
    return Status(201, {"view": token, "total": total})


@router.get("/tables/{table_id}/views/{view}/rows/{row_id}", summary="Find a row in a view")
def place_in_view(request: HttpRequest, table_id: str, view: str, row_id: str) -> dict[str, int | None]:
    """Returns the `offset` of the row in the view, or null if the view doesn't have it."""
    table = lookup.table(actor(request), table_id)
    return {"offset": view_snapshots.place(table.pk, view, lookup.number(row_id))}


@router.get("/tables/{table_id}/errors", summary="Count rows with errors")
def count_errors(request: HttpRequest, table_id: str) -> dict[str, int]:
    """Returns the number of rows in which an HTTP column failed or may have been sent."""
    return {"rows": rows_with_errors(lookup.table(actor(request), table_id))}


@router.post("/tables/{table_id}/rows", response={201: dict}, summary="Add rows")
def add_rows(request: HttpRequest, table_id: str, body: NewRows) -> Status[dict[str, Any]]:
    """Adds rows, by column name or id, and starts auto-update. `ids` are the rows that they became or matched."""
    table = lookup.table(actor(request), table_id, Role.EDITOR)
    if body.before is None:
        written = upserts.write(table, body.rows, body.matching())
    else:
        written = upserts.Written(rows.insert(table, lookup.number(body.before), body.rows))
    if body.view:
        view_snapshots.add(table, body.view, written.ids)
    return Status(201, asdict(written))


@router.post("/tables/{table_id}/rows/move", summary="Move rows")
def move_rows(request: HttpRequest, table_id: str, body: Move) -> dict[str, int]:
    """Moves rows, in the order that they have, to another place in the table."""
    table = lookup.table(actor(request), table_id, Role.EDITOR)
    before = None if body.before is None else lookup.number(body.before)
    return {"moved": rows.move(table, [lookup.number(pk) for pk in body.ids], before)}


@router.patch("/tables/{table_id}/rows", summary="Change rows")
def change_rows(request: HttpRequest, table_id: str, body: RowChanges) -> dict[str, int]:
    """Changes cells, marks results that depend on them as out of date, and starts auto-update."""
    table = lookup.table(actor(request), table_id, Role.EDITOR)
    return {"updated": rows.update(table, [{"id": lookup.number(row.id), "cells": row.cells} for row in body.rows])}


@router.post("/tables/{table_id}/paste", summary="Paste cells")
def paste_cells(request: HttpRequest, table_id: str, body: Paste) -> dict[str, Any]:
    """Changes and adds rows in one call.

    A value that a cell can't take is returned in `refused`, and all others are stored.
    """
    table = lookup.table(actor(request), table_id, Role.EDITOR)
    changes = [{"id": lookup.number(row.id), "cells": row.cells} for row in body.rows]
    pasted = pasting.paste(table, changes, body.added, body.matching())
    if body.view:
        view_snapshots.add(table, body.view, pasted.ids)
    return {
        "ids": pasted.ids,
        "refused": pasted.refused,
        "updated": pasted.updated,
        "skipped": pasted.skipped,
    }


@router.delete("/tables/{table_id}/rows", summary="Delete rows")
def delete_rows(request: HttpRequest, table_id: str, body: RowIds) -> dict[str, Any]:
    """Moves the rows in `ids`, or all except `all_but`, to the trash. `undo` is the key that restores them."""
    table = lookup.table(actor(request), table_id, Role.EDITOR)
    if (body.ids is None) == (body.all_but is None):
        raise Refused("Send either ids or all_but.", field="ids")
    if body.all_but is not None:
        deletion = rows.delete_all_but(table, [lookup.number(pk) for pk in body.all_but])
    else:
        ids = [lookup.number(pk) for pk in body.ids or []]
        deletion = rows.delete(table, ids)
        if body.view:
            view_snapshots.remove(table, body.view, ids)
    return {"deleted": deletion.rows, "undo": str(deletion.pk)} if deletion else {"deleted": 0, "undo": None}


@router.post("/tables/{table_id}/rows/restore", summary="Restore rows")
def restore_rows(request: HttpRequest, table_id: str, body: Undo) -> dict[str, int]:
    """Restores rows from the trash by the key that deleting them returned, in their places and with their results."""
    who = actor(request)
    table = lookup.table(who, table_id, Role.EDITOR)
    deletion = lookup.trash(who).filter(table=table, kind=Deletion.Kind.ROWS, pk=lookup.number(body.undo)).first()
    if deletion is None:
        raise Refused("These rows are no longer in the trash, or they were already restored.", field="undo")
    return {"restored": rows.restore(deletion)}


@router.get("/rows/{row_id}/cells/{column_id}", summary="Get a cell's history")
def get_cell(request: HttpRequest, row_id: str, column_id: str) -> dict[str, Any]:
    """Returns the cell with every attempt: request with the redirects that were followed, response, time and error."""
    column = lookup.column(actor(request), column_id)
    row = Row.objects.filter(pk=lookup.number(row_id), table_id=column.table_id).first()
    if row is None:
        raise Http404
    return cell_history.of_cell(row, column)

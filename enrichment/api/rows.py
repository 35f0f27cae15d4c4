"""Rows of a table, and the history of one cell."""

from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Query, Router, Schema, Status

from enrichment import lookup
from enrichment.api import described, versions
from enrichment.api.auth import actor
from enrichment.api.bodies import Body
from enrichment.api.versions import IfMatch
from enrichment.dataflow import auto_update
from enrichment.preview import cell_history
from tables import deletions, moves, open_rows, pasting, rows, saved_views, storage, upserts, view_snapshots
from tables.keys import Matching
from tables.models import Column, Deletion, Edit, Row, Table
from tables.row_queries import View
from workspaces.models import Role
from workspaces.refusals import Refused

router = Router(tags=["Rows"])


class Keyed(Body):
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
    """`before` is the row that they are put before; without it they come last. `typing` as for changes."""

    rows: list[dict[str | int, Any]]
    before: int | str | None = None
    view: str = ""
    typing: bool = False


class Move(Body):
    """`before` is the row that they are moved before; null moves them to the end."""

    ids: list[int | str]
    before: int | str | None


class RowChange(Body):
    """With `was`, nothing is changed if a cell has another value now."""

    id: int | str
    cells: dict[str | int, Any]
    was: dict[str | int, Any] = {}


class Cells(Body):
    cells: dict[str | int, Any]


class RowChanges(Body):
    """With `typing`, auto-update waits until the rows are left, or for five seconds. `undo` names it in the history."""

    rows: list[RowChange]
    typing: bool = False
    undo: bool = False


class TypedRows(Body):
    """`left` says that nobody is typing in these rows any more."""

    ids: list[int | str]
    left: bool = False


class Paste(Keyed):
    """`rows` change cells, `added` are new; with `key`, those of them that match are updated or skipped."""

    rows: list[RowChange] = []
    added: list[dict[str | int, Any]] = []
    view: str = ""


class RowIds(Body):
    """Either `ids`, or `all_but` for every other row."""

    ids: list[int | str] | None = None
    all_but: list[int | str] | None = None
    view: str = ""


class Undo(Body):
    undo: str


class RowWindow(Schema):
    offset: int = 0
    limit: int = 100
    filter: str = ""
    sort: str = ""
    search: str = ""
    view: str = ""


@router.get("/tables/{table_id}/rows", summary="List rows")
def list_rows(request: HttpRequest, table_id: str, query: Query[RowWindow]) -> dict[str, Any]:
    """Returns a window of rows.

    `view` is the id of a saved view, or the token of a view that you opened, whose rows keep their places.
    """
    table = lookup.table(actor(request), table_id)
    offset, limit = described.window(query.offset, query.limit)
    columns = list(Column.objects.filter(table=table))
    if query.view and not saved_views.is_id(query.view):
        snapshot, total = view_snapshots.window(table, query.view, offset, limit)
        return {"items": _with_deleted(snapshot, columns), "total": total}
    if query.view:
        view = saved_views.find(table, query.view)
    else:
        view = View.of_texts(columns, filter=query.filter, sort=query.sort, search=query.search)
    if not view.is_whole_table:
        items, total = view.window(table, offset, limit)
        return {"items": rows.as_json(items, columns), "total": total}
    return {"items": rows.as_json(rows.window(table, offset, limit), columns, offset), "total": table.row_count}


def _with_deleted(snapshot: list[Row | int], columns: list[Column]) -> list[dict[str, Any]]:
    """A row deleted since keeps its place in the view, with no position and no cells."""
    live = {item["id"]: item for item in rows.as_json([row for row in snapshot if isinstance(row, Row)], columns)}
    ids = [row.pk if isinstance(row, Row) else row for row in snapshot]
    return [live.get(pk, {"id": pk, "position": None, "cells": {}}) for pk in ids]


@router.post("/tables/{table_id}/rows", response={201: dict}, summary="Add rows")
def add_rows(request: HttpRequest, table_id: str, body: NewRows) -> Status[dict[str, Any]]:
    """Adds rows, by column name or id, and starts auto-update. `ids` are the rows that they became or matched."""
    table = lookup.table(actor(request), table_id, Role.EDITOR)
    with transaction.atomic():  # open before a worker can see them
        if body.before is None:
            written = upserts.write(table, body.rows, body.matching())
        else:
            written = upserts.Written(rows.insert(table, lookup.number(body.before), body.rows))
        if body.typing:
            open_rows.keep_open(table.pk, written.ids)
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
    row_ids = [lookup.number(row.id) for row in body.rows]
    changes = [{"id": pk, "cells": row.cells, "was": row.was} for pk, row in zip(row_ids, body.rows, strict=True)]
    if body.typing:
        open_rows.keep_open(table.pk, row_ids)
    return {"updated": rows.update(table, changes, Edit.How.UNDO if body.undo else Edit.How.EDIT)}


@router.post("/tables/{table_id}/rows/typing", response={204: None}, summary="Say that rows are being typed into")
def type_in_rows(request: HttpRequest, table_id: str, body: TypedRows) -> Status[None]:
    """Keeps auto-update from running these rows for another five seconds, or lets it run them if they were `left`."""
    table = lookup.table(actor(request), table_id, Role.EDITOR)
    row_ids = [lookup.number(pk) for pk in body.ids]
    if body.left:
        auto_update.rows_left(table.pk, row_ids)
    else:
        open_rows.keep_open(table.pk, row_ids)
    return Status(204, None)


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
    """Moves the rows in `ids`, or all except `all_but`, to the trash. `undo` is the key that restores them.

    Very many take a worker some time: `state` is `deleting`, and `GET /trash/{undo}` has the progress.
    """
    table = lookup.table(actor(request), table_id, Role.EDITOR)
    if (body.ids is None) == (body.all_but is None):
        raise Refused("Send either ids or all_but.", field="ids")
    if body.all_but is not None and body.view:
        words = "all_but means all other rows of the table, not of a view. To delete rows of a view, send their ids."
        raise Refused(words, field="view")
    if body.all_but is not None:
        deletion = moves.delete_all_but(table, [lookup.number(pk) for pk in body.all_but])
    else:
        ids = [lookup.number(pk) for pk in body.ids or []]
        deletion = rows.delete(table, ids)
        if body.view:
            view_snapshots.remove(table, body.view, ids)
    if deletion is None:
        return {"deleted": 0, "undo": None}
    number = deletion.rows_total if deletion.move else deletion.rows
    return {"deleted": number, "undo": str(deletion.pk)} | _under_way(deletion)


@router.post("/tables/{table_id}/rows/restore", summary="Restore rows")
def restore_rows(request: HttpRequest, table_id: str, body: Undo) -> dict[str, Any]:
    """Restores rows from the trash by the key that deleting them returned, in their places and with their results.

    Very many take a worker some time: `state` is `restoring`, and `GET /trash/{undo}` has the progress.
    """
    who = actor(request)
    table = lookup.table(who, table_id, Role.EDITOR)
    deletion = deletions.found(who).filter(table=table, kind=Deletion.Kind.ROWS, pk=lookup.number(body.undo)).first()
    if deletion is None:
        raise Refused("These rows are no longer in the trash, or they were already restored.", field="undo")
    return {"restored": moves.restore(deletion)} | _under_way(deletion)


def _under_way(deletion: Deletion) -> dict[str, str]:
    """Returns what a worker is still doing with the rows; nothing where it is done."""
    return {"state": deletions.state(deletion)} if deletion.move else {}


@router.get("/tables/{table_id}/rows/{row_id}", summary="Get a row")
def get_row(request: HttpRequest, response: HttpResponse, table_id: str, row_id: str) -> dict[str, Any]:
    """Returns the row. `ETag` stands for the cells that people fill, for `If-Match` when you change them."""
    return _tagged(response, _row(lookup.table(actor(request), table_id), row_id))


@router.patch("/tables/{table_id}/rows/{row_id}", summary="Change a row")
def change_row(
    request: HttpRequest,
    response: HttpResponse,
    table_id: str,
    row_id: str,
    body: Cells,
    if_match: IfMatch = None,
) -> dict[str, Any]:
    """Changes the cells that are sent, by column name or id, and starts auto-update.

    With `If-Match`, nothing is changed if a cell that people fill has changed since: 412, with the row as it is.
    """
    table = lookup.table(actor(request), table_id, Role.EDITOR)
    with transaction.atomic():
        storage.lock_table(table.pk)
        now = _row(table, row_id)
        versions.check(if_match, now, versions.of_row(now))
        rows.update(table, [{"id": now["id"], "cells": body.cells}])
    return _tagged(response, _row(table, row_id))


def _row(table: Table, row_id: str) -> dict[str, Any]:
    """Raises Http404."""
    row = Row.objects.filter(table=table, pk=lookup.number(row_id)).first()
    if row is None:
        raise Http404
    return rows.as_json([row], list(Column.objects.filter(table=table)))[0]


def _tagged(response: HttpResponse, row: dict[str, Any]) -> dict[str, Any]:
    return versions.tagged(response, row, versions.of_row(row))


@router.get("/rows/{row_id}/cells/{column_id}", summary="Get a cell's history")
def get_cell(request: HttpRequest, row_id: str, column_id: str) -> dict[str, Any]:
    """Returns the cell with every attempt: request, redirects (`hops`), response, time and error.

    `deleted_attempts` counts those that the limits of the table had no room for, and gives its limits of now.
    Attempts that were for many rows name them in `row_ids`, and `rows` says where these are in the table.
    `edits` says who changed a plain cell, when, how, from what and to what, the newest first, for up to 90 days.
    """
    column = lookup.column(actor(request), column_id)
    row = Row.objects.filter(pk=lookup.number(row_id), table_id=column.table_id).first()
    if row is None:
        raise Http404
    return cell_history.of_cell(row, column)

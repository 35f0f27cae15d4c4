"""Rows of a table, and the story of one cell."""

from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Schema, Status

from enrichment import answers
from enrichment.api import described, found
from enrichment.api.auth import actor
from enrichment.models import Attempt
from enrichment.trial import as_json as attempt_as_json
from tables import pasting, rows, trash
from tables.columns import ColumnError
from tables.models import Column, Row
from tables.views_of_rows import View
from workspaces.models import Role

router = Router(tags=["Rows"])


class NewRows(Schema):
    rows: list[dict[str | int, Any]]


class RowChange(Schema):
    id: int | str
    cells: dict[str | int, Any]


class RowChanges(Schema):
    rows: list[RowChange]


class Paste(Schema):
    rows: list[RowChange] = []
    added: list[dict[str | int, Any]] = []


class RowIds(Schema):
    """`ids`, or every row but `all_but`. `undo` asks for a key that brings the rows back for an hour."""

    ids: list[int | str] | None = None
    all_but: list[int | str] | None = None
    undo: bool = False


class Undo(Schema):
    undo: str


@router.get("/tables/{table_id}/rows")
def list_rows(
    request: HttpRequest, table_id: str, offset: int = 0, limit: int = 100,
    filter: str = "", sort: str = "", search: str = "",
) -> dict[str, Any]:  # fmt: skip
    table = found.table(actor(request), table_id)
    offset, limit = described.window(offset, limit)
    columns = list(Column.objects.filter(table=table))
    view = View.of_texts(columns, filter=filter, sort=sort, search=search)
    items, total = view.window(table, offset, limit) if view else (rows.window(table, offset, limit), table.row_count)
    return {"items": rows.as_json(items, columns), "total": total}


@router.post("/tables/{table_id}/rows", response={201: dict})
def add_rows(request: HttpRequest, table_id: str, body: NewRows) -> Status[dict[str, Any]]:
    table = found.table(actor(request), table_id, Role.EDITOR)
    return Status(201, {"ids": rows.append(table, body.rows)})


@router.patch("/tables/{table_id}/rows")
def change_rows(request: HttpRequest, table_id: str, body: RowChanges) -> dict[str, int]:
    table = found.table(actor(request), table_id, Role.EDITOR)
    return {"updated": rows.update(table, [{"id": found.number(row.id), "cells": row.cells} for row in body.rows])}


@router.post("/tables/{table_id}/paste")
def paste_cells(request: HttpRequest, table_id: str, body: Paste) -> dict[str, Any]:
    """As PATCH and POST of rows at once, but a cell that cannot take its value stops none of the others."""
    table = found.table(actor(request), table_id, Role.EDITOR)
    changes = [{"id": found.number(row.id), "cells": row.cells} for row in body.rows]
    pasted = pasting.paste(table, changes, body.added)
    return {"ids": pasted.ids, "refused": pasted.refused}


@router.delete("/tables/{table_id}/rows")
def delete_rows(request: HttpRequest, table_id: str, body: RowIds) -> dict[str, Any]:
    table = found.table(actor(request), table_id, Role.EDITOR)
    if (body.ids is None) == (body.all_but is None):
        raise ColumnError("Send either ids or all_but.", field="ids")
    if body.all_but is not None:
        return {"deleted": rows.delete_all_but(table, [found.number(pk) for pk in body.all_but])}
    ids = [found.number(pk) for pk in body.ids or []]
    if not body.undo:
        return {"deleted": rows.delete(table, ids)}
    number, key = trash.delete(table, ids)
    return {"deleted": number, "undo": key}


@router.post("/tables/{table_id}/rows/restore")
def restore_rows(request: HttpRequest, table_id: str, body: Undo) -> dict[str, int]:
    """Rows deleted with `undo` within the last hour come back where they were, with their results."""
    table = found.table(actor(request), table_id, Role.EDITOR)
    return {"restored": trash.restore(table, body.undo)}


@router.get("/rows/{row_id}/cells/{column_id}")
def get_cell(request: HttpRequest, row_id: str, column_id: str) -> dict[str, Any]:
    column = found.column(actor(request), column_id)
    row = Row.objects.filter(pk=found.number(row_id), table_id=column.table_id).first()
    if row is None:
        raise Http404
    if not column.is_computed:
        return {"cell": {"value": row.values.get(str(column.pk))}, "attempts": [], "same_as": None}
    attempts = Attempt.objects.filter(row_id=row.pk, column=column).order_by("started_at", "number")
    [shown] = rows.as_json([row], [column])
    return {
        "cell": shown["cells"][str(column.pk)], "attempts": [attempt_as_json(attempt) for attempt in attempts],
        "same_as": answers.same_as(row.pk, column.pk),
    }  # fmt: skip

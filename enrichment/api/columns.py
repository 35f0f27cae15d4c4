"""Columns: their settings, and what a row of an HTTP column would send."""

from typing import Any, Literal

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.http import content_disposition_header
from ninja import Router, Schema, Status
from pydantic import Field

from enrichment import lookup
from enrichment.api import described
from enrichment.api.auth import actor
from enrichment.api.tables import NewColumn
from enrichment.columns import lifecycle as column_lifecycle
from enrichment.columns import recipe_export, recipe_import, recipes
from enrichment.graph import FORMULA_TYPES
from enrichment.preview import estimate as estimates
from enrichment.preview import formula, one_row
from enrichment.runs import failures, lifecycle
from tables.models import Column, ColumnType
from workspaces.models import Role
from workspaces.refusals import Refused

router = Router(tags=["Columns"])


class ColumnChange(Schema):
    name: str | None = Field(default=None, max_length=200)
    type: str | None = None
    config: dict[str, Any] | None = None
    position: int | None = Field(default=None, ge=0)
    width: int | None = Field(default=None, ge=40, le=2000)
    hidden: bool | None = None
    pinned: bool | None = None


class OneRow(Schema):
    row_id: int | str
    config: dict[str, Any] | None = None


class FormulaDraft(Schema):
    type: Literal["formula", "extract"] = "formula"
    config: dict[str, Any]
    row_ids: list[int | str] | None = None
    column_id: int | str | None = None


class Import(Schema):
    """`columns` maps names in the recipe to columns of this table. `secrets` create the recipe's connection."""

    recipe: Any
    columns: dict[str, str] = {}
    connection_id: int | None = None
    confirm_host: str | None = None
    secrets: dict[str, str] | None = None
    dry_run: bool = False


class Scope(Schema):
    rows: Any = "missing"


@router.post("/tables/{table_id}/columns", response={201: dict}, summary="Create a column")
def create_column(request: HttpRequest, table_id: str, body: NewColumn) -> Status[dict[str, Any]]:
    """Creates a column. `config` holds the settings of its type.

    An HTTP column uses GET and has `auto_update` on, where its `config` doesn't say otherwise.
    """
    table = lookup.table(actor(request), table_id, Role.EDITOR)
    return Status(201, described.column(column_lifecycle.create(table, body.name, body.type, body.config)))


@router.get("/columns/{column_id}/recipe", summary="Export a column's settings")
def export_recipe(request: HttpRequest, column_id: str) -> HttpResponse:
    """Returns the settings as a file for another table: columns by name, without secrets."""
    column = lookup.column(actor(request), column_id)
    answer = JsonResponse(recipe_export.export(column), json_dumps_params={"indent": 2, "ensure_ascii": False})
    answer["Content-Disposition"] = content_disposition_header(True, f"{column.name}.marl.json") or "attachment"
    return answer


@router.post(
    "/tables/{table_id}/columns/import",
    response={200: dict, 201: dict},
    summary="Import a column's settings",
)
def import_recipe(request: HttpRequest, table_id: str, body: Import) -> Status[dict[str, Any]]:
    """Creates a column from exported settings. With `dry_run`, returns what the settings need instead."""
    who = actor(request)
    table = lookup.table(who, table_id, Role.EDITOR)
    recipe = recipes.read(body.recipe)
    if body.dry_run:
        return Status(200, recipe_import.dry_run(who, table, recipe))
    choices = recipe_import.Choices(body.columns, body.connection_id, body.secrets, body.confirm_host)
    return Status(201, described.column(recipe_import.create(who, table, recipe, choices)))


@router.get("/columns/{column_id}", summary="Get a column")
def get_column(request: HttpRequest, column_id: str) -> dict[str, Any]:
    """Returns the column with its settings and how many cells are in each state."""
    return described.column(lookup.column(actor(request), column_id))


@router.patch("/columns/{column_id}", summary="Change a column")
def change_column(request: HttpRequest, column_id: str, body: ColumnChange) -> dict[str, Any]:
    """Changes only what is sent. Settings that `config` leaves out stay as they are."""
    column = lookup.column(actor(request), column_id, Role.EDITOR)
    column_lifecycle.change(column, **body.model_dump(exclude_unset=True))
    return described.column(lookup.column(actor(request), column_id))


@router.delete("/columns/{column_id}", response={204: None}, summary="Delete a column")
def delete_column(request: HttpRequest, column_id: str, force: bool = False) -> Status[None]:
    """Deletes the column. Answers 409 while other columns use it, unless you send `force`."""
    column = lookup.column(actor(request), column_id, Role.EDITOR)
    column_lifecycle.delete(column, force=force)
    return Status(204, None)


@router.post("/columns/{column_id}/restore", summary="Restore a column")
def restore_column(request: HttpRequest, column_id: str) -> dict[str, Any]:
    """Restores a deleted column with its values and results."""
    column = lookup.column(actor(request), column_id, Role.EDITOR, deleted=True)
    column_lifecycle.restore(column)
    return described.column(column)


@router.post("/columns/{column_id}/duplicate", response={201: dict}, summary="Duplicate a column")
def duplicate_column(request: HttpRequest, column_id: str) -> Status[dict[str, Any]]:
    """Creates a column after this one with the same settings. A plain column's values are copied too."""
    column = lookup.column(actor(request), column_id, Role.EDITOR)
    return Status(201, described.column(column_lifecycle.duplicate(column)))


@router.post("/tables/{table_id}/formula-preview", summary="Preview a formula")
def preview_formula(request: HttpRequest, table_id: str, body: FormulaDraft) -> dict[str, Any]:
    """Returns what these rows, or the first ten, would become. To preview an edit, send the column's `column_id`."""
    table = lookup.table(actor(request), table_id, Role.EDITOR)
    column = Column(table=table, type=body.type)
    if body.column_id is not None:
        column = lookup.column(actor(request), body.column_id, Role.EDITOR)
    if column.table_id != table.pk or column.type != body.type:
        raise Refused(f"“{column.name}” is not a column of this type in this table.")
    row_ids = None if body.row_ids is None else [lookup.number(pk) for pk in body.row_ids]
    return formula.preview_rows(column, body.config, row_ids)


@router.post("/columns/{column_id}/preview", summary="Preview one row")
def preview(request: HttpRequest, column_id: str, body: OneRow) -> dict[str, Any]:
    """Returns the exact request of one row with secrets hidden, and sends nothing.

    For a formula, returns its result.
    """
    column = lookup.column(actor(request), column_id)
    if column.type in FORMULA_TYPES:
        return formula.preview_row(column, lookup.number(body.row_id), body.config)
    column = _http(column)
    return one_row.preview(column, lookup.number(body.row_id), body.config)


@router.post("/columns/{column_id}/test", summary="Test one row")
def test(request: HttpRequest, column_id: str, body: OneRow) -> dict[str, Any]:
    """Sends the request of one row and returns the cell, every attempt, and problems that it showed. Nothing is stored.

    `redirects` of an attempt's request are those that were followed: status, method, address, and whether the
    credentials went along. If the API has moved the address, the problem's edit takes the new one.
    """
    column = _http(lookup.column(actor(request), column_id, Role.EDITOR))
    return one_row.send(column, lookup.number(body.row_id), body.config)


@router.post("/columns/{column_id}/estimate", summary="Estimate a run")
def estimate(request: HttpRequest, column_id: str, body: Scope) -> dict[str, Any]:
    """Returns how many rows a run would send, skip or leave out, and how long it takes under the rate limit."""
    return estimates.estimate(_http(lookup.column(actor(request), column_id)), body.rows)


@router.get("/columns/{column_id}/failures", summary="List failures by reason")
def list_failures(
    request: HttpRequest, column_id: str, run: str = "", offset: int = 0, limit: int = 50
) -> dict[str, Any]:
    """Returns why rows have no result, the most frequent reason first. To see one run of the column, send `run`."""
    who = actor(request)
    column = lookup.column(who, column_id)
    of_run = lookup.run(who, run) if run else None
    if of_run and of_run.column_id != column.pk:
        raise Refused(f"Run {of_run.pk} belongs to another column.", code="not_found")
    kinds = failures.by_kind(column, of_run)
    offset, limit = described.window(offset, limit)
    return {"items": failures.with_positions(kinds[offset : offset + limit]), "total": len(kinds)}


def _http(column: Column) -> Column:
    if column.type != ColumnType.HTTP:
        raise Refused(f"“{column.name}” {lifecycle.why_no_run(column)} It doesn't send requests.")
    return column

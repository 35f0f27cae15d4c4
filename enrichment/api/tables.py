"""Who am I; tables."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from ninja import Router, Schema, Status
from pydantic import Field

from enrichment import lookup
from enrichment.api import described
from enrichment.api.auth import actor
from enrichment.columns import lifecycle as column_lifecycle
from enrichment.columns import table_lifecycle
from enrichment.graph import CALCULATED_TYPES
from enrichment.sample import table as sample_table
from tables import catalog, columns
from tables.imports import uploads
from tables.models import Table
from workspaces.models import Role

router = Router(tags=["Tables"])


class NewColumn(Schema):
    name: str = Field(min_length=1, max_length=200)
    type: str = "text"
    config: dict[str, Any] | None = None


class NewTable(Schema):
    name: str = Field(min_length=1, max_length=200)
    columns: list[NewColumn] = []


class TableChange(Schema):
    name: str | None = Field(default=None, min_length=1, max_length=200)
    auto_update: bool | None = None


@router.get("/me", summary="Get your identity")
def me(request: HttpRequest) -> dict[str, Any]:
    """Returns the user, workspace and role that the token belongs to."""
    who = actor(request)
    return {
        "user": who.user.email if who.user else None,
        "workspace": {"id": who.workspace.pk, "name": who.workspace.name},
        "role": who.role,
    }


@router.get("/tables", summary="List tables")
def list_tables(request: HttpRequest, offset: int = 0, limit: int = 100) -> dict[str, Any]:
    """Returns the tables of the workspace."""
    return described.listed(
        lookup.tables(actor(request)).order_by("-updated_at", "-pk"), offset, limit, described.table
    )


@router.post("/tables", response={201: dict}, summary="Create a table")
def create_table(request: HttpRequest, body: NewTable) -> Status[dict[str, Any]]:
    """Creates an empty table with these columns."""
    who = actor(request)
    who.require(Role.EDITOR)
    with transaction.atomic():
        table = catalog.create(who, body.name, [])
        for column in body.columns:
            _create_column(table, column)
    return Status(201, described.table(table))


def _create_column(table: Table, column: NewColumn) -> None:
    """An HTTP column may get its settings later."""
    if column.config is None and column.type not in CALCULATED_TYPES:
        columns.create(table, column.name, column.type)
    else:
        column_lifecycle.create(table, column.name, column.type, column.config)


@router.post("/samples", response={201: dict}, summary="Create the sample table")
def create_sample(request: HttpRequest) -> Status[dict[str, Any]]:
    """Creates a sample table whose columns call an API that this server makes up."""
    who = actor(request)
    who.require(Role.EDITOR)
    return Status(201, described.table(sample_table.create(who)))


@router.get("/tables/{table_id}", summary="Get a table")
def get_table(request: HttpRequest, table_id: str) -> dict[str, Any]:
    """Returns the table and its columns."""
    return described.table(lookup.table(actor(request), table_id))


@router.patch("/tables/{table_id}", summary="Change a table")
def change_table(request: HttpRequest, table_id: str, body: TableChange) -> dict[str, Any]:
    """Renames the table, or turns auto-update on or off for all of its columns."""
    table = lookup.table(actor(request), table_id, Role.EDITOR)
    catalog.change(table, name=body.name, auto_update=body.auto_update)
    return described.table(table)


@router.delete("/tables/{table_id}", response={204: None}, summary="Delete a table")
def delete_table(request: HttpRequest, table_id: str, force: bool = False) -> Status[None]:
    """Deletes the table. You can restore it for 30 days.

    Answers 409 while columns of other tables look something up in it, unless you send `force`.
    """
    table_lifecycle.delete(lookup.table(actor(request), table_id, Role.EDITOR), force=force)
    return Status(204, None)


@router.post("/tables/{table_id}/restore", summary="Restore a table")
def restore_table(request: HttpRequest, table_id: str) -> dict[str, Any]:
    """Restores a deleted table within 30 days."""
    table = lookup.deleted_table(actor(request), table_id, Role.EDITOR)
    table_lifecycle.restore(table)
    return described.table(table)


@router.post("/tables/{table_id}/duplicate", response={202: dict}, summary="Duplicate a table")
def duplicate_table(request: HttpRequest, table_id: str) -> Status[dict[str, Any]]:
    """Copies columns, settings, rows and results in the background. Returns an import that reports the progress."""
    who = actor(request)
    return Status(202, uploads.as_json(table_lifecycle.duplicate(who, lookup.table(who, table_id, Role.EDITOR))))

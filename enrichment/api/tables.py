"""Who am I; tables."""

from typing import Any

from django.db import transaction
from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from enrichment import lookup
from enrichment.api import described
from enrichment.api.auth import actor
from enrichment.api.bodies import Body
from enrichment.columns import lifecycle as column_lifecycle
from enrichment.columns import table_lifecycle
from enrichment.graph import CALCULATED_TYPES
from enrichment.preview import retention as effects
from enrichment.runs import retention
from enrichment.runs.retention import Limits
from enrichment.sample import table as sample_table
from tables import catalog, columns
from tables.imports import uploads
from tables.models import Table
from workspaces.models import Role

router = Router(tags=["Tables"])


class NewColumn(Body):
    name: str = Field(min_length=1, max_length=200)
    type: str = "text"
    config: dict[str, Any] | None = None


class NewTable(Body):
    name: str = Field(min_length=1, max_length=200)
    columns: list[NewColumn] = []


class TableChange(Body):
    name: str | None = Field(default=None, min_length=1, max_length=200)
    auto_update: bool | None = None
    attempt_days: int | None = None
    attempts_per_cell: int | None = None

    def limits(self, table: Table) -> Limits:
        """Returns those of the table, with what is given; null is no limit."""
        given = self.dict(include={"attempt_days", "attempts_per_cell"}, exclude_unset=True)
        now = {"attempt_days": table.attempt_days, "attempts_per_cell": table.attempts_per_cell}
        return Limits(*(now | given).values())


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
    """Renames the table, turns auto-update on or off for all of its columns, or sets how long attempts are kept.

    Attempts older than `attempt_days`, and those of a cell beyond its last `attempts_per_cell`, are deleted for good
    in the background; null is no limit. The last attempt of each cell stays.
    """
    table = lookup.table(actor(request), table_id, Role.EDITOR)
    with transaction.atomic():
        catalog.change(table, name=body.name, auto_update=body.auto_update)
        retention.change(table, body.limits(table))
    return described.table(table)


@router.get("/tables/{table_id}/attempts", summary="Get what attempts take")
def get_attempts(
    request: HttpRequest, table_id: str, attempt_days: int | None = None, attempts_per_cell: int | None = None
) -> dict[str, Any]:
    """Returns how many attempts the table has, about how many bytes they take, and what these limits would delete.

    Without `attempt_days` or `attempts_per_cell` there is no such limit. In a table of more than 1,000 rows, the
    numbers are judged by a sample, and `is_estimate` is true.
    """
    table = lookup.table(actor(request), table_id)
    return effects.effect(table, Limits(attempt_days, attempts_per_cell)).as_json()


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

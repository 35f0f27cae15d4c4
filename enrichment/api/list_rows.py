"""Rows from the lists in a column's results."""

from typing import Any

from django.http import HttpRequest
from ninja import Router, Status
from pydantic import Field

from enrichment import lookup
from enrichment.api.auth import actor
from enrichment.api.bodies import Body
from enrichment.columns import list_rows
from enrichment.columns.list_rows import Wish
from enrichment.models import ListRows
from workspaces.models import Role
from workspaces.refusals import Refused

router = Router(tags=["Rows from lists"])


class Expansion(Body):
    path: str = ""
    table_id: int | None = None
    name: str = Field(default="", max_length=200)
    columns: list[dict[str, Any]] = []
    key: list[int | str] = []
    auto: bool = True


class ListPlace(Body):
    path: str = ""
    table_id: int | None = None


class ExpansionChange(Body):
    auto: bool


@router.post("/columns/{column_id}/expand", response={202: dict}, summary="Make rows of a list")
def expand(request: HttpRequest, column_id: str, body: Expansion) -> Status[dict[str, Any]]:
    """Makes each item of the list at `path` a row of a table, or of a new one called `name`.

    `columns` is `[{"path": "email", "column": "Email"}]`, with the path `$` for the whole item; without it, every field
    gets a column. Rows match by `key`; without one, an item that is as before is not added again. A further column
    holds the id of the row that an item came from. With `auto`, new results become rows by themselves. Items that are
    no longer in a list keep their rows.
    """
    who = actor(request)
    column = lookup.column(who, column_id, Role.EDITOR)
    if body.table_id is None and not body.name.strip():
        raise Refused("Send table_id, or name for a new table.", field="table_id")
    table = None if body.table_id is None else lookup.table(who, body.table_id, Role.EDITOR)
    stored = list_rows.expand(who, column, Wish(body.path, body.columns, body.key, body.auto), table, body.name)
    return Status(202, list_rows.as_json(stored))


@router.post("/columns/{column_id}/expand/fields", summary="List what the items of a list have")
def list_fields(request: HttpRequest, column_id: str, body: ListPlace) -> dict[str, Any]:
    """Returns the fields of the first items, with values, and the column of the table that each would go into."""
    who = actor(request)
    table = None if body.table_id is None else lookup.table(who, body.table_id)
    return list_rows.fields_of(lookup.column(who, column_id), body.path, table)


@router.get("/tables/{table_id}/lists", summary="List the lists that fill a table")
def lists_of_table(request: HttpRequest, table_id: str) -> dict[str, Any]:
    """Returns the lists whose items become rows of the table, with their progress."""
    table = lookup.table(actor(request), table_id)
    found = ListRows.objects.filter(table=table).select_related("column__table", "table")
    return {"items": [list_rows.as_json(stored) for stored in found]}


@router.patch("/lists/{list_id}", summary="Change a list that fills a table")
def change_list(request: HttpRequest, list_id: str, body: ExpansionChange) -> dict[str, Any]:
    """Turns on or off that new results become rows by themselves."""
    stored = lookup.list_rows(actor(request), list_id, Role.EDITOR)
    list_rows.change(stored, auto=body.auto)
    return list_rows.as_json(stored)


@router.delete("/lists/{list_id}", response={204: None}, summary="Stop filling a table from a list")
def stop_list(request: HttpRequest, list_id: str) -> Status[None]:
    """Makes no further rows of the list. Those that are there stay."""
    list_rows.stop(lookup.list_rows(actor(request), list_id, Role.EDITOR))
    return Status(204, None)

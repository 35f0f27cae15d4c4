"""Columns: their settings, and what a row of an HTTP column would send."""

from typing import Any, Literal

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Router, Status
from pydantic import Field

from enrichment import lookup, schedules
from enrichment.api import described, versions
from enrichment.api.auth import actor
from enrichment.api.bodies import Body
from enrichment.api.tables import NewColumn
from enrichment.api.versions import IfMatch
from enrichment.columns import lifecycle as column_lifecycle
from enrichment.graph import CALCULATED_TYPES
from enrichment.preview import estimate as estimates
from enrichment.preview import formula, one_row
from enrichment.runs import failures, lifecycle
from tables import replacements, row_lists, storage
from tables.models import Column, ColumnType
from workspaces.models import Role
from workspaces.refusals import Refused

router = Router(tags=["Columns"])


class ColumnChange(Body):
    name: str | None = Field(default=None, max_length=200)
    type: str | None = None
    config: dict[str, Any] | None = None
    position: int | None = Field(default=None, ge=0)
    width: int | None = Field(default=None, ge=40, le=2000)
    hidden: bool | None = None
    pinned: bool | None = None
    schedule: dict[str, Any] | None = None


class OneRow(Body):
    row_id: int | str
    config: dict[str, Any] | None = None


class FormulaDraft(Body):
    type: Literal["formula", "extract", "lookup"] = "formula"
    config: dict[str, Any]
    row_ids: list[int | str] | None = None
    column_id: int | str | None = None


class ColumnIds(Body):
    ids: list[int | str] = Field(min_length=1)


class DeletedColumns(ColumnIds):
    force: bool = False


class Scope(Body):
    rows: Any = "missing"


class Unsendable(Scope):
    """With `like`, the number of a row from 1, only those for the same kind of reason as that row."""

    like: int | None = Field(default=None, ge=1)
    config: dict[str, Any] | None = None


@router.post("/tables/{table_id}/columns", response={201: dict}, summary="Create a column")
def create_column(request: HttpRequest, table_id: str, body: NewColumn) -> Status[dict[str, Any]]:
    """Creates a column. `config` holds the settings of its type.

    An HTTP column uses GET and has `auto_update` on, where its `config` doesn't say otherwise. `body_format` is `json`
    (the default), `xml` or `text`, written in `body`; `form` or `multipart`, written in `form` as
    `[{"name", "value"}]`; or `none`. A setting of another format is kept, but not sent.

    A `lookup` finds rows of another table: `{"table_id": 5, "match": {"column": "Domain", "value": "{{Website}}"},
    "take": "Industry", "many": "first"}`. `take` is a column of that table or a path into it; `many` is `first`, `list`
    or `count`.
    """
    table = lookup.table(actor(request), table_id, Role.EDITOR)
    return Status(201, described.column(column_lifecycle.create(table, body.name, body.type, body.config)))


@router.get("/columns/{column_id}", summary="Get a column")
def get_column(request: HttpRequest, response: HttpResponse, column_id: str) -> dict[str, Any]:
    """Returns the column with its settings and how many cells are in each state. `ETag` stands for the settings."""
    return _tagged(response, lookup.column(actor(request), column_id))


@router.patch("/columns/{column_id}", summary="Change a column")
def change_column(
    request: HttpRequest, response: HttpResponse, column_id: str, body: ColumnChange, if_match: IfMatch = None
) -> dict[str, Any]:
    """Changes only what is sent. Settings that `config` leaves out stay as they are.

    With `If-Match`, nothing is changed if someone else has changed the settings since: 412, with the column as it is.

    `schedule` says when the column runs: `{"every": "week", "at": "09:00", "on": ["mon"], "timezone": "Europe/Berlin",
    "rows": "missing"}`; `every` is `hour`, `day`, `week` or `month` (`"on": [1, 15]`), and `rows` may be
    `{"older_than_hours": 720}`. `null` ends it.
    """
    who = actor(request)
    column = lookup.column(who, column_id, Role.EDITOR)
    changes = body.model_dump(exclude_unset=True)
    with transaction.atomic():
        _check_unchanged(column, if_match)
        if "schedule" in changes:
            schedules.change(column, changes.pop("schedule"), who.user)
        column_lifecycle.change(column, **changes)
    return _tagged(response, lookup.column(who, column_id))


def _check_unchanged(column: Column, if_match: str | None) -> None:
    """Raises Changed. Nobody else changes the column before the transaction ends."""
    if if_match:
        storage.lock_table(column.table_id)
        column.refresh_from_db()
        now = described.column(column)
        versions.check(if_match, now, versions.of_column(now))


def _tagged(response: HttpResponse, column: Column) -> dict[str, Any]:
    told = described.column(column)
    return versions.tagged(response, told, versions.of_column(told))


@router.delete("/columns/{column_id}", response={204: None}, summary="Delete a column")
def delete_column(request: HttpRequest, column_id: str, force: bool = False, if_match: IfMatch = None) -> Status[None]:
    """Deletes the column. Answers 409 while other columns use it, unless you send `force`."""
    column = lookup.column(actor(request), column_id, Role.EDITOR)
    with transaction.atomic():
        _check_unchanged(column, if_match)
        column_lifecycle.delete(column, force=force)
    return Status(204, None)


@router.post("/columns/{column_id}/restore", summary="Restore a column")
def restore_column(request: HttpRequest, column_id: str) -> dict[str, Any]:
    """Restores a deleted column with its values and results."""
    column = lookup.column(actor(request), column_id, Role.EDITOR, deleted=True)
    column_lifecycle.restore(column)
    return described.column(column)


@router.delete("/tables/{table_id}/columns", response={204: None}, summary="Delete columns")
def delete_columns(request: HttpRequest, table_id: str, body: DeletedColumns) -> Status[None]:
    """Deletes all of these columns or none. Answers 409 while others use one of them, unless you send `force`."""
    column_lifecycle.delete(*_of_table(request, table_id, body), force=body.force)
    return Status(204, None)


@router.post("/tables/{table_id}/columns/restore", summary="Restore columns")
def restore_columns(request: HttpRequest, table_id: str, body: ColumnIds) -> dict[str, Any]:
    """Restores all of these deleted columns, with their values and results, or none."""
    columns = _of_table(request, table_id, body, deleted=True)
    column_lifecycle.restore(*columns)
    return {"items": [described.column(column) for column in columns]}


@router.post("/tables/{table_id}/columns/clear", summary="Empty columns")
def clear_columns(request: HttpRequest, table_id: str, body: ColumnIds) -> dict[str, Any]:
    """Empties all cells of columns that people fill. `POST /edits/{id}/undo` brings the values back.

    Very many take a worker some time: `state` is `running`, and `GET /edits/{id}` has the progress.
    """
    columns = _of_table(request, table_id, body)
    return replacements.as_json(replacements.clear(columns[0].table, columns))


def _of_table(request: HttpRequest, table_id: str, body: ColumnIds, *, deleted: bool = False) -> list[Column]:
    """Raises Http404 if one of the columns is not in the table."""
    who = actor(request)
    table = lookup.table(who, table_id, Role.EDITOR)
    columns = [lookup.column(who, pk, Role.EDITOR, deleted=deleted) for pk in dict.fromkeys(body.ids)]
    if any(column.table_id != table.pk for column in columns):
        raise Http404
    return columns


@router.post("/columns/{column_id}/duplicate", response={201: dict}, summary="Duplicate a column")
def duplicate_column(request: HttpRequest, column_id: str) -> Status[dict[str, Any]]:
    """Creates a column after this one with the same settings. A plain column's values are copied too."""
    column = lookup.column(actor(request), column_id, Role.EDITOR)
    return Status(201, described.column(column_lifecycle.duplicate(column)))


@router.post("/tables/{table_id}/formula-preview", summary="Preview a formula or look-up")
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

    Of a batch, it is the request of this row and the next ones, which `row_ids` names. For a formula or look-up,
    returns its result.
    """
    column = lookup.column(actor(request), column_id)
    if column.type in CALCULATED_TYPES:
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
    """Returns how many rows a run would send, skip or leave out, and how long it takes under the rate limit.

    `sent_before` are rows that the API may have by now though they have no result, as in a run that was stopped, and
    that the run sends again.
    """
    return estimates.estimate(_http(lookup.column(actor(request), column_id)), body.rows)


@router.post("/columns/{column_id}/sent-before", summary="Count rows that a run sends again")
def count_sent_before(request: HttpRequest, column_id: str, body: Scope) -> dict[str, int]:
    """Returns the `sent_before` of an estimate, at once however many rows there are."""
    return {"rows": estimates.rows_sent_before(_http(lookup.column(actor(request), column_id)), body.rows)}


@router.post("/columns/{column_id}/unsendable", summary="List rows that can't be sent")
def unsendable(request: HttpRequest, column_id: str, body: Unsendable) -> dict[str, Any]:
    """Returns how many rows a run could not send, of a large run those among its first 20,000, and a filter.

    The filter shows them for an hour after it was used last.
    """
    column = _http(lookup.column(actor(request), column_id))
    reasons = estimates.unsendable(column, body.rows, body.config, body.like)
    return {"rows": len(reasons), "filter": row_lists.as_filter(column, reasons)}


@router.get("/columns/{column_id}/choices", summary="Count the rows of the usual runs")
def choices(request: HttpRequest, column_id: str) -> dict[str, int]:
    """Returns how many rows a run of `first` (ten), `missing`, `failed`, `stale` and `all` would cover now."""
    return estimates.choices(_http(lookup.column(actor(request), column_id)))


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

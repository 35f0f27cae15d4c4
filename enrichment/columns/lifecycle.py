"""Columns of every type, as the API and the pages handle them: made, shown, changed, deleted, restored, duplicated."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from enrichment import graph
from enrichment.columns import formula as formula_columns
from enrichment.columns import http as http_columns
from enrichment.dataflow import recalculations
from enrichment.graph import FORMULA_TYPES, users_of
from enrichment.models import FormulaColumn, HttpColumn, Run
from enrichment.runs import lifecycle
from tables import backfills
from tables import columns as table_columns
from tables.models import Column, ColumnType, Table
from workspaces import audit
from workspaces.refusals import Refused


def create(table: Table, name: str, type: str, config: Mapping[str, Any] | None = None) -> Column:
    """Makes a column with its settings. Raises InvalidSettings or Refused, and then nothing is made."""
    with transaction.atomic():
        column = _create(table, name, type, config)
        _note(column, "column.created")
    return column


def _create(table: Table, name: str, type: str, config: Mapping[str, Any] | None) -> Column:
    if type == ColumnType.HTTP:
        return http_columns.create(table, name, config or {})
    if type in FORMULA_TYPES:
        return formula_columns.create(table, name, type, config)
    return table_columns.create(table, name, type)


def _note(column: Column, action: str, **detail: Any) -> None:
    name = f"{column.name} in {column.table.name}"
    audit.note(column.table.workspace_id, action, name, column.pk, **detail)


def shown(column: Column) -> dict[str, Any]:
    """Returns the settings of the API; none for a plain column."""
    if column.type == ColumnType.HTTP:
        return http_columns.shown(column)
    return formula_columns.shown(column) if column.type in FORMULA_TYPES else {}


def change(column: Column, **changes: Any) -> None:
    """Changes any of name, type, config, position, width, hidden, pinned: all of it or nothing. None means no change.

    Raises InvalidSettings or Refused.
    """
    changes = {name: value for name, value in changes.items() if value is not None}
    before = shown(column)
    with transaction.atomic():
        if "name" in changes:
            table_columns.rename(column, changes["name"])
        if changes.get("type", column.type) != column.type:
            table_columns.change_type(column, changes["type"])
        if "config" in changes:
            _save_config(column, changes["config"])
        _display(column, changes)
        if settings := _changed_settings(column, before, changes):
            _note(column, "column.changed", settings=settings)


def _save_config(column: Column, config: Mapping[str, Any]) -> None:
    if column.type == ColumnType.HTTP:
        http_columns.save(column, config)
    elif column.type in FORMULA_TYPES:
        formula_columns.save(column, config)


def _display(column: Column, changes: Mapping[str, Any]) -> None:
    if "width" in changes:
        table_columns.resize(column, changes["width"])
    if "hidden" in changes or "pinned" in changes:
        table_columns.display(column, hidden=changes.get("hidden"), pinned=changes.get("pinned"))
    if "position" in changes:
        table_columns.move(column, changes["position"])


def _changed_settings(column: Column, before: Mapping[str, Any], changes: Mapping[str, Any]) -> list[str]:
    """Returns the names for the audit log, which leaves out widths and places."""
    after = shown(column)
    settings = [name for name in sorted(after) if after[name] != before.get(name)]
    return [name for name in ("name", "type") if name in changes] + settings


def delete(column: Column, *, force: bool = False) -> None:
    """Deletes the column and stops its runs. Raises Refused naming every column that uses it, unless `force`."""
    users = users_of(column)
    if users and not force:
        names = ", ".join(f"“{user.name}”" for user in users)
        raise Refused(f"“{column.name}” is used by {names}.", field="column", code="conflict")
    with transaction.atomic():
        table_columns.delete(column)
        formula_columns.recompute(column)
        _note(column, "column.deleted")
    for run in Run.objects.filter(column=column, state__in=Run.OPEN):
        lifecycle.stop(run, "The column was deleted.")


def restore(column: Column) -> None:
    """Restores the column, and has what refers to it computed again. Raises Refused."""
    settings = HttpColumn.objects.filter(column=column).first() or FormulaColumn.objects.filter(column=column).first()
    with transaction.atomic():
        graph.refuse_cycle(column, settings.column_ids if settings else ())
        table_columns.restore(column)
        formula_columns.recompute(column)
        _note(column, "column.restored")


def duplicate(column: Column) -> Column:
    """Makes “Name 2”, right after the column, with the same settings.

    Values of a plain column are copied in the background, formulas computed; an HTTP column comes without results.
    """
    with transaction.atomic():
        name = table_columns.unique_name(column.table, column.name)
        copy = table_columns.create(column.table, name, column.type, column.position + 1)
        table_columns.resize(copy, column.width)
        _copy_contents(column, copy)
        _note(copy, "column.created", like=column.name)
    copy.refresh_from_db()
    return copy


def _copy_contents(column: Column, copy: Column) -> None:
    http = HttpColumn.objects.filter(column=column).first()
    formula = FormulaColumn.objects.filter(column=column).first()
    if http:
        HttpColumn.objects.create(column=copy, connection=http.connection, config=http.config)
    elif formula:
        FormulaColumn.objects.create(
            column=copy, formula=formula.formula, source_id=formula.source_id, path=formula.path
        )
        recalculations.start_range(copy.table_id, [copy.pk])
    elif not column.is_computed:
        backfills.copy(column, copy)

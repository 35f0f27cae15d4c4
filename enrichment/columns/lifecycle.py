"""Columns of every kind, as the API and the pages handle them: made, shown, changed, deleted, restored, duplicated."""

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

__all__ = ["change", "create", "delete", "duplicate", "restore", "shown", "users_of"]


def create(table: Table, name: str, type: str, config: Mapping[str, Any] | None = None) -> Column:
    """Raises InvalidSettings or Refused, and then nothing is made."""
    with transaction.atomic():
        made = _created(table, name, type, config)
        _note(made, "column.created")
    return made


def _created(table: Table, name: str, type: str, config: Mapping[str, Any] | None) -> Column:
    if type == ColumnType.HTTP:
        return http_columns.create(table, name, config or {})
    if type in FORMULA_TYPES:
        return formula_columns.create(table, name, type, config)
    return table_columns.create(table, name, type)


def _note(column: Column, action: str, **detail: Any) -> None:
    name = f"{column.name} in {column.table.name}"
    audit.note(column.table.workspace_id, action, name, column.pk, **detail)


def shown(column: Column) -> dict[str, Any]:
    """The settings of the API; none for a plain column."""
    if column.type == ColumnType.HTTP:
        return http_columns.shown(column)
    return formula_columns.shown(column) if column.type in FORMULA_TYPES else {}


def change(column: Column, **wanted: Any) -> None:
    """Any of name, type, config, position, width, hidden, pinned; all of it or nothing."""
    before = shown(column)
    with transaction.atomic():
        if wanted.get("name") is not None:
            table_columns.rename(column, wanted["name"])
        if wanted.get("type") is not None and wanted["type"] != column.type:
            table_columns.change_type(column, wanted["type"])
        if wanted.get("config") is not None and column.type == ColumnType.HTTP:
            http_columns.save(column, wanted["config"])
        if wanted.get("config") is not None and column.type in FORMULA_TYPES:
            formula_columns.save(column, wanted["config"])
        if wanted.get("width") is not None:
            table_columns.resize(column, wanted["width"])
        if wanted.get("hidden") is not None or wanted.get("pinned") is not None:
            table_columns.display(column, hidden=wanted.get("hidden"), pinned=wanted.get("pinned"))
        if wanted.get("position") is not None:
            table_columns.move(column, wanted["position"])
        if changed := _changed(column, before, wanted):
            _note(column, "column.changed", settings=changed)


def _changed(column: Column, before: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """The settings that are others now; widths and places are nobody's business."""
    after = shown(column)
    settings = [name for name in sorted(after) if after[name] != before.get(name)]
    return [name for name in ("name", "type") if wanted.get(name) is not None] + settings


def delete(column: Column, *, force: bool = False) -> None:
    """Raises Refused naming every column that uses it, unless `force`."""
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
    """With what refers to it computed again. Raises Refused."""
    settings = HttpColumn.objects.filter(column=column).first() or FormulaColumn.objects.filter(column=column).first()
    with transaction.atomic():
        graph.refuse_cycle(column, settings.column_ids if settings else ())
        table_columns.restore(column)
        formula_columns.recompute(column)
        _note(column, "column.restored")


def duplicate(column: Column) -> Column:
    """“Name 2”, right behind it, with the same settings.

    Values of a plain column are copied in the background, formulas computed; an HTTP column comes without results.
    """
    with transaction.atomic():
        name = table_columns.unique_name(column.table, column.name)
        made = table_columns.create(column.table, name, column.type, column.position + 1)
        table_columns.resize(made, column.width)
        http = HttpColumn.objects.filter(column=column).first()
        formula = FormulaColumn.objects.filter(column=column).first()
        if http:
            HttpColumn.objects.create(column=made, connection=http.connection, config=http.config)
        elif formula:
            FormulaColumn.objects.create(
                column=made, formula=formula.formula, source_id=formula.source_id, path=formula.path
            )
            recalculations.start_range(made.table_id, [made.pk])
        elif not column.is_computed:
            backfills.copy(column, made)
        _note(made, "column.created", like=column.name)
    made.refresh_from_db()
    return made

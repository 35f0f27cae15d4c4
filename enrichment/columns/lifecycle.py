"""Columns of every type, as the API and the pages handle them: made, shown, changed, deleted, restored, duplicated."""

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import Any, NamedTuple

from django.db import transaction

from enrichment import graph
from enrichment.columns import formula as formula_columns
from enrichment.columns import http as http_columns
from enrichment.columns import lookups as lookup_columns
from enrichment.columns.filling import fillers_of
from enrichment.dataflow import lookup_changes, recalculations
from enrichment.graph import FORMULA_TYPES, users_of
from enrichment.models import FormulaColumn, HttpColumn, LookupColumn, Run
from enrichment.runs import lifecycle
from tables import access, backfills, storage
from tables import columns as table_columns
from tables.models import Column, ColumnType, Table
from workspaces import audit
from workspaces.refusals import Refused


class NewField(NamedTuple):
    """A field of a column's results that becomes a column of its own."""

    path: str
    name: str


def create(table: Table, name: str, type: str, config: Mapping[str, Any] | None = None) -> Column:
    """Makes a column with its settings. Raises InvalidSettings or Refused, and then nothing is made."""
    with transaction.atomic():
        column = _create(table, name, type, config)
        _note(column, "column.created")
    return column


def create_fields(source: Column, fields: Sequence[NewField]) -> list[Column]:
    """Makes field columns of what a column holds, right after it and the fields that it has there already.

    A name that is taken gets a number. Raises InvalidSettings or Refused, and then nothing is made.
    """
    if not fields:
        raise Refused("Name at least one field.", field="fields")
    with transaction.atomic():
        place = _place_of_fields(source)
        names = [field.name for field in fields]
        columns = table_columns.create_several(source.table, names, ColumnType.EXTRACT, place)
        formula_columns.create_fields(source, dict(zip(columns, [field.path for field in fields], strict=True)))
        for column in columns:
            _note(column, "column.created")
    return columns


def _place_of_fields(source: Column) -> int:
    """Returns the position after the column and those of its fields that stand next to it."""
    own = set(FormulaColumn.objects.filter(source=source).values_list("pk", flat=True))
    after = Column.objects.filter(table=source.table, position__gt=source.position).values_list("pk", flat=True)
    return source.position + 1 + len(list(takewhile(own.__contains__, after)))


def _create(table: Table, name: str, type: str, config: Mapping[str, Any] | None) -> Column:
    if type == ColumnType.HTTP:
        return http_columns.create(table, name, config or {})
    if type in FORMULA_TYPES:
        return formula_columns.create(table, name, type, config)
    if type == ColumnType.LOOKUP:
        return lookup_columns.create(table, name, config or {})
    return table_columns.create(table, name, type)


def _note(column: Column, action: str, **detail: Any) -> None:
    name = f"{column.name} in {column.table.name}"
    audit.note(column.table.workspace_id, action, name, column.pk, **detail)


def shown(column: Column) -> dict[str, Any]:
    """Returns the settings of the API; none for a plain column."""
    if column.type == ColumnType.HTTP:
        return http_columns.shown(column)
    if column.type == ColumnType.LOOKUP:
        return lookup_columns.shown(column)
    return formula_columns.shown(column) if column.type in FORMULA_TYPES else {}


def change(column: Column, **changes: Any) -> None:
    """Changes any of name, type, config, position, width, hidden, pinned: all of it or nothing. None means no change.

    Raises InvalidSettings or Refused.
    """
    changes = {name: value for name, value in changes.items() if value is not None}
    was, before = {"name": column.name, "type": column.type}, shown(column)
    with transaction.atomic():
        if "name" in changes:
            table_columns.rename(column, changes["name"])
        if changes.get("type", column.type) != column.type:
            table_columns.change_type(column, changes["type"])
            lookup_changes.on_type_changed(column)
        if "config" in changes:
            _save_config(column, changes["config"])
        _display(column, changes)
        if settings := _changed_settings(column, was, before):
            _note(column, "column.changed", settings=settings)


def _save_config(column: Column, config: Mapping[str, Any]) -> None:
    if column.type == ColumnType.HTTP:
        http_columns.save(column, config)
    elif column.type in FORMULA_TYPES:
        formula_columns.save(column, config)
    elif column.type == ColumnType.LOOKUP:
        lookup_columns.save(column, config)


def _display(column: Column, changes: Mapping[str, Any]) -> None:
    if "width" in changes:
        table_columns.resize(column, changes["width"])
    if "hidden" in changes or "pinned" in changes:
        table_columns.display(column, hidden=changes.get("hidden"), pinned=changes.get("pinned"))
    if "position" in changes:
        table_columns.move(column, changes["position"])


def _changed_settings(column: Column, was: Mapping[str, str], before: Mapping[str, Any]) -> list[str]:
    """Returns the names for the audit log, which leaves out widths and places."""
    after = shown(column)
    settings = [name for name in sorted(after) if after[name] != before.get(name)]
    return [name for name, old in was.items() if getattr(column, name) != old] + settings


def delete(*columns: Column, force: bool = False) -> None:
    """Deletes columns of one table and stops their runs. Raises Refused naming every column left that uses one of
    them, and what fills it, unless `force`, and then nothing is deleted.
    """
    if not force:
        _refuse_used(columns)
    with transaction.atomic():
        for column in sorted(columns, key=lambda column: -column.position):  # so that each keeps its place
            table_columns.delete(column)
            _recompute(column)
            _note(column, "column.deleted")
    for run in Run.objects.filter(column__in=columns, state__in=Run.OPEN):
        lifecycle.stop(run, "The column was deleted.")


def _recompute(column: Column) -> None:
    """Has computed again what is computed from the column, in any table, and the column itself."""
    formula_columns.recompute(column)
    lookup_changes.compute_all(graph.of_table(column.table_id).readers_of([column.pk]))


def _refuse_used(columns: Sequence[Column]) -> None:
    for column in columns:
        users = [_named(user, column) for user in users_of(column) if user not in columns]
        if users := [*users, *fillers_of(column, without=columns)]:
            raise Refused(f"“{column.name}” is used by {', '.join(users)}.", field="column", code="conflict")


def _named(user: Column, used: Column) -> str:
    return f"“{user.name}”" if user.table_id == used.table_id else access.named(user.name, user.table)


def restore(*columns: Column) -> None:
    """Restores columns of one table, and has what refers to them computed again: all of them or none.

    Raises Refused.
    """
    with transaction.atomic():
        for column in sorted(columns, key=lambda column: column.position):
            storage.lock_table(column.table_id)
            graph.refuse_cycle(column, _column_ids(column))
            table_columns.restore(column)
            _restart(column)
            _note(column, "column.restored")


def _restart(column: Column) -> None:
    """Has everything computed again that a restored column, whose changes nobody followed, has to do with."""
    formula_columns.recompute(column)
    lookup_columns.restart(column)
    for lookup in graph.lookups_into(column.table_id).select_related("column"):
        if column.pk in lookup.reads:
            lookup_changes.restart(lookup)


def _column_ids(column: Column) -> frozenset[int]:
    """Returns every column that its settings refer to."""
    lookup = LookupColumn.objects.filter(column=column).first()
    if lookup:
        return lookup.column_ids | lookup.reads
    settings = HttpColumn.objects.filter(column=column).first() or FormulaColumn.objects.filter(column=column).first()
    return settings.column_ids if settings else frozenset()


def duplicate(column: Column) -> Column:
    """Makes “Name 2”, right after the column, with the same settings.

    Values of a plain column are copied in the background, formulas computed; an HTTP column comes without results.
    """
    with transaction.atomic():
        name = table_columns.unique_name(column.table, column.name)
        copy = table_columns.create(column.table, name, column.type, column.position + 1)
        if not column.fitted:
            table_columns.resize(copy, column.width)
        _copy_contents(column, copy)
        _note(copy, "column.created", like=column.name)
    copy.refresh_from_db()
    return copy


def _copy_contents(column: Column, copy: Column) -> None:
    http = HttpColumn.objects.filter(column=column).first()
    formula = FormulaColumn.objects.filter(column=column).first()
    lookup = LookupColumn.objects.filter(column=column).first()
    if http:
        HttpColumn.objects.create(column=copy, connection=http.connection, config=http.config)
    elif formula:
        FormulaColumn.objects.create(
            column=copy, formula=formula.formula, source_id=formula.source_id, path=formula.path
        )
        recalculations.start_range(copy.table_id, [copy.pk])
    elif lookup:
        lookup_changes.restart(lookup_columns.copy(lookup, copy, {}, {}))
    elif not column.is_computed:
        backfills.copy(column, copy)

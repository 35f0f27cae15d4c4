"""Rows from the lists in a column's results: what an item has, where its fields go, and who keeps that up to date."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction

from enrichment import mapping
from enrichment.dataflow import list_rows
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.template import paths
from enrichment.mapping import Field
from enrichment.models import ListRows
from tables import catalog, names, table_members
from tables import columns as table_columns
from tables.models import Cell, CellState, Column, ColumnType, Table
from workspaces import audit
from workspaces.actors import Actor
from workspaces.refusals import Refused

SAMPLED = 20  # items
_RESULTS = 50  # results that are looked at for them


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants of a list, as the API takes it; `key` are names or ids of columns of the table."""

    path: str
    columns: Sequence[Mapping[str, Any]]
    key: Sequence[str | int] = ()
    auto: bool = True


def fields_of(column: Column, path: str, table: Table | None) -> dict[str, Any]:
    """Returns what the first items have: {"items", "name", "fields"}; `name` is one for a new table. Raises Refused."""
    _check(column, path)
    items: list[Any] = []
    cells = Cell.objects.filter(column=column, state=CellState.DONE).order_by("row_id")
    for value in cells.values_list("value", flat=True)[:_RESULTS]:
        items += list_rows.items_at(path, value)[: SAMPLED - len(items)]
    name = f"{mapping.named(path) if path else column.name} of {column.table.name}"
    return {"items": len(items), "name": name, "fields": mapping.proposed(table or Table(pk=0), items)}


def expand(actor: Actor, column: Column, wish: Wish, table: Table | None, name: str) -> ListRows:
    """Makes rows of the items, in this table or in a new one of this name; a worker fills it.

    The same list into the same table again changes what is there. Raises InvalidSettings or Refused, and then nothing
    is made.
    """
    _check(column, wish.path)
    if table:
        _refuse_circle(column.table, table)
    with transaction.atomic():
        target = table or _new_table(actor, column.table, name)
        fields = mapping.save_new(mapping.checked(target, _typed(column, wish, target)))
        if not fields:
            raise Refused("Choose at least one field of the items.", field="columns")
        source = _source_column(column, target)
        stored, _ = ListRows.objects.update_or_create(
            column=column,
            path=wish.path,
            table=target,
            defaults={
                "columns": mapping.as_stored(fields),
                "key": _key(target, wish.key, fields, source),
                "source_column_id": source.pk,
                "auto": wish.auto,
                "problem": "",
                "created_by": actor.user,
            },
        )
        audit.note(actor.workspace, "list.expanded", f"{column.name} into {target.name}", target.pk)
        list_rows.start(stored)
    return stored


def _new_table(actor: Actor, source: Table, name: str) -> Table:
    """Makes the table for the rows, for its maker alone where the list is in a table that is not for everybody."""
    made = catalog.create(actor, name, [])
    table_members.keep_as(source, made, actor)
    return made


def _check(column: Column, path: str) -> None:
    if not column.is_computed:
        raise Refused(f"“{column.name}” holds values that people enter, and no lists.", field="column")
    try:
        if path:
            paths.compile(path)
    except InvalidSettings as error:
        raise InvalidSettings([replace(problem, field="path") for problem in error.problems]) from error


def _refuse_circle(source: Table, target: Table) -> None:
    """Raises Refused where rows would make rows without end."""
    reached: set[int] = set()
    ahead = {target.pk}
    while ahead:
        reached |= ahead
        ahead = set(ListRows.objects.filter(column__table__in=ahead).values_list("table_id", flat=True)) - reached
    if source.pk in reached:
        words = f"Lists of “{target.name}” become rows of “{source.name}”, so that rows would make rows without end."
        if source.pk == target.pk:
            words = f"Rows of “{source.name}” would make rows of it without end."
        raise Refused(f"{words} Choose another table.", field="table_id")


def _typed(column: Column, wish: Wish, target: Table) -> list[dict[str, Any]]:
    """Returns the mapping, of all fields where none is given, with a type for each column that is still to be made."""
    proposed = fields_of(column, wish.path, target)["fields"]
    types = {item["path"]: item["type"] for item in proposed}
    given = wish.columns or [{"path": item["path"], "column": item["column"] or item["name"]} for item in proposed]
    return [{"type": types.get(str(item.get("path")), "text"), **item} for item in given]


def _source_column(column: Column, target: Table) -> Column:
    """Returns the column of the table that leads back to the row of an item; makes it where there is none."""
    known = ListRows.objects.filter(column__table=column.table_id, table=target)
    there = Column.objects.filter(pk__in=known.values("source_column_id")).first()
    name = names.tidy(f"Row of {column.table.name}")
    return there or table_columns.create(target, table_columns.unique_name(target, name), ColumnType.NUMBER)


def _key(target: Table, given: Sequence[str | int], fields: Sequence[Field], source: Column) -> list[int]:
    filled = {field.column.pk for field in fields} | {source.pk}
    find = table_columns.by_name_or_id(target)
    key = [find(name) for name in given]
    for column in key:
        if column.pk not in filled:
            words = f"No field goes into “{column.name}”, by which rows are to match."
            raise InvalidSettings([Problem(words, "key", reference=column.name)])
    return [column.pk for column in key]


def change(stored: ListRows, *, auto: bool) -> None:
    """Turns on or off that new results become rows by themselves; what came meanwhile becomes rows at once."""
    was, stored.auto = stored.auto, auto
    stored.save(update_fields=["auto"])
    if auto and not was:
        list_rows.start(stored)


def stop(stored: ListRows) -> None:
    """Ends it; the rows stay."""
    audit.note(stored.table.workspace_id, "list.stopped", f"{stored.column.name} into {stored.table.name}")
    stored.delete()


def as_json(stored: ListRows) -> dict[str, Any]:
    """Returns it for the API."""
    key = dict(Column.objects.filter(pk__in=stored.key).values_list("pk", "name"))
    return {
        "id": stored.pk,
        "column_id": stored.column_id,
        "path": stored.path,
        "table_id": stored.table_id,
        "columns": mapping.as_shown(stored.table, stored.columns),
        "key": [key[pk] for pk in stored.key if pk in key],
        "source_column_id": stored.source_column_id,
        "auto": stored.auto,
        "items": stored.items,
        "added": stored.added,
        "updated": stored.updated,
        "misfits": stored.misfits,
        "problem": stored.problem or None,
        "progress": list_rows.progress(stored),
    }

"""The settings of look-up columns: checked, stored with column ids, shown with names, tried on rows."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from django.db import transaction
from django.db.models import QuerySet
from pydantic import BaseModel, ConfigDict, ValidationError

from enrichment import graph
from enrichment.columns.formula import Draft, PreviewedRow, previewed_rows
from enrichment.dataflow import inputs, lookup_changes, lookup_search, lookups
from enrichment.dataflow.lookups import Lookup
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.template import references
from enrichment.engine.template.references import Names
from enrichment.models import ROW, LookupColumn
from enrichment.schema import problems_of, unstorable
from tables import access, events, storage
from tables import columns as table_columns
from tables.models import Column, ColumnType, Table

NOT_SHARED = "This column looks into a table that isn't shared with you. Ask someone who sees that table to change it."
ROW_NAME = "@row"  # in the place of a column: rows match by their id


class Match(BaseModel):
    model_config = ConfigDict(extra="forbid")

    column: int | str
    value: str


class LookupConfig(BaseModel):
    model_config = ConfigDict(extra="forbid")

    table_id: int
    match: Match
    take: int | str | None = None  # a column, or a path into it; None: what is counted has no value
    many: Literal["first", "list", "count"] = "first"


def create(table: Table, name: str, config: Mapping[str, Any], position: int | None = None) -> Column:
    """Makes the column and has all rows computed. Raises InvalidSettings or Refused, and then nothing is made."""
    with transaction.atomic():
        column = table_columns.create(table, name, ColumnType.LOOKUP, position)
        _store(column, config)
    return column


def save(column: Column, config: Mapping[str, Any]) -> None:
    """Changes the settings and has all rows computed again; `config` may leave out what stays.

    Raises InvalidSettings or Refused.
    """
    with transaction.atomic():
        storage.lock_table(column.table_id)
        _store(column, shown(column) | dict(config))
        transaction.on_commit(lambda: events.publish_columns(column.table_id))


def copy(settings: LookupColumn, column: Column, tables: Mapping[int, int], ids: Mapping[int, int]) -> LookupColumn:
    """Stores the settings for a copy of the column, for copies of tables and columns, {id: id of its copy}."""
    return LookupColumn.objects.create(
        column=column,
        target_id=tables.get(settings.target_id, settings.target_id),
        match_id=ids.get(settings.match_id, settings.match_id),
        value=references.renumbered(settings.value, ids),
        take_id=ids.get(settings.take_id or 0, settings.take_id),
        take_path=settings.take_path,
        many=settings.many,
        names=settings.names,
    )


def target_ids(column: Column) -> QuerySet[LookupColumn, int]:
    """Returns the id of the table that a column looks into; none for a column without settings."""
    return LookupColumn.objects.filter(column_id=column.pk).values_list("target_id", flat=True)


def restart(column: Column) -> None:
    """Has the other table read and all rows computed again."""
    for settings in LookupColumn.objects.filter(column=column).select_related("column"):
        lookup_changes.restart(settings)


def _store(column: Column, config: Mapping[str, Any]) -> None:
    settings, _ = checked(column, config)
    settings.value = references.to_stored(settings.value, graph.names_of(column.table_id))
    settings.save()
    lookup_changes.restart(settings)


def shown(column: Column) -> dict[str, Any]:
    """Returns the settings as the API gives them, with names; nothing for a column without any."""
    settings = LookupColumn.objects.filter(column_id=column.pk).first()
    if settings is None:
        return {}
    there = graph.names_of(settings.target_id)
    value = references.to_shown(settings.value, graph.names_of(column.table_id))
    take = None
    if settings.take_id is not None:
        name = _shown_name(settings.take_id, settings.names.get("take", ""), there)
        take = references.joined(name, settings.take_path)
    by_id = settings.match_id == ROW
    name = ROW_NAME if by_id else _shown_name(settings.match_id, settings.names.get("match", ""), there)
    match = {"column": name, "value": value}
    return {"table_id": settings.target_id, "match": match, "take": take, "many": settings.many}


def _shown_name(pk: int, name: str, names: Names) -> str:
    return names.get(pk) or names.deleted.get(pk) or name


def checked(column: Column, config: Mapping[str, Any]) -> tuple[LookupColumn, Lookup]:
    """Returns the settings, with names in the template, and compiled. Raises InvalidSettings or Refused."""
    settings = _parsed(column, config)
    lookup = lookups.compiled(settings, graph.names_of(column.table_id))
    if column.pk in lookup.column_ids | settings.reads:
        field = "match.value" if column.pk in lookup.column_ids else "take"
        raise InvalidSettings([Problem("A column can't use its own result.", field=field, reference=column.name)])
    if column.pk:
        graph.refuse_cycle(column, lookup.column_ids | settings.reads)
    return settings, lookup


def _parsed(column: Column, config: Mapping[str, Any]) -> LookupColumn:
    try:
        given = LookupConfig(**config)
    except ValidationError as error:
        raise InvalidSettings(problems_of(error)) from error
    target = Table.objects.filter(pk=given.table_id, workspace_id=column.table.workspace_id).first()
    if target is None or not access.is_found(target):
        known = column.pk and LookupColumn.objects.filter(column_id=column.pk, target_id=given.table_id).exists()
        raise InvalidSettings([Problem(NOT_SHARED if known else "Choose a table of this workspace.", field="table_id")])
    problems = unstorable(config)
    names = graph.names_of(target.pk)
    match_id = ROW
    if given.match.column != ROW_NAME:
        match_id, _ = _target(given.match.column, names, target, "match.column", problems)
    take_id, take_path = None, ""
    if given.take not in (None, ""):
        take_id, take_path = _target(given.take, names, target, "take", problems)
    elif given.many != "count":
        problems.append(Problem("Choose the column whose value is taken.", field="take"))
    if problems:
        raise InvalidSettings(problems)
    return LookupColumn(
        column=column,
        target_id=target.pk,
        match_id=match_id,
        value=given.match.value,
        take_id=take_id,
        take_path=take_path,
        many=given.many,
        names={
            "table": lookups.name_of(target),
            "match": names.get(match_id, ""),
            "take": names.get(take_id or 0, ""),
        },
    )


def _target(
    given: int | str | None, names: Names, target: Table, field: str, problems: list[Problem]
) -> tuple[int, str]:
    """Returns the column of the other table, and the path into it.

    A number is an id, and a text a name before it is one.
    """
    by_name = {name: pk for pk, name in names.items()}
    found = None if isinstance(given, int) else references.split(str(given), by_name)
    if found is None and str(given).isascii() and str(given).isdigit() and int(str(given)) in names:
        found = int(str(given)), ""
    if found and field == "match.column" and found[1]:
        words = "Compare with a whole column. For a field of a result, add it as a column to that table first."
        problems.append(Problem(words, field=field, reference=str(given)))
    if found is None:
        words = f"“{target.name}” has no column “{given}”." if given else "Choose a column of the table."
        problems.append(Problem(words, field=field, reference=str(given)))
    return found or (0, "")


def draft(column: Column, config: Mapping[str, Any] | None = None, row_ids: Sequence[int] | None = None) -> Draft:
    """Returns what these rows, or the first ten, would become; nothing is stored.

    The column need not be saved. Raises InvalidSettings or Refused.
    """
    _, lookup = checked(column, shown(column) | dict(config or {}))
    rows = previewed_rows(column.table_id, row_ids)
    values = inputs.as_stored(rows, column.table_id, lookup.column_ids)
    results = lookup_search.look_up(lookup, [(row.pk, values[row.pk]) for row in rows])
    return Draft([PreviewedRow(row, result) for row, result in zip(rows, results, strict=True)], [])

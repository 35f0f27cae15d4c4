"""The settings of formula and field columns: checked, kept with column ids, shown with names, tried on rows."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from pydantic import BaseModel, ConfigDict, ValidationError

from enrichment import graph
from enrichment.dataflow import inputs, recalculations
from enrichment.dataflow.calculator import calculate, calculation_of
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.formula import Evaluators
from enrichment.engine.template import references
from enrichment.models import FormulaColumn
from enrichment.runs.results import Result
from enrichment.schema import problems_of
from tables import columns as table_columns
from tables import events, row_order
from tables.models import CellState, Column, ColumnType, Row, Table

TRIED = 10  # rows of a live preview
TRYING = 3.0  # seconds after which no further row of it is tried


class FormulaConfig(BaseModel):
    model_config = ConfigDict(extra="forbid")

    formula: str


class ExtractConfig(BaseModel):
    model_config = ConfigDict(extra="forbid")

    source: int | str
    path: str
    default: str = ""


@dataclass(frozen=True, slots=True)
class PreviewedRow:
    """What a row would become."""

    row: Row
    result: Result


def create(table: Table, name: str, type: str, config: Mapping[str, Any] | None, position: int | None = None) -> Column:
    """All rows are computed behind it. Raises InvalidSettings, Cycle or Refused, and then nothing is made."""
    with transaction.atomic():
        column = table_columns.create(table, name, type, position)
        _check(column, config or {}).save(force_insert=True)
        recalculations.start_range(table.pk, [column.pk])
    return column


def save(column: Column, config: Mapping[str, Any]) -> None:
    """`config` may leave out what stays; all rows are computed anew. Raises InvalidSettings or Cycle."""
    with transaction.atomic():
        _check(column, shown(column) | dict(config)).save()
        recompute(column)
        transaction.on_commit(lambda: events.publish_columns(column.table_id))


def recompute(column: Column) -> None:
    """All rows of the column and of what refers to it."""
    dependencies = graph.of_table(column.table_id)
    column_ids = dependencies.formulas_depending_on([column.pk]) | ({column.pk} & dependencies.formulas.keys())
    if column_ids:
        recalculations.start_range(column.table_id, column_ids)


def shown(column: Column) -> dict[str, Any]:
    """The settings as the API gives them: names in formulas."""
    found = FormulaColumn.objects.filter(column=column).first()
    if found is None:
        return {}
    text = references.to_shown(found.formula, graph.names_of(column.table_id))
    if column.type == ColumnType.FORMULA:
        return {"formula": text}
    return {"source": found.source_id, "path": found.path, "default": text}


def draft(
    target: Column | Table, type: str, config: Mapping[str, Any] | None = None, row_ids: Sequence[int] | None = None
) -> list[PreviewedRow]:
    """What these rows, or the first ten, would become; nothing is stored. Raises InvalidSettings or SandboxBusy."""
    column = target if isinstance(target, Column) else Column(table=target, type=type)
    kept = shown(column) if column.pk else {}
    calculation = calculation_of(_check(column, kept | dict(config or {})), graph.names_of(column.table_id))
    own = Row.objects.filter(table_id=column.table_id)
    chosen = row_order.first_rows(column.table_id, TRIED) if row_ids is None else own.filter(pk__in=row_ids[:TRIED])
    rows = list(chosen.order_by("sort_key"))
    values = inputs.as_stored(rows, column.table_id, calculation.column_ids)
    until = time.monotonic() + TRYING
    with Evaluators() as evaluators:
        return [
            PreviewedRow(row, calculate(calculation, [(row.pk, values[row.pk])], evaluators)[0])
            if time.monotonic() < until
            else PreviewedRow(
                row, Result(row.pk, CellState.FAILED, None, "formula", "Not tried: the formula is too slow.")
            )
            for row in rows
        ]


def _check(column: Column, given: Mapping[str, Any]) -> FormulaColumn:
    """Raises InvalidSettings or Cycle."""
    names = graph.names_of(column.table_id)
    settings = _parsed(column, given, names)
    calculation = calculation_of(settings, names)
    if column.pk and column.pk in calculation.column_ids:
        field = "source" if settings.source_id == column.pk else "formula" if settings.source_id is None else "default"
        own = Problem("A column can't use its own result.", field=field, reference=column.name)
        raise InvalidSettings([own])
    settings.formula = references.to_stored(settings.formula, names)[0]
    if column.pk:
        graph.refuse_cycle(column, calculation.column_ids)
    return settings


def _parsed(column: Column, given: Mapping[str, Any], names: Mapping[int, str]) -> FormulaColumn:
    """With the formula as it was written."""
    try:
        if column.type == ColumnType.FORMULA:
            return FormulaColumn(column=column, formula=FormulaConfig(**given).formula)
        config = ExtractConfig(**given)
    except ValidationError as error:
        raise InvalidSettings(problems_of(error)) from error
    ids = {name: pk for pk, name in names.items()}
    text = str(config.source)
    source = ids.get(text) or (int(text) if text.isdigit() and int(text) in names else None)
    if source is None:
        raise InvalidSettings([Problem(f"There is no column “{text}”.", field="source", reference=text)])
    return FormulaColumn(column=column, formula=config.default, source_id=source, path=config.path.strip())

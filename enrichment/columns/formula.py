"""The settings of formula and field columns: checked, stored with column ids, shown with names, tried on rows."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import transaction
from pydantic import BaseModel, ConfigDict, ValidationError

from enrichment import graph
from enrichment.dataflow import inputs, recalculations
from enrichment.dataflow.calculator import Calculation, calculate, calculation_of
from enrichment.dataflow.outcomes import Ended
from enrichment.engine.errors import Edit, InvalidSettings, Problem
from enrichment.engine.formula import Evaluators, Formula
from enrichment.engine.template import references
from enrichment.engine.template.references import Names
from enrichment.models import FormulaColumn
from enrichment.schema import problems_of
from tables import columns as table_columns
from tables import events, row_order, storage
from tables.models import CellState, Column, ColumnType, Row, Table

MOST_PREVIEWED = 10  # rows
PREVIEW_SECONDS = 3.0  # after which no further row is tried


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
    """What a row would become, and the problem with its fix where the formula can be mended by a click."""

    row: Row
    result: Ended
    problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """What rows would become, and what in the settings may surprise."""

    rows: list[PreviewedRow]
    warnings: list[Problem]


def create(table: Table, name: str, type: str, config: Mapping[str, Any] | None, position: int | None = None) -> Column:
    """Makes the column and has all rows computed. Raises InvalidSettings or Refused, and then nothing is made."""
    with transaction.atomic():
        column = table_columns.create(table, name, type, position)
        _checked(column, config or {})[0].save(force_insert=True)
        recalculations.start_range(table.pk, [column.pk])
    return column


def create_fields(source: Column, fields: Mapping[Column, str]) -> None:
    """Makes new columns hold what `source` has at these paths, and has all rows computed. Raises InvalidSettings."""
    for number, (column, path) in enumerate(fields.items()):
        try:
            _checked(column, {"source": source.pk, "path": path})[0].save(force_insert=True)
        except InvalidSettings as error:
            raise InvalidSettings([replace(one, field=f"fields.{number}.path") for one in error.problems]) from error
    recalculations.start_range(source.table_id, [column.pk for column in fields])


def save(column: Column, config: Mapping[str, Any]) -> None:
    """Changes the settings and has all rows computed again; `config` may leave out what stays.

    Raises InvalidSettings or Refused.
    """
    with transaction.atomic():
        storage.lock_table(column.table_id)  # two saves at once could close a cycle that neither of them sees
        _checked(column, shown(column) | dict(config))[0].save()
        recompute(column)
        transaction.on_commit(lambda: events.publish_columns(column.table_id))


def recompute(column: Column) -> None:
    """Has all rows of the column, and of what refers to it, computed again."""
    dependencies = graph.of_table(column.table_id)
    column_ids = dependencies.formulas_depending_on([column.pk]) | ({column.pk} & dependencies.formulas.keys())
    if column_ids:
        recalculations.start_range(column.table_id, column_ids)


def shown(column: Column) -> dict[str, Any]:
    """Returns the settings as the API gives them, with names in formulas; nothing for a column without any."""
    settings = FormulaColumn.objects.filter(column_id=column.pk).first()
    if settings is None:
        return {}
    text = references.to_shown(settings.formula, graph.names_of(column.table_id))
    if column.type == ColumnType.FORMULA:
        return {"formula": text}
    return {"source": settings.source_id, "path": settings.path, "default": text}


def draft(column: Column, config: Mapping[str, Any] | None = None, row_ids: Sequence[int] | None = None) -> Draft:
    """Returns what these rows, or the first ten, would become; nothing is stored.

    The column need not be saved. Raises InvalidSettings, Refused or SandboxBusy.
    """
    _, calculation = _checked(column, shown(column) | dict(config or {}))
    rows = previewed_rows(column.table_id, row_ids)
    values = inputs.as_stored(rows, column.table_id, calculation.column_ids)
    until = time.monotonic() + PREVIEW_SECONDS
    with Evaluators() as evaluators:
        previewed = [
            PreviewedRow(row, calculate(calculation, [(row.pk, values[row.pk])], evaluators)[0])
            if time.monotonic() < until
            else PreviewedRow(
                row, Ended(row.pk, CellState.FAILED, None, "formula", "Not tried: the formula is too slow.")
            )
            for row in rows
        ]
        failed = next((place for place, item in enumerate(previewed) if item.result.state == CellState.FAILED), None)
        if failed is not None and calculation.formula and time.monotonic() < until:
            item = previewed[failed]
            problem = _mendable(calculation.formula, values[item.row.pk], evaluators, column)
            previewed[failed] = replace(item, problem=problem)
        elif failed is None and calculation.formula and time.monotonic() < until:
            previewed = _doubted(calculation.formula, previewed, values, evaluators, column)
    questions = calculation.formula.questions if calculation.formula else ()
    return Draft(previewed, [replace(question, field=_text_field(column)) for question in questions])


def _text_field(column: Column) -> str:
    return "formula" if column.type == ColumnType.FORMULA else "default"


def _mendable(formula: Formula, values: Mapping[int, object], evaluators: Evaluators, column: Column) -> Problem | None:
    """Returns the problem of a row that an edit of the formula mends, such as a number that is text."""
    [computed] = evaluators.evaluate(formula, [values])
    return _warning(computed.error, computed.fix, column) if computed.fix else None


def _doubted(
    formula: Formula,
    previewed: list[PreviewedRow],
    values: Mapping[int, Mapping[int, object]],
    evaluators: Evaluators,
    column: Column,
) -> list[PreviewedRow]:
    """Returns the rows with the first one's problem whose result may not be meant, such as joined numbers."""
    computed = evaluators.evaluate(formula, [values[item.row.pk] for item in previewed])
    for place, doubt in enumerate(outcome.doubt for outcome in computed):
        if doubt:
            problem = _warning(doubt.words, doubt.fix, column)
            return [*previewed[:place], replace(previewed[place], problem=problem), *previewed[place + 1 :]]
    return previewed


def _warning(words: str, edit: Edit | None, column: Column) -> Problem:
    if edit is None:
        return Problem(words, _text_field(column), severity="warning")
    return Problem(
        words,
        _text_field(column),
        offset=edit.offset,
        length=edit.length,
        fix=edit.label,
        edit=edit,
        severity="warning",
    )


def previewed_rows(table_id: int, row_ids: Sequence[int] | None) -> list[Row]:
    """Returns these rows, or the first ones of the table."""
    if row_ids is None:
        return list(row_order.window(table_id, 0, MOST_PREVIEWED))
    return list(Row.objects.filter(table_id=table_id, pk__in=row_ids[:MOST_PREVIEWED]).order_by("sort_key"))


def _checked(column: Column, config: Mapping[str, Any]) -> tuple[FormulaColumn, Calculation]:
    """Returns the settings as they are stored, and compiled. Raises InvalidSettings or Refused."""
    names = graph.names_of(column.table_id)
    settings = _parsed(column, config, names)
    calculation = calculation_of(settings, names)
    if column.pk in calculation.column_ids:
        raise InvalidSettings([_own_result(column, settings)])
    if column.pk:
        graph.refuse_cycle(column, calculation.column_ids)
    settings.formula = references.to_stored(settings.formula, names)
    return settings, calculation


def _parsed(column: Column, config: Mapping[str, Any], names: Names) -> FormulaColumn:
    """Returns the settings with the formula as it was written. Raises InvalidSettings."""
    try:
        if column.type == ColumnType.FORMULA:
            return FormulaColumn(column=column, formula=FormulaConfig(**config).formula)
        extract = ExtractConfig(**config)
    except ValidationError as error:
        raise InvalidSettings(problems_of(error)) from error
    source_id = _source_id(extract.source, names)
    return FormulaColumn(column=column, formula=extract.default, source_id=source_id, path=extract.path.strip())


def _source_id(given: int | str, names: Names) -> int:
    """A number is an id, and a text a name before it is one. Raises InvalidSettings."""
    ids: dict[int | str, int] = {str(pk): pk for pk in names}
    ids |= {name: pk for pk, name in names.items()}
    ids |= {pk: pk for pk in names}
    if given not in ids:
        raise InvalidSettings([Problem(f"There is no column “{given}”.", field="source", reference=str(given))])
    return ids[given]


def _own_result(column: Column, settings: FormulaColumn) -> Problem:
    field = "source" if settings.source_id == column.pk else "formula" if settings.source_id is None else "default"
    return Problem("A column can't use its own result.", field=field, reference=column.name)

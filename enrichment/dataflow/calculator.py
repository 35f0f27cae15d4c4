"""Formula, field and look-up columns computed for rows in memory; what they end with is stored by others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from enrichment import graph
from enrichment.dataflow import lookups, stored_responses
from enrichment.dataflow.lookups import Lookup
from enrichment.dataflow.outcomes import Ended, at_path, unavailable
from enrichment.engine import formula
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.formula import Computed, Evaluators, Formula
from enrichment.engine.formula_parameters import are_given
from enrichment.engine.template import paths
from enrichment.engine.template.paths import MISSING, Path
from enrichment.engine.template.references import Names, Unavailable
from enrichment.models import FormulaColumn, LookupColumn
from tables.models import CellState

type Values = Mapping[int, object]


@dataclass(frozen=True, slots=True)
class Calculation:
    """A column's settings, parsed: a formula, a look-up, or a path into a source with a formula for where it gives
    nothing.
    """

    formula: Formula | None
    source: int | None = None
    path: Path | None = None
    lookup: Lookup | None = None
    problem: str = ""  # why nothing can be computed

    @property
    def reads_more(self) -> bool:
        """Whether computing it reads more than the values of its row."""
        return self.lookup is not None or self.path is not None

    @property
    def column_ids(self) -> frozenset[int]:
        if self.lookup:
            return self.lookup.column_ids
        own = self.formula.column_ids if self.formula else frozenset()
        return own | {self.source} if self.source else own


def calculations(column_ids: Sequence[int], table_id: int) -> dict[int, Calculation]:
    """Returns {column id: settings ready to compute}, in the order given, of the columns that are still there."""
    settings: dict[int, FormulaColumn | LookupColumn] = {
        item.column_id: item for item in graph.formulas_of(table_id).filter(pk__in=column_ids)
    }
    live = LookupColumn.objects.filter(pk__in=column_ids, column__table_id=table_id, column__deleted_at=None)
    settings |= {item.column_id: item for item in live.select_related("column__table")}
    names = graph.names_of(table_id)
    return {pk: _calculation_or_problem(settings[pk], names) for pk in column_ids if pk in settings}


def _calculation_or_problem(settings: FormulaColumn | LookupColumn, names: Names) -> Calculation:
    """Settings that no longer hold, as when a column they need was deleted, fail every row with their problem."""
    try:
        if isinstance(settings, LookupColumn):
            return Calculation(None, lookup=lookups.compiled(settings, names))
        return calculation_of(settings, names)
    except InvalidSettings as error:
        return Calculation(None, problem=error.problems[0].message)


def calculation_of(settings: FormulaColumn, names: Names) -> Calculation:
    """Returns the settings parsed. Raises InvalidSettings with every problem at its field, or SandboxBusy."""
    if settings.source_id is None:
        return Calculation(_compiled(settings.formula, names, "formula"))
    problems: list[Problem] = []
    default: Formula | None = None
    path: Path | None = None
    if settings.source_id not in names:
        name = names.deleted.get(settings.source_id, "")
        words = f"The column “{name}” was deleted. Restore it, or choose another one."
        problems.append(Problem(words, field="source", reference=name))
    try:
        path = paths.compile(settings.path)
    except InvalidSettings as error:
        problems += [replace(problem, field="path") for problem in error.problems]
    try:
        default = _compiled(settings.formula, names, "default") if settings.formula.strip() else None
    except InvalidSettings as error:
        problems += error.problems
    if any(problem.severity == "error" for problem in problems):
        raise InvalidSettings(problems)
    return Calculation(default, settings.source_id, path)


def _compiled(text: str, names: Mapping[int, str], field: str) -> Formula:
    try:
        return formula.compile(text, names)
    except InvalidSettings as error:
        raise InvalidSettings([replace(problem, field=field) for problem in error.problems]) from error


def calculate(calculation: Calculation, rows: Sequence[tuple[int, Values]], evaluators: Evaluators) -> list[Ended]:
    """Returns a result for each (row id, values). Raises SandboxBusy."""
    if calculation.problem:
        return [Ended(pk, CellState.FAILED, None, "settings", calculation.problem) for pk, _ in rows]
    if calculation.lookup:
        return lookups.look_up(calculation.lookup, rows)
    if calculation.path is None or calculation.source is None:
        return _of_formula(calculation.formula, rows, evaluators)
    return _of_path(calculation, calculation.source, calculation.path, rows, evaluators)


def _of_path(
    calculation: Calculation, source: int, path: Path, rows: Sequence[tuple[int, Values]], evaluators: Evaluators
) -> list[Ended]:
    results = {pk: at_path(pk, values.get(source), path) for pk, values in rows}
    if empty := [pk for pk, result in results.items() if result.state == CellState.EMPTY]:
        stored = stored_responses.at(path, source, empty)
        results |= {pk: Ended(pk, CellState.DONE, value) for pk, value in stored.items()}
    still_empty = [(pk, values) for pk, values in rows if results[pk].state == CellState.EMPTY]
    if calculation.formula and still_empty:
        defaults = _of_formula(calculation.formula, still_empty, evaluators)
        results |= {result.row_id: result for result in defaults}
    return [results[pk] for pk, _ in rows]


def _of_formula(formula: Formula | None, rows: Sequence[tuple[int, Values]], evaluators: Evaluators) -> list[Ended]:
    if formula is None:
        return [Ended(pk, CellState.EMPTY) for pk, _ in rows]
    if are_given(values for _, values in rows):
        return _computed(formula, rows, evaluators)
    results = {pk: result for pk, values in rows if (result := _without_inputs(pk, values, formula))}
    ready = [(pk, values) for pk, values in rows if pk not in results]
    results |= {result.row_id: result for result in _computed(formula, ready, evaluators)}
    return [results[pk] for pk, _ in rows]


def _computed(formula: Formula, rows: Sequence[tuple[int, Values]], evaluators: Evaluators) -> list[Ended]:
    computed = evaluators.evaluate(formula, [values for _, values in rows])
    return [_ended(pk, outcome) for (pk, _), outcome in zip(rows, computed, strict=True)]


def _without_inputs(row_id: int, values: Values, formula: Formula) -> Ended | None:
    """Returns the result of a row whose inputs have none to give."""
    lacking = {pk: value for pk in formula.column_ids if isinstance(value := values.get(pk), Unavailable)}
    needed = formula.required(values).intersection(lacking) if lacking else None
    return unavailable(row_id, lacking[min(needed)]) if needed else None


def _ended(row_id: int, computed: Computed) -> Ended:
    if computed.empty:
        words = computed.error or f"{{{{{computed.empty}}}}} is empty"
        return Ended(row_id, CellState.MISSING_INPUT, None, "missing_input", words)
    if computed.error:
        return Ended(row_id, CellState.FAILED, None, "formula", computed.error)
    if computed.value is MISSING or computed.value is None:
        return Ended(row_id, CellState.EMPTY)
    return Ended(row_id, CellState.DONE, computed.value)

"""Formula and field columns computed for rows in memory; what they end with is stored by others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from enrichment.dataflow import stored_responses
from enrichment.dataflow.inputs import NoResult
from enrichment.engine import formula
from enrichment.engine.errors import InvalidSettings, RowError
from enrichment.engine.formula import Computed, Evaluator, Formula
from enrichment.engine.template.paths import MISSING, Path
from enrichment.engine.template.references import Unavailable
from enrichment.runs.results import Result
from tables.models import CellState

type Values = Mapping[int, object]


@dataclass(frozen=True, slots=True)
class Calculation:
    """A column's settings, parsed: a formula, or a path into a source with a formula for where it gives nothing."""

    formula: Formula | None
    source: int | None = None
    path: Path | None = None
    problem: str = ""  # why nothing can be computed

    @property
    def column_ids(self) -> frozenset[int]:
        own = self.formula.column_ids if self.formula else frozenset()
        return own | {self.source} if self.source else own


def broken(error: InvalidSettings) -> Calculation:
    """Settings that no longer hold, as when a column they need was deleted: every row says so."""
    return Calculation(None, problem=next(problem.message for problem in error.problems))


class Calculator:
    """Keeps an evaluator for each formula, so that one that hangs costs its own cells alone. A context manager."""

    def __init__(self, deadline: float = 1.0) -> None:
        self._deadline = deadline
        self._evaluators: dict[Formula, Evaluator] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        for evaluator in self._evaluators.values():
            evaluator.close()

    def results(self, calculation: Calculation, rows: Sequence[tuple[int, Values]]) -> list[Result]:
        """For each (row id, values). Raises SandboxBusy."""
        if calculation.problem:
            return [Result(pk, CellState.FAILED, None, "settings", calculation.problem) for pk, _ in rows]
        if calculation.path is None or calculation.source is None:
            return self._of_formula(calculation.formula, rows)
        return self._of_path(calculation, calculation.source, calculation.path, rows)

    def verdicts(self, condition: Formula, rows: Sequence[Values]) -> list[tuple[bool, str]]:
        """Whether each row runs, and why not when that is more than the condition itself. Raises SandboxBusy."""
        return [formula.check(computed) for computed in self._evaluator(condition).evaluate(condition, rows)]

    def _of_path(
        self, calculation: Calculation, source: int, path: Path, rows: Sequence[tuple[int, Values]]
    ) -> list[Result]:
        found = {pk: _at_path(pk, values.get(source), path) for pk, values in rows}
        if lacking := [pk for pk, result in found.items() if result.state == CellState.EMPTY]:
            kept = stored_responses.at(path, source, lacking)
            found |= {pk: Result(pk, CellState.DONE, value) for pk, value in kept.items()}
        empty = [(pk, values) for pk, values in rows if found[pk].state == CellState.EMPTY]
        if calculation.formula and empty:
            found |= {result.row_id: result for result in self._of_formula(calculation.formula, empty)}
        return [found[pk] for pk, _ in rows]

    def _of_formula(self, wanted: Formula | None, rows: Sequence[tuple[int, Values]]) -> list[Result]:
        if wanted is None:
            return [Result(pk, CellState.EMPTY) for pk, _ in rows]
        needed = wanted.column_ids - wanted.tolerated
        found = {pk: _waiting(pk, values, needed) for pk, values in rows}
        ready = [(pk, values) for pk, values in rows if found[pk] is None]
        computed = self._evaluator(wanted).evaluate(wanted, [values for _, values in ready]) if ready else []
        told = {pk: _ended(pk, outcome) for (pk, _), outcome in zip(ready, computed, strict=True)}
        return [found[pk] or told[pk] for pk, _ in rows]

    def _evaluator(self, wanted: Formula) -> Evaluator:
        if wanted not in self._evaluators:
            self._evaluators[wanted] = Evaluator([wanted], deadline=self._deadline)
        return self._evaluators[wanted]


def _at_path(row_id: int, value: object, path: Path) -> Result:
    if isinstance(value, Unavailable):
        return _unavailable(row_id, value)
    try:
        found = path.get(value)
    except RowError as error:
        return Result(row_id, CellState.FAILED, None, error.code, error.message)
    if found is MISSING or found is None or found == "":
        return Result(row_id, CellState.EMPTY)
    return Result(row_id, CellState.DONE, found)


def _waiting(row_id: int, values: Values, needed: frozenset[int]) -> Result | None:
    """The result of a row whose inputs have none to give."""
    lacking = [value for pk in sorted(needed) if isinstance(value := values.get(pk), Unavailable)]
    return _unavailable(row_id, lacking[0]) if lacking else None


def _unavailable(row_id: int, value: Unavailable) -> Result:
    state = value.state if isinstance(value, NoResult) else CellState.FAILED
    if state == CellState.WAITING:
        return Result(row_id, state, None, "waiting", f"Waits for {value.column}")
    code = "missing_input" if state == CellState.MISSING_INPUT else "formula"
    return Result(row_id, state, None, code, f"{value.column} {value.reason}")


def _ended(row_id: int, computed: Computed) -> Result:
    if computed.empty:
        words = computed.error or f"{{{{{computed.empty}}}}} is empty"
        return Result(row_id, CellState.MISSING_INPUT, None, "missing_input", words)
    if computed.error:
        return Result(row_id, CellState.FAILED, None, "formula", computed.error)
    if computed.value is MISSING or computed.value is None:
        return Result(row_id, CellState.EMPTY)
    return Result(row_id, CellState.DONE, computed.value)

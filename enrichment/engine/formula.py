"""Formulas and run conditions: JavaScript expressions over a row's cells, checked when saved, run in a sandbox.

`{{First}} + " " + {{Last}}`, `{{Company}}?.address?.city`, `{{Employees}} > 50 AND {{Country}} is not empty`.
The scripts in frontend/formulas say what an expression means; a reference becomes a parameter of the script.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain
from types import TracebackType
from typing import Any, NamedTuple, Self

from enrichment.engine import formula_parameters, misreadings
from enrichment.engine.errors import Edit, InvalidSettings, Problem
from enrichment.engine.formula_parameters import Parameters
from enrichment.engine.sandbox import process
from enrichment.engine.sandbox.evaluation import Evaluation, Outcome
from enrichment.engine.sandbox.process import SandboxBusy, SandboxMissing
from enrichment.engine.template import references
from enrichment.engine.template.paths import MISSING
from enrichment.engine.template.references import Hole, Names, Unavailable
from enrichment.engine.template.values import encodable, has_surrogates, without_surrogates

__all__ = ["Computed", "Evaluators", "Formula", "SandboxBusy", "SandboxMissing", "check", "compile", "truthy"]

LONGEST = 20_000  # characters of a formula
MOST_PROBLEMS = 50
CHECKING = 2.0  # seconds
_MARKS = "ꙮꙬꚆꚈꚊꚌꚎꚐ"  # letters that hardly any formula holds
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"

type _Report = dict[str, Any]  # a problem as the checker reports it
type Rows = Sequence[Mapping[int, object]]


@dataclass(frozen=True, slots=True)
class Summand:
    """A reference to which something is added, with its default if it has one."""

    slot: int
    offset: int
    text: str


@dataclass(frozen=True, slots=True)
class Formula:
    column_ids: frozenset[int]
    script: str
    slots: tuple[Hole, ...] = ()  # the parameters of the script
    state_slots: tuple[int, ...] = ()  # slots whose state the formula asks for: parameters after the others
    guarded_slots: tuple[int, ...] = ()  # slots that IFERROR and the like ask about: parameters after those
    condition: bool = False
    sums: tuple[Summand, ...] = field(default=(), compare=False)
    questions: tuple[Problem, ...] = field(default=(), compare=False)  # about what may not be meant: "/Name"

    def required(self, row: Mapping[int, object]) -> frozenset[int]:
        """Returns the columns that the row can't do without: the formula asks neither for their state nor, if they
        have failed, for failures."""
        if not self.state_slots and not self.guarded_slots:
            return self.column_ids
        tolerated = {self.slots[slot].column_id for slot in self.state_slots}
        guarded = {self.slots[slot].column_id for slot in self.guarded_slots}
        tolerated |= {column_id for column_id in guarded if formula_parameters.has_failed(row.get(column_id or 0))}
        return self.column_ids - tolerated

    def advice(self, slot: int, function: str) -> Edit | None:
        """Returns the edit that makes a number of the reference where it is added, with this function."""
        found = next((summand for summand in self.sums if summand.slot == slot), None)
        if found is None:
            return None
        return Edit(found.offset, len(found.text), f"{function}({found.text})", "Make it a number")


class Doubt(NamedTuple):
    """What about a result may not be meant, and the edit that makes it otherwise."""

    words: str
    fix: Edit | None


@dataclass(slots=True)
class Computed:
    """A row's result: a JSON value or MISSING; or an error, the reference whose emptiness caused it, and its fix."""

    value: object = None
    error: str = ""
    empty: str = ""
    fix: Edit | None = None
    doubt: Doubt | None = field(default=None, compare=False)


def truthy(value: object) -> bool:
    """JavaScript's truth, but the text `false` is false."""
    if isinstance(value, str):
        return bool(value) and value.strip().lower() != "false"
    return value is not MISSING and (isinstance(value, list | dict) or bool(value))


def check(computed: Computed) -> tuple[bool, str]:
    """A condition's verdict: whether the row runs, and why not when that is more than the condition itself."""
    if computed.error:
        return False, computed.error
    return truthy(computed.value), ""


# Compiling


def compile(text: str, names: Mapping[int, str], *, condition: bool = False) -> Formula:
    """Raises InvalidSettings with every problem at its place, or SandboxBusy."""
    shown = references.to_shown(text, names)
    parts, problems = references.parse(shown, names)
    holes = tuple(part for part in parts if isinstance(part, Hole))
    problems = [misreadings.outside_the_braces(problem, shown, names) for problem in problems]
    problems += [*misreadings.called_inside(shown, holes, names), *_unreadable(shown)]
    if len(shown) > LONGEST or not shown.strip():
        raise InvalidSettings(problems)
    slots = _slots(holes)
    try:
        compiled = _script(_source(shown, holes, slots, _figures(slots, names), condition))
    except _Refused as error:
        habits = misreadings.habits(shown, names, holes)  # which make nonsense of what is told besides
        problems += habits or [_problem(report, shown, names, error.known) for report in error.reports]
    if problems:
        raise InvalidSettings(sorted(problems, key=lambda problem: problem.offset or 0)[:MOST_PROBLEMS])
    ids = frozenset(hole.column_id for hole in holes if hole.column_id is not None)
    sums = tuple(_summand(shown, found) for found in compiled.sums)
    months = tuple(_about_month(_problem(report, shown, names, [])) for report in compiled.months)
    questions = (*misreadings.questions(shown, names, holes), *months)
    return Formula(ids, compiled.script, slots, compiled.asked, compiled.guarded, condition, sums, questions)


def _about_month(found: Problem) -> Problem:
    words = "Months are counted from 0 here: January is 0. Add 1, or use MONTH."
    return replace(found, message=words, severity="warning")


def _summand(shown: str, found: tuple[int, int, int]) -> Summand:
    slot, start, end = found
    start, end = _codepoints(shown, start), _codepoints(shown, end)
    return Summand(slot, start, shown[start:end])


def _unreadable(shown: str) -> list[Problem]:
    if not shown.strip():
        return [Problem("The formula is empty.", line=1, column=1, offset=0)]
    if len(shown) > LONGEST:
        message = f"The formula is longer than {LONGEST:,} characters."
        return [Problem(message, line=1, column=1, offset=LONGEST, length=len(shown) - LONGEST)]
    return []


def _slots(holes: Sequence[Hole]) -> tuple[Hole, ...]:
    """One hole for each column and path."""
    return tuple({_key(hole): hole for hole in reversed(holes)}.values())[::-1]


def _figures(slots: Sequence[Hole], names: Mapping[int, str]) -> tuple[int, ...]:
    """Returns the slots of cells of number columns, which are added where texts would be joined."""
    numbers = names.numbers if isinstance(names, Names) else ()
    return tuple(place for place, hole in enumerate(slots) if hole.column_id in numbers and hole.path is None)


def _key(hole: Hole) -> tuple[object, ...]:
    return hole.column_id, hole.path and hole.path.steps, hole.column_id is None and hole.name


@dataclass(frozen=True, slots=True)
class _Source:
    """The formula with a mark in the place of each reference, as long as it is, so that places stay the same."""

    text: str
    shown: str
    holes: tuple[tuple[int, int], ...]  # UTF-16, as the checker counts
    mark: str
    slots: int
    figures: tuple[int, ...]
    condition: bool


def _source(
    shown: str, holes: Sequence[Hole], slots: Sequence[Hole], figures: tuple[int, ...], condition: bool
) -> _Source:
    mark = next((mark for mark in _MARKS if mark not in shown), None)
    if mark is None:
        raise InvalidSettings([Problem(f"A formula can't contain all of {_MARKS}.", line=1, column=1, offset=0)])
    numbers = {_key(slot): number for number, slot in enumerate(slots)}
    places, pieces, position, length = [], [], 0, 0
    for hole in holes:
        before = shown[position : hole.start]
        masked = f" {mark}{_base36(numbers[_key(hole)])}\u00a0".ljust(_utf16(shown[hole.start : hole.end]), "\u00a0")
        length += _utf16(before)
        places.append((length, length + len(masked)))
        pieces += [before, masked]
        position, length = hole.end, length + len(masked)
    return _Source("".join(pieces) + shown[position:], shown, tuple(places), mark, len(slots), figures, condition)


def _base36(number: int) -> str:
    return _DIGITS[number] if number < 36 else _base36(number // 36) + _DIGITS[number % 36]


def _utf16(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


class _Compiled(NamedTuple):
    script: str
    asked: tuple[int, ...]  # slots whose state it asks for
    guarded: tuple[int, ...]
    sums: tuple[tuple[int, int, int], ...]  # slot, start and end (UTF-16) of each summand
    months: tuple[_Report, ...]  # counted from 0 and shown, with the edit that counts them from 1


@lru_cache(maxsize=2000)
def _script(source: _Source) -> _Compiled:
    """Raises _Refused."""
    request = {
        "source": source.text,
        "shown": source.shown,
        "holes": source.holes,
        "mark": source.mark,
        "slots": source.slots,
        "figures": source.figures,
        "isCondition": source.condition,
    }
    try:
        answer = process.check(json.dumps(request), CHECKING)
    except process.Died:
        answer = {"problems": [{"message": "The formula is too long to check.", "start": 0, "end": 0}]}
    if "problems" in answer:
        raise _Refused(answer["problems"], answer.get("known", []))
    sums = tuple((found["slot"], found["start"], found["end"]) for found in answer["sums"])
    return _Compiled(answer["script"], tuple(answer["asked"]), tuple(answer["guarded"]), sums, tuple(answer["months"]))


class _Refused(Exception):
    """By the checker; `known` are the names that a formula may use."""

    def __init__(self, reports: list[_Report], known: list[str]) -> None:
        super().__init__()
        self.reports = reports
        self.known = known


def _problem(report: _Report, shown: str, names: Mapping[int, str], known: list[str]) -> Problem:
    start, end = (_codepoints(shown, report[key]) for key in ("start", "end"))
    message, edit = report["message"], None
    if "edit" in report:
        given = report["edit"]
        at, until = _codepoints(shown, given["start"]), _codepoints(shown, given["end"])
        edit = Edit(at, until - at, given["text"], given["label"])
    if "unknown" in report:
        message, edit = misreadings.unknown(report["unknown"], report["isCalled"], start, names, known)
    line, column = references.place(shown, start)
    fix = edit.label if edit else None
    return Problem(message, "", line, column, start, max(end - start, 0), fix=fix, edit=edit)


def _codepoints(text: str, position: int) -> int:
    if text.isascii():
        return position
    return len(text.encode("utf-16-le", "surrogatepass")[: 2 * position].decode("utf-16-le", "replace"))


# Evaluating


class Evaluators:
    """Evaluates formulas, each in a context of its own, so that one that hangs costs its own cells alone."""

    def __init__(self, deadline: float = 1.0) -> None:
        self._deadline = deadline  # seconds a row may take
        self._evaluations: dict[Formula, Evaluation] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        for evaluation in self._evaluations.values():
            process.forget(evaluation.owner)

    def evaluate(self, formula: Formula, rows: Rows) -> list[Computed]:
        """Returns a result a row; the values of a row are {column id: value}. Raises SandboxBusy."""
        if formula_parameters.are_given(rows):
            return self._evaluate(formula, rows)
        lacking = {number: result for number, row in enumerate(rows) if (result := _unavailable(formula, row))}
        computed = iter(self._evaluate(formula, [row for number, row in enumerate(rows) if number not in lacking]))
        return [lacking[number] if number in lacking else next(computed) for number in range(len(rows))]

    def _evaluate(self, formula: Formula, rows: Rows) -> list[Computed]:
        if not rows:
            return []
        given = formula_parameters.of_rows(rows, formula.slots, formula.state_slots, formula.guarded_slots)
        outcomes = chain.from_iterable(self._evaluation(formula).outcomes(given))
        return [_computed(formula, outcome, parameters) for outcome, parameters in zip(outcomes, given, strict=True)]

    def verdicts(self, condition: Formula, rows: Rows) -> list[tuple[bool, str]]:
        """Returns for each row whether it runs, and why not when more than the condition itself says so.

        Raises SandboxBusy.
        """
        return [check(computed) for computed in self.evaluate(condition, rows)]

    def _evaluation(self, formula: Formula) -> Evaluation:
        if formula not in self._evaluations:
            encode = formula_parameters.as_json
            self._evaluations[formula] = Evaluation(formula.script, formula.condition, self._deadline, encode)
        return self._evaluations[formula]


def _unavailable(formula: Formula, row: Mapping[int, object]) -> Computed | None:
    for hole in formula.slots:
        value = row.get(hole.column_id or 0)
        if isinstance(value, Unavailable) and hole.column_id in formula.required(row):
            return Computed(error=str(value))
    return None


_CUT = "The formula cuts a character such as 😀 in half. LEFT, RIGHT and MID count it as one."
_NUL = "The formula makes the character U+0000, which can't be stored. CLEAN takes it out of a text."


def _computed(formula: Formula, outcome: Outcome, given: Parameters) -> Computed:
    match outcome:
        case [0, value]:
            return _result(value, given)
        case [0, value, int(slot), str(sum)]:
            computed = _result(value, given)
            return computed if computed.error else _doubted(formula, computed.value, slot, sum)
        case [2, message]:
            return Computed(error=without_surrogates(str(message)))
        case [3, int(slot)]:
            name = formula.slots[slot].name
            return Computed(error=f"{{{{{name}}}}} is empty", empty=name)
        case [6, int(slot), str(sum), "date"]:
            name = formula.slots[slot].name
            words = f'{name} is text: {sum}. Add days to a date with moment({{{{{name}}}}}).add(1, "days").'
            return Computed(error=words)
        case [6, int(slot), str(sum), kind]:
            name = formula.slots[slot].name
            function = "VALUE" if kind == "amount" else "Number"
            words = f"{name} is text: {sum}. Make it a number with {function}({{{{{name}}}}})."
            return Computed(error=words, fix=formula.advice(slot, function))
        case _:
            return Computed(MISSING)


def _result(value: object, given: Parameters) -> Computed:
    """Returns a result as it can be stored; with half a character only where the row itself holds one."""
    stored = encodable(value)
    if stored == value:
        return Computed(stored)
    if not has_surrogates(value):
        return Computed(error=_NUL)
    return Computed(stored) if has_surrogates(given) else Computed(error=_CUT)


def _doubted(formula: Formula, value: object, slot: int, sum: str) -> Computed:
    if slot < 0:
        return Computed(value, doubt=Doubt(f"+ joins text: {sum}. To add numbers, write Number( ) around each.", None))
    name = formula.slots[slot].name
    words = f"{name} is text, and + joins text: {sum}. To add numbers, write Number({{{{{name}}}}})."
    return Computed(value, doubt=Doubt(words, formula.advice(slot, "Number")))

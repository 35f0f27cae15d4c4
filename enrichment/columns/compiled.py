"""The settings of an HTTP column, parsed once and ready to run; and written with column ids or with names."""

from dataclasses import dataclass, replace
from itertools import chain

from enrichment.columns.shapes import (
    CompiledPoll,
    check_callback,
    compile_batch,
    compile_pages,
    compile_poll,
    with_own,
)
from enrichment.connections import response_condition
from enrichment.engine import formula
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.formula import Formula
from enrichment.engine.shapes.batch import Batching
from enrichment.engine.shapes.pages import Paging
from enrichment.engine.template import inputs, paths, references, request
from enrichment.engine.template.paths import Path
from enrichment.engine.template.references import Names
from enrichment.engine.template.request import RequestTemplate
from enrichment.schema import HttpConfig


@dataclass(frozen=True, slots=True)
class CompiledColumn:
    config: HttpConfig
    request: RequestTemplate
    condition: Formula | None
    success: Formula | None
    field_paths: tuple[Path, ...]
    required: tuple[int, ...]
    poll: CompiledPoll | None
    paging: Paging | None
    batching: Batching | None

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What is no mistake but may surprise."""
        conditions = {"run_if": self.condition, "success_if": self.success}
        asked = (_at(field, list(one.questions)) for field, one in conditions.items() if one)
        return (*self.request.warnings, *chain.from_iterable(asked))

    @property
    def column_ids(self) -> frozenset[int]:
        """Every column that a row's request needs."""
        condition = self.condition.column_ids if self.condition else frozenset()
        key = self.batching.column_ids if self.batching else frozenset()
        return self.request.column_ids.union(condition, key, self.required)


def compile_column(config: HttpConfig, names: Names) -> CompiledColumn:
    """Compiles settings with column ids or names. Raises InvalidSettings with every problem at its field."""
    problems: list[Problem] = []
    template = _request(config, names, problems)
    condition = _condition(config.run_if, names, problems)
    success = _success(config.success_if, problems)
    field_paths = _field_paths(config.field_paths, problems)
    poll = compile_poll(config, problems)
    paging = compile_pages(config, template, problems)
    batching = compile_batch(config, template, names, problems)
    check_callback(config, template, problems)
    required = _required_ids(config, names, problems)
    if template is None or any(problem.severity == "error" for problem in problems):
        raise InvalidSettings(problems)
    return CompiledColumn(config, template, condition, success, field_paths, required, poll, paging, batching)


def _request(config: HttpConfig, names: Names, problems: list[Problem]) -> RequestTemplate | None:
    try:
        return request.compile(config.model_dump(), with_own(config, names))
    except InvalidSettings as error:
        problems += error.problems
        return None


def _condition(text: str, names: Names, problems: list[Problem]) -> Formula | None:
    if not text.strip():
        return None
    try:
        return formula.compile(text, names, condition=True)
    except InvalidSettings as error:
        problems += _at("run_if", error.problems)
        return None


def _success(text: str, problems: list[Problem]) -> Formula | None:
    try:
        return response_condition.compiled(text, "success_if")
    except InvalidSettings as error:
        problems += error.problems
        return None


def _field_paths(texts: list[str], problems: list[Problem]) -> tuple[Path, ...]:
    compiled = []
    for number, text in enumerate(texts):
        try:
            compiled.append(paths.compile(text))
        except InvalidSettings as error:
            problems += _at(f"field_paths.{number}", error.problems)
    return tuple(compiled)


def _required_ids(config: HttpConfig, names: Names, problems: list[Problem]) -> tuple[int, ...]:
    """A name wins over an id. Settings that don't say require what the address needs."""
    required = config.required
    if required is None:
        return tuple(inputs.address_ids(config.model_dump(), names))
    ids = {str(pk): pk for pk in names} | {name: pk for pk, name in names.items()}
    for number, item in enumerate(required):
        if str(item) not in ids:
            problems.append(_missing(item, names, f"required.{number}"))
    return tuple(ids[str(item)] for item in required if str(item) in ids)


def _missing(column: int | str, names: Names, field: str) -> Problem:
    if isinstance(column, int) and column in names.deleted:
        words = f"The column “{names.deleted[column]}” was deleted. Restore it, or choose another one."
        return Problem(words, field=field, reference=names.deleted[column])
    return Problem(f"There is no column “{column}”.", field=field, reference=str(column))


def _at(field: str, problems: list[Problem]) -> list[Problem]:
    return [replace(problem, field=field) for problem in problems]


def to_stored(compiled: CompiledColumn, names: Names) -> HttpConfig:
    """Returns the settings with column ids in place of names."""
    with_ids = compiled.config.with_texts(lambda text: references.to_stored(text, names))
    return with_ids.model_copy(update={"required": list(compiled.required)})


def to_shown(config: HttpConfig, names: Names) -> HttpConfig:
    """Returns the settings with the present names of columns in place of ids."""
    with_names = config.with_texts(lambda text: references.to_shown(text, names))
    if config.required is None:
        return with_names
    return with_names.model_copy(update={"required": [names.get(int(item), str(item)) for item in config.required]})

"""An HTTP column made ready to run: its stored settings, parsed once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from enrichment.engine import formula
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.template import paths, references, request
from enrichment.schema import HttpConfig


@dataclass(frozen=True, slots=True)
class CompiledColumn:
    config: HttpConfig
    request: request.RequestTemplate
    condition: formula.Formula | None
    field_paths: tuple[paths.Path, ...]
    required: frozenset[int]

    @property
    def column_ids(self) -> frozenset[int]:
        """Every column that a row's request needs."""
        condition = self.condition.column_ids if self.condition else frozenset()
        return self.request.column_ids | condition | self.required


def to_stored(config: HttpConfig, names: Mapping[int, str]) -> tuple[HttpConfig, list[Problem]]:
    """Column names become ids. The problems name what does not exist."""
    problems: list[Problem] = []

    def stored(text: str, field: str) -> str:
        result, found = references.to_stored(text, names)
        problems.extend(_at(field, found))
        return result

    changed = {
        "url": stored(config.url, "url"),
        "body": None if config.body is None else stored(config.body, "body"),
        "run_if": stored(config.run_if, "run_if"),
        "query": [
            item.model_copy(update={"value": stored(item.value, f"query.{number}.value")})
            for number, item in enumerate(config.query)
        ],
        "headers": [
            item.model_copy(update={"value": stored(item.value, f"headers.{number}.value")})
            for number, item in enumerate(config.headers)
        ],
        "required": _required_ids(config.required, names, problems),
    }
    return config.model_copy(update=changed), problems


def to_shown(config: HttpConfig, names: Mapping[int, str]) -> HttpConfig:
    """Column ids become their present names."""

    def shown(text: str) -> str:
        return references.to_shown(text, names)

    return config.model_copy(
        update={
            "url": shown(config.url),
            "body": None if config.body is None else shown(config.body),
            "run_if": shown(config.run_if),
            "query": [item.model_copy(update={"value": shown(item.value)}) for item in config.query],
            "headers": [item.model_copy(update={"value": shown(item.value)}) for item in config.headers],
            "required": [names.get(int(item), str(item)) for item in config.required],
        }
    )


def _required_ids(wanted: list[int | str], names: Mapping[int, str], problems: list[Problem]) -> list[int]:
    ids = {name: pk for pk, name in names.items()}
    found = []
    for number, item in enumerate(wanted):
        if isinstance(item, str) and item in ids:
            found.append(ids[item])
        elif str(item).isdigit() and int(item) in names:
            found.append(int(item))
        else:
            problems.append(Problem(f"There is no column “{item}”.", field=f"required.{number}", reference=str(item)))
    return found


def compile_column(stored: HttpConfig, names: Mapping[int, str]) -> CompiledColumn:
    """Raises InvalidSettings with every problem of every field."""
    problems: list[Problem] = []
    template = condition = None
    try:
        template = request.compile(stored.model_dump(), names)
    except InvalidSettings as error:
        problems += error.problems
    if stored.run_if.strip():
        try:
            condition = formula.compile(stored.run_if, names, condition=True)
        except InvalidSettings as error:
            problems += _at("run_if", error.problems)
    found = []
    for number, text in enumerate(stored.field_paths):
        try:
            found.append(paths.compile(text))
        except InvalidSettings as error:
            problems += _at(f"field_paths.{number}", error.problems)
    if template is None or any(problem.severity == "error" for problem in problems):
        raise InvalidSettings(problems)
    return CompiledColumn(stored, template, condition, tuple(found), frozenset(int(item) for item in stored.required))


def _at(field: str, problems: list[Problem]) -> list[Problem]:
    return [replace(problem, field=field) for problem in problems]

"""A column's settings as a file for another table or another Marl: with names for ids, and without anything secret."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.db import transaction
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from enrichment import graph
from enrichment.columns import lifecycle as computed_columns
from enrichment.connections import settings as connection_settings
from enrichment.connections.redaction import Redactor
from enrichment.engine.auth import kinds
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.template import references
from enrichment.models import Connection, HttpColumn
from enrichment.schema import problems_of
from tables import columns as table_columns
from tables.models import Column, Table
from workspaces.actors import Actor
from workspaces.refusals import Refused

VERSION = 1
LARGEST = 256 * 1024  # letters of a file
_PRIVATE = r"authorization|cookie|passw|pwd|secret|token|api[-_ ]?key|apikey|^key$|signature|credential"
_IN_TEXT = re.compile(
    rf"""(["']?[\w-]*(?:{_PRIVATE.replace("^key$|", "")})[\w-]*["']?\s*[:=]\s*)("(?:[^"\\]|\\.)*"|[^\s"&,{{}}]+)""",
    re.IGNORECASE,
)
_FORMULAS = frozenset({"run_if", "condition"})
_NOT_KEPT = ("connection_id", "confirm_host")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ConnectionRecipe(_Strict):
    name: str = Field(min_length=1, max_length=120)
    kind: str = Field(max_length=40)
    config: dict[str, Any] = {}
    secrets: list[str] = Field(default=[], max_length=20)  # names alone


class Recipe(_Strict):
    marl: Literal["column"]
    version: Literal[1]
    name: str = Field(min_length=1, max_length=200)
    type: Literal["http", "formula", "extract"]
    config: dict[str, Any]
    columns: list[str] = Field(default=[], max_length=500)
    connection: ConnectionRecipe | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """What whoever imports decides: {name in the recipe: column here}, and who signs in."""

    columns: Mapping[str, str]
    connection_id: int | None = None
    secrets: Mapping[str, str] | None = None  # makes the connection of the recipe
    confirm_host: str | None = None  # may receive the credentials


def of(column: Column) -> dict[str, Any]:
    """Raises InvalidSettings for a plain column, which has no settings."""
    if not column.is_computed:
        words = f"“{column.name}” holds values that people enter. It has no settings to export."
        raise InvalidSettings([Problem(words)])
    config = {key: value for key, value in computed_columns.shown(column).items() if key not in _NOT_KEPT}
    if "source" in config:
        config["source"] = graph.names_of(column.table_id).get(config["source"], "")
    http = HttpColumn.objects.filter(column=column).select_related("connection").first()
    connection = http.connection if http else None
    hide = Redactor(connection_settings.opened(connection) if connection else {})
    return {
        "marl": "column", "version": VERSION, "name": column.name, "type": column.type,
        "config": _without_secrets(config, hide) if http else config, "columns": _names_in(column, config),
        "connection": _connection_of(connection, hide) if connection else None,
    }  # fmt: skip


def _connection_of(connection: Connection, hide: Redactor) -> dict[str, Any]:
    config = kinds.defaults(connection.kind) | connection.config
    kept = {key: value for key, value in config.items() if key != "allowed_hosts"}
    return {
        "name": connection.name, "kind": connection.kind, "config": _without_secrets(kept, hide),
        "secrets": sorted(connection_settings.opened(connection)),
    }  # fmt: skip


def _without_secrets(value: Any, hide: Redactor, name: str = "") -> Any:
    """Neither a connection's secrets in any form, nor what somebody wrote straight into a field named like one."""
    if isinstance(value, dict):
        named = str(value["name"]) if set(value) == {"name", "value"} else ""
        kept = {key: _without_secrets(item, hide, named if key == "value" else "") for key, item in value.items()}
        return kept | {key: value[key] for key in _FORMULAS & value.keys()}
    if isinstance(value, list):
        return [_without_secrets(item, hide) for item in value]
    if not isinstance(value, str):
        return value
    if re.search(_PRIVATE, name, re.I) and not references.find(value):
        return ""
    return hide(_IN_TEXT.sub(_emptied, value))


def _emptied(found: re.Match[str]) -> str:
    if references.find(found[2]):
        return found[0]
    return found[1] + ('""' if found[2].startswith('"') or ":" in found[1] else "")


def _names_in(column: Column, config: Mapping[str, Any]) -> list[str]:
    """Of the columns that it refers to."""
    ids = {name: pk for pk, name in graph.names_of(column.table_id).items()}
    names = {pk: name for name, pk in ids.items()}
    found = [references.split(text, ids) for text in _referred(config)]
    return sorted({names[target[0]] for target in found if target})


def _referred(config: Mapping[str, Any]) -> Iterator[str]:
    """What stands between double braces anywhere in the settings, and columns that are named without them."""
    for text in _texts(config):
        yield from (reference.text for reference in references.find(text))
    if isinstance(required := config.get("required"), list):
        yield from map(str, required)
    if config.get("source"):
        yield str(config["source"])


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)


def read(given: object) -> Recipe:
    """Raises InvalidSettings for what is no recipe."""
    try:
        size = len(json.dumps(given))
        recipe = Recipe.model_validate(given)
    except ValidationError as error:
        raise InvalidSettings(_refused(given if isinstance(given, dict) else {}, error)) from error
    except (RecursionError, ValueError) as error:
        raise InvalidSettings([Problem("This file is nested too deeply.", field="recipe")]) from error
    if size > LARGEST:
        raise InvalidSettings([Problem("This file is too large for the settings of one column.", field="recipe")])
    connection = recipe.connection
    if connection and connection.kind not in connection_settings.KINDS:
        raise InvalidSettings([Problem(f"“{connection.kind}” isn't a kind of connection.", field="recipe.connection")])
    return recipe


def _refused(given: Mapping[str, Any], error: ValidationError) -> list[Problem]:
    version = given.get("version")
    if given.get("marl") != "column":
        words = "This file isn't a column exported from Marl."
        fix = "To make one, choose “Export settings” in a column's menu."
        return [Problem(words, field="recipe", fix=fix)]
    if isinstance(version, int) and version > VERSION:
        words = f"This file has version {version}, but this Marl reads version {VERSION}."
        return [Problem(words, field="recipe.version", fix="Update Marl, then import the file again.")]
    problems = problems_of(error, "recipe.")
    words = f"The file is damaged at “{problems[0].field.removeprefix('recipe.')}”: {problems[0].message}"
    return [Problem(words, field="recipe", fix="Export the column again."), *problems]


def dry_run(actor: Actor, table: Table, recipe: Recipe) -> dict[str, Any]:
    """What an import would need: nothing is made."""
    here = {column.name for column in table_columns.live(table)}
    wanted = recipe.connection
    mine = Connection.objects.filter(workspace=actor.workspace, kind=wanted.kind) if wanted else ()
    return {
        "name": table_columns.unique_name(table, recipe.name), "type": recipe.type,
        "columns": [{"name": name, "column": name if name in here else None} for name in _needed(recipe)],
        "connection": wanted and {
            "name": wanted.name, "kind": wanted.kind, "secrets": wanted.secrets,
            "url": _sends_to(wanted), "choices": [{"id": found.pk, "name": found.name} for found in mine],
        },
    }  # fmt: skip


def _sends_to(wanted: ConnectionRecipe) -> str:
    """Where secrets that are entered would go: whoever imports is told."""
    request = wanted.config.get("auth_request")
    url = wanted.config.get("token_url") or (request.get("url") if isinstance(request, dict) else "")
    return str(url or "")


def _needed(recipe: Recipe) -> list[str]:
    """Its columns by name, longest name first where a path follows; an id of elsewhere is a name that nobody has."""
    ids = {name: number for number, name in enumerate(recipe.columns)}
    names = [*recipe.columns]
    for text in _referred(recipe.config):
        target = None if text.startswith("@") else references.split(text, ids)
        names.append(recipe.columns[target[0]] if target else text)
    return sorted(set(names) - {""})


def create(actor: Actor, table: Table, recipe: Recipe, choices: Choices) -> Column:
    """The column, and its connection where secrets for it are given. Raises InvalidSettings or Refused."""
    needed = _needed(recipe)
    here = table_columns.by_name_or_id(table)
    found: dict[str, Column] = {}
    problems = []
    for name in needed:
        try:
            found[name] = here(choices.columns.get(name) or name)
            if name not in choices.columns and found[name].name != name:
                raise Refused(name)
        except Refused:
            words = f"There is no column “{choices.columns.get(name) or name}” here. Choose the one to use instead."
            problems.append(Problem(words, field=f"columns.{name}", reference=name))
    if problems:
        raise InvalidSettings(problems)
    numbers = dict(enumerate(needed))
    with transaction.atomic():
        config = _mapped(recipe.config, {name: number for number, name in numbers.items()}, found, numbers)
        if recipe.type == "http":
            config |= {"connection_id": _connection(actor, recipe, choices), "confirm_host": choices.confirm_host}
        return computed_columns.create(table, table_columns.unique_name(table, recipe.name), recipe.type, config)


def _connection(actor: Actor, recipe: Recipe, choices: Choices) -> int | None:
    if choices.secrets is None or recipe.connection is None:
        return choices.connection_id
    wanted = recipe.connection
    taken = set(Connection.objects.filter(workspace=actor.workspace).values_list("name", flat=True))
    name = next(name for number in range(1, 10_000) if (name := _numbered(wanted.name, number)) not in taken)
    config = {key: value for key, value in wanted.config.items() if key != "allowed_hosts"}
    made = connection_settings.create(actor, name=name, kind=wanted.kind, config=config, secrets=choices.secrets)
    return made.pk


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name[:110]} {number}"


def _mapped(
    config: Mapping[str, Any], ids: Mapping[str, int], found: Mapping[str, Column], names: Mapping[int, str]
) -> dict[str, Any]:
    """With references to the columns that were chosen."""
    here = {number: found[name].name for number, name in names.items()}

    def renamed(text: str) -> str:
        parts, position = [], 0
        for reference in references.find(text):
            target = references.split(reference.text, ids)
            parts.append(text[position : reference.start])
            if target and target[1]:
                dot = "" if target[1].startswith("[") else "."
                parts.append("{{" + references.escaped(here[target[0]] + dot + target[1]) + "}}")
            elif target:
                parts.append("{{" + references.escaped(here[target[0]]) + "}}")
            else:
                parts.append(text[reference.start : reference.end])
            position = reference.end
        return "".join(parts) + text[position:]

    def walked(value: Any) -> Any:
        if isinstance(value, str):
            return renamed(value)
        if isinstance(value, dict):
            return {key: walked(item) for key, item in value.items()}
        return [walked(item) for item in value] if isinstance(value, list) else value

    mapped: dict[str, Any] = walked({key: value for key, value in config.items() if key not in _NOT_KEPT})
    if isinstance(mapped.get("required"), list):
        mapped["required"] = [found[str(name)].pk for name in config["required"]]
    if "source" in mapped:
        mapped["source"] = found[str(config["source"])].pk if config["source"] else ""
    return mapped

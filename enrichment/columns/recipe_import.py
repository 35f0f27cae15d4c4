"""A column made from a recipe: its references led to columns of this table, its connection chosen or made."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from enrichment.columns import lifecycle, recipes
from enrichment.columns.recipes import OF_HERE, OVER_ANSWERS, ConnectionRecipe, Recipe, references_in
from enrichment.connections import settings as connection_settings
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.template import references
from enrichment.models import Connection
from tables import columns as table_columns
from tables.models import Column, Table
from workspaces.actors import Actor
from workspaces.refusals import Refused


@dataclass(frozen=True, slots=True)
class Choices:
    """What the person who imports decides: {name in the recipe: column here}, and who signs in."""

    columns: Mapping[str, str]
    connection_id: int | None = None
    secrets: Mapping[str, str] | None = None  # makes the connection of the recipe
    confirm_host: str | None = None  # may receive the credentials
    answers: Mapping[str, str] = field(default_factory=dict)  # to what the recipe asks for
    of_gallery: bool = False  # its host was named: a connection that is made for it may send its credentials there


def dry_run(actor: Actor, table: Table, recipe: Recipe) -> dict[str, Any]:
    """Returns what an import would need; nothing is made."""
    names = {column.name for column in table_columns.live(table)}
    return {
        "name": table_columns.unique_name(table, recipe.name),
        "type": recipe.type,
        "columns": [{"name": name, "column": name if name in names else None} for name in _referenced(recipe)],
        "about": recipe.about.model_dump(mode="json") if recipe.about else None,
        "host": recipes.host_shown(recipe) if recipe.about else None,
        "asks": [ask.model_dump(include={"key", "label", "example"}) for ask in recipe.asks],
        "connection": _connection_needed(actor, recipe.connection) if recipe.connection else None,
    }


def _connection_needed(actor: Actor, recipe: ConnectionRecipe) -> dict[str, Any]:
    choices = Connection.objects.filter(workspace=actor.workspace, kind=recipe.kind)
    return {
        "name": recipe.name,
        "kind": recipe.kind,
        "secrets": recipe.secrets,
        "labels": recipe.labels,
        "hint": recipe.hint,
        "url": recipe.url,
        "choices": [{"id": connection.pk, "name": connection.name} for connection in choices],
    }


def create(actor: Actor, table: Table, recipe: Recipe, choices: Choices) -> Column:
    """Makes the column, and its connection where secrets for it are given. Raises InvalidSettings or Refused."""
    recipe = recipes.answered(recipe, choices.answers)
    columns = _chosen_columns(table, recipe, choices)
    with transaction.atomic():
        config = _with_columns(recipe.config, columns)
        if recipe.type == "http":
            config |= {"connection_id": _connection_id(actor, recipe, choices), "confirm_host": _host(recipe, choices)}
        return lifecycle.create(table, table_columns.unique_name(table, recipe.name), recipe.type, config)


def _referenced(recipe: Recipe) -> list[str]:
    """Returns the names of the columns that the recipe needs; an id of elsewhere is a name that no column has."""
    ids = {name: number for number, name in enumerate(recipe.columns)}
    names = set(recipe.columns)
    for text in references_in(recipe.config):
        target = None if text.startswith("@") else references.split(text, ids)
        names.add(recipe.columns[target[0]] if target else text)
    return sorted(names - {""})


def _chosen_columns(table: Table, recipe: Recipe, choices: Choices) -> dict[str, Column]:
    """Returns {name in the recipe: column here}. Raises InvalidSettings naming each that is not there."""
    find = table_columns.by_name_or_id(table)
    columns: dict[str, Column] = {}
    problems = []
    for name in _referenced(recipe):
        chosen = choices.columns.get(name) or name
        try:
            columns[name] = find(chosen)
            if name not in choices.columns and columns[name].name != name:
                raise Refused(name)
        except Refused:
            words = f"There is no column “{chosen}” here. Choose the one to use instead."
            problems.append(Problem(words, field=f"columns.{name}", reference=name))
    if problems:
        raise InvalidSettings(problems)
    return columns


def _connection_id(actor: Actor, recipe: Recipe, choices: Choices) -> int | None:
    if choices.secrets is None or recipe.connection is None:
        return choices.connection_id
    return _make_connection(actor, recipe.connection, choices.secrets).pk


def _host(recipe: Recipe, choices: Choices) -> str | None:
    is_named = choices.of_gallery and choices.secrets is not None
    return recipes.host_shown(recipe) if is_named else choices.confirm_host


def _make_connection(actor: Actor, recipe: ConnectionRecipe, secrets: Mapping[str, str]) -> Connection:
    taken = set(Connection.objects.filter(workspace=actor.workspace).values_list("name", flat=True))
    names = (_numbered(recipe.name, number) for number in range(1, len(taken) + 2))
    name = next(name for name in names if name not in taken)
    config = {key: value for key, value in recipe.config.items() if key != "allowed_hosts"}
    return connection_settings.create(actor, name=name, kind=recipe.kind, config=config, secrets=secrets)


def _numbered(name: str, number: int) -> str:
    return name if number == 1 else f"{name[:110]} {number}"


def _with_columns(config: Mapping[str, Any], columns: Mapping[str, Column]) -> dict[str, Any]:
    """Returns the settings with references to the columns that were chosen."""
    ids = {name: number for number, name in enumerate(columns)}
    names = [column.name for column in columns.values()]

    def led_here(inner: str) -> str | None:
        target = references.split(inner, ids)
        return references.joined(names[target[0]], target[1]) if target else None

    as_it_is = {key: config[key] for key in OVER_ANSWERS if key in config}
    ours = {key: value for key, value in config.items() if key not in (*OF_HERE, *OVER_ANSWERS)}
    led: dict[str, Any] = recipes.changed(ours, lambda text: references.rewritten(text, led_here)) | as_it_is
    if isinstance(led.get("required"), list):
        led["required"] = [columns[str(name)].pk for name in config["required"]]
    if "source" in led:
        led["source"] = columns[str(config["source"])].pk if config["source"] else ""
    return led

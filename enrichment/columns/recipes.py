"""A column's settings as a file for another table or another Marl: with names for ids, and without anything secret."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from enrichment.connections import settings as connection_settings
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.template import references
from enrichment.schema import problems_of

VERSION = 1
LARGEST = 256 * 1024  # characters of a file
OF_HERE = ("connection_id", "confirm_host")  # settings that mean nothing elsewhere


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ConnectionRecipe(_Strict):
    name: str = Field(min_length=1, max_length=120)
    kind: str = Field(max_length=40)
    config: dict[str, Any] = {}
    secrets: list[str] = Field(default=[], max_length=20)  # names alone

    @property
    def url(self) -> str:
        """Where secrets that are entered for it would go."""
        request = self.config.get("auth_request")
        return str(self.config.get("token_url") or (request.get("url") if isinstance(request, dict) else "") or "")


class Recipe(_Strict):
    marl: Literal["column"]
    version: Literal[1]
    name: str = Field(min_length=1, max_length=200)
    type: Literal["http", "formula", "extract"]
    config: dict[str, Any]
    columns: list[str] = Field(default=[], max_length=500)
    connection: ConnectionRecipe | None = None


def read(content: object) -> Recipe:
    """Returns the recipe in a file. Raises InvalidSettings for anything else."""
    try:
        size = len(json.dumps(content))
        recipe = Recipe.model_validate(content)
    except ValidationError as error:
        raise InvalidSettings(_problems_of(content if isinstance(content, dict) else {}, error)) from error
    except (RecursionError, ValueError) as error:
        raise InvalidSettings([Problem("This file is nested too deeply.", field="recipe")]) from error
    if size > LARGEST:
        raise InvalidSettings([Problem("This file is too large for the settings of one column.", field="recipe")])
    connection = recipe.connection
    if connection and connection.kind not in connection_settings.KINDS:
        raise InvalidSettings([Problem(f"“{connection.kind}” isn't a kind of connection.", field="recipe.connection")])
    return recipe


def _problems_of(content: Mapping[str, Any], error: ValidationError) -> list[Problem]:
    version = content.get("version")
    if content.get("marl") != "column":
        words = "This file isn't a column exported from Marl."
        fix = "To make one, choose “Export settings” in a column's menu."
        return [Problem(words, field="recipe", fix=fix)]
    if isinstance(version, int) and version > VERSION:
        words = f"This file has version {version}, but this Marl reads version {VERSION}."
        return [Problem(words, field="recipe.version", fix="Update Marl, then import the file again.")]
    problems = problems_of(error, "recipe.")
    words = f"The file is damaged at “{problems[0].field.removeprefix('recipe.')}”: {problems[0].message}"
    return [Problem(words, field="recipe", fix="Export the column again."), *problems]


def references_in(config: Mapping[str, Any]) -> Iterator[str]:
    """Yields what stands in double braces where columns can be meant, and columns that are named without them."""
    for text in _texts({name: value for name, value in config.items() if name != "success_if"}):
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

"""A column's settings as a file for another table or another Marl: with names for ids, and without anything secret."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, ValidationError, field_validator

from enrichment.engine.auth import kinds
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.template import references, rows
from enrichment.schema import problems_of

VERSION = 1
LARGEST = 256 * 1024  # characters of a file
OVER_ANSWERS = ("success_if", "poll", "pages")  # settings whose references are no columns
_ASKED = re.compile(r"\[\[([a-z][a-z0-9_]*)\]\]")
OF_HERE = ("connection_id", "confirm_host")  # settings that mean nothing elsewhere


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class About(_Strict):
    """What the gallery says of a recipe."""

    service: str = Field(min_length=1, max_length=80)
    summary: str = Field(min_length=1, max_length=300)
    page: HttpUrl | None = None  # of the API's documentation


class Ask(_Strict):
    """Something of the user's own that stands as `[[key]]` in the settings, such as the id of a base."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)
    label: str = Field(min_length=1, max_length=80)
    example: str = Field(min_length=1, max_length=200)
    pattern: str = Field(default=r"[\w.~-]+", max_length=200)  # that the whole answer matches: it stands in addresses

    @field_validator("pattern")
    @classmethod
    def _valid(cls, pattern: str) -> str:
        re.compile(pattern)
        return pattern


class ConnectionRecipe(_Strict):
    name: str = Field(min_length=1, max_length=120)
    kind: str = Field(max_length=40)
    config: dict[str, Any] = {}
    secrets: list[str] = Field(default=[], max_length=20)  # names alone
    labels: dict[str, str] = {}  # what the API calls them
    hint: str = Field(default="", max_length=300)  # where to find them

    @property
    def url(self) -> str:
        """Where secrets that are entered for it would go; a refresh of the token may be another place."""
        refresh = self.config.get("refresh")
        requests = self.config.get("auth_request"), refresh.get("request") if isinstance(refresh, dict) else None
        urls = [self.config.get("token_url"), *(item.get("url") for item in requests if isinstance(item, dict))]
        return ", ".join(str(url) for url in urls if url)


class Recipe(_Strict):
    marl: Literal["column"]
    version: Literal[1]
    name: str = Field(min_length=1, max_length=200)
    type: Literal["http", "formula", "extract"]
    config: dict[str, Any]
    columns: list[str] = Field(default=[], max_length=500)
    connection: ConnectionRecipe | None = None
    about: About | None = None
    asks: list[Ask] = Field(default=[], max_length=20)


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
    if connection and connection.kind not in kinds.KINDS:
        raise InvalidSettings([Problem(f"“{connection.kind}” isn't a kind of connection.", field="recipe.connection")])
    return recipe


def answered(recipe: Recipe, answers: Mapping[str, str]) -> Recipe:
    """Returns the recipe with what its user was asked for in place. Raises InvalidSettings for what doesn't fit."""
    given = {ask.key: answers.get(ask.key, "").strip() for ask in recipe.asks}
    problems = [
        Problem(f"Enter “{ask.label}”, such as {ask.example}.", field=f"answers.{ask.key}")
        for ask in recipe.asks
        if not re.fullmatch(ask.pattern, given[ask.key])
    ]
    if problems:
        raise InvalidSettings(problems)

    def put(text: str) -> str:
        return _ASKED.sub(lambda found: given.get(found[1], found[0]), text)

    connection = recipe.connection
    if connection:
        connection = connection.model_copy(update={"config": changed(connection.config, put)})
    return recipe.model_copy(update={"config": changed(recipe.config, put), "connection": connection})


def host_shown(recipe: Recipe) -> str | None:
    """Returns the host that the column calls, with “…” for what its user is asked for; None where a row names it."""
    return urlsplit(_ASKED.sub("…", str(recipe.config.get("url", "")))).hostname


def changed(value: Any, change: Callable[[str], str]) -> Any:
    """Returns plain JSON with each of its texts changed, but for keys."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: changed(item, change) for key, item in value.items()}
    return [changed(item, change) for item in value] if isinstance(value, list) else value


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
    for text in _texts({name: value for name, value in config.items() if name not in OVER_ANSWERS}):
        found = (reference.text for reference in references.find(text))
        yield from (name for name in found if not _is_of_shape(name, config))
    if isinstance(required := config.get("required"), list):
        yield from map(str, required)
    if config.get("source"):
        yield str(config["source"])


def _is_of_shape(name: str, config: Mapping[str, Any]) -> bool:
    """Whether it is no column: the cursor of a page, or a mark around the rows of a batch."""
    return (name == "cursor" and bool(config.get("pages"))) or (rows.is_mark_text(name) and bool(config.get("batch")))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)

"""The gallery: recipes for well-known APIs, one file each. Those in this server's own folder are added to Marl's."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from enrichment.columns import recipes
from enrichment.columns.recipes import About, Recipe
from enrichment.engine.errors import InvalidSettings, Problem

_OURS = Path(__file__).parent.parent / "recipes"


@dataclass(frozen=True, slots=True)
class Entry:
    """A recipe, and the id that its file's name gives it."""

    id: str
    recipe: Recipe
    about: About


def entries() -> tuple[list[Entry], list[Problem]]:
    """Returns all recipes, by service and name, and what is wrong with files that can't be read."""
    found: dict[str, Entry] = {}
    problems = []
    for path in _files():
        try:
            found[path.stem] = _entry(path)
        except InvalidSettings as error:
            problems += error.problems
    return sorted(found.values(), key=lambda entry: (entry.about.service.lower(), entry.recipe.name)), problems


def get(id_: str) -> Recipe:
    """Returns the recipe of an id. Raises InvalidSettings."""
    paths: Sequence[Path] = [path for path in _files() if path.stem == id_]
    if not paths:
        words = f"There is no recipe “{id_}” in the gallery."
        raise InvalidSettings([Problem(words, field="recipe", fix="Choose one of GET /recipes.")])
    return _entry(paths[-1]).recipe


def _files() -> Iterator[Path]:
    yield from _OURS.glob("*.json")
    if settings.RECIPES_DIR:
        yield from Path(settings.RECIPES_DIR).glob("*.json")


def _entry(path: Path) -> Entry:
    recipe = _read(path, path.stat().st_mtime_ns)
    return Entry(path.stem, recipe, recipe.about or About(service=recipe.name, summary=recipe.name))


@lru_cache(maxsize=500)
def _read(path: Path, _changed_at: int) -> Recipe:
    try:
        return recipes.read(json.loads(path.read_text(encoding="utf-8")))
    except (InvalidSettings, ValueError, OSError) as error:
        words = f"The recipe “{path.name}” can't be read: {error}"
        raise InvalidSettings([Problem(words, field="recipe", fix="Correct the file, or take it away.")]) from error

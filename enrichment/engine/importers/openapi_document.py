"""OpenAPI 3.0 to 3.2 and Swagger 2 documents: read, their operations listed, their references followed."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import yaml

from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.importers import openapi_yaml
from enrichment.engine.importers.curl import METHODS

DEEPEST = 8  # references that are followed, and parts of a schema inside each other
_VERSION = re.compile(r"2\.0|3\.[0-2](\.\d+)?([-.].*)?")


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked; `id` is "POST /companies/{id}"."""

    id: str
    summary: str


def read(text: str) -> dict[str, Any]:
    """Returns the document. Raises InvalidSettings, of field `document`, for anything but an OpenAPI document."""
    try:
        found = json.loads(text) if text.lstrip().startswith("{") else openapi_yaml.load(text)
    except openapi_yaml.TooLarge as error:
        raise refused(str(error)) from error
    except (ArithmeticError, ValueError, yaml.YAMLError, RecursionError) as error:
        place = getattr(error, "problem_mark", None)
        line = place.line + 1 if place else getattr(error, "lineno", None)
        raise refused(f"This is neither JSON nor YAML{f' (line {line})' if line else ''}.") from error
    if not isinstance(found, dict) or not ("openapi" in found or "swagger" in found):
        raise refused("This isn't an OpenAPI document: it has no openapi or swagger version.")
    version = str(found.get("openapi", found.get("swagger")))
    if not _VERSION.fullmatch(version):
        raise refused(f"This document is written in version {version[:20]}. Use OpenAPI 3.0 to 3.2, or Swagger 2.0.")
    if not isinstance(found.get("paths"), dict):
        raise refused("This document describes no paths.")
    return found


def operations(document: Mapping[str, Any]) -> list[Operation]:
    """Returns what can be asked. Raises InvalidSettings where all of it is described in other files."""
    reader = Reader(document)
    items = [(path, reader.resolved(item)) for path, item in document["paths"].items() if isinstance(path, str)]
    found = [
        Operation(f"{method.upper()} {path}", str(item[method].get("summary") or item[method].get("operationId") or ""))
        for path, item in items
        for method in item
        if str(method).upper() in METHODS and isinstance(item[method], dict)
    ]
    if reader.elsewhere and not found:
        raise refused(in_other_files(reader.elsewhere))
    return found


def in_other_files(targets: Mapping[str, None]) -> str:
    """Says what could not be followed, and what to do about it."""
    return f"Parts of this document are missing from it: {listed(targets)}. Join its files into one, and import that."


def listed(names: Iterable[str], most: int = 6) -> str:
    """Returns the first names as people list them, and how many there are besides."""
    found = list(names)
    more = len(found) - most
    return ", ".join(found[:most]) + (f" and {more} more" if more > 0 else "")


class Reader:
    """Follows the references of a document; `elsewhere` holds those that lead out of it or nowhere."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.elsewhere: dict[str, None] = {}

    def resolved(self, value: object) -> dict[str, Any]:
        """Returns what a reference leads to, with what stands beside the reference; {} for what is no object."""
        beside: dict[str, Any] = {}
        for _ in range(DEEPEST):
            if not isinstance(value, dict):
                return {}
            target = value.get("$ref")
            if not isinstance(target, str):
                return {**value, **beside}
            beside = {key: part for key, part in value.items() if key != "$ref"} | beside
            value = self._at(target)
        return {}

    def _at(self, target: str) -> object:
        found: object = self.document if target.startswith("#/") else None
        for step in target[2:].split("/"):
            key = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict):
                found = found.get(key)
            else:
                found = (
                    found[int(key)] if isinstance(found, list) and key.isdecimal() and int(key) < len(found) else None
                )
        if found is None:
            self.elsewhere[target[:100]] = None
        return found

    def schema(self, value: object) -> dict[str, Any]:
        """Returns a schema with what it is made of: all parts of `allOf`, one of `oneOf` and of `anyOf`."""
        found = dict(self.resolved(value))
        for _ in range(DEEPEST):
            parts = [*found.pop("allOf", ()), *self._one(found.pop("oneOf", ())), *self._one(found.pop("anyOf", ()))]
            if not parts:
                break
            for part in map(self.resolved, parts):
                properties = {**found.get("properties", {}), **part.get("properties", {})}
                required = [*found.get("required", ()), *part.get("required", ())]
                found = {**part, **found} | ({"properties": properties, "required": required} if properties else {})
        return found

    def _one(self, alternatives: list[Any]) -> Iterator[Any]:
        """The first that isn't just null."""
        yield from [one for one in alternatives if self.resolved(one).get("type") != "null"][:1]


def refused(message: str) -> InvalidSettings:
    return InvalidSettings([Problem(message, field="document")])

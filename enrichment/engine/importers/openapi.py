"""OpenAPI 3 and Swagger 2 documents, read as the settings of a request.

What bears the name of a column is filled from it; a path parameter without one stays a reference that the settings
refuse, so that nobody overlooks it.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin

import yaml

from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.importers.curl import METHODS
from enrichment.engine.template.references import escaped

DEEPEST = 8  # levels of a body that are written out, and references that are followed
MOST_FIELDS = 200  # of a body
NESTED = 100  # levels of a YAML document; what composes it knows no limit and ends the process
LARGER = 1_000_000  # characters that the aliases of a YAML document may add
_OF_MARL = {"authorization", "accept", "content-type"}
_SIMPLE: dict[str, object] = {"string": "", "integer": 0, "number": 0, "boolean": False, "null": None}
_HOLE = re.compile(r"\{([^{}]+)\}")
_MARKED = re.compile('"\ue000([^\ue000]*)\ue000(quoted|bare)"')


class _Loader(yaml.CSafeLoader):
    """As OpenAPI wants YAML read: like JSON, so that `on` and 2026-12-31 are texts."""


_Loader.yaml_implicit_resolvers = {
    sign: [(tag, pattern) for tag, pattern in found if not tag.endswith((":timestamp", ":bool"))]
    for sign, found in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("(?:true|True|TRUE|false|False|FALSE)$"), [*"tTfF"])


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked; `id` is "POST /companies/{id}"."""

    id: str
    summary: str


@dataclass(frozen=True, slots=True)
class Filled:
    """`config` holds method, url, query, headers and body of an HTTP column; `notes` say what is left to do."""

    config: dict[str, Any]
    notes: tuple[str, ...]


def read(text: str) -> dict[str, Any]:
    """Raises InvalidSettings, of field `document`, for anything but an OpenAPI document."""
    try:
        found = json.loads(text) if text.lstrip().startswith("{") else _from_yaml(text)
    except (ArithmeticError, ValueError, yaml.YAMLError, RecursionError) as error:
        place = getattr(error, "problem_mark", None)
        line = place.line + 1 if place else getattr(error, "lineno", None)
        raise _refused(f"This is neither JSON nor YAML{f' (line {line})' if line else ''}.") from error
    if not isinstance(found, dict) or not ("openapi" in found or "swagger" in found):
        raise _refused("This isn't an OpenAPI document: it has no openapi or swagger version.")
    if not isinstance(found.get("paths"), dict):
        raise _refused("This document describes no paths.")
    return found


def _from_yaml(text: str) -> object:
    sizes: dict[str | None, int] = {}  # of what an anchor names
    opened: list[str | None] = []
    counts = [0]
    for event in yaml.parse(text, _Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            opened.append(event.anchor)
            counts.append(1)
        elif isinstance(event, yaml.CollectionEndEvent):
            sizes[opened.pop()] = counts[-1]
            counts[-2:] = [counts[-2] + counts[-1]]
        elif isinstance(event, yaml.ScalarEvent):
            sizes[event.anchor] = 1 + len(event.value)
            counts[-1] += sizes[event.anchor]
        elif isinstance(event, yaml.AliasEvent):
            counts[-1] += sizes.get(event.anchor, 1)
        if len(opened) > NESTED:
            line = event.start_mark.line + 1 if event.start_mark else "?"
            raise _refused(f"This document is nested deeper than {NESTED} levels (line {line}).")
        if counts[-1] > len(text) + LARGER:
            raise _refused("This document is too large once its aliases are expanded.")
    return yaml.load(text, _Loader)  # noqa: S506  made of the safe one


def operations(document: Mapping[str, Any]) -> list[Operation]:
    return [
        Operation(f"{method.upper()} {path}", str(item[method].get("summary") or item[method].get("operationId") or ""))
        for path, item in document["paths"].items()
        if isinstance(path, str) and isinstance(item, dict)
        for method in item
        if str(method).upper() in METHODS and isinstance(item[method], dict)
    ]


def fill(document: Mapping[str, Any], operation: str, columns: Sequence[str], address: str = "") -> Filled:
    """`address` is where the document came from. Raises InvalidSettings."""
    method, _, path = operation.partition(" ")
    item = document["paths"].get(path)
    if not isinstance(item, dict) or not isinstance(item.get(method.lower()), dict):
        raise _refused("Choose an operation from the document.")
    try:
        return _Filling(document, columns).fill(method, path, item, item[method.lower()], address)
    except (AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        # A part is of another kind than OpenAPI says.
        raise _refused(
            f"The document doesn't describe {operation} the way OpenAPI requires. Fill in the form by hand."
        ) from error


def _refused(message: str) -> InvalidSettings:
    return InvalidSettings([Problem(message, field="document")])


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).casefold()


class _Filling:
    def __init__(self, document: Mapping[str, Any], columns: Sequence[str]) -> None:
        self._document = document
        self._columns = {_plain(name): name for name in reversed(columns)}
        self._fields = 0

    def fill(
        self, method: str, path: str, item: Mapping[str, Any], operation: Mapping[str, Any], address: str
    ) -> Filled:
        parameters = list(self._parameters(item, operation))
        body, notes = self._body(operation, parameters)
        url = self._server(item, operation, address) + _HOLE.sub(lambda found: self._named(found[1]), path)
        if self._document.get("security") or operation.get("security"):
            notes.append("The API requires a sign-in. Choose a connection.")
        missing = [name for name in _HOLE.findall(path) if _plain(name) not in self._columns]
        if missing:
            notes.append(f"Choose a column for {', '.join(missing)} in the address.")
        config = {
            "method": method,
            "url": url,
            "body": body,
            "query": self._pairs(parameters, "query"),
            "headers": self._pairs(parameters, "header"),
        }
        return Filled(config, tuple(notes))

    def _resolved(self, value: object) -> dict[str, Any]:
        for _ in range(DEEPEST):
            if not isinstance(value, dict):
                return {}
            target = value.get("$ref")
            if not isinstance(target, str):
                return value
            value = self._at(target)
        return {}

    def _at(self, target: str) -> object:
        found: object = self._document if target.startswith("#/") else None
        for step in target[2:].split("/"):
            found = found.get(step.replace("~1", "/").replace("~0", "~")) if isinstance(found, dict) else None
        return found

    def _parameters(self, item: Mapping[str, Any], operation: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """Those of the operation stand for those of its path; required ones come first."""
        given = [self._resolved(one) for part in (item, operation) for one in part.get("parameters") or ()]
        known = {(one.get("name"), one.get("in")): one for one in given}
        return iter(sorted(known.values(), key=lambda one: not one.get("required")))

    def _server(self, item: Mapping[str, Any], operation: Mapping[str, Any], address: str) -> str:
        if "swagger" in self._document:
            scheme = (self._document.get("schemes") or ["https"])[0]
            host = self._document.get("host")
            base = str(self._document.get("basePath", ""))
            return (f"{scheme}://{host}{base}" if host else urljoin(address, base)).rstrip("/")
        servers = operation.get("servers") or item.get("servers") or self._document.get("servers") or [{"url": "/"}]
        server = self._resolved(servers[0])
        variables = server.get("variables") or {}

        def default(found: re.Match[str]) -> str:
            return str(self._resolved(variables.get(found[1])).get("default", found[0]))

        return urljoin(address, _HOLE.sub(default, str(server.get("url", "/")))).rstrip("/")

    def _named(self, name: str) -> str:
        return f"{{{{{escaped(self._columns.get(_plain(name), name))}}}}}"

    def _pairs(self, parameters: Sequence[Mapping[str, Any]], place: str) -> list[dict[str, str]]:
        """The required ones, and those that a column can fill."""
        mine = [one for one in parameters if one.get("in") == place and str(one.get("name")).lower() not in _OF_MARL]
        return [
            {"name": str(one["name"]), "value": self._value(one)}
            for one in mine
            if one.get("required") or _plain(str(one["name"])) in self._columns
        ]

    def _value(self, parameter: Mapping[str, Any]) -> str:
        if _plain(str(parameter["name"])) in self._columns:
            return self._named(str(parameter["name"]))
        example = parameter.get("example", self._sample(parameter.get("schema") or parameter, "", 1))
        return example if isinstance(example, str) else json.dumps(example)

    def _body(
        self, operation: Mapping[str, Any], parameters: Sequence[Mapping[str, Any]]
    ) -> tuple[str | None, list[str]]:
        content = self._resolved(operation.get("requestBody")).get("content") or {}
        media: list[Mapping[str, Any]] = [self._resolved(one) for kind, one in content.items() if "json" in kind]
        media += [one for one in parameters if one.get("in") == "body"]
        if not media:
            is_form = bool(content) or any(one.get("in") == "formData" for one in parameters)
            return None, ["The API doesn't accept JSON here, and a column sends JSON."] if is_form else []
        sample = self._sample(media[0].get("schema"), "", 0)
        text = json.dumps(sample, indent=2, ensure_ascii=False, default=str)
        return _MARKED.sub(lambda found: f'"{found[1]}"' if found[2] == "quoted" else found[1], text), []

    def _sample(self, schema: object, name: str, depth: int) -> object:
        """What the schema allows: columns where they fit, else its examples, else something simple."""
        schema = self._whole(schema)
        guessed = "object" if "properties" in schema else "array" if "items" in schema else "string"
        kind = schema.get("type") or guessed
        kind = next((one for one in kind if one != "null"), "null") if isinstance(kind, list) else kind
        if kind in _SIMPLE and name and _plain(name) in self._columns:
            return f"\ue000{self._named(name)}\ue000{'quoted' if kind == 'string' else 'bare'}"
        if kind == "object" and schema.get("properties"):
            return self._members(schema, depth)
        for given in ("example", "default", "const"):
            if given in schema:
                return schema[given]
        if schema.get("enum") or schema.get("examples"):
            return (schema.get("enum") or schema["examples"])[0]
        if kind == "array":
            return [self._sample(schema.get("items"), name, depth + 1)] if depth < DEEPEST else []
        return {} if kind == "object" else _SIMPLE.get(kind, "")

    def _members(self, schema: Mapping[str, Any], depth: int) -> dict[str, object]:
        required = schema.get("required") or []
        found: dict[str, object] = {}
        members = [(str(key), child) for key, child in schema["properties"].items()]
        for key, child in sorted(members, key=lambda pair: pair[0] not in required):
            self._fields += 1
            if depth >= DEEPEST or self._fields > MOST_FIELDS:
                break
            if not self._resolved(child).get("readOnly"):
                found[key] = self._sample(child, key, depth + 1)
        return found

    def _whole(self, schema: object) -> dict[str, Any]:
        """With what it is made of: all parts of `allOf`, the first of `oneOf` and `anyOf`."""
        found = dict(self._resolved(schema))
        for _ in range(DEEPEST):
            parts = [*found.pop("allOf", ()), *found.pop("oneOf", ())[:1], *found.pop("anyOf", ())[:1]]
            if not parts:
                break
            for part in map(self._resolved, parts):
                properties = {**found.get("properties", {}), **part.get("properties", {})}
                required = [*found.get("required", ()), *part.get("required", ())]
                found = {**part, **found} | ({"properties": properties, "required": required} if properties else {})
        return found

"""The body of an OpenAPI operation: only what columns fill, what is required and what was chosen from the rest."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from enrichment.engine.importers.by_name import Columns, Reference
from enrichment.engine.importers.openapi_document import DEEPEST, Reader
from enrichment.engine.importers.openapi_examples import NOTHING, example_of, fixed_value, kind_of, shape_of

MOST_FIELDS = 300  # of a body
OFFERED_DEEP = 2  # levels whose fields are offered one by one; below, objects are offered whole
_QUOTED = ("any", "string")
_FILES = ("application/octet-stream", "application/pdf", "image/", "audio/", "video/")


@dataclass(frozen=True, slots=True)
class Offered:
    """An optional part of the request that nothing fills; `id` chooses it, `label` and `hint` are for people."""

    id: str
    label: str
    hint: str


class BodyBuilder:
    """Collects beside the value of the body what it offers, and what is left to fill, with the document's examples."""

    def __init__(self, reader: Reader, columns: Columns, chosen: Collection[str]) -> None:
        self._reader = reader
        self._columns = columns
        self._chosen = chosen
        self._fields = 0
        self._is_form = False
        self.files: dict[str, None] = {}
        self.is_cut = False
        self.offered: dict[str, Offered] = {}
        self.holes: dict[str, object] = {}  # the example of each, or NOTHING

    def text(self, media: Mapping[str, Any]) -> str | None:
        """Returns the body of a media type; None when nothing is to be sent."""
        value = self._value(media.get("schema") or {}, (), self._example(media), wanted=True)
        return None if value is NOTHING else written(value)

    def form(self, media: Mapping[str, Any]) -> object:
        """Returns the value of a form's body, all of whose places hold text; files are left out."""
        self._is_form = True
        return self._value(media.get("schema") or {}, (), self._example(media), wanted=True)

    def plain_text(self, media: Mapping[str, Any], kind: str) -> str:
        """Returns a body that is text, which is left to write."""
        schema = self._reader.schema(media.get("schema"))
        body, xml = self.hole("body").text, schema.get("xml")
        self.holes["body"] = example_of({**schema, "type": "string"}, self._example(media))
        root = (xml.get("name") if isinstance(xml, dict) else None) or "body"
        return f"<{root}>{body}</{root}>" if kind == "xml" else body

    def hole(self, name: str) -> Reference:
        """Returns a reference that somebody has to choose a column for, in place of those inside of `name`."""
        self.holes = {one: example for one, example in self.holes.items() if not one.startswith(f"{name}.")}
        self.holes[name] = NOTHING
        return Reference(self._columns.hole(name), quoted=True)

    def _example(self, media: Mapping[str, Any]) -> object:
        """The media type's own, which come before those of its schema."""
        if media.get("example") is not None:
            return media["example"]
        examples = media.get("examples")
        values = [self._reader.resolved(one) for one in examples.values()] if isinstance(examples, dict) else []
        known = (one.get("value", one.get("dataValue")) for one in values)
        return next((one for one in known if one is not None), NOTHING)

    def _value(self, schema: object, way: tuple[str, ...], given: object, *, wanted: bool) -> object:
        schema = self._reader.schema(schema)
        kind = kind_of(schema)
        fitting = self._columns.as_text if self._is_form else self._columns.fitting
        if len(way) == 1 and (column := fitting(way[0], kind)):
            return Reference(column, kind in _QUOTED)
        is_open = wanted or len(way) < OFFERED_DEEP
        if kind == "object" and schema.get("properties") and is_open and len(way) < DEEPEST:
            members = self._members(schema, way, given, wanted=wanted)
            if members or not (wanted and way):
                return members or NOTHING
        if not wanted:
            self._offer(way, schema, kind)
            return NOTHING
        return self._wanted(schema, kind, way, given)

    def _wanted(self, schema: Mapping[str, Any], kind: str, way: tuple[str, ...], given: object) -> object:
        """What must be there: the value that the document fixes, else a hole. An example is nobody's value."""
        items = self._reader.schema(schema.get("items"))
        if kind == "array" and items.get("properties") and len(way) < DEEPEST:
            first = given[0] if isinstance(given, list) and given else NOTHING
            return [self._value(items, way or ("item",), first, wanted=True)]
        whole = {**schema, "items": items} if items else schema
        found = NOTHING if schema.get("properties") else fixed_value(whole)
        if found is not NOTHING:
            return found
        example = example_of(whole, given)
        if not way and kind in ("any", "object"):
            is_shown = isinstance(example, dict | list) and not schema.get("properties")
            return self._value(shape_of(example), way, NOTHING, wanted=True) if is_shown else NOTHING
        self.holes[_label(way)] = NOTHING if schema.get("properties") else example
        return Reference(self._columns.hole(_label(way)), kind in _QUOTED)

    def _members(
        self, schema: Mapping[str, Any], way: tuple[str, ...], given: object, *, wanted: bool
    ) -> dict[str, object]:
        required = {str(one) for one in schema.get("required") or ()}
        examples = {**_object(schema.get("example")), **_object(given)}
        members = [(str(key), self._reader.schema(child)) for key, child in schema["properties"].items()]
        found: dict[str, object] = {}
        for key, child in sorted(members, key=lambda pair: (pair[0] not in required, "properties" in pair[1])):
            here = (*way, key)
            if self._is_form and self._is_file(child):
                self.files[_label(here)] = None
                continue
            if child.get("readOnly") or self.is_cut:
                continue
            self._fields += 1
            self.is_cut = self._fields >= MOST_FIELDS
            is_wanted = (wanted and key in required) or self._is_chosen(_pointer(here))
            value = self._value(child, here, examples.get(key, NOTHING), wanted=is_wanted)
            if value is not NOTHING:
                found[key] = value
        return found

    def _is_file(self, schema: Mapping[str, Any]) -> bool:
        item = self._reader.schema(schema.get("items")) if kind_of(schema) == "array" else schema
        media = str(item.get("contentMediaType", ""))
        return item.get("format") == "binary" or item.get("type") == "file" or media.startswith(_FILES)

    def _is_chosen(self, pointer: str) -> bool:
        return any(f"{one}/".startswith(f"{pointer}/") for one in self._chosen)

    def _offer(self, way: tuple[str, ...], schema: Mapping[str, Any], kind: str) -> None:
        allowed = schema.get("enum")
        words = kind
        if isinstance(allowed, list) and allowed:
            words = "one of " + ", ".join(str(one) for one in allowed[:6]) + ("…" if len(allowed) > 6 else "")
        self.offered[_pointer(way)] = Offered(_pointer(way), _label(way), words)


def _object(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _pointer(way: tuple[str, ...]) -> str:
    return "".join("/" + step.replace("~", "~0").replace("/", "~1") for step in way)


def _label(way: tuple[str, ...]) -> str:
    return ".".join(way) or "body"


def written(value: object, indent: str = "") -> str:
    """Returns the value as JSON on several lines, with its references as a body has them."""
    inner = indent + "  "
    if isinstance(value, Reference):
        return f'"{value.text}"' if value.quoted else value.text
    if isinstance(value, dict) and value:
        members = [f"{inner}{_json(key)}: {written(one, inner)}" for key, one in value.items()]
        return "{\n" + ",\n".join(members) + f"\n{indent}}}"
    if isinstance(value, list) and value:
        return "[\n" + ",\n".join(inner + written(one, inner) for one in value) + f"\n{indent}]"
    return _json(value)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)

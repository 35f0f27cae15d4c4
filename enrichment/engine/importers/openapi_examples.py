"""The values and examples of OpenAPI documents: converted to the type that the document asks for, or dropped."""

import json
import math
from collections.abc import Iterable, Mapping
from typing import Any, Final

from enrichment.engine.template import literals, references

NOTHING: Final = object()  # no value: null can be one
_TRUTHS = {"true": True, "false": False}


def kind_of(schema: Mapping[str, Any]) -> str:
    """Returns the type that a schema asks for, its first one but null; "any" where it says nothing of it."""
    guessed = "object" if "properties" in schema else "array" if "items" in schema else "any"
    kind = schema.get("type") or guessed
    kind = next((one for one in kind if one != "null"), "null") if isinstance(kind, list) else kind
    return kind if isinstance(kind, str) else guessed


def fixed_value(schema: Mapping[str, Any]) -> object:
    """Returns the value that the document itself says is sent: the only one that is allowed, else the default."""
    allowed = schema.get("enum")
    only = allowed if isinstance(allowed, list) and len(allowed) == 1 else []
    return _first([*([schema["const"]] if "const" in schema else only), schema.get("default")], schema)


def example_of(schema: Mapping[str, Any], given: object = NOTHING) -> object:
    """Returns the first example that is of the schema's type: `given`, or one of its own, or of its items."""
    examples = schema.get("examples")
    found = _first([given, schema.get("example"), *(examples if isinstance(examples, list) else [])], schema)
    if found is NOTHING and kind_of(schema) == "array" and isinstance(schema.get("items"), dict):
        item = example_of(schema["items"])
        return NOTHING if item is NOTHING else [item]
    return found


def _first(values: Iterable[object], schema: Mapping[str, Any]) -> object:
    found = (converted(value, schema) for value in values)
    return next((value for value in found if value is not NOTHING), NOTHING)


def shape_of(example: object) -> dict[str, Any]:
    """Returns a schema of what an example shows, for a body that nothing else describes."""
    if isinstance(example, dict):
        return {
            "properties": {str(key): shape_of(one) for key, one in example.items()},
            "required": list(map(str, example)),
        }
    if isinstance(example, list):
        return {"type": "array", "items": shape_of(example[0]) if example else {}, "example": example}
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string"}
    return {"type": kinds.get(type(example), "any"), "example": example}


def converted(value: object, schema: Mapping[str, Any]) -> object:
    """Returns the value as what the schema asks for, NOTHING where it is none: `null` is none."""
    found = _converted(value, schema)
    allowed = schema.get("enum")
    return NOTHING if isinstance(allowed, list) and found not in allowed else found


def _converted(value: object, schema: Mapping[str, Any]) -> object:
    kind = kind_of(schema)
    if value is None or value is NOTHING or value == "":
        return NOTHING
    if kind == "any":
        return _cleaned(value)
    if kind == "string":
        return _text(value)
    if kind == "boolean":
        return _TRUTHS.get(value.lower(), NOTHING) if isinstance(value, str) else _only(value, bool)
    if kind in ("integer", "number"):
        return _number(value, whole=kind == "integer")
    if isinstance(value, str):
        value = _parsed(value)
    if kind == "array":
        items = schema.get("items")
        return _list(value, items if isinstance(items, dict) and "$ref" not in items else {})
    return _members(value) if kind == "object" else NOTHING


def _only(value: object, kind: type) -> object:
    return value if isinstance(value, kind) else NOTHING


def _text(value: object) -> object:
    if isinstance(value, str):
        return NOTHING if references.find(value) else value
    return json.dumps(value) if isinstance(value, bool | int | float) else NOTHING


def _number(value: object, *, whole: bool) -> object:
    if isinstance(value, str):
        value = json.loads(value) if literals.is_number(value) and len(value) < 100 else NOTHING
    if isinstance(value, bool) or not isinstance(value, int | float):
        return NOTHING
    if isinstance(value, float):
        if not math.isfinite(value) or (whole and not value.is_integer()):
            return NOTHING
        return int(value) if whole else value
    return value


def _parsed(text: str) -> object:
    """What a list or object that is written as a text means."""
    try:
        return json.loads(text) if text.lstrip().startswith(("[", "{")) else text
    except (ValueError, RecursionError):
        return NOTHING


def _list(value: object, items: Mapping[str, Any]) -> object:
    values = value if isinstance(value, list) else [value] if not isinstance(value, dict) else []
    is_typed = any(key in items for key in ("type", "properties", "items", "enum"))
    found = [converted(one, items) if is_typed else _cleaned(one) for one in values]
    return [one for one in found if one is not NOTHING] or NOTHING


def _members(value: object) -> object:
    if not isinstance(value, dict):
        return NOTHING
    found = {str(key): _cleaned(one) for key, one in value.items() if not references.find(str(key))}
    return {key: one for key, one in found.items() if one is not NOTHING} or NOTHING


def _cleaned(value: object) -> object:
    """A value of no known type, without what is null."""
    if isinstance(value, dict):
        return _members(value)
    if isinstance(value, list):
        return _list(value, {})
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _text(value) if value else NOTHING
    return _number(value, whole=False)

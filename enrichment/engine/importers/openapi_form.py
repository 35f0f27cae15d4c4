"""The body of an OpenAPI operation as names and values, by the `style` and `explode` of each field."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from enrichment.engine.importers.by_name import Reference
from enrichment.engine.template.values import as_text

_SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|"}

type Pairs = list[dict[str, str]]


def pairs(value: object, encoding: Mapping[str, Any], hole: Callable[[str], Reference]) -> Pairs:
    """Returns the fields of a form. An object that has no names of its own in it goes as JSON.

    Where columns would fill parts of that JSON, which quotes in a cell could break, `hole` stands for all of it.
    """
    members = value.items() if isinstance(value, dict) else ()
    found = [pair for name, one in members for pair in _field(name, one, _how(encoding, name), hole)]
    return [{"name": name, "value": text} for name, text in found]


def _how(encoding: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    how = encoding.get(name)
    return how if isinstance(how, dict) else {}


def _field(
    name: str, value: object, how: Mapping[str, Any], hole: Callable[[str], Reference]
) -> Iterator[tuple[str, str]]:
    style, is_exploded = how.get("style"), how.get("explode", True)
    if style == "deepObject":
        yield from _deep(name, value)
    elif isinstance(value, dict) and style == "form" and is_exploded:
        for key, one in value.items():
            yield from _field(key, one, {}, hole)
    elif isinstance(value, list) and not any(isinstance(one, dict | list) for one in value):
        texts = [_text(one) for one in value]
        joined = [_SEPARATORS.get(str(style), ",").join(texts)]
        yield from ((name, text) for text in (texts if is_exploded else joined))
    elif isinstance(value, dict | list):
        yield name, hole(name).text if _has_reference(value) else json.dumps(value, ensure_ascii=False)
    else:
        yield name, _text(value)


def _deep(name: str, value: object) -> Iterator[tuple[str, str]]:
    """`address[city]=…`, `items[0][price]=…`."""
    if isinstance(value, dict | list):
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _deep(f"{name}[{key}]", one)
    else:
        yield name, _text(value)


def _text(value: object) -> str:
    return value.text if isinstance(value, Reference) else as_text(value)


def _has_reference(value: object) -> bool:
    if isinstance(value, dict | list):
        return any(_has_reference(one) for one in (value.values() if isinstance(value, dict) else value))
    return isinstance(value, Reference)

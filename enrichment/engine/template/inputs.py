"""The columns that a request takes its values from, told from its texts, whether they compile or not."""

from collections.abc import Iterator, Mapping
from typing import Any

from enrichment.engine.template import body_formats, references
from enrichment.engine.template.references import Hole


def column_ids(config: Mapping[str, Any], names: Mapping[int, str]) -> set[int]:
    """Returns those that anything refers to that is sent."""
    return {pk for text in _texts(config) for pk in references.column_ids(references.to_stored(text, names))}


def address_ids(config: Mapping[str, Any], names: Mapping[int, str]) -> list[int]:
    """Returns those without whose values there is no address to call: an empty parameter of a query is one still."""
    text = references.to_shown(config["url"], names)
    parts, _ = references.parse(text, names)
    shape = references.masked(text, parts)
    end = min((place for sign in "?#" if (place := shape.find(sign)) >= 0), default=len(shape))
    found = (part.column_id for part in parts if isinstance(part, Hole) and part.start < end)
    return list(dict.fromkeys(pk for pk in found if pk is not None))


def _texts(config: Mapping[str, Any]) -> Iterator[str]:
    used = body_formats.in_use(config)
    yield config.get("url") or ""
    for field in ("query", "headers", *(["form"] if used == "form" else [])):
        yield from (item["value"] for item in config.get(field) or ())
    if used == "body":
        yield config.get("body") or ""
    match = (config.get("batch") or {}).get("match")
    if isinstance(match, Mapping):
        yield str(match.get("row") or "")

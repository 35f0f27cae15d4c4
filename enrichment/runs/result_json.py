"""The results of one request as text and back, for as long as they are not stored.

What the rows of a batch have in common, as their request and its answer, is written once.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import PydanticSerializationError, to_json, to_jsonable_python

from enrichment.runs.attempts import Attempt
from enrichment.runs.results import Result

# How far the exchange is stands in `exchange`; a pause of the run is no part of what is stored of a row.
_DEFAULTS = {field.name: field.default for field in fields(Result) if field.name not in ("progress", "pause")}
_OF_ATTEMPT = tuple(field.name for field in fields(Attempt))


def of_results(results: Sequence[Result]) -> bytes:
    rows, common = _rows(results) if len(results) > 1 else ([_row(results[0])], {})
    shared = {item.shared.key: item.shared for result in results for item in result.new_attempts if item.shared}
    return _encode({"rows": rows, "common": common, "shared": shared})


def results_of(text: bytes) -> Iterator[Result]:
    """Returns the results that `of_results` made the text of."""
    kept = json.loads(text)
    for row in kept["rows"]:
        found = {**kept["common"], **row}
        attempts = [{**attempt, "shared": kept["shared"].get(attempt["shared"])} for attempt in found["new_attempts"]]
        yield _adapter().validate_python({**found, "new_attempts": attempts})


def _row(result: Result) -> dict[str, Any]:
    """Returns what is not as it is by default: this runs for each request, and most fields are."""
    row = {name: value for name in _DEFAULTS if (value := getattr(result, name)) is not _DEFAULTS[name]}
    return row | {"new_attempts": [_attempt_as_json(attempt) for attempt in result.new_attempts]}


def _rows(results: Sequence[Result]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Returns what is the rows' own, and what is the same object in each; field by field, which takes half as long."""
    fields_of = {name: [*map(attrgetter(name), results)] for name in _DEFAULTS}
    fields_of["new_attempts"] = _attempts_as_json(fields_of["new_attempts"])
    same = {name: values[0] for name, values in fields_of.items() if len({*map(id, values)}) == 1}
    own = [name for name in fields_of if name not in same]
    rows = [dict(zip(own, row, strict=True)) for row in zip(*(fields_of[name] for name in own), strict=True)]
    return rows, {name: value for name, value in same.items() if value is not _DEFAULTS[name]}


def _attempts_as_json(attempts: Sequence[Sequence[Attempt]]) -> list[list[dict[str, Any]]]:
    """Returns the attempts of each row; rows that have the same ones get the same object."""
    known: dict[int, list[dict[str, Any]]] = {}
    for of_row in attempts:
        if id(of_row) not in known:
            known[id(of_row)] = [_attempt_as_json(attempt) for attempt in of_row]
    return [known[id(of_row)] for of_row in attempts]


def _attempt_as_json(attempt: Attempt) -> dict[str, Any]:
    parts = {name: getattr(attempt, name) for name in _OF_ATTEMPT}
    return parts | {"shared": attempt.shared.key} if attempt.shared else parts


@cache
def _adapter() -> TypeAdapter[Result]:
    return TypeAdapter(Result)


def _encode(parts: object) -> bytes:
    try:
        return to_json(parts, inf_nan_mode="constants", fallback=_plain)
    except PydanticSerializationError:  # half a surrogate pair
        return json.dumps(to_jsonable_python(parts, inf_nan_mode="constants", fallback=_plain)).encode()


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value)} is no part of a result")

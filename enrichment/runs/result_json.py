"""The results of one request as text and back, for as long as they are not stored.

What the rows of a batch have in common, as their request and its answer, is written once.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from itertools import repeat
from operator import attrgetter, is_
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import to_json

from enrichment.runs.attempts import Attempt
from enrichment.runs.results import Result

# How far the exchange is stands in `exchange`; a pause of the run is no part of what is stored of a row.
_DEFAULTS = {field.name: field.default for field in fields(Result) if field.name not in ("progress", "pause")}
_OF_ATTEMPT = tuple(field.name for field in fields(Attempt))


def of_results(results: Sequence[Result]) -> bytes:
    own = {"rows": [_row(results[0])]} if len(results) == 1 else _by_field(results)
    lists = {id(result.new_attempts): result.new_attempts for result in results}.values()
    shared = {attempt.shared.key: attempt.shared for attempts in lists for attempt in attempts if attempt.shared}
    return _encode(own | {"shared": shared})


def results_of(text: bytes) -> Iterator[Result]:
    """Returns the results that `of_results` made the text of."""
    kept = json.loads(text)
    columns, common = kept.get("columns", {}), kept.get("common", {})
    by_row = zip(*columns.values(), strict=True)
    for row in kept.get("rows") or [dict(zip(columns, row, strict=True)) for row in by_row]:
        found = {**common, **row}
        attempts = [{**attempt, "shared": kept["shared"].get(attempt["shared"])} for attempt in found["new_attempts"]]
        yield _adapter().validate_python({**found, "new_attempts": attempts})


def _row(result: Result) -> dict[str, Any]:
    """Returns what is not as it is by default: this runs for each request, and most fields are."""
    row = {name: value for name in _DEFAULTS if (value := getattr(result, name)) is not _DEFAULTS[name]}
    return row | {"new_attempts": [_attempt_as_json(attempt) for attempt in result.new_attempts]}


def _by_field(results: Sequence[Result]) -> dict[str, Any]:
    """Returns what is the rows' own, field by field, and what is the same object in each: this runs for each row."""
    fields_of = dict(zip(_DEFAULTS, zip(*map(attrgetter(*_DEFAULTS), results), strict=True), strict=True))
    fields_of["new_attempts"] = _attempts_as_json(fields_of["new_attempts"])
    same = {name: values[0] for name, values in fields_of.items() if all(map(is_, values, repeat(values[0])))}
    columns = {name: values for name, values in fields_of.items() if name not in same}
    return {"columns": columns, "common": {name: value for name, value in same.items() if value is not _DEFAULTS[name]}}


def _attempts_as_json(attempts: tuple[Sequence[Attempt], ...]) -> tuple[list[dict[str, Any]], ...]:
    """Returns the attempts of each row; rows that have the same ones get the same object."""
    lists = {id(of_row): of_row for of_row in attempts}
    as_json = {of_row: [_attempt_as_json(attempt) for attempt in listed] for of_row, listed in lists.items()}
    return tuple([as_json[id(of_row)] for of_row in attempts])


def _attempt_as_json(attempt: Attempt) -> dict[str, Any]:
    parts = {name: getattr(attempt, name) for name in _OF_ATTEMPT}
    return parts | {"shared": attempt.shared.key} if attempt.shared else parts


@cache
def _adapter() -> TypeAdapter[Result]:
    return TypeAdapter(Result)


def _encode(parts: object) -> bytes:
    try:
        return to_json(parts, inf_nan_mode="constants", fallback=_plain)
    except ValueError:  # half a surrogate pair, or more lists inside each other than it takes
        return json.dumps(parts, default=_plain).encode()


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    raise TypeError(f"{type(value)} is no part of a result")

"""The results of one request as text and back, for as long as they are not stored.

What the rows of a batch have in common, as their request and its answer, is written once.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from enrichment.runs.attempts import Attempt, Shared
from enrichment.runs.results import Result

# How far the exchange is stands in `exchange`; a pause of the run is no part of what is stored of a row.
_NAMES = tuple(field.name for field in fields(Result) if field.name not in ("progress", "pause"))
_DEFAULTS = {field.name: field.default for field in fields(Result)}
_OF_ATTEMPT = tuple(field.name for field in fields(Attempt))


def of_results(results: Sequence[Result]) -> str:
    rows = [_as_json(result) for result in results]
    common = _taken_out(rows) if len(rows) > 1 else {}
    shared = {item.shared.key: item.shared for result in results for item in result.new_attempts if item.shared}
    parts = {key: {field.name: getattr(item, field.name) for field in fields(Shared)} for key, item in shared.items()}
    return _encode({"rows": rows, "common": common, "shared": parts})


def results_of(text: str | bytes) -> Iterator[Result]:
    """Returns the results that `of_results` made the text of."""
    kept = json.loads(text)
    for row in kept["rows"]:
        found = {**kept["common"], **row}
        attempts = [{**attempt, "shared": kept["shared"].get(attempt["shared"])} for attempt in found["new_attempts"]]
        yield _adapter().validate_python({**found, "new_attempts": attempts})


def _as_json(result: Result) -> dict[str, Any]:
    """Returns what is not as it is by default: this runs for each row, and most fields are."""
    row = {name: value for name in _NAMES if (value := getattr(result, name)) is not _DEFAULTS[name]}
    row["new_attempts"] = [{name: getattr(attempt, name) for name in _OF_ATTEMPT} for attempt in result.new_attempts]
    return row


def _taken_out(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Takes out of the rows of one request what is the same object in each, and returns it."""
    first, others = rows[0], rows[1:]
    same = {name: value for name, value in first.items() if all(other.get(name, rows) is value for other in others)}
    for row in rows:
        for name in same:
            del row[name]
    return same


@cache
def _adapter() -> TypeAdapter[Result]:
    return TypeAdapter(Result)


def _plain(value: object) -> object:
    match value:
        case datetime():
            return value.isoformat()
        case Mapping():
            return dict(value)
        case Shared():
            return value.key
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    raise TypeError(f"{type(value)} is no part of a result")


_encode = json.JSONEncoder(default=_plain, separators=(",", ":")).encode

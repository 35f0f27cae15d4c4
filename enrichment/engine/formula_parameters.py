"""The parameters of a formula's script for one row: its values, and the states and failures that it asks for."""

import json
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from types import NoneType

from pydantic_core import to_json

from enrichment.engine.template.paths import MISSING
from enrichment.engine.template.references import Hole, Reason, Unavailable
from enrichment.engine.template.values import as_text, is_empty

type Parameters = list[object]  # of one row

_GIVEN = frozenset({str, int, float, bool, NoneType, list, dict})
_LONG_INTEGER = re.compile(r"\d{16}")
_SAFE = 2**53 - 1

# In the words of Clay.getCellStatus; the others are errors.
_STATUSES = {
    Reason.NO_RESULT_YET: "UNKNOWN",
    Reason.RUNNING: "RUNNING",
    Reason.SKIPPED: "ERROR_RUN_CONDITION_NOT_MET",
}

_FAILED = (Reason.FAILED, Reason.MISSING_INPUT, Reason.SKIPPED)  # what IFERROR takes for an error


def has_failed(value: object) -> bool:
    """Whether IFERROR takes it for an error."""
    return isinstance(value, Unavailable) and value.reason in _FAILED


def are_given(rows: Iterable[Mapping[int, object]]) -> bool:
    """Whether all values of all rows are what JSON has, as mostly: none stands for a result that is not there."""
    return _GIVEN.issuperset(map(type, chain.from_iterable([row.values() for row in rows])))


def of_rows(
    rows: Sequence[Mapping[int, object]],
    slots: Sequence[Hole],
    state_slots: Sequence[int],
    guarded_slots: Sequence[int],
) -> list[Parameters]:
    """Returns the parameters of each row, a {column id: value}."""
    states, guarded = [slots[slot] for slot in state_slots], [slots[slot] for slot in guarded_slots]
    column_ids = [hole.column_id for hole in slots if hole.path is None and hole.column_id is not None]
    is_simple = len(column_ids) == len(slots) and not states and not guarded
    if is_simple:
        values = [[row.get(column_id) for column_id in column_ids] for row in rows]
        if _GIVEN.issuperset(map(type, chain.from_iterable(values))):
            return values
    return [
        [
            *[_given(hole.value(row, {})) for hole in slots],
            *[_state(hole.value(row, {})) for hole in states],
            *[_failure(hole.value(row, {})) for hole in guarded],
        ]
        for row in rows
    ]


def as_json(rows: Sequence[Parameters]) -> str:
    """Returns rows as a JSON list of lists: null for what is empty, long integers as text."""
    try:
        text = to_json(rows, inf_nan_mode="null", fallback=as_text).decode()
    except ValueError:  # half a surrogate pair
        text = ""
    if text and not _LONG_INTEGER.search(text):
        return text
    return json.dumps([_harmless(row) for row in rows], default=as_text)


def _given(value: object) -> object:
    return None if value is MISSING or isinstance(value, Unavailable) else value


def _harmless(value: object) -> object:
    """Integers that JavaScript cannot hold become text; what is no number becomes nothing."""
    if isinstance(value, dict):
        return {key: _harmless(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_harmless(item) for item in value]
    if isinstance(value, int) and abs(value) > _SAFE:
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _state(value: object) -> dict[str, str]:
    """A cell's state in the words of Clay.getCellStatus."""
    if not isinstance(value, Unavailable):
        return {"$status": "SUCCESS_NO_DATA" if is_empty(value) else "SUCCESS"}
    status = {"$status": _STATUSES.get(value.reason, "ERROR")}
    return status | {"$message": value.message} if value.message else status


def _failure(value: object) -> dict[str, str]:
    """What `known` of operators.js throws, if the cell has failed."""
    return {"$failed": str(value)} if isinstance(value, Unavailable) else {}

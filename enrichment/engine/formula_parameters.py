"""The parameters of a formula's script for one row: its values, and the states and failures that it asks for."""

import json
import math
import re
from collections.abc import Mapping, Sequence

from pydantic_core import to_json

from enrichment.engine.template.paths import MISSING
from enrichment.engine.template.references import Hole, Reason, Unavailable
from enrichment.engine.template.values import as_text, is_empty

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


def encoded(values: Sequence[Hole], states: Sequence[Hole], guarded: Sequence[Hole], row: Mapping[int, object]) -> str:
    """Returns them as a JSON list: null for what is empty, long integers as text."""
    parameters: list[object] = [_given(hole.value(row, {})) for hole in values]
    if states or guarded:
        parameters += [_state(hole.value(row, {})) for hole in states]
        parameters += [_failure(hole.value(row, {})) for hole in guarded]
    try:
        text = to_json(parameters, inf_nan_mode="null", fallback=as_text).decode()
    except ValueError:  # half a surrogate pair
        return json.dumps(_harmless(parameters), default=as_text)
    return json.dumps(_harmless(parameters), default=as_text) if _LONG_INTEGER.search(text) else text


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

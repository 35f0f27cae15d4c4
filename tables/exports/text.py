"""A value as text, where a format has no kinds of values."""

import json

from pydantic_core import to_json


def of(value: object) -> str:
    """Returns texts as they are, other values as JSON; a whole number has no decimals."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return encoded(value).decode()


def encoded(value: object) -> bytes:
    """Returns the JSON of a value."""
    try:
        return to_json(value)
    except ValueError:  # nested deeper than it writes
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

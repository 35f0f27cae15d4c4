"""What a cell's value becomes as text or as JSON."""

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal

from enrichment.engine.template.paths import MISSING

JSON_SPACES = " \t\r\n"
_EXACT = 2**53  # up to here a float is one integer and no other


def is_empty(value: object) -> bool:
    return value is MISSING or value is None or value == ""


def as_text(value: object) -> str:
    """Text as it is, numbers in their shortest form, instants in UTC, objects as compact JSON, nothing for nothing."""
    if value is MISSING or value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | Decimal):
        return number_text(value)
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date | time):
        return value.isoformat()
    return as_json(value)


def number_text(value: int | float | Decimal) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT:
        return str(int(value))
    return str(value) if isinstance(value, int | Decimal) else repr(value)


def instant_text(value: datetime) -> str:
    if value.tzinfo is None:
        return value.isoformat()
    try:
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except OverflowError:  # the first and the last day there is
        return value.isoformat()


def as_json(value: object) -> str:
    """Raises ValueError for what JSON has no number for, RecursionError for what is nested without end."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=as_text, allow_nan=False)


def encodable(value: object) -> object:
    """Returns the JSON value with its texts without_surrogates, and without U+0000, which no database stores."""
    if isinstance(value, str):
        is_plain = value.isascii() and "\0" not in value  # as mostly
        return value if is_plain else without_surrogates(value).replace("\0", "\ufffd")
    if isinstance(value, list):
        return [encodable(item) for item in value]
    if isinstance(value, dict):
        return {without_surrogates(key).replace("\0", "\ufffd"): encodable(item) for key, item in value.items()}
    return value


def has_surrogates(value: object) -> bool:
    """Whether half a surrogate pair stands alone in a text of the JSON value."""
    if isinstance(value, str):
        return any("\ud800" <= sign <= "\udfff" for sign in value)
    if isinstance(value, list):
        return any(map(has_surrogates, value))
    return isinstance(value, dict) and any(has_surrogates(part) for item in value.items() for part in item)


def without_surrogates(text: str) -> str:
    """Unpaired halves become U+FFFD, paired ones the character they stand for."""
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text

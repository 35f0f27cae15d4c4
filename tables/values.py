"""What may stand in a cell of each type. Text stays as it was written."""

import json
import re
from datetime import date, datetime

from tables.models import Column, ColumnType
from workspaces.refusals import Refused

LONGEST = 100_000  # characters
_NUMBER = re.compile(r"[+-]?(\d{1,3}([,_ ]\d{3})+|\d*)(\.\d+)?([eE][+-]?\d+)?")
_YES = frozenset({"true", "yes", "1", "x", "on", "✓"})
_NO = frozenset({"false", "no", "0", "off", ""})


def clean(column: Column, value: object) -> object:
    """The value as it is kept; None for empty. Raises Refused."""
    if column.is_computed:
        raise Refused(f"“{column.name}” is filled by Marl and cannot be written.", field=column.name)
    if value is None or value == "":
        return None
    if isinstance(value, str):
        value = value.replace("\0", "")
    _check_storable(column, value)
    if column.type == ColumnType.NUMBER:
        return _number(column, value)
    if column.type == ColumnType.CHECKBOX:
        return _checkbox(column, value)
    if column.type == ColumnType.DATE:
        return _date(column, value)
    return value


def _check_storable(column: Column, value: object) -> None:
    """No database holds half a surrogate pair or NaN; PostgreSQL holds no U+0000 inside a JSON value either."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except ValueError:
        raise Refused(f"“{column.name}” has a value that cannot be stored. Write it anew.", field=column.name) from None
    if "\\u0000" in text and not isinstance(value, str):
        raise Refused(f"“{column.name}” has the character U+0000, which cannot be stored.", field=column.name)
    if len(value if isinstance(value, str) else text) > LONGEST:
        raise Refused(f"A cell holds at most {LONGEST:,} characters.", field=column.name)


def shown(column: Column, value: object) -> str:
    """As text, the way the grid shows it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _number(column: Column, value: object) -> object:
    """Digits stay as they were written; only what is no number is refused."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Refused(f"“{value}” is no number.", field=column.name)
    if isinstance(value, int | float):
        return value
    text = value.strip()
    if not text or not any(sign.isdigit() for sign in text) or not _NUMBER.fullmatch(text):
        raise Refused(f"“{text[:60]}” is no number.", field=column.name)
    return re.sub(r"[,_ ]", "", text).removeprefix("+")


def _checkbox(column: Column, value: object) -> bool:
    text = str(value).strip().lower()
    if isinstance(value, bool) or text in _YES | _NO:
        return value if isinstance(value, bool) else text in _YES
    raise Refused(f"“{str(value)[:60]}” is neither yes nor no.", field=column.name)


def _date(column: Column, value: object) -> str:
    """ISO 8601, a day or an instant."""
    text = str(value).strip()
    for read in (date.fromisoformat, datetime.fromisoformat):
        try:
            return read(text).isoformat()
        except ValueError:
            continue
    raise Refused(f"“{text[:60]}” is no date. Write it like 2026-12-31.", field=column.name)

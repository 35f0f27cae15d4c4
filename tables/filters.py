"""Filters of rows, as the API's `filter` describes them: conditions, and groups in which all or any of them hold.

[{"column": 1, "op": "gte", "value": 50}, {"any": [{"column": 2, "op": "empty"}, {"column": 3, "op": "eq", …}]}]
"""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tables import moments, values
from tables.models import Column, ColumnType
from tables.storable import storable
from workspaces.refusals import Refused

COMPUTED_OPS = ("state", "like")  # of computed columns alone
MOMENTARY_OPS = ("like", "listed")  # of rows as they are now
ORDERED_OPS = ("gt", "gte", "lt", "lte", "between")
PART_OPS = ("contains", "starts_with", "ends_with")
OPS = (
    *("eq", "ne", "one_of", "not_one_of", "contains", "not_contains", "starts_with", "ends_with"),
    *(*ORDERED_OPS, "empty", "not_empty", "listed", *COMPUTED_OPS),
)
MOST = 100  # conditions
MOST_VALUES = 500  # of one condition
DEEPEST = 3  # groups in groups

_NUMBER = re.compile(r"\s*[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?\s*", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Condition:
    column: Column
    op: str
    value: Any  # a list of `one_of`, `not_one_of` and `between`


@dataclass(frozen=True, slots=True)
class Group:
    holds: Literal["all", "any"]
    items: "tuple[Condition | Group, ...]"

    def conditions(self) -> Iterator[Condition]:
        for item in self.items:
            if isinstance(item, Group):
                yield from item.conditions()
            else:
                yield item


def parse(items: Sequence[object], columns: Sequence[Column]) -> Group:
    """Returns the group in which all of these items hold. Raises Refused for what makes no sense."""
    by_id = {str(column.pk): column for column in columns}
    group = Group("all", tuple(_item(item, by_id, 0) for item in items))
    if sum(1 for _ in group.conditions()) > MOST:
        raise refused(f"A filter holds at most {MOST} conditions.")
    return group


def as_json(item: Condition | Group) -> dict[str, Any]:
    """Returns an item of the API's list as it is stored."""
    if isinstance(item, Group):
        return {item.holds: [as_json(part) for part in item.items]}
    value = {} if item.op in ("empty", "not_empty") else {"value": item.value}
    return {"column": item.column.pk, "op": item.op} | value


def columns_in(items: Iterable[dict[str, Any]]) -> set[int]:
    """Returns the ids of the columns of stored items."""
    found: set[int] = set()
    for item in items:
        holds = next((word for word in ("all", "any") if word in item), None)
        found |= {item["column"]} if holds is None else columns_in(item[holds])
    return found


def without_columns(items: Sequence[dict[str, Any]], gone: Callable[[int], bool]) -> list[dict[str, Any]]:
    """Returns stored items without conditions on columns that are gone, and without groups that this leaves empty."""
    kept: list[dict[str, Any]] = []
    for item in items:
        holds = next((word for word in ("all", "any") if word in item), None)
        if holds is None:
            kept += [] if gone(item["column"]) else [item]
        elif parts := without_columns(item[holds], gone):
            kept.append({holds: parts})
    return kept


def as_number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def is_date(value: object) -> bool:
    return isinstance(value, str) and moments.key(value) is not None


def refused(message: str) -> Refused:
    return Refused(message, field="filter")


def _item(item: object, columns: Mapping[str, Column], depth: int) -> Condition | Group:
    if not isinstance(item, Mapping):
        raise refused('An item of a filter is {"column", "op", "value"}, {"all": […]} or {"any": […]}.')
    for holds in ("all", "any"):
        if holds in item:
            if len(item) > 1:
                raise refused(f'A group is {{"{holds}": […]}} and nothing else. Put what is beside it in the list.')
            return _group(holds, item[holds], columns, depth + 1)
    if unknown := item.keys() - {"column", "op", "value"}:
        raise refused(f'A condition has no {min(map(str, unknown))!r}. It is {{"column", "op", "value"}}.')
    column = columns.get(str(item.get("column")))
    if column is None:
        raise refused(f"There is no column {item.get('column')!r}.")
    op = str(item.get("op"))
    if op not in OPS or (op in COMPUTED_OPS and not column.is_computed):
        raise refused(f"{op!r} is not a test for “{column.name}”. Use one of {', '.join(OPS)}.")
    return Condition(column, op, _value(column, op, item.get("value")))


def _group(holds: Literal["all", "any"], items: object, columns: Mapping[str, Column], depth: int) -> Group:
    if not isinstance(items, list) or not items:
        raise refused(f"{holds!r} must be a list of conditions that is not empty.")
    if depth > DEEPEST:
        raise refused(f"Groups of conditions can be nested {DEEPEST} deep.")
    return Group(holds, tuple(_item(item, columns, depth) for item in items))


def _value(column: Column, op: str, value: object) -> Any:
    if storable(value) != value:
        raise refused(f"“{column.name}” can hold neither U+0000 nor half of a surrogate pair. Compare it without.")
    if op in ("one_of", "not_one_of"):
        if not isinstance(value, list) or not 0 < len(value) <= MOST_VALUES:
            raise refused(f"To compare “{column.name}” with several values, send a list of up to {MOST_VALUES}.")
        return [_as_stored(column, _single(column, one)) for one in value]
    if op in (*PART_OPS, "not_contains"):
        return _single(column, value)
    if op in ("eq", "ne"):
        return _as_stored(column, _single(column, value))
    if op not in ORDERED_OPS:
        return value
    bounds = value if op == "between" else [value]
    if not isinstance(bounds, list) or len(bounds) != (2 if op == "between" else 1):
        raise refused(f"For “{column.name}” between two values, send a list of both.")
    bounds = [_as_stored(column, _single(column, bound)) for bound in bounds]
    if column.type == ColumnType.NUMBER and None in map(as_number, bounds):
        raise refused(f"“{column.name}” is a number column. Compare it with a number.")
    if column.type == ColumnType.DATE and not all(map(is_date, bounds)):
        raise refused(f"“{column.name}” is a date column. Compare it with a date like 2026-12-31.")
    return bounds if op == "between" else bounds[0]


def _single(column: Column, value: object) -> str | int | float:
    """Raises Refused for what is no value of a cell, but nothing, a list or an object."""
    if isinstance(value, str | int | float):
        return value
    words = f"To compare “{column.name}”, send a text, a number or a truth as the value."
    raise refused(words + (" To find empty cells, use the test “empty”." if value is None else ""))


def _as_stored(column: Column, value: object) -> object:
    """Returns what the value would be in the column: 1000 for 1,000 and 2026-01-31 for 20260131."""
    if column.is_computed or not isinstance(value, str) or not value.strip():
        return value
    try:
        return values.clean(column, value)
    except Refused:
        return value  # as may be in the column from before it had its type

"""What columns hold, by example: the values of one row, and the fields inside them with the paths that lead there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from enrichment.engine.template import paths
from enrichment.engine.template.values import as_text
from tables import columns as table_columns
from tables import row_order, rows
from tables.models import Cell, CellState, Column, Row, Table

MOST_FIELDS = 200  # of one column
DEEPEST = 8  # levels of fields
LONGEST = 80  # characters of a value


@dataclass(frozen=True, slots=True)
class _Each:
    """What every item of a list has at one place."""

    items: list[object]


def of_table(table: Table, row: Row | None) -> dict[str, Any]:
    """Returns the examples of the API: from this row, and from the first row with a result where it has none."""
    columns = table_columns.live(table)
    in_row = rows.as_json([row], columns)[0] if row else {"id": None, "position": None, "cells": {}}
    items = [_example(column, in_row["cells"].get(str(column.pk)), in_row["position"]) for column in columns]
    return {"row": {"id": row.pk, "position": in_row["position"]} if row else None, "items": items}


def _example(column: Column, cell: Mapping[str, Any] | None, position: int | None) -> dict[str, Any]:
    value = cell["value"] if cell else None
    if column.is_computed and (not cell or cell["state"] != CellState.DONE):
        value, position = _first_result(column)
    return {
        "column_id": column.pk,
        "name": column.name,
        "type": column.type,
        "position": position,
        **_described(value),
        "fields": fields(value),
    }


def _first_result(column: Column) -> tuple[object, int | None]:
    cell = Cell.objects.filter(column=column, state=CellState.DONE).select_related("row").order_by("row_id").first()
    return (cell.value, row_order.offsets([cell.row])[cell.row_id]) if cell else (None, None)


def fields(value: object) -> list[dict[str, Any]]:
    """Returns the fields of a value, each before those inside it: {"path", "in", "kind", "size", "value"}.

    `in` is the path of what it is in. Of a list these are its first item, and `[*]`, what every item has.
    """
    found = _inside(value, "", DEEPEST)
    return [{"path": path, "in": above, **_described(item)} for above, path, item in islice(found, MOST_FIELDS)]


def _inside(value: object, above: str, levels: int) -> Iterator[tuple[str, str, object]]:
    for path, item in _members(value, above) if levels else ():
        yield above, path, item
        yield from _inside(item, path, levels - 1)


def _members(value: object, path: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        yield from ((paths.below(path, key), item) for key, item in value.items())
    elif isinstance(value, list) and value:
        yield f"{path}[0]", value[0]
        if isinstance(value[0], dict):
            yield f"{path}[*]", _Each(value)
    elif isinstance(value, _Each) and isinstance(value.items[0], dict):
        for key in value.items[0]:
            found = [item[key] for item in value.items if isinstance(item, dict) and key in item]
            yield paths.below(path, key), _Each(found)


def _described(value: object) -> dict[str, Any]:
    """Returns what kind of value it is, how many fields or items are in it, and its text."""
    if isinstance(value, _Each):
        text = "" if isinstance(value.items[0], dict) else ", ".join(as_text(item) for item in value.items)
        return {"kind": "each", "size": len(value.items), "value": _cut(text)}
    if isinstance(value, (dict, list)):
        return {"kind": "object" if isinstance(value, dict) else "list", "size": len(value), "value": ""}
    return {"kind": "value", "size": None, "value": _cut(as_text(value))}


def _cut(text: str) -> str:
    line = " ".join(text[: LONGEST * 4].split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"

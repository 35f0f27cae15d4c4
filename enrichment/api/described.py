"""Tables and columns as the API gives them."""

from collections.abc import Callable
from typing import Any

from django.db.models import Model, QuerySet

from enrichment.columns import lifecycle
from tables import cells
from tables.models import Column, Table
from workspaces.refusals import Refused

LIMIT = 500


def window(offset: int, limit: int) -> tuple[int, int]:
    if offset < 0 or limit < 0:
        raise Refused("offset and limit cannot be negative.")
    return offset, min(limit, LIMIT)


def listed[Thing: Model](
    things: QuerySet[Thing], offset: int, limit: int, describe: Callable[[Thing], dict[str, Any]]
) -> dict[str, Any]:
    offset, limit = window(offset, limit)
    return {"items": [describe(thing) for thing in things[offset : offset + limit]], "total": things.count()}


def table(table: Table) -> dict[str, Any]:
    columns = list(Column.objects.filter(table=table).select_related("table"))
    computed_ids = [item.pk for item in columns if item.is_computed]
    counts, stale = cells.counts(computed_ids), cells.stale_counts(computed_ids)
    return {
        "id": table.pk,
        "name": table.name,
        "row_count": table.row_count,
        "auto_update": table.auto_update,
        "created_at": table.created_at,
        "updated_at": table.updated_at,
        "columns": [_column(item, counts.get(item.pk, {}), stale.get(item.pk, 0)) for item in columns],
    }


def column(column: Column) -> dict[str, Any]:
    computed_ids = [column.pk] if column.is_computed else []
    counts, stale = cells.counts(computed_ids), cells.stale_counts(computed_ids)
    return _column(column, counts.get(column.pk, {}), stale.get(column.pk, 0))


def _column(column: Column, counts: dict[str, int], stale: int) -> dict[str, Any]:
    """`counts` are cells by state, `stale` the results that are out of date, whatever their state."""
    return {
        "id": column.pk,
        "table_id": column.table_id,
        "name": column.name,
        "type": column.type,
        "config": lifecycle.shown(column),
        "position": column.position,
        "width": column.width,
        "hidden": column.hidden,
        "pinned": column.pinned,
        "counts": counts,
        "stale": stale,
    }

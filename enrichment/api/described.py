"""Tables and columns as the API gives them."""

from collections.abc import Callable
from typing import Any

from django.db.models import Model, QuerySet

from enrichment.columns import lifecycle as computed_columns
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


def table(found: Table) -> dict[str, Any]:
    own = list(Column.objects.filter(table=found).select_related("table"))
    computed_ids = [item.pk for item in own if item.is_computed]
    counts, stale = cells.counts(computed_ids), cells.stale_counts(computed_ids)
    return {
        "id": found.pk, "name": found.name, "row_count": found.row_count, "auto_update": found.auto_update,
        "created_at": found.created_at, "updated_at": found.updated_at,
        "columns": [column(item, counts.get(item.pk, {}), stale.get(item.pk, 0)) for item in own],
    }  # fmt: skip


def column(found: Column, counts: dict[str, int] | None = None, stale: int | None = None) -> dict[str, Any]:
    """`stale`: results that are out of date, whatever their state."""
    mine = [found.pk] if found.is_computed else []
    if counts is None:
        counts = cells.counts(mine).get(found.pk, {})
    if stale is None:
        stale = cells.stale_counts(mine).get(found.pk, 0)
    return {
        "id": found.pk, "table_id": found.table_id, "name": found.name, "type": found.type,
        "config": computed_columns.shown(found),
        "position": found.position, "width": found.width, "hidden": found.hidden, "pinned": found.pinned,
        "counts": counts, "stale": stale,
    }  # fmt: skip

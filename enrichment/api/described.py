"""Tables and columns as the API gives them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet

from enrichment import schedules
from enrichment.columns import lifecycle
from tables import cells
from tables.models import Column, Table
from workspaces.refusals import Refused

LIMIT = 500
_BEYOND = 2**31 - 1  # no table has as many rows, and databases count no further


def window(offset: int, limit: int, most: int = LIMIT) -> tuple[int, int]:
    """Returns both as databases take them. Raises Refused: who asked for more than `most` would take it for all."""
    if offset < 0 or limit < 0:
        raise Refused("offset and limit cannot be negative.")
    if limit > most:
        raise Refused(f"limit can be up to {most}. Ask for what follows with offset.", field="limit")
    return min(offset, _BEYOND), limit


def listed[Thing: Model](
    things: QuerySet[Thing], offset: int, limit: int, describe: Callable[[Thing], dict[str, Any]]
) -> dict[str, Any]:
    offset, limit = window(offset, limit)
    return {"items": [describe(thing) for thing in things[offset : offset + limit]], "total": things.count()}


def table(table: Table) -> dict[str, Any]:
    columns = list(Column.objects.filter(table=table).select_related("table"))
    gathered = _gather(columns)
    return {
        "id": table.pk,
        "name": table.name,
        "access": table.access,
        "row_count": table.row_count,
        "auto_update": table.auto_update,
        "attempt_days": table.attempt_days,
        "attempts_per_cell": table.attempts_per_cell,
        "created_at": table.created_at,
        "updated_at": table.updated_at,
        "columns": [_column(item, gathered) for item in columns],
    }


def column(column: Column) -> dict[str, Any]:
    return _column(column, _gather([column]))


@dataclass(frozen=True, slots=True)
class _Gathered:
    """What is gathered for all columns at once, by column id."""

    states: dict[int, dict[str, int]]
    stale: dict[int, int]
    handed_down: dict[int, int]
    schedules: dict[int, dict[str, Any]]


def _gather(columns: Iterable[Column]) -> _Gathered:
    computed = [column.pk for column in columns if column.is_computed]
    return _Gathered(
        cells.counts(computed),
        cells.stale_counts(computed),
        cells.handed_down_counts(computed),
        schedules.of_columns(computed),
    )


def _column(column: Column, gathered: _Gathered) -> dict[str, Any]:
    """`counts` are cells by state, `stale` the results that are out of date, whatever their state.

    `handed_down` are those of the failed that failed only because a column they refer to did.
    """
    return {
        "id": column.pk,
        "table_id": column.table_id,
        "name": column.name,
        "type": column.type,
        "config": lifecycle.shown(column),
        "position": column.position,
        "width": column.width,
        "fitted": column.fitted,
        "hidden": column.hidden,
        "pinned": column.pinned,
        "schedule": gathered.schedules.get(column.pk),
        "counts": gathered.states.get(column.pk, {}),
        "stale": gathered.stale.get(column.pk, 0),
        "handed_down": gathered.handed_down.get(column.pk, 0),
    }

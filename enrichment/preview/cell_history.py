"""The history of one cell: what it shows and why, and every attempt that led there."""

from typing import Any

from enrichment.dataflow import inputs
from enrichment.engine.template import references
from enrichment.engine.template.references import Unavailable
from enrichment.engine.template.values import as_text
from enrichment.models import Attempt, HttpColumn
from enrichment.preview import one_row
from enrichment.worker import deduplication
from tables import rows
from tables.models import CellState, Column, Row


def of_cell(row: Row, column: Column) -> dict[str, Any]:
    """Returns the cell of the API with its attempts, from the first to the last."""
    if not column.is_computed:
        return {"cell": {"value": row.values.get(str(column.pk))}, "attempts": [], "same_as": None, "condition": None}
    [row_json] = rows.as_json([row], [column])
    cell = row_json["cells"][str(column.pk)]
    attempts = Attempt.objects.filter(row_id=row.pk, column=column).order_by("started_at", "number")
    return {
        "cell": cell,
        "attempts": [one_row.as_json(attempt) | {"run_id": attempt.run_id} for attempt in attempts],
        "same_as": deduplication.same_as(row.pk, column.pk),
        "condition": _condition(row, column) if cell["state"] == CellState.SKIPPED else None,
    }


def _condition(row: Row, column: Column) -> dict[str, Any] | None:
    """Returns the run condition and what this row holds for it now."""
    http = HttpColumn.objects.filter(column=column).first()
    stored = http.config.get("run_if", "") if http else ""
    if not stored.strip():
        return None
    column_ids = references.column_ids(stored)
    names = dict(Column.with_deleted.filter(pk__in=column_ids).order_by("position").values_list("pk", "name"))
    values = inputs.as_stored([row], row.table_id, column_ids)[row.pk]
    return {
        "text": references.to_shown(stored, names),
        "values": [{"name": name, **_value(values.get(pk))} for pk, name in names.items()],
    }


def _value(value: object) -> dict[str, str | None]:
    """Returns the text of a value, or why there is none: `missing` is a Reason of the engine."""
    if isinstance(value, Unavailable):
        return {"value": "", "missing": value.reason.value}
    return {"value": as_text(value), "missing": None}

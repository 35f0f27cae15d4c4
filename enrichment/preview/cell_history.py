"""The history of one cell: what it shows and why, and every attempt that led there."""

from collections.abc import Collection, Sequence
from typing import Any

from enrichment.dataflow import earlier_requests, inputs
from enrichment.engine.template import references
from enrichment.engine.template.references import Unavailable
from enrichment.engine.template.values import as_text
from enrichment.models import Attempt, HttpColumn
from enrichment.preview import one_row
from enrichment.runs import exchanges
from enrichment.worker import deduplication
from tables import edits, row_order, rows
from tables.models import Cell, CellState, Column, Row, Table

_ASKED_AGAIN = (CellState.FAILED, CellState.CANCELLED)  # where the API may still have the result


def of_cell(row: Row, column: Column) -> dict[str, Any]:
    """Returns the cell of the API: computed with its attempts, the first one first, plain with its latest edits."""
    if not column.is_computed:
        nothing: dict[str, Any] = {"attempts": [], "same_as": None, "condition": None, "earlier_settings": False}
        nothing |= {"rows": [], "can_ask_again": False, "pages": None, "fix": None, "deleted_attempts": None}
        return {"cell": {"value": row.values.get(str(column.pk))}, "edits": edits.of_cell(row, column)} | nothing
    [row_json] = rows.as_json([row], [column])
    cell = row_json["cells"][str(column.pk)]
    attempts = Attempt.objects.filter(row_id=row.pk, column=column).select_related("batch")
    stored = list(attempts.order_by("started_at", "number"))
    shown = [one_row.as_json(item) | {"run_id": item.run_id} for item in stored]
    return {
        "cell": cell,
        "edits": [],
        "attempts": shown,
        "deleted_attempts": _deleted(stored, column.table),
        "rows": _places({row_id for attempt in shown for row_id in attempt["row_ids"]}),
        "can_ask_again": cell["state"] in _ASKED_AGAIN and bool(exchanges.of_rows(column.pk, [row.pk])),
        "pages": _pages(row, column),
        "same_as": deduplication.same_as(row.pk, column.pk),
        "condition": _condition(row, column) if cell["state"] == CellState.SKIPPED else None,
        "earlier_settings": bool(cell.get("stale")) and _is_of_earlier_request(row, column),
        "fix": _fix(row, column) if cell["state"] == CellState.FAILED else None,
    }


def _deleted(attempts: Sequence[Attempt], table: Table) -> dict[str, Any] | None:
    """Returns {"number", "attempt_days", "attempts_per_cell"}, with the limits that the table has now, or None."""
    number = sum(attempt.deleted_before or 0 for attempt in attempts)
    limits = {"attempt_days": table.attempt_days, "attempts_per_cell": table.attempts_per_cell}
    return {"number": number} | limits if number else None


def _places(row_ids: Collection[int]) -> list[dict[str, int]]:
    """Returns [{"row_id", "position"}] of the rows of batches that are there still, in the order of the table."""
    offsets = row_order.offsets(Row.objects.filter(pk__in=row_ids)) if row_ids else {}
    return [{"row_id": pk, "position": place} for pk, place in sorted(offsets.items(), key=lambda pair: pair[1])]


def _pages(row: Row, column: Column) -> dict[str, Any] | None:
    """Returns {"pages", "complete"} of a list that came in pages."""
    detail = Cell.objects.filter(row=row, column=column).values_list("error_detail", flat=True).first()
    return detail if isinstance(detail, dict) and "complete" in detail else None


def _fix(row: Row, column: Column) -> str | None:
    """Returns what the edit of the settings is called that mends the row, None without one."""
    detail = Cell.objects.values_list("error_detail", flat=True).get(row=row, column=column)
    edit = detail.get("edit") if isinstance(detail, dict) else None
    return edit["label"] if edit else None


def _is_of_earlier_request(row: Row, column: Column) -> bool:
    http = HttpColumn.objects.filter(column=column).first()
    moment = Cell.objects.values_list("finished_at", flat=True).get(row=row, column=column)
    return http is not None and earlier_requests.is_of_one(moment, earlier_requests.spans(http.requests))


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

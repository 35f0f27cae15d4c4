"""What rows ended with, stored many at a time: cells, attempts and the run's counters in one short transaction."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from enrichment import ledger
from enrichment.claims import OPEN
from enrichment.models import Attempt, Run
from tables.models import Cell, CellState

COUNTED = ("done", "no_data", "skipped", "missing_input", "failed", "unknown", "cancelled")


@dataclass(slots=True)
class Result:
    """How one row ended, or, in an open state, when it goes on (`due_at`)."""

    row_id: int
    state: str
    value: object = None
    error_code: str = ""
    error_message: str = ""
    error_detail: object = None
    http_status: int | None = None
    attempts: int = 0
    due_at: datetime | None = None
    tried: list[Attempt] = field(default_factory=list)

    def as_cell(self) -> dict[str, Any]:
        """The cell of the API."""
        error = {"code": self.error_code, "message": self.error_message} if self.error_code else None
        return {
            "state": self.state, "value": self.value, "error": error, "stale": False, "http_status": self.http_status,
            "attempts": self.attempts,
        }  # fmt: skip


_TYPES = {
    "row_id": "bigint", "state": "text", "value": "jsonb", "error_code": "text", "error_message": "text",
    "error_detail": "jsonb", "http_status": "smallint", "attempts": "smallint", "due_at": "timestamptz",
}  # fmt: skip
_SET = [name for name in _TYPES if name != "row_id"]
# Raw, because it is the one statement that runs for every cell.
_ALL_AT_ONCE = f"""
    UPDATE tables_cell SET {", ".join(f"{name} = new.{name}" for name in _SET)},
      stale = FALSE, lease_until = NULL, finished_at = %s
    FROM unnest({", ".join(f"%s::{kind}[]" for kind in _TYPES.values())}) AS new({", ".join(_TYPES)})
    WHERE tables_cell.row_id = new.row_id AND column_id = %s AND run_id = %s AND tables_cell.state = ANY(%s)"""  # noqa: S608
_ONE_BY_ONE = f"""
    UPDATE tables_cell SET {", ".join(f"{name} = %s" for name in _SET)},
      stale = FALSE, lease_until = NULL, finished_at = %s
    WHERE row_id = %s AND column_id = %s AND run_id = %s AND state IN ({", ".join(["%s"] * len(OPEN))})"""  # noqa: S608


def store(run: Run, results: Sequence[Result]) -> None:
    """A row that the run no longer holds is left as it is."""
    if not results:
        return
    with transaction.atomic():
        _store_cells(run, results)
        Attempt.objects.bulk_create([attempt for result in results for attempt in result.tried], batch_size=500)
        ended = Counter(result.state for result in results if result.state in COUNTED)
        if ended:
            Run.objects.filter(pk=run.pk).update(**{name: F(name) + number for name, number in ended.items()})
        ids = [result.row_id for result in results if result.state in COUNTED]
        ledger.results_stored(run.table_id, run.column_id, ids)


def _store_cells(run: Run, results: Sequence[Result]) -> None:
    rows = [_as_stored(result) for result in results]
    now = _time(timezone.now())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            lists = [list(values) for values in zip(*rows, strict=True)]
            cursor.execute(_ALL_AT_ONCE, [now, *lists, run.column_id, run.pk, list(OPEN)])
        else:
            cursor.executemany(_ONE_BY_ONE, [(*row[1:], now, row[0], run.column_id, run.pk, *OPEN) for row in rows])


def _as_stored(result: Result) -> tuple[Any, ...]:
    """In the order of _TYPES."""
    return (
        result.row_id,
        str(result.state),
        to_json(result.value),
        result.error_code,
        result.error_message.replace("\0", ""),
        to_json(result.error_detail),
        result.http_status,
        result.attempts,
        _time(result.due_at),
    )


def to_json(value: object) -> str | None:
    """As the database takes it."""
    if value is None:
        return None
    text = json.dumps(value, ensure_ascii=False)
    # PostgreSQL's jsonb cannot hold U+0000.
    return json.dumps(_without_nul(value), ensure_ascii=False) if "\\u0000" in text else text


def _without_nul(value: object) -> object:
    if isinstance(value, str):
        return value.replace("\0", "")
    if isinstance(value, list):
        return [_without_nul(item) for item in value]
    if isinstance(value, dict):
        return {str(_without_nul(key)): _without_nul(item) for key, item in value.items()}
    return value


def _time(moment: datetime | None) -> Any:
    return connection.ops.adapt_datetimefield_value(moment) if moment else None


def give_up(run: Run, states: Sequence[str] = (CellState.QUEUED, CellState.LIMITED, CellState.WAITING)) -> int:
    """Cells of a stopped run that nobody works on become cancelled."""
    return Cell.objects.filter(run_id=run.pk, column_id=run.column_id, state__in=states).update(
        state=CellState.CANCELLED, due_at=None, lease_until=None, finished_at=timezone.now()
    )

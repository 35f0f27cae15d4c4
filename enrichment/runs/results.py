"""What rows ended with, stored many at a time: cells, attempts and the run's counters in one short transaction."""

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from enrichment.models import Run
from enrichment.runs import claims
from tables import storage
from tables.models import OPEN_STATES, Cell, CellState

COUNTED = ("done", "no_data", "skipped", "missing_input", "failed", "unknown", "cancelled")


@dataclass(slots=True)
class Attempt:
    """One exchange as it was, with secrets redacted."""

    number: int
    started_at: datetime
    request: Mapping[str, object] | None = None
    response: Mapping[str, object] | None = None
    error: Mapping[str, object] | None = None
    duration_ms: int = 0


@dataclass(slots=True)
class Result:
    """How one row ended, or, in an open state, when it goes on (`due_at`).

    `ended_at` is by the same clock as `due_at`: a row that ended in the future was put back before the clock was set.
    """

    row_id: int
    state: str
    value: object = None
    error_code: str = ""
    error_message: str = ""
    error_detail: object = None
    http_status: int | None = None
    attempts: int = 0
    due_at: datetime | None = None
    fingerprint: str = ""  # of the inputs
    stale: bool = False  # the inputs changed meanwhile
    claim_id: int = 0
    request_key: str = ""  # of a request that was sent for other rows too
    tried: list[Attempt] = field(default_factory=list)
    ended_at: datetime = field(default_factory=timezone.now)

    @property
    def ended(self) -> bool:
        return self.state in COUNTED

    def as_cell(self) -> dict[str, Any]:
        """The cell of the API."""
        error = {"code": self.error_code, "message": self.error_message} if self.error_code else None
        return {
            "state": self.state, "value": self.value, "error": error, "stale": self.stale,
            "http_status": self.http_status, "attempts": self.attempts,
        }  # fmt: skip


stored: list[Callable[[Run, Sequence[Result]], None]] = []  # what follows, in the transaction that stores


def store(run: Run, results: Sequence[Result]) -> list[Result]:
    """Those that were stored: a row whose claim is another's by now, or that was deleted, is left as it is.

    `run` has the counts and the state of behind it.
    """
    if not results:
        return []
    with transaction.atomic():
        storage.lock_table(run.table_id)
        # The run before its claims, as whoever takes or hands back rows locks them: otherwise each waits for the other.
        now = Run.objects.select_for_update().filter(pk=run.pk).values("state", *COUNTED).first() or {}
        for name, value in now.items():
            setattr(run, name, value)
        mine = _still_claimed(results)
        if run.state == Run.State.STOPPED:
            _stay_stopped(mine)
        _store_cells(run, mine)
        _store_attempts(run, mine)
        _count(run, mine)
        for follow in stored:
            follow(run, mine)
    return mine


def _still_claimed(results: Sequence[Result]) -> list[Result]:
    held = claims.lock({result.claim_id for result in results})
    rows = {pk: set(claim.row_ids) for pk, claim in held.items()}
    mine = [result for result in results if result.row_id in rows.get(result.claim_id, ())]
    claims.end(held.values(), {result.row_id for result in mine})
    return mine


def _stay_stopped(results: Sequence[Result]) -> None:
    """What would go on later does not, in a run that was stopped."""
    for result in results:
        if not result.ended:
            result.state, result.due_at = CellState.CANCELLED, None


def ended_count(run: Run) -> int:
    """Returns how many rows of the run have ended."""
    return sum(getattr(run, name) for name in COUNTED)


def _count(run: Run, results: Sequence[Result]) -> None:
    ended = Counter(str(result.state) for result in results if result.ended)
    for name, number in ended.items():
        setattr(run, name, getattr(run, name) + number)
    if ended:
        Run.objects.filter(pk=run.pk).update(**{name: getattr(run, name) for name in ended})


# Raw, because they are the statements that run for every cell. PostgreSQL reads a batch as one JSON text.
_CELL = {
    "row_id": "bigint", "state": "text", "value": "jsonb", "error_code": "text", "error_message": "text",
    "error_detail": "jsonb", "http_status": "smallint", "attempts": "smallint", "due_at": "timestamptz",
    "fingerprint": "text", "finished_at": "timestamptz",
}  # fmt: skip
_ATTEMPT = {
    "row_id": "bigint", "number": "smallint", "started_at": "timestamptz", "duration_ms": "integer",
    "request": "jsonb", "response": "jsonb", "error": "jsonb",
}  # fmt: skip
_KEPT_WHILE_OPEN = ("value", "fingerprint")  # a row that is put back keeps its old result until there is a new one


def _source(columns: Mapping[str, str]) -> tuple[str, str]:
    """(PostgreSQL, SQLite): the new rows."""
    typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    named = ", ".join(f"%s AS {name}" for name in columns)
    return f"json_to_recordset(%s::json) AS new({typed})", f"(SELECT {named}) AS new"


def _set(name: str) -> str:
    if name not in _KEPT_WHILE_OPEN:
        return f"{name} = excluded.{name}"
    states = ", ".join(f"'{state}'" for state in OPEN_STATES)
    return f"{name} = CASE WHEN excluded.state IN ({states}) THEN tables_cell.{name} ELSE excluded.{name} END"


_STORE_CELLS = f"""
    INSERT INTO tables_cell (column_id, run_id, stale, {", ".join(_CELL)})
    SELECT %s, %s, FALSE, {", ".join(f"new.{name}" for name in _CELL)} FROM {{source}}
    WHERE EXISTS (SELECT 1 FROM tables_row WHERE tables_row.id = new.row_id)
    ON CONFLICT (row_id, column_id) DO UPDATE SET run_id = excluded.run_id, stale = FALSE,
      {", ".join(_set(name) for name in _CELL if name != "row_id")}"""  # noqa: S608
_STORE_ATTEMPTS = f"""
    INSERT INTO enrichment_attempt (column_id, run_id, {", ".join(_ATTEMPT)})
    SELECT %s, %s, {", ".join(f"new.{name}" for name in _ATTEMPT)} FROM {{source}} WHERE TRUE"""  # noqa: S608


def _store_cells(run: Run, results: Sequence[Result]) -> None:
    stopped = [result.row_id for result in results if result.state == CellState.CANCELLED]
    if stopped:  # a row that was not tried stays as it was
        _cancel(run, Cell.objects.filter(row_id__in=stopped, state__in=OPEN_STATES))
    new = [_cell(result) for result in results if result.state != CellState.CANCELLED]
    _insert(_STORE_CELLS, _CELL, [run.column_id, run.pk], new)


def _store_attempts(run: Run, results: Sequence[Result]) -> None:
    new = [_attempt(result.row_id, tried) for result in results for tried in result.tried]
    _insert(_STORE_ATTEMPTS, _ATTEMPT, [run.column_id, run.pk], new)


def _insert(statement: str, columns: Mapping[str, str], shared: list[Any], new: Sequence[Mapping[str, Any]]) -> None:
    if not new:
        return
    in_postgres, in_sqlite = _source(columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(statement.format(source=in_postgres), [*shared, to_json(new)])
        else:
            rows = [[*shared, *(_flat(row[name], kind) for name, kind in columns.items())] for row in new]
            cursor.executemany(statement.format(source=in_sqlite), rows)


def _flat(value: Any, kind: str) -> Any:
    if kind == "jsonb":
        return to_json(value)
    return _time(value) if isinstance(value, datetime) else value


def _cell(result: Result) -> dict[str, Any]:
    return {
        "row_id": result.row_id,
        "state": str(result.state),
        "value": result.value,
        "error_code": result.error_code,
        "error_message": result.error_message.replace("\0", ""),
        "error_detail": result.error_detail,
        "http_status": result.http_status,
        "attempts": result.attempts,
        "due_at": result.due_at,
        "fingerprint": result.fingerprint,
        "finished_at": result.ended_at,
    }


def _attempt(row_id: int, tried: Attempt) -> dict[str, Any]:
    return {
        "row_id": row_id,
        "number": tried.number,
        "started_at": tried.started_at,
        "duration_ms": tried.duration_ms,
        "request": tried.request,
        "response": tried.response,
        "error": tried.error,
    }


_as_json = json.JSONEncoder(ensure_ascii=False, default=str).encode


def to_json(value: object) -> str | None:
    """As the database takes it."""
    if value is None:
        return None
    text = _as_json(value)
    # PostgreSQL's jsonb cannot hold U+0000.
    return _as_json(_without_nul(value)) if "\\u0000" in text else text


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


def give_up(run: Run) -> int:
    """Cells of a stopped run that were put back become cancelled; the number of them."""
    put_back = [state for state in OPEN_STATES if state != CellState.RUNNING]
    return _cancel(run, Cell.objects.filter(state__in=put_back))


def _cancel(run: Run, chosen: QuerySet[Cell]) -> int:
    mine = chosen.filter(run_id=run.pk, column_id=run.column_id)
    return mine.update(state=CellState.CANCELLED, due_at=None, finished_at=timezone.now())

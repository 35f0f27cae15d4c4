"""Which rows a run takes next. A claim is a cell in an open state with a lease; the cursor says which rows are behind.

Only the row ids are locked for the moment of the claim: no transaction is open while anything is sent.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from enrichment.models import Run
from tables.models import OPEN_STATES, Cell, CellState, Row

HAS_RESULT = (CellState.DONE, CellState.NO_DATA, CellState.FAILED, CellState.UNKNOWN)
OPEN = tuple(state.value for state in OPEN_STATES)


@dataclass(frozen=True, slots=True)
class Claim:
    row: Row
    attempts: int  # made before


def take(run_id: int, limit: int, lease: timedelta) -> tuple[list[Claim], bool]:
    """Up to `limit` rows that are due, as running, and whether the scope is used up."""
    with transaction.atomic():
        run = Run.objects.select_for_update().filter(pk=run_id).first()
        if run is None or run.state not in (Run.State.PLANNING, Run.State.RUNNING):
            return [], True
        until = timezone.now() + lease
        due = _take_due(run, limit, until)
        row_ids, exhausted = _next_rows(run, limit - len(due))
        if row_ids:
            Run.objects.filter(pk=run.pk).update(cursor=row_ids[-1])
        elif exhausted and run.cursor < run.last_row:
            Run.objects.filter(pk=run.pk).update(cursor=run.last_row)
        fresh = _open_cells(run, row_ids, until)
        attempts = due | dict.fromkeys(fresh, 0)
        rows = Row.objects.filter(pk__in=attempts).order_by("pk")
        lost = set(row_ids) - set(fresh)  # another run holds these cells
        if lost:
            Run.objects.filter(pk=run.pk).update(total=F("total") - len(lost))
        return [Claim(row, attempts[row.pk]) for row in rows], exhausted


def _take_due(run: Run, limit: int, until: datetime) -> dict[int, int]:
    """Rows that were put back (for a retry, for the rate limit) and whose time has come: {row id: attempts}."""
    now = timezone.now()
    waiting = Cell.objects.filter(
        column_id=run.column_id, run_id=run.pk, state__in=(CellState.QUEUED, CellState.LIMITED)
    ).filter(Q(due_at=None) | Q(due_at__lte=now))
    found = dict(waiting.order_by("row_id").values_list("row_id", "attempts")[:limit])
    if found:
        Cell.objects.filter(column_id=run.column_id, row_id__in=found).update(
            state=CellState.RUNNING, lease_until=until, due_at=None
        )
    return found


def row_ids_of(run: Run) -> QuerySet[Any, int]:
    """Ids of the scope's rows behind the cursor, in order, each found by an index."""
    rows = Row.objects.filter(table_id=run.table_id, pk__gt=run.cursor, pk__lte=run.last_row)
    mine = Cell.objects.filter(column_id=run.column_id)
    if isinstance(run.scope, dict) and "first" in run.scope:
        rows = rows.filter(position__lt=run.scope["first"])
    if isinstance(run.scope, dict) and "ids" in run.scope:
        return rows.filter(pk__in=run.scope["ids"]).order_by("pk").values_list("pk", flat=True)
    if run.scope in ("failed", "stale"):
        chosen = mine.filter(state=CellState.FAILED) if run.scope == "failed" else mine.filter(stale=True)
        within = chosen.filter(row_id__gt=run.cursor, row_id__lte=run.last_row)
        return within.order_by("row_id").values_list("row_id", flat=True)
    if run.scope == "missing":
        rows = rows.filter(~Exists(mine.filter(row_id=OuterRef("pk"), state__in=HAS_RESULT)))
    return rows.order_by("pk").values_list("pk", flat=True)


def _next_rows(run: Run, limit: int) -> tuple[list[int], bool]:
    if limit <= 0:
        return [], False
    found = list(row_ids_of(run)[:limit])
    return found, len(found) < limit


def _open_cells(run: Run, row_ids: Sequence[int], until: datetime) -> list[int]:
    """Makes the cells running, but for those that another run holds; the ids of the rows taken."""
    if not row_ids:
        return []
    as_stored = connection.ops.adapt_datetimefield_value
    times = (as_stored(timezone.now()), as_stored(until))
    values = [(pk, run.column_id, CellState.RUNNING.value, 0, False, run.pk, *times) for pk in row_ids]
    places = ", ".join(["(%s, %s, %s, '', '', '', %s, %s, %s, %s, %s)"] * len(values))
    held = ", ".join(["%s"] * len(OPEN))
    with connection.cursor() as cursor:
        cursor.execute(
            f"""INSERT INTO tables_cell
                (row_id, column_id, state, error_code, error_message, fingerprint,
                 attempts, stale, run_id, started_at, lease_until)
                VALUES {places}
                ON CONFLICT (row_id, column_id) DO UPDATE SET
                 state = excluded.state, attempts = 0, run_id = excluded.run_id, started_at = excluded.started_at,
                 lease_until = excluded.lease_until, due_at = NULL, error_code = '', error_message = '',
                 error_detail = NULL
                WHERE tables_cell.state NOT IN ({held})
                RETURNING row_id""",  # noqa: S608  placeholders alone
            [part for value in values for part in value] + list(OPEN),
        )
        return [row_id for (row_id,) in cursor.fetchall()]


def next_due(run: Run) -> datetime | None:
    """When the earliest row that was put back is due."""
    return (
        Cell.objects.filter(column_id=run.column_id, run_id=run.pk, state__in=(CellState.QUEUED, CellState.LIMITED))
        .order_by("due_at")
        .values_list("due_at", flat=True)
        .first()
    )


def open_count(run_id: int) -> int:
    return Cell.objects.filter(run_id=run_id, state__in=OPEN_STATES).count()

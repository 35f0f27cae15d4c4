"""Results of computed columns: as they are stored, and as the grid and the API show them."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Count

from tables.models import OPEN_STATES, Cell, CellState
from tables.values import storable

# (table id, [(row id, position)], column ids) → {(row id, column id)} that something will still compute.
type Pending = Callable[[int, Sequence[tuple[int, int]], Sequence[int]], set[tuple[int, int]]]
pending: list[Pending] = []
running: list[Pending] = []  # the same for what is computed right now
# Column ids → {column id: how often a cell of it is tried at most}.
max_attempts: list[Callable[[Collection[int]], Mapping[int, int]]] = []

_AT_ONCE = 500  # row ids in one query; SQLite bounds its parameters


def as_json(cell: Cell | None, waits: CellState | None = None, most: int | None = None) -> dict[str, Any]:
    """Returns the computed cell of the API.

    `waits`: queued or running, where something has still to end. `most`: how often a running cell is tried at most;
    its `attempts` are those before the one under way.
    """
    shown = _unlimited(cell, waits)
    return shown | {"max_attempts": most} if most and shown["state"] == CellState.RUNNING else shown


def _unlimited(cell: Cell | None, waits: CellState | None) -> dict[str, Any]:
    if cell is None:
        state = waits or CellState.EMPTY
        return {"state": state.value, "value": None, "error": None, "stale": False, "http_status": None, "attempts": 0}
    again = waits if waits and cell.state not in OPEN_STATES else None
    error = {"code": cell.error_code, "message": cell.error_message} if cell.error_code and not again else None
    return {
        "state": again.value if again else cell.state,
        "value": cell.value,
        "error": error,
        "stale": cell.stale,
        "http_status": None if again else cell.http_status,
        "attempts": 0 if again else cell.attempts,
    }


def max_attempts_of(waiting: Mapping[tuple[int, int], CellState]) -> dict[int, int]:
    """Returns {column id: how often a cell is tried at most} of the columns that are running."""
    column_ids = {column_id for (_, column_id), state in waiting.items() if state == CellState.RUNNING}
    if not column_ids:
        return {}
    return {column_id: most for hook in max_attempts for column_id, most in hook(column_ids).items()}


def of_rows(row_ids: Collection[int], column_ids: Collection[int]) -> dict[tuple[int, int], Cell]:
    """{(row id, column id): cell}; a pair that nothing has computed is left out."""
    ids, found = list(row_ids), {}
    if not column_ids:
        return {}
    for start in range(0, len(ids), _AT_ONCE):
        for cell in Cell.objects.filter(row_id__in=ids[start : start + _AT_ONCE], column_id__in=column_ids):
            found[cell.row_id, cell.column_id] = cell
    return found


def counts(column_ids: Collection[int]) -> dict[int, dict[str, int]]:
    """{column id: {state: cells}}, from the index alone."""
    found: dict[int, dict[str, int]] = {pk: {} for pk in column_ids}
    grouped = Cell.objects.filter(column_id__in=column_ids).order_by().values("column_id", "state")
    for group in grouped.annotate(number=Count("pk")):
        found[group["column_id"]][group["state"]] = group["number"]
    return found


def stale_counts(column_ids: Collection[int]) -> dict[int, int]:
    """{column id: results that are out of date}, from the index of these alone."""
    stale = Cell.objects.filter(column_id__in=column_ids, stale=True).order_by().values("column_id")
    return {group["column_id"]: group["number"] for group in stale.annotate(number=Count("pk"))}


def waiting_of(
    table_id: int, rows: Sequence[tuple[int, int]], column_ids: Sequence[int]
) -> dict[tuple[int, int], CellState]:
    """The cells of these rows that have still to end, and whether something is at them already."""
    if not rows or not column_ids:
        return {}

    def asked(hooks: Sequence[Pending]) -> set[tuple[int, int]]:
        return {pair for hook in hooks for pair in hook(table_id, rows, column_ids)}

    return dict.fromkeys(asked(pending), CellState.QUEUED) | dict.fromkeys(asked(running), CellState.RUNNING)


class NewCell(NamedTuple):
    """What a row came to in a computed column, as it is stored. SQLite reads the fields by their order."""

    row_id: int
    column_id: int
    run_id: int | None  # None: computed by itself
    state: str
    value: Any  # JSON, as is `error_detail`
    error_code: str
    error_message: str
    error_group: str | None
    error_detail: Any
    http_status: int | None
    attempts: int
    due_at: datetime | None
    fingerprint: str
    finished_at: datetime


def store(new: Sequence[NewCell]) -> set[tuple[int, int]]:
    """Stores cells with one statement, and returns the (row id, column id) of those that were written.

    What is not written: a cell of a row that was deleted, and one without a run that comes to the same again, so that
    nothing follows from it. One that its run tries again keeps its value. The caller holds the lock on the table.
    """
    if not new:
        return set()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(_STORE_IN_POSTGRESQL, [encoded([cell._asdict() for cell in new])])
        else:
            cursor.execute(_STORE_IN_SQLITE, [encoded([list(cell) for cell in new])])
        return set(cursor.fetchall())


# In SQL because they run for every cell: bulk_create(update_conflicts=True) takes three to ten times as long, and can
# neither leave out deleted rows nor say what it wrote. The rows arrive as one JSON text.
_STORE_IN_POSTGRESQL = """
    INSERT INTO tables_cell (
        row_id, column_id, run_id, state, value, error_code, error_message, error_group, error_detail, http_status,
        attempts, due_at, fingerprint, finished_at, stale
    )
    SELECT
        row_id, column_id, run_id, state, value, error_code, error_message, error_group, error_detail, http_status,
        attempts, due_at, fingerprint, finished_at, FALSE
    FROM json_to_recordset(%s::json) AS new (
        row_id bigint, column_id bigint, run_id bigint, state text, value jsonb, error_code text, error_message text,
        error_group text, error_detail jsonb, http_status smallint, attempts smallint, due_at timestamptz,
        fingerprint text, finished_at timestamptz
    )
    WHERE EXISTS (SELECT 1 FROM tables_row WHERE tables_row.id = new.row_id)
    ON CONFLICT (row_id, column_id) DO UPDATE SET
        run_id = excluded.run_id,
        state = excluded.state,
        value = CASE
            WHEN excluded.run_id IS NOT NULL AND excluded.state IN ('queued', 'waiting', 'limited', 'running')
            THEN tables_cell.value ELSE excluded.value END,
        error_code = excluded.error_code,
        error_message = excluded.error_message,
        error_group = excluded.error_group,
        error_detail = excluded.error_detail,
        http_status = excluded.http_status,
        attempts = excluded.attempts,
        due_at = excluded.due_at,
        fingerprint = CASE
            WHEN excluded.run_id IS NOT NULL AND excluded.state IN ('queued', 'waiting', 'limited', 'running')
            THEN tables_cell.fingerprint ELSE excluded.fingerprint END,
        finished_at = excluded.finished_at,
        stale = FALSE
    WHERE excluded.run_id IS NOT NULL
        OR tables_cell.state <> excluded.state
        OR tables_cell.value IS DISTINCT FROM excluded.value
        OR tables_cell.error_message <> excluded.error_message
    RETURNING row_id, column_id
"""

_STORE_IN_SQLITE = """
    INSERT INTO tables_cell (
        row_id, column_id, run_id, state, value, error_code, error_message, error_group, error_detail, http_status,
        attempts, due_at, fingerprint, finished_at, stale
    )
    SELECT
        value ->> 0, value ->> 1, value ->> 2, value ->> 3, NULLIF(value -> 4, 'null'), value ->> 5, value ->> 6,
        value ->> 7, NULLIF(value -> 8, 'null'), value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13,
        FALSE
    FROM json_each(%s)
    WHERE EXISTS (SELECT 1 FROM tables_row WHERE tables_row.id = value ->> 0)
    ON CONFLICT (row_id, column_id) DO UPDATE SET
        run_id = excluded.run_id,
        state = excluded.state,
        value = CASE
            WHEN excluded.run_id IS NOT NULL AND excluded.state IN ('queued', 'waiting', 'limited', 'running')
            THEN tables_cell.value ELSE excluded.value END,
        error_code = excluded.error_code,
        error_message = excluded.error_message,
        error_group = excluded.error_group,
        error_detail = excluded.error_detail,
        http_status = excluded.http_status,
        attempts = excluded.attempts,
        due_at = excluded.due_at,
        fingerprint = CASE
            WHEN excluded.run_id IS NOT NULL AND excluded.state IN ('queued', 'waiting', 'limited', 'running')
            THEN tables_cell.fingerprint ELSE excluded.fingerprint END,
        finished_at = excluded.finished_at,
        stale = FALSE
    WHERE excluded.run_id IS NOT NULL
        OR tables_cell.state <> excluded.state
        OR tables_cell.value IS DISTINCT FROM excluded.value
        OR tables_cell.error_message <> excluded.error_message
    RETURNING row_id, column_id
"""


def encoded(new: object) -> str:
    """Returns JSON as the databases take it: moments as they keep them, and without what `storable` takes out."""
    text = _encode(new)
    # PostgreSQL's jsonb cannot hold U+0000.
    return text if "\\u0000" not in text and _is_unicode(text) else _encode(storable(new))


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        return False
    return True


def _plain(value: object) -> str:
    return str(connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value)


_encode = json.JSONEncoder(ensure_ascii=False, default=_plain).encode

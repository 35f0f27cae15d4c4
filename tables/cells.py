"""Results of computed columns, as the grid and the API show them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from django.db.models import Count

from tables.models import OPEN_STATES, Cell, CellState

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

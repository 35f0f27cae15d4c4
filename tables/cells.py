"""Results of computed columns, as the grid and the API show them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from django.db.models import Count

from tables.models import OPEN_STATES, Cell, CellState

# (table id, [(row id, position)], column ids) → {(row id, column id)} that something will still compute.
type Pending = Callable[[int, Sequence[tuple[int, int]], Sequence[int]], set[tuple[int, int]]]
pending: list[Pending] = []

_AT_ONCE = 500  # row ids in one query; SQLite bounds its parameters


def as_json(cell: Cell | None, *, queued: bool = False) -> dict[str, Any]:
    """The computed cell of the API. `queued`: a run has still to come to it."""
    if cell is None:
        state = CellState.QUEUED if queued else CellState.EMPTY
        return {"state": state.value, "value": None, "error": None, "stale": False, "http_status": None, "attempts": 0}
    waits = queued and cell.state not in OPEN_STATES
    error = {"code": cell.error_code, "message": cell.error_message} if cell.error_code and not waits else None
    return {
        "state": CellState.QUEUED.value if waits else cell.state, "value": cell.value, "error": error,
        "stale": cell.stale, "http_status": None if waits else cell.http_status, "attempts": cell.attempts,
    }  # fmt: skip


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


def pending_of(
    table_id: int, rows: Sequence[tuple[int, int]], column_ids: Sequence[int], found: Mapping[tuple[int, int], Cell]
) -> set[tuple[int, int]]:
    """The cells of these rows that are shown as queued."""
    asked: set[tuple[int, int]] = set()
    if rows and column_ids:
        asked = set().union(*(hook(table_id, rows, column_ids) for hook in pending))
    return {pair for pair in asked if pair not in found or found[pair].state not in OPEN_STATES}

"""What a row that Marl computes by itself ends with, from what it takes."""

from typing import Any, NamedTuple

from enrichment.dataflow.inputs import NoResult
from enrichment.engine.errors import RowError
from enrichment.engine.template.paths import MISSING, Path
from enrichment.engine.template.references import Unavailable
from tables import cells
from tables.models import HANDED_DOWN, CellState


class Ended(NamedTuple):
    """How one row ended: less than a `Result` tells of a request, because it is made for every row of a table."""

    row_id: int
    state: str
    value: object = None
    error_code: str = ""
    error_message: str = ""

    def as_cell(self) -> dict[str, Any]:
        """Returns the cell of the API."""
        return cells.json_of(*self[1:])


def at_path(row_id: int, value: object, path: Path) -> Ended:
    """Returns the result of a row whose input has this value, of which it takes what is at the path."""
    if isinstance(value, Unavailable):
        return unavailable(row_id, value)
    try:
        found = path.get(value)
    except RowError as error:
        return Ended(row_id, CellState.FAILED, None, error.code, error.message)
    if found is MISSING or found is None or found == "":
        return Ended(row_id, CellState.EMPTY)
    return Ended(row_id, CellState.DONE, found)


def unavailable(row_id: int, value: Unavailable) -> Ended:
    """Returns the result of a row whose input has none to give."""
    state = value.state if isinstance(value, NoResult) else CellState.FAILED
    if state == CellState.WAITING:
        return Ended(row_id, state, None, "waiting", f"Waiting for {value.column}")
    code = "missing_input" if state == CellState.MISSING_INPUT else HANDED_DOWN
    return Ended(row_id, state, None, code, str(value))

"""What a row that Marl computes by itself ends with, from what it takes."""

from enrichment.dataflow.inputs import NoResult
from enrichment.engine.errors import RowError
from enrichment.engine.template.paths import MISSING, Path
from enrichment.engine.template.references import Unavailable
from enrichment.runs.results import Result
from tables.models import HANDED_DOWN, CellState


def at_path(row_id: int, value: object, path: Path) -> Result:
    """Returns the result of a row whose input has this value, of which it takes what is at the path."""
    if isinstance(value, Unavailable):
        return unavailable(row_id, value)
    try:
        found = path.get(value)
    except RowError as error:
        return Result(row_id, CellState.FAILED, None, error.code, error.message)
    if found is MISSING or found is None or found == "":
        return Result(row_id, CellState.EMPTY)
    return Result(row_id, CellState.DONE, found)


def unavailable(row_id: int, value: Unavailable) -> Result:
    """Returns the result of a row whose input has none to give."""
    state = value.state if isinstance(value, NoResult) else CellState.FAILED
    if state == CellState.WAITING:
        return Result(row_id, state, None, "waiting", f"Waiting for {value.column}")
    code = "missing_input" if state == CellState.MISSING_INPUT else HANDED_DOWN
    return Result(row_id, state, None, code, str(value))

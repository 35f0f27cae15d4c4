"""Preview of formula and field columns: what rows would become; nothing is stored."""

from collections.abc import Mapping, Sequence
from typing import Any

from enrichment.columns.formula import draft
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.preview.one_row import no_such_row, previewed
from tables import row_order
from tables.models import Column
from workspaces.refusals import Refused


def preview_rows(column: Column, config: Mapping[str, Any], row_ids: Sequence[int] | None = None) -> dict[str, Any]:
    """Returns {"rows": [{"row_id", "position", "cell"}], "problems": [detail]} of these rows, or of the first ten."""
    try:
        rows = draft(column, config, row_ids)
    except InvalidSettings as error:
        return {"rows": [], "problems": [problem.as_json() for problem in error.problems]}
    except Refused as refusal:
        return {"rows": [], "problems": [Problem(str(refusal)).as_json()]}
    offsets = row_order.offsets(item.row for item in rows)
    shown = [{"row_id": item.row.pk, "position": offsets[item.row.pk], "cell": item.result.as_cell()} for item in rows]
    return {"rows": shown, "problems": []}


def preview_row(column: Column, row_id: int, config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Returns what this row would become, in the shape of the preview of an HTTP column. Raises Refused."""
    outcome = preview_rows(column, config or {}, [row_id])
    if outcome["problems"]:
        return previewed(reason="Fix the formula to see the result.") | {"problems": outcome["problems"], "cell": None}
    if not outcome["rows"]:
        raise no_such_row()
    return previewed(reason=None) | {"cell": outcome["rows"][0]["cell"]}

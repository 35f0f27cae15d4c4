"""Preview of formula, field and look-up columns: what rows would become; nothing is stored."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from enrichment.columns import formula as formula_columns
from enrichment.columns import lookups as lookup_columns
from enrichment.columns.formula import Draft
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.preview.one_row import no_such_row, previewed
from tables import row_order
from tables.models import Column, ColumnType
from workspaces.refusals import Refused

type Drafting = Callable[[Column, Mapping[str, Any], Sequence[int] | None], Draft]


def _drafting(column: Column) -> Drafting:
    return lookup_columns.draft if column.type == ColumnType.LOOKUP else formula_columns.draft


def preview_rows(column: Column, config: Mapping[str, Any], row_ids: Sequence[int] | None = None) -> dict[str, Any]:
    """Returns {"rows": [{"row_id", "position", "cell"}], "problems": [detail]} of these rows, or of the first ten."""
    try:
        drafted = _drafting(column)(column, config, row_ids)
    except InvalidSettings as error:
        return {"rows": [], "problems": [problem.as_json() for problem in error.problems]}
    except Refused as refusal:
        return {"rows": [], "problems": [Problem(str(refusal)).as_json()]}
    offsets = row_order.offsets(item.row for item in drafted.rows)
    shown = [
        {"row_id": item.row.pk, "position": offsets[item.row.pk], "cell": item.result.as_cell()}
        for item in drafted.rows
    ]
    return {"rows": shown, "problems": [warning.as_json() for warning in drafted.warnings]}


def preview_row(column: Column, row_id: int, config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Returns what this row would become, in the shape of the preview of an HTTP column. Raises Refused."""
    outcome = preview_rows(column, config or {}, [row_id])
    if any(problem["severity"] == "error" for problem in outcome["problems"]):
        return previewed(reason="Fix the settings to see the result.") | {"problems": outcome["problems"], "cell": None}
    if not outcome["rows"]:
        raise no_such_row()
    return previewed(reason=None) | {"problems": outcome["problems"], "cell": outcome["rows"][0]["cell"]}

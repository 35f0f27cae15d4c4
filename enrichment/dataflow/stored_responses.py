"""Values in the stored responses of an HTTP column that its field paths left out: read again, with no new request.

That costs one indexed query for the rows that lack the field, and the reading of their responses one at a time, at
most 1 MiB each. A response that was cut, or that was for another row's request, is not read.
"""

import json
from collections.abc import Collection, Mapping
from typing import Any

from django.db.models import Max

from enrichment.engine.errors import RowError
from enrichment.engine.template.paths import MISSING, Path
from enrichment.models import Attempt
from tables.models import Cell


def at(path: Path, column_id: int, row_ids: Collection[int]) -> dict[int, object]:
    """Returns {row id: value} of the rows that have something there, in the last response of their cell's run."""
    runs = dict(Cell.objects.filter(column_id=column_id, row_id__in=row_ids).values_list("row_id", "run_id"))
    attempts = Attempt.objects.filter(column_id=column_id, row_id__in=runs, response__isnull=False)
    last_of_runs = attempts.values_list("row_id", "run_id").annotate(last=Max("pk"))
    last = [pk for row_id, run_id, pk in last_of_runs if run_id is not None and runs[row_id] == run_id]
    exchanges = Attempt.objects.filter(pk__in=last).values_list("row_id", "request__part", "response")
    values = {
        row_id: _value(path, response)
        for row_id, part, response in exchanges.iterator(chunk_size=10)
        if not (part or "").startswith("page")  # of which the last one is not the whole
    }
    return {row_id: value for row_id, value in values.items() if value not in (MISSING, None, "")}


def _value(path: Path, response: Mapping[str, Any] | None) -> object:
    if not response or response["truncated"] or response["status"] >= 300:
        return MISSING
    try:
        return path.get(json.loads(str(response.get("body", ""))))
    except (ValueError, RecursionError, RowError):
        return MISSING

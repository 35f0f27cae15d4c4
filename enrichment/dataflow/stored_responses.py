"""What stands in the stored answers of an HTTP column though its field paths left it out: read again, with no new call.

It costs one indexed query for the rows that lack the field, and the reading of their answers, one at a time: at most
1 MiB each. An answer that was cut, or that another row's request gave, is not read.
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
    """{row id: value} of the rows whose answer has something there; of the run that their cell is from."""
    runs = dict(Cell.objects.filter(column_id=column_id, row_id__in=row_ids).values_list("row_id", "run_id"))
    tried = Attempt.objects.filter(column_id=column_id, row_id__in=runs, response__isnull=False)
    latest = tried.values_list("row_id", "run_id").annotate(last=Max("pk"))
    chosen = [last for row_id, run_id, last in latest if run_id is not None and runs[row_id] == run_id]
    answers = Attempt.objects.filter(pk__in=chosen).values_list("row_id", "response")
    found = {row_id: _found(path, response) for row_id, response in answers.iterator(chunk_size=10)}
    return {row_id: value for row_id, value in found.items() if value not in (MISSING, None, "")}


def _found(path: Path, response: Mapping[str, Any] | None) -> object:
    if not response or response["truncated"] or response["status"] >= 300:
        return MISSING
    try:
        return path.get(json.loads(str(response.get("body", ""))))
    except (ValueError, RecursionError, RowError):
        return MISSING

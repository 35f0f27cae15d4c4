"""Every exchange that was made for a row, kept for people to look at, with secrets redacted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from enrichment.models import Attempt as StoredAttempt
from enrichment.models import Run
from tables.cells import encoded


@dataclass(slots=True)
class Attempt:
    number: int
    started_at: datetime
    request: Mapping[str, object] | None = None  # method, url, headers, body, redirects
    response: Mapping[str, object] | None = None  # status, headers, body, truncated
    error: Mapping[str, object] | None = None  # code, message, moved_to
    duration_ms: int = 0


def store(run: Run, attempts: Sequence[tuple[int, Attempt]]) -> None:
    """Stores [(row id, attempt)] of a run."""
    if not attempts:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            records = [_as_record(row_id, attempt) for row_id, attempt in attempts]
            cursor.execute(_STORE_IN_POSTGRESQL, [run.column_id, run.pk, encoded(records)])
        else:
            rows = [[run.column_id, run.pk, *_as_row(row_id, attempt)] for row_id, attempt in attempts]
            cursor.executemany(_STORE_IN_SQLITE, rows)


def forget(row_ids: Sequence[int]) -> None:
    """Deletes the exchanges of rows that are purged."""
    StoredAttempt.objects.filter(row_id__in=row_ids)._raw_delete(using=connection.alias)


# In SQL because they run for every request: bulk_create takes three to eight times as long.
_STORE_IN_POSTGRESQL = """
    INSERT INTO enrichment_attempt (
        column_id, run_id, row_id, number, started_at, duration_ms, request, response, error
    )
    SELECT %s, %s, row_id, number, started_at, duration_ms, request, response, error
    FROM json_to_recordset(%s::json) AS new (
        row_id bigint, number smallint, started_at timestamptz, duration_ms integer, request jsonb, response jsonb,
        error jsonb
    )
"""

_STORE_IN_SQLITE = """
    INSERT INTO enrichment_attempt (
        column_id, run_id, row_id, number, started_at, duration_ms, request, response, error
    )
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def _as_record(row_id: int, attempt: Attempt) -> dict[str, Any]:
    return {
        "row_id": row_id,
        "number": attempt.number,
        "started_at": attempt.started_at,
        "duration_ms": attempt.duration_ms,
        "request": attempt.request,
        "response": attempt.response,
        "error": attempt.error,
    }


def _as_row(row_id: int, attempt: Attempt) -> list[Any]:
    started_at = connection.ops.adapt_datetimefield_value(attempt.started_at)
    parts = (attempt.request, attempt.response, attempt.error)
    texts = [None if part is None else encoded(part) for part in parts]
    return [row_id, attempt.number, started_at, attempt.duration_ms, *texts]

"""Every exchange that was made for a row, kept for people to look at, with secrets redacted.


Of many questions for one result, those in the middle are not kept: they say nothing new.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Exists, OuterRef, Q

from enrichment.models import Attempt as StoredAttempt
from enrichment.models import BatchAttempt, Run
from tables.cells import encoded, moment


@dataclass(frozen=True, slots=True)
class Shared:
    """A request that was sent for many rows, and its response."""

    key: str
    row_ids: Sequence[int]
    request: Mapping[str, object] | None
    response: Mapping[str, object] | None


@dataclass(slots=True)
class Attempt:
    number: int
    started_at: datetime
    request: Mapping[str, object] | None = None  # method, url, headers, body, hops
    response: Mapping[str, object] | None = None  # status, headers, body, truncated
    error: Mapping[str, object] | None = None  # code, message, moved_to
    duration_ms: int | None = 0  # None: of what an API posted by itself
    shared: Shared | None = None  # has the request and the response, where it was sent for other rows too

    @property
    def sent(self) -> Mapping[str, object] | None:
        """The request, wherever it is kept."""
        return self.shared.request if self.shared else self.request

    @property
    def answer(self) -> Mapping[str, object] | None:
        """The response, wherever it is kept."""
        return self.shared.response if self.shared else self.response


ASKED = "asked "  # begins the part of a question, before its number
FIRST_KEPT = LAST_KEPT = 5  # questions of one row


def store(run: Run, attempts: Sequence[tuple[int, Attempt]]) -> None:
    """Stores [(row id, attempt)] of a run."""
    if not attempts:
        return
    alone = [(row_id, attempt) for row_id, attempt in attempts if attempt.shared is None]
    if len(alone) < len(attempts):
        _store_together(run, attempts)
    if alone:
        _store_alone(run, alone)
    _thin_out(run, attempts)


def _store_alone(run: Run, attempts: Sequence[tuple[int, Attempt]]) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            records = [_as_record(row_id, attempt) for row_id, attempt in attempts]
            cursor.execute(_STORE_IN_POSTGRESQL, [run.column_id, run.pk, encoded(records)])
        else:
            rows = [[run.column_id, run.pk, *_as_row(row_id, attempt)] for row_id, attempt in attempts]
            cursor.executemany(_STORE_IN_SQLITE, rows)


def _store_together(run: Run, attempts: Iterable[tuple[int, Attempt]]) -> None:
    """Stores the attempts of rows that were sent together: what differs from row to row is its id, or its error."""
    shared: dict[str, Shared] = {}
    row_ids: dict[tuple[str, int, str | None], list[int]] = defaultdict(list)
    first: dict[tuple[str, int, str | None], Attempt] = {}
    for row_id, attempt in attempts:
        if attempt.shared:
            error = encoded(attempt.error) if attempt.error else None
            place = (attempt.shared.key, attempt.number, error)
            row_ids[place].append(row_id)
            first[place], shared[attempt.shared.key] = attempt, attempt.shared
    _store_shared(run, shared.values())
    store = _STORE_TOGETHER.format(rows=_EACH[connection.vendor])
    with connection.cursor() as cursor:
        for place, attempt in first.items():
            key, number, error = place
            of_all = (number, moment(attempt.started_at), attempt.duration_ms, error, key)
            cursor.execute(store, (run.column_id, run.pk, *of_all, encoded(row_ids[place])))


def _thin_out(run: Run, stored: Sequence[tuple[int, Attempt]]) -> None:
    """Deletes the question that is no longer among the last ones of its row; one that failed stays."""
    superseded = defaultdict(list)
    for row_id, attempt in stored:
        part = str((attempt.sent or {}).get("part", ""))
        if part.startswith(ASKED) and int(part.removeprefix(ASKED)) > FIRST_KEPT + LAST_KEPT:
            superseded[attempt.number - LAST_KEPT].append(row_id)
    of_run = StoredAttempt.objects.filter(column_id=run.column_id, run_id=run.pk, error__isnull=True)
    is_question = Q(request__part__startswith=ASKED) | Q(batch__request__part__startswith=ASKED)
    for number, row_ids in superseded.items():
        of_run.filter(is_question, row_id__in=row_ids, number=number).delete()


def _store_shared(run: Run, shared: Iterable[Shared]) -> None:
    """Stores each once, though its rows may be stored in several portions."""
    new = [
        BatchAttempt(
            key=item.key, column_id=run.column_id, row_ids=item.row_ids, request=item.request, response=item.response
        )
        for item in shared
    ]
    BatchAttempt.objects.bulk_create(new, ignore_conflicts=True)


def forget(row_ids: Sequence[int]) -> None:
    """Deletes the exchanges of rows that are purged; those that were for other rows too lose what was said in them."""
    BatchAttempt.objects.filter(attempts__row_id__in=row_ids).update(request=None, response=None)
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

_STORE_TOGETHER = """
    INSERT INTO enrichment_attempt (
        column_id, run_id, number, started_at, duration_ms, error, batch_id, row_id
    )
    SELECT {rows}
"""

_EACH = {
    "postgresql": "%s, %s, %s, %s, %s, %s::jsonb, %s, value::bigint FROM json_array_elements_text(%s::json)",
    "sqlite": "%s, %s, %s, %s, %s, %s, %s, value FROM json_each(%s)",
}


def prune() -> None:
    """Deletes what was sent for rows that are all gone."""
    BatchAttempt.objects.filter(~Exists(StoredAttempt.objects.filter(batch=OuterRef("pk")))).delete()


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
    parts = (attempt.request, attempt.response, attempt.error)
    texts = [None if part is None else encoded(part) for part in parts]
    return [row_id, attempt.number, moment(attempt.started_at), attempt.duration_ms, *texts]

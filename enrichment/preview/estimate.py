"""What a run would do, before it does it: rows, requests, skipped rows, duplicates, time."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from enrichment.columns import http as http_columns
from enrichment.dataflow import inputs
from enrichment.engine.formula import Evaluators
from enrichment.runs import claims, lifecycle
from enrichment.runs.claims import ClaimedRow
from enrichment.runs.results import Result
from enrichment.runs.scope import Scope
from enrichment.worker import deduplication, prepare
from enrichment.worker import job as jobs
from tables.models import CellState, Column, Row

SAMPLE = 20_000  # rows looked at; beyond it the shares are taken to hold
LOOKING = 5.0  # seconds after which no further rows are looked at
_DEADLINE = 0.2  # seconds a row of the run condition
_BATCH = 100


def rows_of(column: Column, rows: object) -> int:
    """Counts the rows of a scope of the API now; a column that is not saved has no results yet. Raises Refused."""
    return lifecycle.draft(column, Scope.parse(rows, column)).total


def estimate(column: Column, rows: object, config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Estimates a run over a scope of the API, with the saved settings or these in their place.

    Raises Refused for a wrong scope, InvalidSettings for settings that cannot run.
    """
    run = lifecycle.draft(column, Scope.parse(rows, column))
    draft = http_columns.draft(column, config)
    job = jobs.of_settings(run, draft.compiled, draft.connection)
    looked, states, request_keys = 0, Counter[str](), list[str]()
    for prepared_rows in _prepared(job, list(claims.row_ids_ahead(run)[:SAMPLE])):
        for prepared in prepared_rows:
            looked += 1
            if isinstance(prepared, Result):
                states[prepared.state] += 1
            else:
                request_keys.append(prepared.request_key or deduplication.request_key(job, prepared.request))
    share = run.total / looked if looked else 0
    different = len(set(request_keys) - deduplication.cached(job, set(request_keys)).keys())
    duplicates = len(request_keys) - different
    waiting = states[CellState.WAITING]  # their requests are not known yet
    would_run = len(request_keys) + waiting
    sent = (different if job.compiled.config.shares_answers else len(request_keys)) + waiting
    return {
        "rows": run.total,
        "would_run": round(would_run * share),
        "skipped": round(states[CellState.SKIPPED] * share),
        "missing_input": round(states[CellState.MISSING_INPUT] * share),
        "failed": round(states[CellState.FAILED] * share),
        "duplicates": round(duplicates * share),
        "requests": round(sent * share),
        "seconds": _seconds(job, round(sent * share)),
        "exact": run.total == looked,
    }


def _prepared(job: jobs.Job, ids: Sequence[int]) -> Iterator[list[prepare.Ready | Result]]:
    """In batches, as far as time allows."""
    until = time.monotonic() + LOOKING
    with Evaluators(_DEADLINE) as evaluators:
        for start in range(0, len(ids), _BATCH):
            rows = list(Row.objects.filter(pk__in=ids[start : start + _BATCH]))
            values = inputs.of_rows(rows, job.run.table_id, job.compiled.column_ids)
            yield prepare.prepare(job, evaluators, [(ClaimedRow(row, 0), values[row.pk]) for row in rows])
            if time.monotonic() > until:
                return


def _seconds(job: jobs.Job, requests: int) -> float | None:
    """Under the rate limit; None when there is none, because then only the server knows."""
    seconds = [
        max(0, requests - limit.requests) / limit.requests * (limit.seconds + limit.margin)
        for limit in job.limiter.limits
    ]
    return round(max(seconds), 1) if seconds else None

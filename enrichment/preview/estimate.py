"""What a run would do, before it does it: rows, requests, skipped rows, duplicates, time."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched
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

SAMPLE = 20_000  # rows that are prepared; the rest of a larger run is taken to be like them
PREPARING = 5.0  # seconds after which no further rows are prepared
_DEADLINE = 0.2  # seconds a row of the run condition
_BATCH = 100


@dataclass(slots=True)
class _Prepared:
    """What the rows of the sample would come to."""

    rows: int = 0
    states: Counter[str] = field(default_factory=Counter)  # of those that end without a request
    request_keys: list[str] = field(default_factory=list)  # of those that would be sent


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
    sample = _prepare(job, list(claims.row_ids_ahead(run)[:SAMPLE]))
    factor = run.total / sample.rows if sample.rows else 0
    keys = set(sample.request_keys)
    different = len(keys - deduplication.cached(job, keys).keys())
    would_send = len(sample.request_keys)
    waiting = sample.states[CellState.WAITING]  # their requests are not known yet
    requests = round(((different if job.compiled.config.shares_answers else would_send) + waiting) * factor)
    return {
        "rows": run.total,
        "would_run": round((would_send + waiting) * factor),
        "skipped": round(sample.states[CellState.SKIPPED] * factor),
        "missing_input": round(sample.states[CellState.MISSING_INPUT] * factor),
        "failed": round(sample.states[CellState.FAILED] * factor),
        "duplicates": round((would_send - different) * factor),
        "requests": requests,
        "seconds": _seconds(job, requests),
        "exact": run.total == sample.rows,
    }


def _prepare(job: jobs.Job, row_ids: Sequence[int]) -> _Prepared:
    sample = _Prepared()
    for item in _prepared_rows(job, row_ids):
        sample.rows += 1
        if isinstance(item, Result):
            sample.states[item.state] += 1
        else:
            sample.request_keys.append(item.request_key or deduplication.request_key(job, item.request))
    return sample


def _prepared_rows(job: jobs.Job, row_ids: Sequence[int]) -> Iterator[prepare.Ready | Result]:
    """Yields as many as there is time for."""
    until = time.monotonic() + PREPARING
    with Evaluators(_DEADLINE) as evaluators:
        for batch in batched(row_ids, _BATCH):
            rows = list(Row.objects.filter(pk__in=batch))
            values = inputs.of_rows(rows, job.run.table_id, job.compiled.column_ids)
            yield from prepare.prepare(job, evaluators, [(ClaimedRow(row, 0), values[row.pk]) for row in rows])
            if time.monotonic() > until:
                return


def _seconds(job: jobs.Job, requests: int) -> float | None:
    """Returns the seconds that the rate limits make, or None without one, because then only the server knows."""
    seconds = [
        max(0, requests - limit.requests) / limit.requests * (limit.seconds + limit.margin)
        for limit in job.limiter.limits
    ]
    return round(max(seconds), 1) if seconds else None

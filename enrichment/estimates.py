"""What a run would do, before it does it: rows, requests, skipped rows, duplicates, time."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

from enrichment import claims, columns, inputs, jobs, runs, steps
from enrichment.calculation import Calculator
from enrichment.claims import Claim
from enrichment.engine.exchange import Request
from enrichment.results import Result
from tables.models import CellState, Column, Row

SAMPLE = 20_000  # rows looked at; beyond it the shares are taken to hold
LOOKING = 5.0  # seconds after which no further rows are looked at
_DEADLINE = 0.2  # seconds a row of the run condition
_BATCH = 100


def estimate(column: Column, scope: object) -> dict[str, Any]:
    """Raises RunRefused for a wrong scope, InvalidSettings for settings that cannot run."""
    run = runs.prepared(column, runs.check_scope(scope))
    compiled, connection = columns.draft(column, None)
    job = jobs.of_settings(run, compiled, connection)
    looked, states, requests = 0, {CellState.SKIPPED: 0, CellState.MISSING_INPUT: 0, CellState.FAILED: 0}, set[int]()
    would_run = 0
    for prepared_rows in _prepared(job, list(claims.row_ids_of(run)[:SAMPLE])):
        for prepared in prepared_rows:
            looked += 1
            if isinstance(prepared, Result):
                states[CellState(prepared.state)] += 1
            else:
                would_run += 1
                requests.add(_same(prepared.request))
    share = run.total / looked if looked else 0
    duplicates = would_run - len(requests)
    sent = would_run
    return {
        "rows": run.total, "would_run": round(would_run * share), "skipped": round(states[CellState.SKIPPED] * share),
        "missing_input": round(states[CellState.MISSING_INPUT] * share),
        "failed": round(states[CellState.FAILED] * share), "duplicates": round(duplicates * share),
        "requests": round(sent * share), "seconds": _seconds(job, round(sent * share)),
        "exact": run.total == looked,
    }  # fmt: skip


def _prepared(job: jobs.Job, ids: Sequence[int]) -> Iterator[list[steps.Ready | Result]]:
    """In batches, as far as time allows."""
    until = time.monotonic() + LOOKING
    with Calculator(_DEADLINE) as calculator:
        for start in range(0, len(ids), _BATCH):
            rows = list(Row.objects.filter(pk__in=ids[start : start + _BATCH]))
            values = inputs.of_rows(rows, job.run.table_id, job.compiled.column_ids)
            yield steps.prepare(job, calculator, [(Claim(row, 0), values[row.pk]) for row in rows])
            if time.monotonic() > until:
                return


def _same(request: Request) -> int:
    return hash((request.method, request.url, request.headers, request.body))


def _seconds(job: jobs.Job, requests: int) -> float | None:
    """Under the rate limit; None when there is none, because then only the server knows."""
    limit = job.limiter.limit
    if limit is None:
        return None
    return round(max(0, requests - limit.requests) / limit.requests * (limit.seconds + limit.margin), 1)

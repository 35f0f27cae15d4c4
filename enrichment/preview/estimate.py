"""What a run would do, before it does it: rows, requests, skipped rows, duplicates, time."""

import math
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched, chain
from typing import Any

from enrichment.columns import http as http_columns
from enrichment.dataflow import inputs
from enrichment.engine.formula import Evaluators
from enrichment.models import Run
from enrichment.runs import claims, failures, lifecycle, sent_before
from enrichment.runs.claims import ClaimedRow
from enrichment.runs.results import Result
from enrichment.runs.scope import Scope
from enrichment.worker import deduplication, prepare
from enrichment.worker import job as jobs
from enrichment.worker.ready import Ready
from tables import row_order
from tables.models import CellState, Column, Row

SAMPLE = 20_000  # rows that are prepared; the rest of a larger run is taken to be like them
PREPARING = 5.0  # seconds after which no further rows are prepared
_DEADLINE = 0.2  # seconds a row of the run condition
_BATCH = 100
_MOST_REASONS = 3


@dataclass(slots=True)
class _Reason:
    """Why some rows of the sample cannot be sent, told by the first of them."""

    row_id: int
    message: str
    rows: int = 0


@dataclass(slots=True)
class _Prepared:
    """What the rows of the sample would come to."""

    rows: int = 0
    states: Counter[str] = field(default_factory=Counter)  # of those that end without a request
    request_keys: list[str] = field(default_factory=list)  # of those that would be sent
    reasons: dict[str, _Reason] = field(default_factory=dict)  # against the others, by their wording


FIRST = 10  # rows that are run to look at before the others
SCOPES: dict[str, object] = {
    "first": {"first": FIRST},
    "missing": "missing",
    "failed": "failed",
    "stale": "stale",
    "all": "all",
}


def choices(column: Column) -> dict[str, int]:
    """Returns how many rows each of the usual scopes has now, by its name."""
    return {name: rows_of(column, scope) for name, scope in SCOPES.items()}


def rows_of(column: Column, rows: object) -> int:
    """Counts the rows of a scope of the API now; a column that is not saved has no results yet. Raises Refused."""
    return lifecycle.draft(column, Scope.parse(rows, column)).total


def rows_sent_before(column: Column, rows: object) -> int:
    """Counts the rows of a scope of the API that a run would send though the API may have them. Raises Refused."""
    return sent_before.count(lifecycle.draft(column, Scope.parse(rows, column)))


def estimate(column: Column, rows: object, config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Estimates a run over a scope of the API, with the saved settings or these in their place.

    Raises Refused for a wrong scope, InvalidSettings for settings that cannot run.
    """
    run = lifecycle.draft(column, Scope.parse(rows, column))
    job = _job(run, column, config)
    sample = _prepare(job, list(claims.row_ids_ahead(run)[:SAMPLE]))
    factor = run.total / sample.rows if sample.rows else 0
    keys = set(sample.request_keys)
    different = len(keys - deduplication.cached(job, keys).keys())
    would_send = len(sample.request_keys)
    waiting = sample.states[CellState.WAITING]  # their requests are not known yet
    exchanges = ((different if job.compiled.config.shares_answers else would_send) + waiting) * factor
    requests = math.ceil(round(exchanges) / job.rows_of_request) * (2 if job.polling else 1)
    return {
        "rows": run.total,
        "would_run": round((would_send + waiting) * factor),
        "skipped": round(sample.states[CellState.SKIPPED] * factor),
        "missing_input": round(sample.states[CellState.MISSING_INPUT] * factor),
        "failed": round(sample.states[CellState.FAILED] * factor),
        "reasons": _told(list(sample.reasons.values()), factor),
        "duplicates": round((would_send - different) * factor),
        "requests": requests,
        "seconds": _seconds(job, requests),
        "sent_before": sent_before.count(run, job.compiled.config) if column.pk else 0,
        # How often it is asked, or how many pages there are, the API says.
        "at_least": bool(job.polling or job.compiled.paging),
        "exact": run.total == sample.rows,
    }


def _told(reasons: Sequence[_Reason], factor: float) -> list[dict[str, Any]]:
    """Returns those against most rows: each with the words of an example, and its number."""
    most = sorted(reasons, key=lambda reason: -reason.rows)[:_MOST_REASONS]
    offsets = row_order.offsets(Row.objects.filter(pk__in=[reason.row_id for reason in most]))
    return [
        {"message": reason.message, "rows": round(reason.rows * factor), "row": offsets[reason.row_id] + 1}
        for reason in most
    ]


def unsendable(
    column: Column, rows: object, config: Mapping[str, Any] | None = None, like: int | None = None
) -> dict[int, str]:
    """Returns why rows of a scope of the API cannot be sent, by their ids.

    With `like`, those for the same kind of reason as the row of this number, which is the first of them. Of a large
    scope these are the ones among its first rows. Raises Refused for a wrong scope, InvalidSettings for
    settings that cannot run.
    """
    run = lifecycle.draft(column, Scope.parse(rows, column))
    job = _job(run, column, config)
    first = [] if like is None else list(row_order.window(column.table_id, like - 1, 1).values_list("pk", flat=True))
    row_ids = dict.fromkeys([*first, *claims.row_ids_ahead(run)[:SAMPLE]])
    results = [item for item in chain.from_iterable(_prepared(job, list(row_ids))) if isinstance(item, Result)]
    kinds = {item.row_id: failures.group_of(item.state, item.error_message) for item in results}
    wanted = set(kinds.values()) if like is None else {kinds.get(row_id) for row_id in first}
    return {item.row_id: item.error_message for item in results if kinds[item.row_id] in wanted - {None}}


def next_sent(column: Column, config: Mapping[str, Any], after: int) -> int | None:
    """Returns the number of the first row after this one that would be sent, None if none of the next ones would.

    Raises InvalidSettings for settings that cannot run.
    """
    job = _job(Run(table_id=column.table_id, column_id=column.pk or 0), column, config)
    row_ids = list(row_order.window(column.table_id, after, SAMPLE).values_list("pk", flat=True))
    places = {row_id: place for place, row_id in enumerate(row_ids, after + 1)}
    for batch in _prepared(job, row_ids):
        if sent := [places[item.row_id] for item in batch if isinstance(item, Ready)]:
            return min(sent)
    return None


def _job(run: Run, column: Column, config: Mapping[str, Any] | None) -> jobs.Job:
    draft = http_columns.draft(column, config)
    return jobs.of_settings(run, draft.compiled, draft.connection)


def _prepare(job: jobs.Job, row_ids: Sequence[int]) -> _Prepared:
    sample = _Prepared()
    for item in chain.from_iterable(_prepared(job, row_ids)):
        sample.rows += 1
        if isinstance(item, Result):
            sample.states[item.state] += 1
            if group := failures.group_of(item.state, item.error_message):
                sample.reasons.setdefault(group, _Reason(item.row_id, item.error_message)).rows += 1
        else:
            sample.request_keys.append(item.request_key or deduplication.request_key(job, item.request))
    return sample


def _prepared(job: jobs.Job, row_ids: Sequence[int]) -> Iterator[list[Ready | Result]]:
    """Yields batches of the rows in their order, as many as there is time for."""
    until = time.monotonic() + PREPARING
    with Evaluators(_DEADLINE) as evaluators:
        for batch in batched(row_ids, _BATCH):
            rows = list(Row.objects.filter(pk__in=batch))
            values = inputs.of_rows(rows, job.run.table_id, job.compiled.column_ids)
            yield prepare.prepare(job, evaluators, [(ClaimedRow(row, 0), values[row.pk]) for row in rows])
            if time.monotonic() > until:
                return


def _seconds(job: jobs.Job, requests: int) -> float | None:
    """Returns the seconds that the rate limits make, or None without one, because then only the server knows."""
    seconds = [
        max(0, requests - limit.requests) / limit.requests * (limit.seconds + limit.patience)
        for limit in job.limiter.limits
    ]
    return round(max(seconds), 1) if seconds else None

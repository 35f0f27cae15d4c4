"""Prepares claimed rows: each becomes a request that is ready to go, or ends without one. Nothing is sent here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter

from django.utils import timezone

from enrichment.dataflow import inputs
from enrichment.engine.errors import RowError
from enrichment.engine.formula import Evaluators, SandboxBusy
from enrichment.engine.messages import Request
from enrichment.runs.claims import ClaimedRow
from enrichment.runs.results import Result
from enrichment.worker import deduplication, exchange
from enrichment.worker.job import Job
from enrichment.worker.send_intents import SendIntents
from tables.models import CellState

BUSY = timedelta(seconds=1)  # until another try while every formula process is at work


@dataclass(frozen=True, slots=True)
class Ready:
    """A row whose request only waits to be admitted."""

    row_id: int
    attempts: int
    request: Request
    claim_id: int = 0
    fingerprint: str = ""
    request_key: str = ""  # where identical requests are sent once

    def ended(self, state: str, due_at: datetime | None = None) -> Result:
        return Result(self.row_id, state, attempts=self.attempts, due_at=due_at)


@dataclass(slots=True)
class Batch:
    """The rows of one claim that are to be sent, in the order of their ids; the first `taken` have left it."""

    rows: Sequence[Ready]
    intents: SendIntents
    taken: int = 0

    @property
    def waiting(self) -> int:
        return len(self.rows) - self.taken

    def take(self) -> Ready:
        """Returns the next row, which leaves the batch."""
        self.taken += 1
        return self.rows[self.taken - 1]

    def take_all(self) -> Sequence[Ready]:
        """Returns the rows that are left, which leave the batch."""
        rows, self.taken = self.rows[self.taken :], len(self.rows)
        return rows


def batch(
    job: Job, evaluators: Evaluators, rows: Sequence[ClaimedRow], intents_at_once: int
) -> tuple[Batch, list[Result]]:
    """Prepares the rows of one claim, the first `intents_at_once` of which have their send intents recorded.

    Returns what is to be sent, and the results of the rows that are not.
    """
    prepared = _for_storing(job, evaluators, rows) if rows else []
    ready = sorted((item for item in prepared if isinstance(item, Ready)), key=attrgetter("row_id"))
    claim_id, recorded_to = (rows[0].claim_id, rows[:intents_at_once][-1].row.pk) if rows else (0, 0)
    intents = SendIntents(claim_id, [row.row_id for row in ready], intents_at_once, recorded_to)
    return Batch(ready, intents), [item for item in prepared if isinstance(item, Result)]


def _for_storing(job: Job, evaluators: Evaluators, rows: Sequence[ClaimedRow]) -> list[Ready | Result]:
    """Adds what the results of the rows need to be stored, and sends each of identical requests once."""
    needed = job.compiled.column_ids
    values = inputs.of_rows([claimed.row for claimed in rows], job.run.table_id, needed)
    try:
        prepared = _deduplicated(job, prepare(job, evaluators, [(claimed, values[claimed.row.pk]) for claimed in rows]))
    except SandboxBusy:
        due = timezone.now() + BUSY
        prepared = [Result(claimed.row.pk, CellState.QUEUED, attempts=claimed.attempts, due_at=due) for claimed in rows]
    claim_id = rows[0].claim_id
    return [
        replace(item, claim_id=claim_id, fingerprint=inputs.fingerprint(values[item.row_id], needed))
        for item in prepared
    ]


def _deduplicated(job: Job, prepared: Sequence[Ready | Result]) -> list[Ready | Result]:
    """Replaces the rows whose request is sent for another row by their results."""
    request_keys = {row.row_id: row.request_key for row in prepared if isinstance(row, Ready) and row.request_key}
    results = deduplication.share(job, request_keys) if request_keys else {}
    return [results.get(item.row_id, item) for item in prepared]


def prepare(job: Job, evaluators: Evaluators, rows: Sequence[tuple[ClaimedRow, inputs.Values]]) -> list[Ready | Result]:
    """Checks the inputs and the condition and renders. Raises SandboxBusy."""
    condition = job.compiled.condition
    blocked = [_blocked(job, claimed, values) for claimed, values in rows]
    if condition is None:
        return [result or _rendered(job, *row) for row, result in zip(rows, blocked, strict=True)]
    unblocked = [row for row, result in zip(rows, blocked, strict=True) if result is None]
    verdicts = evaluators.verdicts(condition, [values for _, values in unblocked])
    checked = [
        _rendered(job, claimed, values) if holds else _skipped(claimed, reason)
        for (claimed, values), (holds, reason) in zip(unblocked, verdicts, strict=True)
    ]
    return [*(result for result in blocked if result), *checked]


def _blocked(job: Job, claimed: ClaimedRow, values: inputs.Values) -> Result | None:
    """Returns the result of a row that waits for another column, or whose condition lacks one; otherwise None."""
    condition = job.compiled.condition
    try:
        inputs.check_arrived(values)
        inputs.check_results(values, condition.column_ids - condition.tolerated if condition else ())
    except RowError as error:
        return exchange.ended_by(claimed.row.pk, error, claimed.attempts)
    return None


def _skipped(claimed: ClaimedRow, reason: str) -> Result:
    return Result(claimed.row.pk, CellState.SKIPPED, error_code="skipped" if reason else "", error_message=reason)


def _rendered(job: Job, claimed: ClaimedRow, values: Mapping[int, object]) -> Ready | Result:
    compiled, row_id = job.compiled, claimed.row.pk
    try:
        inputs.check_required(values, compiled.required, job.names)
        inputs.check_results(values, compiled.request.column_ids)
        rendered = compiled.request.render(values)
    except RowError as error:
        return exchange.ended_by(row_id, error, claimed.attempts)
    request_key = deduplication.request_key(job, rendered.request) if compiled.config.shares_answers else ""
    request = with_idempotency_key(job, row_id, rendered.request)
    return Ready(row_id, claimed.attempts, request, request_key=request_key)


def with_idempotency_key(job: Job, row_id: int, request: Request) -> Request:
    """Returns the request with its idempotency key, the same for every try of this row in this run."""
    name = job.compiled.config.idempotency_header
    if not name:
        return request
    key = f"marl-{job.run.column_id}-{row_id}-{job.run.pk}"
    return Request(request.method, request.url, (*request.headers, (name, key)), request.body)

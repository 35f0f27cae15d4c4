"""Prepares claimed rows: each becomes a request that is ready to go, or ends without one. Nothing is sent here."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import accumulate
from operator import attrgetter

from django.utils import timezone

from enrichment.dataflow import inputs
from enrichment.engine.errors import RowError
from enrichment.engine.formula import Evaluators, SandboxBusy
from enrichment.engine.template.references import CALLBACK_URL
from enrichment.runs import callbacks
from enrichment.runs.claims import ClaimedRow, NewClaim
from enrichment.runs.results import Result
from enrichment.worker import batching, calling_back, continuing, deduplication, idempotency, paging
from enrichment.worker.job import Job
from enrichment.worker.ready import Ready, ended_by, went_wrong
from enrichment.worker.send_intents import SendIntents
from enrichment.worker.send_journal import Journal
from tables import open_rows
from tables.models import CellState

log = logging.getLogger(__name__)

BUSY = timedelta(seconds=1)  # until another try while every formula process is at work


@dataclass(slots=True)
class Requests:
    """The requests of one claim, in the order of their rows; the first `taken` have left it.

    `left` are the rows that wait for others, to be sent in one request with them.
    """

    all: Sequence[Ready]
    intents: SendIntents
    left: Sequence[Ready] = ()
    journal: Journal | None = None  # None: they may all be sent again
    taken: int = 0

    @property
    def waiting(self) -> int:
        return len(self.all) - self.taken

    @property
    def next(self) -> Ready:
        return self.all[self.taken]

    def take(self) -> Ready:
        """Returns the next request, which leaves them."""
        self.taken += 1
        return self.all[self.taken - 1]

    def take_all(self) -> Sequence[Ready]:
        """Returns the requests that are left, which leave them."""
        requests, self.taken = self.all[self.taken :], len(self.all)
        return requests


def requests(
    job: Job, evaluators: Evaluators, claimed: NewClaim, beginning: int, intents_at_once: int
) -> tuple[Requests, list[Result]]:
    """Prepares the rows of one claim, the first ones of which, `beginning`, have their send intents recorded.

    Returns what is to be sent, and the results of the rows that are not.
    """
    rows = claimed.rows
    prepared = _for_storing(job, evaluators, rows) if rows else []
    ready = sorted((item for item in prepared if isinstance(item, Ready)), key=attrgetter("row_id"))
    found, left = batching.gathered(job, ready, is_last=claimed.exhausted and not job.run.automatic)
    claim_id, recorded_to = (rows[0].claim_id, rows[:beginning][-1].row.pk) if rows else (0, 0)
    batching.record(job, found, claim_id)
    # A send intent is for all rows up to one: so each is for the highest row of its request and those before it.
    highest = accumulate((max(row.row_id for row in request.rows) for request in found), max)
    intents = SendIntents(claim_id, list(highest), intents_at_once, recorded_to)
    return Requests(found, intents, left), [item for item in prepared if isinstance(item, Result)]


def _for_storing(job: Job, evaluators: Evaluators, rows: Sequence[ClaimedRow]) -> list[Ready | Result]:
    """Adds what the results of the rows need to be stored, and sends each of identical requests once."""
    needed, claim_id = job.compiled.column_ids, rows[0].claim_id
    values = inputs.of_rows([claimed.row for claimed in rows], job.run.table_id, needed)
    fingerprints = {pk: inputs.fingerprint(of_row, needed) for pk, of_row in values.items()}
    going_on = continuing.going_on(job, evaluators, rows, fingerprints)
    rows = [claimed for claimed in rows if claimed.row.pk not in going_on]
    open_for = open_rows.seconds_left(job.run.table_id) if job.run.automatic else {}
    still_open = [_later(claimed, open_for[claimed.row.pk]) for claimed in rows if claimed.row.pk in open_for]
    complete = [(claimed, values[claimed.row.pk]) for claimed in rows if claimed.row.pk not in open_for]
    try:
        prepared = [*still_open, *_deduplicated(job, prepare(job, evaluators, complete))]
    except SandboxBusy:
        prepared = [_later(claimed, BUSY.total_seconds()) for claimed in rows]
    for item in prepared:
        item.fingerprint, item.asked = fingerprints[item.row_id], job.asked
    prepared = [*going_on.values(), *prepared]
    for item in prepared:
        item.claim_id = claim_id
    calling_back.keep_addresses(job, [item for item in prepared if isinstance(item, Ready)])
    return prepared


def _later(claimed: ClaimedRow, seconds: float) -> Result:
    due = timezone.now() + timedelta(seconds=seconds)
    return Result(claimed.row.pk, CellState.QUEUED, attempts=claimed.attempts, due_at=due)


def _deduplicated(job: Job, prepared: Sequence[Ready | Result]) -> list[Ready | Result]:
    """Replaces the rows whose request is sent for another row by their results."""
    if not job.compiled.config.shares_answers:
        return list(prepared)
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
        inputs.check_results(values, condition.required(values) if condition else ())
    except RowError as error:
        return ended_by(claimed.row.pk, error, claimed.attempts)
    return None


def _skipped(claimed: ClaimedRow, reason: str) -> Result:
    return Result(claimed.row.pk, CellState.SKIPPED, error_code="skipped" if reason else "", error_message=reason)


def _rendered(job: Job, claimed: ClaimedRow, values: Mapping[int, object]) -> Ready | Result:
    compiled, row_id = job.compiled, claimed.row.pk
    try:
        inputs.check_required(values, job.required, job.names)
        inputs.check_results(values, compiled.request.column_ids)
        if compiled.batching:
            return batching.part(job, claimed, values)
        secret = callbacks.new_secret() if compiled.config.callback else ""
        own = {CALLBACK_URL: callbacks.address_of(secret)} if secret else {}
        rendered = compiled.request.render({**values, **own, **paging.first_values(job)})
    except RowError as error:
        return ended_by(row_id, error, claimed.attempts)
    except Exception:
        return went_wrong(row_id, claimed.attempts, log)
    request_key = deduplication.request_key(job, rendered.request) if compiled.config.shares_answers else ""
    request = idempotency.with_key(job, row_id, paging.first_request(job, rendered.request))
    kept = paging.values_of(job, values)
    ready = Ready(row_id, claimed.attempts, request, request_key=request_key, notes=claimed.notes, values=kept)
    return replace(ready, callback=secret) if secret else ready

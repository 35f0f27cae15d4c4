"""Preview and test: what one row would send, and what comes back; nothing of it is stored in the cell."""

import asyncio
import itertools
import math
from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any

from django.utils import timezone
from redis import RedisError

from enrichment import graph
from enrichment.columns import http as http_columns
from enrichment.connections.redaction import HIDDEN, Redactor
from enrichment.dataflow import inputs
from enrichment.engine.errors import Edit, InvalidSettings, Problem, RowError, SignInError
from enrichment.engine.formula import Evaluators
from enrichment.engine.messages import Request
from enrichment.engine.shapes.callback import SAMPLE
from enrichment.engine.template import moved
from enrichment.engine.template.references import CALLBACK_URL, Names
from enrichment.http_client import event_loop
from enrichment.http_client.rate_limit import Wait
from enrichment.models import Attempt as StoredAttempt
from enrichment.models import CallbackAddress, Run
from enrichment.preview import called_back, following
from enrichment.runs import callbacks
from enrichment.runs.attempts import Attempt
from enrichment.runs.claims import ClaimedRow
from enrichment.runs.results import Result
from enrichment.worker import batching, exchange, idempotency, next_request, paging, prepare
from enrichment.worker.job import Job, of_settings
from enrichment.worker.ready import Ready, ended_by
from tables.models import CellState, Column, Row
from workspaces.refusals import Refused

# Errors that a value shows and the text has: an object where only text can stand is one in every row.
_OF_TEXT = ("object",)
LONGEST_ASKED = 30.0  # seconds that a test asks for a result that the API has not got yet
_LOOKED_AT = 2_000  # rows in which a preview looks for those of a batch
LONGEST_HOLD = 15.0  # seconds that a test waits because the API asks for it


def preview(column: Column, row_id: int, config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Returns the exact request of this row, redacted, and sends nothing. The column need not be saved.

    Raises Refused.
    """
    try:
        job, row = _job_and_row(column, row_id, config)
    except InvalidSettings as error:
        return previewed(reason="Fix the settings to see the request.", problems=error.problems)
    values = inputs.of_rows([row], row.table_id, job.compiled.column_ids)[row.pk]
    warnings = [*job.compiled.warnings, *_unreachable(job)]
    try:
        inputs.check_required(values, job.compiled.required, job.names)
        own = {CALLBACK_URL: callbacks.address_of(SAMPLE), **paging.first_values(job)}  # hidden, as that of a run is
        rendered = job.compiled.request.render({**batching.values_of(job, values), **own})
    except RowError as error:
        problems = [error.problem or Problem(error.message), *warnings]
        return previewed(reason=error.message, problems=problems, of_row=error.code not in _OF_TEXT)
    request = idempotency.with_key(job, row.pk, paging.first_request(job, rendered.request))
    holds, why_not = _verdict(job, values)
    reason = None if holds else why_not or "Run condition not met"
    batch = _batch_from(job, row) if holds and job.compiled.batching else None
    shown = _shown(job, batch.request if batch else request)
    whole = previewed(shown, reason=reason, problems=warnings, removed=rendered.removed)
    row_ids = [member.row_id for member in batch.rows] if batch else []
    return whole | {"then": following.steps(job.compiled.config), "row_ids": row_ids}


def _batch_from(job: Job, row: Row) -> Ready | None:
    """Returns the request that a run would send first if it began at this row: of it and the next rows that go out."""
    ready: list[Ready] = []
    rows = list(Row.objects.filter(table_id=row.table_id, pk__gte=row.pk).order_by("pk")[:_LOOKED_AT])
    with Evaluators() as evaluators:
        for some in itertools.batched(rows, job.rows_of_request):
            values = inputs.of_rows(some, row.table_id, job.compiled.column_ids)
            prepared = prepare.prepare(job, evaluators, [(ClaimedRow(one, 0), values[one.pk]) for one in some])
            ready += sorted((item for item in prepared if isinstance(item, Ready)), key=attrgetter("row_id"))
            if len(ready) >= job.rows_of_request:
                break
    requests, _ = batching.gathered(job, ready[: job.rows_of_request])
    return requests[0] if requests else None


def previewed(
    request: dict[str, Any] | None = None,
    *,
    reason: str | None,
    problems: Sequence[Problem] = (),
    removed: Sequence[str] = (),
    of_row: bool = False,
) -> dict[str, Any]:
    """Returns the preview of the API; a row without a reason against it would run.

    `of_row` says that the first problem is one of this row's values, not of the settings.
    """
    return {
        "request": request,
        "would_run": reason is None,
        "reason": reason,
        "problems": [problem.as_json() for problem in problems],
        "removed": list(removed),
        "then": [],
        "row_ids": [],
        "of_row": of_row,
    }


def _unreachable(job: Job) -> list[Problem]:
    why = callbacks.why_unreachable() if job.compiled.config.callback else ""
    return [Problem(why, "callback.for_ms", severity="warning")] if why else []


def send(
    column: Column, row_id: int, config: Mapping[str, Any] | None = None, *, waits_for_call: bool = True
) -> dict[str, Any]:
    """Sends this row's request once. The column need not be saved. Raises InvalidSettings or Refused.

    Without `waits_for_call`, a row that the API is to call back for is returned as waiting, with the id to `look` with.
    """
    job, row = _job_and_row(column, row_id, config)
    values = inputs.of_rows([row], row.table_id, job.compiled.column_ids)[row.pk]
    with Evaluators() as evaluators:
        [prepared] = prepare.prepare(job, evaluators, [(ClaimedRow(row, 0), values)])
    if isinstance(prepared, Result):
        return _tested(prepared, [prepared.error_detail])
    [request], _ = batching.gathered(job, [prepared])
    address = called_back.address_of(column, prepared)
    longest = LONGEST_ASKED if job.polling or waits_for_call or not address else 0.0
    [(_, result)] = batching.results(job, request, event_loop.run(_exchange(job, request, address, longest)))
    if result.due_at is not None and result.progress is None:
        result.state = CellState.FAILED
    text, names = (http_columns.shown(column) | dict(config or {}))["url"], graph.names_of(column.table_id)
    problems = [_moved(text, names, values, attempt) for attempt in result.new_attempts]
    tested = _tested(result, [problem.as_json() for problem in problems if problem])
    still_waits = address and not waits_for_call and result.state == CellState.WAITING
    return tested | ({"waits_for": address.pk} if address and still_waits else {})


def look(column: Column, row_id: int, waits_for: int, config: Mapping[str, Any]) -> dict[str, Any] | None:
    """Returns what the API has posted for a test that waits for it; None where there is nothing yet.

    Raises InvalidSettings or Refused.
    """
    job, _ = _job_and_row(column, row_id, config)
    result = called_back.read(job, waits_for, row_id)
    return _tested(result, []) if result else None


def _tested(result: Result, problems: Sequence[object]) -> dict[str, Any]:
    """Returns the test of the API; `problems` are those of the settings that only this row has shown."""
    return {
        "cell": result.as_cell(),
        "attempts": [as_json(attempt) for attempt in result.new_attempts],
        "problems": [problem for problem in problems if problem],
    }


def _moved(text: str, names: Names, values: inputs.Values, attempt: Attempt) -> Problem | None:
    """Returns the problem of an address that the API has moved, where it is sure what to write in its place."""
    moved_to = (attempt.error or {}).get("moved_to")
    if not attempt.request or not moved_to:
        return None
    text = text.strip()
    new = moved.address(text, names, values, str(attempt.request["url"]), str(moved_to))
    if new is None:
        return None
    edit = Edit(0, len(text), new, "Use the new address")
    return Problem(f"The new address is {new}", "url", offset=0, length=len(text), fix=edit.label, edit=edit)


def _verdict(job: Job, values: inputs.Values) -> tuple[bool, str]:
    if job.compiled.condition is None:
        return True, ""
    with Evaluators() as evaluators:
        return evaluators.verdicts(job.compiled.condition, [values])[0]


async def _exchange(job: Job, row: Ready, address: CallbackAddress | None, longest: float) -> Result:
    try:
        start = await job.limiter.reserve()
        if isinstance(start, Wait) and start.held > LONGEST_HOLD:
            words = f"The API asks to wait for another {math.ceil(start.held / 60)} min. Nothing was sent."
            return Result(row.row_id, CellState.FAILED, error_code="held", error_message=words)
        reservation = await (job.limiter.wait_for_start() if isinstance(start, Wait) else job.limiter.start(start))
        return await _to_its_end(job, row, await exchange.exchange(job, row, reservation), address, longest)
    except SignInError as error:
        return ended_by(row.row_id, error)
    except RedisError:
        words = "Redis isn't answering, so Marl can't keep the rate limit. Nothing was sent."
        return Result(row.row_id, CellState.FAILED, error_code="redis", error_message=words)


async def _to_its_end(job: Job, row: Ready, result: Result, address: CallbackAddress | None, longest: float) -> Result:
    """Asks or waits for a result that is still to come, as a run does, but not for long."""
    until, attempts = event_loop.now() + longest, list(result.new_attempts)
    while (progress := result.progress) and result.due_at and result.state == CellState.WAITING:
        pause, left = (result.due_at - timezone.now()).total_seconds(), until - event_loop.now()
        if called := await called_back.within(job, address, min(pause, left), progress):
            result = called
        elif pause > left:
            asks, asking = ("waits", "waiting") if address else ("asks", "asking")
            result.error_message += f". A test {asks} for {longest:.0f} s; a run goes on {asking}." if longest else ""
            break
        else:
            await asyncio.sleep(pause if address is None else 0)
            going_on = next_request.ready(job, row.row_id, row.attempts, progress, row.batch)
            if isinstance(going_on, Result):
                result = going_on
                break
            result = await exchange.exchange(job, going_on, await job.limiter.wait_for_start())
        attempts += result.new_attempts
    result.new_attempts = attempts
    return result


def _job_and_row(column: Column, row_id: int, config: Mapping[str, Any] | None) -> tuple[Job, Row]:
    row = Row.objects.filter(pk=row_id, table_id=column.table_id).first()
    if row is None:
        raise no_such_row()
    draft = http_columns.draft(column, config)
    run = Run(table_id=column.table_id, column_id=column.pk or 0)
    return of_settings(run, draft.compiled, draft.connection), row


def no_such_row() -> Refused:
    return Refused("This table has no such row.", code="not_found")


def _shown(job: Job, request: Request) -> dict[str, Any]:
    """Returns the request of the API, with the token that it would carry hidden."""
    redact = Redactor(job.token_cache.secrets if job.token_cache else {}, extra=[HIDDEN])  # as a query would write it
    return redact.request(job.token_cache.shown(HIDDEN).apply_to(request) if job.token_cache else request)


def as_json(attempt: StoredAttempt | Attempt) -> dict[str, Any]:
    """Returns the attempt of the API: `part` is what it was in its exchange, `hops` are redirects it followed.

    `row_ids` are the rows of a batch, in the order of the request.
    """
    shared = attempt.batch if isinstance(attempt, StoredAttempt) else attempt.shared
    sent = shared or attempt
    request = dict(sent.request or {})
    hops, part = request.pop("hops", []), request.pop("part", "")
    return {
        "number": attempt.number,
        "part": part,
        "started_at": attempt.started_at,
        "duration_ms": attempt.duration_ms,
        "request": request or None,
        "hops": hops,
        "response": sent.response,
        "error": attempt.error,
        "row_ids": list(shared.row_ids) if shared else [],
    }

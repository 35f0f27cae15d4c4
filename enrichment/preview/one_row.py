"""Preview and test: what one row would send, and what comes back; nothing of it is stored in the cell."""

from collections.abc import Mapping, Sequence
from typing import Any

from redis import RedisError

from enrichment import graph
from enrichment.columns import http as http_columns
from enrichment.connections.redaction import HIDDEN, Redactor
from enrichment.dataflow import inputs
from enrichment.engine.errors import Edit, InvalidSettings, Problem, RowError, SignInError
from enrichment.engine.formula import Evaluators
from enrichment.engine.messages import Request
from enrichment.engine.template import moved
from enrichment.engine.template.references import Names
from enrichment.http_client import event_loop
from enrichment.models import Attempt as StoredAttempt
from enrichment.models import Run
from enrichment.runs.attempts import Attempt
from enrichment.runs.claims import ClaimedRow
from enrichment.runs.results import Result
from enrichment.worker import exchange, prepare
from enrichment.worker.job import Job, of_settings
from tables.models import CellState, Column, Row
from workspaces.refusals import Refused


def preview(column: Column, row_id: int, config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Returns the exact request of this row, redacted, and sends nothing. The column need not be saved.

    Raises Refused.
    """
    try:
        job, row = _job_and_row(column, row_id, config)
    except InvalidSettings as error:
        return previewed(reason="Fix the settings to see the request.", problems=error.problems)
    values = inputs.of_rows([row], row.table_id, job.compiled.column_ids)[row.pk]
    warnings = job.compiled.request.warnings
    try:
        inputs.check_required(values, job.compiled.required, job.names)
        rendered = job.compiled.request.render(values)
    except RowError as error:
        return previewed(reason=error.message, problems=[error.problem or Problem(error.message), *warnings])
    request = prepare.with_idempotency_key(job, row.pk, rendered.request)
    holds, why_not = _verdict(job, values)
    reason = None if holds else why_not or "Run condition not met"
    return previewed(_shown(job, request), reason=reason, problems=warnings, removed=rendered.removed)


def previewed(
    request: dict[str, Any] | None = None,
    *,
    reason: str | None,
    problems: Sequence[Problem] = (),
    removed: Sequence[str] = (),
) -> dict[str, Any]:
    """Returns the preview of the API; a row without a reason against it would run."""
    return {
        "request": request,
        "would_run": reason is None,
        "reason": reason,
        "problems": [problem.as_json() for problem in problems],
        "removed": list(removed),
    }


def send(column: Column, row_id: int, config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Sends this row's request once. The column need not be saved. Raises InvalidSettings or Refused."""
    job, row = _job_and_row(column, row_id, config)
    values = inputs.of_rows([row], row.table_id, job.compiled.column_ids)[row.pk]
    with Evaluators() as evaluators:
        [prepared] = prepare.prepare(job, evaluators, [(ClaimedRow(row, 0), values)])
    if isinstance(prepared, Result):
        return _tested(prepared)
    result = event_loop.run(_exchange(job, prepared))
    if result.due_at is not None:
        result.state = CellState.FAILED
    text, names = (http_columns.shown(column) | dict(config or {}))["url"], graph.names_of(column.table_id)
    return _tested(result, [_moved(text, names, values, attempt) for attempt in result.new_attempts])


def _tested(result: Result, problems: Sequence[Problem | None] = ()) -> dict[str, Any]:
    """Returns the test of the API; `problems` are those of the settings that only the answer has shown."""
    return {
        "cell": result.as_cell(),
        "attempts": [as_json(attempt) for attempt in result.new_attempts],
        "problems": [problem.as_json() for problem in problems if problem],
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


async def _exchange(job: Job, row: prepare.Ready) -> Result:
    try:
        reservation = await job.limiter.wait_for_start()
        return await exchange.exchange(job, row.row_id, row.request, 0, reservation)
    except SignInError as error:
        return exchange.ended_by(row.row_id, error)
    except RedisError:
        words = "Redis isn't answering, so Marl can't keep the rate limit. Nothing was sent."
        return Result(row.row_id, CellState.FAILED, error_code="redis", error_message=words)


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
    """Returns the attempt of the API."""
    return {
        "number": attempt.number,
        "started_at": attempt.started_at,
        "duration_ms": attempt.duration_ms,
        "request": attempt.request,
        "response": attempt.response,
        "error": attempt.error,
    }

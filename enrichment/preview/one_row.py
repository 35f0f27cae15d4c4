"""Preview and test: what one row would send, and what comes back; nothing of it is stored in the cell."""

from collections.abc import Mapping, Sequence
from typing import Any

from redis import RedisError

from enrichment.columns import formula as formula_columns
from enrichment.columns import http as http_columns
from enrichment.connections.redaction import HIDDEN, Redactor
from enrichment.dataflow import inputs
from enrichment.engine.errors import InvalidSettings, Problem, RowError, SignInError
from enrichment.engine.formula import Evaluators
from enrichment.engine.messages import Request
from enrichment.graph import Cycle
from enrichment.http_client import event_loop
from enrichment.models import Attempt as StoredAttempt
from enrichment.models import Run
from enrichment.runs.claims import ClaimedRow
from enrichment.runs.results import Attempt, Result
from enrichment.worker import exchange, prepare
from enrichment.worker import job as jobs
from tables import row_order
from tables.models import CellState, Column, Row, Table


class RowNotFound(Exception):
    pass


def preview(target: Column | Table, row_id: int, config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The exact request of this row, redacted; sends nothing. Raises RowNotFound."""
    try:
        job, row = _job(target, row_id, config)
    except InvalidSettings as error:
        reason = "Fix the settings to see the request."
        return _previewed(None, False, reason, error.problems)
    values = inputs.of_rows([row], row.table_id, job.compiled.column_ids)[row.pk]
    warnings = list(job.compiled.request.warnings)
    try:
        inputs.check_required(values, job.compiled.required, job.names)
        rendered = job.compiled.request.render(values)
    except RowError as error:
        return _previewed(None, False, error.message, [error.problem or Problem(error.message), *warnings])
    request = prepare.with_idempotency_key(job, row.pk, rendered.request)
    holds, reason = _verdict(job, values)
    why = None if holds else reason or "Run condition not met"
    return _previewed(_shown(job, request), holds, why, warnings) | {"removed": rendered.removed}


def preview_formula(column: Column, row_id: int, config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """What this row would become, in the shape of a preview. Raises RowNotFound."""
    told = try_formula(column, column.type, config or {}, [row_id])
    if told["problems"]:
        return _previewed(None, False, "Fix the formula to see the result.", []) | {
            "problems": told["problems"], "cell": None,
        }  # fmt: skip
    if not told["rows"]:
        raise RowNotFound("This table has no such row.")
    return _previewed(None, True, None, []) | {"cell": told["rows"][0]["cell"]}


def try_formula(
    target: Column | Table, type: str, config: Mapping[str, Any], row_ids: Sequence[int] | None = None
) -> dict[str, Any]:
    """{"rows": [{"row_id", "position", "cell"}], "problems": [detail]} of these rows, or the first ten."""
    try:
        tried = formula_columns.draft(target, type, config, row_ids)
    except InvalidSettings as error:
        return {"rows": [], "problems": [problem.as_json() for problem in error.problems]}
    except Cycle as error:
        return {"rows": [], "problems": [Problem(str(error)).as_json()]}
    offsets = row_order.offsets(item.row for item in tried)
    shown = [{"row_id": item.row.pk, "position": offsets[item.row.pk], "cell": item.result.as_cell()} for item in tried]
    return {"rows": shown, "problems": []}


def test(target: Column | Table, row_id: int, config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Sends this row's request once. Raises InvalidSettings or RowNotFound."""
    job, row = _job(target, row_id, config)
    values = inputs.of_rows([row], row.table_id, job.compiled.column_ids)[row.pk]
    with Evaluators() as evaluators:
        [prepared] = prepare.prepare(job, evaluators, [(ClaimedRow(row, 0), values)])
    if isinstance(prepared, Result):
        return {"cell": prepared.as_cell(), "attempts": []}
    result = event_loop.run(_send_once(job, prepared))
    if result.due_at is not None:
        result.state = CellState.FAILED
    return {"cell": result.as_cell(), "attempts": [as_json(attempt) for attempt in result.tried]}


def _verdict(job: jobs.Job, values: inputs.Values) -> tuple[bool, str]:
    if job.compiled.condition is None:
        return True, ""
    with Evaluators() as evaluators:
        return evaluators.verdicts(job.compiled.condition, [values])[0]


async def _send_once(job: jobs.Job, row: prepare.Ready) -> Result:
    try:
        reservation = await job.limiter.wait_for_start()
        return await exchange.exchange(job, row.row_id, row.request, 0, reservation)
    except SignInError as error:
        return exchange.ended_by(row.row_id, error)
    except RedisError:
        return Result(
            row.row_id, CellState.FAILED, error_code="redis",
            error_message="Redis isn't answering, so Marl can't keep the rate limit. Nothing was sent.",
        )  # fmt: skip


def _job(target: Column | Table, row_id: int, config: Mapping[str, Any] | None) -> tuple[jobs.Job, Row]:
    column = target if isinstance(target, Column) else Column(table=target)
    row = Row.objects.filter(pk=row_id, table_id=column.table_id).first()
    if row is None:
        raise RowNotFound("This table has no such row.")
    compiled, connection = http_columns.draft(target, config)
    run = Run(table_id=column.table_id, column_id=column.pk or 0)
    return jobs.of_settings(run, compiled, connection), row


def _shown(job: jobs.Job, request: Request) -> dict[str, Any]:
    """The request of the API, with the token that it would carry hidden."""
    redact = Redactor(job.token_cache.secrets if job.token_cache else {}, extra=[HIDDEN])  # as a query would write it
    return redact.request(job.token_cache.shown(HIDDEN).apply_to(request) if job.token_cache else request)


def _previewed(
    request: dict[str, Any] | None, would_run: bool, reason: str | None, problems: list[Problem]
) -> dict[str, Any]:
    return {
        "request": request, "would_run": would_run, "reason": reason,
        "problems": [problem.as_json() for problem in problems], "removed": [],
    }  # fmt: skip


def as_json(attempt: StoredAttempt | Attempt) -> dict[str, Any]:
    """The attempt of the API."""
    return {
        "number": attempt.number, "started_at": attempt.started_at, "duration_ms": attempt.duration_ms,
        "request": attempt.request, "response": attempt.response, "error": attempt.error,
    }  # fmt: skip

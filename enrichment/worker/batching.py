"""Many rows in one request: gathered before it is sent, and told apart again when it has ended.

Between the two, a batch is sent as a row is: one request, one start time, one result. What goes on, as a question for
the result or another try, goes on with the same rows.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import batched
from uuid import uuid4

from enrichment.engine import response as responses
from enrichment.engine.errors import RenderError, RowError
from enrichment.engine.messages import Request
from enrichment.engine.shapes import batch as batch_shape
from enrichment.engine.shapes.batch import REFUSED, Part, Unmatched
from enrichment.engine.template.paths import MISSING
from enrichment.runs import batches
from enrichment.runs.attempts import Attempt, Shared
from enrichment.runs.batches import GATHERED, NOTE, Batch
from enrichment.runs.claims import ClaimedRow
from enrichment.runs.results import Result
from enrichment.schema import SAFE_METHODS
from enrichment.worker import deduplication, idempotency, paging
from enrichment.worker.job import Job
from enrichment.worker.ready import REQUESTS, Ready
from tables.models import CellState

_LARGE = 1024 * 1024  # characters
GATHER = 2.0  # seconds that rows of automatic updates wait for others


def values_of(job: Job, values: Mapping[int, object]) -> Mapping[int, object]:
    """Returns what the request of a row is rendered with: of a batch, what is sent of this row. Raises RenderError."""
    if job.compiled.batching is None:
        return values
    batch_shape.key_of(job.compiled.batching, values)
    return _with_elements(job, [job.compiled.request.element(values)])


def _with_elements(job: Job, elements: Sequence[str]) -> dict[int, object]:
    return {**job.compiled.request.batch_of(elements), **paging.first_values(job)}


def part(job: Job, claimed: ClaimedRow, values: Mapping[int, object]) -> Ready:
    """Returns a row that is to go out in a batch. Raises RenderError where it can't."""
    batching, template = job.compiled.batching, job.compiled.request
    assert batching
    key, element = batch_shape.key_of(batching, values), template.element(values)
    alone = _without_others(template.method)
    shares = job.compiled.config.shares_answers
    if shares or template.rows[0][0] == "url" or len(element) > _LARGE:  # where it may be refused without others
        alone = template.render(_with_elements(job, [element])).request
    request_key = deduplication.request_key(job, alone) if shares else ""
    row_id, attempts, notes = claimed.row.pk, claimed.attempts, claimed.notes
    return Ready(row_id, attempts, alone, request_key=request_key, notes=notes, key=key, element=element)


@cache
def _without_others(method: str) -> Request:
    """Returns what stands for the request of a row that is sent with others only."""
    return Request(method, "")


def gathered(job: Job, rows: Sequence[Ready], *, is_last: bool = True) -> tuple[list[Ready], list[Ready]]:
    """Returns the requests that these rows go out in, in the order of the rows, and the rows that wait for others.

    Rows that were in a batch before go on with it. A batch that is not full goes out only if it `is_last`, or if some
    of its rows have waited already.
    """
    batching = job.compiled.batching
    if batching is None:
        return list(rows), []
    requests = [row for row in rows if row.progress and not row.batch]  # from before there were batches
    known: dict[str, list[Ready]] = defaultdict(list)
    fresh: list[Ready] = []
    for row in rows:
        if row.batch:
            known[row.batch.key].append(row)
        elif key := row.notes.get(NOTE):
            known[str(key)].append(row)
        elif not row.progress:
            fresh.append(row)
    for key, members in known.items():
        requests += [_going_on(members)] if members[0].progress else _requests(job, members, key)
    left: list[Ready] = []
    for members in map(list, batched(fresh, batching.rows)):
        if len(members) == batching.rows or is_last or any(GATHERED in row.notes for row in members):
            requests += _requests(job, members, uuid4().hex)
        else:
            left = members
    return sorted(requests, key=lambda request: request.row_id), left


def _going_on(members: Sequence[Ready]) -> Ready:
    return replace(members[0], members=tuple(members))


def _requests(job: Job, members: Sequence[Ready], key: str) -> list[Ready]:
    """Returns the request for these rows; two or more where one would be too large."""
    template, lead = job.compiled.request, members[0]
    values = _with_elements(job, [row.element for row in members])
    try:
        request = template.render(values).request
    except RenderError:
        if len(members) == 1:
            raise
        return [part for half in _halves(members) for part in _requests(job, half, uuid4().hex)]
    request = idempotency.with_key(job, key, paging.first_request(job, request))
    kept = values if template.takes_cursor else {}
    batch = Batch(key, tuple((row.row_id, row.key) for row in members))
    return [replace(lead, request=request, request_key="", values=kept, batch=batch, members=tuple(members))]


def _halves[Item](items: Sequence[Item]) -> tuple[Sequence[Item], Sequence[Item]]:
    middle = (len(items) + 1) // 2
    return items[:middle], items[middle:]


def results(job: Job, request: Ready, result: Result) -> list[tuple[Ready, Result]]:
    """Returns what the end of a request is for each of its rows."""
    if request.batch is None:
        return [(request, result)]
    if result.state in (CellState.DONE, CellState.NO_DATA):
        ended = _matched(job, request, request.batch, result)
    elif _is_divisible(job, request, result):
        ended = _divided(request, result)
    else:
        ended = (_of_all(row, request.batch, result) for row in request.rows)
    shared = [
        Shared(uuid4().hex, request.batch.row_ids, attempt.request, attempt.response) for attempt in result.new_attempts
    ]
    attempts = [
        replace(attempt, request=None, response=None, shared=exchange)
        for attempt, exchange in zip(result.new_attempts, shared, strict=True)
    ]
    pairs = list(zip(request.rows, ended, strict=True))
    for _, of_row in pairs:
        of_row.new_attempts = _with_error(attempts, of_row) if of_row.state == CellState.FAILED else attempts
    return pairs


def _with_error(attempts: Sequence[Attempt], result: Result) -> list[Attempt]:
    """Returns the attempts of a row that failed, though its request may not have."""
    error = {"code": result.error_code, "message": result.error_message}
    return [replace(attempt, error=attempt.error or error) for attempt in attempts]


def _of_all(row: Ready, batch: Batch, result: Result) -> Result:
    """Returns the result of a row of a batch that ended, or goes on, as one."""
    kept = batch if result.exchange or not result.ended else None
    notes = result.notes if result.ended else {**result.notes, NOTE: batch.key, REQUESTS: _last_number(row, result)}
    return replace(result, row_id=row.row_id, batch=kept, notes=notes)


def _last_number(row: Ready, result: Result) -> int:
    return max((attempt.number for attempt in result.new_attempts), default=row.requests)


def _is_divisible(job: Job, request: Ready, result: Result) -> bool:
    """Whether one row may be at fault, and nothing was done: no earlier try of these rows can have arrived either."""
    config = job.compiled.config
    is_first = request.progress is None and result.progress is None and result.exchange is None
    nothing_done = request.attempts == 0 or config.method in SAFE_METHODS or config.retry.unsafe_methods
    refused = result.state == CellState.FAILED and result.http_status in REFUSED
    return len(request.rows) > 1 and is_first and nothing_done and refused


def _divided(request: Ready, result: Result) -> Iterator[Result]:
    for half in _halves(request.rows):
        batch = Batch(uuid4().hex, tuple((row.row_id, row.key) for row in half))
        for row in half:
            notes = {NOTE: batch.key, REQUESTS: _last_number(row, result)}
            yield Result(row.row_id, CellState.QUEUED, attempts=request.attempts, notes=notes, batch=batch)


def _matched(job: Job, request: Ready, batch: Batch, result: Result) -> Iterator[Result]:
    batching = job.compiled.batching
    assert batching
    try:
        parts = batch_shape.divided(batching, [key for _, key in batch.rows], result.value)
    except (Unmatched, RowError) as error:
        words = f"{result.http_status} · {error}, so Marl can't tell what is whose."
        failed = replace(result, state=CellState.FAILED, value=None, error_code="unmatched", error_message=words)
        yield from (replace(failed, row_id=row.row_id) for row in request.rows)
        return
    of_row = dict(zip(batch.row_ids, parts, strict=True))
    for row in request.rows:
        yield _of_part(job, row, of_row[row.row_id], result)


def _of_part(job: Job, row: Ready, part: Part, result: Result) -> Result:
    state, value, code, words = _end_of_part(job, part, result)
    return Result(
        row.row_id,
        state,
        value,
        code,
        words,
        result.error_detail,
        result.notes,
        http_status=result.http_status,
        attempts=result.attempts,
        exchange=result.exchange,
        ended_at=result.ended_at,
    )


def _end_of_part(job: Job, part: Part, result: Result) -> tuple[str, object, str, str]:
    """Returns state, value, error code and message."""
    if part.problem:
        return CellState.FAILED, None, "item_failed", part.problem
    if part.value is MISSING and result.error_code in (paging.INCOMPLETE, paging.MAYBE_INCOMPLETE):
        return CellState.FAILED, None, result.error_code, result.error_message
    if part.value is MISSING:
        return CellState.NO_DATA, None, "not_in_answer", "Not in the answer"
    outcome = responses.of_value(result.http_status, part.value, job.compiled.field_paths)
    if responses.may_concern(result.error_code, outcome.value):
        return outcome.state, outcome.value, result.error_code, result.error_message
    return outcome.state, outcome.value, outcome.error_code, outcome.error_message


def record(job: Job, requests: Sequence[Ready], claim_id: int) -> None:
    """Records which rows go together, before they are sent."""
    batches.record(job.run, [request.batch for request in requests if request.batch], claim_id)

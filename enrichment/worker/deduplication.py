"""Identical requests are sent once: for the rows of a run, and for later runs as long as the column's cache time says.

The first row with a request key owns the one entry that there can be for it: it alone is sent, and the others wait for
its result. An owner that is tried again later stays the owner. One that ends with nothing to share gives its entry up,
and one that was lost with its worker is succeeded by the next row that asks.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import batched
from typing import Any

from django.db.models import Q
from django.utils import timezone

from enrichment.engine.messages import Request
from enrichment.models import Claim, Run, SharedAnswer
from enrichment.runs.results import COUNTED, Result
from enrichment.schema import SHAPES, HttpConfig
from enrichment.worker.job import Job
from tables import row_order
from tables.models import OPEN_STATES, Cell, CellState, Row
from tables.storable import storable

ANY_RUN = 0
LOOK_AGAIN = timedelta(seconds=1)
_GOOD = (CellState.DONE, CellState.NO_DATA)
_SHARED_FIELDS = ("state", "value", "error_code", "error_message", "http_status")  # of a result, what others share
_AT_ONCE = 500  # in one query; SQLite bounds its parameters

type Entries = dict[str, SharedAnswer]  # by request key


def request_key(job: Job, request: Request) -> str:
    """Returns the same text for requests with the same result.

    The request must not hold an idempotency key or credentials yet.
    """
    config = job.compiled.config
    signed_by = (job.connection.pk, job.connection.revision) if job.connection else None
    reading = (config.follow_redirects, config.answer, config.success_if, config.field_paths)
    shapes = tuple(getattr(config, shape) for shape in SHAPES if getattr(config, shape))
    parts = (request.method, request.url, request.headers, request.body, signed_by, reading, *shapes)
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def share(job: Job, request_keys: Mapping[int, str]) -> dict[int, Result]:
    """Returns results for the rows that need not be sent: a shared one, or that the row waits for the owner's.

    `request_keys` are those of claimed rows, by row id. A row without a result here is an owner, and is to be sent.
    """
    rows: dict[str, list[int]] = defaultdict(list)
    for row_id, text in request_keys.items():
        rows[text].append(row_id)
    entries = cached(job, rows)
    entries |= _owned(job.run, {text: ids for text, ids in rows.items() if text not in entries})
    elsewhere = [entry for entry in entries.values() if entry.result is None and entry.row_id not in request_keys]
    due = _due(job.run, {entry.row_id for entry in elsewhere})
    for entry in elsewhere:
        if entry.row_id not in due:
            _succeed(entry, rows[entry.request_key][0])
    results = {row_id: _result_of(row_id, entries.get(text), due) for row_id, text in request_keys.items()}
    return {row_id: result for row_id, result in results.items() if result}


def owned(run: Run, row_ids: Collection[int]) -> dict[int, str]:
    """Returns the request keys that these rows own and that have no result yet, by row id."""
    entries = SharedAnswer.objects.filter(column_id=run.column_id, scope_run=run.pk, result__isnull=True)
    parts = batched(row_ids, _AT_ONCE)
    return {
        pk: key for part in parts for pk, key in entries.filter(row_id__in=part).values_list("row_id", "request_key")
    }


def cached(job: Job, request_keys: Iterable[str]) -> Entries:
    """Returns the answers that are not older than the cache time."""
    config = job.compiled.config
    if not config.caches:
        return {}
    fresh = timezone.now() - timedelta(seconds=config.cache_seconds)
    return _entries(job.run.column_id, ANY_RUN, request_keys, answered_at__gt=fresh)


def _owned(run: Run, rows: Mapping[str, list[int]]) -> Entries:
    """Gives every request key one owner, no matter how many workers ask at once."""
    new = [
        SharedAnswer(column_id=run.column_id, request_key=text, scope_run=run.pk, row_id=rows[text][0])
        for text in sorted(rows)  # in order, so that two workers do not wait for each other
    ]
    SharedAnswer.objects.bulk_create(new, ignore_conflicts=True)
    return _entries(run.column_id, run.pk, rows)


def _entries(column_id: int, scope_run: int, request_keys: Iterable[str], **more: object) -> Entries:
    entries = SharedAnswer.objects.filter(column_id=column_id, scope_run=scope_run, **more)
    parts = batched(request_keys, _AT_ONCE)
    return {entry.request_key: entry for part in parts for entry in entries.filter(request_key__in=part)}


def _due(run: Run, owners: Collection[int]) -> dict[int, datetime]:
    """Returns when to look again for the owners that are claimed or tried again later; the others are lost."""
    if not owners:
        return {}
    soon = _soon()
    claimed = Claim.objects.filter(run_id=run.pk).values_list("row_ids", flat=True)
    found = {pk: soon for ids in claimed for pk in ids if pk in owners}
    retried = Cell.objects.filter(column_id=run.column_id, run_id=run.pk, state__in=OPEN_STATES, row_id__in=owners)
    # One that ended in the future is due: the clock was set back.
    in_time = retried.exclude(finished_at__gt=timezone.now()).values_list("row_id", "due_at")
    found |= dict.fromkeys(retried.values_list("row_id", flat=True), soon)
    return found | {pk: max(soon, due_at or soon) for pk, due_at in in_time}


def _succeed(entry: SharedAnswer, row_id: int) -> None:
    """Makes the row the owner in place of one that was lost; the first one to notice succeeds."""
    lost = SharedAnswer.objects.filter(pk=entry.pk, row_id=entry.row_id, result__isnull=True)
    if lost.update(row_id=row_id):
        entry.row_id = row_id


def _result_of(row_id: int, entry: SharedAnswer | None, due: Mapping[int, datetime]) -> Result | None:
    if entry is None:  # its owner gave it up a moment ago
        return Result(row_id, CellState.QUEUED, due_at=_soon())
    same_as = {"same_as": entry.row_id}
    if entry.result is not None:
        return Result(row_id, **entry.result, error_detail=same_as)
    if entry.row_id == row_id:
        return None
    return Result(row_id, CellState.QUEUED, error_detail=same_as, due_at=due.get(entry.row_id) or _soon())


def _soon() -> datetime:
    return timezone.now() + LOOK_AGAIN


def share_results(run: Run, results: Iterable[Result]) -> None:
    """Stores what owners ended with for their waiters, in the transaction that stores their results."""
    ended = {result.request_key: result for result in results if result.request_key and result.state in COUNTED}
    if not ended:
        return
    config = HttpConfig(**run.column.http.config)
    shared = {text: ended[text] for text in sorted(ended) if _is_shared(ended[text])}
    good = {text: result for text, result in shared.items() if config.caches and result.state in _GOOD}
    _keep(run, run.pk, shared)
    _keep(run, ANY_RUN, good, timezone.now() + timedelta(seconds=config.cache_seconds))
    alone = ended.keys() - shared.keys()
    given_up = SharedAnswer.objects.filter(column_id=run.column_id, scope_run=run.pk, result__isnull=True)
    given_up.filter(request_key__in=alone, row_id__in=[ended[text].row_id for text in alone]).delete()


def _is_shared(result: Result) -> bool:
    """A request that failed after its retries would fail for the others too; one that was not sent says nothing.

    One that may have arrived is not sent once more in the name of another row.
    """
    was_sent = bool(result.new_attempts)
    return result.state in _GOOD or (was_sent and result.state in (CellState.FAILED, CellState.UNKNOWN))


def _shared_fields(result: Result) -> dict[str, Any]:
    """Returns what the result is for the others.

    Where it is still to be asked for, only its owner can ask: the others were sent, and must not be sent once more.
    """
    shared = {name: getattr(result, name) for name in _SHARED_FIELDS}
    if result.state == CellState.FAILED and result.exchange:
        words = f"{result.error_message} · It was sent for another row, which can ask again."
        shared |= {"state": CellState.UNKNOWN, "error_message": words}
    return shared


def _keep(run: Run, scope_run: int, results: Mapping[str, Result], expires_at: datetime | None = None) -> None:
    entries = [
        SharedAnswer(
            column_id=run.column_id,
            request_key=text,
            scope_run=scope_run,
            row_id=result.row_id,
            result=storable(_shared_fields(result)),
            answered_at=timezone.now(),
            expires_at=expires_at,
        )
        for text, result in results.items()
    ]
    SharedAnswer.objects.bulk_create(
        entries,
        update_conflicts=True,
        unique_fields=["column", "request_key", "scope_run"],
        update_fields=["row_id", "result", "answered_at", "expires_at"],
    )


def owners(run: Run, row_ids: Collection[int]) -> set[int]:
    """Returns those of these claimed rows that may have been sent: the others only waited for an owner."""
    return set(owned(run, row_ids))


def same_as(row_id: int, column_id: int) -> dict[str, int] | None:
    """Returns the row whose request gave this cell its result, or None when it was the cell's own."""
    detail = Cell.objects.filter(row_id=row_id, column_id=column_id).values_list("error_detail", flat=True).first()
    owner = detail.get("same_as") if isinstance(detail, dict) else None
    row = Row.objects.filter(pk=owner).first() if owner else None
    return {"row_id": row.pk, "position": row_order.offsets([row])[row.pk]} if row else None


def prune() -> None:
    """Deletes the answers of runs that are over and expired ones; a few at once, so that nobody waits."""
    going_on = Run.objects.exclude(state__in=(Run.State.STOPPED, Run.State.DONE)).values("pk")
    over = Q(scope_run__gt=ANY_RUN) & ~Q(scope_run__in=going_on)
    gone = SharedAnswer.objects.filter(over | Q(expires_at__lt=timezone.now())).values_list("pk", flat=True)
    for part in batched(gone.iterator(), _AT_ONCE):
        SharedAnswer.objects.filter(pk__in=part).delete()


class Waiters:
    """Rows that wait in memory for an owner in the same step. Lives on the event loop."""

    def __init__(self) -> None:
        self._of: dict[int, list[Result]] = {}

    def wait_for(self, owners: Iterable[int]) -> None:
        self._of |= {row_id: [] for row_id in owners}

    def park(self, result: Result) -> bool:
        """Returns whether the result waits here for its owner; otherwise it is to be stored as it is."""
        detail = result.error_detail
        owner = detail.get("same_as") if isinstance(detail, dict) else None
        if result.state != CellState.QUEUED or owner not in self._of:
            return False
        self._of[owner].append(result)
        return True

    def of(self, result: Result) -> list[Result]:
        """Returns what becomes of the rows that waited for this result, to be stored in the same transaction."""
        return [_resolve(waiting, result) for waiting in self._of.pop(result.row_id, ())]


def _resolve(waiting: Result, owner: Result) -> Result:
    if _is_shared(owner):
        return replace(waiting, due_at=None, **_shared_fields(owner))
    if owner.due_at and waiting.due_at:
        return replace(waiting, due_at=max(waiting.due_at, owner.due_at), ended_at=owner.ended_at)
    return replace(waiting, due_at=None)

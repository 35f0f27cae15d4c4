"""Which rows a run takes next: a claim names rows that a worker has taken, the cursor says how far the run has come.

Nothing is written for a row that is claimed: what is running is what stands in a claim, and a cell keeps its old result
until there is a new one. No transaction is open while anything is sent.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from enrichment.models import Claim, HttpColumn, Run
from enrichment.runs.scope import Scope
from enrichment.schema import HttpConfig
from tables.cells import Pair
from tables.models import OPEN_STATES, Cell, CellState, Row

RETRY_LATER = (CellState.QUEUED, CellState.LIMITED)  # claimed again when they are due
PARKED = (*RETRY_LATER, CellState.WAITING)  # the open states of a cell that is in no claim


@dataclass(frozen=True, slots=True)
class ClaimedRow:
    """A row of a claim, and how many attempts it had before."""

    row: Row
    attempts: int
    claim_id: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows of a new claim, and whether nothing more is due now."""

    rows: Sequence[ClaimedRow]
    exhausted: bool


def claim(run_id: int, limit: int, worker_id: int, *, beginning: int = 1, token: str = "") -> Batch:
    """Claims up to `limit` rows that are due; the first `beginning` of them may be sent at once."""
    with transaction.atomic():
        run = Run.objects.select_for_update().filter(pk=run_id).first()
        if run is None or run.state not in Run.ACTIVE:
            return Batch([], True)
        # Two runs of one column claim one after the other, so that neither takes a row of the other.
        HttpColumn.objects.select_for_update(no_key=True).filter(pk=run.column_id).first()
        attempts = _claim_released(run, limit)
        attempts |= _claim_due(run, limit - len(attempts))
        next_rows, exhausted = _next_rows(run, limit - len(attempts))
        rows = {row.pk: row for row in Row.objects.filter(pk__in=attempts)} if attempts else {}
        rows |= {row.pk: row for row in next_rows}
        if not rows:
            return Batch([], exhausted)
        ids = sorted(rows)
        claim = Claim.objects.create(
            run=run,
            column_id=run.column_id,
            worker_id=worker_id,
            row_ids=ids,
            intended=ids[:beginning][-1],
            token=token,
        )
        return Batch([ClaimedRow(rows[pk], attempts.get(pk, 0), claim.pk) for pk in ids], exhausted)


def _claim_released(run: Run, limit: int) -> dict[int, int]:
    """Takes rows that a worker claimed and did not come to. Returns {row id: attempts}."""
    claim = Claim.objects.filter(run=run, worker_id=None).order_by("pk").first()
    if claim is None:
        return {}
    row_ids, rest = claim.row_ids[:limit], claim.row_ids[limit:]
    claim.delete()
    if rest:
        Claim.objects.create(run=run, column_id=run.column_id, row_ids=rest)
    tried_before = Cell.objects.filter(column_id=run.column_id, row_id__in=row_ids, state=CellState.RUNNING)
    return dict.fromkeys(row_ids, 0) | dict(tried_before.values_list("row_id", "attempts"))


def _claim_due(run: Run, limit: int) -> dict[int, int]:
    """Takes rows that are tried later (a retry, the rate limit) and whose time has come. Returns {row id: attempts}.

    A row that was stored in the future is due too: then the clock was set back.
    """
    if limit <= 0:
        return {}
    now = timezone.now()
    is_due = Q(due_at=None) | Q(due_at__lte=now) | Q(finished_at__gt=now)
    cells = Cell.objects.filter(is_due, column_id=run.column_id, run_id=run.pk, state__in=RETRY_LATER)
    attempts = dict(cells.order_by("row_id").values_list("row_id", "attempts")[:limit])
    if attempts:
        due = Cell.objects.filter(column_id=run.column_id, row_id__in=attempts)
        due.update(state=CellState.RUNNING, due_at=None)
    return attempts


def row_ids_ahead(run: Run) -> QuerySet[Any, int]:
    """Ids of the rows that the run has still to come to for the first time, in order."""
    return Scope.of(run).row_ids(run)


def _next_rows(run: Run, limit: int) -> tuple[list[Row], bool]:
    """Returns the next rows that no other run holds, and whether they were the last; moves the cursor."""
    if limit <= 0:
        return [], False
    rows = Scope.of(run).rows(run, limit)
    exhausted = len(rows) < limit
    cursor = run.last_row if exhausted else rows[-1].pk
    held = _held_by_others(run, rows) if rows else set()
    if cursor > run.cursor or held:
        Run.objects.filter(pk=run.pk).update(cursor=max(run.cursor, cursor), total=F("total") - len(held))
    return [row for row in rows if row.pk not in held], exhausted


def _held_by_others(run: Run, rows: Sequence[Row]) -> set[int]:
    claims = Claim.objects.filter(column_id=run.column_id).values_list("row_ids", flat=True)
    claimed = {pk for row_ids in claims for pk in row_ids}
    cells = Cell.objects.filter(column_id=run.column_id, row_id__gte=rows[0].pk, row_id__lte=rows[-1].pk)
    tried_later = cells.filter(state__in=OPEN_STATES).exclude(run_id=run.pk)
    return (claimed | set(tried_later.values_list("row_id", flat=True))) & {row.pk for row in rows}


def record_intent(claim_id: int, row_id: int) -> bool:
    """Notes that rows up to this one may be sent from now on. Returns False when the claim is another's by now."""
    return bool(Claim.objects.filter(pk=claim_id).update(intended=row_id))


def release(run_id: int, row_ids: Sequence[int], claim_ids: Collection[int]) -> None:
    """Leaves rows of these claims that were not sent to whoever advances the run next; to nobody when it is over."""
    with transaction.atomic():
        run = Run.objects.select_for_update().filter(pk=run_id).first()
        claims = lock(claim_ids)
        still_claimed = {pk for claim in claims.values() for pk in claim.row_ids}
        released = sorted(still_claimed.intersection(row_ids))
        end(claims.values(), set(released))
        if released and run and run.state in Run.OPEN:
            Claim.objects.create(run=run, column_id=run.column_id, row_ids=released)


def lock(claim_ids: Collection[int]) -> dict[int, Claim]:
    """Returns the claims that are still there, locked until the transaction that stores ends."""
    return {claim.pk: claim for claim in Claim.objects.select_for_update().filter(pk__in=claim_ids).order_by("pk")}


def end(claims: Collection[Claim], row_ids: Collection[int]) -> None:
    """Takes rows that have ended or are tried later out of their claims; a claim goes with its last row."""
    for claim in claims:
        claim.row_ids = [pk for pk in claim.row_ids if pk not in row_ids]
    ended = [claim.pk for claim in claims if not claim.row_ids]
    if ended:
        Claim.objects.filter(pk__in=ended)._raw_delete(using=connection.alias)
    for claim in claims:
        if claim.row_ids:
            Claim.objects.filter(pk=claim.pk).update(row_ids=claim.row_ids)


def release_all(token: str) -> None:
    """Releases what was claimed with this token, when the database did not say whether it was; none of it was sent."""
    for claim in Claim.objects.filter(token=token):
        release(claim.run_id, claim.row_ids, [claim.pk])


def drop_released(run_id: int) -> None:
    """For a run that was stopped."""
    Claim.objects.filter(run_id=run_id, worker_id=None).delete()


def open_count(run: Run) -> int:
    """Counts the rows that are claimed or tried later."""
    # By column and state: SQLite has an index for these, and would read every cell there is for the run alone.
    cells = Cell.objects.filter(column_id=run.column_id, run_id=run.pk, state__in=PARKED)
    return cells.count() + sum(len(ids) for ids in Claim.objects.filter(run=run).values_list("row_ids", flat=True))


def next_due(run: Run) -> float | None:
    """Returns the seconds until the earliest row that is tried later is due, or None without one."""
    tried_later = Cell.objects.filter(column_id=run.column_id, run_id=run.pk, state__in=RETRY_LATER)
    if tried_later.filter(due_at=None).exists():
        return 0.0
    earliest = tried_later.order_by("due_at").values_list("due_at", flat=True).first()
    return max(0.0, (earliest - timezone.now()).total_seconds()) if earliest else None


def pending_pairs(table_id: int, row_ids: Sequence[int], column_ids: Sequence[int]) -> set[Pair]:
    """Returns the cells of these rows that an open run has still to come to."""
    runs = Run.objects.filter(table_id=table_id, column_id__in=column_ids, state__in=Run.OPEN)
    return {(row_id, run.column_id) for run in runs for row_id in Scope.of(run).covers(run, row_ids)}


def released_pairs(table_id: int, row_ids: Sequence[int], column_ids: Sequence[int]) -> set[Pair]:
    """Returns those that were claimed and released."""
    return _claimed_pairs(Claim.objects.filter(worker_id=None), row_ids, column_ids)


def running_pairs(table_id: int, row_ids: Sequence[int], column_ids: Sequence[int]) -> dict[Pair, int]:
    """Returns {cell that a worker is at: the most attempts it may take}."""
    pairs = _claimed_pairs(Claim.objects.exclude(worker_id=None), row_ids, column_ids)
    configs = HttpColumn.objects.filter(pk__in={column_id for _, column_id in pairs}).values_list("pk", "config")
    most = {pk: HttpConfig(**config).retry.max_attempts for pk, config in configs} if pairs else {}
    return {pair: most[pair[1]] for pair in pairs if pair[1] in most}


def _claimed_pairs(claims: QuerySet[Claim], row_ids: Sequence[int], column_ids: Sequence[int]) -> set[Pair]:
    claimed = claims.filter(column_id__in=column_ids).values_list("column_id", "row_ids")
    return {(row_id, column_id) for column_id, ids in claimed for row_id in set(row_ids).intersection(ids)}

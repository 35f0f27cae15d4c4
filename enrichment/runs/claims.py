"""Which rows a run takes next. A claim names the rows that a worker has taken; the cursor says which rows are behind.

Nothing is written for a row that is taken: what is running is what stands in a claim, and a cell keeps its old result
until there is a new one. No transaction is open while anything is sent.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from enrichment.models import Claim, HttpColumn, Run
from tables.models import OPEN_STATES, Cell, CellState, Row

HAS_RESULT = (CellState.DONE, CellState.NO_DATA, CellState.FAILED, CellState.UNKNOWN)
RETRY_LATER = (CellState.QUEUED, CellState.LIMITED)  # claimed again when they are due
ACTIVE = (Run.State.PLANNING, Run.State.RUNNING)


@dataclass(frozen=True, slots=True)
class ClaimedRow:
    """A row of a claim; `attempts` were made before."""

    row: Row
    attempts: int
    claim_id: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """What a claim took, and whether nothing more is due now."""

    rows: Sequence[ClaimedRow]
    exhausted: bool


def claim(run_id: int, limit: int, worker_id: int, *, beginning: int = 1, token: str = "") -> Batch:
    """Up to `limit` rows that are due; the first `beginning` of them may be sent at once."""
    with transaction.atomic():
        run = Run.objects.select_for_update().filter(pk=run_id).first()
        if run is None or run.state not in ACTIVE:
            return Batch([], True)
        # Two runs of one column take turns, so that neither takes a row of the other.
        HttpColumn.objects.select_for_update(no_key=True).filter(pk=run.column_id).first()
        again = _take_handed_back(run, limit)
        again |= _take_due(run, limit - len(again))
        fresh, exhausted = _next_rows(run, limit - len(again))
        rows = {row.pk: row for row in Row.objects.filter(pk__in=again)} if again else {}
        rows |= {row.pk: row for row in fresh}
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
        return Batch([ClaimedRow(rows[pk], again.get(pk, 0), claim.pk) for pk in ids], exhausted)


def _take_handed_back(run: Run, limit: int) -> dict[int, int]:
    """Rows that a worker took and did not come to: {row id: attempts}."""
    claim = Claim.objects.filter(run=run, worker_id=None).order_by("pk").first()
    if claim is None:
        return {}
    taken, left = claim.row_ids[:limit], claim.row_ids[limit:]
    claim.delete()
    if left:
        Claim.objects.create(run=run, column_id=run.column_id, row_ids=left)
    tried = Cell.objects.filter(column_id=run.column_id, row_id__in=taken, state=CellState.RUNNING)
    return dict.fromkeys(taken, 0) | dict(tried.values_list("row_id", "attempts"))


def _take_due(run: Run, limit: int) -> dict[int, int]:
    """Rows that were put back (for a retry, for the rate limit) and whose time has come: {row id: attempts}.

    A row that was put back in the future is due too: then the clock was set back.
    """
    if limit <= 0:
        return {}
    now = timezone.now()
    due = Q(due_at=None) | Q(due_at__lte=now) | Q(finished_at__gt=now)
    waiting = Cell.objects.filter(due, column_id=run.column_id, run_id=run.pk, state__in=RETRY_LATER)
    found = dict(waiting.order_by("row_id").values_list("row_id", "attempts")[:limit])
    if found:
        Cell.objects.filter(column_id=run.column_id, row_id__in=found).update(state=CellState.RUNNING, due_at=None)
    return found


def row_ids_of(run: Run) -> QuerySet[Any, int]:
    """Ids of the scope's rows behind the cursor, in order, each found by an index."""
    if run.scope in ("failed", "stale"):
        mine = Cell.objects.filter(column_id=run.column_id, row_id__gt=run.cursor, row_id__lte=run.last_row)
        chosen = mine.filter(state=CellState.FAILED) if run.scope == "failed" else mine.filter(stale=True)
        return chosen.order_by("row_id").values_list("row_id", flat=True)
    return _rows_of(run).values_list("pk", flat=True)


def _rows_of(run: Run) -> QuerySet[Row]:
    rows = Row.objects.filter(table_id=run.table_id, pk__gt=run.cursor, pk__lte=run.last_row).order_by("pk")
    if isinstance(run.scope, dict) and "first" in run.scope:
        return rows.filter(position__lt=run.scope["first"])
    if isinstance(run.scope, dict) and "ids" in run.scope:
        return rows.filter(pk__in=run.scope["ids"])
    if isinstance(run.scope, dict) and "all_but" in run.scope:
        return rows.exclude(pk__in=run.scope["all_but"])
    if run.scope == "missing":
        have = Cell.objects.filter(column_id=run.column_id, row_id=OuterRef("pk"), state__in=HAS_RESULT)
        return rows.filter(~Exists(have))
    return rows


def _next_rows(run: Run, limit: int) -> tuple[list[Row], bool]:
    """The next ones of the scope that no other run holds, and whether they were the last; moves the cursor."""
    if limit <= 0:
        return [], False
    if run.scope in ("failed", "stale"):
        found = list(Row.objects.filter(pk__in=list(row_ids_of(run)[:limit])).order_by("pk"))
    else:
        found = list(_rows_of(run)[:limit])
    exhausted = len(found) < limit
    cursor = run.last_row if exhausted else found[-1].pk
    held = _held_by_others(run, found) if found else set()
    if cursor > run.cursor or held:
        Run.objects.filter(pk=run.pk).update(cursor=max(run.cursor, cursor), total=F("total") - len(held))
    return [row for row in found if row.pk not in held], exhausted


def _held_by_others(run: Run, rows: Sequence[Row]) -> set[int]:
    held = {pk for ids in Claim.objects.filter(column_id=run.column_id).values_list("row_ids", flat=True) for pk in ids}
    put_back = Cell.objects.filter(column_id=run.column_id, state__in=OPEN_STATES).exclude(run_id=run.pk)
    within = put_back.filter(row_id__gte=rows[0].pk, row_id__lte=rows[-1].pk)
    return (held | set(within.values_list("row_id", flat=True))) & {row.pk for row in rows}


def record_intent(claim_id: int, row_id: int) -> bool:
    """Rows up to this one may have been sent from now on; False when the claim is another's by now."""
    return bool(Claim.objects.filter(pk=claim_id).update(intended=row_id))


def release(run_id: int, row_ids: Sequence[int], claim_ids: Collection[int]) -> None:
    """Rows of these claims that were not begun, for whoever advances the run next; nobody does when it is over."""
    with transaction.atomic():
        run = Run.objects.select_for_update().filter(pk=run_id).first()
        held = lock(claim_ids)
        mine = sorted(set(row_ids).intersection(*[{pk for claim in held.values() for pk in claim.row_ids}]))
        end(held.values(), set(mine))
        if mine and run and run.state not in (Run.State.STOPPED, Run.State.DONE):
            Claim.objects.create(run=run, column_id=run.column_id, row_ids=mine)


def lock(claim_ids: Collection[int]) -> dict[int, Claim]:
    """In the transaction that stores: the claims that are still there, locked."""
    return {claim.pk: claim for claim in Claim.objects.select_for_update().filter(pk__in=claim_ids).order_by("pk")}


def end(claims: Collection[Claim], row_ids: Collection[int]) -> None:
    """These rows have ended or were put back; a claim goes with its last row."""
    for claim in claims:
        claim.row_ids = [pk for pk in claim.row_ids if pk not in row_ids]
    ended = [claim for claim in claims if not claim.row_ids]
    if ended:
        Claim.objects.filter(pk__in=[claim.pk for claim in ended])._raw_delete(using=connection.alias)
    for claim in claims:
        if claim.row_ids:
            Claim.objects.filter(pk=claim.pk).update(row_ids=claim.row_ids)


def release_all(token: str) -> None:
    """What was taken with this token, when the database did not say whether it was; nothing of it was sent."""
    for claim in Claim.objects.filter(token=token):
        release(claim.run_id, claim.row_ids, [claim.pk])


def drop_released(run_id: int) -> None:
    """Of a run that was stopped."""
    Claim.objects.filter(run_id=run_id, worker_id=None).delete()


def open_count(run_id: int) -> int:
    """Rows that were taken or put back and have not ended."""
    put_back = Cell.objects.filter(run_id=run_id, state__in=OPEN_STATES).exclude(state=CellState.RUNNING).count()
    return put_back + sum(len(ids) for ids in Claim.objects.filter(run_id=run_id).values_list("row_ids", flat=True))


def next_due(run: Run) -> float | None:
    """Seconds until the earliest row that was put back is due, None without one."""
    put_back = Cell.objects.filter(column_id=run.column_id, run_id=run.pk, state__in=RETRY_LATER)
    found = put_back.order_by("due_at").values_list("due_at", flat=True)[:1]
    moments = [moment for moment in found if moment]
    if not found:
        return None
    return max(0.0, (moments[0] - timezone.now()).total_seconds()) if moments else 0.0


def running_pairs(table_id: int, rows: Sequence[tuple[int, int]], column_ids: Sequence[int]) -> set[tuple[int, int]]:
    """The cells of this window that a worker is at: {(row id, column id)}."""
    return _claimed_pairs(Claim.objects.exclude(worker_id=None), rows, column_ids)


def released_pairs(table_id: int, rows: Sequence[tuple[int, int]], column_ids: Sequence[int]) -> set[tuple[int, int]]:
    """Those that were taken and handed back."""
    return _claimed_pairs(Claim.objects.filter(worker_id=None), rows, column_ids)


def _claimed_pairs(
    claimed: QuerySet[Claim], rows: Sequence[tuple[int, int]], column_ids: Sequence[int]
) -> set[tuple[int, int]]:
    shown = {row_id for row_id, _ in rows}
    found = claimed.filter(column_id__in=column_ids).values_list("column_id", "row_ids")
    return {(row_id, column_id) for column_id, ids in found for row_id in shown.intersection(ids)}

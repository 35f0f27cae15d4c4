"""Which rows a run takes next: a claim names rows that a worker has taken, the cursor says how far the run has come.

Nothing is written for a row that is claimed: what is running is what stands in a claim, and a cell keeps its old result
until there is a new one. No transaction is open while anything is sent.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from types import MappingProxyType
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from enrichment.models import Claim, HttpColumn, Run
from enrichment.runs import batches
from enrichment.runs.scope import Scope
from enrichment.schema import HttpConfig
from tables import stored_rows
from tables.cells import Pair
from tables.models import OPEN_STATES, Cell, CellState, Row
from tables.stored_rows import AnyRow, StoredRow

RETRY_LATER = (CellState.QUEUED, CellState.LIMITED)  # claimed again when they are due
PARKED = (*RETRY_LATER, CellState.WAITING)  # the open states of a cell that is in no claim
LET_GO = 0.3  # seconds in which a stopped run lets go of most rows: its worker sees within 0.2 that it was stopped
IN_DOUBT = "restored"  # the token of a claim whose rows may all have been sent after a backup was made


type Notes = Mapping[str, Any]  # what the last try of a row left for the next one


class ClaimedRow(NamedTuple):
    """A row of a claim, how many attempts it had before, and what the last one noted."""

    row: AnyRow
    attempts: int
    claim_id: int = 0
    notes: Notes = MappingProxyType({})


class _Tries(NamedTuple):
    attempts: int = 0
    notes: object = None


_NONE = _Tries()


@dataclass(frozen=True, slots=True)
class NewClaim:
    """The rows of a new claim, and whether nothing more is due now.

    It is `early` where the next rows are those of a run that was just stopped, which lets go of what it has not sent.
    """

    rows: Sequence[ClaimedRow]
    exhausted: bool
    early: bool = False


def claim(
    run_id: int, limit: int, worker_id: int, *, beginning: int = 1, token: str = "", journal: str = ""
) -> NewClaim:
    """Claims up to `limit` rows that are due; the first `beginning` of them may be sent at once.

    Where there is a `journal`, it says which of them were.
    """
    with transaction.atomic():
        run = Run.objects.select_for_update().filter(pk=run_id).first()
        if run is None or run.state not in Run.ACTIVE:
            return NewClaim([], True)
        # Two runs of one column claim one after the other, so that neither takes a row of the other.
        HttpColumn.objects.select_for_update(no_key=True).filter(pk=run.column_id).first()
        tries = _claim_released(run, limit)
        has_parked = _parked(run).exists()  # most runs have none, which takes one query instead of seven
        if has_parked:
            tries |= _claim_due(run, limit - len(tries), RETRY_LATER)
            # A third of what is left for rows that wait for the API: whoever only asks never begins, whoever only
            # begins keeps others waiting for what is there. With more, the last rows begin so late that nothing is
            # left to be sent while they wait.
            tries |= _claim_due(run, (limit - len(tries) + 2) // 3, [CellState.WAITING])
        next_rows, exhausted, early = _next_rows(run, limit - len(tries))
        if has_parked and exhausted and (left := limit - len(tries) - len(next_rows)) > 0:
            tries |= _claim_due(run, left, [CellState.WAITING])
        tries |= _claim_companions(run, tries)
        rows = {row.pk: row for row in stored_rows.read(Row.objects.filter(pk__in=tries))} if tries else {}
        rows |= {row.pk: row for row in next_rows}
        if not rows:
            return NewClaim([], exhausted, early)
        ids = sorted(rows)
        claim = Claim.objects.create(
            run=run,
            column_id=run.column_id,
            worker_id=worker_id,
            row_ids=ids,
            intended=ids[:beginning][-1],
            token=token,
            journal=journal,
        )
        return NewClaim([_claimed(rows[pk], tries.get(pk, _NONE), claim.pk) for pk in ids], exhausted)


def _claimed(row: StoredRow, tries: _Tries, claim_id: int) -> ClaimedRow:
    return ClaimedRow(row, tries.attempts, claim_id, tries.notes if isinstance(tries.notes, dict) else {})


def _parked(run: Run) -> QuerySet[Cell]:
    """The cells of the run's rows that go on later."""
    # By column and state: SQLite has an index for these, and would read every cell there is for the run alone.
    return Cell.objects.filter(column_id=run.column_id, run_id=run.pk, state__in=PARKED)


def _claim_released(run: Run, limit: int) -> dict[int, _Tries]:
    """Takes rows that a worker claimed and did not come to. Returns them by row id."""
    claim = Claim.objects.filter(run=run, worker_id=None).order_by("pk").first()
    if claim is None:
        return {}
    row_ids, rest = claim.row_ids[:limit], claim.row_ids[limit:]
    claim.delete()
    if rest:
        Claim.objects.create(run=run, column_id=run.column_id, row_ids=rest, token=claim.token)
    tried_before = Cell.objects.filter(column_id=run.column_id, row_id__in=row_ids, state=CellState.RUNNING)
    untried = _Tries(notes={batches.GATHERED: True} if claim.token == batches.GATHERED else None)
    return dict.fromkeys(row_ids, untried) | _tries(tried_before)


def _tries(cells: QuerySet[Cell]) -> dict[int, _Tries]:
    found = cells.values_list("row_id", "attempts", "error_detail")
    return {pk: _Tries(attempts, notes) for pk, attempts, notes in found}


def _claim_due(run: Run, limit: int, states: Collection[str]) -> dict[int, _Tries]:
    """Takes rows in these states that are to go on, and whose time has come. Returns them by row id.

    A row that was stored in the future is due too: then the clock was set back.
    """
    now, tries = timezone.now(), dict[int, _Tries]()
    cells = Cell.objects.filter(column_id=run.column_id, run_id=run.pk, state__in=states)
    timed = cells.filter(due_at__isnull=False)
    # Each by an index of its own: rows whose time has not come are not read, however many they are.
    for due in (
        cells.filter(due_at=None).order_by("row_id") if CellState.WAITING not in states else cells.none(),
        timed.filter(due_at__lte=now).order_by("due_at"),
        timed.filter(finished_at__gt=now).order_by("finished_at"),
    ):
        if limit > len(tries):
            tries |= _tries(due[: limit - len(tries)])
    if tries:
        due_cells = Cell.objects.filter(column_id=run.column_id, row_id__in=tries)
        due_cells.update(state=CellState.RUNNING, due_at=None)
    return tries


def _claim_companions(run: Run, tries: Mapping[int, _Tries]) -> dict[int, _Tries]:
    """Takes the other rows of the batches that these are in, whatever the limit: they go on together."""
    keys = batches.noted(tried.notes for tried in tries.values() if isinstance(tried.notes, dict))
    row_ids = {row_id for batch in batches.of_keys(keys).values() for row_id in batch.row_ids}
    others = _parked(run).filter(row_id__in=row_ids - tries.keys())
    found = _tries(others) if keys else {}
    if found:
        Cell.objects.filter(column_id=run.column_id, row_id__in=found).update(state=CellState.RUNNING, due_at=None)
    return found


def make_due(run: Run) -> None:
    """Makes the rows that are tried later due now. In the transaction that resumes the run."""
    Cell.objects.filter(column_id=run.column_id, run_id=run.pk, state__in=RETRY_LATER).update(due_at=None)


def row_ids_ahead(run: Run) -> QuerySet[Any, int]:
    """Ids of the rows that the run has still to come to for the first time, in order."""
    return Scope.of(run).row_ids(run)


def _next_rows(run: Run, limit: int) -> tuple[list[StoredRow], bool, bool]:
    """Returns the next rows that no other run holds, and whether they were the last; moves the cursor.

    Last, whether there are none because a run that was stopped has not let go of them yet.
    """
    if limit <= 0:
        return [], False, False
    found = Scope.of(run).rows(run, limit)
    rows = _before_those_of_stopped(run, found)
    if not rows and found:
        return [], False, True
    exhausted = len(rows) < limit and len(rows) == len(found)
    cursor = run.last_row if exhausted else rows[-1].pk
    held = _held_by_others(run, rows) if rows else set()
    if cursor > run.cursor or held:
        Run.objects.filter(pk=run.pk).update(cursor=max(run.cursor, cursor), total=F("total") - len(held))
    return [row for row in rows if row.pk not in held], exhausted, False


def _before_those_of_stopped(run: Run, rows: Sequence[StoredRow]) -> Sequence[StoredRow]:
    """Returns the rows up to the first one that a stopped run has still claimed."""
    # Not passed over like those of a run that goes on: nobody but this run would come to them.
    stopped = Claim.objects.filter(column_id=run.column_id, run__state=Run.State.STOPPED)
    claimed = {pk for row_ids in stopped.values_list("row_ids", flat=True) for pk in row_ids} if rows else set()
    return list(takewhile(lambda row: row.pk not in claimed, rows))


def _held_by_others(run: Run, rows: Sequence[StoredRow]) -> set[int]:
    claims = Claim.objects.filter(column_id=run.column_id).values_list("row_ids", flat=True)
    claimed = {pk for row_ids in claims for pk in row_ids}
    cells = Cell.objects.filter(column_id=run.column_id, row_id__gte=rows[0].pk, row_id__lte=rows[-1].pk)
    tried_later = cells.filter(state__in=OPEN_STATES).exclude(run_id=run.pk)
    return (claimed | set(tried_later.values_list("row_id", flat=True))) & {row.pk for row in rows}


def record_intent(claim_id: int, row_id: int) -> bool:
    """Notes that rows up to this one may be sent from now on. Returns False when the claim is another's by now."""
    return bool(Claim.objects.filter(pk=claim_id).update(intended=row_id))


def release(run_id: int, row_ids: Sequence[int], claim_ids: Collection[int], token: str = "") -> None:
    """Leaves rows of these claims that were not sent to whoever advances the run next; to nobody when it is over."""
    with transaction.atomic():
        run = Run.objects.select_for_update().filter(pk=run_id).first()
        claims = lock(claim_ids)
        still_claimed = {pk for claim in claims.values() for pk in claim.row_ids}
        released = sorted(still_claimed.intersection(row_ids))
        end(claims.values(), set(released))
        if released and run and run.state in Run.OPEN:
            Claim.objects.create(run=run, column_id=run.column_id, row_ids=released, token=token)


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
    claimed = Claim.objects.filter(run=run).values_list("row_ids", flat=True)
    return _parked(run).count() + sum(map(len, claimed))


def has_open(run: Run) -> bool:
    """Whether rows are claimed or tried later."""
    return _parked(run).exists() or Claim.objects.filter(run=run).exists()


def next_due(run: Run) -> float | None:
    """Returns the seconds until the earliest row that goes on later is due, or None without one."""
    parked = _parked(run)
    if parked.filter(due_at=None, state__in=RETRY_LATER).exists():
        return 0.0
    earliest = parked.filter(due_at__isnull=False).order_by("due_at").values_list("due_at", flat=True).first()
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

"""What rows ended with, stored many at a time: cells, attempts and the run's counts in one short transaction."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from enrichment.engine.shapes.callback import WAITS
from enrichment.engine.shapes.progress import Progress
from enrichment.models import Run
from enrichment.runs import attempts, batches, callbacks, claims, exchanges, failures
from enrichment.runs.attempts import Attempt
from enrichment.runs.batches import Batch
from enrichment.runs.claims import Notes
from enrichment.runs.exchanges import Kept
from enrichment.schema import NOT_SAID, Asked
from tables import cells, deleted_rows, storage
from tables.cells import NewCell
from tables.models import HANDED_DOWN, OPEN_STATES, Cell, CellState

READ_SOON = timedelta(seconds=2)  # until a row that waits is looked at anyway
COUNTED = ("done", "no_data", "skipped", "missing_input", "failed", "unknown", "cancelled")

stored: list[Callable[[Run, Sequence["Result"]], None]] = []  # called in the transaction that stored the results


@dataclass(frozen=True, slots=True)
class Pause:
    """Why a run pauses itself, and when it resumes by itself; None: when somebody resumes it."""

    reason: str
    resumes_at: datetime | None = None


@dataclass(slots=True)
class Result:
    """How one row ended, or, in an open state, that it is tried again, at `due_at` or at once.

    `ended_at` is by the same clock as `due_at`: a row that ended in the future did so before the clock was set back.
    """

    row_id: int
    state: str
    value: object = None
    error_code: str = ""
    error_message: str = ""
    error_detail: object = None
    notes: Notes = field(default_factory=dict)  # of a row that is tried again, for its next try
    http_status: int | None = None
    attempts: int = 0
    due_at: datetime | None = None
    fingerprint: str = ""  # of the inputs
    stale: bool = False  # the inputs changed meanwhile
    claim_id: int = 0
    asked: Asked = NOT_SAID
    request_key: str = ""  # of a request that was sent for other rows too
    progress: Progress | None = None  # of an exchange that goes on
    batch: Batch | None = None  # with which it goes on
    exchange: str | None = None  # how far it is, sealed; "": it is over; None: as far as it was before
    call: str = ""  # what becomes of the call that it was read from
    pause: Pause | None = None  # of the run, because of this row's answer
    new_attempts: list[Attempt] = field(default_factory=list)  # since the row was claimed
    ended_at: datetime = field(default_factory=partial(datetime.now, UTC))

    @property
    def ended(self) -> bool:
        return self.state in COUNTED

    @property
    def waits_for_column(self) -> bool:
        """And not for the API."""
        return self.state == CellState.WAITING and self.due_at is None

    @property
    def may_be_called(self) -> bool:
        """Whether a call tells more of its request than this result does."""
        if self.state in (CellState.FAILED, CellState.UNKNOWN):
            return True
        return not self.ended and self.due_at is not None and self.due_at > timezone.now() + READ_SOON

    @property
    def follows_at_once(self) -> Progress | None:
        """Returns the progress of a row whose next request needs no wait: another page of a list."""
        progress = self.progress if self.state == CellState.WAITING else None
        return progress if progress and progress.pages and not progress.failures else None

    def as_kept(self, sealed: str) -> Kept:
        return Kept(self.row_id, sealed, self.fingerprint, self.asked, self.batch.key if self.batch else None)

    def as_cell(self) -> dict[str, Any]:
        """The cell of the API."""
        return cells.json_of(
            self.state,
            self.value,
            self.error_code,
            self.error_message,
            self.stale,
            self.http_status,
            self.attempts,
        )

    def as_new_cell(self, column_id: int, run_id: int | None = None) -> NewCell:
        detail = self.error_detail if self.ended or not self.notes else dict(self.notes)
        return NewCell(  # by position: by name it takes three times as long
            self.row_id,
            column_id,
            run_id,
            str(self.state),
            self.value,
            self.error_code,
            self.error_message,
            failures.group_of(self.state, self.error_message),
            detail,
            self.http_status,
            self.attempts,
            self.due_at,
            self.fingerprint,
            self.ended_at,
        )


def store(run: Run, results: Sequence[Result]) -> list[Result]:
    """Returns the results that were stored; a row whose claim has passed on is left as it is.

    `run` takes over the state and the counts that it has after this.
    """
    if not results:
        return []
    with transaction.atomic():
        storage.lock_table(run.table_id)
        # The run before its claims, as whoever claims or releases rows locks them: otherwise each waits for the other.
        locked = (
            Run.objects.select_for_update().filter(pk=run.pk).values("state", "handed_down", *COUNTED).first() or {}
        )
        for name, value in locked.items():
            setattr(run, name, value)
        claimed = _end_claims(results)
        if run.state == Run.State.STOPPED:
            _cancel_open(claimed)
        else:
            _wake_called(run, claimed)
        _store_cells(run, claimed)
        batches.record(run, {item.batch.key: item.batch for item in claimed if item.batch}.values())
        exchanges.store(run, [item.as_kept(item.exchange) for item in claimed if item.exchange is not None])
        callbacks.taken(run.column_id, [(result.row_id, result.call) for result in claimed if result.call])
        attempts.store(run, [(result.row_id, attempt) for result in claimed for attempt in result.new_attempts])
        _count(run, claimed)
        for follow in stored:
            follow(run, claimed)
    return claimed


def _end_claims(results: Sequence[Result]) -> list[Result]:
    """Takes the rows out of their claims. Returns the results of those that were still in them."""
    claims_left = claims.lock({result.claim_id for result in results})
    row_ids = {pk: set(claim.row_ids) for pk, claim in claims_left.items()}
    claimed = [result for result in results if result.row_id in row_ids.get(result.claim_id, ())]
    claims.end(claims_left.values(), {result.row_id for result in claimed})
    return claimed


def _cancel_open(results: Sequence[Result]) -> None:
    """Rows of a stopped run are not tried again."""
    for result in results:
        if not result.ended:
            result.state, result.due_at = CellState.CANCELLED, None


def _wake_called(run: Run, results: Sequence[Result]) -> None:
    """Has the calls read that came before these results, whatever the requests themselves came to."""
    open_ones = {result.row_id: result for result in results if not result.call and result.may_be_called}
    for row_id in callbacks.called(run, open_ones) if open_ones else ():
        result = open_ones[row_id]
        result.state, result.value, result.due_at = CellState.WAITING, None, timezone.now()
        result.error_code, result.error_message = "api", WAITS


def _store_cells(run: Run, results: Sequence[Result]) -> None:
    cancelled = {result.row_id for result in results if result.state == CellState.CANCELLED}
    if cancelled:  # a row that was not sent stays as it was
        _cancel(run, Cell.objects.filter(row_id__in=cancelled, state__in=OPEN_STATES))
    new = [result.as_new_cell(run.column_id, run.pk) for result in results if result.row_id not in cancelled]
    written = cells.store(new)
    deleted_rows.store_results([cell for cell in new if (cell.row_id, cell.column_id) not in written])


def _count(run: Run, results: Sequence[Result]) -> None:
    ended = Counter(str(result.state) for result in results if result.ended)
    ended["handed_down"] = sum(
        result.state == CellState.FAILED and result.error_code == HANDED_DOWN for result in results
    )
    for name, number in ended.items():
        setattr(run, name, getattr(run, name) + number)
    if ended.total():
        Run.objects.filter(pk=run.pk).update(**{name: getattr(run, name) for name in ended})


def ended_count(run: Run) -> int:
    """Returns how many rows of the run have ended."""
    return sum(getattr(run, name) for name in COUNTED)


def give_up(run: Run) -> int:
    """Cancels the cells of a stopped run that were to be tried again, and returns how many they are."""
    return _cancel(run, Cell.objects.filter(state__in=claims.PARKED))


def _cancel(run: Run, cells: QuerySet[Cell]) -> int:
    of_run = cells.filter(run_id=run.pk, column_id=run.column_id)
    return of_run.update(state=CellState.CANCELLED, due_at=None, finished_at=timezone.now())

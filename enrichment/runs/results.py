"""What rows ended with, stored many at a time: cells, attempts and the run's counts in one short transaction."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from enrichment.models import Run
from enrichment.runs import attempts, claims, failures
from enrichment.runs.attempts import Attempt
from tables import cells, storage
from tables.cells import NewCell
from tables.models import OPEN_STATES, Cell, CellState

COUNTED = ("done", "no_data", "skipped", "missing_input", "failed", "unknown", "cancelled")

stored: list[Callable[[Run, Sequence["Result"]], None]] = []  # called in the transaction that stored the results


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
    http_status: int | None = None
    attempts: int = 0
    due_at: datetime | None = None
    fingerprint: str = ""  # of the inputs
    stale: bool = False  # the inputs changed meanwhile
    claim_id: int = 0
    request_key: str = ""  # of a request that was sent for other rows too
    new_attempts: list[Attempt] = field(default_factory=list)  # since the row was claimed
    ended_at: datetime = field(default_factory=timezone.now)

    @property
    def ended(self) -> bool:
        return self.state in COUNTED

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
        return NewCell(
            row_id=self.row_id,
            column_id=column_id,
            run_id=run_id,
            state=str(self.state),
            value=self.value,
            error_code=self.error_code,
            error_message=self.error_message,
            error_group=failures.group_of(self.state, self.error_message),
            error_detail=self.error_detail,
            http_status=self.http_status,
            attempts=self.attempts,
            due_at=self.due_at,
            fingerprint=self.fingerprint,
            finished_at=self.ended_at,
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
        locked = Run.objects.select_for_update().filter(pk=run.pk).values("state", *COUNTED).first() or {}
        for name, value in locked.items():
            setattr(run, name, value)
        claimed = _end_claims(results)
        if run.state == Run.State.STOPPED:
            _cancel_open(claimed)
        _store_cells(run, claimed)
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


def _store_cells(run: Run, results: Sequence[Result]) -> None:
    cancelled = {result.row_id for result in results if result.state == CellState.CANCELLED}
    if cancelled:  # a row that was not sent stays as it was
        _cancel(run, Cell.objects.filter(row_id__in=cancelled, state__in=OPEN_STATES))
    cells.store([result.as_new_cell(run.column_id, run.pk) for result in results if result.row_id not in cancelled])


def _count(run: Run, results: Sequence[Result]) -> None:
    ended = Counter(str(result.state) for result in results if result.ended)
    for name, number in ended.items():
        setattr(run, name, getattr(run, name) + number)
    if ended:
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

"""What APIs post to the addresses that they were given: stored as it comes, and read by the run of its row.

Whoever posts waits for nothing but that. Nothing is lost between the two: a call that comes before its row waits is
found when the result of the row's request is stored, and one that comes after its row has ended, by the sweep.
"""

import logging
from collections.abc import Collection, Sequence
from datetime import timedelta
from itertools import batched, groupby
from operator import attrgetter

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from redis import RedisError

from enrichment.engine.shapes.callback import SECRET
from enrichment.models import CallbackAddress, Run
from enrichment.runs import callbacks, lifecycle, runners
from enrichment.runs.callbacks import State
from tables import storage
from tables.models import Cell, CellState, Column, Row
from tables.redis import client
from workspaces.refusals import Refused
from workspaces.tokens import hash_token

log = logging.getLogger(__name__)

RECEIVED = "Received."
AGAIN = "This has been called before. Nothing has changed."
KEPT = "The run was stopped. Marl keeps what you sent, and fills the cell when someone asks again."

TOGETHER = 0.5  # seconds in which calls for one run are read together
_SETTLED = timedelta(seconds=2)  # that a call is old before the sweep looks at it
_MOST = 5_000  # calls in one sweep
_ENDED = (CellState.FAILED, CellState.UNKNOWN)  # of cells that a call still fills: it is what the request came to

type Headers = Sequence[tuple[str, str]]


def find(secret: str) -> CallbackAddress | None:
    if not SECRET.fullmatch(secret):
        return None
    return CallbackAddress.objects.select_related("column__table").filter(digest=hash_token(secret)).first()


def receive(address: CallbackAddress, headers: Headers, body: bytes) -> str:
    """Stores the first call of a row and has it read soon; another one changes nothing.

    Returns what the caller is told. Raises Refused where the row or its column is gone.
    """
    with transaction.atomic():
        if address.column:
            storage.lock_table(address.column.table_id)  # as whoever stores the results of its requests does
        _refuse_gone(address)
        if _is_called(address):
            return AGAIN
        cells = Cell.objects.filter(row_id=address.row_id, column=address.column, run_id=address.run_id)
        cell = cells.first() if address.run_id else None
        was_stopped = cell is not None and cell.state == CellState.CANCELLED
        CallbackAddress.objects.filter(pk=address.pk, state=State.OPEN).update(
            state=State.KEPT if was_stopped else State.CALLED,
            headers=[list(item) for item in headers],
            body=body,
            called_at=timezone.now(),
        )
        if _wake(cells):
            _hasten(address.run_id)
    return KEPT if was_stopped else RECEIVED


def _refuse_gone(address: CallbackAddress) -> None:
    column = address.column
    if column and (column.deleted_at or not column.table.ready):
        raise Refused("The column was deleted, so nothing waits for this call.", code="gone", status=410)
    if not Row.objects.filter(pk=address.row_id).exists():
        raise Refused("The row was deleted, so nothing waits for this call.", code="gone", status=410)


def _is_called(address: CallbackAddress) -> bool:
    """Whether anybody has called for this row, there or at the address of another try."""
    same = CallbackAddress.objects.filter(row_id=address.row_id, column=address.column, run_id=address.run_id)
    same = same if address.run_id else same.filter(pk=address.pk)
    return same.exclude(state=State.OPEN).exists()


def _wake(cells: QuerySet[Cell]) -> int:
    now = timezone.now()
    return cells.filter(state=CellState.WAITING, due_at__gt=now).update(due_at=now)


def _hasten(run_id: int) -> None:
    try:
        if client().set(f"marl:called:{run_id}", 1, nx=True, px=round(TOGETHER * 1000)):
            runners.hasten(run_id, TOGETHER)
    except RedisError as error:
        log.warning("the call is read at the next step of the run: %s", error, extra={"run": run_id})


def sweep() -> None:
    """Has calls read that nobody has come to: that came while their request went out, or after their row had ended."""
    paused = Run.objects.filter(state=Run.State.PAUSED).values("pk")
    settled = CallbackAddress.objects.filter(state=State.CALLED, called_at__lt=timezone.now() - _SETTLED, run_id__gt=0)
    calls = settled.exclude(run_id__in=paused).order_by("called_at").only("row_id", "run_id")[:_MOST]
    for run_id, found in groupby(sorted(calls, key=attrgetter("run_id")), attrgetter("run_id")):
        run = Run.objects.filter(pk=run_id).first()
        if run:
            _look_after(run, [call.row_id for call in found])


def _look_after(run: Run, row_ids: Collection[int]) -> None:
    states: dict[int, str] = {}
    for part in batched(row_ids, callbacks.AT_ONCE):
        cells = Cell.objects.filter(column_id=run.column_id, row_id__in=part, run_id=run.pk)
        _wake(cells)
        states |= dict(cells.values_list("row_id", "state"))
    ended = [row_id for row_id in row_ids if states.get(row_id) in _ENDED]
    if ended and Column.objects.filter(pk=run.column_id, table__ready=True).exists():
        _read_late(run.column, ended)
    elif run.state not in Run.OPEN:
        callbacks.taken(run.column_id, [(row_id, State.KEPT) for row_id in row_ids])


def _read_late(column: Column, row_ids: Collection[int]) -> None:
    """Plans a run that fills these cells and sends nothing, whatever becomes of the rows meanwhile."""
    with transaction.atomic():
        run = lifecycle.plan(column, {"ids": list(row_ids)}, automatic=True, only_calls=True)
        callbacks.adopt(run, row_ids)

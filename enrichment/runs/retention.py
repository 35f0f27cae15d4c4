"""How long the attempts of a table are kept, and how many of each cell. A worker deletes the others, few at a time.

The last attempt of a cell stays whatever the limits say, and so does the last one of the run that its result is from:
they say where the value came from. So do those of runs that are not over, and of exchanges that are open.
"""

import time
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from enrichment.models import Attempt, AttemptSweep, BatchAttempt, OpenExchange, Run
from tables import dispatch
from tables.cells import Pair
from tables.models import Cell, Row, Table
from workspaces import audit
from workspaces.refusals import Refused

SWEEP = "enrichment.delete_attempts"
STEP_SECONDS = 5.0
EVERY = timedelta(hours=23)  # between two sweeps of a table; whoever asks for them does so each hour
ROWS = 200  # whose attempts are looked at together
FEWEST, MOST = 10, 500  # attempts that one transaction deletes
QUICK, SLOW = 0.02, 0.05  # seconds of a transaction after which the next one is larger, or smaller
HIGHEST = 32_767  # of a limit


@dataclass(frozen=True, slots=True)
class Limits:
    """`days` that an attempt is kept for, and how many of a cell are; None: no limit."""

    days: int | None = None
    per_cell: int | None = None

    @classmethod
    def of(cls, table: Table) -> "Limits":
        return cls(table.attempt_days, table.attempts_per_cell)

    def check(self) -> None:
        """Raises Refused."""
        for name, limit in (("attempt_days", self.days), ("attempts_per_cell", self.per_cell)):
            if limit is not None and not 1 <= limit <= HIGHEST:
                raise Refused(f"Enter a whole number from 1 to {HIGHEST:,}, or nothing for no limit.", field=name)

    def beyond(self, history: Sequence[tuple[int, datetime]]) -> list[int]:
        """Returns the ids of those that they leave no room for, of all attempts of a cell as (id, when), in order."""
        since = timezone.now() - timedelta(days=self.days) if self.days else None
        too_many = 0 if self.per_cell is None else len(history) - self.per_cell
        return [pk for place, (pk, at) in enumerate(history[:-1]) if place < too_many or (since and at < since)]


@dataclass(frozen=True, slots=True)
class Superfluous:
    """An attempt that the limits leave no room for, and the last one of its cell, which notes that it is gone."""

    pk: int
    last: int


def change(table: Table, limits: Limits) -> None:
    """Sets the limits, and has what they leave no room for deleted. Raises Refused."""
    limits.check()
    if limits == Limits.of(table):
        return
    with transaction.atomic():
        table.attempt_days, table.attempts_per_cell = limits.days, limits.per_cell
        table.save(update_fields=["attempt_days", "attempts_per_cell"])
        audit.note(table.workspace_id, "table.retention_changed", table.name, table.pk)
        _begin(table.pk)


def begin_due() -> None:
    """Begins the sweeps of tables that had none for a day, and goes on with those that have not ended."""
    limited = Table.objects.filter(~Q(attempt_days=None) | ~Q(attempts_per_cell=None), deleted_at=None)
    for table_id in limited.values_list("pk", flat=True):
        sweep = AttemptSweep.objects.filter(pk=table_id).first()
        if sweep is None or (sweep.ended_at and sweep.ended_at < timezone.now() - EVERY):
            _begin(table_id)
        elif sweep.ended_at is None:
            dispatch.send(SWEEP, table_id)


def _begin(table_id: int) -> None:
    AttemptSweep.objects.update_or_create(table_id=table_id, defaults={"cursor": 0, "ended_at": None})
    dispatch.send(SWEEP, table_id)


def advance(table_id: int) -> bool:
    """Deletes for about five seconds what the limits leave no room for. Returns whether there is more to do."""
    until = time.monotonic() + STEP_SECONDS
    while time.monotonic() < until:
        sweep = (
            AttemptSweep.objects.select_related("table")
            .filter(pk=table_id, ended_at=None, table__deleted_at=None)
            .first()
        )
        if sweep is None or not _sweep_rows(sweep):
            return False
    return True


def _sweep_rows(sweep: AttemptSweep) -> bool:
    """Does this to the next rows. Returns whether there are more."""
    limits, at_once = Limits.of(sweep.table), FEWEST
    rows = Row.objects.filter(table=sweep.table, pk__gt=sweep.cursor).order_by("pk")
    row_ids = list(rows.values_list("pk", flat=True)[:ROWS])
    found = superfluous(sweep.table, row_ids, limits)
    while found:
        some, found = found[:at_once], found[at_once:]
        begun = time.monotonic()
        if not _delete(sweep, limits, some):
            return False
        at_once = _next_size(at_once, time.monotonic() - begun)
    there_are_more = len(row_ids) == ROWS
    reached = {"cursor": row_ids[-1]} if there_are_more else {"ended_at": timezone.now()}
    return bool(_unchanged(sweep, limits).update(**reached)) and there_are_more


def _next_size(size: int, seconds: float) -> int:
    """Returns how many attempts the next transaction deletes: large answers take longer, and others wait meanwhile."""
    if seconds > SLOW:
        return max(FEWEST, size // 2)
    return min(MOST, size * 2) if seconds < QUICK else size


def _delete(sweep: AttemptSweep, limits: Limits, found: Sequence[Superfluous]) -> bool:
    """Deletes attempts, and notes it at the last one of their cells.

    Returns False where another worker is further by now, or somebody has set other limits.
    """
    with transaction.atomic():
        if not _unchanged(sweep, limits).select_for_update(of=("self",)).exists():
            return False
        last_of = {item.pk: item.last for item in found}
        going = Attempt.objects.filter(pk__in=last_of)
        numbers, keys = Counter[int](), set[str]()
        for pk, before, key in list(going.values_list("pk", "deleted_before", "batch_id")):
            numbers[last_of[pk]] += 1 + (before or 0)
            keys |= {key} if key else set()
        going._raw_delete(using=connection.alias)
        _note(numbers)
        without_attempts = ~Exists(Attempt.objects.filter(batch=OuterRef("pk")))
        BatchAttempt.objects.filter(without_attempts, pk__in=keys)._raw_delete(using=connection.alias)
    return True


def _unchanged(sweep: AttemptSweep, limits: Limits) -> QuerySet[AttemptSweep]:
    return AttemptSweep.objects.filter(
        pk=sweep.pk,
        cursor=sweep.cursor,
        ended_at=None,
        table__attempt_days=limits.days,
        table__attempts_per_cell=limits.per_cell,
    )


def _note(numbers: Mapping[int, int]) -> None:
    """Adds to how many attempts were deleted before each of these, given as {id: number}."""
    alike = defaultdict(list)
    for pk, number in numbers.items():
        alike[number].append(pk)
    for number, ids in alike.items():
        Attempt.objects.filter(pk__in=ids).update(deleted_before=Coalesce("deleted_before", 0) + number)


def superfluous(table: Table, row_ids: Collection[int], limits: Limits) -> list[Superfluous]:
    """Returns the attempts of these rows that the limits leave no room for, the first ones of a cell first."""
    attempts = Attempt.objects.filter(row_id__in=row_ids).order_by("row_id", "column_id", "pk")
    histories: dict[Pair, list[tuple[int, datetime]]] = defaultdict(list)
    for row_id, column_id, pk, started_at in attempts.values_list("row_id", "column_id", "pk", "started_at"):
        histories[row_id, column_id].append((pk, started_at))
    beyond = {cell: limits.beyond(history) for cell, history in histories.items()}
    found = {cell: ids for cell, ids in beyond.items() if ids}
    needed = _needed(table, found) if found else set()
    lasts = {cell: history[-1][0] for cell, history in histories.items()}
    return [Superfluous(pk, lasts[cell]) for cell, ids in found.items() for pk in ids if pk not in needed]


def _needed(table: Table, found: Mapping[Pair, Sequence[int]]) -> set[int]:
    """Returns the ids of those that stay: of runs and exchanges that go on, and the last ones of the results' runs."""
    row_ids = {row_id for row_id, _ in found}
    going_on = set(Run.objects.filter(table=table, state__in=Run.OPEN).values_list("pk", flat=True))
    open_ones = set(OpenExchange.objects.filter(row_id__in=row_ids).values_list("row_id", "column_id"))
    results = Cell.objects.filter(row_id__in=row_ids).values_list("row_id", "column_id", "run_id")
    runs = {(row_id, column_id): run_id for row_id, column_id, run_id in results}
    needed, last = set[int](), dict[Pair, int]()
    # In their order: the last one of a result's run is the one that is seen last.
    attempts = Attempt.objects.filter(row_id__in=row_ids).order_by("pk")
    for row_id, column_id, pk, run_id in attempts.values_list("row_id", "column_id", "pk", "run_id"):
        cell = row_id, column_id
        if cell in open_ones or run_id in going_on:
            needed.add(pk)
        if run_id is not None and run_id == runs.get(cell):
            last[cell] = pk
    return needed.union(last.values())

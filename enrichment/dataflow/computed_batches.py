"""Rows of a recalculation with what their columns come to, computed in memory; the next ones while these are stored.

What is ahead is only taken for the entry that follows at once: with an entry of a few rows between, one of them may
have been changed by somebody, and computed anew, since it was read.
"""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from threading import Event
from types import TracebackType
from typing import Self

from enrichment import graph
from enrichment.dataflow import inputs, recalculations
from enrichment.dataflow.calculator import Calculation, calculate, calculations
from enrichment.dataflow.inputs import Values
from enrichment.dataflow.outcomes import Ended
from enrichment.engine.formula import Evaluators
from enrichment.models import Recalculation
from tables.models import Column
from tables.stored_rows import StoredRow

BATCH = 8_000  # rows
_AHEAD = 2  # batches: one that is computed, and one that its thread goes on with at once
_FIRST_SLICE = 10  # rows
_LARGEST_SLICE = 1_000  # rows after which the time is looked at
_SLOW = 0.5  # seconds of a slice after which the next one is smaller

type Computed = dict[int, list[Ended]]  # by column; of the first rows: of as many as there was time for, but of some


@dataclass(frozen=True, slots=True)
class Batch:
    """The next rows of an entry, as they were read from its cursor on, to the cursor `end`."""

    entry: Recalculation
    rows: Sequence[StoredRow]
    end: int
    computed: Callable[[], Computed]  # raises SandboxBusy
    reads_more: bool = False  # than these rows
    future: Future[Computed] | None = None  # of another thread that computes it

    def is_next_of(self, entry: Recalculation) -> bool:
        return (entry.pk, entry.cursor, entry.column_ids) == (self.entry.pk, self.entry.cursor, self.entry.column_ids)


class Batches:
    """The batches of one step, which ends at `until`. Only formulas are computed ahead: the others read the database,
    which has one connection for each thread.
    """

    def __init__(self, evaluators: Evaluators, until: float) -> None:
        self._evaluators = evaluators
        self._until = until
        self._thread = ThreadPoolExecutor(1, "formulas")
        self._ahead: deque[Batch] = deque()
        self._unwanted = Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._drop()
        self._thread.shutdown()

    def take(self, entry: Recalculation) -> Batch:
        """Returns the next rows of an entry."""
        if self._ahead and self._ahead[0].is_next_of(entry):
            return self._ahead.popleft()
        self._drop()
        return self._read(entry)

    def look_ahead(self, entry: Recalculation, cursor: int) -> None:
        """Reads rows after this cursor and has them computed, for whoever takes them next."""
        if self._ahead and self._ahead[0].entry.cursor != cursor:
            self._drop()
        while len(self._ahead) < _AHEAD and time.monotonic() < self._until:
            later = copy(entry)
            later.cursor = self._ahead[-1].end if self._ahead else cursor
            if later.cursor >= entry.last_row:
                break
            batch = self._read(later)
            if batch.reads_more:
                break
            future = self._thread.submit(batch.computed)
            self._ahead.append(replace(batch, computed=future.result, future=future))

    def _drop(self) -> None:
        """Waits until nothing is computed ahead: a formula has one context, which two threads would share."""
        self._unwanted.set()
        wait([batch.future for batch in self._ahead if batch.future and not batch.future.cancel()])
        self._unwanted.clear()
        self._ahead.clear()

    def _read(self, entry: Recalculation) -> Batch:
        dependencies = graph.of_table(entry.table_id)
        rows, end = recalculations.rows_of(entry, BATCH)
        ordered = dependencies.in_order(dependencies.formulas.keys() & set(entry.column_ids))
        to_compute = calculations(ordered, entry.table_id)
        if not to_compute or not rows:
            return Batch(entry, rows, end, dict)
        names = dict(Column.objects.filter(pk__in=to_compute).values_list("pk", "name"))
        needed = set().union(*(item.column_ids for item in to_compute.values())) - to_compute.keys()
        values = inputs.as_stored(rows, entry.table_id, needed)
        compute = partial(self._compute, to_compute, names, [(row.pk, values[row.pk]) for row in rows])
        return Batch(entry, rows, end, compute, any(item.reads_more for item in to_compute.values()))

    def _compute(
        self, to_compute: Mapping[int, Calculation], names: Mapping[int, str], rows: Sequence[tuple[int, Values]]
    ) -> Computed:
        computed: Computed = {pk: [] for pk in to_compute}
        start, size = 0, _FIRST_SLICE
        while start < len(rows) and (not start or (time.monotonic() < self._until and not self._unwanted.is_set())):
            began = time.monotonic()
            for pk, results in _compute_slice(to_compute, names, rows[start : start + size], self._evaluators).items():
                computed[pk] += results
            start += size
            size = max(1, size // 4) if time.monotonic() - began > _SLOW else min(_LARGEST_SLICE, size * 4)
        return computed


def _compute_slice(
    to_compute: Mapping[int, Calculation],
    names: Mapping[int, str],
    rows: Sequence[tuple[int, Values]],
    evaluators: Evaluators,
) -> Computed:
    """Computes the columns in this order, each with the results of those before it."""
    computed: Computed = {}
    used = set().union(*(calculation.column_ids for calculation in to_compute.values()))
    for pk, calculation in to_compute.items():
        computed[pk] = calculate(calculation, rows, evaluators)
        if pk in used:
            for (_, values), ended in zip(rows, computed[pk], strict=True):
                values[pk] = inputs.result(ended.state, ended.value, ended.error_message, names[pk])
    return computed

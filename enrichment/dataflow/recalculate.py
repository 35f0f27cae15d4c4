"""Formula and field columns kept up to date: a step computes rows in batches for about five seconds.

A batch reads its rows, computes every affected column in dependency order in memory, and stores what differs in one
short transaction together with how far it came and with the runs that follow from it. HTTP columns in the batch are
looked at behind them.
"""

import logging
import time
from collections.abc import Collection, Iterable, Sequence
from functools import partial
from uuid import uuid4

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from enrichment import graph, leases
from enrichment.dataflow import auto_update, inputs, recalculations, waiting
from enrichment.dataflow.calculator import Calculation, calculate, calculations
from enrichment.dataflow.inputs import Values
from enrichment.engine.formula import Evaluators, SandboxBusy
from enrichment.graph import Graph
from enrichment.models import Recalculation
from enrichment.runs.results import Result, to_json
from tables import events, storage
from tables.models import Column, Row

log = logging.getLogger(__name__)

STEP_SECONDS = 5.0
BUSY = 1.0  # seconds until another try when the formula processes or the database are at work
BATCH = 500
_SLICE = 100  # rows after which the time is looked at
_SLOW = 0.5  # seconds of a slice, after which the next one is smaller

type Computed = dict[int, list[Result]]  # by column


class _TakenAway(Exception):
    """The columns changed meanwhile, or the lease lapsed: somebody else computes these rows."""


def advance(table_id: int, token: str = "") -> tuple[str, float] | None:
    """One step; the token and the seconds until the next one, None when nothing is left or somebody else is at it."""
    mine = token or uuid4().hex
    until = time.monotonic() + STEP_SECONDS
    with Evaluators() as evaluators, leases.kept(recalculations.held(table_id, mine)):
        while entry := recalculations.claim(table_id, mine):
            try:
                _advance(entry, evaluators, until)
            except _TakenAway:
                continue
            except SandboxBusy:
                return mine, BUSY
            except OperationalError as error:
                log.warning("the recalculation of table %s is tried again: %s", table_id, error)
                return mine, BUSY
            if time.monotonic() >= until:
                return mine, 0.0
    return None


def _advance(entry: Recalculation, evaluators: Evaluators, until: float) -> None:
    dependencies = graph.of_table(entry.table_id)
    rows = recalculations.rows_of(entry, BATCH)
    computed = _computed(entry, dependencies, rows, evaluators, until)
    done = len(next(iter(computed.values()))) if computed else len(rows)
    cursor = recalculations.end_of(entry, rows, BATCH) if done == len(rows) else rows[done - 1].pk
    with transaction.atomic():
        storage.lock_table(entry.table_id)
        if not recalculations.move(entry, cursor):
            raise _TakenAway
        changed = _store(computed)
        _run_behind(entry, dependencies, changed, [row.pk for row in rows[:done]], ended=cursor >= entry.last_row)
        told = [(pk, row_id, result.as_cell()) for (row_id, pk), result in changed.items()]
        shown = [(row_id, pk, cell) for pk, row_id, cell in told]
        transaction.on_commit(partial(events.publish_cells, entry.table_id, shown))


def _computed(
    entry: Recalculation, dependencies: Graph, rows: Sequence[Row], evaluators: Evaluators, until: float
) -> Computed:
    """Results of the first rows, as many as there is time for, but some."""
    formulas = dependencies.formulas.keys() & set(entry.column_ids)
    to_compute = calculations(dependencies.in_order(formulas), entry.table_id)
    if not to_compute or not rows:
        return {}
    names = dict(Column.objects.filter(pk__in=to_compute).values_list("pk", "name"))
    needed = set().union(*(item.column_ids for item in to_compute.values())) - to_compute.keys()
    values = inputs.as_stored(rows, entry.table_id, needed)
    found: Computed = {pk: [] for pk in to_compute}
    start, size = 0, 10
    while start < len(rows) and (not start or time.monotonic() < until):
        began = time.monotonic()
        slice_ = [(row.pk, values[row.pk]) for row in rows[start : start + size]]
        for pk, results in _of_slice(to_compute, names, slice_, evaluators).items():
            found[pk] += results
        start += size
        size = max(1, size // 4) if time.monotonic() - began > _SLOW else min(_SLICE, size * 4)
    return found


def _of_slice(
    calculations: dict[int, Calculation], names: dict[int, str], rows: Sequence[tuple[int, Values]],
    evaluators: Evaluators,
) -> Computed:  # fmt: skip
    found: Computed = {}
    for pk, calculation in calculations.items():
        found[pk] = calculate(calculation, rows, evaluators)
        for (_, values), result in zip(rows, found[pk], strict=True):
            values[pk] = inputs.result(result.state, result.value, result.error_message, names[pk])
    return found


def _run_behind(
    entry: Recalculation,
    dependencies: Graph,
    changed: Collection[tuple[int, int]],
    row_ids: Sequence[int],
    *,
    ended: bool,
) -> None:
    """HTTP columns that waited for these rows, and those that use what changed."""
    then_run = dependencies.automatic & set(entry.then_run)
    touched: dict[int, Collection[int]] = {
        pk: {row_id for row_id, column_id in changed if column_id in needs}
        for pk, needs in dependencies.requests.items()
        if pk not in then_run
    }
    touched |= dict.fromkeys(dependencies.requests.keys() & set(entry.column_ids), row_ids)
    auto_update.follow(entry.table_id, dependencies, touched)
    for pk in sorted(then_run):
        if entry.row_ids is not None:
            auto_update.run_rows(pk, row_ids)
        elif ended:
            auto_update.run_range(pk, entry.first_row, entry.last_row)
    waiting.wake(dependencies.requests_depending_on(entry.column_ids), row_ids)


_KINDS = ("bigint", "bigint", "text", "jsonb", "text", "text")
_NAMES = ("row_id", "column_id", "state", "value", "error_code", "error_message")
_LISTS = f"unnest({', '.join(f'%s::{kind}[]' for kind in _KINDS)}) AS new({', '.join(_NAMES)})"
_ITEMS = ", ".join(f"value ->> {place} AS {name}" for place, name in enumerate(_NAMES))
_JSON = f"(SELECT {_ITEMS} FROM json_each(%s)) AS new"  # noqa: S608
# Raw, because it runs for every row. What is the same is not written, so that nothing follows from it.
_STORE = """
    INSERT INTO tables_cell
      (row_id, column_id, state, value, error_code, error_message, fingerprint, attempts, stale, finished_at)
    SELECT new.row_id, new.column_id, new.state, new.value, new.error_code, new.error_message, '', 0, FALSE, %s
    FROM {source}
    WHERE EXISTS (SELECT 1 FROM tables_row WHERE tables_row.id = new.row_id)
    ON CONFLICT (row_id, column_id) DO UPDATE SET
      state = excluded.state, value = excluded.value, error_code = excluded.error_code,
      error_message = excluded.error_message, finished_at = excluded.finished_at
    WHERE tables_cell.state <> excluded.state OR tables_cell.value IS DISTINCT FROM excluded.value
      OR tables_cell.error_message <> excluded.error_message
    RETURNING row_id, column_id"""


def _store(computed: Computed) -> dict[tuple[int, int], Result]:
    """{(row id, column id): result} of what differs now. Rows that were deleted meanwhile are left out.

    Who deletes rows holds the table, as the caller does: none of them goes between the look and the commit.
    """
    results = {(result.row_id, pk): result for pk, some in computed.items() for result in some}
    if not results:
        return {}
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            lists = zip(*_as_stored(results), strict=True)
            cursor.execute(_STORE.format(source=_LISTS), [now, *map(list, lists)])
        else:
            cursor.execute(_STORE.format(source=_JSON), [now, to_json([list(row) for row in _as_stored(results)])])
        return {(row_id, pk): results[row_id, pk] for row_id, pk in cursor.fetchall()}


def _as_stored(results: dict[tuple[int, int], Result]) -> Iterable[tuple[object, ...]]:
    """In the order of _NAMES."""
    for (row_id, pk), result in results.items():
        message = result.error_message.replace("\0", "")
        yield row_id, pk, str(result.state), to_json(result.value), result.error_code, message

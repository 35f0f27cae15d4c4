"""Formula, field and look-up columns kept up to date: a step computes rows in batches for about five seconds.

A batch reads its rows, computes every affected column in dependency order in memory, and stores what differs in one
short transaction, together with how far it came and with the runs that follow from it. HTTP columns of the batch are
compared after that: whether their results are out of date, and whether they run by themselves. Look-ups into the table
are told what changed in it.
"""

import logging
import time
from collections.abc import Collection, Sequence
from functools import partial
from uuid import uuid4

from django.db import OperationalError, transaction
from django.utils import timezone

from enrichment import graph, leases
from enrichment.dataflow import auto_update, list_rows, lookup_changes, recalculations, waiting
from enrichment.dataflow.computed_batches import Batches, Computed
from enrichment.dataflow.outcomes import Ended
from enrichment.engine.formula import Evaluators, SandboxBusy
from enrichment.graph import Graph
from enrichment.models import Recalculation
from enrichment.runs import failures
from tables import cells, events, storage
from tables.cells import Calculated, Pair

log = logging.getLogger(__name__)

STEP_SECONDS = 5.0
BUSY = 1.0  # seconds until the next try when all formula processes, or the database, are busy


class _TakenOver(Exception):
    """The columns changed meanwhile, or the lease lapsed: another worker computes these rows."""


def advance(table_id: int, token: str = "") -> tuple[str, float] | None:
    """Takes one step.

    Returns the token of the next step and the seconds until then, or None when nothing is left or another worker is
    at it.
    """
    token = token or uuid4().hex
    until = time.monotonic() + STEP_SECONDS
    held = recalculations.held(table_id, token)
    with Evaluators() as evaluators, Batches(evaluators, until) as batches, leases.kept(held):
        while entry := recalculations.claim(table_id, token):
            try:
                _advance(entry, batches)
            except _TakenOver:
                continue
            except SandboxBusy:
                return token, BUSY
            except OperationalError as error:
                log.warning("the recalculation of table %s is tried again: %s", table_id, error)
                return token, BUSY
            if time.monotonic() >= until:
                return token, 0.0
    return None


def _advance(entry: Recalculation, batches: Batches) -> None:
    batch = batches.take(entry)
    computed, rows = batch.computed(), batch.rows
    done = len(next(iter(computed.values()))) if computed else len(rows)
    cursor = batch.end if done == len(rows) else rows[done - 1].pk
    batches.look_ahead(entry, cursor)
    with transaction.atomic():
        storage.lock_table(entry.table_id)
        if not recalculations.move(entry, cursor):
            raise _TakenOver
        dependencies = graph.of_table(entry.table_id)  # of now: columns may have come since the rows were read
        changed = _store(computed)
        row_ids = [row.pk for row in rows[:done]]
        _follow(entry, dependencies, changed, row_ids, is_last=cursor >= entry.last_row)
        lookup_changes.follow(entry, dependencies, rows[:done], changed, cursor)
        for pk in computed:
            list_rows.follow(pk, [row_id for row_id, column_id in changed if column_id == pk])
        new_cells = [(row_id, pk, ended.as_cell()) for (row_id, pk), ended in changed.items()]
        transaction.on_commit(partial(events.publish_cells, entry.table_id, new_cells))


def _store(computed: Computed) -> dict[Pair, Ended]:
    """Returns {(row id, column id): how it ended} of what differs now, without rows that were deleted meanwhile."""
    now = timezone.now()
    changed: dict[Pair, Ended] = {}
    for pk, of_column in computed.items():
        written = cells.store_calculated(pk, [_calculated(ended) for ended in of_column], now)
        changed |= {(ended.row_id, pk): ended for ended in of_column if ended.row_id in written}
    return changed


def _calculated(ended: Ended) -> Calculated:
    row_id, state, value, code, message = ended
    return Calculated(row_id, str(state), value, code, message, failures.group_of(state, message))


def _follow(
    entry: Recalculation,
    dependencies: Graph,
    changed: Collection[tuple[int, int]],
    row_ids: Sequence[int],
    *,
    is_last: bool,
) -> None:
    """Runs the HTTP columns that waited for these rows, and compares those that use what changed."""
    then_run = dependencies.automatic & set(entry.then_run)
    to_compare: dict[int, Collection[int]] = {
        pk: {row_id for row_id, column_id in changed if column_id in needs}
        for pk, needs in dependencies.requests.items()
        if pk not in then_run
    }
    to_compare |= dict.fromkeys(dependencies.requests.keys() & set(entry.column_ids), row_ids)
    auto_update.follow(entry.table_id, dependencies, to_compare)
    for pk in sorted(then_run):
        if entry.row_ids is not None:
            auto_update.run_rows(pk, row_ids)
        elif is_last:
            auto_update.run_range(pk, entry.first_row, entry.last_row)
    waiting.wake(dependencies.requests_depending_on(entry.column_ids), row_ids)

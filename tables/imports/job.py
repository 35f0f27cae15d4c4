"""What a worker does with an import: rows gather in a hidden table, which appears when all of them are in.

What fails or is cancelled leaves nothing. If the worker dies, another one goes on after the rows that are stored, or
begins again where these don't fit: see `marks`.
"""

import logging
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial

from django.db import DatabaseError, transaction
from django.db.models import Max, Min, QuerySet
from django.utils import timezone

from tables import catalog, columns, copies, dispatch, events, rows, storage
from tables.imports import checks, gathering, marks, matching, rejected, uploads
from tables.imports.gathering import Gathered
from tables.imports.progress import Ended, Progress
from tables.models import Column, ColumnType, Import, Row, Table
from tables.signals import send_rows_changed
from workspaces import audit, unwritable
from workspaces.actors import Actor
from workspaces.refusals import Refused

log = logging.getLogger(__name__)

DEAD_AFTER = timedelta(seconds=60)  # without a heartbeat
STAGED_FOR = timedelta(hours=24)
_AGAIN = 1.0  # seconds until what a disk that is full did not take is tried again
WENT_WRONG = "Something went wrong on our side. The server's log says why."
MOST_RESTARTS = 2  # what stopped three workers would stop the next one, too, unless it got further


def start_copy(actor: Actor, source: Table, copy: Table, columns: Mapping[int, int]) -> Import:
    """Fills a hidden copy of the table, {column id: id of its copy}, as if it came from a file."""
    import_ = Import.objects.create(
        workspace=actor.workspace,
        created_by=actor.user,
        table=copy,
        name=copy.name,
        options={"copy_of": source.pk, "columns": dict(columns)},
        state=Import.State.QUEUED,
        rows_total=source.row_count,
        heartbeat_at=timezone.now(),
    )
    dispatch.send(uploads.TASK, import_.pk)
    return import_


def run(import_id: int) -> None:
    """Does the import, once; its state says how it ended."""
    now = timezone.now()
    if not Import.objects.filter(pk=import_id, state=Import.State.QUEUED).update(
        state=Import.State.RUNNING, started_at=now, heartbeat_at=now
    ):
        return
    running = Import.objects.select_related("workspace", "target", "created_by").get(pk=import_id)
    try:
        gathered = _fill(running)
        _publish(running, gathered)
    except Ended:
        _give_up(running, Import.State.CANCELLED)
    except Refused as refusal:
        _give_up(running, Import.State.FAILED, str(refusal))
    except Exception as error:
        why = unwritable.why(error)
        _fail(running, f"{why} Nothing was changed: start it again then." if why else WENT_WRONG)
        raise


def _fill(running: Import) -> Gathered:
    """Gathers all rows in a hidden table."""
    if "copy_of" in running.options:
        assert running.table is not None
        gathered = Gathered(running.table)
        gathered.counts["added"] = running.rows_done = _copy(running, running.table)
    else:
        gathered = _gather(running)
        running.rows_done = gathered.rows
    running.rows_total = running.rows_done
    return gathered


def _gather(running: Import) -> Gathered:
    """Gathers the rows of the file, after those that a worker before has stored."""
    progress = Progress(running, partial(_still_running, running))
    if running.mark and running.table:
        try:
            return gathering.gather(running, running.table, progress)
        except marks.Unfit:
            log.warning("import %s begins again: its file isn't read as it was before", running.pk)
    return gathering.gather(running, _hidden_table(running), progress)


def _copy(running: Import, table: Table) -> int:
    column_ids = {int(old): int(new) for old, new in running.options["columns"].items()}
    done = 0
    for done in copies.copy_rows(running.options["copy_of"], table.pk, column_ids):
        Progress(running, partial(_still_running, running)).report(done, running.rows_total)
    return done


def _hidden_table(running: Import) -> Table:
    """Creates the table that the rows gather in; one of a worker before goes."""
    with transaction.atomic():
        table = gathering.hidden_table(running)
        if not _still_running(running).update(table=table, mark={}, rows_done=0):
            raise Ended
        if running.mark and running.table:
            catalog.purge(running.table)
    running.table, running.mark = table, {}
    return table


def _still_running(running: Import) -> QuerySet[Import]:
    mine = Import.objects.filter(pk=running.pk, state=Import.State.RUNNING, restarts=running.restarts)
    return mine.filter(cancel_requested=False)


def _publish(running: Import, gathered: Gathered) -> None:
    """Lets the table appear, or lets its rows join the one to add to. Raises Ended."""
    table, target = gathered.table, running.target
    with transaction.atomic():
        # Locked, so that it cannot be cancelled or counted as dead between here and the commit.
        if not _still_running(running).select_for_update().exists():
            raise Ended
        if target is None:
            table.row_count, table.ready = gathered.counts["added"], True
            table.save(update_fields=["row_count", "ready", "updated_at"])
            ids = Row.objects.filter(table=table).aggregate(first=Min("pk"), last=Max("pk"))
            running.first_added, running.last_added = ids["first"], ids["last"]
            for follow in copies.copied if "copy_of" in running.options else ():
                follow(table)
        else:
            _join(running, gathered, target)
            running.table = None
        running.state, running.finished_at = Import.State.DONE, timezone.now()
        running.counts, running.warnings = gathered.counts, [*running.warnings, *gathered.warnings]
        running.save()
        uploads.tell_end(running)
    storage.analyze()
    if target is not None:
        catalog.purge(table)
    uploads.remove_file(running)


def _join(running: Import, gathered: Gathered, target: Table) -> None:
    """Writes the values of rows that match into the table, and adds the others after its last row."""
    storage.lock_table(target.pk)
    _make_texts([place.column.pk for place in gathered.places if place.becomes_text])
    columns.adopt(target, [place.column for place in gathered.places if place.column.table_id == gathered.table.pk])
    if gathered.counts["updated"]:
        matching.write_changes(running)
        _announce_changes(running, target, [int(place.key) for place in gathered.places])
    number = gathered.counts["added"]
    if not number:
        storage.touch(target.pk)
        return
    # Their ids are larger than those of the rows that are there, and nobody adds others while the table is locked.
    last = Row.objects.filter(table=target).order_by("-pk").values_list("pk", flat=True).first() or 0
    storage.append_table(gathered.table.pk, target.pk, gathered.matched)
    storage.grow(target.pk, number)
    added = Row.objects.filter(table=target, pk__gt=last)
    running.first_added = last + 1
    running.last_added = added.order_by("-pk").values_list("pk", flat=True).first()
    send_rows_changed(target.pk, None, added=True, from_row=last + 1)
    transaction.on_commit(lambda: events.publish_rows(target.pk, added=number))


def _make_texts(column_ids: Sequence[int]) -> None:
    """Makes columns of the table ones of texts; a worker writes the values that are there as texts after that."""
    for column in Column.objects.filter(pk__in=column_ids).select_related("table"):
        columns.change_type(column, ColumnType.TEXT)
        name = f"{column.name} in {column.table.name}"
        audit.note(column.table.workspace_id, "column.changed", name, column.pk, settings=["type"])


def _announce_changes(running: Import, target: Table, column_ids: Sequence[int]) -> None:
    row_ids = matching.changed_rows(running, rows.MOST_AT_ONCE)
    if row_ids == []:
        return
    send_rows_changed(target.pk, row_ids, column_ids=column_ids)
    transaction.on_commit(lambda: events.publish_rows(target.pk))


def _fail(running: Import, error: str) -> None:
    """Waits until that can be stored too, on a disk that is full, as long as no sweep takes this worker for dead."""
    until = time.monotonic() + DEAD_AFTER.total_seconds()
    while True:
        try:
            _give_up(running, Import.State.FAILED, error)
            return
        except DatabaseError as another:
            if not unwritable.why(another) or time.monotonic() > until:
                raise
            log.warning("the end of the import waits: %s", another)
            time.sleep(_AGAIN)


def _give_up(running: Import, state: Import.State, error: str = "") -> None:
    if not uploads.end(running, state, error, before=(Import.State.RUNNING,), restarts=running.restarts):
        _leave(running)


def _leave(running: Import) -> None:
    """Removes the file of what was rejected if another worker has taken over: that one has its own."""
    if Import.objects.filter(pk=running.pk, restarts__gt=running.restarts).exists():
        rejected.path_of(running).unlink(missing_ok=True)


def sweep() -> None:
    """Has imports whose worker died taken over, forgets files that nobody started, and sends lost tasks again."""
    now = timezone.now()
    for dead in Import.objects.filter(state=Import.State.RUNNING, heartbeat_at__lt=now - DEAD_AFTER):
        _take_over(dead)
    for forgotten in Import.objects.filter(state=Import.State.STAGED, created_at__lt=now - STAGED_FOR):
        uploads.cancel(forgotten)
    for lost in Import.objects.filter(state=Import.State.QUEUED, heartbeat_at__lt=now - DEAD_AFTER):
        Import.objects.filter(pk=lost.pk).update(heartbeat_at=now)
        dispatch.send(uploads.TASK, lost.pk)
    checks.sweep(DEAD_AFTER)


def _take_over(dead: Import) -> None:
    """Has another worker go on; a copy has no file to go on with, and some files stop every worker."""
    if dead.cancel_requested:
        _give_up(dead, Import.State.CANCELLED)
    elif not dead.path:
        words = "The worker stopped before the import was done. Nothing was changed: start it again."
        _give_up(dead, Import.State.FAILED, words)
    elif dead.restarts >= MOST_RESTARTS and not marks.has_moved(dead):
        words = f"The worker stopped during this import, {dead.restarts + 1} times. Nothing was changed."
        words += " Does it have enough memory for the file? The server's log says more."
        _give_up(dead, Import.State.FAILED, words)
    else:
        uploads.restart(dead)

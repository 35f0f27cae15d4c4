"""What a worker does with an import: rows gather in a hidden table, which appears when all of them are in.

What fails or is cancelled leaves nothing.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from itertools import batched

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from tables import catalog, copies, dispatch, events, row_order, storage
from tables.imports import mapping, uploads
from tables.imports.readers import formats
from tables.models import Import, Row, Table
from tables.signals import send_rows_changed
from workspaces.actors import Actor
from workspaces.refusals import Refused

BATCH = 2000  # rows a transaction
DEAD_AFTER = timedelta(seconds=60)  # without a heartbeat
STAGED_FOR = timedelta(hours=24)


class _Ended(Exception):
    """It was cancelled, or counts as dead."""


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
    if not Import.objects.filter(pk=import_id, state=Import.State.QUEUED).update(
        state=Import.State.RUNNING, heartbeat_at=timezone.now()
    ):
        return
    running = Import.objects.select_related("workspace", "target", "created_by").get(pk=import_id)
    try:
        _fill(running)
        _publish(running)
    except _Ended:
        _give_up(running, Import.State.CANCELLED)
    except Refused as refusal:
        _give_up(running, Import.State.FAILED, str(refusal))
    except Exception:
        _give_up(running, Import.State.FAILED, "Something went wrong on our side. The server's log says why.")
        raise


def _fill(running: Import) -> None:
    """Gathers all rows in the hidden table."""
    if "copy_of" in running.options:
        running.rows_done = _copy(running)
    else:
        running.rows_done = _read(running)
    running.rows_total = running.rows_done


def _copy(running: Import) -> int:
    assert running.table is not None
    column_ids = {int(old): int(new) for old, new in running.options["columns"].items()}
    done = 0
    for done in copies.copy_rows(running.options["copy_of"], running.table.pk, column_ids):
        _report(running, done, running.rows_total)
    return done


def _read(running: Import) -> int:
    table = _hidden_table(running)
    with uploads.opened(running) as sheet:
        if running.target is None:
            keys = mapping.new_columns(table, sheet.columns)
        else:
            keys = mapping.existing_columns(running.target, sheet.columns)
        total = formats.estimated_rows(uploads.path_of(running), sheet)
        done = 0
        for batch in batched(sheet.rows, BATCH):
            values = [json.dumps(mapping.row_values(keys, row), ensure_ascii=False) for _, row in batch]
            with transaction.atomic():
                storage.insert(table.pk, row_order.append(table.pk, len(batch)), values)
            done += len(batch)
            _report(running, done, max(total, done) if total else None)
    return done


def _hidden_table(running: Import) -> Table:
    with transaction.atomic():
        table = Table.objects.create(
            workspace=running.workspace, name=running.name, created_by=running.created_by, ready=False
        )
        if not _still_running(running).update(table=table):
            raise _Ended
    running.table = table
    return table


def _report(running: Import, done: int, total: int | None) -> None:
    """Says how far it is and that its worker is alive. Raises _Ended."""
    if not _still_running(running).update(rows_done=done, rows_total=total, heartbeat_at=timezone.now()):
        raise _Ended


def _still_running(running: Import) -> QuerySet[Import]:
    return Import.objects.filter(pk=running.pk, state=Import.State.RUNNING, cancel_requested=False)


def _publish(running: Import) -> None:
    """Lets the table appear, or lets its rows join the one to append to. Raises _Ended."""
    table, target = running.table, running.target
    assert table is not None
    with transaction.atomic():
        # Locked, so that it cannot be cancelled or counted as dead between here and the commit.
        if not _still_running(running).select_for_update().exists():
            raise _Ended
        if target is None:
            table.row_count, table.ready = running.rows_done, True
            table.save(update_fields=["row_count", "ready", "updated_at"])
        else:
            _append(table, target, running.rows_done)
            running.table = None
        running.state = Import.State.DONE
        running.save()
    storage.analyze()
    if target is not None:
        catalog.purge(table)
    uploads.remove_file(running)


def _append(table: Table, target: Table, number: int) -> None:
    """Lets the rows of one table join another; their ids are larger than those of the rows that are there."""
    storage.lock_table(target.pk)
    last = Row.objects.filter(table=target).order_by("-pk").values_list("pk", flat=True).first() or 0
    storage.append_table(table.pk, target.pk)
    storage.grow(target.pk, number)
    send_rows_changed(target.pk, None, added=True, from_row=last + 1)
    transaction.on_commit(lambda: events.publish_rows(target.pk, added=number))


def _give_up(running: Import, state: Import.State, error: str = "") -> None:
    uploads.end(running, state, error, before=(Import.State.RUNNING,))


def sweep() -> None:
    """Ends imports whose worker died, forgets files that nobody started, and sends lost tasks again."""
    now = timezone.now()
    for dead in Import.objects.filter(state=Import.State.RUNNING, heartbeat_at__lt=now - DEAD_AFTER):
        _give_up(dead, Import.State.FAILED, "The worker stopped before the import was done. Upload the file again.")
    for forgotten in Import.objects.filter(state=Import.State.STAGED, created_at__lt=now - STAGED_FOR):
        uploads.cancel(forgotten)
    for lost in Import.objects.filter(state=Import.State.QUEUED, heartbeat_at__lt=now - DEAD_AFTER):
        Import.objects.filter(pk=lost.pk).update(heartbeat_at=now)
        dispatch.send(uploads.TASK, lost.pk)

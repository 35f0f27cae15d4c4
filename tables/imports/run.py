"""Uploads on their way into a table. Rows gather in a hidden table; what fails or is cancelled leaves nothing."""

import logging
import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from datetime import timedelta
from itertools import batched, islice
from pathlib import Path
from typing import Any
from uuid import uuid4

from celery import current_app
from django.conf import settings
from django.core.files import File
from django.db import connection, transaction
from django.utils import timezone
from kombu.exceptions import OperationalError

from tables import catalog, columns, copies, events, storage
from tables.imports.readers import delimited as readers
from tables.imports.readers.delimited import Options, Sheet, Value
from tables.models import Column, Import, Row, Table
from tables.signals import send_rows_changed
from workspaces import audit
from workspaces.actors import Actor
from workspaces.refusals import Refused

log = logging.getLogger(__name__)

PREVIEWED = 20  # rows
BATCH = 2000  # rows a transaction
DEAD_AFTER = timedelta(seconds=60)  # without a heartbeat
STAGED_FOR = timedelta(hours=24)


class _Cancelled(Exception):
    pass


def receive(
    actor: Actor, file: "File[bytes]", *, name: str | None = None, table: Table | None = None,
    options: Mapping[str, Any] | None = None,
) -> Import:  # fmt: skip
    """Keeps the file and looks at its beginning. Raises Refused, and then nothing is kept."""
    filename = os.path.basename(file.name or "file")[:255]
    suffix = Path(filename).suffix.lower()
    if suffix not in readers.SUFFIXES:
        kinds = ", ".join(readers.SUFFIXES)
        words = f"“{filename}” is not a file type Marl can read. Upload one of {kinds}."
        raise Refused(words, code="unsupported_type", field="file")
    if (file.size or 0) > settings.MAX_UPLOAD_BYTES:
        most = settings.MAX_UPLOAD_BYTES // 1024 // 1024
        words = f"The file is larger than {most} MiB. Split it, or raise MARL_MAX_UPLOAD_MB."
        raise Refused(words, code="too_large", field="file")
    folder = Path(settings.MEDIA_ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{uuid4().hex}{suffix}"
    with path.open("wb") as kept:
        for chunk in file.chunks():
            kept.write(chunk)
    staged = Import(
        workspace=actor.workspace,
        created_by=actor.user,
        target=table,
        filename=filename,
        path=path.name,
        name=columns.tidy(name or "") or columns.tidy(Path(filename).stem) or "Table",
        options=_checked_options(options or {}),
        state=Import.State.STAGED,
    )
    try:
        with _opened(staged) as sheet:
            _mapped(staged, sheet)
    except Refused:
        path.unlink(missing_ok=True)
        raise
    staged.save()
    return staged


def choose(staged: Import, *, options: Mapping[str, Any] | None = None, name: str | None = None) -> None:
    """How the file is to be read, and what the table will be called. Raises Refused."""
    if staged.state != Import.State.STAGED:
        raise Refused("This file is being imported already.", code="conflict", field="file")
    staged.options = _checked_options(options or {})
    staged.name = columns.tidy(name or "") or staged.name
    staged.save(update_fields=["options", "name"])


def preview(staged: Import) -> dict[str, Any]:
    """The first rows as they would be imported; `problem` when they cannot be read this way."""
    try:
        with _opened(staged) as sheet:
            rows = [list(row) for row in islice(sheet.rows, PREVIEWED)]
            told = asdict(Options(sheet.has_header, sheet.delimiter, sheet.encoding, sheet.sheet))
            return told | {"columns": sheet.columns, "rows": rows, "sheets": list(sheet.sheets), "problem": None}
    except Refused as error:
        return asdict(Options(**staged.options)) | {"columns": [], "rows": [], "sheets": [], "problem": str(error)}


def start(staged: Import) -> None:
    """Hands it to a worker."""
    if not Import.objects.filter(pk=staged.pk, state=Import.State.STAGED).update(
        state=Import.State.QUEUED, heartbeat_at=timezone.now()
    ):
        raise Refused("This file is being imported already.", code="conflict", field="file")
    staged.refresh_from_db()
    audit.note(staged.workspace_id, "table.imported", staged.name, staged.pk)
    transaction.on_commit(lambda: _hand_over(staged.pk))


def start_copy(actor: Actor, source: Table, copy: Table, columns: Mapping[int, int]) -> Import:
    """Fills a hidden copy of the table, {column id: id of its copy}, as if it were a file."""
    running = Import.objects.create(
        workspace=actor.workspace, created_by=actor.user, table=copy, name=copy.name,
        options={"copy_of": source.pk, "columns": dict(columns)}, state=Import.State.QUEUED,
        rows_total=source.row_count, heartbeat_at=timezone.now(),
    )  # fmt: skip
    transaction.on_commit(lambda: _hand_over(running.pk))
    return running


def _hand_over(import_id: int) -> None:
    try:
        current_app.send_task("tables.run_import", [import_id])
    except OperationalError as error:
        log.warning("import %s waits for the sweep, the broker is down: %s", import_id, error)


def cancel(running: Import) -> None:
    """At once for what has not begun; else within a second. What is done stays."""
    waiting = (Import.State.STAGED, Import.State.QUEUED)
    if Import.objects.filter(pk=running.pk, state__in=waiting).update(state=Import.State.CANCELLED):
        _end(running, Import.State.CANCELLED)
        _remove_file(running)
    else:
        Import.objects.filter(pk=running.pk, state=Import.State.RUNNING).update(cancel_requested=True)
    running.refresh_from_db()


def run(import_id: int) -> None:
    """Does the import, once; how it ended is in its state."""
    now = timezone.now()
    if not Import.objects.filter(pk=import_id, state=Import.State.QUEUED).update(
        state=Import.State.RUNNING, heartbeat_at=now
    ):
        return
    running = Import.objects.select_related("workspace", "target", "created_by").get(pk=import_id)
    try:
        if "copy_of" in running.options:
            _copy(running)
        else:
            _fill(running)
        _publish(running)
    except _Cancelled:
        _end(running, Import.State.CANCELLED)
    except Refused as error:
        _end(running, Import.State.FAILED, str(error))
    except Exception:
        log.exception("import %s failed", import_id)
        _end(running, Import.State.FAILED, "Something went wrong on our side; it is in the server's log.")
        raise
    finally:
        _remove_file(running)


def _fill(running: Import) -> None:
    table = Table.objects.create(
        workspace=running.workspace, name=running.name, created_by=running.created_by, ready=False
    )
    running.table = table
    running.save(update_fields=["table"])
    with _opened(running) as sheet:
        keys = _mapped(running, sheet)
        total = _rows_expected(running, sheet)
        done = 0
        for batch in batched(sheet.rows, BATCH):
            Row.objects.bulk_create(
                Row(table=table, position=done + number, values=_row_values(keys, row))
                for number, row in enumerate(batch)
            )
            done += len(batch)
            _tell(running, done, max(total, done) if total else None)
    running.rows_done = running.rows_total = done


def _tell(running: Import, done: int, total: int | None) -> None:
    """How far it is. Raises _Cancelled."""
    if not Import.objects.filter(pk=running.pk, cancel_requested=False).update(
        rows_done=done, rows_total=total, heartbeat_at=timezone.now()
    ):
        raise _Cancelled


def _copy(running: Import) -> None:
    assert running.table is not None
    total = running.rows_total
    ids = {int(old): int(new) for old, new in running.options["columns"].items()}
    done = copies.fill(running.options["copy_of"], running.table.pk, ids, lambda done: _tell(running, done, total))
    running.rows_done = running.rows_total = done


def _mapped(running: Import, sheet: Sheet) -> list[str]:
    """The column ids that the file's columns go to; made in the table, or found in the one to append to."""
    if running.target is None:
        if running.table is None:
            return []
        made = [
            Column(table=running.table, name=name, position=number, type="text")
            for number, name in enumerate(sheet.columns)
        ]
        return [str(column.pk) for column in Column.objects.bulk_create(made)]
    mine = {column.name: column for column in columns.live(running.target)}
    missing = [name for name in sheet.columns if name not in mine]
    if missing:
        names = ", ".join(f"“{name}”" for name in missing[:5])
        raise readers.unreadable(
            f"“{running.target.name}” has no column {names}. Rename it in the file, or add it to the table."
        )
    computed = [name for name in sheet.columns if mine[name].is_computed]
    if computed:
        raise readers.unreadable(f"“{computed[0]}” is filled by Marl and cannot be imported. Leave it out of the file.")
    return [str(mine[name].pk) for name in sheet.columns]


def _row_values(keys: Sequence[str], row: Sequence[Value]) -> dict[str, Value]:
    return {
        key: value.replace("\0", "") if isinstance(value, str) else value
        for key, value in zip(keys, row, strict=False)
        if value is not None and value != ""
    }


def _rows_expected(running: Import, sheet: Sheet) -> int | None:
    """Counted lines: near enough for a progress bar."""
    path = _path(running)
    if path.suffix in (".xlsx", ".json"):
        return None
    with path.open("rb") as file:
        lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
    return max(1, lines - int(sheet.has_header))


def _publish(running: Import) -> None:
    """All rows are in: the table appears, or its rows join the one to append to."""
    table, target = running.table, running.target
    assert table is not None
    with transaction.atomic():
        if not Import.objects.select_for_update().filter(pk=running.pk, cancel_requested=False).exists():
            raise _Cancelled
        if target is None:
            table.row_count, table.ready = running.rows_done, True
            table.save()
        else:
            first = _append(table, target, running.rows_done)
            send_rows_changed(target.pk, None, added=True, from_position=first)
            transaction.on_commit(lambda: events.publish_rows(target.pk, added=running.rows_done))
            running.table = None
        running.state = Import.State.DONE
        running.save()
    storage.analyze()
    if target is not None:
        catalog.purge(table)


def _append(table: Table, target: Table, number: int) -> int:
    """New rows behind the last one, with ids in their order; the position of the first."""
    locked = Table.objects.select_for_update().get(pk=target.pk)
    first = locked.row_count
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO tables_row (table_id, position, "values") '
            'SELECT %s, position + %s, "values" FROM tables_row WHERE table_id = %s ORDER BY position',
            [target.pk, first, table.pk],
        )
    locked.row_count = first + number
    locked.save(update_fields=["row_count", "updated_at"])
    return first


def _end(running: Import, state: str, error: str = "") -> None:
    half = running.table
    Import.objects.filter(pk=running.pk).update(state=state, error=error, table=None)
    if half is not None:
        catalog.purge(half)


def as_json(found: Import) -> dict[str, Any]:
    """The import of the API."""
    done = found.state == Import.State.DONE
    return {
        "id": found.pk, "state": found.state, "rows_done": found.rows_done, "rows_total": found.rows_total,
        "table_id": found.target_id or (found.table_id if done else None), "error": found.error or None,
        "name": found.name, "filename": found.filename,
    }  # fmt: skip


def sweep() -> None:
    """Imports whose worker died are failed and cleaned up; forgotten files go; lost tasks are sent again."""
    now = timezone.now()
    for dead in Import.objects.filter(state=Import.State.RUNNING, heartbeat_at__lt=now - DEAD_AFTER):
        _end(dead, Import.State.FAILED, "The worker ended before the import did. Upload the file again.")
        _remove_file(dead)
    for forgotten in Import.objects.filter(state=Import.State.STAGED, created_at__lt=now - STAGED_FOR):
        cancel(forgotten)
    for lost in Import.objects.filter(state=Import.State.QUEUED, heartbeat_at__lt=now - DEAD_AFTER):
        _hand_over(lost.pk)


def _opened(staged: Import) -> AbstractContextManager[Sheet]:
    return readers.opened(_path(staged), _path(staged).suffix, Options(**staged.options))


def _path(found: Import) -> Path:
    return Path(settings.MEDIA_ROOT) / found.path


def _remove_file(found: Import) -> None:
    if found.path:
        _path(found).unlink(missing_ok=True)


def _checked_options(options: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in options.items() if key in Options.__dataclass_fields__ and value is not None}

"""Imports whose rows come from an API: they wait until all of them are there, and then go on as a file's do."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from tables import dispatch
from tables.imports import uploads
from tables.models import Import, Table
from workspaces.models import User


def begin(table: Table, name: str, user: User | None) -> Import:
    """Returns an import into the table that waits for its rows."""
    return Import.objects.create(
        workspace=table.workspace,
        created_by=user,
        target=table,
        name=name,
        state=Import.State.FETCHING,
        started_at=timezone.now(),
    )


def report(import_: Import, rows: int) -> bool:
    """Says how many rows there are so far; returns whether they are still waited for."""
    waiting = Import.objects.filter(pk=import_.pk, state=Import.State.FETCHING)
    return bool(waiting.update(rows_done=rows, heartbeat_at=timezone.now()))


def hand_over(
    import_: Import, rows: Iterable[Mapping[str, Any]], into: Mapping[str, Any], notes: Sequence[str] = ()
) -> None:
    """Has the rows imported, each {column of the file: value}; `into` holds `mapping.Choices`.

    An import that was cancelled meanwhile stays so.
    """
    waiting = Import.objects.filter(pk=import_.pk, state=Import.State.FETCHING)
    path, earlier = _file(f"{uuid4().hex}.jsonl"), import_.path
    # Noted before it is there: if this worker dies, whoever goes on or gives up finds the file and removes it.
    if not waiting.update(path=path.name):
        return
    if earlier:
        _file(earlier).unlink(missing_ok=True)
    number = _written(path, rows)
    now = timezone.now()
    warnings = [{"line": None, "message": note, "column": None} for note in notes]
    mine = waiting.filter(path=path.name)  # unless this worker was taken for dead
    if not number:
        _end_empty(mine, warnings)
        path.unlink(missing_ok=True)
        return
    facts = {"into": dict(into), "warnings": warnings, "rows_done": 0, "rows_total": number}
    if not mine.update(state=Import.State.QUEUED, heartbeat_at=now, **facts):
        path.unlink(missing_ok=True)
        return
    dispatch.send(uploads.TASK, import_.pk)


def _end_empty(mine: QuerySet[Import], warnings: Sequence[Mapping[str, Any]]) -> None:
    with transaction.atomic():
        found = mine.select_for_update().first()
        if found is None:
            return
        found.state, found.finished_at, found.path = Import.State.DONE, timezone.now(), ""
        found.counts, found.warnings, found.rows_total = dict.fromkeys(uploads.COUNTED, 0), list(warnings), 0
        found.save()
        uploads.tell_end(found)


def _file(name: str) -> Path:
    return Path(settings.MEDIA_ROOT) / name


def _written(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Writes a line for each row; returns how many there are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    number = 0
    try:
        with path.open("w", encoding="ascii") as file:
            for row in rows:
                file.write(f"{json.dumps(row)}\n")
                number += 1
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return number


def fail(import_: Import, error: str) -> None:
    """Ends it without a row."""
    uploads.end(import_, Import.State.FAILED, error, before=(Import.State.FETCHING,))

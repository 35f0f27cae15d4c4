"""Imports whose rows come from an API: they wait until all of them are there, and then go on as a file's do."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
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
    path, number = _written(rows)
    now = timezone.now()
    warnings = [{"line": None, "message": note, "column": None} for note in notes]
    waiting = Import.objects.filter(pk=import_.pk, state=Import.State.FETCHING)
    if not number:
        counts = dict.fromkeys(uploads.COUNTED, 0)
        waiting.update(state=Import.State.DONE, counts=counts, warnings=warnings, rows_total=0, finished_at=now)
        path.unlink()
        return
    facts = {"path": path.name, "into": dict(into), "warnings": warnings, "rows_done": 0, "rows_total": number}
    if not waiting.update(state=Import.State.QUEUED, heartbeat_at=now, **facts):
        path.unlink()
        return
    dispatch.send(uploads.TASK, import_.pk)


def _written(rows: Iterable[Mapping[str, Any]]) -> tuple[Path, int]:
    """Writes a line for each row; returns the file and how many there are."""
    folder = Path(settings.MEDIA_ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    path, number = folder / f"{uuid4().hex}.jsonl", 0
    try:
        with path.open("w", encoding="ascii") as file:
            for row in rows:
                file.write(f"{json.dumps(row)}\n")
                number += 1
    except BaseException:
        path.unlink()
        raise
    return path, number


def fail(import_: Import, error: str) -> None:
    """Ends it without a row."""
    uploads.end(import_, Import.State.FAILED, error, before=(Import.State.FETCHING,))

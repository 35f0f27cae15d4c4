"""Runs as people see them: planned, paused, resumed, stopped, described."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from enrichment.models import Run
from enrichment.runs import claims, failures, progress, results, runners
from tables import cells, events, storage, view_snapshots
from tables.models import Cell, CellState, Column, ColumnType, Row, Table
from tables.rows import MOST_AT_ONCE
from workspaces import audit
from workspaces.models import User

OPEN = (Run.State.PLANNING, Run.State.RUNNING, Run.State.PAUSED)
MOST_OF_VIEW = 10_000  # rows
WORDS = ("missing", "failed", "stale", "all")

ended: list[Callable[[Run], None]] = []  # what follows when a run is done or stopped


class RunRefused(Exception):
    """Why this cannot be done now; `code` is conflict or invalid."""

    def __init__(self, message: str, code: str = "conflict") -> None:
        super().__init__(message)
        self.code = code


def plan(column: Column, scope: object, user: User | None = None, *, automatic: bool = False) -> Run:
    """A run over the rows of the scope; it starts by itself. Raises RunRefused."""
    if column.type != ColumnType.HTTP:
        raise RunRefused(f"“{column.name}” {not_run(column)} Only an HTTP API column can run.", "invalid")
    checked = chosen(column, scope)
    with transaction.atomic():
        storage.lock_table(column.table_id)
        busy = Run.objects.filter(column=column, state__in=OPEN, automatic=False).exists()
        if busy and not automatic:
            raise RunRefused(f"“{column.name}” is already running. Stop that run first.")
        run = prepared(column, checked)
        run.automatic, run.created_by = automatic, user
        _start(run)
        if not automatic:
            _note(run, "run.started", rows=checked if isinstance(checked, str) else [*checked])
    return run


def chosen(column: Column, scope: object) -> str | dict[str, Any]:
    """The scope as a run keeps it: what is like a failed row, and what a view holds, is row ids from now on.

    Raises RunRefused.
    """
    checked = check_scope(scope)
    if isinstance(checked, str):
        return checked
    if "view" in checked:
        return {"ids": sorted(view_snapshots.row_ids(column.table_id, checked["view"], MOST_OF_VIEW))}
    if "like" in checked:
        row_ids = failures.row_ids_like(column, checked["like"])
        if not row_ids:
            words = f"Row {checked['like']} of “{column.name}” hasn't failed, so no rows failed like it."
            raise RunRefused(words, "invalid")
        return {"ids": row_ids}
    return checked


def _start(run: Run) -> None:
    run.save()
    runners.open_for(run)
    transaction.on_commit(lambda: announce(run.pk))


def _note(run: Run, action: str, **detail: Any) -> None:
    name = f"{run.column.name} in {run.column.table.name}"
    audit.note(run.column.table.workspace_id, action, name, run.column_id, run=run.pk, **detail)


def not_run(column: Column) -> str:
    """Why a column that is no HTTP column sends nothing."""
    if column.is_computed:
        return "is recalculated automatically when a row changes."
    return "holds values that people enter."


def prepared(column: Column, scope: str | dict[str, Any]) -> Run:
    """A run as it would be planned, not saved."""
    run = Run(table_id=column.table_id, column=column, scope=scope)
    run.last_row = _last_row(column.table_id, scope)
    run.total = _total(run)
    return run


def plan_after(column: Column, row_id: int, last_row: int | None = None) -> Run:
    """An automatic run over every row behind this one, up to the last one."""
    with transaction.atomic():
        run = Run(table_id=column.table_id, column=column, scope="all", automatic=True, cursor=row_id)
        run.last_row = last_row or _last_row(column.table_id, "all")
        run.total = claims.row_ids_of(run).count()
        _start(run)
    return run


def check_scope(scope: object) -> str | dict[str, Any]:
    """Raises RunRefused for anything but the scopes of the API."""
    if isinstance(scope, str) and scope in WORDS:
        return scope
    if isinstance(scope, Mapping) and len(scope) == 1:
        first, ids, all_but = scope.get("first"), scope.get("ids"), scope.get("all_but")
        like, view = scope.get("like"), scope.get("view")
        if isinstance(first, int) and not isinstance(first, bool) and first > 0:
            return {"first": first}
        if isinstance(ids, list) and ids and all(str(pk).isdigit() for pk in ids):
            return {"ids": sorted({int(pk) for pk in ids})}
        if isinstance(all_but, list) and len(all_but) <= MOST_AT_ONCE and all(str(pk).isdigit() for pk in all_but):
            return {"all_but": sorted({int(pk) for pk in all_but})}
        if str(like).isdigit():
            return {"like": int(str(like))}
        if isinstance(view, str):
            return {"view": view}
    raise RunRefused(
        'Say which rows: "missing", "failed", "stale", "all", {"first": 10}, {"ids": [1, 2]}, {"all_but": [1, 2]}, '
        '{"view": "…"} or {"like": 7}, a row that failed like those.',
        "invalid",
    )


def _last_row(table_id: int, scope: str | dict[str, Any]) -> int:
    rows = Row.objects.filter(table_id=table_id)
    if isinstance(scope, dict) and "first" in scope:
        rows = rows.filter(position__lt=scope["first"])
    return rows.order_by("-position").values_list("pk", flat=True).first() or 0


def _total(run: Run) -> int:
    """Counted without reading rows where that can be known from the column's counts."""
    table = Table.objects.get(pk=run.table_id)
    if run.scope == "all":
        return table.row_count
    if isinstance(run.scope, dict) and "first" in run.scope:
        return min(int(run.scope["first"]), table.row_count)
    if run.scope == "missing":
        have = Cell.objects.filter(column_id=run.column_id, state__in=claims.HAS_RESULT).count()
        return max(0, table.row_count - have)
    return claims.row_ids_of(run).count()


def as_json(run: Run) -> dict[str, Any]:
    """The run of the API."""
    counts = {name: int(getattr(run, name)) for name in results.COUNTED}
    ended = sum(counts.values())
    pending = max(0, run.total - ended) if run.state in OPEN else 0
    rate = _rate(run, ended)
    return {
        "id": run.pk, "column_id": run.column_id, "table_id": run.table_id, "state": run.state, "scope": run.scope,
        "automatic": run.automatic, "counts": {"total": run.total, **counts, "pending": pending},
        "started_at": run.started_at, "finished_at": run.finished_at, "rate_per_s": rate,
        "seconds_left": round(pending / rate) if rate and pending else (0 if not pending else None),
        "stop_reason": run.stop_reason or None,
    }  # fmt: skip


def _rate(run: Run, ended: int) -> float | None:
    """Of the last seconds while it runs, of all its time when it is over."""
    if not run.started_at or not ended:
        return None
    recent = progress.recent(run.pk, ended) if run.state == Run.State.RUNNING else None
    if recent is not None:
        return round(recent, 1)
    elapsed = ((run.finished_at or timezone.now()) - run.started_at).total_seconds()
    return round(ended / max(elapsed, 0.05), 1)


def announce(run_id: int) -> None:
    run = Run.objects.filter(pk=run_id).first()
    if run:
        events.publish_run(run.table_id, as_json(run))


def pause(run: Run) -> Run:
    """Takes effect within a second; what is under way ends."""
    return _move(run, (Run.State.PLANNING, Run.State.RUNNING), Run.State.PAUSED)


def resume(run: Run) -> Run:
    changed = _move(run, (Run.State.PAUSED,), Run.State.RUNNING)
    runners.go_on(run.pk)
    return changed


def _move(run: Run, before: Sequence[str], after: str) -> Run:
    if not Run.objects.filter(pk=run.pk, state__in=before).update(state=after):
        run.refresh_from_db()
        raise RunRefused(f"This run is {Run.State(run.state).label.lower()}.")
    announce(run.pk)
    run.refresh_from_db()
    return run


def stop(run: Run, reason: str = "") -> Run:
    """Stops for good: nothing more is sent, rows not begun are left as they were."""
    with transaction.atomic():
        storage.lock_table(run.table_id)
        locked = Run.objects.select_for_update().get(pk=run.pk)
        if locked.state in OPEN:
            locked.state = Run.State.STOPPED
            locked.stop_reason = reason
            locked.finished_at = timezone.now()
            results.give_up(locked)
            claims.drop_released(locked.pk)
            counted = sum(getattr(locked, name) for name in results.COUNTED)
            locked.cancelled += max(0, locked.total - counted - claims.open_count(locked.pk))
            locked.save()
            for follow in ended:
                follow(locked)
            if not reason:
                _note(run, "run.stopped")
    announce(run.pk)
    run.refresh_from_db()
    return run


def begin(run_id: int) -> Run | None:
    """The run, under way from now on; None when it is over or waits for somebody to resume it."""
    if not Run.objects.filter(pk=run_id, state__in=claims.ACTIVE).update(state=Run.State.RUNNING):
        return None
    Run.objects.filter(pk=run_id, started_at=None).update(started_at=timezone.now())
    return Run.objects.select_related("column__table").filter(pk=run_id).first()


def finish(run_id: int) -> bool:
    """Ends the run when no row of it is left; True when it is over."""
    found = Run.objects.filter(pk=run_id).first()
    if found is None:
        return True  # its table was deleted
    with transaction.atomic():
        storage.lock_table(found.table_id)
        run = Run.objects.select_for_update().filter(pk=run_id).first()
        if run is None or run.state in (Run.State.DONE, Run.State.STOPPED):
            return True
        if run.state != Run.State.RUNNING or claims.open_count(run_id) or claims.row_ids_of(run)[:1]:
            return False
        run.state = Run.State.DONE
        run.finished_at = timezone.now()
        run.total = sum(getattr(run, name) for name in results.COUNTED)
        run.save()
        for follow in ended:
            follow(run)
    announce(run_id)
    return True


def pending_pairs(table_id: int, rows: Sequence[tuple[int, int]], column_ids: Sequence[int]) -> set[tuple[int, int]]:
    """The cells of this window that an open run has still to come to: {(row id, column id)}."""
    pairs: set[tuple[int, int]] = set()
    for run in Run.objects.filter(table_id=table_id, column_id__in=column_ids, state__in=OPEN):
        ids = [row_id for row_id, _ in rows if run.cursor < row_id <= run.last_row]
        if isinstance(run.scope, dict) and "ids" in run.scope:
            chosen = set(run.scope["ids"])
            ids = [row_id for row_id in ids if row_id in chosen]
        elif isinstance(run.scope, dict) and "all_but" in run.scope:
            left_out = set(run.scope["all_but"])
            ids = [row_id for row_id in ids if row_id not in left_out]
        elif isinstance(run.scope, str) and run.scope != "all" and ids:
            ids = _of_state(run, ids)
        pairs.update((row_id, run.column_id) for row_id in ids)
    return pairs


def _of_state(run: Run, ids: list[int]) -> list[int]:
    found = cells.of_rows(ids, [run.column_id])

    def belongs(cell: Cell | None) -> bool:
        if run.scope == "missing":
            return cell is None or cell.state not in claims.HAS_RESULT
        return cell is not None and (cell.stale if run.scope == "stale" else cell.state == CellState.FAILED)

    return [row_id for row_id in ids if belongs(found.get((row_id, run.column_id)))]

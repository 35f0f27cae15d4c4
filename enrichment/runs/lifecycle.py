"""The life of a run: planned, begun, paused, resumed, stopped or done."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from enrichment.models import Run
from enrichment.runs import claims, progress, results, runners
from enrichment.runs.scope import Scope
from tables import storage
from tables.models import Column, ColumnType
from workspaces import audit
from workspaces.models import User
from workspaces.refusals import Refused

ended: list[Callable[[Run], None]] = []  # called in the transaction in which a run is done or stopped


def plan(column: Column, rows: object, user: User | None = None, *, automatic: bool = False) -> Run:
    """Plans a run over a scope of the API; it starts by itself. Raises Refused."""
    if column.type != ColumnType.HTTP:
        raise Refused(f"“{column.name}” {why_no_run(column)} Only an HTTP API column can run.")
    scope = Scope.parse(rows, column)
    with transaction.atomic():
        storage.lock_table(column.table_id)
        if not automatic and Run.objects.filter(column=column, state__in=Run.OPEN, automatic=False).exists():
            raise Refused(f"“{column.name}” is already running. Stop that run first.", code="conflict")
        run = draft(column, scope)
        run.automatic, run.created_by = automatic, user
        _start(run)
        if not automatic:
            _note(run, "run.started", rows=scope.kind)
    return run


def plan_after(column: Column, row_id: int, last_row: int | None = None) -> Run:
    """Plans an automatic run over every row after this one, up to the last one."""
    scope = Scope("all")
    with transaction.atomic():
        run = Run(table_id=column.table_id, column=column, scope=scope.as_json(), automatic=True, cursor=row_id)
        run.last_row = last_row or scope.last_row(column.table_id)
        run.total = scope.row_ids(run).count()
        _start(run)
    return run


def draft(column: Column, scope: Scope) -> Run:
    """Returns a run as it would be planned, not saved."""
    run = Run(table_id=column.table_id, column=column, scope=scope.as_json())
    run.last_row = scope.last_row(column.table_id)
    run.total = scope.total(run)
    return run


def why_no_run(column: Column) -> str:
    """Ends a sentence about a column of another type: why it sends nothing."""
    if column.is_computed:
        return "is recalculated automatically when a row changes."
    return "holds values that people enter."


def _start(run: Run) -> None:
    run.save()
    runners.open_for(run)
    transaction.on_commit(lambda: progress.announce(run.pk))


def _note(run: Run, action: str, **detail: Any) -> None:
    name = f"{run.column.name} in {run.column.table.name}"
    audit.note(run.column.table.workspace_id, action, name, run.column_id, run=run.pk, **detail)


def pause(run: Run) -> Run:
    """Takes effect within a second; what is under way ends. Raises Refused."""
    return _move(run, Run.ACTIVE, Run.State.PAUSED)


def resume(run: Run) -> Run:
    """Raises Refused for a run that is not paused."""
    resumed = _move(run, (Run.State.PAUSED,), Run.State.RUNNING)
    runners.go_on(run.pk)
    return resumed


def _move(run: Run, before: Sequence[str], after: str) -> Run:
    if not Run.objects.filter(pk=run.pk, state__in=before).update(state=after):
        run.refresh_from_db()
        raise Refused(f"This run is {Run.State(run.state).label.lower()}.", code="conflict")
    progress.announce(run.pk)
    run.refresh_from_db()
    return run


def stop(run: Run, reason: str = "") -> Run:
    """Stops for good: nothing more is sent, and rows that were not sent stay as they were."""
    with transaction.atomic():
        storage.lock_table(run.table_id)
        locked = Run.objects.select_for_update().get(pk=run.pk)
        if locked.state in Run.OPEN:
            locked.state = Run.State.STOPPED
            locked.stop_reason = reason
            locked.finished_at = timezone.now()
            results.give_up(locked)
            claims.drop_released(locked.pk)
            locked.cancelled += max(0, locked.total - results.ended_count(locked) - claims.open_count(locked))
            _end(locked)
            if not reason:
                _note(run, "run.stopped")
    progress.announce(run.pk)
    run.refresh_from_db()
    return run


def begin(run_id: int) -> Run | None:
    """Returns the run, under way from now on; None when it is over or waits for somebody to resume it."""
    if not Run.objects.filter(pk=run_id, state__in=Run.ACTIVE).update(state=Run.State.RUNNING):
        return None
    Run.objects.filter(pk=run_id, started_at=None).update(started_at=timezone.now())
    return Run.objects.select_related("column__table").filter(pk=run_id).first()


def finish(run_id: int) -> bool:
    """Ends the run when no row of it is left. Returns whether it is over."""
    table_id = Run.objects.filter(pk=run_id).values_list("table_id", flat=True).first()
    if table_id is None:
        return True  # its table was deleted
    with transaction.atomic():
        storage.lock_table(table_id)
        run = Run.objects.select_for_update().filter(pk=run_id).first()
        if run is None or run.state not in Run.OPEN:
            return True
        if run.state != Run.State.RUNNING or claims.open_count(run) or claims.row_ids_ahead(run)[:1]:
            return False
        run.state = Run.State.DONE
        run.finished_at = timezone.now()
        run.total = results.ended_count(run)
        _end(run)
    progress.announce(run_id)
    return True


def _end(run: Run) -> None:
    run.save()
    for follow in ended:
        follow(run)

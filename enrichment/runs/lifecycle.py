"""The life of a run: planned, begun, paused by a person or by itself, resumed, stopped or done."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from enrichment import graph
from enrichment.models import Run
from enrichment.runs import claims, progress, results, runners
from enrichment.runs.results import Pause
from enrichment.runs.scope import Scope
from tables import storage
from tables.models import Column, ColumnType
from workspaces import audit
from workspaces.models import User
from workspaces.refusals import Refused

ended: list[Callable[[Run], None]] = []  # called in the transaction in which a run is done or stopped


def plan(
    column: Column,
    rows: object,
    user: User | None = None,
    *,
    automatic: bool = False,
    scheduled: bool = False,
    ask_again: bool = False,
    only_calls: bool = False,
) -> Run:
    """Plans a run over a scope of the API; it starts by itself. Raises Refused.

    Rows whose exchange is still open go on with it, instead of being sent anew, if it is to `ask_again`, and where
    nobody says that they are to be sent whatever they have. With `only_calls`, nothing is sent: only what APIs have
    posted is read.
    """
    if column.type != ColumnType.HTTP:
        raise Refused(f"“{column.name}” {why_no_run(column)} Only an HTTP API column can run.")
    scope = Scope.parse(rows, column)
    with transaction.atomic():
        storage.lock_table(column.table_id)
        if not automatic and Run.objects.filter(column=column, state__in=Run.OPEN, automatic=False).exists():
            raise Refused(f"“{column.name}” is already running. Stop that run first.", code="conflict")
        run = draft(column, scope)
        run.automatic, run.scheduled, run.only_calls, run.created_by = automatic, scheduled, only_calls, user
        run.asks_again = run.asks_again or ask_again or automatic
        _start(run)
        if not automatic:
            _note(run, "run.started", rows=scope.kind)
    return run


def plan_several(columns: Sequence[Column], rows: object, user: User | None = None) -> list[Run]:
    """Plans a run of each of these columns, each after those that it needs. Raises Refused, and then none runs."""
    by_id = {column.pk: column for column in columns}
    for column in columns:
        if column.type != ColumnType.HTTP:
            raise Refused(f"“{column.name}” {why_no_run(column)} Only an HTTP API column can run.")
    needs = graph.of_table(columns[0].table_id)
    in_order = [pk for pk in needs.in_order(needs.with_inputs(by_id)) if pk in by_id]
    with transaction.atomic():
        return [plan(by_id[pk], rows, user) for pk in in_order]


def plan_after(column: Column, row_id: int, last_row: int | None = None) -> Run:
    """Plans an automatic run over every row after this one, up to the last one."""
    scope = Scope("all")
    with transaction.atomic():
        run = Run(table_id=column.table_id, column=column, scope=scope.as_json(), automatic=True, cursor=row_id)
        run.asks_again = True
        run.last_row = last_row or scope.last_row(column.table_id)
        run.total = scope.row_ids(run).count()
        _start(run)
    return run


def draft(column: Column, scope: Scope) -> Run:
    """Returns a run as it would be planned, not saved."""
    run = Run(table_id=column.table_id, column=column, scope=scope.as_json())
    run.asks_again = scope.kind in ("missing", "failed", "stale")
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
    if not _move(run, Run.ACTIVE, Run.State.PAUSED):
        raise _refused(run)
    return _announced(run)


def pause_itself(run: Run, pause: Pause) -> Run:
    """Pauses a run that is under way because of what its API says."""
    changes = {"stop_reason": pause.reason, "resumes_at": pause.resumes_at, "paused_at": timezone.now()}
    _move(run, Run.ACTIVE, Run.State.PAUSED, **changes)
    return _announced(run)


def resume(run: Run) -> Run:
    """Resumes it now, whatever wait its API asked for. Raises Refused for a run that is not paused."""
    if not _go_on(run, lifts_hold=True):
        raise _refused(run)
    return _announced(run)


def resume_due() -> None:
    """Resumes the runs whose time has come; those that paused in the future did so before the clock was set back."""
    now = timezone.now()
    for run in Run.objects.filter(Q(resumes_at__lte=now) | Q(paused_at__gt=now), state=Run.State.PAUSED):
        if run.resumes_at and _go_on(run):
            progress.announce(run.pk)


def _go_on(run: Run, *, lifts_hold: bool = False) -> bool:
    with transaction.atomic():
        changes = {"stop_reason": "", "paused_at": None, "resumes_at": None, "lifts_hold": lifts_hold}
        if not _move(run, (Run.State.PAUSED,), Run.State.RUNNING, **changes):
            return False
        claims.make_due(run)
        runners.go_on(run.pk)
    return True


def _move(run: Run, before: Sequence[str], after: str, **changes: Any) -> bool:
    return bool(Run.objects.filter(pk=run.pk, state__in=before).update(state=after, **changes))


def _refused(run: Run) -> Refused:
    run.refresh_from_db()
    return Refused(f"This run is {Run.State(run.state).label.lower()}.", code="conflict")


def _announced(run: Run) -> Run:
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
            locked.finished_at, locked.resumes_at = timezone.now(), None
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
        if run.state != Run.State.RUNNING or claims.has_open(run) or claims.row_ids_ahead(run)[:1]:
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

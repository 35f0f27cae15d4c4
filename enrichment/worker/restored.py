"""What a restored Marl may not simply go on with: what was under way when its backup was made.

The Marl that the backup is of went on after that, and nobody here knows how far. So what must not be sent twice is in
doubt, and the rest waits until somebody says that it may go on.
"""

from collections.abc import Iterator
from datetime import datetime
from itertools import batched

import redis
from django.conf import settings
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from enrichment import schedules
from enrichment.models import (
    Claim,
    Connection,
    HttpColumn,
    ListWork,
    Notice,
    OpenExchange,
    Recalculation,
    Run,
    Runner,
    Schedule,
    Source,
    Worker,
)
from enrichment.runs import claims
from enrichment.schema import HttpConfig
from tables.models import Backfill, Cell, CellState, Deletion, Edit, Import, Table
from workspaces import audit
from workspaces.models import Workspace
from workspaces.refusals import Refused
from workspaces.sealing import CannotOpen, open_sealed

_ROWS_OF_CLAIM = 1000
_NOBODY = 0  # the id of no worker: the next sweep takes its claims over
_UNDER_WAY: tuple[tuple[type[Model], Q], ...] = (  # what goes on by itself and may change rows
    (Recalculation, Q()),
    (ListWork, Q()),
    (Backfill, Q()),
    (Edit, Q(heartbeat_at__isnull=False)),
    (Import, Q(undo_heartbeat_at__isnull=False)),
    (Import, Q(state__in=(Import.State.QUEUED, Import.State.RUNNING))),  # the latter begin again: their worker is gone
    (Deletion, ~Q(move="")),
)


def check_redis() -> None:
    """Raises Refused for a Redis that was given and holds something: tokens and queued work of another Marl."""
    if settings.REDIS_URL.startswith("unix:"):
        return  # the one that Marl brings along starts with what is in its folder: nothing
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5) as server:
            number = server.dbsize()
    except redis.RedisError as error:
        raise Refused(f"Redis can't be asked whether it is empty: {error}. Start it, or correct REDIS_URL.") from error
    if number:
        raise Refused(
            f"Redis isn't empty: it has {number} keys, and those of another Marl would be taken for this one's. "
            "Name another database in REDIS_URL, such as redis://host:6379/1, or empty this one."
        )


def settle(made_at: datetime, *, nothing_since: bool = False) -> list[str]:
    """Has nothing sent before somebody says so, and nothing twice that may not be. In the transaction that restores.

    With `nothing_since`, the Marl of the backup did nothing after it was made. Returns what people should know.
    """
    Worker.objects.all().delete()
    Runner.objects.update(worker_id=None, token="")
    told = [_pause_runs(made_at, nothing_since=nothing_since), *_put_off_schedules(), _fail_fetches(), _drop_notices()]
    told += [_turn_off_auto_update(), _unreadable()]
    for workspace in Workspace.objects.all():
        audit.note(workspace.pk, "workspace.restored", workspace.name, workspace.pk, made_at=made_at.isoformat())
    return [words for words in told if words]


def _pause_runs(made_at: datetime, *, nothing_since: bool) -> str:
    runs = Run.objects.filter(state__in=Run.OPEN).select_related("column__http")
    reason = f"Marl was restored from a backup of {in_words(made_at)}. Resume the run when its rows may be sent."
    in_doubt = 0
    for run in runs:
        Claim.objects.filter(run=run).update(journal="")
        if not (nothing_since or run.only_calls or HttpConfig(**run.column.http.config).may_repeat):
            in_doubt += _doubt(run)
    changes = {"stop_reason": reason, "paused_at": timezone.now(), "resumes_at": None}
    paused = Run.objects.filter(state__in=Run.OPEN).update(state=Run.State.PAUSED, **changes)
    words = _counted(paused, "run that was open is paused", "runs that were open are paused")
    doubt = _counted(in_doubt, "row of them", "rows of them")
    return words and f"{words}: resume them in their tables." + (doubt and f" {doubt} will say “May have been sent”.")


def _doubt(run: Run) -> int:
    """Puts all rows that the run has not ended into claims that the next sweep ends as maybe sent."""
    own = Claim.objects.filter(run=run)
    claimed = {pk for row_ids in own.values_list("row_ids", flat=True) for pk in row_ids}
    parked = _parked(run)
    row_ids = sorted({*claimed, *parked.values_list("row_id", flat=True), *claims.row_ids_ahead(run)})
    parked.update(state=CellState.RUNNING, due_at=None)
    own.delete()
    Claim.objects.bulk_create(_claims(run, row_ids))
    Run.objects.filter(pk=run.pk).update(cursor=max(run.cursor, run.last_row))
    return len(row_ids)


def _parked(run: Run) -> QuerySet[Cell]:
    """Returns the cells that are tried later, but for those of which all that is still to be sent is a question."""
    asking = OpenExchange.objects.filter(column_id=run.column_id).values("row_id")
    cells = Cell.objects.filter(column_id=run.column_id, run_id=run.pk, state__in=claims.PARKED)
    return cells.exclude(state=CellState.WAITING, row_id__in=asking)


def _claims(run: Run, row_ids: list[int]) -> Iterator[Claim]:
    for batch in batched(row_ids, _ROWS_OF_CLAIM):
        yield Claim(
            run=run,
            column_id=run.column_id,
            worker_id=_NOBODY,
            row_ids=list(batch),
            intended=batch[-1],
            token=claims.IN_DOUBT,
        )


def _put_off_schedules() -> Iterator[str]:
    """Has what was due meanwhile wait for its next time."""
    now = timezone.now()
    missed = "Marl was restored from a backup, so the times until then were left out."
    due_columns = list(Schedule.objects.filter(due_at__lte=now))
    for schedule in due_columns:
        following = schedules.Settings(**schedule.config).recurrence.after(now)
        Schedule.objects.filter(pk=schedule.pk).update(due_at=following, refusal=missed)
    due_sources = list(Source.objects.filter(due_at__lte=now))
    for source in due_sources:
        following = schedules.Times(**(source.schedule or {})).recurrence.after(now)
        Source.objects.filter(pk=source.pk).update(due_at=following, refusal=missed)
    yield _counted(
        len(due_columns) + len(due_sources),
        "schedule whose time has passed waits for its next time.",
        "schedules whose time has passed wait for their next time.",
    )


def _fail_fetches() -> str:
    """Ends what was being fetched from APIs: a worker would ask for all of it at once."""
    words = "Marl was restored from a backup that was made meanwhile. Nothing was changed: run the source again."
    open_ones = Import.objects.filter(state=Import.State.FETCHING)
    failed = open_ones.update(state=Import.State.FAILED, error=words, finished_at=timezone.now())
    return _counted(
        failed, "fetch of a source was under way and has failed.", "fetches of sources were under way and have failed."
    )


def _drop_notices() -> str:
    words = "Marl was restored from a backup; this notice may have been sent before."
    dropped = Notice.objects.filter(due_at__isnull=False).update(due_at=None, error=words)
    return _counted(
        dropped, "notice may have been sent and isn't sent again.", "notices may have been sent and aren't sent again."
    )


def _turn_off_auto_update() -> str:
    """Where something goes on by itself that may change rows, nothing is sent because of it."""
    if not any(model._default_manager.filter(going_on).exists() for model, going_on in _UNDER_WAY):
        return ""
    automatic = HttpColumn.objects.filter(config__auto_update=True, column__deleted_at=None)
    tables = Table.objects.filter(pk__in=automatic.values("column__table"), auto_update=True, deleted_at=None)
    names = ", ".join(f"“{name}”" for name in tables.order_by("name").values_list("name", flat=True))
    tables.update(auto_update=False)
    return names and (
        f"Rows were being changed, so auto-update is off in {names}. Turn it on in the settings of the table, "
        "once you have seen which results are out of date."
    )


def _unreadable() -> str:
    lost = [f"“{found.name}”" for found in Connection.objects.all() if not _opens(found.secrets)]
    if not lost:
        return ""
    return (
        f"The encryption key that is here doesn't open the secrets of {', '.join(lost)}. Add the key of the Marl that "
        "was backed up (MARL_ENCRYPTION_KEYS, or the file encryption-key), or enter the secrets again."
    )


def _opens(sealed: str) -> bool:
    try:
        open_sealed(sealed)
    except CannotOpen:
        return False
    return True


def _counted(number: int, one: str, more: str) -> str:
    return f"{number:,} {one if number == 1 else more}" if number else ""


def in_words(moment: datetime) -> str:
    """Returns a moment like 2 January 2026, 10:00 UTC."""
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"

"""A look at the whole of a staged file, as if it were imported: what would be added, updated and left out."""

from datetime import timedelta
from functools import partial

from django.db.models import F, QuerySet
from django.utils import timezone

from tables import catalog, dispatch
from tables.imports import gathering, rejected
from tables.imports.progress import Ended, Progress
from tables.models import Import, Table
from workspaces.refusals import Refused

TASK = "tables.check_import"
ORPHANED_AFTER = timedelta(hours=24)


def start(staged: Import) -> None:
    """Hands it to a worker; a look with other choices that is under way ends by itself."""
    Import.objects.filter(pk=staged.pk, state=Import.State.STAGED).update(
        check_state=Import.CheckState.RUNNING,
        check_found=None,
        check_number=F("check_number") + 1,
        heartbeat_at=timezone.now(),
    )
    staged.refresh_from_db()
    dispatch.send(TASK, staged.pk, staged.check_number)


def run(import_id: int, number: int) -> None:
    """Looks at the file, unless another look was asked for since or the import has been started."""
    latest = Import.objects.filter(
        pk=import_id, state=Import.State.STAGED, check_state=Import.CheckState.RUNNING, check_number=number
    )
    staged = latest.select_related("workspace", "target", "created_by").first()
    if staged is None:
        return
    table = gathering.hidden_table(staged)
    try:
        if latest.update(table=table):
            _look(staged, table, latest)
    except Ended:
        pass  # nobody waits for it any more
    except Refused as refusal:
        latest.update(check_state=Import.CheckState.FAILED, error=str(refusal))
    except Exception:
        latest.update(check_state=Import.CheckState.FAILED, error="Something went wrong on our side.")
        raise
    finally:
        catalog.purge(table)
        rejected.path_of(staged).unlink(missing_ok=True)


def _look(staged: Import, table: Table, latest: QuerySet[Import]) -> None:
    gathered = gathering.gather(staged, table, Progress(staged, partial(latest.all)))
    found = gathered.counts | {"rows": gathered.rows, "warnings": gathered.warnings}
    latest.update(check_state=Import.CheckState.DONE, check_found=found, error="", heartbeat_at=timezone.now())


def sweep(dead_after: timedelta) -> None:
    """Ends looks whose worker died, and purges hidden tables that no import has any more."""
    now = timezone.now()
    running = Import.objects.filter(state=Import.State.STAGED, check_state=Import.CheckState.RUNNING)
    running.filter(heartbeat_at__lt=now - dead_after).update(
        check_state=Import.CheckState.FAILED, error="The worker stopped before the file was checked. Try again."
    )
    hidden = Table.objects.filter(ready=False, deleted_at=None, created_at__lt=now - ORPHANED_AFTER)
    for orphan in hidden.exclude(pk__in=_tables_in_use()):
        catalog.purge(orphan)


def _tables_in_use() -> QuerySet[Import, int | None]:
    in_use = Import.objects.filter(table__isnull=False, state__in=(Import.State.QUEUED, Import.State.RUNNING))
    return in_use.values_list("table_id", flat=True)

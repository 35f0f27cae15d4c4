"""Runs of sources: each an import whose rows a worker fetches first. Nothing comes in before all of them are there."""

import json
import logging
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from enrichment import leases, schedules
from enrichment.engine.errors import InvalidSettings, RowError
from enrichment.engine.shapes.progress import Progress
from enrichment.http_client import event_loop
from enrichment.models import Source, SourceRun
from enrichment.notices import telling
from enrichment.preview.one_row import as_json as attempt_json
from enrichment.runs.results import Result
from enrichment.schema import SAFE_METHODS
from enrichment.sources import arrivals, fetching, settings
from enrichment.sources.fetching import At, Later
from enrichment.sources.settings import Draft
from enrichment.worker import heartbeat
from tables import dispatch, events
from tables.imports import fetched, uploads
from tables.models import Import, Table
from workspaces import audit
from workspaces.models import User
from workspaces.refusals import Refused
from workspaces.sealing import CannotOpen, open_sealed, seal

FETCH = "enrichment.fetch_source"
KEPT = 50  # runs of each source
UNDER_WAY = (Import.State.FETCHING, Import.State.QUEUED, Import.State.RUNNING)
_NOTHING = "Nothing was changed."
_SHOWN_BODY = 20_000  # characters of the answer of a run that failed

log = logging.getLogger(__name__)


class Stopped(Exception):
    """The run was cancelled, or another worker goes on with it."""


def of_source(source: Source) -> QuerySet[SourceRun]:
    """Returns its runs, the newest first."""
    return SourceRun.objects.filter(source=source).select_related("import_job__target").order_by("-pk")


def under_way(source: Source) -> SourceRun | None:
    return of_source(source).filter(import_job__state__in=UNDER_WAY).first()


def start(source: Source, user: User | None, *, scheduled: bool = False) -> SourceRun:
    """Has the source fetched. Raises InvalidSettings, or Refused while it is under way."""
    if not settings.of_source(source).fields:
        raise Refused("No field goes into a column yet. Choose columns for the fields of the source.", field="columns")
    with transaction.atomic():
        # Two that start at once wait here for each other, so that the second one sees the run of the first.
        Source.objects.filter(pk=source.pk).update(name=source.name)
        if under_way(source):
            words = f"“{source.name}” is being fetched already. Wait until it is done, or cancel that run."
            raise Refused(words, code="conflict")
        run = SourceRun.objects.create(
            source=source, import_job=fetched.begin(source.table, source.name, user), scheduled=scheduled
        )
        _forget_oldest(source)
        audit.note(source.table.workspace_id, "source.run", f"{source.name} of {source.table.name}", source.pk)
        dispatch.send(FETCH, run.pk)
    return run


def _forget_oldest(source: Source) -> None:
    kept = of_source(source).values_list("pk", flat=True)[:KEPT]
    SourceRun.objects.filter(source=source, pk__lt=min(kept)).delete()


def fetch(run_id: int) -> None:
    """Fetches the list as far as that takes no long wait, and hands it over when it is whole."""
    heartbeat.worker_id()  # renews what is kept
    run = _claimed(run_id)
    if run is None:
        return
    with leases.kept(_mine(run)):
        try:
            draft = settings.of_source(run.source)
            found = _fetched(run, draft)
            if isinstance(found, Later):
                _put_off(run, draft, found)
            else:
                _end(run, draft, found)
        except Stopped:
            pass  # whoever stopped it has said so
        except (Refused, InvalidSettings, RowError) as error:
            _fail(run, str(error))
        except Exception:
            _fail(run, "Something went wrong on our side. The server's log says why.")
            raise


def _open() -> leases.Leases[SourceRun]:
    return SourceRun.objects.filter(import_job__state=Import.State.FETCHING)


def _mine(run: SourceRun) -> leases.Leases[SourceRun]:
    return SourceRun.objects.filter(pk=run.pk, token=run.token)


def _claimed(run_id: int) -> SourceRun | None:
    """Returns the run if nobody is at it and it is time."""
    is_due = Q(due_at=None) | Q(due_at__lte=timezone.now())
    # Without a join: PostgreSQL would look at what the row was before another worker took it.
    free = SourceRun.objects.filter(is_due, pk=run_id, token="")
    if not (_open().filter(pk=run_id).exists() and free.renew(token=uuid4().hex, due_at=None)):
        return None
    return SourceRun.objects.select_related("source__table", "import_job").get(pk=run_id)


def _fetched(run: SourceRun, draft: Draft) -> Result | Later:
    at, config = _opened(run.kept, draft), draft.compiled.config
    if run.intended and not config.may_repeat and not (at.progress and at.progress.next_method in SAFE_METHODS):
        raise Refused("Marl stopped during this request. Check whether it arrived before you run the source again.")
    _check_table(run)
    _mine(run).update(intended=True)

    async def told(at: At) -> None:
        await event_loop.in_database(_report, run, at)

    return event_loop.run(fetching.fetch(fetching.job_of(draft, run.source_id), at, told))


def _check_table(run: SourceRun) -> None:
    """Raises Refused where the table is gone: nobody waits for its rows."""
    if not Table.objects.filter(sources=run.source_id, deleted_at=None).exists():
        raise Refused("The table was deleted while its source was fetched.")


def _report(run: SourceRun, at: At) -> None:
    """Raises Stopped, or Refused where the table is gone."""
    _check_table(run)
    if not (_mine(run).update(pages=at.pages) and fetched.report(run.import_job, len(at.items))):
        raise Stopped


def _put_off(run: SourceRun, draft: Draft, later: Later) -> None:
    """Lets another worker go on: this one is free meanwhile."""
    at, due = later.at, timezone.now() + timedelta(seconds=later.seconds)
    kept = {"attempts": at.attempts, "notes": dict(at.notes), "progress": at.progress and at.progress.as_json()}
    kept["sent"] = draft.compiled.config.asked.sent
    facts = {"kept": seal({"at": json.dumps(kept)}), "intended": False, "due_at": due}
    if _mine(run).update(token="", pages=at.pages, **facts):
        dispatch.send(FETCH, run.pk, delay=later.seconds)


def _opened(kept: str, draft: Draft) -> At:
    """Raises Refused where its key is gone, or where what comes next would be of another request."""
    try:
        text = open_sealed(kept).get("at")
    except CannotOpen as error:
        words = "The key that this run was encrypted with is gone, so it can't go on. Run the source again."
        raise Refused(words) from error
    if not text:
        return At()
    found = json.loads(text)
    if not found["progress"]:
        return At(found["attempts"], found["notes"])
    if found.get("sent", draft.compiled.config.asked.sent) != draft.compiled.config.asked.sent:
        raise Refused("The settings of the source changed while it was fetched. Run it again.")
    return At(found["attempts"], found["notes"], Progress.of_json(found["progress"]))


def _end(run: SourceRun, draft: Draft, result: Result) -> None:
    try:
        _check_table(run)
        found = arrivals.of_items(draft, fetching.items_of(draft, result))
    except Refused as refusal:
        _fail(run, str(refusal), result)
        return
    notes = [*fetching.remarks(draft, result), *arrivals.lost_fields(run.source), *found.notes]
    notes += [] if found.rows else [fetching.of_empty(draft, result)]
    into = {
        "columns": [{"from": field.column.name, "to": field.column.pk} for field in draft.fields],
        "key": run.source.key,
        "on_match": draft.matching.on_match,
        "keep_blank": draft.matching.keep_blank,
    }
    if _mine(run).update(pages=fetching.detail_of(result).get("pages", 1)):
        fetched.hand_over(run.import_job, found.rows, into, notes)


def _fail(run: SourceRun, error: str, result: Result | None = None) -> None:
    last = attempt_json(result.new_attempts[-1]) if result and result.new_attempts else None
    if last and last["response"]:
        body = last["response"]["body"] or ""
        cut = {"body": body[:_SHOWN_BODY], "truncated": last["response"]["truncated"] or len(body) > _SHOWN_BODY}
        last["response"] = last["response"] | cut
    if last:
        last["started_at"] = last["started_at"].isoformat()
    if _mine(run).update(kept="", failure=last):
        fetched.fail(run.import_job, f"{error.rstrip('.')}. {_NOTHING}")


def sweep() -> None:
    """Takes runs from workers that died, and sends lost tasks again. A worker has beaten since the last sweep."""
    lapsed = _open().lapsed()
    SourceRun.objects.filter(pk__in=lapsed.exclude(token="").values("pk")).update(token="")
    is_due = Q(due_at=None) | Q(due_at__lte=timezone.now())
    for pk in lapsed.filter(is_due, token="").values_list("pk", flat=True):
        dispatch.send(FETCH, pk)
    _open().note()


def seal_anew() -> None:
    """Seals what is kept of runs with the first key; a run that no key opens fails when it is its turn."""
    for run in _open().exclude(kept=""):
        try:
            sealed = seal(open_sealed(run.kept))
        except CannotOpen:
            continue
        SourceRun.objects.filter(pk=run.pk, kept=run.kept).update(kept=sealed)


def run_due() -> None:
    """Starts a run of each source that is due: one, however many of its times passed while nobody looked."""
    now = timezone.now()
    schedules.put_back(Source.objects.all(), _times, now)
    due = Source.objects.filter(due_at__lte=now, table__deleted_at=None)
    for source in due.select_related("table__workspace", "created_by"):
        try:
            _run(source)
        except Exception:  # of one source, which must not keep the others
            log.exception("source %s can't run by the clock", source.pk)


def _times(source: Source) -> schedules.Times:
    return schedules.Times(**(source.schedule or {}))


def _run(source: Source) -> None:
    now = timezone.now()
    following = _times(source).recurrence.after(now)
    with transaction.atomic():
        # Whoever moves the time on has it: another scheduler that looks at the same moment finds it moved.
        mine = Source.objects.filter(pk=source.pk, due_at=source.due_at)
        if not mine.update(due_at=following, ran_at=now, refusal=""):
            return
        try:
            with transaction.atomic():
                start(source, source.created_by, scheduled=True)
        except (Refused, InvalidSettings) as refusal:
            Source.objects.filter(pk=source.pk).update(refusal=str(refusal))
            telling.source_refused(source, str(refusal))


def import_ended(import_: Import) -> None:
    """Tells of a run whose import has ended; other imports are no runs."""
    run = SourceRun.objects.filter(import_job=import_).select_related("source__table").first()
    if run:
        source = run.source
        telling.fetch_ended(source, import_)
        shown = uploads.as_json(import_)
        transaction.on_commit(lambda: events.publish_fetch(source.table_id, source.name, shown))


def as_json(run: SourceRun) -> dict[str, Any]:
    """Returns the import of the API, with what its source has to say of it."""
    of_run = {"source_id": run.source_id, "scheduled": run.scheduled, "pages": run.pages, "failure": run.failure}
    return uploads.as_json(run.import_job) | of_run

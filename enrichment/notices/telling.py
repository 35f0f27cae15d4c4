"""Notes whom to tell, in the transaction in which a run ends. Nobody is told of what people did themselves."""

from django.utils import timezone

from enrichment.models import Notice, NoticeSettings, Run, Source
from enrichment.notices import settings as notice_settings
from enrichment.notices import words
from tables import dispatch
from tables.models import Column, Import

DELIVER = "enrichment.deliver_notice"


def run_ended(run: Run) -> None:
    """Tells of a run that did not start by itself when a row changed."""
    stopped_by_hand = run.state == Run.State.STOPPED and not run.stop_reason
    if run.automatic or stopped_by_hand:
        return
    found = notice_settings.of_table(run.table_id)
    if found.when == "always" or _has_failed(run, found):
        _note(found, Notice(run=run, name=run.column.name), words.of_run(run))


def fetch_ended(source: Source, import_: Import) -> None:
    """Tells of a run of a source."""
    if import_.state == Import.State.CANCELLED or source.table.deleted_at:
        return
    found = notice_settings.of_table(source.table_id)
    if found.when == "always" or _fetch_has_failed(import_, found):
        _note(found, Notice(source=source, kind="source", name=source.name), words.of_fetch(source, import_))


def column_refused(column: Column, reason: str) -> None:
    """Tells of a column that could not run when it was due, which counts as a failure."""
    found = notice_settings.of_table(column.table_id)
    _note(found, Notice(name=column.name), words.of_refused_column(column, reason))


def source_refused(source: Source, reason: str) -> None:
    """Tells of a source that could not run when it was due, which counts as a failure."""
    found = notice_settings.of_table(source.table_id)
    _note(found, Notice(source=source, kind="source", name=source.name), words.of_refused_source(source, reason))


def _has_failed(run: Run, found: NoticeSettings) -> bool:
    ended = run.done + run.no_data + run.failed + run.unknown
    return run.state == Run.State.STOPPED or _is_above(found, run.failed + run.unknown, ended)


def _fetch_has_failed(import_: Import, found: NoticeSettings) -> bool:
    rejected = import_.counts.get("rejected", 0)
    return import_.state == Import.State.FAILED or _is_above(found, rejected, import_.rows_total or 0)


def _is_above(found: NoticeSettings, failed: int, number: int) -> bool:
    return failed * 100 > found.failed_percent * number


def _note(found: NoticeSettings, notice: Notice, text: str) -> None:
    """Stores a copy of the notice for each channel that is set."""
    for channel in notice_settings.channels(found):
        notice.pk, notice.table_id, notice.text = None, found.table_id, text
        notice.channel, notice.due_at = channel, timezone.now()
        notice.save(force_insert=True)
        dispatch.send(DELIVER, notice.pk)

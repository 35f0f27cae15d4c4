"""What the workers do for tables."""

from celery import shared_task

from tables import (
    backfills,
    column_indexes,
    comments,
    deletions,
    duplicate_searches,
    edits,
    mentions,
    moves,
    outbox,
    purging,
    replacements,
    storage,
)
from tables.imports import checks, job, orphans, undoing, uploads
from tables.models import Mention

WIDENING = 5.0  # seconds of a sweep
SHRINKING = 120.0  # seconds a day


@shared_task(name=uploads.TASK, ignore_result=True)
def run_import(import_id: int) -> None:
    job.run(import_id)


@shared_task(name=undoing.TASK, ignore_result=True)
def undo_import(import_id: int) -> None:
    undoing.run(import_id)


@shared_task(name=checks.TASK, ignore_result=True)
def check_import(import_id: int, number: int) -> None:
    checks.run(import_id, number)


@shared_task(name="tables.sweep", ignore_result=True)
def sweep() -> None:
    job.sweep()
    backfills.sweep()
    moves.sweep()
    replacements.sweep()
    undoing.sweep()
    outbox.dispatch_due(Mention, mentions.TASK)
    storage.widen_keys(WIDENING)


@shared_task(name="tables.prune", ignore_result=True)
def prune() -> None:
    purging.prune()
    comments.prune()
    edits.prune()
    undoing.prune()
    orphans.prune()
    column_indexes.drop_unused()
    storage.give_back_space(SHRINKING)


@shared_task(name=backfills.TASK, ignore_result=True)
def backfill_column(column_id: int) -> None:
    backfills.run(column_id)


@shared_task(name=deletions.MOVE_TASK, ignore_result=True)
def move_rows(deletion_id: int) -> None:
    moves.run(deletion_id)


@shared_task(name=duplicate_searches.TASK, ignore_result=True)
def search_duplicates(table_id: int, token: str) -> None:
    duplicate_searches.run(table_id, token)


@shared_task(name=replacements.TASK, ignore_result=True)
def replace(edit_id: int) -> None:
    replacements.run(edit_id)


@shared_task(name=purging.TASK, ignore_result=True)
def purge_deletion(deletion_id: int) -> None:
    purging.run(deletion_id)


@shared_task(name=column_indexes.TASK, ignore_result=True)
def index_column(column_id: int) -> None:
    column_indexes.make(column_id)


@shared_task(name=mentions.TASK, ignore_result=True)
def mail_mention(mention_id: int) -> None:
    mentions.mail(mention_id)

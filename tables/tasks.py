"""What the workers do for tables."""

from celery import shared_task

from tables import backfills, purging, storage
from tables.imports import checks, job, undoing, uploads

WIDENING = 5.0  # seconds of a sweep


@shared_task(name=uploads.TASK, ignore_result=True)
def run_import(import_id: int) -> None:
    job.run(import_id)


@shared_task(name=checks.TASK, ignore_result=True)
def check_import(import_id: int, number: int) -> None:
    checks.run(import_id, number)


@shared_task(name="tables.sweep", ignore_result=True)
def sweep() -> None:
    job.sweep()
    backfills.sweep()
    storage.widen_keys(WIDENING)


@shared_task(name="tables.prune", ignore_result=True)
def prune() -> None:
    purging.prune()
    undoing.prune()


@shared_task(name=backfills.TASK, ignore_result=True)
def backfill_column(column_id: int) -> None:
    backfills.run(column_id)


@shared_task(name=purging.TASK, ignore_result=True)
def purge_deletion(deletion_id: int) -> None:
    purging.run(deletion_id)

"""What the workers do for this room."""

from celery import shared_task

from tables import catalog, conversion, copies
from tables.imports import run as imports


@shared_task(name="tables.run_import", ignore_result=True)
def run_import(import_id: int) -> None:
    imports.run(import_id)


@shared_task(name="tables.sweep", ignore_result=True)
def sweep() -> None:
    imports.sweep()


@shared_task(name="tables.prune", ignore_result=True)
def prune() -> None:
    catalog.prune()


@shared_task(name=conversion.TASK, ignore_result=True)
def convert_column(column_id: int) -> None:
    conversion.run(column_id)


@shared_task(name=copies.TASK, ignore_result=True)
def copy_column(source_id: int, target_id: int) -> None:
    copies.run(source_id, target_id)

"""What the workers are asked to do: ids alone, one step at a time."""

from celery import shared_task
from celery.signals import worker_shutting_down

from enrichment import dispatch, ledger, recompute, recovery, runs, status, steps


@shared_task(name=runs.ADVANCE, ignore_result=True)
def advance(run_id: int, token: str = "") -> None:
    again = steps.advance(run_id, token)
    if again:
        next_token, seconds = again
        dispatch.send(runs.ADVANCE, run_id, next_token, delay=seconds)


@shared_task(name=ledger.ADVANCE, ignore_result=True)
def compute(table_id: int, token: str = "") -> None:
    again = recompute.advance(table_id, token)
    if again:
        next_token, seconds = again
        dispatch.send(ledger.ADVANCE, table_id, next_token, delay=seconds)


@shared_task(name="enrichment.sweep", ignore_result=True)
def sweep() -> None:
    recovery.sweep()
    status.heard_from_scheduler()


@worker_shutting_down.connect
def _drain(**_: object) -> None:
    steps.drain(8)

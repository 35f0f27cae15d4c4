"""What the workers are asked to do: ids alone, one step at a time."""

from celery import shared_task
from celery.signals import worker_process_shutdown, worker_ready, worker_shutdown, worker_shutting_down

from enrichment.dataflow import recalculate, recalculations
from enrichment.http_client import event_loop
from enrichment.monitoring import probes
from enrichment.runs import failures, runners
from enrichment.worker import deduplication, heartbeat, recovery, step
from tables import dispatch

GRACE = 7.0  # seconds that requests have to end when the worker is stopped
GROUPING = 0.5  # seconds of a sweep that failures from before there were groups get


@shared_task(name=runners.ADVANCE, ignore_result=True)
def advance(run_id: int, token: str = "", runner: int = 0) -> None:
    again = step.advance(run_id, token, runner)
    if again:
        next_token, seconds = again
        dispatch.send(runners.ADVANCE, run_id, next_token, runner, delay=seconds)


@shared_task(name=recalculations.ADVANCE, ignore_result=True)
def compute(table_id: int, token: str = "") -> None:
    again = recalculate.advance(table_id, token)
    if again:
        next_token, seconds = again
        dispatch.send(recalculations.ADVANCE, table_id, next_token, delay=seconds)


@shared_task(name="enrichment.sweep", ignore_result=True)
def sweep() -> None:
    recovery.sweep()
    failures.group_older(GROUPING)
    probes.note_scheduler()


@shared_task(name="enrichment.prune", ignore_result=True)
def prune() -> None:
    deduplication.prune()


@worker_ready.connect
def _begin(**_: object) -> None:
    event_loop.start()
    heartbeat.worker_id()


@worker_shutting_down.connect
def _end(**_: object) -> None:
    step.end_all(GRACE)


@worker_shutdown.connect
@worker_process_shutdown.connect
def _leave(**_: object) -> None:
    heartbeat.leave()

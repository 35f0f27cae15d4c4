"""What the workers are asked to do: ids alone, one step at a time."""

import gc

from celery import shared_task
from celery.signals import worker_process_shutdown, worker_ready, worker_shutdown, worker_shutting_down

from enrichment import schedules
from enrichment.dataflow import list_rows, recalculate, recalculations
from enrichment.http_client import event_loop
from enrichment.models import Notice
from enrichment.monitoring import probes
from enrichment.notices import delivery, telling
from enrichment.runs import attempts, batches, callbacks, calls, failures, retention, runners
from enrichment.sources import runs as source_runs
from enrichment.worker import deduplication, heartbeat, recovery, step
from tables import dispatch, outbox

GRACE = 7.0  # seconds that requests have to end when the worker is stopped
GROUPING = 0.5  # seconds of a sweep that failures from before there were groups get


@shared_task(name=runners.ADVANCE, ignore_result=True)
def advance(run_id: int, token: str = "", runner: int = 0) -> None:
    again = step.advance(run_id, token, runner)
    if again:
        next_token, seconds = again
        runners.send(run_id, next_token, runner, delay=seconds)


@shared_task(name=recalculations.ADVANCE, ignore_result=True)
def compute(table_id: int, token: str = "") -> None:
    again = recalculate.advance(table_id, token)
    if again:
        next_token, seconds = again
        dispatch.send(recalculations.ADVANCE, table_id, next_token, delay=seconds)


@shared_task(name=list_rows.ADVANCE, ignore_result=True)
def make_rows_of_lists(list_id: int, token: str = "") -> None:
    if again := list_rows.advance(list_id, token):
        dispatch.send(list_rows.ADVANCE, list_id, *again)


@shared_task(name=source_runs.FETCH, ignore_result=True)
def fetch_source(run_id: int) -> None:
    source_runs.fetch(run_id)


@shared_task(name=telling.DELIVER, ignore_result=True)
def deliver_notice(notice_id: int) -> None:
    delivery.deliver(notice_id)


@shared_task(name="enrichment.sweep", ignore_result=True)
def sweep() -> None:
    if recovery.sweep():
        source_runs.sweep()
    calls.sweep()
    failures.group_older(GROUPING)
    probes.note_scheduler()
    schedules.run_due()
    source_runs.run_due()
    outbox.dispatch_due(Notice, telling.DELIVER)


@shared_task(name="enrichment.prune", ignore_result=True)
def prune() -> None:
    deduplication.prune()
    delivery.prune()
    batches.prune()
    attempts.prune()
    callbacks.prune()
    retention.begin_due()


@shared_task(name=retention.SWEEP, ignore_result=True)
def delete_attempts(table_id: int) -> None:
    if retention.advance(table_id):
        dispatch.send(retention.SWEEP, table_id)


@worker_ready.connect
def _begin(**_: object) -> None:
    gc.freeze()  # What is loaded stays: looking through it for garbage takes as long as all that is done with a row.
    event_loop.start()
    heartbeat.worker_id()


@worker_shutting_down.connect
def _end(**_: object) -> None:
    step.end_all(GRACE)


@worker_shutdown.connect
@worker_process_shutdown.connect
def _leave(**_: object) -> None:
    heartbeat.leave()

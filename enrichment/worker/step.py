"""Advances a run by about five seconds, as often as its runners are asked to."""

import asyncio
import logging

from django.db import DatabaseError
from redis import RedisError

from enrichment.engine.errors import InvalidSettings
from enrichment.engine.formula import SandboxBusy
from enrichment.http_client import event_loop
from enrichment.models import Run
from enrichment.runs import claims, lifecycle, runners
from enrichment.worker import budget, heartbeat, job, pipeline
from enrichment.worker.budget import Budget
from enrichment.worker.job import Job
from enrichment.worker.pipeline import Pipeline
from enrichment.worker.prepare import BUSY

log = logging.getLogger(__name__)

LONGEST_PAUSE = 5.0  # seconds between two steps
SHORTEST_PAUSE = 0.1  # seconds; less is not worth a pause


def advance(run_id: int, token: str, runner: int = 0) -> tuple[str, float] | None:
    """Takes one step.

    Returns the token of the next step and the seconds until then, or None when the runner is done or another worker's.
    """
    acquired = runners.acquire(run_id, runner, token, heartbeat.worker_id())
    if acquired is None:
        return None
    try:
        pause = _advance(run_id, runner)
        runners.release(run_id, runner, acquired)
    except (RedisError, DatabaseError) as error:
        log.warning("the run waits: %s", error, extra={"run": run_id, "runner": runner})
        return acquired, BUSY.total_seconds()
    return None if pause is None else (acquired, pause)


def _advance(run_id: int, runner: int) -> float | None:
    """Returns the seconds until the next step, or None when the runner has nothing more to do."""
    if not heartbeat.is_alive():
        return BUSY.total_seconds()
    run = lifecycle.begin(run_id)
    if run is None:
        return None
    try:
        loaded = job.load(run)
    except InvalidSettings as error:
        lifecycle.stop(run, f"Check the settings: {error}")
        return None
    except SandboxBusy:
        return BUSY.total_seconds()
    if run.lifts_hold:
        event_loop.run(loaded.limiter.lift())
        Run.objects.filter(pk=run_id).update(lifts_hold=False)
    ended = event_loop.run(_run(loaded))
    if lifecycle.finish(run_id):
        return None
    if ended.exhausted and runner:  # the first runner waits for what is left
        runners.close(run_id, runner)
        return None
    pause = ended.wait or _pause_before_next(run_id)
    return min(LONGEST_PAUSE, pause) if pause > SHORTEST_PAUSE else 0.0


async def _run(loaded: Job) -> Budget:
    step = Pipeline(loaded)
    await step.run()
    return step.budget


def _pause_before_next(run_id: int) -> float:
    """Returns seconds: with nothing to claim, the next step waits for rows that are under way or tried again later."""
    run = Run.objects.filter(pk=run_id).first()
    if run is None or claims.row_ids_ahead(run)[:1]:
        return 0.0
    due = claims.next_due(run)
    return 0.5 if due is None else max(0.05, due)


def end_all(seconds: float) -> None:
    """Ends every step before the process does."""
    budget.end_all()
    end_requests(seconds)


def end_requests(seconds: float) -> None:
    """Gives requests under way so long to end, then breaks them off."""
    drain(seconds)

    async def break_off() -> None:
        for step in pipeline.under_way:
            step.break_off()

    event_loop.run(break_off())
    drain(1.0)


def drain(seconds: float) -> None:
    """Waits, at most so long, until what is under way has ended and is stored."""

    async def wait() -> None:
        if ends := [asyncio.create_task(step.stored.wait()) for step in pipeline.under_way]:
            await asyncio.wait(ends, timeout=seconds)

    event_loop.run(wait())

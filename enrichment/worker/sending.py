"""Sends one admitted row and turns whatever happens into its result."""

import asyncio
import logging
from datetime import timedelta

from django.db import DatabaseError
from django.utils import timezone
from redis import RedisError

from enrichment.connections.token_cache import LATER
from enrichment.engine.errors import RowError, SignInError
from enrichment.engine.formula import SandboxBusy
from enrichment.http_client.rate_limit import Reservation
from enrichment.runs.results import Result
from enrichment.worker import exchange, heartbeat, reading
from enrichment.worker.job import Job
from enrichment.worker.prepare import BUSY
from enrichment.worker.ready import Ready, ended_by
from enrichment.worker.send_journal import Journal
from enrichment.worker.writer import Writer
from tables.models import CellState

log = logging.getLogger(__name__)


async def send(
    job: Job, row: Ready, reservation: Reservation, writer: Writer, journal: Journal | None = None
) -> Result:
    """Returns how the row ended, or when it is tried again; raises nothing, so that no row is left without a result."""
    try:
        return await _send(job, row, reservation, writer, journal)
    except asyncio.CancelledError:
        return exchange.broken_off(job, row)
    except SignInError as error:
        if error.code == LATER:
            return row.ended(CellState.QUEUED, due_at=timezone.now() + BUSY)
        return sign_in_failed(job, row, error, writer)
    except RowError as error:
        return ended_by(row.row_id, error, row.attempts)
    except (RedisError, SandboxBusy, DatabaseError) as error:
        log.warning("the row waits: %s", error, extra={"run": job.run.pk, "row": row.row_id})
        return row.ended(CellState.QUEUED, due_at=timezone.now() + BUSY)
    except Exception:
        log.exception("the row could not be sent", extra={"run": job.run.pk, "row": row.row_id})
        return exchange.went_wrong(job, row)


async def _send(job: Job, row: Ready, reservation: Reservation, writer: Writer, journal: Journal | None) -> Result:
    if journal and not reading.may_repeat(job, row):
        try:
            await journal.mark(row)  # before it waits for its start, so that it starts in time
        except (RedisError, asyncio.CancelledError):
            job.limiter.release(reservation)
            raise
    reservation = await job.limiter.start(reservation)
    if job.limiter.held:  # since it was admitted
        job.limiter.release(reservation)
        return row.ended(CellState.LIMITED, due_at=timezone.now() + timedelta(seconds=job.limiter.held))
    if writer.stopped or not heartbeat.is_alive():
        job.limiter.release(reservation)
        return row.ended(CellState.QUEUED)
    result = await exchange.exchange(job, row, reservation, lambda: not writer.stopped and heartbeat.is_alive())
    if result.pause:
        writer.pause(result.pause)
    return result


def sign_in_failed(job: Job, row: Ready, error: SignInError, writer: Writer) -> Result:
    """Ends the row, and with it the run: the other rows would fail the same way."""
    why = error.message.removeprefix("Sign-in was refused: ")
    writer.stop(f"Sign-in to “{job.connection}” failed: {why}")
    return ended_by(row.row_id, error, row.attempts)

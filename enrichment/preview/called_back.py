"""A test of one row whose API posts the result: what it sends is kept for an hour under an address of its own."""

import asyncio

from enrichment.engine.formula import Evaluators
from enrichment.engine.shapes.progress import Progress
from enrichment.http_client import event_loop
from enrichment.models import CallbackAddress
from enrichment.runs import callbacks
from enrichment.runs.callbacks import State
from enrichment.runs.results import Result
from enrichment.worker import calling_back
from enrichment.worker.calling_back import Call
from enrichment.worker.job import Job
from enrichment.worker.ready import Ready
from tables.models import Column

LOOKS_EVERY = 0.5  # seconds


def address_of(column: Column, row: Ready) -> CallbackAddress | None:
    """Returns where the API may post the result of this test; None where its request holds no address."""
    return callbacks.keep_for_test(column, row.row_id, row.callback) if row.callback else None


async def within(job: Job, address: CallbackAddress | None, seconds: float, progress: Progress) -> Result | None:
    """Waits so many seconds for a call, and returns what it makes of the row."""
    end = event_loop.now() + seconds
    while address and (left := end - event_loop.now()) > 0:
        if result := await event_loop.in_database(read, job, address.pk, address.row_id, progress):
            return result
        await asyncio.sleep(min(left, LOOKS_EVERY))
    return None


def read(job: Job, pk: int, row_id: int, progress: Progress | None = None) -> Result | None:
    """Returns what the call of a test makes of its row; None where nobody has called."""
    address = callbacks.of_test(pk, row_id)
    if address is None or address.state != State.CALLED:
        return None
    with Evaluators() as evaluators:
        result = calling_back.read(job, evaluators, Call.of(row_id, address, progress, 1))
    state = result.call or State.READ
    CallbackAddress.objects.filter(pk=pk).update(state=state, body=None, headers=None)
    return result

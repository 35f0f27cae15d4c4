"""One step of a run, as the way of its rows: claim and prepare → admit → send → store.

1. `_claim_batches` claims due rows a batch at a time and prepares them: each becomes a request, or ends without one.
2. `_admit_batches` takes the rows of a batch in order and waits until each may start (`admission`).
3. `_send` is a task of its own for each row: request, answer, result (`sending`, `exchange`).
4. The writer stores results as they come, many at a time (`writer`).

Between 1 and 2 stands a queue of one batch, so that the next rows are claimed while these go out. A request that is
slower than the step ends after it: its row stays claimed, and the next step goes on meanwhile. What was claimed and
not sent is released for the next step.
"""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

from enrichment.engine.errors import SignInError
from enrichment.engine.formula import Evaluators
from enrichment.http_client import event_loop
from enrichment.runs import claims
from enrichment.runs.results import Result
from enrichment.worker import heartbeat, prepare, sending, writer
from enrichment.worker.admission import Admission, ClaimLost, Gate
from enrichment.worker.budget import Budget
from enrichment.worker.deduplication import Waiters
from enrichment.worker.job import Job
from enrichment.worker.prepare import Batch, Ready
from tables.models import CellState

under_way: set["Pipeline"] = set()  # of this process, with requests of steps that are over


class Pipeline:
    """The rows of one step on their way. Lives on the event loop."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.writer = writer.enter(job.run)
        self.budget = Budget(self.writer)
        self.stored = asyncio.Event()  # every row is sent and its result stored
        self._evaluators = Evaluators()
        self._gate = Gate(job, self.budget)
        self._waiters = Waiters()
        self._prepared: asyncio.Queue[Batch | None] = asyncio.Queue(maxsize=1)  # None: no further batch
        self._batches: list[Batch] = []
        self._requests: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Returns when the step is over; requests that are still under way end by themselves.

        Raises what ended the step, such as redis.RedisError or DatabaseError, once everything is in order.
        """
        under_way.add(self)
        await asyncio.gather(self._claim_batches(), self._admit_batches())
        await self._end()
        if self.budget.failure:
            raise self.budget.failure
        await self._gate.return_unused()

    def break_off(self) -> None:
        """Cancels the requests under way; their rows say so."""
        for request in self._requests:
            request.cancel()

    # 1. Claim and prepare

    async def _claim_batches(self) -> None:
        try:
            limit = self._at_once
            while self.budget.may_claim and limit > 0:
                if batch := await self._claim(limit):
                    await self._prepared.put(batch)
                    await self._prepared.join()  # the next one is claimed when the rows of this one begin to go out
                limit = self._batch_size
        except Exception as error:
            self.budget.fail(error)
        await self._prepared.put(None)

    @property
    def _at_once(self) -> int:
        """How many rows have a send intent recorded at a time; the first batch has no more, so that it is soon out."""
        most = self.job.compiled.config.max_in_flight
        allowed = self.job.limiter.within(0.5)
        return most if allowed is None else max(1, min(most, allowed))

    @property
    def _batch_size(self) -> int:
        """As many rows as go out while the next ones are claimed, and no more than the rate limit allows."""
        rows = max(25, 2 * self.job.compiled.config.max_in_flight)
        allowed = self.job.limiter.within(self.budget.seconds_to_claim)
        return rows if allowed is None else min(rows, allowed - sum(batch.waiting for batch in self._batches))

    async def _claim(self, limit: int) -> Batch | None:
        """Returns the rows that are to be sent; the results of the others go to the writer."""
        token = uuid4().hex
        try:
            batch, results = await event_loop.in_database(self._claim_and_prepare, limit, token)
        except Exception:
            await event_loop.surely_in_database(claims.release_all, token)
            raise
        self._waiters.wait_for(row.row_id for row in batch.rows if row.request_key)
        for result in results:
            if not self._waiters.park(result):
                self.writer.put(result)
        self._batches = [*(earlier for earlier in self._batches if earlier.waiting), batch]
        return batch if batch.rows else None

    def _claim_and_prepare(self, limit: int, token: str) -> tuple[Batch, list[Result]]:
        at_once = self._at_once
        claimed = claims.claim(self.job.run.pk, limit, heartbeat.worker_id(), beginning=at_once, token=token)
        self.budget.exhausted = claimed.exhausted
        return prepare.batch(self.job, self._evaluators, claimed.rows, at_once)

    # 2. Admit

    async def _admit_batches(self) -> None:
        while batch := await self._prepared.get():
            self._prepared.task_done()
            try:
                await self._admit(batch)
            except Exception as error:
                self.budget.fail(error)
            await batch.intents.finish()

    async def _admit(self, batch: Batch) -> None:
        while batch.waiting and self.budget.may_send:
            try:
                admission = await self._gate.admit(batch)
            except ClaimLost:
                self._let_go(batch.take_all())
            except SignInError as error:
                row = batch.take()
                self._end_row(row, sending.sign_in_failed(self.job, row, error, self.writer))
            else:
                if admission:
                    self._start(batch.take(), admission)

    # 3. Send

    def _start(self, row: Ready, admission: Admission) -> None:
        self.writer.announce_sending(row.row_id, row.attempts)
        request = asyncio.create_task(self._send(row, admission))
        self._requests.add(request)
        request.add_done_callback(self._requests.discard)

    async def _send(self, row: Ready, admission: Admission) -> None:
        try:
            result = await sending.send(self.job, row, admission.reservation, self.writer)
        finally:
            admission.release()
        self._end_row(row, result)

    # 4. Store

    def _end_row(self, row: Ready, result: Result) -> None:
        """Hands the result to the writer, and those of the rows that wait for the same answer."""
        result.claim_id, result.fingerprint, result.request_key = row.claim_id, row.fingerprint, row.request_key
        self.writer.put(result)
        for waiting in self._waiters.of(result):
            self.writer.put(waiting)

    # The end of the step

    async def _end(self) -> None:
        self._evaluators.close()
        await self._release([row for batch in self._batches for row in batch.take_all()])
        await self.writer.flush()  # the next step looks for what was stored
        if self.budget.exhausted and self._requests and not self.writer.stopped:
            await asyncio.wait(self._requests, timeout=self.budget.seconds_to_claim)
        closing = asyncio.create_task(self._close())
        if not self._requests:
            await closing

    async def _release(self, rows: Sequence[Ready]) -> None:
        """Leaves rows that were not sent to the next step."""
        if self.writer.stopped_for_good:
            for row in rows:
                self._end_row(row, row.ended(CellState.CANCELLED))
        elif rows:
            row_ids, claim_ids = [row.row_id for row in rows], {row.claim_id for row in rows}
            await event_loop.surely_in_database(claims.release, self.job.run.pk, row_ids, claim_ids)
            self._let_go(rows)

    def _let_go(self, rows: Sequence[Ready]) -> None:
        """Leaves the rows to another step; those that wait for their answers look again."""
        for row in rows:
            for waiting in self._waiters.of(row.ended(CellState.QUEUED)):
                self.writer.put(waiting)

    async def _close(self) -> None:
        try:
            if self._requests:
                await asyncio.gather(*self._requests, return_exceptions=True)
            await self.writer.leave()
        finally:
            under_way.discard(self)
            self.stored.set()

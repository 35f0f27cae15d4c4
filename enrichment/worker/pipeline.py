"""One step of a run, as the way of its rows: claim and prepare → admit → send → store.

1. `_claim_rows` claims due rows, many at a time, and prepares them: each becomes a request, one of a batch that is sent
   in one request (`batching`), or ends without one.
2. `_admit_requests` takes the requests of a claim in order and waits until each may start (`admission`).
3. `_send` is a task of its own for each request: request, answer, result (`sending`, `exchange`).
4. The writer stores the results of rows as they come, many at a time (`writer`).

Between 1 and 2 stands a queue of one claim, so that the next rows are claimed while these go out. A request that is
slower than the step ends after it: its rows stay claimed, and the next step goes on meanwhile. What was claimed and
not sent is released for the next step.
"""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

from enrichment.engine.errors import SignInError
from enrichment.engine.formula import Evaluators
from enrichment.http_client import event_loop
from enrichment.runs import batches, claims
from enrichment.runs.results import Result
from enrichment.worker import batching, heartbeat, prepare, send_journal, sending, writer
from enrichment.worker.admission import Admission, ClaimLost, Gate
from enrichment.worker.budget import Budget
from enrichment.worker.deduplication import Waiters
from enrichment.worker.job import Job
from enrichment.worker.prepare import Requests
from enrichment.worker.ready import Ready
from enrichment.worker.send_journal import Journal
from tables.models import CellState

MOST_CLAIMED = 4000  # rows at a time, where many go out in one request

under_way: set["Pipeline"] = set()  # of this process, with requests of steps that are over


def portion(max_in_flight: int) -> int:
    """Returns how many requests go out while the next ones are claimed."""
    return max(25, 2 * max_in_flight)


class Pipeline:
    """The rows of one step on their way. Lives on the event loop."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.writer = writer.enter(job.run)
        self.budget = Budget(self.writer)
        self.stored = asyncio.Event()  # every row is sent and its result stored
        self._evaluators = Evaluators()
        self._gate = Gate(job, self.budget, self.writer)
        self._waiters = Waiters()
        self._prepared: asyncio.Queue[Requests | None] = asyncio.Queue(maxsize=1)  # None: no further ones
        self._claimed: list[Requests] = []
        self._requests: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Returns when the step is over; requests that are still under way end by themselves.

        Raises what ended the step, such as redis.RedisError or DatabaseError, once everything is in order.
        """
        under_way.add(self)
        await asyncio.gather(self._claim_rows(), self._admit_requests())
        await self._end()
        if self.budget.failure:
            raise self.budget.failure
        await self._gate.return_unused()

    def break_off(self) -> None:
        """Cancels the requests under way; their rows say so."""
        for request in self._requests:
            request.cancel()

    # 1. Claim and prepare

    async def _claim_rows(self) -> None:
        try:
            limit = self._in_rows(self._at_once)
            while self.budget.may_claim and limit > 0:
                if requests := await self._claim(limit):
                    await self._prepared.put(requests)
                    await self._prepared.join()  # the next ones are claimed when these begin to go out
                limit = self._in_rows(self._requests_to_claim)
        except Exception as error:
            self.budget.fail(error)
        await self._prepared.put(None)

    @property
    def _at_once(self) -> int:
        """How many requests have a send intent recorded at a time; at first no more are claimed, so that one is soon
        out."""
        most = self.job.compiled.config.max_in_flight
        allowed = self.job.limiter.within(0.5)
        return most if allowed is None else max(1, min(most, allowed))

    @property
    def _requests_to_claim(self) -> int:
        """As many as a portion, and no more than the rate limit allows."""
        most = portion(self.job.compiled.config.max_in_flight)
        allowed = self.job.limiter.within(self.budget.seconds_to_claim)
        return most if allowed is None else min(most, allowed - sum(claimed.waiting for claimed in self._claimed))

    def _in_rows(self, requests: int) -> int:
        """Returns the rows of so many requests, in whole batches."""
        rows = self.job.rows_of_request
        return requests * rows if rows == 1 else rows * min(requests, max(1, MOST_CLAIMED // rows))

    async def _claim(self, limit: int) -> Requests | None:
        """Returns what is to be sent; the results of the other rows go to the writer."""
        token = uuid4().hex
        journal = None if self.job.compiled.config.may_repeat else await send_journal.current()
        try:
            requests, results = await event_loop.in_database(self._claim_and_prepare, limit, token, journal)
        except Exception:
            await event_loop.surely_in_database(claims.release_all, token)
            raise
        self._waiters.wait_for(row.row_id for request in requests.all for row in request.rows if row.request_key)
        for result in results:
            if not self._waiters.park(result):
                self.writer.put(result)
        self._claimed = [*(earlier for earlier in self._claimed if earlier.waiting), requests]
        if requests.left:
            await self._leave(requests)
        return requests if requests.all else None

    def _claim_and_prepare(self, limit: int, token: str, journal: Journal | None) -> tuple[Requests, list[Result]]:
        at_once = self._at_once
        beginning = self._in_rows(at_once)
        claimed = claims.claim(
            self.job.run.pk,
            limit,
            heartbeat.worker_id(),
            beginning=beginning,
            token=token,
            journal=journal.name if journal else "",
        )
        self.budget.exhausted = claimed.exhausted
        if claimed.early:
            self.budget.wait_for(claims.LET_GO)
        requests, results = prepare.requests(self.job, self._evaluators, claimed, beginning, at_once)
        requests.journal = journal
        return requests, results

    async def _leave(self, requests: Requests) -> None:
        """Leaves rows to the next claim, where more go out with them; to a later one where there are no others now."""
        is_alone = self.budget.exhausted and not requests.all
        row_ids, claim_ids = [row.row_id for row in requests.left], {row.claim_id for row in requests.left}
        token = batches.GATHERED if is_alone else ""
        await event_loop.surely_in_database(claims.release, self.job.run.pk, row_ids, claim_ids, token)
        self.budget.exhausted = False
        if is_alone:
            self.budget.wait_for(batching.GATHER)

    # 2. Admit

    async def _admit_requests(self) -> None:
        while requests := await self._prepared.get():
            self._prepared.task_done()
            try:
                await self._admit(requests)
            except Exception as error:
                self.budget.fail(error)
            await requests.intents.finish()

    async def _admit(self, requests: Requests) -> None:
        while requests.waiting and self.budget.may_send:
            try:
                admission = await self._gate.admit(requests)
            except ClaimLost:
                self._let_go(requests.take_all())
            except SignInError as error:
                request = requests.take()
                self._end_request(request, sending.sign_in_failed(self.job, request, error, self.writer))
            else:
                if admission:
                    self._start(requests.take(), admission, requests.journal)

    # 3. Send

    def _start(self, request: Ready, admission: Admission, journal: Journal | None) -> None:
        if request.progress is None:  # else it is shown as waiting
            for row in request.rows:
                self.writer.announce_sending(row.row_id, row.attempts)
        self.writer.slowed_to = self.job.limiter.pace
        sending_it = asyncio.create_task(self._send(request, admission, journal))
        self._requests.add(sending_it)
        sending_it.add_done_callback(self._requests.discard)

    async def _send(self, request: Ready, admission: Admission, journal: Journal | None) -> None:
        try:
            result = await sending.send(self.job, request, admission.reservation, self.writer, journal)
            results = self._end_request(request, result)
            if journal:
                await journal.answered(request, results)
        finally:
            admission.release()

    # 4. Store

    def _end_request(self, request: Ready, result: Result) -> list[Result]:
        """Hands the results of its rows to the writer, and those of the rows that wait for the same answers.

        Returns the former.
        """
        results = batching.results(self.job, request, result)
        for row, of_row in results:
            of_row.claim_id, of_row.fingerprint, of_row.request_key = row.claim_id, row.fingerprint, row.request_key
            of_row.asked = row.asked
            self.writer.put(of_row)
            for waiting in self._waiters.of(of_row):
                waiting.asked = of_row.asked
                self.writer.put(waiting)
        return [of_row for _, of_row in results]

    # The end of the step

    async def _end(self) -> None:
        self._evaluators.close()
        self.job.limiter.release_unused()
        await self._release([request for claimed in self._claimed for request in claimed.take_all()])
        await self.writer.flush()  # the next step looks for what was stored
        if self.budget.exhausted and self._requests and not self.writer.stopped:
            await asyncio.wait(self._requests, timeout=self.budget.seconds_to_claim)
        closing = asyncio.create_task(self._close())
        if not self._requests:
            await closing

    async def _release(self, requests: Sequence[Ready]) -> None:
        """Leaves the rows of requests that were not sent to the next step."""
        rows = [row for request in requests for row in request.rows]
        if self.writer.stopped_for_good:
            for request in requests:
                self._end_request(request, request.ended(CellState.CANCELLED))
        elif rows:
            row_ids, claim_ids = [row.row_id for row in rows], {row.claim_id for row in rows}
            await event_loop.surely_in_database(claims.release, self.job.run.pk, row_ids, claim_ids)
            self._let_go(requests)

    def _let_go(self, requests: Sequence[Ready]) -> None:
        """Leaves their rows to another step; those that wait for their answers look again."""
        for row in (row for request in requests for row in request.rows):
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

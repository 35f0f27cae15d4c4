"""A step advances a run by about five seconds: claim, check, render, reserve, send, store.

It lives on the worker's one event loop. A request that is slower than the step ends behind it: its row stays
claimed and counts among those under way, and the next step goes on meanwhile.
"""

import asyncio
import contextlib
import logging
import random
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from uuid import uuid4

from django.db import DatabaseError
from django.utils import timezone
from redis import RedisError

from enrichment.connections.token_cache import LATER
from enrichment.dataflow.calculator import Calculator
from enrichment.engine.errors import InvalidSettings, RowError, SignInError
from enrichment.engine.formula import SandboxBusy
from enrichment.http_client import event_loop
from enrichment.http_client.concurrency import Share
from enrichment.http_client.rate_limit import Turn
from enrichment.models import Run
from enrichment.runs import claims, lifecycle, runners
from enrichment.runs.results import Result
from enrichment.worker import deduplication, exchange, heartbeat, prepare, writer
from enrichment.worker import job as jobs
from enrichment.worker.job import Job
from enrichment.worker.prepare import BUSY, Ready
from enrichment.worker.send_intents import SendIntents
from enrichment.worker.writer import Writer
from tables.models import CellState

log = logging.getLogger(__name__)

STEP_SECONDS = 5.0
LONG = 1.0  # seconds: whoever has to wait longer ends the step
LONGEST_PAUSE = 5.0  # seconds between two steps
NO_PAUSE = 0.1  # seconds that are not worth one
_under_way: set["Step"] = set()
_ending = threading.Event()


def advance(run_id: int, token: str, lane: int = 0) -> tuple[str, float] | None:
    """One step; the token and the seconds until the next one, or None when the lane is over or somebody else's."""
    held = runners.acquire(run_id, lane, token)
    if held is None:
        return None
    try:
        pause = _advance(run_id, lane)
        runners.release(run_id, lane, held)
    except (RedisError, DatabaseError) as error:
        log.warning("the run waits: %s", error, extra={"run": run_id, "lane": lane})
        return held, BUSY.total_seconds()
    return None if pause is None else (held, pause)


def _advance(run_id: int, lane: int) -> float | None:
    if not heartbeat.is_alive():
        return BUSY.total_seconds()
    run = lifecycle.begin(run_id)
    if run is None:
        return None
    try:
        job = jobs.load(run)
    except InvalidSettings as error:
        lifecycle.stop(run, f"The settings need a look: {error}")
        return None
    except SandboxBusy:
        return BUSY.total_seconds()
    step = Step(job)
    event_loop.run(step.advance())
    if lifecycle.finish(run_id):
        return None
    if step.exhausted and lane:  # the first lane waits for what is left
        runners.close(run_id, lane)
        return None
    pause = step.wait or _pause_before_next(run_id)
    return min(LONGEST_PAUSE, pause) if pause > NO_PAUSE else 0.0


def _pause_before_next(run_id: int) -> float:
    """Seconds; nothing to do now means waiting for what is under way or put back."""
    run = Run.objects.filter(pk=run_id).first()
    if run is None or claims.row_ids_of(run)[:1]:
        return 0.0
    due = claims.next_due(run)
    return 0.5 if due is None else max(0.05, due)


def end_all(seconds: float) -> None:
    """Before the process ends: nothing more is begun; what is under way may end for so long, then it is handed back."""
    _ending.set()
    drain(seconds)

    async def break_off() -> None:
        for step in _under_way:
            step.break_off()

    event_loop.run(break_off())
    drain(1.0)


def drain(seconds: float) -> None:
    """Waits until what is under way has ended and is stored."""

    async def wait() -> None:
        if over := [asyncio.create_task(step.over.wait()) for step in _under_way]:
            await asyncio.wait(over, timeout=seconds)

    event_loop.run(wait())


class Step:
    writer: Writer

    def __init__(self, job: Job) -> None:
        self.job = job
        self.calculator = Calculator()
        self.followers = deduplication.Waiters()
        self.intents = SendIntents(job)
        self.ready: deque[Ready] = deque()
        self.sending: set[asyncio.Task[None]] = set()
        self.exhausted = False
        self.wait = 0.0  # seconds until a next step is worth while
        self.over = asyncio.Event()  # everything is sent and stored
        self._claimed = False  # all that this step will
        self._entered_shares: set[Share] = set()
        self._more = asyncio.Event()  # rows are ready, or none will be
        self._fewer = asyncio.Event()  # rows were taken
        # Of different lengths, so that the lanes of a run do not pause together.
        self._deadline = event_loop.now() + STEP_SECONDS * random.uniform(0.7, 1)

    async def advance(self) -> None:
        _under_way.add(self)
        until = self._deadline
        self.writer = writer.enter(self.job.run)
        claiming = asyncio.create_task(self._claim_until_deadline())
        try:
            await self._start_until_deadline()
        finally:
            self._end_step()
            await asyncio.wait([claiming])  # what it takes must not be lost
            await self.intents.over()
            self.calculator.close()
            await self._hand_back()
            await self.writer.flush()  # the next step looks for them
            if self.exhausted and self.sending and not self.writer.stopped:
                await asyncio.wait(self.sending, timeout=max(0.0, until - event_loop.now()))
            closing = asyncio.create_task(self._close())
            if not self.sending:
                await closing
        claiming.result()
        for share in self._entered_shares:
            await share.give_back()

    def break_off(self) -> None:
        """What is under way is told as that."""
        for task in self.sending:
            task.cancel()

    async def _close(self) -> None:
        try:
            if self.sending:
                await asyncio.gather(*self.sending, return_exceptions=True)
            await self.writer.leave()
        finally:
            _under_way.discard(self)
            self.over.set()

    @property
    def _time_left(self) -> float:
        return 0.0 if _ending.is_set() else self._deadline - event_loop.now()

    @property
    def _goes_on(self) -> bool:
        return self._time_left > 0 and not self.writer.stopped and heartbeat.is_alive()

    @property
    def _goes_on_with_what_is_ready(self) -> bool:
        """Behind the deadline too, for a moment: handing rows back costs more than sending them."""
        soon = self._deadline + LONG - event_loop.now() > 0 and not _ending.is_set() and not self.wait
        return soon and not self.writer.stopped and heartbeat.is_alive()

    async def _claim_until_deadline(self) -> None:
        """Keeps rows ready: as many as go out in the time it takes to claim more."""
        try:
            while self._goes_on and not self.exhausted:
                wanted = self._worth_claiming() - len(self.ready)
                if wanted > 0 and 2 * len(self.ready) <= self._worth_claiming():
                    await self._claim(wanted)
                else:
                    self._fewer.clear()
                    await _until(self._fewer, self._time_left)
        finally:
            self._claimed = True
            self._more.set()

    def _worth_claiming(self) -> int:
        """Few at first, so that they are soon on their way."""
        rows = max(50, 4 * self.job.compiled.config.max_in_flight) if self.intents else self.intents.at_once
        allowed = self.job.limiter.within(max(0.0, self._time_left))
        return rows if allowed is None else min(rows, allowed)

    async def _claim(self, wanted: int) -> None:
        token = uuid4().hex
        try:
            taken, self.exhausted = await event_loop.in_database(self._prepare, wanted, token)
        except Exception:
            await event_loop.surely_in_database(claims.release_all, token)
            raise
        ready = [item for item in taken if isinstance(item, Ready)]
        self.ready += ready
        self.followers.wait_for(row.row_id for row in ready if row.request_key)
        for item in taken:
            if isinstance(item, Result) and not self.followers.hold(item):
                self.writer.put(item)
        self._more.set()

    def _prepare(self, wanted: int, token: str) -> tuple[list[Ready | Result], bool]:
        at_once = self.intents.at_once
        batch = claims.claim(self.job.run.pk, wanted, heartbeat.worker_id(), beginning=at_once, token=token)
        if not batch.rows:
            return [], batch.exhausted
        prepared = prepare.of_rows(self.job, self.calculator, batch.rows)
        self.intents.up_to(batch.rows[0].claim_id, batch.rows[:at_once][-1].row.pk)
        return prepared, batch.exhausted

    async def _start_until_deadline(self) -> None:
        while self._goes_on_with_what_is_ready and not (self._claimed and not self.ready):
            if self.ready:
                await self._start_next()
            else:
                self._more.clear()
                await _until(self._more, self._time_left + LONG)

    async def _start_next(self) -> None:
        """Or waits a moment for what is in the way."""
        row = self.ready[0]
        if not await self._signed_in(row) or not await self._is_begun(row):
            return
        shares = self.job.shares_of(row.request)
        if not await self._entered(shares):
            return
        turn = None
        try:
            turn = await self._turn()
        finally:
            if turn is None:
                _leave(shares)
        if turn is None:
            return
        self.ready.popleft()
        self._fewer.set()
        self.writer.begun(row.row_id, row.attempts)
        task = asyncio.create_task(self._send(row, turn, shares))
        self.sending.add(task)
        task.add_done_callback(self.sending.discard)

    async def _entered(self, shares: Sequence[Share]) -> bool:
        """Whether one more may be under way for its column and its host."""
        entered: list[Share] = []
        for share in shares:
            if not await share.enter(len(self.ready), longest=max(0.0, min(LONG, self._time_left + LONG))):
                _leave(entered)
                return False
            entered.append(share)
        self._entered_shares.update(entered)
        return True

    async def _turn(self) -> Turn | None:
        """None when there is none for long: then the step ends."""
        turn = await self.job.limiter.next_turn(len(self.ready), longest=max(0.0, min(LONG, self._time_left + LONG)))
        if isinstance(turn, Turn):
            return turn
        self._end_step(turn)
        return None

    def _end_step(self, wait: float = 0.0) -> None:
        self.wait, self._deadline = wait or self.wait, min(self._deadline, event_loop.now())
        self._fewer.set()

    async def _is_begun(self, row: Ready) -> bool:
        if await self.intents.holds(row, self.ready):
            return True
        lost = [item for item in self.ready if item.claim_id == row.claim_id]
        self.ready = deque(item for item in self.ready if item.claim_id != row.claim_id)
        self._let_go(lost)
        return False

    def _let_go(self, rows: Iterable[Ready]) -> None:
        """They are another step's from now on; what waits for their answer asks again."""
        for row in rows:
            for other in self.followers.of(row.ended(CellState.QUEUED)):
                self.writer.put(other)

    async def _signed_in(self, row: Ready) -> bool:
        """Before a slot is reserved: whoever waits for a token after that would start late, and all at once."""
        try:
            if self.job.signer:
                await self.job.signer.token()
        except SignInError as error:
            if error.code == LATER:
                self._end_step(BUSY.total_seconds())
                return False
            self._end(row, exchange.ended_by(row.row_id, error, row.attempts))
            self.ready.popleft()
            self.stop_for(error)
            return False
        return True

    def stop_for(self, error: SignInError) -> None:
        self.writer.stop(f"Sign-in to “{self.job.connection}” failed: {error.message}")

    async def _send(self, row: Ready, turn: Turn, shares: Sequence[Share]) -> None:
        try:
            result = await self._exchanged(row, turn)
        except asyncio.CancelledError:
            result = exchange.broken_off(self.job, row.row_id, row.attempts)
        except RowError as error:
            result = exchange.ended_by(row.row_id, error, row.attempts)
        except (RedisError, SandboxBusy, DatabaseError) as error:
            log.warning("the row waits: %s", error, extra={"run": self.job.run.pk, "row": row.row_id})
            result = row.ended(CellState.QUEUED, due_at=timezone.now() + BUSY)
        except Exception:
            log.exception("the row could not be sent", extra={"run": self.job.run.pk, "row": row.row_id})
            result = exchange.went_wrong(self.job, row.row_id, row.attempts)
        finally:
            _leave(shares)
        self._end(row, result)

    def _end(self, row: Ready, result: Result) -> None:
        """The row ended or is put back, and with it those that wait for its answer."""
        result.claim_id, result.fingerprint, result.request_key = row.claim_id, row.fingerprint, row.request_key
        self.writer.put(result)
        for other in self.followers.of(result):
            self.writer.put(other)

    async def _exchanged(self, row: Ready, turn: Turn) -> Result:
        job = self.job
        if not await job.limiter.begin(turn):
            turn = await job.limiter.wait_for_one()
        if self.writer.stopped or not heartbeat.is_alive():
            return row.ended(CellState.QUEUED)
        try:
            return await exchange.exchange(job, row.row_id, row.request, row.attempts, turn)
        except SignInError as error:
            if error.code == LATER:
                return row.ended(CellState.QUEUED, due_at=timezone.now() + BUSY)
            self.stop_for(error)
            raise

    async def _hand_back(self) -> None:
        """Rows that were not sent are for the next step."""
        if not self.ready:
            return
        if self.writer.stopped_for_good:
            for row in self.ready:
                self._end(row, row.ended(CellState.CANCELLED))
        else:
            ids, claimed = [row.row_id for row in self.ready], {row.claim_id for row in self.ready}
            await event_loop.surely_in_database(claims.release, self.job.run.pk, ids, claimed)
            self._let_go(self.ready)
        self.ready.clear()


def _leave(shares: Iterable[Share]) -> None:
    for share in shares:
        share.leave()


async def _until(event: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(max(0.0, seconds)):
            await event.wait()

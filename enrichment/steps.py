"""A step advances a run by about five seconds: claim, check, render, reserve, send, store.

It lives on the worker's one event loop. A request that is slower than the step ends behind it: its cell keeps
its lease and its place among those in flight, and the next step goes on meanwhile.
"""

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from redis import RedisError

from enrichment import claims, exchanges, inputs, jobs, loop, runs
from enrichment.calculation import Calculator
from enrichment.claims import Claim
from enrichment.engine.errors import InvalidSettings, RowError, SignInError
from enrichment.engine.exchange import Request
from enrichment.engine.formula import SandboxBusy
from enrichment.jobs import Job
from enrichment.models import Run
from enrichment.results import Result
from enrichment.tokens import LATER
from enrichment.writer import Writer
from tables.models import CellState

log = logging.getLogger(__name__)

STEP_SECONDS = 5.0
BUSY = timedelta(seconds=1)  # until another try when every formula process is at work
_in_flight: Counter[int] = Counter()  # column id: requests under way in this process
_draining: set[asyncio.Task[None]] = set()


@dataclass(frozen=True, slots=True)
class Ready:
    """A row whose request only waits for its turn."""

    row_id: int
    attempts: int
    request: Request


def advance(run_id: int, token: str) -> tuple[str, float] | None:
    """One step; the token and the seconds until the next one, or None when the run is over or somebody else's."""
    held = runs.hold(run_id, token)
    if held is None:
        return None
    run, token = held
    try:
        job = jobs.load(run)
    except InvalidSettings as error:
        runs.stop(run, f"The settings need a look: {error}")
        return None
    except SandboxBusy:
        return token, BUSY.total_seconds()
    try:
        loop.run(Step(job).advance())
    except RedisError:
        log.exception("run %s waits: Redis does not answer", run_id)
    if runs.finish(run_id):
        return None
    return token, _pause_before_next(run_id)


def _pause_before_next(run_id: int) -> float:
    """Seconds; nothing to do now means waiting for what is in flight or put back."""
    run = Run.objects.get(pk=run_id)
    if claims.row_ids_of(run)[:1]:
        return 0.0
    due = claims.next_due(run)
    return 0.5 if due is None else min(10.0, max(0.05, (due - timezone.now()).total_seconds()))


def drain(seconds: float) -> None:
    """Before the process ends: lets what is in flight end, and stores it."""

    async def wait() -> None:
        if _draining:
            await asyncio.wait(_draining, timeout=seconds)

    loop.run(wait())


class Step:
    def __init__(self, job: Job) -> None:
        self.job = job
        self.writer = Writer(job.run)
        self.calculator = Calculator()
        self.ready: deque[Ready] = deque()
        self.sending: set[asyncio.Task[None]] = set()
        self.exhausted = False

    async def advance(self) -> None:
        deadline = loop.now() + STEP_SECONDS
        writing = asyncio.create_task(self.writer.write_until_closed())
        try:
            await self._work(deadline)
        finally:
            self.calculator.close()
            for row in self.ready:
                self.writer.put(Result(row.row_id, CellState.QUEUED, attempts=row.attempts))
            self.ready.clear()
            await self.writer.flush()  # the next step looks for them
            if self.sending and not self.writer.stopped:
                await asyncio.wait(self.sending, timeout=max(0.0, deadline - loop.now()) if self.exhausted else 0.0)
            closing = asyncio.create_task(self._close(writing))
            if self.sending:
                _draining.add(closing)
                closing.add_done_callback(_draining.discard)
            else:
                await closing

    async def _close(self, writing: asyncio.Task[None]) -> None:
        if self.sending:
            await asyncio.gather(*self.sending, return_exceptions=True)
        self.writer.close()
        await writing

    async def _work(self, deadline: float) -> None:
        claiming: asyncio.Task[None] | None = None
        while loop.now() < deadline and not self.writer.stopped:
            if claiming and claiming.done():
                claiming.result()
                claiming = None
            if claiming is None and not self.exhausted and len(self.ready) < self._room_for(deadline):
                claiming = asyncio.create_task(self._claim(deadline))
            if not self.ready and claiming is None and self.exhausted:
                break
            await self._start_some()
            waiting = {task for task in (claiming, *self.sending) if task is not None}
            if waiting and (not self.ready or self._room() <= 0):
                await asyncio.wait(waiting, timeout=0.25, return_when=asyncio.FIRST_COMPLETED)
        if claiming:
            await claiming

    def _room(self) -> int:
        return self.job.compiled.config.max_in_flight - _in_flight[self.job.run.column_id]

    def _room_for(self, deadline: float) -> int:
        """How many rows are worth having ready: two rounds, and no more than the rate limit lets start in this step."""
        rounds = max(50, 4 * self.job.compiled.config.max_in_flight)
        limit = self.job.limiter.limit
        return min(rounds, limit.within(deadline - loop.now())) if limit else rounds

    async def _claim(self, deadline: float) -> None:
        wanted = self._room_for(deadline) - len(self.ready)
        taken, self.exhausted = await loop.in_database(self._prepare, max(1, wanted))
        for item in taken:
            if isinstance(item, Ready):
                self.ready.append(item)
            else:
                self.writer.put(item)

    def _prepare(self, wanted: int) -> tuple[list[Ready | Result], bool]:
        job = self.job
        taken, exhausted = claims.take(job.run.pk, wanted, job.lease)
        if not taken:
            return [], exhausted
        self.writer.announce_running(taken)
        values = inputs.of_rows([claim.row for claim in taken], job.run.table_id, job.compiled.column_ids)
        try:
            return prepare(job, self.calculator, [(claim, values[claim.row.pk]) for claim in taken]), exhausted
        except SandboxBusy:
            due = timezone.now() + BUSY
            put_back = [Result(claim.row.pk, CellState.QUEUED, attempts=claim.attempts, due_at=due) for claim in taken]
            return [*put_back], exhausted

    async def _start_some(self) -> None:
        """Reserves slots for what is ready and sends it, as far as the caps allow."""
        wanted = min(self._room(), len(self.ready))
        if wanted <= 0 or not await self._signed_in():
            return
        slots = await self.job.limiter.reserve(wanted)
        started = loop.now()
        for offset in slots.starts:
            _in_flight[self.job.run.column_id] += 1
            task = asyncio.create_task(self._send(self.ready.popleft(), started + offset))
            self.sending.add(task)
            task.add_done_callback(self.sending.discard)
        if not slots.starts:
            await asyncio.sleep(min(slots.wait, 0.25))

    async def _signed_in(self) -> bool:
        """Before a slot is reserved: whoever waits for a token after that would start late, and all at once."""
        row = self.ready[0]
        try:
            if self.job.signer:
                await self.job.signer.token()
        except SignInError as error:
            if error.code == LATER:
                await asyncio.sleep(0.25)
                return False
            self.writer.put(exchanges.ended_by(row.row_id, error, row.attempts))
            self.ready.popleft()
            self.stop_for(error)
            return False
        return True

    def stop_for(self, error: SignInError) -> None:
        self.writer.stop(f"Sign-in to “{self.job.connection}” failed: {error.message}")

    async def _send(self, row: Ready, start: float) -> None:
        job = self.job
        try:
            if not await job.limiter.in_time(start):
                await job.limiter.wait_for_one()
            if self.writer.stopped:
                result = Result(row.row_id, CellState.CANCELLED, attempts=row.attempts)
            else:
                result = await exchanges.exchange(job, row.row_id, row.request, row.attempts, job.limiter.wait_for_one)
        except SignInError as error:
            if error.code == LATER:
                result = Result(row.row_id, CellState.QUEUED, attempts=row.attempts, due_at=timezone.now() + BUSY)
            else:
                result = exchanges.ended_by(row.row_id, error, row.attempts)
                self.stop_for(error)
        except SandboxBusy:
            result = Result(row.row_id, CellState.QUEUED, attempts=row.attempts, due_at=timezone.now() + BUSY)
        except RowError as error:
            result = exchanges.ended_by(row.row_id, error, row.attempts)
        except RedisError:
            log.exception("row %s of run %s waits: Redis does not answer", row.row_id, job.run.pk)
            result = Result(row.row_id, CellState.QUEUED, attempts=row.attempts)
        finally:
            _in_flight[job.run.column_id] -= 1
        self.writer.put(result)


def prepare(job: Job, calculator: Calculator, rows: Sequence[tuple[Claim, inputs.Values]]) -> list[Ready | Result]:
    """Checks the condition and renders; nothing is sent. Raises SandboxBusy."""
    condition = job.compiled.condition
    if condition is None:
        return [_rendered(job, claim, values) for claim, values in rows]
    verdicts = calculator.verdicts(condition, [values for _, values in rows])
    return [
        _rendered(job, claim, values) if holds else _skipped(claim.row.pk, reason)
        for (claim, values), (holds, reason) in zip(rows, verdicts, strict=True)
    ]


def _skipped(row_id: int, reason: str) -> Result:
    return Result(row_id, CellState.SKIPPED, error_code="skipped" if reason else "", error_message=reason)


def _rendered(job: Job, claim: Claim, values: inputs.Values) -> Ready | Result:
    compiled, row_id = job.compiled, claim.row.pk
    try:
        inputs.check_required(values, compiled.required, job.names)
        rendered = compiled.request.render(values)
    except RowError as error:
        return exchanges.ended_by(row_id, error, claim.attempts)
    return Ready(row_id, claim.attempts, with_key(job, row_id, rendered.request))


def with_key(job: Job, row_id: int, request: Request) -> Request:
    """The idempotency key, the same for every try of this row in this run."""
    name = job.compiled.config.idempotency_header
    if not name:
        return request
    key = f"marl-{job.run.column_id}-{row_id}-{job.run.pk}"
    return Request(request.method, request.url, (*request.headers, (name, key)), request.body)

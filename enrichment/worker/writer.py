"""Stores what a step's rows ended with, at most 250 ms after they did, announces it, and hears of a stop."""

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Mapping, Sequence

from django.db import DatabaseError, DataError, transaction

from enrichment.http_client import event_loop
from enrichment.models import Run
from enrichment.monitoring import metrics
from enrichment.runs import lifecycle, results
from enrichment.runs.results import Result
from enrichment.worker import deduplication
from tables import events
from tables.models import CellState

log = logging.getLogger(__name__)

LATEST = 0.2  # seconds that a result waits for others
FIRST = 0.025  # the first ones, which somebody is looking for
MANY = 500
NOT_STORED = "internal"
ENOUGH = 50  # rows after which a share of failures says something


class Writer:
    """One for all steps of a run in this process, on the loop with them; `stopped` once nothing more should be sent."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.stopped = False
        self.stopped_for_good = False  # not just paused
        self._steps = 0
        self._reason = ""
        self._waiting: list[Result] = []
        self._sending: dict[int, int] = {}  # row id: attempts; under way and not announced as that yet
        self._wake = asyncio.Event()
        self._writing = asyncio.Lock()
        self._going_on: asyncio.Task[None] | None = None

    def enter(self, run: Run) -> None:
        self.run = run
        self._steps += 1
        self._going_on = self._going_on or asyncio.create_task(self._write_until_left())

    async def leave(self) -> None:
        """What the step put here is stored behind this."""
        while not await self.flush():
            pass
        self._steps -= 1
        if not self._steps:
            _writers.pop(self.run.pk, None)
            self._wake.set()

    def announce_sending(self, row_id: int, attempts: int) -> None:
        self._sending[row_id] = attempts

    def put(self, result: Result) -> None:
        self._sending.pop(result.row_id, None)
        self._waiting.append(result)
        if len(self._waiting) >= MANY:
            self._wake.set()

    def stop(self, reason: str) -> None:
        """The run ends because of what a row met."""
        self.stopped = True
        self._reason = self._reason or reason
        self._wake.set()

    async def _write_until_left(self) -> None:
        wait = FIRST
        while self._steps:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._wake.wait()
            self._wake.clear()
            wait = min(LATEST, 2 * wait)
            await self.flush()

    async def flush(self) -> bool:
        """Whether what waits is stored when this returns; it waits on when the database does not answer."""
        async with self._writing:
            taken, self._waiting = self._waiting, []
            sending, self._sending = self._sending, {}
            reason, self._reason = self._reason, ""
            try:
                state = await event_loop.in_database(self._write, taken, sending, reason)
            except DatabaseError as error:
                log.warning("results wait for the database: %s", error, extra={"run": self.run.pk})
                self._waiting, self._reason = taken + self._waiting, reason or self._reason
                await asyncio.sleep(event_loop.AGAIN)
                return False
            self.stopped = bool(self._reason) or state != Run.State.RUNNING
            self.stopped_for_good = state == Run.State.STOPPED
            return True

    def _write(self, taken: Sequence[Result], sending: Mapping[int, int], reason: str) -> str:
        """The state of the run behind it."""
        self._announce_sending(sending)
        run = Run.objects.filter(pk=self.run.pk).first()
        if run is None:
            return Run.State.STOPPED
        stored = _store(run, taken)
        _tell(run, stored)
        if stored:
            events.publish_cells(run.table_id, [(result.row_id, run.column_id, result.as_cell()) for result in stored])
        reason = reason or self._too_many_failures(run)
        if reason and run.state in lifecycle.OPEN:
            return lifecycle.stop(run, reason).state
        if stored:
            events.publish_run(run.table_id, lifecycle.as_json(run))
        return run.state

    def _announce_sending(self, sending: Mapping[int, int]) -> None:
        """Those that did not end at once."""
        running = Result(0, CellState.RUNNING).as_cell()
        events.publish_cells(
            self.run.table_id,
            [(row_id, self.run.column_id, running | {"attempts": number}) for row_id, number in sending.items()],
        )

    def _too_many_failures(self, run: Run) -> str:
        config = self.run.column.http.config
        most, share = config.get("stop_after_failures"), config.get("stop_after_failure_percent")
        ended = run.done + run.no_data + run.failed
        if most and run.failed >= most:
            return f"Stopped after {run.failed:,} failed rows, as the column's settings ask."
        if share and ended >= ENOUGH and run.failed * 100 >= share * ended:
            return f"Stopped because {run.failed:,} of {ended:,} rows failed, as the column's settings ask."
        return ""


_writers: dict[int, Writer] = {}


def enter(run: Run) -> Writer:
    """For a step that begins, on the loop; it leaves the writer at its end."""
    writer = _writers.setdefault(run.pk, Writer(run))
    writer.enter(run)
    return writer


def _store(run: Run, taken: Sequence[Result]) -> list[Result]:
    """Those that were stored. One that cannot be does not hold the others up: its row fails."""
    try:
        with transaction.atomic():
            stored = results.store(run, taken)
            deduplication.answered(run, stored)
        return stored
    except Exception as error:
        if isinstance(error, DatabaseError) and not isinstance(error, DataError):
            raise
        if len(taken) > 1:
            half = len(taken) // 2
            return [*_store(run, taken[:half]), *_store(run, taken[half:])]
        log.exception("the result could not be stored", extra={"run": run.pk, "row": taken[0].row_id})
        if taken[0].error_code == NOT_STORED:
            return []  # under way until the worker ends, then recovered like what a dead one left
        return _store(run, [_not_stored(taken[0])])


def _not_stored(result: Result) -> Result:
    words = "The request ended, but its result could not be stored; the log of the worker says why."
    return Result(
        result.row_id, CellState.FAILED, error_code=NOT_STORED, error_message=words, attempts=result.attempts,
        claim_id=result.claim_id, fingerprint=result.fingerprint, request_key=result.request_key,
    )  # fmt: skip


def _tell(run: Run, stored: Sequence[Result]) -> None:
    """To the metrics, and to the log what did not go well."""
    tried = [(result, attempt) for result in stored for attempt in result.tried]
    metrics.count_attempts(Counter(metrics.outcome(attempt.response, attempt.error) for _, attempt in tried))
    for result, attempt in tried:
        if attempt.error:
            where = {"run": run.pk, "column": run.column_id, "row": result.row_id, "attempt": attempt.number}
            log.info("%s: %s", attempt.error["code"], result.state, extra=where | {"status": result.http_status})

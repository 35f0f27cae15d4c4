"""Stores the results of a run's rows at most 250 ms after they came, announces them, and notices a stop."""

import asyncio
import contextlib
import logging
from collections import Counter, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from django.db import DatabaseError, DataError, transaction

from enrichment.http_client import event_loop
from enrichment.models import Run
from enrichment.monitoring import metrics
from enrichment.runs import lifecycle, progress, results
from enrichment.runs.attempts import Attempt
from enrichment.runs.results import Pause, Result
from enrichment.schema import HttpConfig
from enrichment.worker import deduplication, send_journal
from tables import cells, events
from tables.models import CellState

log = logging.getLogger(__name__)

LONGEST_WAIT = 0.2  # seconds that a result waits for others
FIRST_WAIT = 0.025  # seconds that the first ones wait: somebody is looking for them
MANY = 4000  # results that are stored at once without waiting
MOST_LETTERS = 4 * 1024 * 1024  # of the answers that are stored in one transaction, or wait for it without need
NOT_STORED = "internal"
ENOUGH = 50  # rows after which a percentage of failures means something


@dataclass(frozen=True, slots=True)
class _Portion:
    """What is written at once."""

    results: Sequence[Result]
    sending: Mapping[int, int]  # {row id: attempts}
    reason: str  # why the run is to be stopped
    pause: Pause | None


class Writer:
    """Stores for all steps of a run in this process; `stopped` once nothing more should be sent.

    Lives on the event loop.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.stopped = False
        self.stopped_for_good = False  # not just paused
        self.slowed_to: float | None = run.slowed_to  # requests a second, by the API
        self._steps = 0
        self._reason = ""
        self._pause: Pause | None = None
        self._waiting: list[Result] = []
        self._letters = 0  # of the answers that wait
        self._sending: dict[int, int] = {}  # row id: attempts; under way and not announced as that yet
        self._wake = asyncio.Event()
        self._writing = asyncio.Lock()
        self._going_on: asyncio.Task[None] | None = None

    def enter(self, run: Run) -> None:
        """Counts one more step that puts results here."""
        self.run = run
        self._steps += 1
        self._going_on = self._going_on or asyncio.create_task(self._write_until_left())

    async def leave(self) -> None:
        """Returns when everything that the step put here is stored."""
        while not await self.flush():
            pass
        self._steps -= 1
        if not self._steps:
            _writers.pop(self.run.pk, None)
            self._wake.set()

    def announce_sending(self, row_id: int, attempts: int) -> None:
        """Shows the row as running, unless it ends before the next flush."""
        self._sending[row_id] = attempts

    def put(self, result: Result) -> None:
        """Takes a result that is to be stored soon."""
        self._sending.pop(result.row_id, None)
        self._waiting.append(result)
        self._letters += _letters(result)
        if len(self._waiting) >= MANY or self._letters >= MOST_LETTERS:
            self._wake.set()

    def stop(self, reason: str) -> None:
        """Stops the run because of what happened to a row."""
        self.stopped = True
        self._reason = self._reason or reason
        self._wake.set()

    def pause(self, pause: Pause) -> None:
        """Pauses the run because of what its API says."""
        self.stopped = True
        self._pause = self._pause or pause
        self._wake.set()

    async def _write_until_left(self) -> None:
        wait = FIRST_WAIT
        while self._steps:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._wake.wait()
            self._wake.clear()
            wait = min(LONGEST_WAIT, 2 * wait)
            await self.flush()

    async def flush(self) -> bool:
        """Stores what waits; returns False when the database does not answer, and it waits on."""
        async with self._writing:
            parts = deque(_parts(self._waiting))
            self._waiting, self._letters = [], 0
            while parts:
                results, is_last = parts.popleft(), not parts
                reason, pause = (self._reason, self._pause) if is_last else ("", None)
                portion = _Portion(results, self._sending, reason, pause)
                self._sending = {}
                if is_last:
                    self._reason, self._pause = "", None
                try:
                    state = await event_loop.in_database(self._write, portion)
                except DatabaseError as error:
                    log.warning("results wait for the database: %s", error, extra={"run": self.run.pk})
                    self._waiting = [*results, *chain.from_iterable(parts), *self._waiting]
                    self._letters = sum(map(_letters, self._waiting))
                    self._reason, self._pause = portion.reason or self._reason, portion.pause or self._pause
                    await asyncio.sleep(event_loop.AGAIN)
                    return False
                send_journal.forget(results)
                self.stopped = bool(self._reason or self._pause) or state != Run.State.RUNNING
                self.stopped_for_good = state == Run.State.STOPPED
            return True

    def _write(self, portion: "_Portion") -> str:
        """Returns the state of the run afterwards."""
        run = Run.objects.filter(pk=self.run.pk).first()
        if run is None:
            return Run.State.STOPPED
        self._announce_sending(portion.sending)
        if stored := store(run, portion.results):
            events.publish_cells(run.table_id, [(result.row_id, run.column_id, result.as_cell()) for result in stored])
        is_slower = self._note_pace(run)
        reason = portion.reason or self._too_many_failures(run)
        if reason and run.state in Run.OPEN:
            return lifecycle.stop(run, reason).state
        if portion.pause:
            return lifecycle.pause_itself(run, portion.pause).state
        if stored or is_slower:
            events.publish_run(run.table_id, progress.as_json(run))
        return run.state

    def _announce_sending(self, sending: Mapping[int, int]) -> None:
        """Shows as running what did not end at once."""
        if not sending:
            return
        most = HttpConfig(**self.run.column.http.config).retry.max_attempts
        running = [
            (row_id, self.run.column_id, cells.running_as_json(attempts, most)) for row_id, attempts in sending.items()
        ]
        events.publish_cells(self.run.table_id, running)

    def _note_pace(self, run: Run) -> bool:
        """Returns whether the API has slowed the run, or lets it go faster, by as much as is shown."""
        pace = float(f"{self.slowed_to:.2g}") if self.slowed_to else None
        if pace == run.slowed_to:
            return False
        run.slowed_to = pace
        Run.objects.filter(pk=run.pk).update(slowed_to=pace)
        return True

    def _too_many_failures(self, run: Run) -> str:
        config = self.run.column.http.config
        most_failures, most_percent = config.get("stop_after_failures"), config.get("stop_after_failure_percent")
        ended = run.done + run.no_data + run.failed
        if most_failures and run.failed >= most_failures:
            return f"Stopped after {run.failed:,} failed rows, as set in the column."
        if most_percent and ended >= ENOUGH and run.failed * 100 >= most_percent * ended:
            return f"Stopped because {run.failed:,} of {ended:,} rows failed, as set in the column."
        return ""


def _parts(results: Sequence[Result]) -> Iterator[Sequence[Result]]:
    """Yields the results as they are stored together, so that a few long answers are in memory as one text.

    Those without an answer of their own stay with the one before them, which they may have waited for.
    """
    part, letters = list[Result](), 0
    for result in results:
        own = _letters(result)
        if part and own and letters + own > MOST_LETTERS:
            yield part
            part, letters = [], 0
        part.append(result)
        letters += own
    yield part


def _letters(result: Result) -> int:
    """Returns how long the answers to the row are; it has its share of one for many rows."""
    return sum(map(_length, result.new_attempts))


def _length(attempt: Attempt) -> int:
    body = attempt.answer.get("body") if attempt.answer else None
    length = len(body) if isinstance(body, str) else 0
    return length // len(attempt.shared.row_ids) if attempt.shared and length else length


_writers: dict[int, Writer] = {}


def enter(run: Run) -> Writer:
    """Returns the run's writer for a step that begins; the step leaves it at its end. Call it on the event loop."""
    writer = _writers.setdefault(run.pk, Writer(run))
    writer.enter(run)
    return writer


def store(run: Run, waiting: Sequence[Result]) -> list[Result]:
    """Stores results, shares them with the rows that wait for them, and reports what was sent.

    Returns those that were stored. One that cannot be does not hold the others up: its row fails.
    """
    stored = _store(run, waiting)
    _report(run, stored)
    return stored


def _store(run: Run, waiting: Sequence[Result]) -> list[Result]:
    try:
        with transaction.atomic():
            stored = results.store(run, waiting)
            deduplication.share_results(run, stored)
        return stored
    except Exception as error:
        if isinstance(error, DatabaseError) and not isinstance(error, DataError):
            raise
        if len(waiting) > 1:
            half = len(waiting) // 2
            return [*_store(run, waiting[:half]), *_store(run, waiting[half:])]
        log.exception("the result could not be stored", extra={"run": run.pk, "row": waiting[0].row_id})
        if waiting[0].error_code == NOT_STORED:
            return []  # under way until the worker ends, then recovered like what a dead one left
        return _store(run, [_not_stored(waiting[0])])


def _not_stored(result: Result) -> Result:
    words = "The request was answered, but its result couldn't be stored. The worker's log says why."
    return Result(
        result.row_id,
        CellState.FAILED,
        error_code=NOT_STORED,
        error_message=words,
        attempts=result.attempts,
        claim_id=result.claim_id,
        fingerprint=result.fingerprint,
        asked=result.asked,
        request_key=result.request_key,
    )


def _report(run: Run, stored: Sequence[Result]) -> None:
    """Counts the attempts in the metrics, and logs what did not go well."""
    attempts = [(result, attempt) for result in stored for attempt in result.new_attempts]
    sent = {attempt.shared.key if attempt.shared else id(attempt): attempt for _, attempt in attempts}.values()
    metrics.count_attempts(Counter(metrics.outcome(attempt.answer, attempt.error) for attempt in sent))
    for result, attempt in attempts:
        if attempt.error:
            place = {"run": run.pk, "column": run.column_id, "row": result.row_id, "attempt": attempt.number}
            log.info("%s: %s", attempt.error["code"], result.state, extra=place | {"status": result.http_status})

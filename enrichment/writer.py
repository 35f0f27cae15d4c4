"""Stores what a step's rows ended with, at most 250 ms after they did, announces it, and hears of a stop."""

import asyncio
import contextlib
from collections.abc import Sequence

from enrichment import loop, results, runs
from enrichment.claims import Claim
from enrichment.models import Run
from enrichment.results import Result
from tables import events
from tables.models import CellState

LATEST = 0.2  # seconds that a result waits for others
MANY = 500


class Writer:
    """Lives on the loop with its step; `stopped` once nothing more should be sent."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.stopped = False
        self._reason = ""
        self._waiting: list[Result] = []
        self._closed = False
        self._wake = asyncio.Event()
        self._writing = asyncio.Lock()

    def put(self, result: Result) -> None:
        self._waiting.append(result)
        if len(self._waiting) >= MANY:
            self._wake.set()

    def stop(self, reason: str) -> None:
        """The run ends because of what a row met."""
        self.stopped = True
        self._reason = self._reason or reason
        self._wake.set()

    def close(self) -> None:
        self._closed = True
        self._wake.set()

    async def write_until_closed(self) -> None:
        while not self._closed or self._waiting or self._reason:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), LATEST)
            self._wake.clear()
            await self.flush()

    async def flush(self) -> None:
        """What waits is stored when this returns."""
        async with self._writing:
            taken, self._waiting = self._waiting, []
            reason, self._reason = self._reason, ""
            going_on = await loop.in_database(self._write, taken, reason)
            self.stopped = self.stopped or not going_on

    def announce_running(self, taken: Sequence[Claim]) -> None:
        cell = Result(0, CellState.RUNNING).as_cell()
        events.publish_cells(
            self.run.table_id,
            [(claim.row.pk, self.run.column_id, cell | {"attempts": claim.attempts}) for claim in taken],
        )

    def _write(self, taken: list[Result], reason: str) -> bool:
        """False when the run is paused, stopped or gone."""
        run = Run.objects.filter(pk=self.run.pk).first()
        if run is None:
            return False
        if run.state == Run.State.STOPPED:
            _give_up(taken)
        results.store(run, taken)
        if taken:
            events.publish_cells(run.table_id, [(result.row_id, run.column_id, result.as_cell()) for result in taken])
            run.refresh_from_db()
        failures = run.column.http.config.get("stop_after_failures")
        if failures and run.failed >= failures:
            reason = reason or f"Stopped after {run.failed:,} failed rows, as the column's settings ask."
        if reason and run.state in runs.OPEN:
            runs.stop(run, reason)
            return False
        if taken:
            events.publish_run(run.table_id, runs.as_json(run))
        return run.state == Run.State.RUNNING


def _give_up(taken: Sequence[Result]) -> None:
    """What would go on later does not, in a run that was stopped."""
    for result in taken:
        if result.state in (CellState.QUEUED, CellState.LIMITED):
            result.state, result.due_at = CellState.CANCELLED, None

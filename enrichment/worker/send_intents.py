"""Tells of rows that they may be sent before they are, so that nobody sends them again when this worker dies."""

import asyncio
import contextlib
from collections.abc import Sequence
from itertools import islice

from django.db import DatabaseError

from enrichment.http_client import event_loop
from enrichment.runs import claims
from enrichment.worker.job import Job
from enrichment.worker.prepare import Ready


class SendIntents:
    """What a step told, by claim. It tells some rows at a time: the fewer, the fewer are in doubt when it dies."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._last: dict[int, int] = {}  # by claim: rows up to this id may be sent
        self._telling = asyncio.Lock()
        self._ahead: set[asyncio.Task[None]] = set()

    def __bool__(self) -> bool:
        return bool(self._last)

    @property
    def at_once(self) -> int:
        """How many rows are told at a time."""
        most = self._job.compiled.config.max_in_flight
        allowed = self._job.limiter.within(0.5)
        return most if allowed is None else max(1, min(most, allowed))

    def up_to(self, claim_id: int, row_id: int) -> None:
        """As its claim was made with."""
        self._last[claim_id] = row_id

    async def holds(self, row: Ready, ready: Sequence[Ready]) -> bool:
        """Tells it now when that was not done yet; `ready` are it and those that follow. False: its claim was lost."""
        if self._was_told(row):
            self._tell_ahead(ready)
            return True
        return await self._tell(row, ready)

    async def over(self) -> None:
        if self._ahead:
            await asyncio.wait(self._ahead)

    def _was_told(self, row: Ready) -> bool:
        return row.row_id <= self._last.get(row.claim_id, 0)

    async def _tell(self, row: Ready, ready: Sequence[Ready]) -> bool:
        async with self._telling:
            if self._was_told(row):
                return True
            following = (item.row_id for item in ready if item.claim_id == row.claim_id)
            last = max(islice((pk for pk in following if pk >= row.row_id), self.at_once), default=row.row_id)
            if not await event_loop.in_database(claims.record_intent, row.claim_id, last):
                return False
            self._last[row.claim_id] = last
            return True

    def _tell_ahead(self, ready: Sequence[Ready]) -> None:
        """While the others are sent, so that no start waits for the database."""
        half = self.at_once // 2
        if self._telling.locked() or len(ready) <= half or self._was_told(ready[half]):
            return

        async def tell(row: Ready) -> None:
            with contextlib.suppress(DatabaseError):  # its turn comes, and it is told then
                await self._tell(row, ready)

        task = asyncio.create_task(tell(ready[half]))
        self._ahead.add(task)
        task.add_done_callback(self._ahead.discard)

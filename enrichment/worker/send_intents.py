"""Records of rows that they may be sent, before they are, so that nobody sends them again when this worker dies."""

import asyncio
import contextlib
from collections.abc import Sequence

from django.db import DatabaseError

from enrichment.http_client import event_loop
from enrichment.runs import claims


class SendIntents:
    """The send intents of one claim, some rows at a time: the fewer, the fewer are in doubt when the worker dies."""

    def __init__(self, claim_id: int, row_ids: Sequence[int], at_once: int, recorded_to: int) -> None:
        """Takes the rows that will be sent, in their order; those up to the id `recorded_to` came with the claim."""
        self._claim_id = claim_id
        self._row_ids = row_ids
        self._at_once = at_once
        self._recorded_to = recorded_to
        self._recording = asyncio.Lock()
        self._ahead: asyncio.Task[None] | None = None

    async def record(self, index: int) -> bool:
        """Returns whether the row at this index may be sent: False when its claim was lost."""
        if self._is_recorded(index):
            self._record_ahead(index + self._at_once // 2)
            return True
        return await self._record_from(index)

    async def finish(self) -> None:
        """Waits for what is being recorded ahead."""
        if self._ahead:
            await asyncio.wait([self._ahead])

    def _is_recorded(self, index: int) -> bool:
        return self._row_ids[index] <= self._recorded_to

    async def _record_from(self, index: int) -> bool:
        async with self._recording:
            if self._is_recorded(index):
                return True
            last = self._row_ids[index : index + self._at_once][-1]
            if not await event_loop.in_database(claims.record_intent, self._claim_id, last):
                return False
            self._recorded_to = last
            return True

    def _record_ahead(self, index: int) -> None:
        """While the others are sent, so that no start waits for the database."""
        if index >= len(self._row_ids) or self._recording.locked() or self._is_recorded(index):
            return

        async def record() -> None:
            with contextlib.suppress(DatabaseError):  # tried again when the row is to be sent
                await self._record_from(index)

        self._ahead = asyncio.create_task(record())

"""What a request needs before it may start: a token, a send intent, permits for its column and host, a start time."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from enrichment.connections.token_cache import LATER
from enrichment.engine.errors import SignInError
from enrichment.http_client.concurrency import PermitPool
from enrichment.http_client.rate_limit import Reservation, Wait
from enrichment.worker import waits
from enrichment.worker.budget import Budget
from enrichment.worker.job import Job
from enrichment.worker.prepare import BUSY, Requests
from enrichment.worker.writer import Writer


class ClaimLost(Exception):
    """Another worker took the rows over."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Leave to start one request; its permits are released when it has ended."""

    reservation: Reservation
    pools: Sequence[PermitPool]  # one permit of each

    def release(self) -> None:
        _release(self.pools)


class Gate:
    """Admits the requests of one step, one after the other. Lives on the event loop."""

    def __init__(self, job: Job, budget: Budget, writer: Writer) -> None:
        self._job = job
        self._budget = budget
        self._writer = writer
        self._used: set[PermitPool] = set()

    async def admit(self, requests: Requests) -> Admission | None:
        """Admits the next one; returns None when it cannot start now, and the budget says what then.

        Raises ClaimLost, a SignInError that ends the run, or redis.RedisError.
        """
        # In this order: whoever waited for a token after its start time was reserved would start late.
        if not await self._is_signed_in():
            return None
        if not await requests.intents.record(requests.taken):
            raise ClaimLost
        pools = self._job.permit_pools(requests.next.request)
        if not await self._acquire(pools, requests.waiting):
            return None
        reservation = None
        try:
            reservation = await self._reserve(requests.waiting)
        finally:
            if reservation is None:
                _release(pools)
        return Admission(reservation, pools) if reservation else None

    async def return_unused(self) -> None:
        """Leaves to other workers what this step no longer needs. Raises redis.RedisError."""
        for pool in self._used:
            await pool.return_unused()

    async def _is_signed_in(self) -> bool:
        try:
            if self._job.token_cache:
                await self._job.token_cache.token()
        except SignInError as error:
            if error.code != LATER:
                raise
            self._budget.wait_for(BUSY.total_seconds())
            return False
        return True

    async def _acquire(self, pools: Sequence[PermitPool], waiting: int) -> bool:
        acquired: list[PermitPool] = []
        for pool in pools:
            if not await pool.acquire(waiting, longest=self._budget.longest_wait):
                _release(acquired)
                return False
            acquired.append(pool)
        self._used.update(acquired)
        return True

    async def _reserve(self, waiting: int) -> Reservation | None:
        while isinstance(reserved := await self._job.limiter.reserve(waiting), Wait):
            if pause := waits.pause_until(reserved.held):
                self._writer.pause(pause)
            if reserved.seconds > self._budget.longest_wait:
                self._budget.wait_for(reserved.seconds)
                return None
            await asyncio.sleep(reserved.seconds)
        return reserved


def _release(pools: Iterable[PermitPool]) -> None:
    for pool in pools:
        pool.release()

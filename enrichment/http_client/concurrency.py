"""Concurrency permits: how many requests may be under way for one key (a column, a host) in all workers together.

Redis knows what each worker was granted, and grants more as long as the cap allows (`permits.lua`). Between two
questions a worker hands the permits it was granted to its own requests.
"""

import asyncio
import contextlib
import math
import time
from dataclasses import dataclass
from uuid import uuid4

from redis import RedisError
from redis.asyncio import Redis

from enrichment.engine.limits import rate

FRESH = 0.1  # seconds after which a worker asks again: others may be short of permits meanwhile
GOOD_FOR = 3.0  # seconds for which Redis keeps a grant: the permits of a worker that died are free after that
MOST_POOLS = 1000  # before idle ones are forgotten


@dataclass(frozen=True, slots=True)
class Grant:
    """What Redis granted of what was requested, and when."""

    permits: int = 0
    requested: int = 0
    at: float = -math.inf

    @property
    def age(self) -> float:
        return time.monotonic() - self.at


class PermitPool:
    """This worker's permits for one key. Lives on the event loop."""

    def __init__(self, server: "Redis", worker: str, key: str, cap: int) -> None:
        self.cap = cap
        self.in_use = 0
        self.grant = Grant()
        self._server = server
        self._worker = worker
        self._key = f"marl:share:{key}"  # as in earlier versions, whose workers keep the same cap during a roll-out
        self._asking = asyncio.Lock()
        self._released = asyncio.Event()

    async def acquire(self, waiting: int, *, longest: float) -> bool:
        """Acquires a permit, or returns False when there is none within `longest` seconds.

        `waiting` is how many requests want one, this one among them. Raises redis.RedisError.
        """
        deadline = time.monotonic() + longest
        while not self._has_free:
            if self._is_worth_asking:
                await self.request(self.in_use + max(1, waiting))
            elif (seconds := min(FRESH, deadline - time.monotonic())) > 0:
                await self._wait_for_release(seconds)
            else:
                return False
        self.in_use += 1
        return True

    def release(self) -> None:
        self.in_use -= 1
        self._released.set()

    async def return_unused(self) -> None:
        """Leaves the permits that are not in use to other workers. Raises redis.RedisError."""
        await self.request(self.in_use)

    async def request(self, permits: int) -> None:
        """Asks for so many in all; while another request of this pool asks, its grant counts. Raises RedisError."""
        before = self.grant
        async with self._asking:
            if self.grant is before:
                arguments = self._worker, self.cap, self.in_use, permits, round(GOOD_FOR * 1000)
                granted = await self._server.eval(rate.PERMITS, 1, self._key, *arguments)
                self.grant = Grant(int(granted), permits, time.monotonic())

    @property
    def _has_free(self) -> bool:
        return self.in_use < self.grant.permits and self.grant.age < FRESH

    @property
    def _is_worth_asking(self) -> bool:
        """Not so soon again after less was granted than requested, nor while this worker has all there are."""
        return self.grant.age >= FRESH or self.grant.requested <= self.grant.permits < self.cap

    @property
    def is_idle(self) -> bool:
        return not self.in_use and self.grant.age > GOOD_FOR

    @property
    def needs_renewal(self) -> bool:
        return self.in_use > 0 and self.grant.age > GOOD_FOR / 3

    async def _wait_for_release(self, seconds: float) -> None:
        self._released.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._released.wait()


class Permits:
    """The pools of this process by key. Lives on the event loop."""

    def __init__(self, server: "Redis") -> None:
        self._server = server
        self._worker = uuid4().hex
        self._pools: dict[str, PermitPool] = {}

    def pool(self, key: str, cap: int) -> PermitPool:
        """Returns the pool of this key, whose cap may have changed."""
        if len(self._pools) > MOST_POOLS:
            self._pools = {known: pool for known, pool in self._pools.items() if not pool.is_idle}
        pool = self._pools.setdefault(key, PermitPool(self._server, self._worker, key, cap))
        pool.cap = cap
        return pool

    async def renew_for_ever(self) -> None:
        """Keeps the permits of requests that take long."""
        while True:
            await asyncio.sleep(GOOD_FOR / 3)
            for pool in [pool for pool in self._pools.values() if pool.needs_renewal]:
                with contextlib.suppress(RedisError):
                    await pool.request(pool.in_use)

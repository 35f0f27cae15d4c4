"""Concurrency permits: how many requests may be under way for one key (a column, a host) in all workers together.

Redis holds what each worker was granted and decides how much that may be; in between, a worker counts for itself.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from uuid import uuid4

from redis import RedisError
from redis.asyncio import Redis

from enrichment.engine.limits.rate import PERMITS

FRESH = 0.1  # seconds after which a grant is asked for again
GOOD_FOR = 3.0  # seconds: a worker that died keeps its permits from the others for so long


@dataclass(slots=True, eq=False)
class PermitPool:
    """This worker's permits for one key."""

    server: "Redis"
    worker: str
    key: str
    cap: int
    in_use: int = 0
    _granted: int = 0
    _requested: int = 0  # when `_granted` was given
    _granted_at: float = -GOOD_FOR
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    async def acquire(self, waiting: int, *, longest: float) -> bool:
        """Whether a permit was to be had within `longest` seconds. Raises redis.RedisError.

        `waiting` is how many requests want one, this one among them.
        """
        until = time.monotonic() + longest
        while not self._is_free:
            if self._may_grow:
                await self.request(self.in_use + max(1, waiting))
                if self._is_free:
                    break
            if (left := until - time.monotonic()) <= 0:
                return False
            self._released.clear()
            await _at_most(self._released.wait(), min(left, FRESH))
        self.in_use += 1
        return True

    def release(self) -> None:
        self.in_use -= 1
        self._released.set()

    async def return_unused(self) -> None:
        """For the other workers. Raises redis.RedisError."""
        await self.request(self.in_use)

    @property
    def _is_free(self) -> bool:
        return self.in_use < self._granted and self._age < FRESH

    @property
    def _may_grow(self) -> bool:
        """Not so soon after a grant of less than was requested, nor when this worker has all there are."""
        return self._age >= FRESH or self._requested <= self._granted < self.cap

    @property
    def is_idle(self) -> bool:
        return not self.in_use and self._age > GOOD_FOR

    @property
    def needs_renewal(self) -> bool:
        return self.in_use > 0 and self._age > GOOD_FOR / 3

    @property
    def _age(self) -> float:
        return time.monotonic() - self._granted_at

    async def request(self, permits: int) -> None:
        """Asks for so many, or waits for the answer to who is asking already. Raises redis.RedisError."""
        before = self._granted_at
        async with self._asking:
            if self._granted_at != before:
                return
            asked_at = time.monotonic()
            arguments = self.worker, self.cap, self.in_use, permits, int(GOOD_FOR * 1000)
            granted = int(await self.server.eval(PERMITS, 1, f"marl:share:{self.key}", *arguments))
            self._requested, self._granted, self._granted_at = permits, granted, asked_at


async def _at_most(what: Awaitable[object], seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await what


class Permits:
    """The pools of this process by key. Lives on the sending loop."""

    def __init__(self, server: "Redis") -> None:
        self.server = server
        self._worker = uuid4().hex
        self._pools: dict[str, PermitPool] = {}

    def pool(self, key: str, cap: int) -> PermitPool:
        if len(self._pools) > 1000:
            self._pools = {known: pool for known, pool in self._pools.items() if not pool.is_idle}
        pool = self._pools.setdefault(key, PermitPool(self.server, self._worker, key, cap))
        pool.cap = cap
        return pool

    async def renew_for_ever(self) -> None:
        """A request that takes long keeps its permit."""
        while True:
            await asyncio.sleep(GOOD_FOR / 3)
            for pool in [pool for pool in self._pools.values() if pool.needs_renewal]:
                with contextlib.suppress(RedisError):
                    await pool.request(pool.in_use)

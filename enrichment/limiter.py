"""The rate limit that all workers share: slots reserved in Redis by one script."""

import asyncio
from dataclasses import dataclass

from redis.asyncio import Redis

from enrichment.engine import ratelimit
from enrichment.engine.ratelimit import Limit, Slots


@dataclass(frozen=True, slots=True)
class Limiter:
    """One key's limit; without a limit only pauses count."""

    server: "Redis"
    key: str
    limit: Limit | None

    async def reserve(self, wanted: int) -> Slots:
        """Up to `wanted` starts, soon. Raises redis.RedisError: without Redis nothing is sent."""
        keys = [f"marl:slots:{self.key}", f"marl:pause:{self.key}"]
        answer = await self.server.eval(ratelimit.LUA, 2, *keys, *ratelimit.arguments(wanted, self.limit))
        return ratelimit.read(answer)

    async def wait_for_one(self) -> None:
        """Returns when one request may start."""
        while True:
            slots = await self.reserve(1)
            if slots.starts and await self.in_time(asyncio.get_running_loop().time() + slots.starts[0]):
                return
            await asyncio.sleep(slots.wait)

    async def in_time(self, start: float) -> bool:
        """Sleeps until the slot; False when it was missed by more than the grace and must be reserved again."""
        loop = asyncio.get_running_loop()
        if start > loop.time():
            await asyncio.sleep(start - loop.time())
        return self.limit is None or loop.time() - start <= self.limit.grace

    async def pause(self, seconds: float) -> None:
        """Nobody starts anything under this key for so long."""
        now, micro = await self.server.time()
        until = now * 1_000_000 + micro + round(seconds * 1_000_000)
        await self.server.set(f"marl:pause:{self.key}", until, px=max(1, round(seconds * 1000)))

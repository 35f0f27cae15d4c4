"""The rate limits that all workers share: start times reserved in Redis by one script."""

import asyncio
import math
from collections import deque
from dataclasses import dataclass, field, replace

from redis.asyncio import Redis

from enrichment.engine.limits import rate
from enrichment.engine.limits.rate import Limit


@dataclass(frozen=True, slots=True)
class Reservation:
    """The start time of one request, on the loop's clock.

    Redis read its clock between the question and its answer: the start time is `earliest` if that was at once, and
    `latest` if it was at the end. `name` is how Redis knows it, 0 where there is no limit.
    """

    earliest: float
    latest: float
    name: int = 0


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing can be reserved before so many seconds have passed."""

    seconds: float


@dataclass(slots=True)
class Limiter:
    """Keeps several limits at once, {key: limit}; a key without a limit can still be paused."""

    server: "Redis"
    limits: dict[str, Limit | None]
    _unused: deque[Reservation] = field(default_factory=deque)
    _unlimited_until: float = -math.inf  # where there is no limit: nothing was paused, so there is no need to ask
    _quickest: float = math.inf  # seconds from a request to its answer

    @property
    def limited(self) -> list[Limit]:
        return [limit for limit in self.limits.values() if limit]

    def within(self, seconds: float) -> int | None:
        """The starts that are allowed in so many seconds, at most; None for any number."""
        return min((limit.within(seconds) for limit in self.limited), default=None)

    async def reserve(self, requests: int = 1) -> Reservation | Wait:
        """Returns the next start time, or how long to wait before asking again.

        `requests` is how many are going to ask for one soon. Raises redis.RedisError: without Redis nothing is sent.
        """
        if not self._unused:
            now = asyncio.get_running_loop().time()
            if now < self._unlimited_until:
                return Reservation(now, now)
            wait = await self._reserve(requests if self.limited else 1)
            if not self._unused:
                return wait
        return self._unused.popleft()

    async def _reserve(self, requests: int) -> Wait:
        loop = asyncio.get_running_loop()
        asked = loop.time()
        keys = [name for key in self.limits for name in (_starts(key), _pause(key))]
        reply = rate.read(
            await self.server.eval(
                rate.RESERVE, len(keys), *keys, *rate.arguments(requests, list(self.limits.values()))
            )
        )
        answered = loop.time()
        if self.limited:
            self._unused += [
                Reservation(asked + start.after, answered + start.after, start.name) for start in reply.starts
            ]
        elif reply.starts:
            after = reply.starts[0].after
            self._unlimited_until = asked + rate.LOOK_AHEAD
            self._unused.append(Reservation(asked + after, answered + after))
        return Wait(max(0.001, reply.next_after - rate.look_ahead(self.limited) / 2))

    async def wait_for_start(self) -> Reservation:
        """Returns when one request may go out. Raises redis.RedisError."""
        while True:
            reserved = await self.reserve()
            if isinstance(reserved, Reservation):
                return await self.start(reserved)
            await asyncio.sleep(reserved.seconds)

    async def start(self, reservation: Reservation) -> Reservation:
        """Sleeps until the start time; returns the reservation with which the request goes out now.

        It is another one when the start time was missed by too much. Raises redis.RedisError.
        """
        now = asyncio.get_running_loop().time()
        if reservation.latest > now:
            await asyncio.sleep(reservation.latest - now)
        late = asyncio.get_running_loop().time() - reservation.earliest
        if any(late > limit.grace for limit in self.limited):
            return await self.wait_for_start()
        return await self._postpone(reservation, late)

    async def answered(self, reservation: Reservation, seconds: float) -> None:
        """The answer came so many seconds after the request went out. Raises redis.RedisError."""
        self._quickest = min(self._quickest, seconds)
        doubt = min((limit.doubt for limit in self.limited), default=0.0)
        await self._postpone(reservation, min(seconds - self._quickest, doubt))

    async def _postpone(self, reservation: Reservation, late: float) -> Reservation:
        if not reservation.name or late < rate.ON_TIME:
            return reservation
        moved = reservation.name + rate.micro(late)
        keys = [_starts(key) for key, limit in self.limits.items() if limit]
        await self.server.eval(rate.POSTPONE, len(keys), *keys, reservation.name, moved)
        return replace(reservation, name=moved, earliest=reservation.earliest + late)

    async def pause(self, seconds: float) -> None:
        """Nobody starts anything under the first key for so long."""
        self._unlimited_until = -math.inf
        now, micro = await self.server.time()
        until = now * 1_000_000 + micro + round(seconds * 1_000_000)
        await self.server.set(_pause(next(iter(self.limits))), until, px=max(1, round(seconds * 1000)))


def _starts(key: str) -> str:
    return f"marl:slots:{key}"


def _pause(key: str) -> str:
    return f"marl:pause:{key}"

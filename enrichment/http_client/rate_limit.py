"""Start times for requests under the rate limits that all workers share.

Ask for a `Reservation` (or learn how long to `Wait`), `start` it, send, and say when it was `answered`. What each
duration is for: `enrichment/engine/limits/rate.py`.
"""

import asyncio
import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, replace

from redis.asyncio import Redis

from enrichment.engine.limits import rate
from enrichment.engine.limits.rate import Limit


@dataclass(frozen=True, slots=True)
class Reservation:
    """The start time of one request, in seconds of the event loop's clock.

    Redis read its own clock after it was asked and before its reply came: the request starts at `latest`, which is
    surely not too early, and is late as seen from `earliest`. `name` is how Redis knows it, 0 where there is no limit.
    """

    earliest: float
    latest: float
    name: int = 0


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing can be reserved for so many seconds."""

    seconds: float


class Limiter:
    """Keeps several limits at once, {key: limit}; a key without a limit can still be paused.

    Every method that talks to Redis raises redis.RedisError: without Redis nothing is sent.
    """

    def __init__(self, server: "Redis", limits: Mapping[str, Limit | None]) -> None:
        self._server = server
        self._keys = list(limits)
        self._limit_of_key = list(limits.values())
        self.limits = [limit for limit in limits.values() if limit]
        self._look_ahead = rate.look_ahead(self.limits)
        self._unused: deque[Reservation] = deque()
        self._not_paused_until = -math.inf
        self._quickest_answer = math.inf  # seconds

    def within(self, seconds: float) -> int | None:
        """Returns how many starts are allowed in so many seconds, at most; None for any number."""
        return min((limit.within(seconds) for limit in self.limits), default=None)

    async def reserve(self, requests: int = 1) -> Reservation | Wait:
        """Returns the next start time, or how long to wait before asking again.

        `requests` is how many want one, this one among them: a call to Redis reserves several.
        """
        now = _now()
        if not self.limits and now < self._not_paused_until:
            return Reservation(now, now)
        if not self._unused and (wait := await self._reserve(requests if self.limits else 1)):
            return wait
        return self._unused.popleft()

    async def _reserve(self, requests: int) -> Wait | None:
        keys = [name for key in self._keys for name in (_starts(key), _pause(key))]
        asked = _now()
        reply = rate.read(
            await self._server.eval(rate.RESERVE, len(keys), *keys, *rate.arguments(requests, self._limit_of_key))
        )
        replied = _now()
        self._unused += [
            Reservation(asked + start.seconds, replied + start.seconds, start.name if self.limits else 0)
            for start in reply.starts
        ]
        if not reply.starts:
            # Not as soon as one can be reserved: a moment later it is several.
            return Wait(max(0.001, reply.next_start - self._look_ahead / 2))
        if not self.limits and not reply.starts[0].seconds:
            self._not_paused_until = asked + self._look_ahead
        return None

    async def wait_for_start(self) -> Reservation:
        """Returns when one request may go out."""
        while True:
            reserved = await self.reserve()
            if isinstance(reserved, Reservation):
                return await self.start(reserved)
            await asyncio.sleep(reserved.seconds)

    async def start(self, reservation: Reservation) -> Reservation:
        """Returns when the request may go out, with the reservation that it goes out with.

        It is another one when this one's grace is over. May be called again, for a request that was held up since.
        """
        if reservation.latest > (now := _now()):
            await asyncio.sleep(reservation.latest - now)
        late = _now() - reservation.earliest
        if any(late > limit.grace for limit in self.limits):
            return await self.wait_for_start()
        return await self._postpone(reservation, late)

    async def answered(self, reservation: Reservation, seconds: float) -> None:
        """Hears that the answer came so many seconds after the request went out."""
        self._quickest_answer = min(self._quickest_answer, seconds)
        margin = min((limit.margin for limit in self.limits), default=0.0)
        await self._postpone(reservation, min(seconds - self._quickest_answer, margin))

    async def _postpone(self, reservation: Reservation, late: float) -> Reservation:
        if not reservation.name or all(late < limit.tolerance for limit in self.limits):
            return reservation
        name = reservation.name + rate.microseconds(late)
        keys = [_starts(key) for key, limit in zip(self._keys, self._limit_of_key, strict=True) if limit]
        await self._server.eval(rate.POSTPONE, len(keys), *keys, reservation.name, name)
        return replace(reservation, earliest=reservation.earliest + late, name=name)

    async def pause(self, seconds: float) -> None:
        """Lets nobody start anything under the first key for so long."""
        self._not_paused_until = -math.inf
        await self._server.eval(rate.PAUSE, 1, _pause(self._keys[0]), max(1, round(seconds * 1000)))


def _now() -> float:
    return asyncio.get_running_loop().time()


# The names of earlier versions, so that workers of both keep one limit together while a new version is rolled out.
def _starts(key: str) -> str:
    return f"marl:slots:{key}"


def _pause(key: str) -> str:
    return f"marl:pause:{key}"

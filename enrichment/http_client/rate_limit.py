"""Start times for requests under the rate limits that all workers share, and under what an API says of itself.

Ask for a `Reservation` (or learn how long to `Wait`) and make it a `departure.Departure`, which says when the request
has arrived; or `release` it. What each duration is for: `enrichment/engine/limits/rate.py`.
"""

import asyncio
import logging
import math
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from redis import RedisError
from redis.asyncio import Redis

from enrichment.engine.limits import rate
from enrichment.engine.limits.rate import Arrival, Hold, Limit, Reply

log = logging.getLogger(__name__)

FREE = 0.05  # seconds in which a worker without limits does not look for a hold or a pace


@dataclass(frozen=True, slots=True)
class Reservation:
    """The start time of one request, in seconds of the event loop's clock.

    Redis read its own clock after it was asked and before its reply came: the request starts at `latest`, which is
    surely not too early, and what happens to it is dated as seen from `earliest`, which is surely not too early either.
    `name` is how Redis knows it, 0 where there is no limit.
    """

    earliest: float
    latest: float
    name: int = 0

    @property
    def usable(self) -> float:
        """Until when the request may be sent."""
        return self.earliest + rate.USABLE if self.name else math.inf


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing can be reserved for so many seconds; for `held` of them because the API asks to wait."""

    seconds: float
    held: float = 0.0


class Limiter:
    """Keeps several limits at once, {key: limit}, and the hold and the pace of the `api` that they are for.

    Every method that talks to Redis raises redis.RedisError: without Redis nothing is sent.
    """

    def __init__(self, server: "Redis", limits: Mapping[str, Limit], *, api: str, column: str = "") -> None:
        self.limits = list(limits.values())
        self.pace: float | None = None  # requests a second to which the API has slowed everybody
        self._server = server
        self._api, self._column = f"marl:api:{api}", f"marl:waits:{column or api}"
        arrivals_and_last_starts = (f"marl:{kept}:{key}" for key in limits for kept in ("arrivals", "start"))
        self._keys = [self._api, self._column, *arrivals_and_last_starts]
        self._look_ahead = rate.look_ahead(self.limits)
        self._reports: dict[int, int] = {}  # what became of reservations, by their names
        self._reporting: asyncio.Task[None] | None = None
        self._unused: deque[Reservation] = deque()
        self._free_until = -math.inf  # until then requests start without a call to Redis
        self._started = 0  # in that time
        self._held_until = -math.inf  # as far as this limiter knows
        self._waits = 0  # of the API or the column, without a success

    def within(self, seconds: float) -> int | None:
        """Returns how many starts are allowed in so many seconds, at most; None for any number."""
        allowed = [limit.within(seconds) for limit in self.limits]
        return min([*allowed, int(self.pace * seconds) + 1] if self.pace else allowed, default=None)

    @property
    def held(self) -> float:
        """The seconds for which the API asks to wait, as far as this limiter knows."""
        return max(0.0, self._held_until - _now())

    async def reserve(self, requests: int = 1) -> Reservation | Wait:
        """Returns the next start time, or how long to wait before asking again.

        `requests` is how many want one, this one among them: a call to Redis reserves several.
        """
        now = _now()
        if now < self._free_until:
            self._started += 1
            return Reservation(now, now)
        if not self._unused and (wait := await self._reserve(requests if self.limits or self.pace else 1)):
            return wait
        return self._unused.popleft()

    async def _reserve(self, requests: int) -> Wait | None:
        asked, held_until = _now(), self._held_until
        reply = await self._call(requests)
        replied = _now()
        was_held = self._held_until != held_until  # meanwhile: the reply does not know it
        if not was_held:
            self.pace, self._waits, self._held_until = reply.pace, reply.waits, replied + reply.held
        self._unused += [
            Reservation(asked + start.seconds, replied + start.seconds, start.name if self.limits else 0)
            for start in reply.starts
        ]
        if not reply.starts:
            # Not as soon as one can be reserved: a moment later it is several.
            return Wait(max(0.001, reply.next_start - self._look_ahead / 2), reply.held)
        if not (self.limits or self.pace or was_held or reply.starts[0].seconds):
            self._free_until = asked + FREE
        return None

    async def _call(self, requests: int) -> Reply:
        started, self._started = self._started, 0
        reports, self._reports = self._reports, {}
        arguments = rate.arguments(requests, self.limits, started, reports)
        try:
            return rate.read(await self._server.eval(rate.RESERVE, len(self._keys), *self._keys, *arguments))
        except BaseException:
            self._report(reports | self._reports)
            raise

    async def wait_for_start(self) -> Reservation:
        """Returns the reservation of one request that may go out now."""
        while True:
            reserved = await self.reserve()
            if isinstance(reserved, Reservation):
                return await self.start(reserved)
            await asyncio.sleep(reserved.seconds)

    async def start(self, reservation: Reservation) -> Reservation:
        """Returns the reservation when its request may go out, or another one when it is too late for that."""
        try:
            early = reservation.latest - _now()
            while early > 0:  # a timer may be early too
                await asyncio.sleep(early)
                early = reservation.latest - _now()
        except asyncio.CancelledError:
            self.release(reservation)
            raise
        if _now() <= reservation.usable:
            return reservation
        self.release(reservation)
        return await self.wait_for_start()

    def release(self, reservation: Reservation) -> None:
        """Leaves a start time to others: its request was not sent."""
        self._report({reservation.name: Arrival.NEVER})

    def release_unused(self) -> None:
        """Leaves to others what was reserved for requests that follow."""
        while self._unused:
            self.release(self._unused.popleft())

    def arrived(self, reservation: Reservation, at: float) -> None:
        """Hears that its request had arrived by this time of the event loop's clock."""
        self._report({reservation.name: reservation.name + rate.microseconds(at - reservation.earliest)})

    def on_its_way(self, reservation: Reservation) -> None:
        """Hears that its request may still arrive."""
        self._report({reservation.name: Arrival.UNKNOWN})

    def _report(self, reports: Mapping[int, int]) -> None:
        self._reports |= {name: arrival for name, arrival in reports.items() if name}
        if self._reports and self._reporting is None:
            self._reporting = asyncio.create_task(self._report_in_time())

    async def _report_in_time(self) -> None:
        """Until all is reported, which the next reservations do as well."""
        while self._reports:
            await asyncio.sleep(rate.report(self.limits))
            if self._reports:
                try:
                    await self._call(0)
                except RedisError as error:
                    log.warning("arrivals are reported later: %s", error)
        self._reporting = None

    async def hold(self, seconds_ago: float, asked: float, *, too_fast: bool, longest: float) -> Hold:
        """Hears that the API refused a request that started so many seconds ago.

        It asks to wait for `asked` seconds, 0 where it does not say how long. Whether it was `too_fast` says if all
        requests are slowed. A wait longer than `longest` is one in which the run is paused.
        """
        self.release_unused()
        self._free_until = -math.inf
        started, self._started = self._started, 0
        times = (rate.microseconds(seconds) for seconds in (seconds_ago, asked))
        arguments = *times, int(too_fast), started, rate.microseconds(longest)
        hold = rate.read_hold(await self._server.eval(rate.HOLD, 2, self._api, self._column, *arguments))
        self._held_until, self._waits = _now() + hold.seconds, max(1, self._waits)
        return hold

    async def succeeded(self) -> None:
        """Hears that a request had a success: what waits there were, were worth it."""
        if self._waits:
            self._waits = 0
            await self._server.eval(rate.LIFT, 2, self._api, self._column, 0)

    async def lift(self) -> None:
        """Lets everybody send to the API at once, because a person says so."""
        await self._server.eval(rate.LIFT, 2, self._api, self._column, 1)


def _now() -> float:
    return asyncio.get_running_loop().time()

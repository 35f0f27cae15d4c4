"""The rate limits that all workers share: slots reserved in Redis by one script."""

import asyncio
import math
from collections import deque
from dataclasses import dataclass, field

from redis.asyncio import Redis

from enrichment.engine.limits import rate
from enrichment.engine.limits.rate import Limit, Slots

CHECKED = 0.1  # seconds for which “nothing is paused” holds, where there is no limit


@dataclass(slots=True)
class Turn:
    """When a request may start, on the loop's clock; `slot` is how Redis knows it, 0 where there is no limit.

    Redis gave the slot between our asking and its answer: `at` is as if it was just now, `earliest` as if at once.
    """

    at: float
    earliest: float = 0.0
    slot: int = 0


@dataclass(slots=True)
class Limiter:
    """Keeps several limits at once, {key: limit}; a key without a limit can still be paused."""

    server: "Redis"
    limits: dict[str, Limit | None]
    _turns: deque[Turn] = field(default_factory=deque)
    _checked: float = -CHECKED
    _quickest: float = math.inf  # seconds from a request to its answer

    @property
    def limited(self) -> list[Limit]:
        return [limit for limit in self.limits.values() if limit]

    def within(self, seconds: float) -> int | None:
        """The starts that are allowed in so many seconds, at most; None for any number."""
        return min((limit.within(seconds) for limit in self.limited), default=None)

    async def reserve(self, wanted: int) -> Slots:
        """Up to `wanted` starts, soon. Raises redis.RedisError: without Redis nothing is sent."""
        keys = [name for key in self.limits for name in (_slots(key), _pause(key))]
        arguments = rate.arguments(wanted, list(self.limits.values()))
        return rate.read(await self.server.eval(rate.SLOTS, len(keys), *keys, *arguments))

    async def next_turn(self, wanted: int = 1, *, longest: float | None = None) -> Turn | float:
        """The next turn, or the seconds until there may be one when they are more than `longest`.

        `wanted` is how many turns will be asked for soon. Raises redis.RedisError.
        """
        loop = asyncio.get_running_loop()
        while not self._turns:
            if not self.limited and loop.time() - self._checked < CHECKED:
                return Turn(loop.time())
            asked = loop.time()
            found = await self.reserve(wanted if self.limited else 1)
            told = loop.time()
            if found.slots and not self.limited:
                self._checked = told
                return Turn(told + found.slots[0].starts_in)
            self._turns += [Turn(told + slot.starts_in, asked + slot.starts_in, slot.name) for slot in found.slots]
            if not found.slots and longest is not None and found.wait > longest:
                return found.wait
            if not found.slots:
                ahead = rate.look_ahead(self.limited)
                await asyncio.sleep(max(0.001, found.wait - ahead / 2))
        return self._turns.popleft()

    async def wait_for_one(self) -> Turn:
        """Returns when one request may start."""
        while True:
            turn = await self.next_turn()
            if isinstance(turn, Turn) and await self.begin(turn):
                return turn

    async def begin(self, turn: Turn) -> bool:
        """Sleeps until the turn; False when it was missed by so much that another one is needed."""
        loop = asyncio.get_running_loop()
        if turn.at > loop.time():
            await asyncio.sleep(turn.at - loop.time())
        return await self.still_good(turn)

    async def still_good(self, turn: Turn) -> bool:
        """Whether the request may go out now; its slot moves to now where that is later."""
        late = asyncio.get_running_loop().time() - turn.earliest
        if any(late > limit.grace for limit in self.limited):
            return False
        await self._move(turn, late)
        return True

    async def answered(self, turn: Turn, seconds: float) -> None:
        """The answer came so many seconds after the request went out. Raises redis.RedisError."""
        self._quickest = min(self._quickest, seconds)
        doubt = min((limit.doubt for limit in self.limited), default=0.0)
        await self._move(turn, min(seconds - self._quickest, doubt))

    async def _move(self, turn: Turn, late: float) -> None:
        if not turn.slot or late < rate.ON_TIME:
            return
        moved = turn.slot + rate.micro(late)
        keys = [_slots(key) for key, limit in self.limits.items() if limit]
        await self.server.eval(rate.LATE, len(keys), *keys, turn.slot, moved)
        turn.slot, turn.earliest = moved, turn.earliest + late

    async def pause(self, seconds: float) -> None:
        """Nobody starts anything under the first key for so long."""
        self._checked = -CHECKED
        now, micro = await self.server.time()
        until = now * 1_000_000 + micro + round(seconds * 1_000_000)
        await self.server.set(_pause(next(iter(self.limits))), until, px=max(1, round(seconds * 1000)))


def _slots(key: str) -> str:
    return f"marl:slots:{key}"


def _pause(key: str) -> str:
    return f"marl:pause:{key}"

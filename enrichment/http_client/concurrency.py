"""How many requests may be under way for one key (a column, a host), in this process and in all together.

Redis holds each worker's part and says how large it may be; in between, a process counts for itself.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from uuid import uuid4

from redis import RedisError
from redis.asyncio import Redis

from enrichment.engine.limits.rate import SHARES

FRESH = 0.1  # seconds after which the part is looked at again
GOOD_FOR = 3.0  # seconds: a worker that died keeps its part from the others for so long


@dataclass(slots=True, eq=False)
class Share:
    server: "Redis"
    member: str
    key: str
    cap: int
    under_way: int = 0
    _allowed: int = 0
    _wanted: int = 0  # when it was asked for
    _asked: float = -GOOD_FOR  # when `_allowed` was given
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)
    _left: asyncio.Event = field(default_factory=asyncio.Event)

    async def enter(self, waiting: int, *, longest: float) -> bool:
        """Waits for so many seconds at most; True when one more may be under way. Raises redis.RedisError.

        `waiting` is how many want to follow.
        """
        until = time.monotonic() + longest
        while not self._has_room:
            if self._may_grow:
                await self.ask(self.under_way + max(1, waiting))
                if self._has_room:
                    break
            if (left := until - time.monotonic()) <= 0:
                return False
            self._left.clear()
            await _at_most(self._left.wait(), min(left, FRESH))
        self.under_way += 1
        return True

    @property
    def _has_room(self) -> bool:
        return self.under_way < self._allowed and self._age < FRESH

    @property
    def _may_grow(self) -> bool:
        """Asking again is worth while: not so soon behind an answer that gave less than was wanted, or all there is."""
        return self._age >= FRESH or self._wanted <= self._allowed < self.cap

    def leave(self) -> None:
        self.under_way -= 1
        self._left.set()

    async def give_back(self) -> None:
        """What is not used is for the other workers. Raises redis.RedisError."""
        await self.ask(self.under_way)

    @property
    def idle(self) -> bool:
        return not self.under_way and self._age > GOOD_FOR

    @property
    def needs_renewal(self) -> bool:
        return self.under_way > 0 and self._age > GOOD_FOR / 3

    @property
    def _age(self) -> float:
        return time.monotonic() - self._asked

    async def ask(self, wanted: int) -> None:
        """Whoever waits for the answer of another takes that one. Raises redis.RedisError."""
        before = self._asked
        async with self._asking:
            if self._asked != before:
                return
            asked = time.monotonic()
            self._wanted = wanted
            given = self.member, self.cap, self.under_way, wanted, int(GOOD_FOR * 1000)
            self._allowed = int(await self.server.eval(SHARES, 1, f"marl:share:{self.key}", *given))
            self._asked = asked


async def _at_most(what: Awaitable[object], seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await what


class Shares:
    """The shares of this process by key. Lives on the sending loop."""

    def __init__(self, server: "Redis") -> None:
        self.server = server
        self._member = uuid4().hex
        self._shares: dict[str, Share] = {}

    def of(self, key: str, cap: int) -> Share:
        if len(self._shares) > 1000:
            self._shares = {known: share for known, share in self._shares.items() if not share.idle}
        share = self._shares.setdefault(key, Share(self.server, self._member, key, cap))
        share.cap = cap
        return share

    async def renew_for_ever(self) -> None:
        """What is under way for long stays told."""
        while True:
            await asyncio.sleep(GOOD_FOR / 3)
            for share in [share for share in self._shares.values() if share.needs_renewal]:
                with contextlib.suppress(RedisError):
                    await share.ask(share.under_way)

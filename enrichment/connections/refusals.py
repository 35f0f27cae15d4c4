"""Whether an API that refuses a token means the token or the row.

A token that has ended is refused for every row, but some APIs also refuse single rows with 401. Signing in again for
each of these would lock accounts, and failing each row whose token has ended would leave holes in every long run. So:

1. A token that was issued a moment ago and never accepted is not renewed: the API does not want this sign-in.
2. A token that was accepted before is renewed at the first refusal, and the row is sent once more. If it is accepted
   now, the token had ended.
3. If it is refused again, the renewal made no difference. From then on a refusal is doubtful: the row is put back, with
   the time of its refusal, and is sent again a little later. If it is refused once more, and a request that started
   since the first time was accepted with the same token, the refusal is the row's own. If none was, the token is
   renewed. Each renewal that makes no difference lets rows be put back for longer, one that helps ends the doubt.

So any number of rows that are refused for themselves make one sign-in, and a second one if nothing else is sent
meanwhile, and no row fails because its token has ended.

Redis holds this for all workers, below the key of the token: `:alive`, for each token when the last request started
that was accepted with it, by the clock of Redis; `:new` tokens; and `:doubts`, the renewals that made no difference.
Each token for itself, because requests with the last one and with the next one end at the same time.
"""

import hashlib
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from enrichment.engine.auth.token import Token
from enrichment.http_client import event_loop

NEW = 30.0  # seconds in which a token that was never accepted cannot have ended; longer after a doubtful renewal
REPORTED = 0.25  # seconds between two reports of a worker that the token is accepted
LOOK_AGAIN = (1.0, 4.0, 15.0, 60.0)  # seconds until a doubtful row is sent again, by the number of doubts
KEPT = 24 * 3600  # seconds


# The latest start counts: requests end in another order than they started in.
_ACCEPTED = """
local time = redis.call('TIME')
local at = time[1] + time[2] / 1000000 - ARGV[1]
local known = tonumber(redis.call('GET', KEYS[1]) or 0)
redis.call('SET', KEYS[1], string.format('%.6f', math.max(at, known)), 'EX', ARGV[2])
return 0
"""

type Note = Mapping[str, Any]  # {token, at}: which token was refused, and when by the clock of Redis


@dataclass(frozen=True, slots=True)
class Doubt:
    """The row is to be sent again in so many seconds, with this note of its refusal."""

    seconds: float
    note: Note


class Refusals:
    """What all workers know of a connection's tokens. Every method raises redis.RedisError."""

    def __init__(self, key: str) -> None:
        self._key = key
        self._reported = "", -math.inf  # the token that was last reported as accepted, and when
        self._report_every = REPORTED

    async def issued(self, token: Token) -> None:
        """Hears of a token that nobody has used yet."""
        seconds = NEW * 10 ** min(2, await self._doubts())
        await event_loop.redis().set(f"{self._key}:new:{_digest(token)}", 1, px=int(seconds * 1000))

    async def accepted(self, token: Token, seconds_ago: float) -> None:
        """Hears that a request which started so many seconds ago was not refused."""
        reported, at = self._reported
        if reported == token.text and time.monotonic() - at < self._report_every:
            return
        self._reported = token.text, time.monotonic()
        await event_loop.redis().eval(_ACCEPTED, 1, self._alive(token), str(round(seconds_ago, 6)), str(KEPT))

    async def is_new(self, token: Token) -> bool:
        """Whether it was just issued and never accepted."""
        if await self._accepted_at(token) is not None:
            return False
        return bool(await event_loop.redis().exists(f"{self._key}:new:{_digest(token)}"))

    async def doubt(self, token: Token, note: Note | None) -> Doubt | None:
        """Returns when the row is to be sent again; None without a doubt, or when it was sent again already."""
        doubts = await self._doubts()
        return await self._doubt(token, doubts) if doubts and _refused_at(token, note) is None else None

    async def doubt_another(self, token: Token) -> Doubt | None:
        """Returns when a row is to be sent again that was refused with this token right after the one before it.

        None for a token that nobody's request was accepted with: then the row is refused for itself.
        """
        return None if await self.is_new(token) else await self._doubt(token, 1)

    async def _doubt(self, token: Token, doubts: int) -> Doubt:
        self._report_every = 0.0  # every success may be the one that tells
        note = {"token": _digest(token), "at": await self._now()}
        return Doubt(LOOK_AGAIN[min(doubts, len(LOOK_AGAIN)) - 1], note)

    async def is_of_row(self, token: Token, note: Note | None) -> bool:
        """Whether a request that started after the row's first refusal was accepted with the same token."""
        refused_at, accepted_at = _refused_at(token, note), await self._accepted_at(token)
        return refused_at is not None and accepted_at is not None and accepted_at > refused_at

    async def renews(self) -> None:
        """Hears that a token is renewed because it was refused: that made no difference until `helped`."""
        async with event_loop.redis().pipeline() as pipe:
            pipe.incr(f"{self._key}:doubts")
            pipe.expire(f"{self._key}:doubts", KEPT)
            await pipe.execute()

    async def helped(self) -> None:
        """Hears that the row for which the token was renewed is accepted with the new one."""
        await event_loop.redis().delete(f"{self._key}:doubts")

    async def _doubts(self) -> int:
        return int(await event_loop.redis().get(f"{self._key}:doubts") or 0)

    async def _accepted_at(self, token: Token) -> float | None:
        at = await event_loop.redis().get(self._alive(token))
        return None if at is None else float(at)

    def _alive(self, token: Token) -> str:
        return f"{self._key}:alive:{_digest(token)}"

    async def _now(self) -> float:
        seconds, microseconds = await event_loop.redis().time()
        return float(seconds + microseconds / 1_000_000)


def _refused_at(token: Token, note: Note | None) -> float | None:
    return float(note["at"]) if note and note["token"] == _digest(token) else None


def _digest(token: Token) -> str:
    """Tells tokens apart without holding them."""
    return hashlib.sha256(token.text.encode()).hexdigest()[:32]

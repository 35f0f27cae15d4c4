"""A real Redis, with a clock that tests can set."""

from collections.abc import AsyncIterator

import pytest
from django.conf import settings
from redis.asyncio import Redis

from enrichment.engine.limits import rate

SECOND = 1_000_000  # µs
NOON = 1_800_000_000 * SECOND


@pytest.fixture
async def server(redis_server: None) -> AsyncIterator[Redis]:
    connection = Redis.from_url(settings.REDIS_URL)
    yield connection
    await connection.flushdb()
    await connection.aclose()


def with_clock(script: str) -> str:
    """The script with the clock of tests."""
    read = "{math.floor(redis.call('GET', 'clock') / 1000000), redis.call('GET', 'clock') % 1000000}"
    return script.replace("redis.call('TIME')", read)


class Clock:
    """What the scripts read instead of Redis' own clock; it stands until it is set, in microseconds."""

    def __init__(self, server: Redis) -> None:
        self._server = server

    async def set(self, time: float) -> None:
        await self._server.set("clock", round(time))


@pytest.fixture
async def clock(server: Redis, monkeypatch: pytest.MonkeyPatch) -> Clock:
    for name in ("RESERVE", "HOLD", "LIFT", "PERMITS"):
        monkeypatch.setattr(rate, name, with_clock(getattr(rate, name)))
    clock = Clock(server)
    await clock.set(NOON)
    return clock

"""The reservation script, on the clock of a real Redis: no waiting is needed to know what it allows."""

from collections.abc import AsyncIterator

import pytest
from django.conf import settings
from redis.asyncio import Redis

from enrichment.engine.limits import rate as ratelimit
from enrichment.engine.limits.rate import Limit
from enrichment.http_client.rate_limit import Limiter, Reservation, Wait


@pytest.fixture
async def server(redis_server: None) -> AsyncIterator[Redis]:
    connection = Redis.from_url(settings.REDIS_URL)
    yield connection
    await connection.flushdb()
    await connection.aclose()


async def starts(server: Redis, limit: Limit, number: int, key: str = "k") -> list[int]:
    """Start times in µs, with a look-ahead that sees them all."""
    given: list[int] = []
    while len(given) < number:
        arguments = list(ratelimit.arguments(number - len(given), [limit]))
        arguments[1] = 10**12
        answer = await server.eval(ratelimit.RESERVE, 2, f"marl:slots:{key}", f"marl:pause:{key}", *arguments)
        given += [int(part) for part in answer[2:]]
    return given


@pytest.mark.parametrize("limit", [Limit(1, 0.1), Limit(5, 1), Limit(50, 1), Limit(100, 0.2), Limit(3, 60)])
async def test_no_window_holds_more_starts_than_the_limit(server: Redis, limit: Limit) -> None:
    given = await starts(server, limit, 5 * limit.requests + 1)
    apart = [later - earlier for earlier, later in zip(given, given[limit.requests :], strict=False)]
    assert min(apart) >= (limit.seconds + limit.margin) * 1e6 - 1
    assert given == sorted(given)


@pytest.mark.parametrize("limit", [Limit(5, 1), Limit(50, 1), Limit(100, 10)])
async def test_nearly_all_of_the_allowed_rate_is_used(server: Redis, limit: Limit) -> None:
    number = 20 * limit.requests
    given = await starts(server, limit, number + 1)
    rate = number / ((given[-1] - given[0]) / 1e6)
    assert rate >= 0.95 * limit.requests / limit.seconds


async def test_no_more_is_reserved_than_starts_soon(server: Redis) -> None:
    limiter = Limiter(server, {"k": Limit(1, 10)})
    assert isinstance(await limiter.reserve(5), Reservation)
    wait = await limiter.reserve(5)
    assert isinstance(wait, Wait)
    assert 9 < wait.seconds <= 10.1


async def test_a_pause_holds_everybody_back(server: Redis) -> None:
    await Limiter(server, {"k": None}).pause(5)
    for limit in (None, Limit(10, 1)):
        wait = await Limiter(server, {"k": limit}).reserve()
        assert isinstance(wait, Wait)
        assert 4 < wait.seconds <= 5


async def test_keys_do_not_share_their_limit(server: Redis) -> None:
    for key in "ab":
        assert isinstance(await Limiter(server, {key: Limit(1, 10)}).reserve(), Reservation)


async def test_a_smaller_limit_counts_at_once(server: Redis) -> None:
    await starts(server, Limit(10, 1), 10)
    given = await starts(server, Limit(2, 1), 3)
    assert given[2] - given[0] >= 1_000_000

"""The caps on requests under way, as several workers keep them together."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from django.conf import settings
from redis.asyncio import Redis

from enrichment.http_client.concurrency import Share, Shares


@pytest.fixture
async def server(redis_server: None) -> AsyncIterator[Redis]:
    connection = Redis.from_url(settings.REDIS_URL)
    yield connection
    await connection.flushdb()
    await connection.aclose()


def share(server: Redis, cap: int, key: str = "column:1") -> Share:
    """As another worker has it."""
    return Shares(server).of(key, cap)


async def fill(mine: Share, waiting: int = 100) -> int:
    """Enters as often as it can; how often that was."""
    entered = 0
    while await mine.enter(waiting, longest=0):
        entered += 1
    return entered


async def test_one_worker_may_have_all_of_the_cap(server: Redis) -> None:
    assert await fill(share(server, 7)) == 7


async def test_all_workers_together_keep_to_the_cap(server: Redis) -> None:
    workers = [share(server, 10) for _ in range(4)]
    for _ in range(3):
        await asyncio.gather(*(fill(mine) for mine in workers))
    assert sum(mine.under_way for mine in workers) == 10


async def test_a_hungry_worker_gets_its_part_when_the_other_ones_requests_end(server: Redis) -> None:
    first, second = share(server, 10), share(server, 10)
    await fill(first)
    assert await fill(second) == 0
    for _ in range(10):
        first.leave()
        await first.ask(first.under_way + 100)
        await second.ask(second.under_way + 100)
        await fill(second)
    assert (first.under_way, second.under_way) == (0, 5)
    assert await fill(first) == 5


async def test_what_a_worker_gives_back_is_anothers_at_once(server: Redis) -> None:
    first, second = share(server, 10), share(server, 10)
    await fill(first)
    for _ in range(10):
        first.leave()
    await first.give_back()
    assert await fill(second) == 10


async def test_keys_do_not_share_their_cap(server: Redis) -> None:
    assert await fill(share(server, 2, "host:a")) == 2
    assert await fill(share(server, 2, "host:b")) == 2

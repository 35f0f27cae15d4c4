"""The caps on requests under way, as several workers keep them together."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from django.conf import settings
from redis.asyncio import Redis

from enrichment.http_client.concurrency import PermitPool, Permits


@pytest.fixture
async def server(redis_server: None) -> AsyncIterator[Redis]:
    connection = Redis.from_url(settings.REDIS_URL)
    yield connection
    await connection.flushdb()
    await connection.aclose()


def pool(server: Redis, cap: int, key: str = "column:1") -> PermitPool:
    """As another worker has it."""
    return Permits(server).pool(key, cap)


async def fill(pool: PermitPool, waiting: int = 100) -> int:
    """Acquires as many permits as it can; how many that were."""
    acquired = 0
    while await pool.acquire(waiting, longest=0):
        acquired += 1
    return acquired


async def test_one_worker_may_have_all_of_the_cap(server: Redis) -> None:
    assert await fill(pool(server, 7)) == 7


async def test_all_workers_together_keep_to_the_cap(server: Redis) -> None:
    workers = [pool(server, 10) for _ in range(4)]
    for _ in range(3):
        await asyncio.gather(*(fill(worker) for worker in workers))
    assert sum(worker.in_use for worker in workers) == 10


async def test_a_hungry_worker_gets_its_part_when_the_other_ones_requests_end(server: Redis) -> None:
    first, second = pool(server, 10), pool(server, 10)
    await fill(first)
    assert await fill(second) == 0
    for _ in range(10):
        first.release()
        await first.request(first.in_use + 100)
        await second.request(second.in_use + 100)
        await fill(second)
    assert (first.in_use, second.in_use) == (0, 5)
    assert await fill(first) == 5


async def test_what_a_worker_gives_back_is_anothers_at_once(server: Redis) -> None:
    first, second = pool(server, 10), pool(server, 10)
    await fill(first)
    for _ in range(10):
        first.release()
    await first.return_unused()
    assert await fill(second) == 10


async def test_keys_do_not_share_their_cap(server: Redis) -> None:
    assert await fill(pool(server, 2, "host:a")) == 2
    assert await fill(pool(server, 2, "host:b")) == 2

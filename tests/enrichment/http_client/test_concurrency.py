"""The caps on requests under way, as several workers keep them together."""

import asyncio

import pytest
from redis.asyncio import Redis

from enrichment.http_client import concurrency
from enrichment.http_client.concurrency import PermitPool, Permits
from tests.enrichment.http_client.conftest import NOON, SECOND, Clock


def pool(server: Redis, cap: int, key: str = "column:1") -> PermitPool:
    """As another worker has it."""
    return Permits(server).pool(key, cap)


async def fill(pool: PermitPool, waiting: int = 100) -> int:
    """Acquires as many permits as it can; returns how many."""
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


async def test_a_permit_that_is_released_goes_to_the_next_request(server: Redis) -> None:
    one = pool(server, 1)
    await fill(one)
    waiting = asyncio.create_task(one.acquire(1, longest=5))
    await asyncio.sleep(0)
    one.release()
    assert await waiting
    assert one.in_use == 1


async def test_a_worker_that_is_short_gets_its_part_as_requests_of_the_others_end(server: Redis) -> None:
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


async def test_a_worker_looks_now_and_then_whether_others_are_short(server: Redis) -> None:
    first, second = pool(server, 10), pool(server, 10)
    await fill(first)
    await fill(second)
    first.grant = concurrency.Grant(10, 10, first.grant.at - concurrency.FRESH)
    for _ in range(10):
        first.release()
    assert await fill(first) == 5


async def test_permits_that_a_worker_returns_are_anothers_at_once(server: Redis) -> None:
    first, second = pool(server, 10), pool(server, 10)
    await fill(first)
    for _ in range(10):
        first.release()
    await first.return_unused()
    assert await fill(second) == 10


async def test_permits_of_a_worker_that_died_are_free_after_three_seconds(server: Redis, clock: Clock) -> None:
    dead, living = pool(server, 10), pool(server, 10)
    await fill(dead)
    await clock.set(NOON + 2.9 * SECOND)
    assert await fill(living) == 0
    await clock.set(NOON + 3.1 * SECOND)
    await living.request(100)
    assert await fill(living) == 10


async def test_permits_from_before_the_clock_was_set_back_are_free(server: Redis, clock: Clock) -> None:
    dead, living = pool(server, 10), pool(server, 10)
    await fill(dead)
    await clock.set(NOON - 7200 * SECOND)
    assert await fill(living) == 10


async def test_a_request_that_takes_long_keeps_its_permit(
    server: Redis, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(concurrency, "GOOD_FOR", 0.03)
    permits = Permits(server)
    slow = permits.pool("column:1", 1)
    await fill(slow)
    renewed = asyncio.Event()
    request = slow.request

    async def renew(permits: int) -> None:
        await request(permits)
        renewed.set()

    monkeypatch.setattr(slow, "request", renew)
    renewing = asyncio.create_task(permits.renew_for_ever())
    await asyncio.wait_for(renewed.wait(), 5)
    renewing.cancel()
    assert slow.grant.permits == slow.in_use == 1


async def test_keys_do_not_share_their_cap(server: Redis) -> None:
    assert await fill(pool(server, 2, "host:a")) == 2
    assert await fill(pool(server, 2, "host:b")) == 2

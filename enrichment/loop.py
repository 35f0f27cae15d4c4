"""The one event loop of a process that sends, with the client and the Redis connection that live on it."""

import asyncio
import atexit
import os
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
from django.conf import settings
from django.db import connections as databases
from redis.asyncio import Redis

from enrichment.transport import new_client

DATABASE_THREADS = 4


@dataclass(frozen=True, slots=True)
class _Running:
    process: int
    loop: asyncio.AbstractEventLoop
    client: httpx.AsyncClient
    redis: Redis
    database: ThreadPoolExecutor


_running: _Running | None = None
_starting = threading.Lock()


def run[Result](coroutine: Coroutine[object, object, Result], timeout: float | None = None) -> Result:
    """From any other thread: runs it on the loop and returns what it returns."""
    return asyncio.run_coroutine_threadsafe(coroutine, _get().loop).result(timeout)


def client() -> httpx.AsyncClient:
    return _get().client


def redis() -> Redis:
    return _get().redis


def now() -> float:
    """Seconds of the loop's clock."""
    return time.monotonic()


async def in_database[**Given, Result](
    work: Callable[Given, Result], *arguments: Given.args, **named: Given.kwargs
) -> Result:
    """Runs it in a thread that may use the database; no connection is kept open behind it."""

    def in_thread() -> Result:
        try:
            return work(*arguments, **named)
        finally:
            databases.close_all()

    return await asyncio.get_running_loop().run_in_executor(_get().database, in_thread)


def _get() -> _Running:
    global _running
    with _starting:
        # A forked process inherits the object but not the thread.
        if _running is None or _running.process != os.getpid():
            _running = _start()
        return _running


def _start() -> _Running:
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="sending", daemon=True).start()

    async def on_loop() -> tuple[httpx.AsyncClient, Redis]:
        return new_client(), Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5)

    made, server = asyncio.run_coroutine_threadsafe(on_loop(), loop).result()
    atexit.register(_close, running := _Running(os.getpid(), loop, made, server, ThreadPoolExecutor(DATABASE_THREADS)))
    return running


def _close(running: _Running) -> None:
    if running.process == os.getpid():
        asyncio.run_coroutine_threadsafe(running.client.aclose(), running.loop).result(5)
        asyncio.run_coroutine_threadsafe(running.redis.aclose(), running.loop).result(5)

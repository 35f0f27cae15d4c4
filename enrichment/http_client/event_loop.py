"""The one event loop of a process that sends, with the transport and the Redis connection that live on it."""

import asyncio
import atexit
import logging
import os
import threading
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import uvloop
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError
from django.db import connections as databases
from redis.asyncio import Redis

from enrichment.http_client.concurrency import Permits
from enrichment.http_client.transport import Transport

log = logging.getLogger(__name__)

DATABASE_THREADS = 4
AGAIN = 1.0  # seconds until another try when the database does not answer


@dataclass(frozen=True, slots=True)
class _Running:
    loop: asyncio.AbstractEventLoop
    transport: Transport
    redis: Redis
    permits: Permits
    database: ThreadPoolExecutor


_running: _Running | None = None
_starting = threading.Lock()
_good_connections = 0  # goes up when connections broke: threads that still have an older one close it first
_mine = threading.local()


def run[Result](coroutine: Coroutine[object, object, Result], timeout: float | None = None) -> Result:
    """From any other thread: runs it on the loop and returns what it returns."""
    return asyncio.run_coroutine_threadsafe(coroutine, _get().loop).result(timeout)


def start() -> None:
    """Otherwise it starts with the first request."""
    _get()


def transport() -> Transport:
    return _get().transport


def redis() -> Redis:
    return _get().redis


def permits() -> Permits:
    return _get().permits


def now() -> float:
    """Seconds of the loop's clock."""
    return time.monotonic()


async def in_database[**Given, Result](
    work: Callable[Given, Result], *arguments: Given.args, **named: Given.kwargs
) -> Result:
    """Runs it in a thread that keeps its connection to the database as long as that works."""

    def in_thread() -> Result:
        if getattr(_mine, "connected", None) != _good_connections:
            databases.close_all()
            _mine.connected = _good_connections
        try:
            return work(*arguments, **named)
        except (OperationalError, InterfaceError):
            _forget_connections()
            raise

    return await asyncio.get_running_loop().run_in_executor(_get().database, in_thread)


async def surely_in_database[**Given, Result](
    work: Callable[Given, Result], *arguments: Given.args, **named: Given.kwargs
) -> Result:
    """The same, again and again until the database answers: for what must not be left undone and may be done twice."""
    while True:
        try:
            return await in_database(work, *arguments, **named)
        except DatabaseError as error:
            log.warning("waits for the database: %s", error)
            await asyncio.sleep(AGAIN)


def _forget_connections() -> None:
    global _good_connections
    _good_connections += 1
    databases.close_all()


def leave_database() -> None:
    """Closes the connections of all threads; they are made again when they are needed."""
    if _running is None:
        return
    together = threading.Barrier(DATABASE_THREADS)

    def close() -> None:
        together.wait()
        databases.close_all()

    for done in [_running.database.submit(close) for _ in range(DATABASE_THREADS)]:
        done.result()


def _get() -> _Running:
    global _running
    if _running is not None:
        return _running
    with _starting:
        if _running is None:
            _running = _start()
        return _running


def _forget() -> None:
    """A forked process inherits the object but not the thread."""
    global _running, _starting
    _running, _starting = None, threading.Lock()


os.register_at_fork(after_in_child=_forget)


def _start() -> _Running:
    loop = uvloop.new_event_loop()
    threading.Thread(target=loop.run_forever, name="sending", daemon=True).start()

    async def on_loop() -> _Running:
        server = Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5)
        permits = Permits(server)
        _renewing.add(loop.create_task(permits.renew_for_ever()))
        return _Running(loop, Transport(), server, permits, ThreadPoolExecutor(DATABASE_THREADS))

    running = asyncio.run_coroutine_threadsafe(on_loop(), loop).result()
    atexit.register(_close, running)
    return running


_renewing: set[asyncio.Task[None]] = set()


def _close(running: _Running) -> None:
    if running is _running:
        asyncio.run_coroutine_threadsafe(running.transport.aclose(), running.loop).result(5)
        asyncio.run_coroutine_threadsafe(running.redis.aclose(), running.loop).result(5)

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

import httpx
import uvloop
from django.db import DatabaseError, InterfaceError, OperationalError
from django.db import connections as databases
from redis.asyncio import Redis

from enrichment.http_client.concurrency import Permits
from enrichment.http_client.transport import Transport
from tables.redis import client_on_loop

log = logging.getLogger(__name__)

DATABASE_THREADS = 4
AGAIN = 1.0  # seconds until another try when the database does not answer


@dataclass(frozen=True, slots=True)
class _Running:
    loop: asyncio.AbstractEventLoop
    transport: httpx.AsyncBaseTransport
    redis: Redis
    permits: Permits
    database: ThreadPoolExecutor


_running: _Running | None = None
_starting = threading.Lock()
_generation = 0  # of database connections: it goes up when one breaks, and threads with an older one close it first
_thread = threading.local()


def run[Result](coroutine: Coroutine[object, object, Result], timeout: float | None = None) -> Result:
    """Runs a coroutine on the loop, from any other thread, and returns what it returns."""
    return asyncio.run_coroutine_threadsafe(coroutine, _get().loop).result(timeout)


def start() -> None:
    """Starts the loop, which would otherwise start with the first request."""
    _get()


def transport() -> httpx.AsyncBaseTransport:
    """Returns the one way out; a test puts `httpx.MockTransport` in its place."""
    return _get().transport


def redis() -> Redis:
    return _get().redis


def permits() -> Permits:
    return _get().permits


def now() -> float:
    """Returns the seconds of the loop's clock."""
    return time.monotonic()


async def in_database[**Given, Result](
    work: Callable[Given, Result], *arguments: Given.args, **named: Given.kwargs
) -> Result:
    """Runs a function in a thread that keeps its connection to the database as long as that works."""

    def in_thread() -> Result:
        if getattr(_thread, "generation", None) != _generation:
            databases.close_all()
            _thread.generation = _generation
        try:
            return work(*arguments, **named)
        except (OperationalError, InterfaceError):
            _forget_connections()
            raise

    return await asyncio.get_running_loop().run_in_executor(_get().database, in_thread)


async def surely_in_database[**Given, Result](
    work: Callable[Given, Result], *arguments: Given.args, **named: Given.kwargs
) -> Result:
    """Runs a function until the database answers: one that must not be left undone and may be done twice."""
    while True:
        try:
            return await in_database(work, *arguments, **named)
        except DatabaseError as error:
            log.warning("the database does not answer: %s", error)
            await asyncio.sleep(AGAIN)


def _forget_connections() -> None:
    global _generation
    _generation += 1
    databases.close_all()


def leave_database() -> None:
    """Closes the database connections of all threads, which open new ones when they need them."""
    if _running is None:
        return
    together = threading.Barrier(DATABASE_THREADS)  # so that each thread takes one of the tasks

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
        server = client_on_loop()
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

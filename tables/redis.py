"""The process's connections to Redis."""

from functools import cache

import redis
from django.conf import settings
from redis.asyncio import BlockingConnectionPool, Redis

MOST_CONNECTIONS = 50  # of an event loop: whoever needs another one waits, where redis-py alone refuses it


@cache
def client() -> redis.Redis:
    """Returns the client that all threads share; a call raises redis.RedisError after five seconds without Redis."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5)


def client_on_loop() -> Redis:
    """Returns a client for an event loop, whose calls raise redis.RedisError after five seconds without Redis."""
    pool = BlockingConnectionPool.from_url(
        settings.REDIS_URL, max_connections=MOST_CONNECTIONS, timeout=5, socket_timeout=5, socket_connect_timeout=5
    )
    return Redis.from_pool(pool)

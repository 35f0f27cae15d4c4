"""The process's connections to Redis."""

from functools import cache

import redis
from django.conf import settings


@cache
def client() -> redis.Redis:
    """Returns the client that all threads share; a call raises redis.RedisError after five seconds without Redis."""
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=5, socket_connect_timeout=5)

"""Attempts to sign in with a password, counted in Redis by address and email."""

import redis
from django.conf import settings

MOST = 10
WINDOW = 15 * 60  # seconds, from the first of them


def may_try(address: str, email: str) -> bool:
    """Counts this attempt; returns whether it is not one too many."""
    key = f"marl:sign-in:{address}:{email.lower()}"
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2) as server:
        pipeline = server.pipeline()
        pipeline.incr(key)
        pipeline.expire(key, WINDOW, nx=True)
        return int(pipeline.execute()[0]) <= MOST

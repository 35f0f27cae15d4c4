"""How often somebody may try a password: counted in Redis by address and e-mail."""

import redis
from django.conf import settings

MOST = 10
WITHIN = 15 * 60  # seconds


def may_try(address: str, email: str) -> bool:
    """Counts this try; False when there were too many."""
    key = f"marl:sign-in:{address}:{email.lower()}"
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2) as server:
        pipeline = server.pipeline()
        pipeline.incr(key)
        pipeline.expire(key, WITHIN, nx=True)
        return int(pipeline.execute()[0]) <= MOST

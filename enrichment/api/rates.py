"""How many requests a token may send in a minute, counted in Redis for all web processes."""

import logging
import math
from typing import cast

from django.conf import settings
from redis import RedisError

from tables.redis import client
from workspaces.refusals import Refused

log = logging.getLogger(__name__)

WINDOW = 60_000  # milliseconds, from the first request
# Counts a request; returns how many there have been, and the milliseconds until they are forgotten.
_COUNT = """
local count = redis.call('INCR', KEYS[1])
if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {count, redis.call('PTTL', KEYS[1])}
"""


class TooMany(Refused):
    """`seconds` is for how long to wait."""

    def __init__(self, seconds: int) -> None:
        words = f"This token sends more than {settings.API_REQUESTS_PER_MINUTE:,} requests a minute. Wait {seconds} s."
        super().__init__(words, code="too_many_requests", status=429)
        self.seconds = seconds


def count(token_id: int) -> None:
    """Raises TooMany. While Redis is away nothing is counted: most of the API doesn't answer then either."""
    if not settings.API_REQUESTS_PER_MINUTE:
        return
    try:
        counted = client().eval(_COUNT, 1, f"marl:api-requests:{token_id}", str(WINDOW))
    except RedisError as error:
        log.warning("requests of tokens are not counted: %s", error)
        return
    requests, left = cast(list[int], counted)
    if requests > settings.API_REQUESTS_PER_MINUTE:
        raise TooMany(max(1, math.ceil(left / 1000)))

"""Rows that somebody is typing into. What runs by itself waits until they are left, or for some seconds after a key.

They stand in Redis, {row id: until when}: if that is emptied, their runs begin earlier, and nothing else happens.
"""

import logging
import time
from collections.abc import Collection
from typing import Any

import redis

from tables.redis import client

log = logging.getLogger(__name__)

OPEN_SECONDS = 5.0  # after the last key


def keep_open(table_id: int, row_ids: Collection[int]) -> None:
    """Keeps rows open from now on; call it before what is typed is stored."""
    until = time.time() + OPEN_SECONDS
    try:
        with client().pipeline() as pipeline:
            pipeline.zadd(_key(table_id), {str(row_id): until for row_id in row_ids})
            pipeline.expire(_key(table_id), round(OPEN_SECONDS * 2))
            pipeline.execute()
    except redis.RedisError as error:
        log.warning("rows of table %s are not kept open: %s", table_id, error)


def close(table_id: int, row_ids: Collection[int]) -> None:
    """Says that rows were left."""
    try:
        client().zrem(_key(table_id), *map(str, row_ids))
    except redis.RedisError as error:
        log.warning("rows of table %s stay open: %s", table_id, error)


def seconds_left(table_id: int) -> dict[int, float]:
    """Returns for how long the open rows of a table stay so. Raises redis.RedisError."""
    now = time.time()
    found: Any = client().zrangebyscore(_key(table_id), now, "+inf", withscores=True)
    # A clock that was set back keeps no row open for longer.
    return {int(row_id): min(until - now, OPEN_SECONDS) for row_id, until in found}


def _key(table_id: int) -> str:
    return f"marl:open-rows:{table_id}"

"""How fast a run is now: from two samples of its progress in Redis, a few seconds apart.

Whoever describes a run leaves a sample; that two do at once harms nothing. Rare samples, as of a run that was
paused or that sends once a minute, say nothing about now.
"""

import json
import logging
import time

import redis

from tables.redis import client

log = logging.getLogger(__name__)

APART = 5.0  # seconds between two samples: the pace is that of the last 5 to 10
RARE = 20.0
SHORTEST = 1.0


def recent(run_id: int, ended: int, now: float | None = None) -> float | None:
    """Rows a second over the last seconds, None when not enough is known."""
    now = time.time() if now is None else now
    key = f"marl:pace:{run_id}"
    try:
        older, newer = _samples(client().get(key), (now, ended))
        if now - newer[0] >= APART:
            older, newer = newer, (now, ended)
        client().set(key, json.dumps([older, newer]), ex=round(RARE))
    except redis.RedisError as error:
        log.warning("The pace of run %s is not known: %s", run_id, error)
        return None
    seconds = now - older[0]
    return max(0, ended - older[1]) / seconds if seconds >= SHORTEST else None


type _Sample = tuple[float, int]  # when, and how many rows had ended


def _samples(stored: object, first: _Sample) -> tuple[_Sample, _Sample]:
    if not isinstance(stored, bytes):
        return first, first
    older, newer = json.loads(stored)
    is_rare = first[0] - newer[0] > RARE or first[0] < newer[0]  # or the clock was set back
    return (first, first) if is_rare else (older, newer)

"""How the parts of Marl are: what answers, what waits, what is under way."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import redis
from celery import current_app
from django.conf import settings
from django.db import DatabaseError, connection
from kombu.exceptions import OperationalError

ASKED = 0.7  # seconds that workers have to answer
HEARD = "marl:scheduler"  # when a worker last did what the scheduler asked for
LATE = timedelta(seconds=45)  # several of its rounds


@dataclass(frozen=True, slots=True)
class Worker:
    name: str
    pid: int
    since: datetime
    busy: int  # tasks under way
    done: int  # tasks since it started


@dataclass(frozen=True, slots=True)
class Parts:
    database: bool
    redis: bool
    workers: Sequence[Worker]
    waiting: int  # tasks that no worker has taken yet
    scheduler_heard: datetime | None

    @property
    def down(self) -> list[str]:
        """The names of what does not work."""
        answers = {"database": self.database, "redis": self.redis, "worker": bool(self.workers)}
        return [name for name, works in answers.items() if not works]

    @property
    def scheduler(self) -> bool:
        return self.scheduler_heard is not None and datetime.now(UTC) - self.scheduler_heard < LATE


def look() -> Parts:
    """Asks every part; takes up to two seconds when workers are slow to answer."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2) as server:
            waiting, heard = int(server.llen("celery")), server.get(HEARD)
        when = datetime.fromtimestamp(float(heard), UTC) if heard else None
        return Parts(database_answers(), True, workers(), waiting, when)
    except redis.RedisError:
        return Parts(database_answers(), False, [], 0, None)


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def redis_answers() -> bool:
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2) as server:
            server.ping()
    except redis.RedisError:
        return False
    return True


def a_worker_answers() -> bool:
    """Returns with the first answer."""
    try:
        return bool(current_app.control.ping(timeout=2 * ASKED, limit=1))
    except (OperationalError, redis.RedisError):
        return False


def workers() -> list[Worker]:
    """Those that answer in time."""
    try:
        asked = current_app.control.inspect(timeout=ASKED)
        told: Mapping[str, Any] = asked.stats() or {}
        busy: Mapping[str, Sequence[object]] = asked.active() or {}
    except (OperationalError, redis.RedisError):
        return []
    return [_worker(name, stats, len(busy.get(name, ()))) for name, stats in sorted(told.items())]


def _worker(name: str, stats: Mapping[str, Any], busy: int) -> Worker:
    since = datetime.now(UTC) - timedelta(seconds=int(stats.get("uptime", 0)))
    return Worker(name, int(stats["pid"]), since, busy, sum(stats.get("total", {}).values()))


def heard_from_scheduler() -> None:
    """Called by what the scheduler asks for. Raises redis.RedisError."""
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2) as server:
        server.set(HEARD, time.time())

"""How the parts of Marl are: what answers, what waits, what is under way.

Every part has a moment to answer and is asked in a thread of its own: one that hangs holds nobody up.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import redis
from celery import current_app
from django.conf import settings
from django.db import connection
from django.db.utils import Error as DatabaseError
from kombu.exceptions import OperationalError

ANSWERS = 1.0  # seconds that the database and Redis have
ASKED = 0.7  # seconds that workers have
HEARD = "marl:scheduler"  # when a worker last did what the scheduler asked for, by the clock of Redis
LATE = timedelta(seconds=45)  # several of its rounds


@dataclass(frozen=True, slots=True)
class Database:
    kind: str  # with its version
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class Redis:
    kind: str
    memory: int  # bytes
    waiting: int  # tasks that no worker has taken yet
    heard: timedelta | None  # since the scheduler was

    @property
    def scheduler(self) -> bool:
        return self.heard is not None and self.heard < LATE


@dataclass(frozen=True, slots=True)
class Worker:
    name: str
    pid: int
    since: datetime
    busy: int  # tasks under way
    done: int  # tasks since it started


@dataclass(frozen=True, slots=True)
class Parts:
    database: Database | None
    redis: Redis | None
    workers: Sequence[Worker]

    @property
    def down(self) -> list[str]:
        """The names of what does not work."""
        answers = {"database": self.database, "redis": self.redis, "worker": self.workers}
        return [name for name, answer in answers.items() if not answer]

    @property
    def scheduler(self) -> bool:
        return self.redis is not None and self.redis.scheduler

    @property
    def scheduler_heard(self) -> datetime | None:
        heard = self.redis.heard if self.redis else None
        return datetime.now(UTC) - heard if heard is not None else None


def probe() -> Parts:
    """Asks every part for all it tells; takes about a second, because workers are given the time."""
    database, server = _ask(_database), _ask(_redis)
    told = _answer(server, None)
    found = workers() if told else []
    return Parts(_answer(database, None), told, found)


def readiness() -> tuple[list[str], bool]:
    """The names of what is down, and whether the scheduler was heard; takes less than three seconds."""
    database, server = _ask(_database_answers), _ask(_redis)
    told = _answer(server, None)
    works = {"database": _answer(database, False), "redis": told is not None}
    works["worker"] = works["redis"] and _answer(_ask(_a_worker_answers), False, 2 * ASKED)
    return [name for name, answers in works.items() if not answers], told is not None and told.scheduler


def workers() -> list[Worker]:
    """Those that answer in time."""
    asked = _ask(lambda: _inspect().stats()), _ask(lambda: _inspect().active())
    told, busy = (_answer(question, None, 2 * ASKED) or {} for question in asked)
    return [_worker(name, stats, len(busy.get(name, ()))) for name, stats in sorted(told.items())]


def heard_from_scheduler() -> None:
    """Called by what the scheduler asks for. Raises redis.RedisError."""
    with _server() as server:
        server.set(HEARD, server.time()[0])


def data_folder_free() -> int | None:
    """Bytes; without any, neither SQLite nor an upload can be written. None where there is no data folder."""
    try:
        return shutil.disk_usage(settings.DATA_DIR).free
    except OSError:
        return None


def _ask[Answer](question: Callable[[], Answer]) -> Future[Answer]:
    asked: Future[Answer] = Future()

    def answer() -> None:
        try:
            asked.set_result(question())
        except Exception as error:
            asked.set_exception(error)

    Thread(target=answer, daemon=True).start()
    return asked


def _answer[Answer, Other](asked: Future[Answer], otherwise: Other, seconds: float = ANSWERS) -> Answer | Other:
    """What was answered in time."""
    try:
        return asked.result(seconds)
    except (OSError, redis.RedisError, OperationalError, DatabaseError):  # the first one includes being late
        return otherwise


def _server() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=ANSWERS, socket_connect_timeout=ANSWERS)


def _redis() -> Redis:
    with _server() as server, server.pipeline(transaction=False) as asked:
        waiting, heard, (now, _), told = asked.llen("celery").get(HEARD).time().info().execute()
    kind = told.get("server_name", "redis").capitalize()
    version = told.get("valkey_version", told["redis_version"])
    since = timedelta(seconds=max(0, now - int(heard))) if heard else None
    return Redis(f"{kind} {version}", int(told["used_memory"]), int(waiting), since)


def _database_answers() -> bool:
    """With the tables in it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM django_migrations LIMIT 1")
            return True
    finally:
        connection.close()  # this thread's own


def _database() -> Database:
    try:
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SELECT current_setting('server_version'), pg_database_size(current_database())")
            else:
                cursor.execute(
                    "SELECT sqlite_version(), page_count * page_size FROM pragma_page_count, pragma_page_size"
                )
            version, size = cursor.fetchone()
        return Database(f"{connection.display_name} {version.split()[0]}", int(size))
    finally:
        connection.close()


def _inspect() -> Any:
    return current_app.control.inspect(timeout=ASKED)


def _a_worker_answers() -> bool:
    """Returns with the first answer."""
    return bool(current_app.control.ping(timeout=2 * ASKED, limit=1))


def _worker(name: str, stats: Mapping[str, Any], busy: int) -> Worker:
    since = datetime.now(UTC) - timedelta(seconds=int(stats.get("uptime", 0)))
    return Worker(name, int(stats["pid"]), since, busy, sum(stats.get("total", {}).values()))

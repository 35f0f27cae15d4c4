"""How the parts of Marl are: what answers, what waits, what is under way.

Every part is asked in a thread of its own and has a moment to answer: one that hangs holds nobody up.
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

from enrichment.engine.sandbox import process
from tables import queues
from workspaces import unwritable

TIMEOUT = 1.0  # seconds that the database and Redis have
WORKER_TIMEOUT = 0.7  # seconds that workers have
SCHEDULER = "marl:scheduler"  # when a worker last did what the scheduler asked for, by the clock of Redis
LATE = timedelta(seconds=45)  # several rounds of the scheduler


@dataclass(frozen=True, slots=True)
class Database:
    kind: str  # with its version
    size: int  # bytes


@dataclass(frozen=True, slots=True)
class Redis:
    kind: str
    memory: int  # bytes
    waiting: int  # tasks that no worker has taken yet
    scheduler_silent: timedelta | None  # since its last heartbeat, None before the first

    @property
    def scheduler(self) -> bool:
        """Whether it works."""
        return self.scheduler_silent is not None and self.scheduler_silent < LATE


@dataclass(frozen=True, slots=True)
class Worker:
    name: str
    pid: int
    since: datetime
    busy: int  # tasks under way
    done: int  # tasks since it started


@dataclass(frozen=True, slots=True)
class Formulas:
    work: bool
    problem: str  # why they don't, or why the kernel doesn't filter what their processes ask of it


@dataclass(frozen=True, slots=True)
class Parts:
    database: Database | None
    redis: Redis | None
    workers: Sequence[Worker]

    @property
    def down(self) -> list[str]:
        """The names of the parts that do not answer."""
        answers = {"database": self.database, "redis": self.redis, "worker": self.workers}
        return [name for name, answer in answers.items() if not answer]

    @property
    def scheduler(self) -> bool:
        return self.redis is not None and self.redis.scheduler

    @property
    def scheduler_heartbeat(self) -> datetime | None:
        silent = self.redis.scheduler_silent if self.redis else None
        return datetime.now(UTC) - silent if silent is not None else None


def probe() -> Parts:
    """Asks every part for all figures. It takes about a second, because workers are given the time."""
    database, server = _ask(_database), _ask(_redis)
    of_redis = _answer(server, None)
    return Parts(_answer(database, None), of_redis, workers() if of_redis else [])


@dataclass(frozen=True, slots=True)
class Readiness:
    down: Sequence[str]  # names of parts
    problems: Sequence[str]  # why nothing can be stored, in words
    scheduler: bool  # whether it works


def readiness() -> Readiness:
    """Returns it in less than three seconds."""
    database, server, folder = _ask(_database_answers), _ask(_redis), _ask(unwritable.of_data_folder)
    of_redis = _answer(server, None)
    of_database, of_folder = _answer(database, None), _answer(folder, "")
    works = {"database": of_database == "", "data folder": not of_folder, "redis": of_redis is not None}
    works["worker"] = works["redis"] and _answer(_ask(_a_worker_answers), False, 2 * WORKER_TIMEOUT)
    down = [name for name, answers in works.items() if not answers]
    problems = [words for words in (of_database, of_folder) if words]
    return Readiness(down, problems, of_redis is not None and of_redis.scheduler)


def workers() -> list[Worker]:
    """Returns those that answer in time."""
    questions = _ask(lambda: _inspect().stats()), _ask(lambda: _inspect().active())
    stats, active = (_answer(question, None, 2 * WORKER_TIMEOUT) or {} for question in questions)
    return [_worker(name, of_worker, len(active.get(name, ()))) for name, of_worker in sorted(stats.items())]


def note_scheduler() -> None:
    """Notes that the scheduler works; what it asks for calls this. Raises redis.RedisError."""
    with _server() as server:
        server.set(SCHEDULER, server.time()[0])


def data_folder_free() -> int | None:
    """Returns the free bytes without which neither SQLite nor an upload can be written; None without a data folder."""
    try:
        return shutil.disk_usage(settings.DATA_DIR).free
    except OSError:
        return None


def unwritable_folder() -> str:
    """Returns why nothing can be written into the data folder, or nothing if it can or does not say in time."""
    return _answer(_ask(unwritable.of_data_folder), "")


def formulas() -> Formulas | None:
    """Returns how those of this web server are, or None when none of their processes says so in time."""
    try:
        unfiltered = _answer(_ask(process.unfiltered), None)
    except process.SandboxMissing as error:
        return Formulas(False, str(error))
    except (process.SandboxBusy, process.Died):
        return None
    return None if unfiltered is None else Formulas(True, unfiltered)


def _ask[Answer](question: Callable[[], Answer]) -> Future[Answer]:
    future: Future[Answer] = Future()

    def answer() -> None:
        try:
            future.set_result(question())
        except Exception as error:
            future.set_exception(error)

    Thread(target=answer, daemon=True).start()
    return future


def _answer[Answer, Other](future: Future[Answer], otherwise: Other, seconds: float = TIMEOUT) -> Answer | Other:
    """Returns the answer, if it comes in time."""
    try:
        return future.result(seconds)
    except (OSError, redis.RedisError, OperationalError, DatabaseError):  # the first one includes being late
        return otherwise


def _server() -> redis.Redis:
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)


def _redis() -> Redis:
    with _server() as server, server.pipeline(transaction=False) as commands:
        for name in queues.NAMES:
            commands.llen(name)
        *waiting, heartbeat, (now, _), info = commands.get(SCHEDULER).time().info().execute()
    kind = info.get("server_name", "redis").capitalize()
    version = info.get("valkey_version", info["redis_version"])
    silent = timedelta(seconds=max(0, now - int(heartbeat))) if heartbeat else None
    return Redis(f"{kind} {version}", int(info["used_memory"]), sum(waiting), silent)


def _database_answers() -> str:
    """Returns why it takes no changes, or nothing if it does. Raises DatabaseError where it has no tables."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM django_migrations LIMIT 1")
            if connection.vendor != "postgresql":
                return ""
            cursor.execute("SELECT current_setting('transaction_read_only')::bool")
            return unwritable.DATABASE_READ_ONLY if cursor.fetchone()[0] else ""
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
    return current_app.control.inspect(timeout=WORKER_TIMEOUT)


def _a_worker_answers() -> bool:
    """Returns with the first answer."""
    return bool(current_app.control.ping(timeout=2 * WORKER_TIMEOUT, limit=1))


def _worker(name: str, stats: Mapping[str, Any], busy: int) -> Worker:
    since = datetime.now(UTC) - timedelta(seconds=int(stats.get("uptime", 0)))
    return Worker(name, int(stats["pid"]), since, busy, sum(stats.get("total", {}).values()))

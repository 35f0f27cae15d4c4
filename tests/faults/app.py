"""Marl with all its real processes, started as in production, on a data folder and a Redis of its own."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from functools import cached_property
from pathlib import Path

import httpx
from redis import Redis

from config import bundled_redis, up
from tests.faults import clocks
from tests.faults.databases import Database
from tests.faults.parts import Part, kill, local_ports, wait_until
from tests.servers.ledger_api import Book
from tests.servers.processes import ROOT, free_port


class Marl:
    """SQLite comes with Redis on a socket, as on a single machine; PostgreSQL with Redis on a port, as in a team."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.with_clocks = False  # that tests can set wrong, for what is started from now on
        self.folder = Path(tempfile.mkdtemp(prefix="marl-faults-"))
        self._logs.mkdir()
        self.port = free_port()
        self.listener = up.listen(self.port)
        redis, redis_url = _redis(self.folder, with_port=database.name == "PostgreSQL")
        self.environment = _clean_environment() | {
            "MARL_DATA_DIR": str(self.folder),
            "PORT": str(self.port),
            "MARL_ALLOWED_NETWORKS": "127.0.0.0/8",
            "DATABASE_URL": database.new(self.folder),
            "REDIS_URL": redis_url,
        }
        self.redis = self._part("redis", redis)
        self.web = self._part("web", up.web(self.listener.fileno()))
        self.web.inherits = (self.listener.fileno(),)
        self.scheduler = self._part("scheduler", up.scheduler(self.folder))
        self.workers: list[Part] = []
        self._worker_names = 0

    @property
    def parts(self) -> list[Part]:
        return [self.redis, self.web, self.scheduler, *self.workers]

    def start(self, workers: int = 2) -> None:
        """Whatever does not run; returns when it can work."""
        self.database.start()
        self.start_redis()
        if not self._token.exists():
            self.manage("migrate", "--verbosity", "0")
            self._token.write_text(self.manage("api_token", "--name", "faults", "--role", "owner"))
        for part in (self.web, self.scheduler):
            if not part.runs:
                self._start(part)
        self.start_workers(workers)
        wait_until(lambda: self.api.get("/me").is_success, 60, "the web server answers")

    def start_redis(self) -> None:
        if not self.redis.runs:
            self.redis.start()
            bundled_redis.wait_until_ready(self.environment["REDIS_URL"])

    def start_workers(self, number: int) -> None:
        """Until there are so many; surplus ones are ended."""
        alive = [worker for worker in self.workers if worker.runs]
        for worker in alive[number:]:
            worker.end()
        self.workers = alive[:number] + [self._new_worker() for _ in range(number - len(alive))]
        wait_until(lambda: all(worker.said(" ready.") for worker in self.workers), 60, "the workers are ready")

    def second_scheduler(self) -> Part:
        """As on another machine; whoever asks for it ends it."""
        second = self._part("scheduler-2", up.scheduler(self._logs))  # a schedule of its own
        self._start(second)
        wait_until(lambda: second.said("beat: Starting"), 60, "the second scheduler runs")
        return second

    def limit_redis(self, number: str) -> None:
        """To so many bytes; "0" takes the limit away."""
        with Redis.from_url(self.environment["REDIS_URL"]) as server:
            server.config_set("maxmemory", number)

    def stop_redis_writing(self, *, stopped: bool = True) -> None:
        """It refuses every write, as where it can't keep it: here because it is to have a copy, and has none."""
        with Redis.from_url(self.environment["REDIS_URL"]) as server:
            server.config_set("min-replicas-to-write", int(stopped))

    def _new_worker(self) -> Part:
        self._worker_names += 1
        name = f"worker-{self._worker_names}"
        worker = self._part(name, [*up.worker(), "-n", f"{name}@%h"])
        self._start(worker)
        return worker

    def _start(self, part: Part) -> None:
        clock = clocks.environment(self._clock(part)) if self.with_clocks else {}
        part.environment = self.environment | clock
        part.start()

    def _clock(self, part: Part) -> Path:
        return self.folder / f"{part.name}.clock"

    def set_clocks(self, hours: float, *parts: Part) -> None:
        """So many hours ahead of the right time."""
        for part in parts:
            clocks.set_ahead(self._clock(part), hours)

    def sender_of(self, *books: Book) -> Part:
        """The worker with the most requests under way."""
        ports = {arrival.port for book in books for arrival in book.under_way}
        return max(self.workers, key=lambda worker: len(local_ports(worker.pid) & ports))

    def stall(self, worker: Part) -> None:
        """Between two transactions: how long locks outlive a machine is the database's affair."""

        def stalls() -> bool:
            worker.tell(signal.SIGSTOP)
            if not self.database.in_transaction(local_ports(worker.pid)):
                return True
            worker.tell(signal.SIGCONT)
            return False

        wait_until(stalls, 10, f"{worker.name} is between two transactions")

    def end_python(self) -> None:
        """Web server, scheduler and workers."""
        kill(self.web, self.scheduler, *self.workers)

    def power_cut(self) -> None:
        """Every process at once."""
        kill(*self.parts, *([self.database.server] if self.database.server else []))

    def lose_redis(self) -> None:
        """Killed, and its file gone."""
        self.redis.kill()
        shutil.rmtree(self.folder / "appendonlydir")

    def restore(self, *arguments: str) -> str:
        """From a backup, before it is started."""
        self.database.start()
        self.start_redis()
        return self.manage("restore", *arguments)

    def close(self) -> None:
        for part in self.parts:
            part.kill()
        self.api.close()
        self.listener.close()
        shutil.rmtree(self.folder)

    @cached_property
    def api(self) -> httpx.Client:
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}/api/v1",
            headers={"Authorization": f"Bearer {self._token.read_text()}"},
            timeout=30,
            trust_env=False,
        )

    def last_words(self, lines: int) -> list[tuple[str, str]]:
        """The end of each log."""
        logs = [*sorted(self._logs.glob("*.log")), *([self.database.server.log] if self.database.server else [])]
        return [(log.stem, "\n".join(log.read_text(errors="replace").splitlines()[-lines:])) for log in logs]

    @property
    def _token(self) -> Path:
        """In the data folder, so that a backup has it."""
        return self.folder / "token"

    @property
    def _logs(self) -> Path:
        return self.folder / "logs"

    def _part(self, name: str, command: list[str]) -> Part:
        return Part(name, command, self._logs, self.environment)

    def manage(self, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
        )
        assert not done.returncode, done.stderr
        return done.stdout.strip()


def _redis(folder: Path, *, with_port: bool) -> tuple[list[str], str]:
    """How it is started, and its address."""
    command = bundled_redis.command(folder)
    if not with_port:
        return command, f"unix://{folder / 'redis.sock'}"
    port = free_port()
    return [*command, "--port", str(port), "--bind", "127.0.0.1"], f"redis://127.0.0.1:{port}/0"


def _clean_environment() -> dict[str, str]:
    others = ("MARL_", "DJANGO_", "PYTEST", "DATABASE_URL", "REDIS_URL", "PYTHONWARNINGS")
    return {name: value for name, value in os.environ.items() if not name.startswith(others)}

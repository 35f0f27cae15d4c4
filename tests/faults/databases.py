"""Where the app under test keeps its data: SQLite, a PostgreSQL cluster of its own, or the PostgreSQL given."""

import os
import pwd
import shutil
import signal
import sqlite3
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import psycopg

from tests.faults.parts import Part, wait_until
from tests.servers.processes import free_port


class Database(Protocol):
    """`server` is there when tests may kill it."""

    name: str

    @property
    def server(self) -> Part | None: ...

    def new(self, folder: Path) -> str:
        """The address of an empty database."""

    def start(self) -> None:
        """Returns when it answers."""

    def in_transaction(self, ports: Collection[int]) -> bool:
        """Whether something that is connected from one of these ports keeps others waiting."""


class Sqlite:
    name = "SQLite"
    server: Part | None = None

    def new(self, folder: Path) -> str:
        self._file = folder / "marl.sqlite3"
        return f"sqlite:///{self._file}"

    def start(self) -> None:
        pass

    def in_transaction(self, ports: Collection[int]) -> bool:
        with closing(sqlite3.connect(self._file, timeout=1)) as session:
            try:
                session.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                return True
        return False


class PostgreSql:
    name = "PostgreSQL"

    def __init__(self, address: str, cluster: "Cluster | None" = None) -> None:
        self.address = address
        self.cluster = cluster
        self._made: list[str] = []

    def new(self, folder: Path) -> str:
        name = f"marl_faults_{uuid4().hex[:8]}"
        self._say(f"CREATE DATABASE {name}")
        self._made.append(name)
        return f"{self.address.rpartition('/')[0]}/{name}"

    @property
    def server(self) -> Part | None:
        return self.cluster.server if self.cluster else None

    def start(self) -> None:
        if self.server and not self.server.runs:
            self.server.start()
            wait_until(self._answers, 60, "PostgreSQL answers")

    def in_transaction(self, ports: Collection[int]) -> bool:
        open_ones = "SELECT 1 FROM pg_stat_activity WHERE client_port = ANY(%s) AND xact_start IS NOT NULL"
        return self._say(open_ones, [list(ports)]) > 0

    def end_connections(self) -> None:
        """Those of the app."""
        self._say("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ANY(%s)", [self._made])

    @contextmanager
    def copied(self) -> Iterator[Part]:
        """Has a second server on this machine know of each commit before it counts; it serves nobody yet."""
        assert self.cluster
        copy = self.cluster.copy()
        copy.start()
        for statement in ("ALTER SYSTEM SET synchronous_standby_names = '*'", "SELECT pg_reload_conf()"):
            self._say(statement)
        kept = "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"
        wait_until(lambda: self._say(kept) > 0, 30, "the copy keeps up")
        try:
            yield copy
        finally:
            copy.end(signal.SIGINT)

    def fail_over(self, copy: Part) -> None:
        """The copy takes the place of the server, which is gone for good; at first it only reads."""
        assert self.cluster
        self.cluster.server.kill()
        copy.end(signal.SIGINT)
        self.cluster.become(copy)
        self.start()

    def promote(self) -> None:
        """The copy takes changes from now on."""
        self._say("SELECT pg_promote()")

    def clear(self) -> None:
        for name in self._made:
            self._say(f"DROP DATABASE {name} WITH (FORCE)")

    def _say(self, statement: str, values: Sequence[object] = ()) -> int:
        """How many rows it concerned."""
        with psycopg.connect(self.address, autocommit=True) as session:
            return session.execute(statement.encode(), values).rowcount

    def _answers(self) -> bool:
        try:
            self._say("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True


def binaries() -> Path | None:
    """The folder with PostgreSQL's server programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[4]))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


@contextmanager
def chosen() -> Iterator[Database]:
    """PostgreSQL where DATABASE_URL is set, a cluster of its own if its programs are there; else SQLite."""
    address, programs = os.environ.get("DATABASE_URL"), binaries()
    if not address:
        yield Sqlite()
        return
    with own_postgresql(programs) if programs else given_postgresql(address) as postgresql:
        yield postgresql


@contextmanager
def given_postgresql(address: str) -> Iterator[PostgreSql]:
    database = PostgreSql(address)
    yield database
    database.clear()


@contextmanager
def own_postgresql(programs: Path) -> Iterator[PostgreSql]:
    """A cluster that may be killed; PostgreSQL refuses to run as root."""
    cluster = _new_cluster(programs)
    database = PostgreSql(cluster.address, cluster)
    try:
        database.start()
        yield database
    finally:
        cluster.server.end(signal.SIGINT)
        shutil.rmtree(cluster.folder)


@dataclass
class Cluster:
    """Where its data is, and who serves it."""

    programs: Path
    folder: Path
    port: int
    user: str | None
    data: str = "data"
    server: Part = field(init=False)
    _copies: int = 0

    def __post_init__(self) -> None:
        self.server = self._part("postgresql", self.data, self.port)

    @property
    def address(self) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/postgres"

    def copy(self) -> Part:
        """A server with all that this one has, at a port of its own, which follows this one."""
        self._copies += 1
        name = f"copy-{self._copies}"
        _as(self.user, self.folder, self.programs / "pg_basebackup", "-R", "-c", "fast", "-D", name, "-d", self.address)
        return self._part(name, name, free_port())

    def become(self, copy: Part) -> None:
        """Has the data of the copy served here."""
        self.server = self._part(copy.name, copy.name, self.port)

    def _part(self, name: str, data: str, port: int) -> Part:
        return Part(name, _server(self.programs, self.folder / data, port), self.folder, os.environ, self.user)


def _new_cluster(programs: Path) -> Cluster:
    user = _unprivileged() if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="marl-pg-"))
    if user:
        shutil.chown(folder, user)
    options = ["-U", "postgres", "--auth=trust", "--no-sync", "-E", "UTF8", "--locale=C"]
    _as(user, folder, programs / "initdb", "-D", "data", *options)
    return Cluster(programs, folder, free_port(), user)


def _as(user: str | None, folder: Path, *command: str | Path) -> None:
    subprocess.run(command, check=True, capture_output=True, user=user, cwd=folder)


def _server(programs: Path, data: Path, port: int) -> list[str]:
    settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "shared_buffers": "64MB"}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [str(programs / "postgres"), "-D", str(data), "-p", str(port), *options]


def _unprivileged() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"

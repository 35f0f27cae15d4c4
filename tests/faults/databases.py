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
from pathlib import Path
from typing import Protocol
from uuid import uuid4

import psycopg

from tests.faults.parts import Part, wait_until
from tests.servers.processes import free_port


class Database(Protocol):
    """`server` is there when tests may kill it."""

    name: str
    server: Part | None

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

    def __init__(self, address: str, server: Part | None = None) -> None:
        self.address = address
        self.server = server
        self._made: list[str] = []

    def new(self, folder: Path) -> str:
        name = f"marl_faults_{uuid4().hex[:8]}"
        self._say(f"CREATE DATABASE {name}")
        self._made.append(name)
        return f"{self.address.rpartition('/')[0]}/{name}"

    def start(self) -> None:
        if self.server and not self.server.runs:
            self.server.start()
            wait_until(self._answers, 60, "PostgreSQL answers")

    def in_transaction(self, ports: Collection[int]) -> bool:
        open_ones = "SELECT 1 FROM pg_stat_activity WHERE client_port = ANY(%s) AND xact_start IS NOT NULL"
        return self._say(open_ones, [list(ports)]) > 0

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
def given_postgresql(address: str) -> Iterator[PostgreSql]:
    database = PostgreSql(address)
    yield database
    database.clear()


@contextmanager
def own_postgresql(programs: Path) -> Iterator[PostgreSql]:
    """A cluster that may be killed; PostgreSQL refuses to run as root."""
    user = _unprivileged() if os.getuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="marl-pg-"))
    if user:
        shutil.chown(folder, user)
    port = free_port()
    made = [str(programs / "initdb"), "-D", str(folder / "data"), "-U", "postgres", "--auth=trust", "--no-sync"]
    subprocess.run([*made, "-E", "UTF8", "--locale=C"], check=True, capture_output=True, user=user, cwd=folder)
    server = Part("postgresql", _server(programs, folder, port), folder, os.environ, user)
    database = PostgreSql(f"postgresql://postgres@127.0.0.1:{port}/postgres", server)
    try:
        database.start()
        yield database
    finally:
        server.end(signal.SIGINT)
        shutil.rmtree(folder)


def _server(programs: Path, folder: Path, port: int) -> list[str]:
    settings = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "shared_buffers": "64MB"}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    return [str(programs / "postgres"), "-D", str(folder / "data"), "-p", str(port), *options]


def _unprivileged() -> str:
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"

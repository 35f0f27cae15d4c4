"""Import of a CSV file into a new table, and into a table of as many rows by a key, against other ways to store it.

`python -m benchmarks.imports [--rows 100000]`, with DATABASE_URL for PostgreSQL. pandas and sqlite-utils take part if
they are installed, and COPY on PostgreSQL.
"""

import argparse
import csv
import importlib.util
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.runs import set_up

COLUMNS = 10


def write(path: Path, first: int, rows: int) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([f"Column {number}" for number in range(COLUMNS)])
        for row in range(first, first + rows):
            writer.writerow([f"Value {row}-{number}, with some text" for number in range(COLUMNS)])


@contextmanager
def measured(what: str, told: dict[str, float]) -> Iterator[None]:
    """Prints the seconds of the clock and of the processor that the block took."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    told[what] = time.process_time() - cpu
    print(f"{what}: {time.perf_counter() - wall:.1f} s, processor {told[what]:.1f} s", flush=True)


def read_alone(path: Path, _: Path) -> None:
    with path.open(newline="") as file:
        for _row in csv.reader(file):
            pass


def store_with_sqlite3(path: Path, database: Path) -> None:
    with path.open(newline="") as file, sqlite3.connect(database) as connection:
        reader = csv.reader(file)
        names = ", ".join(f'"{name}"' for name in next(reader))
        connection.execute(f"CREATE TABLE raw ({names})")
        connection.executemany(f"INSERT INTO raw VALUES ({', '.join('?' * COLUMNS)})", reader)


def store_with_pandas(path: Path, database: Path) -> None:
    import pandas  # type: ignore[import-not-found,import-untyped,unused-ignore]

    with sqlite3.connect(database) as connection:
        pandas.read_csv(path).to_sql("panda", connection, index=False)


def store_with_sqlite_utils(path: Path, database: Path) -> None:
    subprocess.run([sys.executable, "-m", "sqlite_utils", "insert", database, "utils", path, "--csv"], check=True)


def copy_to_postgresql(path: Path, _: Path) -> None:
    from django.db import connection

    names = ", ".join(f"c{number} text" for number in range(COLUMNS))
    with connection.cursor() as cursor, path.open("rb") as file:
        cursor.execute(f"CREATE TEMPORARY TABLE raw ({names})")
        with cursor.copy("COPY raw FROM STDIN WITH (FORMAT csv, HEADER)") as copy:
            while piece := file.read(1 << 20):
                copy.write(piece)


def peers() -> dict[str, Callable[[Path, Path], None]]:
    found: dict[str, Callable[[Path, Path], None]] = {
        "the csv module alone": read_alone,
        "csv and sqlite3": store_with_sqlite3,
    }
    if importlib.util.find_spec("pandas"):
        found["pandas, read_csv and to_sql"] = store_with_pandas
    if importlib.util.find_spec("sqlite_utils"):
        found["sqlite-utils"] = store_with_sqlite_utils
    if os.environ.get("DATABASE_URL"):
        found["COPY"] = copy_to_postgresql
    return found


def imported(path: Path, **given: Any) -> Any:
    """Uploads the file and does its import; returns it, done."""
    from django.core.files import File

    from tables.imports import job, uploads
    from workspaces.accounts import first_owner
    from workspaces.actors import Actor
    from workspaces.models import Role

    owner = first_owner()
    with path.open("rb") as upload:
        actor = Actor(owner, owner.workspaces.get(), Role.OWNER)
        staged = uploads.receive(actor, File(upload, path.name), **given)
    uploads.start(staged)
    job.run(staged.pk)
    staged.refresh_from_db()
    assert staged.state == "done", staged.error
    return staged


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        redis = set_up(folder)
        write(folder / "file.csv", 0, given.rows)
        write(folder / "again.csv", given.rows // 2, given.rows)
        told: dict[str, float] = {}
        for what, store in peers().items():
            with measured(what, told):
                store(folder / "file.csv", folder / "peers.sqlite3")
        with measured("Marl, a new table", told):
            first = imported(folder / "file.csv")
        into = {"key": ["Column 0"], "on_match": "update", "keep_blank": True}
        with measured("Marl, into that table by a key", told):
            again = imported(folder / "again.csv", table=first.table, into=into)
        print(f"{given.rows:,} rows by key into {given.rows:,}: {again.counts}")
        for what in list(told)[:-2]:
            print(f"a new table takes {told['Marl, a new table'] / told[what]:.2f} times the processor of {what}")
        print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
        if redis:
            redis.terminate()
            redis.wait()


if __name__ == "__main__":
    main()

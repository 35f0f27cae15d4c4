"""Import of a CSV file into a new table, and into a table of as many rows by a key, against other ways to store it.

`python -m benchmarks.imports [--rows 100000] [--rounds 3] [--kill]`, with DATABASE_URL for PostgreSQL. `--kill` only
measures what an import takes whose worker is killed half way, without the minute until that is noticed. pandas and
sqlite-utils take part if they are installed, and COPY on PostgreSQL. “csv and JSON” is the floor: the rows of the csv
module, encoded one by one, in a table with the indexes of Marl's, with nothing looked at, told or kept from others
meanwhile. Each has a process of its own, in which it stored a small file before, so that neither imports of modules nor
another's memory count. Half of the rows of the keyed import match.
"""

import argparse
import csv
import importlib.util
import multiprocessing
import os
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import batched
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.environment import environment

COLUMNS = 10

type Store = Callable[[Path, Path], Any]  # of a CSV file, in a database of a folder


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds of the clock and of the processor (without the database server's), and the process's peak in MiB."""

    seconds: float
    processor: float
    peak: float


def write(path: Path, first: int, rows: int) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([f"Column {number}" for number in range(COLUMNS)])
        for row in range(first, first + rows):
            writer.writerow([f"Value {row}-{number}, with some text" for number in range(COLUMNS)])


def read_alone(path: Path, _: Path) -> None:
    with path.open(newline="") as file:
        for _row in csv.reader(file):
            pass


def store_with_sqlite3(path: Path, folder: Path) -> None:
    with path.open(newline="") as file, sqlite3.connect(folder / "raw.sqlite3") as connection:
        reader = csv.reader(file)
        names = ", ".join(f'"{name}"' for name in next(reader))
        connection.execute("DROP TABLE IF EXISTS raw")
        connection.execute(f"CREATE TABLE raw ({names})")
        connection.executemany(f"INSERT INTO raw VALUES ({', '.join('?' * COLUMNS)})", reader)


def store_as_json(path: Path, folder: Path) -> None:
    from django.db import connection
    from pydantic_core import to_json

    def lines() -> Iterator[tuple[int, int, str]]:
        for number, row in enumerate(reader):
            yield 1, number << 32, to_json(dict(zip(names, row, strict=True))).decode()

    with path.open(newline="") as file:
        reader = csv.reader(file)
        names = [str(number) for number, _ in enumerate(next(reader), 100)]
        if connection.vendor == "postgresql":
            copy_lines(lines())
        else:
            insert_lines(lines(), folder / "json.sqlite3")


def copy_lines(lines: Iterable[tuple[int, int, str]]) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS raw_json")
        cursor.execute("CREATE TABLE raw_json (LIKE tables_row INCLUDING ALL)")
        with cursor.copy('COPY raw_json (table_id, position, "values") FROM STDIN') as copy:
            for some in batched(lines, 1_000):
                copy.write("".join([f"{table}\t{key}\t{text}\n" for table, key, text in some]))


def insert_lines(lines: Iterable[tuple[int, int, str]], database: Path) -> None:
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("DROP TABLE IF EXISTS raw")
        connection.execute("CREATE TABLE raw (id INTEGER PRIMARY KEY, table_id INTEGER, position INTEGER, texts TEXT)")
        connection.execute("CREATE INDEX row_window ON raw (table_id, position)")
        connection.execute("CREATE INDEX row_order ON raw (table_id, id)")
        connection.executemany("INSERT INTO raw (table_id, position, texts) VALUES (?, ?, ?)", lines)


def store_with_pandas(path: Path, folder: Path) -> None:
    import pandas  # type: ignore[import-not-found,import-untyped,unused-ignore]

    with sqlite3.connect(folder / "pandas.sqlite3") as connection:
        pandas.read_csv(path).to_sql("panda", connection, index=False, if_exists="replace")


def store_texts_with_pandas(path: Path, folder: Path) -> None:
    """Keeps what the file says, as Marl does: 0042 and NA are texts. SQLAlchemy is the way of pandas' documentation."""
    import pandas  # type: ignore[import-not-found,import-untyped,unused-ignore]
    import sqlalchemy  # type: ignore[import-not-found,import-untyped,unused-ignore]

    engine = sqlalchemy.create_engine(f"sqlite:///{folder / 'texts.sqlite3'}")
    texts = pandas.read_csv(path, dtype=str, keep_default_na=False)
    texts.to_sql("panda", engine, index=False, if_exists="replace")
    engine.dispose()


def store_with_sqlite_utils(path: Path, folder: Path) -> None:
    database = folder / "utils.sqlite3"
    database.unlink(missing_ok=True)
    command = [sys.executable, "-m", "sqlite_utils", "insert", str(database), "utils", str(path), "--csv", "--silent"]
    subprocess.run(command, check=True)


def copy_to_postgresql(path: Path, _: Path) -> None:
    from django.db import connection

    names = ", ".join(f"c{number} text" for number in range(COLUMNS))
    with connection.cursor() as cursor, path.open("rb") as file:
        cursor.execute("DROP TABLE IF EXISTS raw_copy")
        cursor.execute(f"CREATE TABLE raw_copy ({names})")
        with cursor.copy("COPY raw_copy FROM STDIN WITH (FORMAT csv, HEADER)") as copy:
            while piece := file.read(1 << 20):
                copy.write(piece)


def store_with_marl(path: Path, _: Path) -> Any:
    """Uploads the file and does its import, as a worker would; returns the import, done."""
    return imported(path)


def store_by_key_with_marl(path: Path, _: Path) -> Any:
    """Adds the file to the table that was made last."""
    from tables.models import Table

    into = {"key": ["Column 0"], "on_match": "update", "keep_blank": True}
    return imported(path, table=Table.objects.latest("pk"), into=into)


def imported(path: Path, **given: Any) -> Any:
    from tables.imports import job

    staged = started(path, **given)
    job.run(staged.pk)
    staged.refresh_from_db()
    assert staged.state == "done", staged.error
    return staged


def started(path: Path, **given: Any) -> Any:
    from django.core.files import File

    from tables.imports import uploads
    from workspaces.accounts import first_owner
    from workspaces.actors import Actor
    from workspaces.models import Role

    owner = first_owner()
    with path.open("rb") as upload:
        actor = Actor(owner, owner.workspaces.get(), Role.OWNER)
        staged = uploads.receive(actor, File(upload, path.name), **given)
    uploads.start(staged)
    return staged


def kill_half_way(path: Path, rows: int) -> None:
    """Prints what the worker that is killed takes, the next one before it stores a row, and then until the end."""
    from datetime import timedelta

    from django.utils import timezone

    from tables.imports import job
    from tables.models import Import

    import_ = started(path)

    def seconds_until(stored: int) -> float:
        start = time.perf_counter()
        while import_.state != "done" and import_.mark.get("rows", 0) < stored:
            time.sleep(0.02)
            import_.refresh_from_db()
        return time.perf_counter() - start

    worker = at_work(import_.pk)
    before = seconds_until(rows // 2)
    worker.kill()
    worker.join()
    import_.refresh_from_db()
    stored = import_.mark["rows"]
    Import.objects.filter(pk=import_.pk).update(heartbeat_at=timezone.now() - timedelta(hours=1))
    job.sweep()
    at_work(import_.pk)
    again = seconds_until(stored + 1)
    rest = seconds_until(rows + 1)
    print(f"{stored:,} rows in {before:.1f} s, killed; read again in {again:.1f} s, the others in {rest:.1f} s")


def at_work(import_id: int) -> multiprocessing.process.BaseProcess:
    worker = multiprocessing.get_context("spawn").Process(target=_work, args=(import_id,))
    worker.start()
    return worker


def _work(import_id: int) -> None:
    import django

    django.setup()
    from tables.imports import job

    job.run(import_id)


def peers() -> dict[str, Store]:
    found: dict[str, Store] = {
        "the csv module alone": read_alone,
        "csv and sqlite3": store_with_sqlite3,
        "csv and JSON": store_as_json,
    }
    if importlib.util.find_spec("pandas"):
        found["pandas, guessing types, and sqlite3"] = store_with_pandas
    if importlib.util.find_spec("pandas") and importlib.util.find_spec("sqlalchemy"):
        found["pandas, keeping texts, and SQLAlchemy"] = store_texts_with_pandas
    if importlib.util.find_spec("sqlite_utils"):
        found["sqlite-utils"] = store_with_sqlite_utils
    if os.environ.get("DATABASE_URL"):
        found["COPY"] = copy_to_postgresql
    return found


def measured(store: Store, path: Path, folder: Path) -> Figures:
    """Stores the file in a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (store, path, folder))


def _measured(store: Store, path: Path, folder: Path) -> Figures:
    import django

    django.setup()
    store(folder / "small.csv", folder)
    wall, before = time.perf_counter(), os.times()
    store(path, folder)
    seconds, after = time.perf_counter() - wall, os.times()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Figures(seconds, sum(after[:4]) - sum(before[:4]), peak)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--kill", action="store_true")
    given = parser.parse_args()
    with environment() as folder:
        write(folder / "small.csv", 0, 10)
        write(folder / "file.csv", 0, given.rows)
        if given.kill:
            kill_half_way(folder / "file.csv", given.rows)
            return
        write(folder / "again.csv", given.rows // 2, given.rows)
        rounds = []
        for number in range(given.rounds):
            told = {what: measured(store, folder / "file.csv", folder) for what, store in peers().items()}
            told["Marl, a new table"] = measured(store_with_marl, folder / "file.csv", folder)
            told["Marl, by a key"] = measured(store_by_key_with_marl, folder / "again.csv", folder)
            rounds.append(told)
            print(f"round {number + 1} of {given.rounds} done", flush=True)
        tell(rounds)


def tell(rounds: list[dict[str, Figures]]) -> None:
    """Prints the medians, and those of the ratios of each round."""
    for what in rounds[0]:
        figures = [told[what] for told in rounds]
        seconds, processor = median(one.seconds for one in figures), median(one.processor for one in figures)
        peak = max(one.peak for one in figures)
        print(f"{what}: {seconds:.2f} s, processor {processor:.2f} s, peak memory {peak:.0f} MiB")
    for what in list(rounds[0])[:-2]:
        pairs = [(told["Marl, a new table"], told[what]) for told in rounds]
        ratio = median(marl.seconds / peer.seconds for marl, peer in pairs)
        of_processor = median(marl.processor / peer.processor for marl, peer in pairs)
        print(f"a new table takes {ratio:.2f} times the time and {of_processor:.2f} times the processor of {what}")


if __name__ == "__main__":
    main()

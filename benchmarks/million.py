"""What a person waits for in a large table, beside a plain typed table in SQLite and in DuckDB in the same run.

`python -m benchmarks.million [--rows 1000000] [--rounds 3] [--indexes] [--only search filter]`, with DATABASE_URL for
PostgreSQL; `--indexes` first makes those that a worker makes by need, and `--only` measures what begins with one of
these words. DuckDB takes part if it is installed. Each figure is the best of all rounds, in seconds of the clock, and
in those of the processor in brackets: on a busy machine the latter tell more, but they leave out what PostgreSQL's
server does.
"""

import argparse
import csv
import importlib.util
import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import batched
from pathlib import Path
from typing import Any

from benchmarks.environment import environment

NAMES = ("Company", "City", "Email", "Employees", "Revenue", "Note", "Street", "Phone", "Founded", "Tag")
NUMBERS = {"Employees", "Revenue", "Founded"}
CITIES = ("Utrecht", "Berlin", "Paris", "Łódź", "Zürich", "São Paulo", "New York", "Tokyo")
QUERIES = {
    "search a rare word": "concat_ws(' ', {all}) LIKE '%Xylophone%'",
    "filter equal": "City = 'Berlin'",
    "filter greater": "Employees > 4000",
    "filter contains": "Note LIKE '%99999%'",
    "filter between": "Revenue BETWEEN 1000 AND 2000.5",
    "filter starts with": "Company LIKE 'Company 77%'",
    "filter one of": "City IN ('Berlin', 'Paris', 'Tokyo')",
    "filter any of a group": "Founded <= 1901 OR Tag = 'a' OR (City = 'Paris' AND Employees >= 4900)",
    "sort text": "1 = 1 ORDER BY lower(Company)",
    "sort number": "1 = 1 ORDER BY Revenue DESC",
}

type Work = Callable[[], object]  # may return what is to be done after it, which nobody waits for
type Figures = tuple[float, float]  # seconds of the clock and of the processor


def rows(number: int) -> Iterator[tuple[str, ...]]:
    pick = random.Random(1)
    for row in range(number):
        yield (
            f"Company {row}",
            pick.choice(CITIES),
            f"info@company-{row}.example",
            str(pick.randint(1, 5_000)),
            str(round(pick.random() * 1e6, 2)),
            "a rare Xylophone" if row == number * 3 // 4 else f"Value {row} with some text",
            f"Street {pick.randint(1, 9_999)}",
            f"+49 {pick.randint(10**6, 10**7)}",
            str(pick.randint(1900, 2025)),
            pick.choice("abcdefgh"),
        )


def marl_table(number: int) -> Any:
    from django.db import transaction

    from tables import row_order, storage
    from tables.models import Column, Table
    from workspaces.models import Workspace

    table = Table.objects.create(workspace=Workspace.objects.create(name="Large"), name="Large", row_count=number)
    columns = [
        Column.objects.create(table=table, name=name, position=place, type="number" if name in NUMBERS else "text")
        for place, name in enumerate(NAMES)
    ]
    keys = [str(column.pk) for column in columns]
    for some in batched(rows(number), 20_000):
        texts = [json.dumps(dict(zip(keys, row, strict=True)), ensure_ascii=False) for row in some]
        with transaction.atomic():
            storage.insert(table.pk, row_order.append(table.pk, len(texts)), texts)
    storage.analyze()
    return table


def index(table: Any) -> None:
    from tables import column_indexes

    for column in table.columns.exclude(name__in=["Email", "Street", "Phone"]):
        print(f"index on {column.name}: {timed(lambda column=column: column_indexes.make(column.pk))[0]:.2f} s")  # type: ignore[misc]


def marl(table: Any) -> dict[str, Work]:
    from tables import columns, view_snapshots
    from tables.row_queries import View

    live = columns.live(table)
    ids = {column.name: column.pk for column in live}

    def opened(name: str = "", op: str = "", value: object = None, *, sort: str = "", search: str = "") -> Work:
        filters = [{"column": ids[name], "op": op, "value": value}] if name else []
        sorts = [{"column": ids[sort], "desc": sort == "Revenue"}] if sort else []
        return lambda: view_snapshots.take(table, View(live, filters, sorts, search))

    def test(name: str, op: str, value: object) -> dict[str, object]:
        return {"column": ids[name], "op": op, "value": value}

    both = [test("City", "eq", "Paris"), test("Employees", "gte", 4_900)]
    group = {"any": [test("Founded", "lte", 1901), test("Tag", "eq", "a"), {"all": both}]}
    return {
        "search a rare word": opened(search="xylophone"),
        "filter equal": opened("City", "eq", "Berlin"),
        "filter greater": opened("Employees", "gt", 4_000),
        "filter contains": opened("Note", "contains", "99999"),
        "filter between": opened("Revenue", "between", [1_000, 2_000.5]),
        "filter starts with": opened("Company", "starts_with", "Company 77"),
        "filter one of": opened("City", "one_of", ["Berlin", "Paris", "Tokyo"]),
        "filter any of a group": lambda: view_snapshots.take(table, View(live, [group], [], "")),
        "sort text": opened(sort="Company"),
        "sort number": opened(sort="Revenue"),
        "duplicate the table": lambda: duplicate(table),
        "patch 1,000 cells": lambda: patch(table),
        "window anywhere": lambda: window(table),
        "formula over all rows": lambda: compute(table),
    }


def duplicate(table: Any) -> Work:
    from tables import catalog, columns, copies
    from tables.models import Column, Table

    copy = Table.objects.create(workspace=table.workspace, name="Copy", ready=False)
    ids = {
        one.pk: Column.objects.create(table=copy, name=one.name, position=one.position).pk
        for one in columns.live(table)
    }
    for _ in copies.copy_rows(table.pk, copy.pk, ids):
        pass
    return lambda: catalog.purge(copy)


def patch(table: Any) -> None:
    from tables import rows as table_rows

    changed = table_rows.window(table, table.row_count // 2, 1_000)
    stamp = time.time_ns()
    table_rows.update(table, [{"id": row.pk, "cells": {"Note": f"Patched {row.pk} at {stamp}"}} for row in changed])


def window(table: Any) -> None:
    from tables import columns
    from tables import rows as table_rows

    offset = table.row_count * 2 // 3
    table_rows.as_json(table_rows.window(table, offset, 100), columns.live(table), offset)


def compute(table: Any) -> None:
    """Makes a formula column, and computes it as a worker would."""
    from enrichment.columns import formula
    from enrichment.dataflow import recalculate

    text = '{{Employees}} > 50 ? {{Company}}.toUpperCase() + " " + {{City}} : "small"'
    formula.create(table, f"Formula {time.time_ns()}", "formula", {"formula": text})
    token: str = ""
    while step := recalculate.advance(table.pk, token):
        token, delay = step
        time.sleep(delay)


def plain(connect: Callable[[], Any], number: int) -> dict[str, Work]:
    """Returns the queries of a table with a typed column for each column, every result read whole."""
    connection = connect()
    types = ", ".join(f"{name} {'DOUBLE' if name in NUMBERS else 'VARCHAR'}" for name in NAMES)
    connection.execute(f"CREATE TABLE large (id INTEGER PRIMARY KEY, {types})")
    if isinstance(connection, sqlite3.Connection):
        marks = ", ".join("?" * (len(NAMES) + 1))
        connection.execute("BEGIN")
        connection.executemany(
            f"INSERT INTO large VALUES ({marks})", ((place, *row) for place, row in enumerate(rows(number)))
        )
        connection.execute("COMMIT")
    else:  # DuckDB, which takes rows one by one as slowly as it reads files fast
        with tempfile.NamedTemporaryFile("w", suffix=".csv", newline="") as file:
            csv.writer(file).writerows((place, *row) for place, row in enumerate(rows(number)))
            file.flush()
            connection.execute(f"INSERT INTO large SELECT * FROM read_csv('{file.name}', header = false)")
    every = ", ".join(NAMES) if not isinstance(connection, sqlite3.Connection) else ""
    found = {name: test.format(all=every) for name, test in QUERIES.items()}
    if not every:  # SQLite's concat_ws is too new to be everywhere
        found["search a rare word"] = " OR ".join(f"{name} LIKE '%xylophone%'" for name in NAMES)
    asked: dict[str, Work] = {
        name: lambda test=test: connection.execute(f"SELECT id FROM large WHERE {test}").fetchall()  # type: ignore[misc]
        for name, test in found.items()
    }
    return asked | {"duplicate the table": lambda: copied(connection)}


def copied(connection: Any) -> Work:
    connection.execute("CREATE TABLE copy AS SELECT * FROM large")
    return lambda: connection.execute("DROP TABLE copy")


def timed(work: Work) -> Figures:
    clock, processor = time.perf_counter(), time.process_time()
    then = work()
    figures = time.perf_counter() - clock, time.process_time() - processor
    if callable(then):
        then()
    return figures


def compare(ways: dict[str, dict[str, Work]], rounds: int, only: tuple[str, ...] = ("",)) -> None:
    print("| |", " | ".join(ways), "|")
    print("|-" * (len(ways) + 1) + "|")
    for what in filter(lambda what: what.startswith(only), next(iter(ways.values()))):
        taken: dict[str, list[Figures]] = {name: [] for name in ways}
        for _ in range(rounds):  # one after the other, so that all of them meet the same load
            for name, way in ways.items():
                if what in way:
                    taken[name].append(timed(way[what]))
        print(f"| {what} |", " | ".join(map(best, taken.values())), "|", flush=True)


def best(taken: list[Figures]) -> str:
    if not taken:
        return "–"
    return f"{min(clock for clock, _ in taken):.2f} ({min(processor for _, processor in taken):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--indexes", action="store_true")
    parser.add_argument("--only", nargs="+", default=[""])
    given = parser.parse_args()
    with environment() as folder:
        from django.db import connection

        table = marl_table(given.rows)
        if given.indexes:
            index(table)
        ways = {f"Marl, {connection.display_name}": marl(table)}
        file = str(folder / "plain.sqlite3")
        ways["plain SQLite"] = plain(lambda: sqlite3.connect(file, isolation_level=None), given.rows)
        if importlib.util.find_spec("duckdb"):
            ways["DuckDB"] = plain(lambda: duckdb_in(folder), given.rows)
        compare(ways, given.rounds, tuple(given.only))


def duckdb_in(folder: Path) -> Any:
    import duckdb  # type: ignore[import-not-found,import-untyped,unused-ignore]

    return duckdb.connect(str(folder / "plain.duckdb"))


if __name__ == "__main__":
    main()

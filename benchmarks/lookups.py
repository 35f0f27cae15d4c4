"""A look-up of every row of a large table in another one, and the edit of one row there, beside a join in SQLite.

`python -m benchmarks.lookups [--rows 1000000]`, with DATABASE_URL for PostgreSQL. Each row finds one of as many, in no
order. The memory is the most that this process has had; the join's is SQLite's own business.
"""

import argparse
import json
import random
import resource
import sqlite3
import time
from collections.abc import Callable, Sequence
from itertools import batched
from typing import TYPE_CHECKING

from benchmarks.environment import environment

if TYPE_CHECKING:
    from tables.models import Table
    from workspaces.models import Workspace


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def memory() -> float:
    """Returns MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def table_of(workspace: "Workspace", name: str, names: Sequence[str], rows: Sequence[tuple[str, ...]]) -> "Table":
    from django.db import transaction

    from tables import row_order, storage
    from tables.models import Column, Table

    table = Table.objects.create(workspace=workspace, name=name, row_count=len(rows))
    columns = [Column.objects.create(table=table, name=name, position=place) for place, name in enumerate(names)]
    keys = [str(column.pk) for column in columns]
    for some in batched(rows, 20_000):
        texts = [json.dumps(dict(zip(keys, row, strict=True))) for row in some]
        with transaction.atomic():
            storage.insert(table.pk, row_order.append(table.pk, len(texts)), texts)
    storage.analyze()
    return table


def compute() -> None:
    from enrichment.dataflow import recalculate
    from enrichment.models import Recalculation

    while entry := Recalculation.objects.order_by("pk").first():
        token = ""
        while again := recalculate.advance(entry.table_id, token):
            token = again[0]


def joined(left: Sequence[tuple[str, ...]], right: Sequence[tuple[str, ...]]) -> None:
    """Does the same in plain SQLite: two typed tables, an index, and the results stored."""
    with sqlite3.connect(":memory:") as database:
        database.execute("CREATE TABLE l (id INTEGER PRIMARY KEY, key TEXT)")
        database.execute("CREATE TABLE r (id INTEGER PRIMARY KEY, key TEXT, value TEXT)")
        database.executemany("INSERT INTO l (key) VALUES (?)", [row[-1:] for row in left])
        database.executemany("INSERT INTO r (key, value) VALUES (?, ?)", right)
        database.execute("CREATE INDEX by_key ON r (key)")
        database.execute("CREATE TABLE found AS SELECT l.id, r.value FROM l LEFT JOIN r ON r.key = l.key")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    number = parser.parse_args().rows
    with environment():
        measure(number)


def measure(number: int) -> None:
    from enrichment.columns import lookups
    from tables import rows
    from tables.models import Cell, Column, Row
    from workspaces.models import Workspace

    workspace = Workspace.objects.create(name="Look-ups")
    order = list(range(number))
    random.Random(1).shuffle(order)
    right = [(f"company-{row}.example", f"Industry {row % 977}") for row in range(number)]
    left = [(f"Person {row}", f"company-{key}.example") for row, key in enumerate(order)]
    companies = table_of(workspace, "Companies", ("Domain", "Industry"), right)
    people = table_of(workspace, "People", ("Name", "Domain"), left)
    before = memory()
    match = {"column": "Domain", "value": "{{Domain}}"}
    config = {"table_id": companies.pk, "match": match, "take": "Industry"}
    tried = seconds(lambda: lookups.draft(Column(table=people, type="lookup"), config))
    column = lookups.create(people, "Industry", config)
    whole = seconds(compute)
    assert Cell.objects.filter(column=column, state="done").count() == number
    some = Row.objects.filter(table=companies).first()
    assert some
    rows.update(companies, [{"id": some.pk, "cells": {"Industry": "Anvils"}}])
    one = seconds(compute)
    assert Cell.objects.filter(column=column, value="Anvils").count() == 1
    print(f"{number:,} rows among {number:,}: {whole:.0f} s, {number / whole:,.0f} rows/s; ", end="")
    print(f"memory {before:.0f} MB before, {memory():.0f} MB at most")
    print(f"tried before it is saved: {tried * 1000:.0f} ms; one edit there followed here: {one * 1000:.0f} ms")
    print(f"a join in SQLite, in memory: {seconds(lambda: joined(left, right)):.1f} s")


if __name__ == "__main__":
    main()

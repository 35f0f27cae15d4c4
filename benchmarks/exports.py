"""Export of a table as CSV and XLSX, against the shortest ways to write its rows.

`python -m benchmarks.exports [--rows 100000]`, with DATABASE_URL for PostgreSQL. The peers of CSV are the csv module
over a plain query and, on PostgreSQL, COPY; that of XLSX is openpyxl's writer for large files.
"""

import argparse
import csv
import io
import json
import resource
import tempfile
import time
from collections.abc import Callable, Iterable
from typing import Any

from benchmarks.environment import environment

COLUMNS = 10
MIB = 1024


def filled_table(rows: int) -> Any:
    from tables import row_order, storage
    from tables.models import Column, Table
    from workspaces.models import Workspace

    workspace = Workspace.objects.create(name="Exports")
    table = Table.objects.create(workspace=workspace, name="Exports", row_count=rows)
    columns = [Column.objects.create(table=table, name=f"Column {n}", position=n) for n in range(COLUMNS)]
    for first in range(0, rows, 10_000):
        number = min(10_000, rows - first)
        texts = [
            json.dumps({str(column.pk): f"Value {row}-{place}, with some text" for place, column in enumerate(columns)})
            for row in range(first, first + number)
        ]
        storage.insert(table.pk, row_order.append(table.pk, number), texts)
    storage.analyze()
    return table


def export(table: Any, format: str) -> Iterable[bytes]:
    from tables.exports.export import Export
    from tables.exports.options import Options

    return Export(table, Options(format=format)).pieces()


def plain_rows(table: Any) -> Iterable[list[Any]]:
    from django.db import connection

    from tables.models import Column

    keys = [str(column.pk) for column in Column.objects.filter(table=table)]
    cast = "::text" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT "values"{cast} FROM tables_row WHERE table_id = %s ORDER BY position',
            [table.pk],
        )
        while batch := cursor.fetchmany(2_000):
            for (text,) in batch:
                values = json.loads(text)
                yield [values.get(key) for key in keys]


def csv_alone(table: Any) -> Iterable[bytes]:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for number, row in enumerate(plain_rows(table)):
        writer.writerow(row)
        if number % 2_000 == 0:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def copy(table: Any) -> Iterable[bytes]:
    from django.db import connection

    from tables.models import Column

    keys = [str(column.pk) for column in Column.objects.filter(table=table)]
    selected = ", ".join(f"\"values\" ->> '{key}'" for key in keys)
    with (
        connection.cursor() as cursor,
        cursor.copy(
            f"COPY (SELECT {selected} FROM tables_row WHERE table_id = {table.pk} ORDER BY position)"
            " TO STDOUT (FORMAT csv)"
        ) as rows,
    ):
        yield from (bytes(data) for data in rows)


def xlsx_with_openpyxl(table: Any) -> Iterable[bytes]:
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("Table")
    for row in plain_rows(table):
        sheet.append(row)
    with tempfile.TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while piece := file.read(1 << 16):
            yield piece


def measure(what: str, rows: int, write: Callable[[], Iterable[bytes]]) -> None:
    wall, cpu = time.perf_counter(), time.process_time()
    first, size = 0.0, 0
    for piece in write():
        first = first or time.perf_counter() - wall
        size += len(piece)
    seconds, processor = time.perf_counter() - wall, time.process_time() - cpu
    print(
        f"{what}: {rows / seconds:,.0f} rows/s, processor {processor:.1f} s, first byte {first * 1000:,.0f} ms,"
        f" {size / 1e6:,.0f} MB",
        flush=True,
    )


def compare(number: int, rounds: int) -> None:
    from django.db import connection

    table = filled_table(number)
    ways: dict[str, Callable[[], Iterable[bytes]]] = {
        "CSV": lambda: export(table, "csv"),
        "CSV, csv module alone": lambda: csv_alone(table),
        "JSON lines": lambda: export(table, "jsonl"),
        "XLSX": lambda: export(table, "xlsx"),
        "XLSX, openpyxl": lambda: xlsx_with_openpyxl(table),
    }
    if connection.vendor == "postgresql":
        ways["CSV, COPY"] = lambda: copy(table)
    for _ in range(rounds):
        for what, write in ways.items():
            measure(what, number, write)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with environment():
        compare(given.rows, given.rounds)
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MIB:,.0f} MiB")


if __name__ == "__main__":
    main()

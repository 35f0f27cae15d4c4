"""Work on all rows of a large table: finding and merging duplicates, deleting, restoring, and undoing an import.

`python -m benchmarks.long_work [--rows 1000000]`, with DATABASE_URL for PostgreSQL. Done as a worker does it, while
somebody else edits a cell again and again. Seconds of the clock, of the processor, and the longest wait of the editor.
"""

import argparse
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.environment import environment
from benchmarks.million import marl_table

type Work = Callable[[], object]


@contextmanager
def editing(table: Any, waits: list[float]) -> Iterator[None]:
    """Edits a row of the table while the block lasts, and notes how long each edit takes."""
    from django.db import connection

    from tables import rows

    stop = threading.Event()
    other = rows.append(table, [{"Company": "Edited"}])[0]

    def edit() -> None:
        number = 0
        while not stop.wait(0.2):
            number += 1
            start = time.perf_counter()
            rows.update(table, [{"id": other, "cells": {"Company": f"Edited {number}"}}])
            waits.append(time.perf_counter() - start)
        connection.close()

    editor = threading.Thread(target=edit)
    editor.start()
    try:
        yield
    finally:
        stop.set()
        editor.join()


def measure(what: str, table: Any, work: Work) -> None:
    waits: list[float] = [0]
    with editing(table, waits):
        clock, processor = time.perf_counter(), time.process_time()
        came = work()
        clock, processor = time.perf_counter() - clock, time.process_time() - processor
    print(f"| {what} | {clock:.1f} | {processor:.1f} | {max(waits):.2f} | {came or ''} |", flush=True)


def found(table: Any, *names: str) -> str:
    from tables import duplicate_searches
    from tables.alike_rows import Criteria

    token = duplicate_searches.start(table, Criteria.of(table, names, "loose"))
    duplicate_searches.run(table.pk, token)
    found = duplicate_searches.window(table.pk, token, 0, 20)
    return f"{found.groups:,} groups of {found.rows:,} rows"


def merged(table: Any, *names: str) -> str:
    from tables import duplicates, moves
    from tables.alike_rows import Criteria

    deletion = duplicates.start_merge(table, Criteria.of(table, names, "loose"), "fullest", fill_blanks=True)
    moves.run(deletion.pk)
    deletion.refresh_from_db()
    return f"{deletion.rows:,} rows deleted"


def deleted(table: Any) -> None:
    from tables import moves

    edited = table.rows.latest("pk").pk
    deletion = moves.delete_all_but(table, [edited])
    assert deletion
    moves.run(deletion.pk)


def restored(table: Any) -> None:
    from tables import moves

    for deletion in table.deletions.filter(kind="rows", rows__gt=0):
        moves.restore(deletion)
        moves.run(deletion.pk)


def import_of_all(table: Any) -> Any:
    """Stores an import as if it had changed a cell of every row."""
    from django.db import connection
    from django.utils import timezone

    from tables import columns
    from tables.models import Import

    done = Import.objects.create(
        workspace=table.workspace,
        target=table,
        state="done",
        finished_at=timezone.now(),
        counts={"updated": table.row_count},
    )
    city = columns.live(table)[1].pk
    patched = "json_set(\"values\", '$.\"{}\"', 'Old')"
    if connection.vendor == "postgresql":
        patched = "jsonb_set(\"values\", '{{{}}}', '\"Old\"')"
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tables_importchange (import_job_id, row_id, before, after)"
            f' SELECT %s, id, {patched.format(city)}, "values" FROM tables_row WHERE table_id = %s ORDER BY id',
            [done.pk, table.pk],
        )
    return done


def undone(done: Any) -> None:
    from tables.imports import undoing

    undoing.undo(done)
    undoing.run(done.pk)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    given = parser.parse_args()
    with environment():
        table = marl_table(given.rows)
        print("| | seconds | of the processor | longest edit meanwhile | |\n|-|-|-|-|-|")
        measure("find, no duplicates", table, lambda: found(table, "Email"))
        measure("find, 1 in 100", table, lambda: found(table, "Phone", "City"))
        measure("find, all rows", table, lambda: found(table, "City", "Tag"))
        measure("merge, 1 in 100", table, lambda: merged(table, "Phone", "City"))
        measure("restore these", table, lambda: restored(table))
        measure("merge, all rows", table, lambda: merged(table, "Street"))
        measure("restore these", table, lambda: restored(table))
        measure("delete all rows", table, lambda: deleted(table))
        measure("restore these", table, lambda: restored(table))
        done = import_of_all(table)
        measure("undo an import that changed all rows", table, lambda: undone(done))


if __name__ == "__main__":
    main()

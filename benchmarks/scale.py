"""What a run costs as tables and workers grow: the plan, a cell's claim and store, the first cell, 1, 2 and 4 workers.

`python -m benchmarks.scale [--rows 1000000] [--part plan,cells,workers]`; PostgreSQL by DATABASE_URL and REDIS_URL.
The workers are real processes, and so is the server that answers.
"""

import argparse
import resource
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.environment import answering, environment
from benchmarks.runs import CONFIG, raw_rate, serve

BATCH = 250
SENT = 10_000  # cells of each size


def make_table(rows: int):  # type: ignore[no-untyped-def]
    from enrichment.models import Run
    from tables import catalog, row_order, storage
    from workspaces.accounts import first_owner
    from workspaces.actors import Actor
    from workspaces.models import Role

    owner = first_owner()
    actor = Actor(owner, owner.workspaces.get(), Role.OWNER)
    table = catalog.create(actor, f"Benchmark {rows} {Run.objects.count()}", [("Company", "text"), ("Size", "text")])
    company, size = (column.pk for column in table.columns.order_by("position"))
    for start in range(0, rows, 20_000):
        numbers = range(start, min(rows, start + 20_000))
        encoded = [f'{{"{company}": "Company {number}", "{size}": "{number}"}}' for number in numbers]
        storage.insert(table.pk, row_order.append(table.pk, len(encoded)), encoded)
        storage.grow(table.pk, len(encoded))
    storage.analyze()
    table.refresh_from_db()
    return table


def make_column(rows: int, url: str, **config: object):  # type: ignore[no-untyped-def]
    from enrichment.columns import http as http_columns

    return http_columns.create(make_table(rows), "Profile", CONFIG | {"url": url} | config)


def time_plan(rows: int, url: str) -> None:
    from enrichment.runs import lifecycle

    column = make_column(rows, url)
    before, start = _memory(), time.perf_counter()
    run = lifecycle.plan(column, "all")
    seconds = time.perf_counter() - start
    print(f"plan of {rows:,} rows: {seconds:.2f} s, {_memory() - before:.1f} MiB more memory", flush=True)
    lifecycle.stop(run)


def _memory() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def time_cells(most: int, url: str) -> None:
    """Claim and store without a request, at the beginning and at the end of tables of every size."""
    from enrichment.models import Run
    from enrichment.runs import claims, lifecycle, results
    from enrichment.runs.results import Result
    from enrichment.worker import heartbeat

    for rows in (1_000, 10_000, 100_000, 1_000_000):
        if rows > most:
            break
        column = make_column(rows, url)
        for name, behind in (("beginning", 0), ("end", max(0, rows - SENT))):
            run = lifecycle.plan(column, "all")
            lifecycle.begin(run.pk)
            if behind:
                first = column.table.rows.get(position=behind).pk
                Run.objects.filter(pk=run.pk).update(cursor=first)
            start, number = time.perf_counter(), 0
            while number < min(rows, SENT):
                batch = claims.claim(run.pk, BATCH, heartbeat.worker_id()).rows
                if not batch:
                    break
                value = {"data": {"name": "Company", "city": "Utrecht"}}
                results.store(run, [Result(item.row.pk, "done", value, claim_id=item.claim_id) for item in batch])
                number += len(batch)
            each = (time.perf_counter() - start) / number * 1e6
            print(f"claim + store, {name} of {rows:,} rows: {each:.0f} µs a cell", flush=True)
            lifecycle.stop(run)


@contextmanager
def workers(number: int) -> Iterator[None]:
    from config import up

    command = up.worker()
    started = [
        subprocess.Popen([*command, "-n", f"w{n}@%h"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for n in range(number)
    ]
    try:
        _wait_for_workers(number)
        yield
    finally:
        for process in started:
            process.terminate()
        for process in started:
            process.wait()


def _wait_for_workers(number: int) -> None:
    from enrichment.monitoring import probes

    while len(probes.workers()) < number:
        time.sleep(0.2)


def time_workers(url: str, rows: int, in_flight: int) -> None:
    raw = raw_rate(url, min(rows, 10_000), in_flight)
    print(f"raw client: {raw:,.0f}/s", flush=True)
    for number in (1, 2, 4):
        column = make_column(rows, url, max_in_flight=in_flight)
        with workers(number):
            run_through(make_column(100, url))  # workers that have just started read their code first
            first, whole = run_through(column)
        rate, share, ms = rows / whole, rows / whole / raw, first * 1000
        print(f"{number} workers: {rate:,.0f} cells/s, {share:.0%} of raw; first cell after {ms:.0f} ms", flush=True)


def run_through(column) -> tuple[float, float]:  # type: ignore[no-untyped-def]
    """Seconds until the first cell and until the run is done."""
    from enrichment.runs import lifecycle
    from tables.models import Cell

    start = time.perf_counter()
    run = lifecycle.plan(column, "all")
    while not Cell.objects.filter(column=column, state="done").exists():
        time.sleep(0.01)
    first = time.perf_counter() - start
    while run.state != "done":
        time.sleep(0.1)
        run.refresh_from_db()
    assert run.done == run.total, run.done
    return first, time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the largest table")
    parser.add_argument("--sent", type=int, default=10_000, help="rows of the runs with workers")
    parser.add_argument("--delay", type=float, default=0, help="ms that the server takes")
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--part", default="plan,cells,workers")
    given = parser.parse_args()
    with answering(serve, given.delay / 1000) as address, environment():
        url = f"{address}/companies"
        if "plan" in given.part:
            time_plan(given.rows, url)
        if "cells" in given.part:
            time_cells(given.rows, url)
        if "workers" in given.part:
            time_workers(url, given.sent, given.in_flight)


if __name__ == "__main__":
    main()

"""Cells a second of a whole run (plan, claim, render, send, store, announce) against the raw client in the same run.

`python -m benchmarks.runs [--rows 5000] [--delay 0] [--in-flight 64] [--rounds 3]`. The server answers from a process
of its own. The raw baseline is httpx with the same aiohttp transport, sending the same requests, reading the answers.
With `--journal`, runs whose requests must not be sent twice are compared instead with runs whose requests may be, for
which nothing is kept in the send journal, in turns and by the processor's time of this process.
"""

import argparse
import asyncio
import statistics
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connections

from benchmarks.environment import answering, environment, timed

if TYPE_CHECKING:
    from enrichment.models import Run
    from tables.models import Table

CONFIG = {
    "method": "POST",
    "body": '{"name": "{{Company}}", "size": {{Size}}}',
    "field_paths": ["data.name", "data.city"],
}


def serve(port: int, delay: float) -> None:
    from aiohttp import web

    async def answer(request: web.Request) -> web.Response:
        body = await request.json()
        if delay:
            await asyncio.sleep(delay)
        return web.json_response({"data": {"name": body["name"], "city": "Utrecht", "founded": 1950}})

    app = web.Application()
    app.router.add_post("/companies", answer)
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None)


def raw_rate(url: str, rows: int, in_flight: int) -> float:
    """Cells a second of httpx over aiohttp alone."""
    import httpx
    from httpx_aiohttp import AiohttpTransport

    async def send_all() -> None:
        waiting = iter(range(rows))
        bounds = httpx.Limits(max_connections=in_flight, max_keepalive_connections=in_flight)

        async def work(client: httpx.AsyncClient) -> None:
            for number in waiting:
                answer = await client.post(url, json={"name": f"Company {number}", "size": number})
                answer.json()

        async with httpx.AsyncClient(transport=AiohttpTransport(limits=bounds)) as client:
            await asyncio.gather(*(work(client) for _ in range(in_flight)))

    return rows / timed(lambda: asyncio.run(send_all()))


def new_table(rows: int) -> "Table":
    """Makes a table of so many rows of Company and Size."""
    from tables import catalog
    from tables import rows as table_rows
    from workspaces.accounts import first_owner
    from workspaces.actors import Actor
    from workspaces.models import Role

    owner = first_owner()
    table = catalog.create(
        Actor(owner, owner.workspaces.get(), Role.OWNER), "Benchmark", [("Company", "text"), ("Size", "text")]
    )
    for start in range(0, rows, 10_000):
        batch = range(start, min(rows, start + 10_000))
        table_rows.append(table, [{"Company": f"Company {number}", "Size": str(number)} for number in batch])
    return table


@dataclass(frozen=True, slots=True)
class Took:
    """The seconds of a whole run, and those of this process on a processor meanwhile."""

    seconds: float
    processor: float


def run_rows(config: dict[str, Any], rows: int) -> Took:
    """Runs a new table of so many rows, from the plan to the last stored and announced cell."""
    from enrichment.columns import http as http_columns
    from enrichment.runs import lifecycle

    column = http_columns.create(new_table(rows), "Profile", config)
    before = time.process_time()
    seconds = timed(lambda: run_to_its_end(lifecycle.plan(column, "all")))
    return Took(seconds, time.process_time() - before)


def run_to_its_end(run: "Run") -> None:
    """Advances all lanes of a run, until each of its rows is done."""
    lanes = [threading.Thread(target=advance, args=(run.pk, lane.number)) for lane in run.runners.all()]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    run.refresh_from_db()
    assert run.done == run.total, (run.done, run.total)


def compare_with_raw_client(config: dict[str, Any], rows: int, rounds: int) -> None:
    raw_rate(config["url"], 200, config["max_in_flight"])
    shares = []
    for number in range(rounds):
        raw = raw_rate(config["url"], rows, config["max_in_flight"])
        run = rows / run_rows(config, rows).seconds
        shares.append(run / raw)
        print(f"round {number + 1}: raw client {raw:,.0f}/s, run {run:,.0f} cells/s, {shares[-1]:.0%}", flush=True)
    print(f"median share of the raw client: {statistics.median(shares):.0%}")


def compare_with_repeatable_requests(config: dict[str, Any], rows: int, rounds: int) -> None:
    repeatable = config | {"retry": {"unsafe_methods": True}}
    run_rows(config, 200)
    shares = []
    for number in range(rounds):
        if number % 2:  # whatever the first one of two does to the other
            without, with_journal = run_rows(repeatable, rows), run_rows(config, rows)
        else:
            with_journal, without = run_rows(config, rows), run_rows(repeatable, rows)
        shares.append((with_journal.seconds / without.seconds, with_journal.processor / without.processor))
        print(
            f"round {number + 1}: without the journal {rows / without.seconds:,.0f} cells/s, "
            f"{without.processor / rows * 1e6:.0f} µs of the processor; with it "
            f"{rows / with_journal.seconds:,.0f} cells/s, {with_journal.processor / rows * 1e6:.0f} µs",
            flush=True,
        )
    time_, processor = (statistics.median(share) for share in zip(*shares, strict=True))
    print(f"median: {time_:.2f} times the time, {processor:.2f} times the processor")


def advance(run_id: int, lane: int) -> None:
    """As a worker does."""
    from enrichment.worker import step

    token = ""
    while again := step.advance(run_id, token, lane):
        token, pause = again
        time.sleep(pause)
    connections.close_all()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--delay", type=float, default=0, help="ms that the server takes")
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--journal", action="store_true", help="compare runs with and without the send journal")
    given = parser.parse_args()
    with answering(serve, given.delay / 1000) as address, environment():
        config = CONFIG | {"url": f"{address}/companies", "max_in_flight": given.in_flight}
        compare = compare_with_repeatable_requests if given.journal else compare_with_raw_client
        compare(config, given.rows, given.rounds)


if __name__ == "__main__":
    main()

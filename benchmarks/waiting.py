"""What rows cost that wait, and how fast rows go on that take more than one request.

`python -m benchmarks.waiting calls [--rows 100000] [--seconds 60]`: rows that wait to be called back, the processor's
time, queries and memory of the worker that looks after them.
`python -m benchmarks.waiting polls [--rows 5000] [--job 30] [--rate 50]`: a run whose jobs are asked about under a rate
limit, against the shortest time that its requests take under that limit.
`python -m benchmarks.waiting pages [--pages 200] [--delay 0.005]`: a list that comes in pages, against a bare loop of
httpx over the same transport.
"""

import argparse
import asyncio
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from benchmarks.environment import answering, environment, timed
from benchmarks.runs import run_to_its_end

if TYPE_CHECKING:
    from tables.models import Column

CLAIMED = 5_000  # rows whose first answer is stored at once


def serve(port: int, delay: float, job: float) -> None:
    """Jobs at /jobs/{row}, pages at /pages?page=2; every page has another one."""
    from aiohttp import web

    done: dict[str, float] = {}

    async def begin(request: web.Request) -> web.Response:
        done[request.match_info["row"]] = time.monotonic() + job
        return web.json_response({"state": "queued"}, status=202)

    async def ask(request: web.Request) -> web.Response:
        is_done = time.monotonic() >= done[request.match_info["row"]]
        return web.json_response({"state": "done" if is_done else "running"})

    async def page(request: web.Request) -> web.Response:
        await asyncio.sleep(delay)
        return web.json_response({"items": list(range(100)), "page": request.query.get("page")})

    app = web.Application()
    app.router.add_post("/jobs/{row}", begin)
    app.router.add_get("/jobs/{row}", ask)
    app.router.add_get("/pages", page)
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None)


def made(rows: int, config: dict[str, Any]) -> "Column":
    from enrichment.columns import http as http_columns
    from tables import catalog
    from tables import rows as table_rows
    from workspaces.accounts import first_owner
    from workspaces.actors import Actor
    from workspaces.models import Role

    owner = first_owner()
    actor = Actor(owner, owner.workspaces.get(), Role.OWNER)
    table = catalog.create(actor, "Benchmark", [("Company", "text")])
    for start in range(0, rows, 10_000):
        batch = range(start, min(rows, start + 10_000))
        table_rows.append(table, [{"Company": f"company-{number}"} for number in batch])
    return http_columns.create(table, "Profile", {"auto_update": False} | config)


def whole_run(column: "Column") -> float:
    """Returns the seconds from the plan to the last stored cell."""
    from enrichment.runs import lifecycle

    return timed(lambda: run_to_its_end(lifecycle.plan(column, "all")))


def calls(rows: int, seconds: float) -> None:
    body = '{"company": "{{Company}}", "tell": "{{callback_url}}"}'
    request = {"method": "POST", "url": "http://127.0.0.1:9/jobs", "body": body}
    column = made(rows, request | {"callback": {"for_ms": 3_600_000}})
    run_id = have_all_wait(column)
    before, began = resource.getrusage(resource.RUSAGE_SELF), time.process_time()
    with counted_queries() as queries:
        look_after(run_id, seconds)
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before.ru_maxrss) / 1024
    cpu = time.process_time() - began
    print(f"{rows:,} rows wait for {seconds:.0f} s: {cpu:.2f} s CPU, {len(queries)} queries, {memory:.1f} MiB more")


def have_all_wait(column: "Column") -> int:
    """As after the first answers: every row waits, and the run has come to its end."""
    from django.utils import timezone

    from enrichment.engine.messages import Request, Response
    from enrichment.engine.shapes.callback import WAITS
    from enrichment.engine.shapes.progress import Progress
    from enrichment.models import Run
    from enrichment.runs import callbacks, claims, lifecycle, results
    from enrichment.runs.results import Result
    from enrichment.schema import NOT_SAID
    from enrichment.worker import heartbeat, open_exchanges

    run = lifecycle.plan(column, "all")
    lifecycle.begin(run.pk)
    answer = Response(202, (), b'{"state": "queued"}', "http://127.0.0.1:9/jobs")
    kept = open_exchanges.sealed(Progress.begin(Request("POST", answer.url), answer, time.time(), 1))
    due = timezone.now() + timedelta(hours=1)
    while found := claims.claim(run.pk, CLAIMED, heartbeat.worker_id()).rows:
        given = [(claimed.row.pk, callbacks.new_secret(), "", NOT_SAID) for claimed in found]
        callbacks.keep(run, given, timedelta(hours=1))
        waiting = [
            Result(one.row.pk, "waiting", None, "api", WAITS, due_at=due, exchange=kept, claim_id=one.claim_id)
            for one in found
        ]
        results.store(Run.objects.get(pk=run.pk), waiting)
    return run.pk


@contextmanager
def counted_queries() -> Iterator[list[str]]:
    """Of every thread."""
    from django.db.backends.utils import CursorWrapper

    counted: list[str] = []
    execute = CursorWrapper.execute

    def counting(self: Any, sql: Any, params: Any = None) -> Any:
        counted.append(str(sql))
        return execute(self, sql, params)

    with patch.object(CursorWrapper, "execute", counting):
        yield counted


def look_after(run_id: int, seconds: float) -> None:
    """As worker and scheduler do."""
    from enrichment.runs import calls as api_calls
    from enrichment.worker import recovery, step

    end, sweep_at, token = time.monotonic() + seconds, time.monotonic(), ""
    while (now := time.monotonic()) < end:
        if now >= sweep_at:
            recovery.sweep()
            api_calls.sweep()
            sweep_at = now + 5
        again = step.advance(run_id, token)
        token = again[0] if again else ""
        time.sleep(min(again[1] if again else 1.0, max(0.0, end - time.monotonic())))


def polls(rows: int, job: float, rate: int) -> None:
    with answering(serve, 0, job) as url:
        poll = {"until": '{{body.state}} == "done"', "every_ms": round(job * 1000), "for_ms": 3_600_000}
        request = {"method": "POST", "url": f"{url}/jobs/{{{{Company}}}}", "body": "{}"}
        limit = {"requests": rate, "duration_ms": 1000}
        seconds = whole_run(made(rows, request | {"poll": poll, "rate_limit": limit}))
    shortest = max(2 * rows / rate, rows / rate + job)
    print(f"{rows:,} jobs of {job:g} s at {rate}/s: {seconds:.1f} s, {seconds / shortest:.2f} × the shortest possible")


def pages(number: int, delay: float) -> None:
    with answering(serve, delay, 0) as url:
        paging = {"by": "page", "parameter": "page", "items": "items", "max_pages": number, "max_items": 100_000}
        whole = whole_run(made(1, {"method": "GET", "url": f"{url}/pages", "pages": paging}))
        bare = timed(lambda: asyncio.run(walk(f"{url}/pages", number)))
    print(f"{number} pages of {delay * 1000:g} ms: {whole:.2f} s, a bare loop {bare:.2f} s, {whole / bare:.2f} times")


async def walk(url: str, number: int) -> None:
    import httpx
    from httpx_aiohttp import AiohttpTransport

    async with httpx.AsyncClient(transport=AiohttpTransport()) as client:
        for page in range(1, number + 1):
            (await client.get(url, params={"page": page})).json()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["calls", "polls", "pages"])
    parser.add_argument("--rows", type=int)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--job", type=float, default=30)
    parser.add_argument("--rate", type=int, default=50)
    parser.add_argument("--pages", type=int, default=200)
    parser.add_argument("--delay", type=float, default=0.005)
    asked = parser.parse_args()
    with environment():
        if asked.what == "calls":
            calls(asked.rows or 100_000, asked.seconds)
        elif asked.what == "polls":
            polls(asked.rows or 5_000, asked.job, asked.rate)
        else:
            pages(asked.pages, asked.delay)


if __name__ == "__main__":
    main()

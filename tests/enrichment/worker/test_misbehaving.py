"""What a cell says of servers that misbehave, against real sockets: the table of the guide.

With MARL_PICTURES=1, as for its pictures, the table is written.
"""

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from enrichment.engine.messages import Request
from enrichment.http_client import event_loop
from enrichment.models import Run
from enrichment.runs.results import Result
from enrichment.worker import exchange
from enrichment.worker import job as jobs
from enrichment.worker.job import Job
from enrichment.worker.ready import Ready
from tables.models import Column
from tests.servers import misbehaving
from tests.servers.misbehaving import BEHAVIOURS

pytestmark = pytest.mark.django_db(transaction=True)

PAGE = Path(__file__).parents[3] / "docs/guide/servers.md"
MAYBE = " The request may have been sent, so Marl doesn't repeat it by itself."
ENDLESS = ("never_answers", "drips")  # the only ones that are not waited for
HEADS = ("| The server answers with | A row with GET | A row with POST | Requests of the POST |", "|---|---|---|---|")


def test_the_table_of_servers_that_misbehave_is_true(http: Callable[..., Column], settings: Settings) -> None:
    settings.MARL_ALLOWED_NETWORKS = ["127.0.0.0/8"]
    with misbehaving.serving() as server:
        jobs_of = [(_job(http, method, 20), _job(http, method, 1)) for method in ("GET", "POST")]
        of_get, of_post = (event_loop.run(_exchanged(*pair, server.url)) for pair in jobs_of)
    host = server.url.removeprefix("http://")
    lines = [
        f"| {_words(name)} | {_said(of_get[name])} | {_said(of_post[name])} | {_requests(of_post[name])} |"
        for name in BEHAVIOURS
    ]
    true = "\n".join([*HEADS, *lines]).replace(host, "api.example")
    before, _, table = PAGE.read_text().partition(HEADS[0])
    if os.environ.get("MARL_PICTURES"):
        PAGE.write_text(f"{before}{true}\n")
    else:
        assert HEADS[0] + table == f"{true}\n"


def _job(http: Callable[..., Column], method: str, timeout: int) -> Job:
    column = http(f"{method} {timeout}", method=method, body=None, timeout_ms=timeout * 1000)
    return jobs.load(Run(table_id=column.table_id, column_id=column.pk))


async def _exchanged(patient: Job, hasty: Job, url: str) -> dict[str, Result]:
    async def one(name: str) -> Result:
        job = hasty if name in ENDLESS else patient
        method = job.compiled.config.method
        row = Ready(1, 0, Request(method, f"{url}/{name}"))
        return await exchange.exchange(job, row, await job.limiter.wait_for_start())

    return dict(zip(BEHAVIOURS, await asyncio.gather(*map(one, BEHAVIOURS)), strict=True))


def _words(name: str) -> str:
    return name.replace("_", " ")


def _said(result: Result) -> str:
    words = result.error_message.removesuffix(MAYBE)
    match result.state:
        case "done":
            return f"`{json.dumps(result.value, ensure_ascii=False)}`"
        case "no_data":
            return "No data"
        case "unknown":
            return f"May have been sent: {words}"
        case "queued":
            return f"Tried again. Then: {words}"
    return words


def _requests(result: Result) -> int:
    [attempt] = result.new_attempts
    hops = (attempt.request or {}).get("hops", [])
    assert isinstance(hops, list)
    return 1 + len(hops)

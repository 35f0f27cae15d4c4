"""Measures how exactly a rate limit is kept at the server: windows above the limit, and the part of the allowed rate.

`python -m benchmarks.limits [--requests 50] [--ms 1000] [--workers 3] [--seconds 20]`. The workers are real processes;
the server answers after 50 ms and records when each request arrived.

With `--api fixed` or `--api sliding` there is no limit set: 120 rows go to an API of ten a second, in such windows,
that answers 429 without a word. Prints the requests for each row, and the seconds.
"""

import argparse
import contextlib
import multiprocessing
import subprocess
import sys
import tempfile
import threading
import time
from itertools import pairwise
from multiprocessing.connection import Connection
from pathlib import Path

from benchmarks.runs import set_up, wait_for


def serve(port: int, arrived: Connection) -> None:
    import asyncio

    from aiohttp import web

    async def answer(request: web.Request) -> web.Response:
        arrived.send(time.monotonic())
        await asyncio.sleep(0.05)
        return web.json_response({"data": {"name": "Company", "city": "Utrecht"}})

    app = web.Application()
    app.router.add_post("/companies", answer)
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=50)
    parser.add_argument("--ms", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--port", type=int, default=18_096)
    parser.add_argument("--api", choices=["fixed", "sliding"])
    options = parser.parse_args()
    if options.api:
        time_refusals(options.api, options.workers, options.port)
        return
    received, arrived = multiprocessing.Pipe(duplex=False)
    api = multiprocessing.get_context("spawn").Process(target=serve, args=(options.port, arrived), daemon=True)
    api.start()
    wait_for(options.port)
    times: list[float] = []
    threading.Thread(target=collect, args=(received, times), daemon=True).start()
    rows = round(options.requests * options.seconds * 1000 / options.ms)
    with tempfile.TemporaryDirectory() as folder:
        redis = set_up(Path(folder))
        from benchmarks.scale import make_column, run_through, workers

        limit = {"requests": options.requests, "duration_ms": options.ms}
        column = make_column(rows, f"http://127.0.0.1:{options.port}/companies", rate_limit=limit)
        with workers(options.workers):
            run_through(column)
        report(times, options.requests, options.ms / 1000)
        if redis:
            redis.terminate()
            redis.wait()
    api.terminate()
    sys.exit(0)


def time_refusals(kind: str, number: int, port: int, rows: int = 120) -> None:
    api = subprocess.Popen([sys.executable, "-m", "tests.servers.limited_api", str(port), kind])
    with tempfile.TemporaryDirectory() as folder:
        redis = set_up(Path(folder))
        wait_for(port)
        from benchmarks.scale import make_column, run_through, workers
        from enrichment.models import Attempt

        column = make_column(
            rows, f"http://127.0.0.1:{port}/1/{{{{Company}}}}", method="GET", body=None, field_paths=[]
        )
        with workers(number):
            _, seconds = run_through(column)
        requests = Attempt.objects.filter(column=column).count()
        print(f"{kind} window: {rows} rows done in {seconds:.0f} s, {requests / rows:.2f} requests a row")
        if redis:
            redis.terminate()
            redis.wait()
    api.terminate()
    api.wait()


def collect(received: Connection, times: list[float]) -> None:
    """As they come: the server would wait for a pipe that is full."""
    with contextlib.suppress(EOFError):
        while True:
            times.append(received.recv())


def report(times: list[float], requests: int, seconds: float) -> None:
    windows = [later - earlier for earlier, later in zip(times, times[requests:], strict=False)]
    rate = (len(times) - 1) / (times[-1] - times[0]) / (requests / seconds)
    gaps = sorted((later - earlier for earlier, later in pairwise(times)), reverse=True)
    print(f"{len(times):,} arrivals, {sum(window < seconds for window in windows)} windows above the limit")
    print(f"tightest window {min(windows):.3f} of {seconds:g} s; {rate:.1%} of the allowed rate")
    print("longest gaps: " + ", ".join(f"{gap * 1000:.0f}" for gap in gaps[:8]) + " ms")


if __name__ == "__main__":
    main()

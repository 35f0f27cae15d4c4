"""How exactly a rate limit is kept, as the server sees it: windows above the limit, and the share of the allowed rate.

`python -m benchmarks.limits [--requests 50] [--ms 1000] [--workers 3] [--seconds 20]`. The workers are real processes;
the server answers after 50 ms and keeps when each request arrived.
"""

import argparse
import multiprocessing
import sys
import tempfile
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


def arrivals(told: Connection) -> list[float]:
    found = []
    while told.poll():
        found.append(told.recv())
    return sorted(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=50)
    parser.add_argument("--ms", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--port", type=int, default=18_096)
    given = parser.parse_args()
    told, arrived = multiprocessing.Pipe(duplex=False)
    api = multiprocessing.get_context("spawn").Process(target=serve, args=(given.port, arrived), daemon=True)
    api.start()
    wait_for(given.port)
    rows = round(given.requests * given.seconds * 1000 / given.ms)
    with tempfile.TemporaryDirectory() as folder:
        redis = set_up(Path(folder))
        from benchmarks.scale import make_column, run_through, workers

        limit = {"requests": given.requests, "duration_ms": given.ms}
        column = make_column(rows, f"http://127.0.0.1:{given.port}/companies", rate_limit=limit)
        with workers(given.workers):
            run_through(column)
        report(arrivals(told), given.requests, given.ms / 1000)
        if redis:
            redis.terminate()
            redis.wait()
    api.terminate()
    sys.exit(0)


def report(found: list[float], requests: int, seconds: float) -> None:
    windows = [later - earlier for earlier, later in zip(found, found[requests:], strict=False)]
    rate = (len(found) - 1) / (found[-1] - found[0]) / (requests / seconds)
    gaps = sorted((later - earlier for earlier, later in pairwise(found)), reverse=True)
    print(f"{len(found):,} arrivals, {sum(window < seconds for window in windows)} windows above the limit")
    print(f"tightest window {min(windows):.3f} of {seconds:g} s; {rate:.1%} of the allowed rate")
    print("longest gaps: " + ", ".join(f"{gap * 1000:.0f}" for gap in gaps[:8]) + " ms")


if __name__ == "__main__":
    main()

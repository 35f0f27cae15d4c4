"""Measures how exactly a rate limit is kept at the server: the most arrivals in a window, windows above the limit, and
the part of the allowed rate.

`python -m benchmarks.limits [--requests 50] [--ms 1000] [--workers 1 2 4] [--runs 1] [--seconds 20] [--load 8]`. The
workers are real processes, and `--load` is how many others keep the processors busy. The server answers after
`--delay` ms. It can't be held up by any of them: it goes before them where that is permitted (as root), and on Linux
the times are those at which the kernel received each request.

With `--api fixed` or `--api sliding` there is no limit set: 120 rows go to an API of ten a second, in such windows,
that answers 429 without a word. Prints the requests for each row, and the seconds.
"""

import argparse
import contextlib
import heapq
import json
import multiprocessing
import os
import selectors
import socket
import struct
import sys
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing.process import BaseProcess

import httpx

from benchmarks.environment import answering, environment
from tests.servers.processes import free_port, serving

_TIMESTAMPS = 35  # SO_TIMESTAMPNS and SCM_TIMESTAMPNS of Linux, which Python has no names for
_TIMESPEC = struct.Struct("qq")
_ANSWER = json.dumps({"data": {"name": "Company", "city": "Utrecht"}}).encode()


class Recorder:
    """A server that answers each request after a delay, and `GET /arrivals` with when those before it arrived."""

    def __init__(self, port: int, delay: float) -> None:
        self._delay = delay
        self._arrivals: list[float] = []
        self._unread: dict[socket.socket, bytes] = {}
        self._due: list[tuple[float, int, socket.socket]] = []
        self._selector = selectors.DefaultSelector()
        self._listening = socket.create_server(("127.0.0.1", port), backlog=512)
        self._selector.register(self._listening, selectors.EVENT_READ)

    def serve(self) -> None:
        while True:
            pause = max(0.0, self._due[0][0] - time.monotonic()) if self._due else None
            for key, _ in self._selector.select(pause):
                if key.fileobj is self._listening:
                    self._accept()
                elif isinstance(key.fileobj, socket.socket):
                    self._read(key.fileobj)
            while self._due and self._due[0][0] <= time.monotonic():
                _answer(heapq.heappop(self._due)[2], _ANSWER)

    def _accept(self) -> None:
        connection, _ = self._listening.accept()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if sys.platform == "linux":
            connection.setsockopt(socket.SOL_SOCKET, _TIMESTAMPS, 1)
        self._unread[connection] = b""
        self._selector.register(connection, selectors.EVENT_READ)

    def _read(self, connection: socket.socket) -> None:
        try:
            data, received = _receive(connection)
        except OSError:
            data, received = b"", 0.0
        if not data:
            self._selector.unregister(connection)
            del self._unread[connection]
            connection.close()
            return
        is_new = not self._unread[connection]
        if is_new and not data.startswith(b"GET /arrivals"):
            self._arrivals.append(received)
        head, end, body = (self._unread[connection] + data).partition(b"\r\n\r\n")
        if not end or len(body) < _length(head):
            self._unread[connection] += data
        elif head.startswith(b"GET /arrivals"):
            _answer(connection, json.dumps(sorted(self._arrivals)).encode())
            self._arrivals.clear()
        else:
            self._unread[connection] = b""
            heapq.heappush(self._due, (time.monotonic() + self._delay, id(connection), connection))


def _receive(connection: socket.socket) -> tuple[bytes, float]:
    """Returns what came, and when the kernel had received it."""
    data, ancillary, _, _ = connection.recvmsg(65_536, 64)
    for level, kind, content in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, _TIMESTAMPS):
            seconds, nanoseconds = _TIMESPEC.unpack(content)
            return data, seconds + nanoseconds / 1e9
    return data, time.time()


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    return 0


def _answer(connection: socket.socket, body: bytes) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    with contextlib.suppress(OSError):
        connection.sendall(head.encode() + body)


def record(port: int, delay: float) -> None:
    recorder = Recorder(port, delay)
    with contextlib.suppress(AttributeError, PermissionError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
    recorder.serve()


def keep_busy() -> None:
    while True:
        pass


@contextmanager
def processes(*started: BaseProcess) -> Iterator[None]:
    for process in started:
        process.start()
    try:
        yield
    finally:
        for process in started:
            process.terminate()
            process.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=50)
    parser.add_argument("--ms", type=int, default=1000)
    parser.add_argument("--workers", type=int, nargs="+", default=[3])
    parser.add_argument("--runs", type=int, default=1, help="for each number of workers")
    parser.add_argument("--seconds", type=float, default=20, help="of each run, about")
    parser.add_argument("--delay", type=float, default=50, help="ms that the server takes")
    parser.add_argument("--load", type=int, default=0, help="processes that do nothing but keep busy")
    parser.add_argument("--api", choices=["fixed", "sliding"])
    options = parser.parse_args()
    if options.api:
        time_refusals(options.api, options.workers[0])
        return
    spawn = multiprocessing.get_context("spawn")
    load = [spawn.Process(target=keep_busy, daemon=True) for _ in range(options.load)]
    with answering(record, options.delay / 1000) as address, environment():
        for number in options.workers:
            measure(number, address, load, options)
            load = [spawn.Process(target=keep_busy, daemon=True) for _ in load]


def measure(number: int, address: str, load: Sequence[BaseProcess], options: argparse.Namespace) -> None:
    """Prints a line for each run with so many workers, and one about all of them."""
    from benchmarks.scale import make_column, run_through, workers

    limit = {"requests": options.requests, "duration_ms": options.ms}
    rows = round(options.requests * options.seconds * 1000 / options.ms)
    results = []
    with workers(number):
        run_through(make_column(10, f"{address}/companies"))  # workers that have just started read their code first
        arrivals(address)
        with processes(*load):
            for _ in range(options.runs):
                run_through(make_column(rows, f"{address}/companies", rate_limit=limit))
                results.append(report(arrivals(address), options.requests, options.ms / 1000))
    peaks, above, shares = zip(*results, strict=True)
    print(
        f"{number} workers, {options.runs} runs: peak {max(peaks)} of {options.requests}, "
        f"{sum(above)} windows above the limit, {min(shares):.1%} to {max(shares):.1%} of the allowed rate",
        flush=True,
    )


def arrivals(address: str) -> list[float]:
    """Returns when the requests since the last call arrived, in order."""
    times: list[float] = httpx.get(f"{address}/arrivals", trust_env=False, timeout=60).json()
    return times


def report(times: list[float], requests: int, seconds: float) -> tuple[int, int, float]:
    """Returns the most arrivals in a window, how many windows are above the limit, and the part of the allowed rate."""
    peak = max(bisect_left(times, time + seconds) - place for place, time in enumerate(times))
    windows = [later - earlier for earlier, later in zip(times, times[requests:], strict=False)]
    above = sum(window < seconds for window in windows)
    rate = (len(times) - 1) / (times[-1] - times[0]) / (requests / seconds)
    print(
        f"{len(times):,} arrivals, peak {peak}, {above} windows above the limit, tightest {min(windows):.3f} s, "
        f"{rate:.1%} of the allowed rate, load {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    return peak, above, rate


def time_refusals(kind: str, number: int, rows: int = 120) -> None:
    port = free_port()
    server = [sys.executable, "-m", "tests.servers.limited_api", str(port), kind]
    with serving(server, f"http://127.0.0.1:{port}/"), environment():
        from benchmarks.scale import make_column, run_through, workers
        from enrichment.models import Attempt

        column = make_column(
            rows, f"http://127.0.0.1:{port}/1/{{{{Company}}}}", method="GET", body=None, field_paths=[]
        )
        with workers(number):
            _, seconds = run_through(column)
        requests = Attempt.objects.filter(column=column).count()
        print(f"{kind} window: {rows} rows done in {seconds:.0f} s, {requests / rows:.2f} requests a row")


if __name__ == "__main__":
    main()

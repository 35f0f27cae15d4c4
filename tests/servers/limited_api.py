"""An API with a limit, and with manners of its own when too much is asked of it.

`with LimitedApi() as api: book = api.book(FixedWindow(10, 1))`: `{book.url}/{row}` answers while the limit lasts, and
then as `refusal` says. `python -m tests.servers.limited_api PORT fixed|sliding` serves one with 10 a second.
"""

import asyncio
import sys
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import web


class Limit(Protocol):
    def allows(self, now: float) -> bool: ...


class FixedWindow:
    """At most so many requests between one full second and the next."""

    def __init__(self, requests: int, seconds: float) -> None:
        self.requests, self.seconds = requests, seconds
        self._window, self._number = -1, 0

    def allows(self, now: float) -> bool:
        window = int(now / self.seconds)
        if window != self._window:
            self._window, self._number = window, 0
        self._number += 1
        return self._number <= self.requests


class SlidingWindow:
    """At most so many answered requests in any window."""

    def __init__(self, requests: int, seconds: float) -> None:
        self.requests, self.seconds = requests, seconds
        self._answered: list[float] = []

    def allows(self, now: float) -> bool:
        self._answered = [at for at in self._answered if at > now - self.seconds]
        if len(self._answered) >= self.requests:
            return False
        self._answered.append(now)
        return True


class Closed:
    """Nothing is allowed until it is opened."""

    is_open = False

    def allows(self, now: float) -> bool:
        return self.is_open


type Refusal = Callable[[], tuple[int, Mapping[str, str], object]]  # status, headers, JSON body


def without_a_word() -> tuple[int, Mapping[str, str], object]:
    return 429, {}, {"message": "Too many requests"}


@dataclass
class Book:
    """The requests for one column, and how they are answered."""

    url: str
    limit: Limit
    refusal: Refusal = without_a_word
    latency: float = 0.02  # seconds
    refused_rows: frozenset[str] = frozenset()  # whatever the limit says
    arrivals: list[tuple[float, str, int]] = field(default_factory=list)  # when, row, status

    @property
    def refused(self) -> int:
        return sum(status != 200 for _, _, status in self.arrivals)

    async def answer(self, row: str) -> web.Response:
        now = time.monotonic()
        allowed = row not in self.refused_rows and self.limit.allows(now)
        status, headers, body = (200, {}, {"row": row}) if allowed else self.refusal()
        self.arrivals.append((now, row, status))
        await asyncio.sleep(self.latency)
        return web.json_response(body, status=status, headers=headers)


class LimitedApi:
    """Answers on a thread of its own."""

    def __init__(self, port: int = 0) -> None:
        self._books: dict[str, Book] = {}
        self._port = port
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="limited api", daemon=True)

    def __enter__(self) -> "LimitedApi":
        self._thread.start()
        self._runner = asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def book(self, limit: Limit, refusal: Refusal = without_a_word, **manners: object) -> Book:
        name = str(len(self._books) + 1)
        url = f"http://127.0.0.1:{self._port}/{name}"
        self._books[name] = Book(url, limit, refusal, **manners)  # type: ignore[arg-type]
        return self._books[name]

    async def _serve(self) -> web.AppRunner:
        app = web.Application()
        app.router.add_route("*", "/{book}/{row}", self._answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self._port, backlog=1024).start()
        self._port = int(runner.addresses[0][1])
        return runner

    async def _answer(self, request: web.Request) -> web.Response:
        return await self._books[request.match_info["book"]].answer(request.match_info["row"])


def main() -> None:
    limit = FixedWindow(10, 1) if sys.argv[2] == "fixed" else SlidingWindow(10, 1)
    with LimitedApi(int(sys.argv[1])) as api:
        print(api.book(limit).url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()

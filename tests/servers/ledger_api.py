"""An API that keeps a ledger of every arrival, so that a test can tell from the server's side what was sent, and when.

`with LedgerApi() as api: book = api.book(latency=0.2)`: `{book.url}/{row}` answers GET and POST. A book's manners
(slow, hanging, failing, too many requests) can be changed while it answers.
"""

import asyncio
import math
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from aiohttp import web

HANGS = 60.0  # seconds


@dataclass(slots=True)
class Arrival:
    method: str
    row: str
    at: float  # time.monotonic(), the same for every process of the machine
    port: int  # where it came from
    key: str | None  # idempotency key
    status: int | None = None  # None: under way, or cut off
    cut: bool = False  # the client went away before it was answered


@dataclass
class Book:
    """The arrivals for one column, and how they are answered."""

    url: str
    latency: float = 0.0
    hanging: set[str] = field(default_factory=set)  # rows whose first arrival is not answered for a minute
    error_every: int = 0  # 500 for the first arrival of each n-th row
    drop_every: int = 0  # each n-th arrival loses its connection, unanswered
    held_until: float = 0.0  # what arrives before is not answered before
    closed_until: float = 0.0  # 429 until then, with a Retry-After
    arrivals: list[Arrival] = field(default_factory=list)

    @property
    def counts(self) -> Counter[str]:
        """How often each row arrived, but for those turned away."""
        return Counter(arrival.row for arrival in self.arrivals if arrival.status != 429)

    @property
    def under_way(self) -> list[Arrival]:
        return [arrival for arrival in self.arrivals if arrival.status is None and not arrival.cut]

    @property
    def cut_off(self) -> list[Arrival]:
        return [arrival for arrival in self.arrivals if arrival.cut]

    @property
    def turned_away(self) -> list[Arrival]:
        return [arrival for arrival in self.arrivals if arrival.status == 429]

    def between(self, start: float, end: float) -> Sequence[Arrival]:
        return [arrival for arrival in self.arrivals if start < arrival.at < end]

    async def answer(self, request: web.Request) -> web.StreamResponse:
        arrival = self._note(request)
        try:
            response = await self._respond(request, arrival)
        except asyncio.CancelledError:
            arrival.cut = True
            raise
        arrival.status = response.status
        return response

    def _note(self, request: web.Request) -> Arrival:
        peer = request.transport.get_extra_info("peername") if request.transport else None
        arrival = Arrival(
            request.method,
            request.match_info["row"],
            time.monotonic(),
            peer[1] if peer else 0,
            request.headers.get("Idempotency-Key"),
        )
        self.arrivals.append(arrival)
        return arrival

    async def _respond(self, request: web.Request, arrival: Arrival) -> web.StreamResponse:
        number, first = len(self.arrivals), self.counts[arrival.row] == 1
        if arrival.at < self.closed_until:
            seconds = math.ceil(self.closed_until - arrival.at)
            return web.json_response({"error": "slow down"}, status=429, headers={"Retry-After": str(seconds)})
        if self.drop_every and number % self.drop_every == 0 and request.transport:
            request.transport.abort()
        answered_in = max(self.latency, self.held_until - arrival.at)
        await asyncio.sleep(HANGS if first and arrival.row in self.hanging else answered_in)
        if first and self.error_every and number % self.error_every == 0:
            return web.json_response({"error": "try again"}, status=500)
        return web.json_response({"row": arrival.row})


class LedgerApi:
    """Answers on a thread of its own."""

    def __init__(self) -> None:
        self._books: dict[str, Book] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="ledger api", daemon=True)

    def __enter__(self) -> "LedgerApi":
        self._thread.start()
        self._runner, self._port = asyncio.run_coroutine_threadsafe(self._serve(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def book(self, latency: float = 0.0, kind: type[Book] = Book) -> Book:
        name = str(len(self._books) + 1)
        self._books[name] = kind(f"http://127.0.0.1:{self._port}/{name}", latency)
        return self._books[name]

    async def _serve(self) -> tuple[web.AppRunner, int]:
        app = web.Application()
        app.router.add_route("*", "/{book}/{row}", self._answer)
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
        return runner, int(runner.addresses[0][1])

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        return await self._books[request.match_info["book"]].answer(request)

"""Ledgers of APIs that take more than one request: for a job and then its result, for a call back, or for pages; and
of one that takes many rows in a request.

`api.book(0.05, JobBook)`: POST `{book.url}/{row}` answers 202 with the job, GET of the same says how far it is.
`api.book(0.05, CallingBook)`: POST `{book.url}/{row}` with `{"tell": address}` answers 202, and the result is posted.
`api.book(0.05, PagesBook)`: GET `{book.url}/{row}?page=2` answers with the items of that page.
`api.book(0.05, BatchBook)`: POST `{book.url}/many` with `{"records": [{"key": row}]}` answers with an item for each.
`api.book(kind=AccountsBook)`: GET or POST `{book.url}/accounts` answers with a page of accounts, and names the next.
"""

import asyncio
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, ClassVar

from aiohttp import ClientError, ClientSession, web

from tests.servers.ledger_api import Arrival, Book


@dataclass
class JobBook(Book):
    seconds: float = 1.0  # that a job takes
    failing: set[str] = field(default_factory=set)  # rows whose jobs come to nothing
    done_at: dict[str, float] = field(default_factory=dict)  # time.monotonic() by row

    @property
    def counts(self) -> Counter[str]:
        """How often each row was written."""
        return Counter(arrival.row for arrival in self.writes)

    @property
    def writes(self) -> list[Arrival]:
        return [arrival for arrival in self.arrivals if arrival.method == "POST" and arrival.status != 429]

    @property
    def questions(self) -> list[Arrival]:
        return [arrival for arrival in self.arrivals if arrival.method == "GET"]

    async def _respond(self, request: web.Request, arrival: Arrival) -> web.StreamResponse:
        if arrival.method == "POST":
            self.done_at[arrival.row] = time.monotonic() + self.seconds
            await asyncio.sleep(max(self.latency, self.held_until - arrival.at))
            return web.json_response({"job": arrival.row, "state": "queued"}, status=202)
        await asyncio.sleep(self.latency)
        if arrival.row not in self.done_at:
            return web.json_response({"error": "no such job"}, status=404)
        if time.monotonic() < self.done_at[arrival.row]:
            return web.json_response({"job": arrival.row, "state": "running"})
        state = "failed" if arrival.row in self.failing else "done"
        return web.json_response({"row": arrival.row, "state": state})


@dataclass
class CallingBook(Book):
    seconds: float = 1.0  # until it calls back
    silent: set[str] = field(default_factory=set)  # rows that it does not call back for
    called: Counter[str] = field(default_factory=Counter)  # how often each row was taken
    _calls: set[asyncio.Task[None]] = field(default_factory=set)

    async def _respond(self, request: web.Request, arrival: Arrival) -> web.StreamResponse:
        told = await request.json()
        if arrival.row not in self.silent:
            call = asyncio.create_task(self._call(told["tell"], {"row": arrival.row}))
            self._calls.add(call)
            call.add_done_callback(self._calls.discard)
        await asyncio.sleep(max(self.latency, self.held_until - arrival.at))
        return web.json_response({"job": arrival.row, "state": "queued"}, status=202)

    async def _call(self, address: str, result: dict[str, str]) -> None:
        """As webhooks are sent: until somebody takes them."""
        await asyncio.sleep(self.seconds)
        async with ClientSession() as session:
            while True:
                with suppress(ClientError):
                    async with session.post(address, json=result) as answer:
                        if answer.status in (200, 404, 410):
                            self.called[result["row"]] += answer.status == 200
                            return
                await asyncio.sleep(0.5)


@dataclass
class PagesBook(Book):
    ITEMS: ClassVar[list[int]] = list(range(11))
    size: int = 3

    async def _respond(self, request: web.Request, arrival: Arrival) -> web.StreamResponse:
        await asyncio.sleep(self.latency)
        start = (int(request.query.get("page", "1")) - 1) * self.size
        return web.json_response({"row": arrival.row, "items": self.ITEMS[start : start + self.size]})


@dataclass
class AccountsBook(Book):
    accounts: list[Any] = field(default_factory=list)
    size: int = 2
    before: dict[int, list[int]] = field(default_factory=dict)  # statuses that come at first, by page
    retry_after: float = 0.0  # seconds, with a 429
    link: str = ""  # the header of this name
    asked: list[int] = field(default_factory=list)  # the pages, in the order in which they were asked for

    async def _respond(self, request: web.Request, arrival: Arrival) -> web.StreamResponse:
        sent = await request.json() if request.can_read_body else {}
        page = int(request.query.get("page") or sent.get("page") or 1)
        self.asked.append(page)
        await asyncio.sleep(max(self.latency, self.held_until - arrival.at))
        if statuses := self.before.get(page):
            status = statuses.pop(0)
            headers = {"Retry-After": str(self.retry_after)} if status == 429 else {}
            return web.json_response({"error": "down"}, status=status, headers=headers)
        end = page * self.size
        following = page + 1 if end < len(self.accounts) else None
        answer = {"data": {"items": self.accounts[end - self.size : end]}, "next": following}
        return web.json_response(answer, headers={"Link": self.link} if self.link else {})


@dataclass
class BatchBook(Book):
    """A POST of many rows is one arrival of each of them: `row` has their keys, separated by spaces."""

    @property
    def counts(self) -> Counter[str]:
        """How often each row was written; what was cut off before it was read wrote none."""
        return Counter(key for arrival in self.arrivals if arrival.row != "many" for key in arrival.row.split())

    async def _respond(self, request: web.Request, arrival: Arrival) -> web.StreamResponse:
        keys = [record["key"] for record in (await request.json())["records"]]
        arrival.row = " ".join(keys)
        await asyncio.sleep(max(self.latency, self.held_until - arrival.at))
        return web.json_response([{"row": key} for key in keys])

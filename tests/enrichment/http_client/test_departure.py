"""When requests leave and are seen to arrive, over real connections. A limiter that only listens stands in."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace

import httpx
import pytest

from enrichment.engine.errors import SendError
from enrichment.engine.limits import rate
from enrichment.engine.limits.rate import Limit
from enrichment.engine.messages import Request
from enrichment.http_client import client, departure
from enrichment.http_client.departure import Departure
from enrichment.http_client.rate_limit import Limiter, Reservation
from enrichment.http_client.transport import Transport

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SOON, LATE = Limit(1, 0.04), Limit(1, 4000)  # how long an answer is waited for


class Listener(Limiter):
    """Grants every start at once; keeps what it hears, in order."""

    def __init__(self, limit: Limit) -> None:
        self.limits = [limit]
        self.heard: list[tuple[str, int]] = []
        self.hears = asyncio.Event()
        self.granted = 0
        self.waiting: asyncio.Future[None] | None = None

    def grant(self) -> Reservation:
        self.granted += 1
        now = asyncio.get_running_loop().time()
        return Reservation(now, now, self.granted)

    async def wait_for_start(self) -> Reservation:
        if self.waiting:
            await self.waiting
        return self.grant()

    def release(self, reservation: Reservation) -> None:
        self._hear("released", reservation)

    def arrived(self, reservation: Reservation, at: float) -> None:
        self._hear("arrived", reservation)

    def on_its_way(self, reservation: Reservation) -> None:
        self._hear("on its way", reservation)

    def _hear(self, what: str, reservation: Reservation) -> None:
        self.heard.append((what, reservation.name))
        self.hears.set()

    async def until(self, *heard: tuple[str, int]) -> None:
        async with asyncio.timeout(30):
            while any(what not in self.heard for what in heard):
                self.hears.clear()
                await self.hears.wait()


@dataclass
class Server:
    """Answers when it may, with these answers, the last one again and again; reads bodies when it may."""

    answers: list[bytes] = field(default_factory=lambda: [OK])
    requests: int = 0
    may_read: asyncio.Event = field(default_factory=asyncio.Event)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)
    is_asked: asyncio.Event = field(default_factory=asyncio.Event)
    url: str = ""
    close_connections: Callable[[], None] = lambda: None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.requests += 1
                self.is_asked.set()
                await self.may_read.wait()
                length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
                await reader.readexactly(int(length or 0))
                await self.may_answer.wait()
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if not answer:
                    return
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    made = Server()
    made.may_read.set()
    made.may_answer.set()
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    running = await asyncio.start_server(made.serve, sock=listening)
    made.close_connections = running.close_clients
    made.url = f"http://127.0.0.1:{running.sockets[0].getsockname()[1]}"
    yield made
    made.may_read.set()
    made.may_answer.set()
    running.close()
    running.close_clients()
    await running.wait_closed()


@pytest.fixture
async def out() -> AsyncIterator[Transport]:
    made = Transport()
    yield made
    await made.aclose()


async def send(out: Transport, url: str, leaving: Departure, method: str = "GET", body: bytes | None = None) -> bytes:
    request = Request(method, url, (), body)
    return (await client.send(out, request, timeout_ms=30_000, departure=leaving)).body


async def test_a_request_has_arrived_when_its_answer_comes(server: Server, out: Transport) -> None:
    limiter = Listener(LATE)
    for number in (1, 2):  # the second one over the same connection
        with Departure(limiter, limiter.grant()) as leaving:
            await send(out, server.url, leaving)
        assert limiter.heard[-1] == ("arrived", number)
    assert len(limiter.heard) == 2


@pytest.mark.parametrize("body", [None, b"x", b"x" * 300_000])
async def test_a_request_whose_answer_takes_long_has_arrived_when_it_is_acknowledged(
    server: Server, out: Transport, body: bytes | None
) -> None:
    limiter = Listener(SOON)
    server.may_answer.clear()
    with Departure(limiter, limiter.grant()) as leaving:
        sending = asyncio.create_task(send(out, server.url, leaving, "POST", body))
        await limiter.until(("arrived", 1))
        assert not sending.done()
        server.may_answer.set()
        await sending
    assert limiter.heard == [("arrived", 1)]


async def test_a_request_that_does_not_get_through_is_on_its_way(
    server: Server, out: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(departure, "_SELDOM", 0.004)
    limiter = Listener(SOON)
    server.may_read.clear()
    server.may_answer.clear()
    with Departure(limiter, limiter.grant()) as leaving:
        sending = asyncio.create_task(send(out, server.url, leaving, "POST", b"x" * 1_000_000))
        await limiter.until(("on its way", 1))
        assert ("arrived", 1) not in limiter.heard
        server.may_read.set()
        await limiter.until(("arrived", 1))
        server.may_answer.set()
        await sending


async def test_a_request_that_is_given_up_may_still_be_on_its_way(server: Server, out: Transport) -> None:
    limiter = Listener(LATE)
    server.may_answer.clear()
    with Departure(limiter, limiter.grant()) as leaving:
        sending = asyncio.create_task(send(out, server.url, leaving))
        await server.is_asked.wait()
        sending.cancel()
        await asyncio.wait([sending])
    assert limiter.heard == []


async def test_a_request_whose_connection_breaks_comes_no_more(server: Server, out: Transport) -> None:
    server.answers = [b""]
    limiter = Listener(LATE)
    with Departure(limiter, limiter.grant()) as leaving, pytest.raises(SendError):
        await send(out, server.url, leaving, "POST")
    assert limiter.heard == [("arrived", 1)]


async def test_a_start_that_was_not_used_is_left_to_others(out: Transport) -> None:
    limiter = Listener(LATE)
    with Departure(limiter, limiter.grant()) as leaving, pytest.raises(SendError):
        await send(out, "http://127.0.0.1:1", leaving)
    assert limiter.heard == [("released", 1)]


async def test_while_it_connects_others_may_start(server: Server, out: Transport) -> None:
    limiter = Listener(LATE)
    granted = limiter.grant()
    with Departure(limiter, replace(granted, earliest=granted.earliest - rate.USABLE)) as leaving:
        await limiter.until(("released", 1))
        await send(out, server.url, leaving)
    assert limiter.heard == [("released", 1), ("arrived", 2)]


async def test_every_request_of_a_redirect_takes_a_start_of_its_own(server: Server, out: Transport) -> None:
    moved = b"HTTP/1.1 307 Moved\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n"
    server.answers = [moved, moved, OK]
    limiter = Listener(LATE)
    with Departure(limiter, limiter.grant()) as leaving:
        assert await send(out, server.url, leaving) == b"ok"
    assert limiter.heard == [("arrived", 1), ("arrived", 2), ("arrived", 3)]


async def test_a_request_that_is_sent_again_over_another_connection_takes_another_start(
    server: Server, out: Transport
) -> None:
    server.answers = [OK, b"", OK]  # it closes the connection that was kept open when a request comes
    limiter = Listener(LATE)
    for _ in range(2):
        with Departure(limiter, limiter.grant()) as leaving:
            assert await send(out, server.url, leaving) == b"ok"
    assert [what for what, _ in limiter.heard] == ["arrived"] * 3
    assert server.requests == 3


async def test_waiting_for_a_start_is_not_the_time_of_the_server(server: Server, out: Transport) -> None:
    server.answers = [b"HTTP/1.1 307 Moved\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n", OK]
    limiter = Listener(LATE)
    limiter.waiting = asyncio.get_running_loop().create_future()
    with Departure(limiter, limiter.grant()) as leaving:
        sending = asyncio.create_task(send(out, server.url, leaving))
        await limiter.until(("arrived", 1))
        await asyncio.sleep(0)
        assert leaving.deadline
        assert leaving.deadline.when() is None
        limiter.waiting.set_result(None)
        await sending


async def test_a_connection_that_closes_while_its_request_waits_carries_nothing(server: Server, out: Transport) -> None:
    limiter = Listener(LATE)
    server.may_answer.clear()

    class Waits(Departure):
        async def leave(self) -> None:
            await super().leave()
            server.close_connections()
            for _ in range(100):  # until it is noticed here
                await asyncio.sleep(0)

    with Waits(limiter, limiter.grant()) as leaving, pytest.raises(SendError) as error:
        await send(out, server.url, leaving, "POST")
    assert (error.value.code, error.value.sent, server.requests) == ("connect", False, 0)


async def test_a_transport_of_tests_leaves_a_start_unused() -> None:
    limiter = Listener(LATE)
    answers = httpx.MockTransport(lambda request: httpx.Response(200))
    with Departure(limiter, limiter.grant()) as leaving:
        await client.send(answers, Request("GET", "http://api.example"), timeout_ms=1000, departure=leaving)
    assert limiter.heard == [("released", 1)]

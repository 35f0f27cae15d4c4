"""Credentials, bounds and the names of errors. No server is needed: `httpx.MockTransport` answers."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from enrichment.engine.auth.token import Token
from enrichment.engine.errors import SendError
from enrichment.engine.messages import Request, Response
from enrichment.http_client import client
from enrichment.http_client.addresses import AddressRefused
from enrichment.http_client.transport import IncompleteAnswer, InsecureServer, NotHttp, Transport, UnknownHost

API = "https://api.example"


class Api:
    """Answers with JSON; keeps the requests."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(200, json={"ok": True}, headers={"Set-Cookie": "session=abc"})


async def send(
    handler: Callable[[httpx.Request], httpx.Response], method: str, url: str, headers: Any = (), **options: Any
) -> Response:
    request = Request(method, url, tuple(headers), options.pop("body", None))
    return await client.send(httpx.MockTransport(handler), request, **{"timeout_ms": 5000} | options)


@pytest.fixture
def api() -> Api:
    return Api()


async def test_the_response_comes_whole(api: Api) -> None:
    response = await send(api, "GET", f"{API}/companies?q=a%20b")
    assert (response.status, response.body, response.url) == (200, b'{"ok":true}', f"{API}/companies?q=a%20b")
    assert response.header("set-cookie") == "session=abc"


async def test_the_request_says_who_asks_and_what_it_can_decompress(api: Api) -> None:
    await send(api, "POST", API, headers=[("X-Team", "größe"), ("User-Agent", "Mine")], body=b"{}")
    [request] = api.requests
    assert request.headers.raw == [
        (b"X-Team", "größe".encode()),
        (b"User-Agent", b"Mine"),
        (b"accept-encoding", b"gzip, deflate, br, zstd"),
    ]
    assert (request.method, request.content) == ("POST", b"{}")


async def test_no_cookie_is_kept_between_requests(api: Api) -> None:
    for _ in range(2):
        await send(api, "GET", API)
    assert all("cookie" not in request.headers for request in api.requests)


@pytest.mark.parametrize("in_query", [False, True])
async def test_credentials_go_to_allowed_hosts_alone(in_query: bool, api: Api) -> None:
    token = Token.in_query("a key", "X-Key") if in_query else Token.in_header("a key", "X-Key")
    request = token.apply_to(Request("GET", f"{API}/?a=1"))
    with pytest.raises(SendError) as caught:
        await send(api, "GET", request.url, headers=request.headers, token=token, allowed_hosts={"crm.example"})
    assert caught.value.code == "host_not_allowed"
    assert api.requests == []
    await send(api, "GET", request.url, headers=request.headers, token=token, allowed_hosts={"api.example"})
    assert len(api.requests) == 1


ERRORS = [
    (AddressRefused("The address 10.0.0.1 is private"), "refused_address", False, False),
    (UnknownHost("gaierror"), "dns", False, True),
    (InsecureServer("certificate has expired"), "tls", False, False),
    (httpx.ConnectError("Connection refused"), "connect", False, True),
    (httpx.ConnectTimeout("slow"), "connect", False, True),
    (httpx.UnsupportedProtocol("ftp"), "url", False, False),
    (httpx.LocalProtocolError("no such header"), "url", False, False),
    (httpx.InvalidURL("no host"), "url", False, False),
    (httpx.ReadTimeout("slow"), "broken", True, True),
    (httpx.ReadError("reset"), "broken", True, True),
    (httpx.RemoteProtocolError("disconnected"), "broken", True, True),
    (IncompleteAnswer("half a body"), "protocol", True, True),
    (NotHttp("doesn't answer in HTTP"), "protocol", True, True),
]


@pytest.mark.parametrize(("error", "code", "sent", "retryable"), ERRORS, ids=lambda item: type(item).__name__)
async def test_an_error_of_the_transport_says_whether_the_request_was_sent(
    error: Exception, code: str, sent: bool, retryable: bool
) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(SendError) as caught:
        await send(fail, "POST", API)
    assert (caught.value.code, caught.value.sent, caught.value.retryable) == (code, sent, retryable)
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("url", ["nonsense", "http://", "http://a:b/", "https://x.example:99999/", "http://[::1/"])
async def test_an_address_that_cannot_be_called_is_named(url: str) -> None:
    out = Transport()
    with pytest.raises(SendError) as caught:
        await client.send(out, Request("GET", url), timeout_ms=5000)
    await out.aclose()
    assert (caught.value.code, caught.value.sent) == ("url", False)


async def test_an_answer_that_does_not_come_in_time_is_given_up() -> None:
    async def never(request: httpx.Request) -> httpx.Response:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(SendError, match=r"within 0\.05 s") as caught:
        await client.send(httpx.MockTransport(never), Request("GET", API), timeout_ms=50)
    assert (caught.value.code, caught.value.sent) == ("timeout", True)


class Body(httpx.AsyncByteStream):
    """An endless body; says how much of it was read and whether it was closed."""

    read = 0
    closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            self.read += 1000
            yield b"x" * 1000

    async def aclose(self) -> None:
        self.closed = True


async def test_a_body_that_is_too_large_is_not_read_to_its_end() -> None:
    body = Body()
    with pytest.raises(SendError, match="larger than") as caught:
        await send(lambda request: httpx.Response(200, stream=body), "GET", API, max_read=10_000)
    assert (caught.value.code, caught.value.sent, caught.value.retryable) == ("too_large", True, False)
    assert (body.read, body.closed) == (11_000, True)


async def test_a_compressed_body_is_bounded_by_its_real_size() -> None:
    bomb = gzip.compress(bytes(20_000))
    packed = {"Content-Encoding": "gzip"}

    def explode(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers=packed, stream=httpx.ByteStream(bomb))

    assert (await send(explode, "GET", API, max_read=20_000)).body == bytes(20_000)
    with pytest.raises(SendError, match="larger than"):
        await send(explode, "GET", API, max_read=19_999)


async def test_a_body_that_cannot_be_decompressed_is_no_value() -> None:
    def cut(request: httpx.Request) -> httpx.Response:
        body = httpx.ByteStream(gzip.compress(b'{"a": 1}')[:-4])
        return httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=body)

    with pytest.raises(SendError, match=r"from api\.example is incomplete\.") as caught:
        await send(cut, "GET", API)
    assert (caught.value.code, caught.value.sent, caught.value.retryable) == ("protocol", True, False)

"""What crosses the wire, against real sockets: requests as they were built, responses as they came, errors by kind."""

import asyncio
import gzip
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, get_args

import aiohttp
import httpx
import pytest
from pytest_django import Settings

from enrichment.connections.redaction import Redactor
from enrichment.engine.messages import Request
from enrichment.engine.template import request as template
from enrichment.engine.template.body_formats import BodyFormat
from enrichment.http_client import client, transport
from enrichment.http_client.addresses import AddressRefused
from enrichment.http_client.transport import InsecureServer, NotHttp, Transport, UnknownHost
from enrichment.schema import Method

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"


class Server:
    """Keeps the bytes of each request and says the next of its answers, the last one again and again."""

    def __init__(self, answers: list[bytes]) -> None:
        self.answers = answers
        self.requests: list[bytes] = []
        self.connections = 0
        self.url = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while True:
                self.requests.append(await self._request(reader))
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if not answer:
                    return
                writer.write(answer)
                await writer.drain()
                if b"Connection: close" in answer:
                    return
        except (ConnectionError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    async def _request(self, reader: asyncio.StreamReader) -> bytes:
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]
        return head + await reader.readexactly(int(length or 0))


type Start = Callable[..., Awaitable[Server]]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Starts a server with these answers: `await start(OK)`."""
    running: list[asyncio.Server] = []

    async def make(*answers: bytes, tls: ssl.SSLContext | None = None) -> Server:
        server = Server(list(answers))
        running.append(await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=tls))
        port = running[-1].sockets[0].getsockname()[1]
        server.url = f"{'https' if tls else 'http'}://127.0.0.1:{port}"
        return server

    yield make
    for one in running:
        one.close()
        one.close_clients()
        await one.wait_closed()


@pytest.fixture
async def out() -> AsyncIterator[Transport]:
    made = Transport()
    yield made
    await made.aclose()


async def call(out: Transport, url: str, method: str = "GET", **extensions: object) -> bytes:
    response = await out.handle_async_request(httpx.Request(method, url, extensions=extensions))
    try:
        return await response.aread()
    finally:
        await response.aclose()


async def test_a_request_arrives_as_it_was_built(start: Start, out: Transport) -> None:
    server = await start(OK)
    headers = (("X-Team", "größe"), ("x-lower", "1"), ("Content-Type", "application/json"), ("Accept", "*/*"))
    request = Request("POST", f"{server.url}/a%2Fb?f[x][_eq]=1%262&q=%20&e=", headers, b'{"a": 1}')
    await client.send(out, request, timeout_ms=5000)
    head, body = server.requests[0].split(b"\r\n\r\n")
    line, *sent = head.split(b"\r\n")
    assert line == b"POST /a%2Fb?f[x][_eq]=1%262&q=%20&e= HTTP/1.1"
    assert sent == [
        f"Host: {server.url.removeprefix('http://')}".encode(),
        "X-Team: größe".encode(),
        b"x-lower: 1",
        b"Content-Type: application/json",
        b"Accept: */*",
        b"accept-encoding: gzip, deflate, br, zstd",
        b"user-agent: Marl",
        b"Content-Length: 8",
    ]
    assert body == b'{"a": 1}'


OURS = {"accept-encoding": "gzip, deflate, br, zstd", "user-agent": "Marl"}
BODY = '{"name": "größe"}'


@pytest.mark.parametrize("body", [None, BODY], ids=["without a body", "with a body"])
@pytest.mark.parametrize("method", get_args(Method))
async def test_what_the_preview_shows_is_what_is_sent(
    method: str, body: str | None, start: Start, out: Transport
) -> None:
    server = await start(OK)
    headers = [{"name": "X-Team", "value": "größe"}, {"name": "x-lower", "value": "1"}]
    settings = {"method": method, "url": f"{server.url}/a%2Fb?f[x]=%20", "headers": headers, "body": body}
    request = template.compile(settings, {}).render({}).request
    shown: dict[str, Any] = Redactor({}).request(request)
    await client.send(out, request, timeout_ms=5000)
    line, sent, content = parts(server.requests[0])
    assert line == f"{method} /a%2Fb?f[x]=%20 HTTP/1.1"
    assert content == (shown["body"] or "")
    host = {"Host": server.url.removeprefix("http://")}
    assert sent == host | shown["headers"] | OURS | length(method, content)


@pytest.mark.parametrize("body_format", get_args(BodyFormat.__value__))
async def test_a_body_of_any_format_is_sent_as_the_preview_shows_it(
    body_format: str, start: Start, out: Transport
) -> None:
    server = await start(OK)
    body = '["größe"]' if body_format == "json" else "<size>größe</size>"
    form = [{"name": "size", "value": "größe & more"}]
    settings = {"method": "POST", "url": server.url, "body_format": body_format, "body": body, "form": form}
    request = template.compile(settings, {}).render({}).request
    shown: dict[str, Any] = Redactor({}).request(request)
    await client.send(out, request, timeout_ms=5000)
    _, sent, content = parts(server.requests[0])
    assert content == (shown["body"] or "")
    assert sent == {"Host": server.url.removeprefix("http://")} | shown["headers"] | OURS | length("POST", content)


@pytest.mark.parametrize("method", get_args(Method))
async def test_a_request_without_a_body_says_nothing_of_its_type(method: str, start: Start, out: Transport) -> None:
    server = await start(OK)
    await client.send(out, Request(method, server.url), timeout_ms=5000)
    _, sent, _ = parts(server.requests[0])
    assert sent == {"Host": server.url.removeprefix("http://")} | OURS | length(method, "")


def parts(request: bytes) -> tuple[str, dict[str, str], str]:
    """The first line, the headers as they were written, each of them once, and the body."""
    head, _, body = request.decode().partition("\r\n\r\n")
    line, *headers = head.split("\r\n")
    pairs = [(name, value) for name, _, value in (header.partition(": ") for header in headers)]
    assert len(dict(pairs)) == len(pairs)
    return line, dict(pairs), body


def length(method: str, body: str) -> dict[str, str]:
    """A GET without a body has no length; what may have one says that it is empty."""
    size = len(body.encode())
    return {"Content-Length": str(size)} if body or method in ("POST", "PUT", "PATCH", "DELETE") else {}


LITERAL = "".join(map(chr, range(0x20, 0x7F))).replace("#", "").replace("{", "").replace("?", "") + "é€\u00a0😀"


def test_an_address_goes_out_as_the_preview_shows_it() -> None:
    """httpx has rules of its own for what it encodes; none of them may touch what the engine built."""
    names = {1: "Cell"}
    config = {"method": "GET", "url": f"https://x.example:8443/{LITERAL}/{{{{@1}}}}?{LITERAL}={{{{@1}}}}&{LITERAL}"}
    compiled = template.compile(config, names)
    for value in (*LITERAL, LITERAL, "%41", "%", "a/../b", ".", "{}", "#x"):
        if value != ".":  # which the engine refuses in a path
            url = compiled.render({1: f"{value}"}).request.url
            assert str(httpx.URL(url)) == url


async def test_a_connection_is_used_again(start: Start, out: Transport) -> None:
    server = await start(OK)
    for _ in range(3):
        assert await call(out, server.url) == b"ok"
    assert server.connections == 1


async def test_a_connection_whose_body_was_not_read_is_not_used_again(start: Start, out: Transport) -> None:
    server = await start(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome of it", OK)
    response = await out.handle_async_request(httpx.Request("GET", server.url))
    await response.aclose()
    assert await call(out, server.url) == b"ok"
    assert server.connections == 2


@pytest.mark.parametrize(("method", "requests"), [("GET", 3), ("HEAD", 3), ("PUT", 2), ("DELETE", 2), ("POST", 2)])
async def test_a_write_goes_out_once_where_the_server_closes_a_connection_that_was_kept(
    method: str, requests: int, start: Start, out: Transport
) -> None:
    """A read goes out once more, over a new connection; what becomes of a write is for the user to decide."""
    server = await start(OK.replace(b"ok", b"") if method == "HEAD" else OK, b"", OK)
    await call(out, server.url, method)
    if requests == 3:
        await call(out, server.url, method)
    else:
        with pytest.raises(httpx.RemoteProtocolError):
            await call(out, server.url, method)
    assert len(server.requests) == requests


async def test_a_read_goes_out_once_where_a_new_connection_is_closed(start: Start, out: Transport) -> None:
    server = await start(b"")
    with pytest.raises(httpx.RemoteProtocolError):
        await call(out, server.url)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("said", "connections"), [("timeout=2", 2), ("timeout=5, max=9", 1), ("max=100, timeout=3", 2)]
)
async def test_a_connection_is_not_kept_longer_than_the_server_says(
    said: str, connections: int, start: Start, out: Transport
) -> None:
    server = await start(OK.replace(b"Content-Type", f"Keep-Alive: {said}\r\nContent-Type".encode()))
    for _ in range(2):
        await call(out, server.url, "POST")
    assert server.connections == connections


@pytest.mark.parametrize(("behind", "goes_on"), [(b"", False), (b"\r\n", False), (b"ay", True), (OK, False)])
async def test_an_answer_that_goes_on_after_its_length_is_known(
    behind: bytes, goes_on: bool, start: Start, out: Transport
) -> None:
    server = await start(OK + behind)
    response = await client.send(out, Request("GET", server.url), timeout_ms=5000)
    assert (response.body, response.goes_on) == (b"ok", goes_on)


async def test_a_body_comes_as_it_was_on_the_wire(start: Start, out: Transport) -> None:
    packed = gzip.compress(b"hello")
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode()
    server = await start(head + packed)
    response = await out.handle_async_request(httpx.Request("GET", server.url))
    assert b"".join([piece async for piece in response.aiter_raw()]) == packed


async def test_header_names_and_repeated_headers_come_as_the_server_wrote_them(start: Start, out: Transport) -> None:
    server = await start(b"HTTP/1.1 200 OK\r\nX-Name: gr\xc3\xb6\xc3\x9fe\r\nx-name: 2\r\nContent-Length: 0\r\n\r\n")
    response = await client.send(out, Request("GET", server.url), timeout_ms=5000)
    assert response.headers == (("X-Name", "größe"), ("x-name", "2"), ("Content-Length", "0"))


async def test_it_serves_a_client_of_httpx(start: Start, out: Transport) -> None:
    packed = gzip.compress(b'{"ok": true}')
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n".encode()
    server = await start(head + packed)

    async def parts() -> AsyncIterator[bytes]:
        yield b'{"in": '
        yield b'"parts"}'

    async with httpx.AsyncClient(transport=out, timeout=5) as http:
        assert (await http.post(f"{server.url}/x", json={"a": 1})).json() == {"ok": True}
        assert (await http.post(f"{server.url}/x", content=parts())).status_code == 200
    assert server.requests[0].endswith(b'\r\n\r\n{"a":1}')


async def test_an_address_that_is_refused_is_not_connected_to(start: Start, out: Transport, settings: Settings) -> None:
    server = await start(OK)
    settings.ALLOWED_NETWORKS = []
    port = server.url.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"):
        with pytest.raises((AddressRefused, UnknownHost, httpx.InvalidURL)):
            await call(out, f"http://{host}:{port}/")
    with pytest.raises(AddressRefused, match="MARL_ALLOWED_NETWORKS"):
        await call(out, server.url)
    assert server.connections == 0


async def test_a_server_that_is_not_there_is_a_connect_error(out: Transport, unused_tcp_port: int) -> None:
    with pytest.raises(httpx.ConnectError, match="refused") as caught:
        await call(out, f"http://127.0.0.1:{unused_tcp_port}/")
    assert type(caught.value) is httpx.ConnectError
    assert caught.value.__cause__ is not None


async def test_a_name_without_an_address_is_an_unknown_host(out: Transport) -> None:
    with pytest.raises(UnknownHost):
        await call(out, "http://nowhere.invalid/")


@pytest.fixture(scope="module")
def self_signed(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    folder: Path = tmp_path_factory.mktemp("tls")
    made = ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    options = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"]
    subprocess.run(["openssl", "req", *options, *made], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    start: Start, out: Transport, self_signed: ssl.SSLContext
) -> None:
    server = await start(OK, tls=self_signed)
    with pytest.raises(InsecureServer, match="it vouches for itself with its own certificate"):
        await call(out, server.url)
    assert server.requests == []


async def test_a_server_that_wants_https_is_told_of_as_such(start: Start, out: Transport) -> None:
    alert = b"\x15\x03\x01\x00\x02\x02\x16"
    server = await start(alert)
    with pytest.raises(NotHttp, match="wants a secure connection"):
        await call(out, server.url)


async def test_a_server_without_tls_is_told_to_speak_plain_http(out: Transport) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(InsecureServer, match="this server speaks plain http"):
            await call(out, f"https://127.0.0.1:{port}")


CLOSING = b"HTTP/1.1 200 OK\r\nConnection: close\r\n"
BROKEN = {
    "no answer": (b"", httpx.RemoteProtocolError),
    "not HTTP": (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", httpx.RemoteProtocolError),
    "half a body": (CLOSING + b"Content-Length: 9\r\n\r\nhalf", httpx.RemoteProtocolError),
    "half a chunk": (CLOSING + b"Transfer-Encoding: chunked\r\n\r\n9\r\nhalf", httpx.RemoteProtocolError),
    "a header that is too long": (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 40_000 + b"\r\n\r\n", httpx.RemoteProtocolError),
}


@pytest.mark.parametrize("what", BROKEN)
async def test_a_broken_answer_is_the_error_of_its_kind(what: str, start: Start, out: Transport) -> None:
    answer, kind = BROKEN[what]
    server = await start(answer)
    with pytest.raises(kind):
        await call(out, server.url, "POST")


async def test_a_body_that_stalls_is_a_read_timeout(start: Start, out: Transport) -> None:
    server = await start(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
    with pytest.raises(httpx.ReadTimeout):
        await call(out, server.url, timeout={"read": 0.05})


async def test_a_connection_that_is_not_made_in_time_is_a_connect_timeout(out: Transport) -> None:
    """A full backlog: the kernel answers nothing."""
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen(0)
        address = busy.getsockname()
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(address)
        with pytest.raises(httpx.ConnectTimeout):
            await call(out, f"http://127.0.0.1:{address[1]}/", timeout={"connect": 0.05})
        for one in waiting:
            one.close()


async def test_a_header_that_cannot_be_written_is_a_local_error(start: Start, out: Transport) -> None:
    server = await start(OK)
    request = httpx.Request("GET", server.url, headers=[(b"X-Split", b"a\r\nX-Other: b")])
    with pytest.raises(httpx.LocalProtocolError):
        await out.handle_async_request(request)
    assert server.requests == []


@pytest.mark.parametrize("url", ["ftp://x.example/", "/only/a/path", "http:///path"])
async def test_an_address_that_cannot_be_called_is_an_invalid_one(url: str, out: Transport) -> None:
    with pytest.raises(httpx.InvalidURL):
        await call(out, url)


def test_every_error_that_aiohttp_raises_becomes_one_of_httpx() -> None:
    request = httpx.Request("GET", "https://x.example")
    kinds = [aiohttp.ClientConnectionError("x"), aiohttp.ServerDisconnectedError(), aiohttp.ClientPayloadError("x")]
    for error in [*kinds, aiohttp.ServerTimeoutError(), OSError("x"), ConnectionResetError()]:
        assert isinstance(transport._as_httpx(error, request), httpx.TransportError)

"""What hostile addresses and servers try: nothing private is reached, and nothing goes on for ever."""

import asyncio
import gzip
import socket
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from pytest_django import Settings

from enrichment.engine.auth.token import Token
from enrichment.engine.errors import SendError
from enrichment.engine.messages import Request, Response
from enrichment.http_client import addresses, client
from enrichment.http_client.addresses import AddressRefused
from enrichment.http_client.transport import Transport

type Send = Callable[..., Awaitable[Response]]
type Play = Callable[[Callable[[asyncio.StreamWriter], Awaitable[None]]], Awaitable[str]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture
async def send() -> AsyncIterator[Send]:
    out = Transport()

    async def sent(url: str, **options: Any) -> Response:
        headers = options.pop("headers", ())
        return await client.send(out, Request("GET", url, tuple(headers)), **{"timeout_ms": 3000} | options)

    yield sent
    await out.aclose()


@pytest.fixture
async def play() -> AsyncIterator[Play]:
    """Starts a server that says what it is told to, whatever it is asked; gives its address."""
    servers: list[asyncio.Server] = []

    async def start(says: Callable[[asyncio.StreamWriter], Awaitable[None]]) -> str:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await reader.readuntil(b"\r\n\r\n")
                await says(writer)
            except (ConnectionError, asyncio.IncompleteReadError):
                return  # the other side has had enough
            finally:
                writer.close()

        servers.append(await asyncio.start_server(answer, "127.0.0.1", 0))
        return f"http://127.0.0.1:{servers[-1].sockets[0].getsockname()[1]}"

    yield start
    for server in servers:
        server.close()
        server.close_clients()
        await server.wait_closed()


async def say_ok(writer: asyncio.StreamWriter) -> None:
    writer.write(OK)
    await writer.drain()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "0.0.0.0",
        "100.64.0.1",
        "192.0.0.1",
        "192.0.2.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "255.255.255.255",
        "::1",
        "::",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd00:ec2::254",
        "fec0::1",
        "ff02::1",
        "2001::1",
        "2001:db8::1",
        "::127.0.0.1",
        "100::1",
    ],
)
def test_private_and_reserved_addresses_are_refused(address: str, settings: Settings) -> None:
    settings.ALLOWED_NETWORKS = []
    with pytest.raises(AddressRefused, match="MARL_ALLOWED_NETWORKS"):
        addresses.check(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "172.32.0.1", "2606:4700::1111", "64:ff9b::101:101"])
def test_public_addresses_are_allowed(address: str, settings: Settings) -> None:
    settings.ALLOWED_NETWORKS = []
    addresses.check(address)


def test_a_network_can_be_allowed_and_no_other_with_it(settings: Settings) -> None:
    settings.ALLOWED_NETWORKS = ["10.1.0.0/16"]
    addresses.check("10.1.2.3")
    addresses.check("::ffff:10.1.2.3")
    with pytest.raises(AddressRefused):
        addresses.check("10.2.0.1")


HOSTS = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "0x7f.1",
    "0x7f000001",
    "0",
    "0.0.0.0",
    "localhost",
    "localhost.",
    "127.0.0.1.",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[fe80::1]",
    "[fd00:ec2::254]",
    "169.254.169.254",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "１２７.0.0.1",
    "sam@127.0.0.1",
    "public.example@127.0.0.1",
]


@pytest.mark.parametrize("host", HOSTS)
async def test_no_way_of_writing_it_reaches_a_private_address(
    host: str, send: Send, play: Play, settings: Settings
) -> None:
    settings.ALLOWED_NETWORKS = []
    calls: list[bytes] = []

    async def note(writer: asyncio.StreamWriter) -> None:
        calls.append(OK)
        await say_ok(writer)

    port = (await play(note)).rpartition(":")[2]
    with pytest.raises(SendError) as caught:
        await send(f"http://{host}:{port}/")
    assert not caught.value.sent
    assert calls == []


async def test_a_name_that_turns_private_is_refused_at_the_socket(
    send: Send, play: Play, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rebinding: whatever the name meant when it was looked at, the address that is connected to counts."""
    settings.ALLOWED_NETWORKS = []
    port = int((await play(say_ok)).rpartition(":")[2])

    async def private(*_: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", private)
    with pytest.raises(SendError) as caught:
        await send(f"http://public.example:{port}/")
    assert caught.value.code == "refused_address"


async def test_every_hop_of_a_redirect_is_checked(send: Send, play: Play, settings: Settings) -> None:
    settings.ALLOWED_NETWORKS = ["127.0.0.1/32"]

    async def elsewhere(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.2:9/\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    with pytest.raises(SendError) as caught:
        await send(await play(elsewhere))
    assert caught.value.code == "refused_address"


@pytest.mark.parametrize("target", ["file:///etc/passwd", "gopher://a", "data:text/plain,x", "javascript:1", "//"])
async def test_a_redirect_to_something_else_is_not_followed(target: str, send: Send, play: Play) -> None:
    async def elsewhere(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()

    response = await send(await play(elsewhere))
    assert (response.status, response.not_followed is None) == (302, False)


async def test_a_token_does_not_follow_to_another_origin_and_not_without_tls(send: Send, play: Play) -> None:
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.readuntil(b"\r\n\r\n"))
        await say_ok(writer)
        writer.close()

    other = await asyncio.start_server(listen, "127.0.0.1", 0)
    port = other.sockets[0].getsockname()[1]

    async def elsewhere(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 307 x\r\nLocation: http://127.0.0.1:{port}/\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()

    token = Token.in_header("t0k3n", "X-Auth")
    await send(await play(elsewhere), headers=[("X-Auth", "t0k3n")], token=token, allowed_hosts={"127.0.0.1"})
    assert b"t0k3n" not in heard[0]
    other.close()
    await other.wait_closed()


def packed(kind: str) -> bytes:
    """A hundred megabytes of nothing in a few kilobytes."""
    zeros = bytes(100 * 1024 * 1024)
    return gzip.compress(zeros, 6) if kind == "gzip" else zlib.compress(zeros, 6)


@pytest.mark.parametrize("kind", ["gzip", "deflate"])
async def test_a_decompression_bomb_is_given_up(kind: str, send: Send, play: Play) -> None:
    bomb = packed(kind)

    async def explode(writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {kind}\r\nContent-Length: {len(bomb)}\r\n\r\n"
        writer.write(head.encode() + bomb)
        await writer.drain()

    with pytest.raises(SendError) as caught:
        await send(await play(explode))
    assert caught.value.code == "too_large"


async def forever(writer: asyncio.StreamWriter, head: bytes, piece: bytes, pause: float = 0.0) -> None:
    writer.write(head)
    while True:
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(pause)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ENDLESS = {
    "a slow drip": (b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n", b"x", 0.05),
    "a body": (b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536, 0.0),
    "chunks": (CHUNKED, b"1000\r\n" + b"x" * 4096 + b"\r\n", 0.0),
    "headers": (b"HTTP/1.1 200 OK\r\n", b"X-Header: " + b"x" * 1000 + b"\r\n", 0.0),
    "a header": (b"HTTP/1.1 200 OK\r\nX-Header: ", b"x" * 65536, 0.0),
    "a status line": (b"HTTP/1.1 200 ", b"x" * 65536, 0.0),
    "interim answers": (b"", b"HTTP/1.1 102 Processing\r\n\r\n", 0.001),
    "an extension of a chunk": (CHUNKED + b"1;", b"x" * 65536, 0.0),
    "trailers": (CHUNKED + b"0\r\n", b"X-Trailer: " + b"x" * 1000 + b"\r\n", 0.0),
}


@pytest.mark.parametrize("what", ENDLESS)
async def test_nothing_goes_on_for_ever(what: str, send: Send, play: Play) -> None:
    with pytest.raises(SendError) as caught:
        await send(await play(lambda writer: forever(writer, *ENDLESS[what])), timeout_ms=1500)
    assert caught.value.sent


async def test_proxies_of_the_environment_are_ignored(send: Send, play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    out = Transport()
    answer = await client.send(out, Request("GET", await play(say_ok)), timeout_ms=3000)
    await out.aclose()
    assert answer.body == b"ok"

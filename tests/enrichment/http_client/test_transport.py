"""What leaves this machine, and where it may go: against real sockets."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from pytest_django import Settings

from enrichment.engine.auth.token import Token
from enrichment.engine.errors import SendError
from enrichment.engine.messages import Request, Response
from enrichment.http_client import addresses, transport
from enrichment.http_client.addresses import AddressRefused

type Send = Callable[..., Awaitable[Response]]


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
        "0.0.0.0", "100.64.0.1", "192.0.0.1", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.1", "224.0.0.1",
        "255.255.255.255", "::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a00:1",
        "2002:7f00:1::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001::1",
        "2001:db8::1", "::127.0.0.1", "100::1",
    ],
)  # fmt: skip
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


class Server:
    def __init__(self, url: str) -> None:
        self.url = url
        self.calls: list[tuple[str, str, dict[str, str], bytes]] = []


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async def answer(request: web.Request) -> web.StreamResponse:
        told.calls.append((request.method, request.raw_path, dict(request.headers), await request.read()))
        path = request.path
        if path == "/loop":
            return web.Response(status=302, headers={"Location": "loop"})
        if path.startswith("/to/"):
            return web.Response(status=int(path.split("/")[2]), headers={"Location": request.query["url"]})
        if path == "/slow":
            await asyncio.sleep(30)
        if path == "/large":
            return web.Response(body=b"x" * 3_000_000)
        if path == "/broken":
            assert request.transport
            request.transport.close()
        response = web.json_response({"ok": True})
        response.set_cookie("session", "abc")
        return response

    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    told = Server(f"http://127.0.0.1:{runner.addresses[0][1]}")
    yield told
    await runner.cleanup()


@pytest.fixture
async def send() -> AsyncIterator[Send]:
    client = transport.Client()

    async def sent(method: str, url: str, *, headers: Any = (), body: bytes | None = None, **options: Any) -> Response:
        return await transport.send(
            client, Request(method, url, tuple(headers), body), **{"timeout_ms": 5000} | options
        )

    yield sent
    await client.aclose()


async def test_the_request_arrives_as_it_was_built(server: Server, send: Send) -> None:
    headers = [("X-Team", "größe"), ("Content-Type", "application/json")]
    answer = await send("POST", f"{server.url}/a%2Fb?f[x][_eq]=1%262&q=%20", headers=headers, body=b'{"a": 1}')
    [(method, path, got, body)] = server.calls
    assert (method, path, body) == ("POST", "/a%2Fb?f[x][_eq]=1%262&q=%20", b'{"a": 1}')
    assert got["X-Team"].encode("utf-8", "surrogateescape") == "größe".encode()
    assert answer.status == 200
    assert answer.body == b'{"ok": true}'


async def test_no_cookie_is_kept_between_rows(server: Server, send: Send) -> None:
    for _ in range(2):
        await send("GET", f"{server.url}/")
    assert all("Cookie" not in call[2] for call in server.calls)


async def test_an_address_that_is_refused_is_not_called(server: Server, send: Send, settings: Settings) -> None:
    settings.ALLOWED_NETWORKS = []
    port = server.url.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"):
        with pytest.raises(SendError) as caught:
            await send("POST", f"http://{host}:{port}/")
        assert caught.value.code in ("refused_address", "dns", "url"), host
        assert not caught.value.sent
        assert not caught.value.retryable or caught.value.code == "dns"
    assert server.calls == []


@pytest.mark.parametrize(
    ("status", "method", "expected"),
    [(301, "POST", "GET"), (302, "POST", "GET"), (303, "PUT", "GET"), (307, "POST", "POST"), (308, "PATCH", "PATCH")],
)
async def test_redirects_follow_the_rules_of_their_status(
    status: int, method: str, expected: str, server: Server, send: Send
) -> None:
    await send(
        method, f"{server.url}/to/{status}?url=/there", body=b"{}", headers=[("Content-Type", "application/json")]
    )
    assert server.calls[1][:2] == (expected, "/there")
    assert server.calls[1][3] == (b"{}" if expected == method else b"")


async def test_credentials_do_not_follow_to_another_origin(server: Server, send: Send) -> None:
    other = server.url.replace("127.0.0.1", "localhost")
    token = Token("secret", "X-Auth", "secret")
    headers = [("X-Auth", "secret"), ("Cookie", "a=b"), ("X-Other", "1")]
    await send("GET", f"{server.url}/to/302?url={other}/there", headers=headers, token=token)
    assert "X-Auth" in server.calls[0][2]
    assert "X-Auth" not in server.calls[1][2]
    assert "Cookie" not in server.calls[1][2]
    assert "X-Other" in server.calls[1][2]


@pytest.mark.parametrize("in_query", [False, True])
async def test_credentials_go_to_allowed_hosts_alone(in_query: bool, server: Server, send: Send) -> None:
    token = Token("a key", "X-Key", "a key", in_query=in_query)
    signed = token.apply_to(Request("GET", f"{server.url}/?a=1"))
    with pytest.raises(SendError) as caught:
        await send("GET", signed.url, headers=signed.headers, token=token, allowed_hosts={"crm.example"})
    assert caught.value.code == "host_not_allowed"
    assert server.calls == []
    await send("GET", signed.url, headers=signed.headers, token=token, allowed_hosts={"127.0.0.1"})
    assert len(server.calls) == 1


async def test_redirects_end(server: Server, send: Send) -> None:
    with pytest.raises(SendError, match="redirects"):
        await send("GET", f"{server.url}/loop")


async def test_a_redirect_may_be_left_to_the_user(server: Server, send: Send) -> None:
    assert (await send("GET", f"{server.url}/to/302?url=/there", follow_redirects=False)).status == 302


@pytest.mark.parametrize(
    ("path", "options", "code", "sent"),
    [
        ("/slow", {"timeout_ms": 150}, "timeout", True),
        ("/large", {"max_read": 1_000_000}, "too_large", True),
        ("/broken", {}, "broken", True),
        ("/to/302?url=ftp://x", {}, "redirect", True),
    ],
)
async def test_what_went_wrong_is_named(
    path: str, options: dict[str, Any], code: str, sent: bool, server: Server, send: Send
) -> None:
    with pytest.raises(SendError) as caught:
        await send("POST", server.url + path, **options)
    assert (caught.value.code, caught.value.sent) == (code, sent)
    assert caught.value.message


async def test_a_server_that_is_not_there_is_told(send: Send, unused_tcp_port: int) -> None:
    with pytest.raises(SendError, match=r"No connection to 127\.0\.0\.1") as caught:
        await send("POST", f"http://127.0.0.1:{unused_tcp_port}/")
    assert (caught.value.code, caught.value.sent) == ("connect", False)

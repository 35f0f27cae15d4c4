"""The one way out, with the address check on every socket and bounds on everything."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
import httpx
from multidict import CIMultiDict
from yarl import URL

from enrichment.engine.auth.token import Token
from enrichment.engine.errors import SendError
from enrichment.engine.messages import Request, Response
from enrichment.engine.template.url import matches
from enrichment.http_client.addresses import AddressRefused, is_sample, open_sample_socket, open_socket

MAX_READ = 10 * 1024 * 1024  # bytes
MAX_REDIRECTS = 5
MAX_CONNECTIONS = 512
REDIRECTS = (301, 302, 303, 307, 308)
_ALWAYS = {"accept-encoding": "gzip, deflate", "user-agent": "Marl"}
_NOT_ACROSS_ORIGINS = frozenset({"authorization", "cookie", "proxy-authorization"})


type Connected = Callable[[], Awaitable[None]]


class _Way:
    """Out over sockets of one kind."""

    def __init__(self, limit: int, context: ssl.SSLContext, socket_factory: Callable[[Any], socket.socket]) -> None:
        connector = aiohttp.TCPConnector(
            limit=limit, ssl=context, socket_factory=socket_factory, keepalive_timeout=30, ttl_dns_cache=30
        )
        bounds: dict[str, Any] = {
            "connector": connector, "cookie_jar": aiohttp.DummyCookieJar(), "auto_decompress": False,
            "timeout": aiohttp.ClientTimeout(total=None, sock_connect=None),
            "max_line_size": 16_384, "max_field_size": 32_768,
        }  # fmt: skip
        self._session = aiohttp.ClientSession(**bounds)
        # On the same connections, for requests that want to know when they are connected.
        self._traced = aiohttp.ClientSession(**bounds, connector_owner=False, trace_configs=[_tracing()])

    async def send(self, request: Request, connected: Connected | None) -> aiohttp.ClientResponse:
        # The address as it was built: aiohttp would encode it its own way (`filter[a]` as `filter%5Ba%5D`).
        exact, headers = URL(request.url, encoded=True), CIMultiDict(request.headers)
        headers.popall("host", None)
        for name, value in _ALWAYS.items():
            headers.setdefault(name, value)
        session = self._traced if connected else self._session
        return await session.request(
            request.method, exact, headers=headers, data=request.body or None, allow_redirects=False,
            trace_request_ctx=connected,
        )  # fmt: skip

    async def close(self) -> None:
        await self._traced.close()
        await self._session.close()


def _tracing() -> aiohttp.TraceConfig:
    async def is_connected(_session: object, context: Any, _params: object) -> None:
        await context.trace_request_ctx()

    config = aiohttp.TraceConfig()
    config.on_connection_create_end.append(is_connected)
    return config


class Client:
    """aiohttp's connections. httpx unpacks what comes; as a client over them it would cost twice as much again, and its
    cookies, redirects and sign-in we do ourselves. Made on the loop that will use it."""

    def __init__(self, max_connections: int = MAX_CONNECTIONS) -> None:
        context = httpx.create_ssl_context(trust_env=False)
        self._out = _Way(max_connections, context, open_socket)
        # Connections of its own: what was opened for the sample API never carries a request to anything else there.
        self._sample = _Way(max_connections, context, open_sample_socket)

    async def send(self, request: Request, connected: Connected | None = None) -> aiohttp.ClientResponse:
        """The answer, its body not read yet. Raises aiohttp.ClientError, OSError or ValueError."""
        way = self._sample if is_sample(request.url) else self._out
        return await way.send(request, connected)

    async def aclose(self) -> None:
        await self._out.close()
        await self._sample.close()


async def send(
    client: Client,
    request: Request,
    *,
    timeout_ms: int,
    follow_redirects: bool = True,
    token: Token | None = None,
    allowed_hosts: Collection[str] | None = None,
    max_read: int = MAX_READ,
    connected: Connected | None = None,
) -> Response:
    """Raises SendError. `token` may go to `allowed_hosts` alone; `connected` is awaited before a first request is sent
    over a new connection."""
    try:
        async with asyncio.timeout(timeout_ms / 1000):
            return await _follow(client, request, follow_redirects, token, allowed_hosts, max_read, connected)
    except TimeoutError as error:
        raise SendError("timeout", f"No answer within {timeout_ms / 1000:g} s.", sent=True) from error
    except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError, ValueError) as error:
        raise _named(error, request.url) from error


async def _follow(
    client: Client,
    request: Request,
    follow_redirects: bool,
    token: Token | None,
    allowed_hosts: Collection[str] | None,
    max_read: int,
    connected: Connected | None,
) -> Response:
    for _ in range(MAX_REDIRECTS + 1):
        _check_credentials(request, token, allowed_hosts)
        response = await _once(client, request, max_read, connected)
        if not follow_redirects or response.status not in REDIRECTS:
            return response
        target = response.header("location")
        if not target:
            return response
        request = _redirected(request, response.status, target, token)
    raise SendError("too_many_redirects", f"More than {MAX_REDIRECTS} redirects.", sent=True, retryable=False)


async def _once(client: Client, request: Request, max_read: int, connected: Connected | None) -> Response:
    answer = await client.send(request, connected)
    try:
        body = await _read(answer, max_read)
    finally:
        answer.release()
    headers = tuple([(name.decode("latin-1"), value.decode("utf-8", "replace")) for name, value in answer.raw_headers])
    return Response(answer.status, headers, body, False, request.url)


async def _read(answer: aiohttp.ClientResponse, max_read: int) -> bytes:
    body = bytearray()
    async for part in _unpacked(answer) if "Content-Encoding" in answer.headers else answer.content.iter_any():
        body += part
        if len(body) > max_read:
            words = f"The answer is larger than {max_read // 1024 // 1024} MiB."
            raise SendError("too_large", words, sent=True, retryable=False)
    return bytes(body)


def _unpacked(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """By httpx, a piece at a time: what is small on the wire may be large."""
    packed = httpx.Response(answer.status, headers=list(answer.raw_headers), content=answer.content.iter_any())
    return packed.aiter_bytes()


def _redirected(request: Request, status: int, target: str, token: Token | None) -> Request:
    url = urljoin(request.url, target)
    if urlsplit(url).scheme not in ("http", "https"):
        raise SendError("redirect", f"The server redirects to {url[:200]}, which is no web address.", sent=True)
    method, body, headers = request.method, request.body, request.headers
    if status == 303 or (status in (301, 302) and method == "POST"):
        method, body = "GET", None
        headers = tuple(item for item in headers if not item[0].lower().startswith("content-"))
    if _origin(url) != _origin(request.url):
        private = _NOT_ACROSS_ORIGINS | ({token.name.lower()} if token else set())
        headers = tuple(item for item in headers if item[0].lower() not in private)
    return Request(method, str(httpx.URL(url)), headers, body)


def _check_credentials(request: Request, token: Token | None, allowed_hosts: Collection[str] | None) -> None:
    if token is None or allowed_hosts is None or not token.is_in(request):
        return
    host = (urlsplit(request.url).hostname or "").lower()
    if not matches(host, {allowed.lower() for allowed in allowed_hosts}):
        raise SendError(
            "host_not_allowed",
            f"The connection does not send its credentials to {host}. Allow this host in the connection.",
            sent=False, retryable=False,
        )  # fmt: skip


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or {"http": 80, "https": 443}.get(parts.scheme)


def _named(error: Exception, url: str) -> SendError:
    """The cause may be anywhere in the chain."""
    chain = _chain(error)
    host = urlsplit(url).netloc.rpartition("@")[2]
    for cause in chain:
        if isinstance(cause, AddressRefused):
            return SendError("refused_address", str(cause), sent=False, retryable=False)
    for cause in chain:
        if isinstance(cause, aiohttp.ClientConnectorDNSError):
            return SendError("dns", f"The name {host} is not known.", sent=False)
        if isinstance(cause, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
            return SendError("tls", f"No safe connection to {host}: {cause}.", sent=False, retryable=False)
        if isinstance(cause, aiohttp.ClientConnectorError):
            reason = cause.os_error.strerror or str(cause.os_error)
            return SendError("connect", f"No connection to {host}: {reason}.", sent=False)
    if isinstance(error, httpx.InvalidURL | aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError | ValueError):
        return SendError("url", f"{url[:200]} is not an address that can be called.", sent=False, retryable=False)
    if isinstance(error, httpx.DecodingError):
        return SendError("protocol", f"The answer of {host} cannot be unpacked.", sent=True, retryable=False)
    return SendError("broken", f"{host} ended the connection before it had answered.", sent=True)


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        item = waiting.pop()
        if item is None or item in found:
            continue
        found.append(item)
        waiting += [item.__cause__, item.__context__, getattr(item, "os_error", None)]
        if isinstance(item, BaseExceptionGroup):
            waiting += item.exceptions
    return found

"""The one way out: an httpx transport over aiohttp's connections, with the address check on every socket.

It sends a request as it is and adds `Host` and `Content-Length` alone; the body of the response comes as it was on
the wire. Redirects, cookies and sign-in are not its business. `httpx.MockTransport` can stand in its place. It raises

httpx.InvalidURL          not an address that can be called
httpx.TransportError
├── LocalProtocolError    not a request that can be sent
├── NetworkError
│   ├── ConnectError      no connection, so that nothing was sent
│   │   ├── AddressRefused    private or reserved
│   │   ├── UnknownHost       the name has no address
│   │   └── InsecureServer    no TLS, or a certificate that is not trusted
│   └── ReadError         the connection broke
├── ConnectTimeout, ReadTimeout
└── RemoteProtocolError   the connection was closed instead of an answer
    ├── IncompleteAnswer      it was closed amid one
    └── NotHttp

Measured, CPU a request: bare aiohttp 0.10 ms, this transport 0.13, `client.send` around it 0.15; 0.04 more for an
address that no earlier request had.
"""

import asyncio
import errno
import os
import re
import socket
import ssl
from collections.abc import Callable
from contextvars import ContextVar
from functools import cache, lru_cache, partial
from typing import Any, Self

import aiohttp
import httpx
from aiohttp.abc import AbstractStreamWriter
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from multidict import CIMultiDict
from yarl import URL

from enrichment.http_client import tls
from enrichment.http_client.addresses import AddressRefused, is_sample, open_sample_socket, open_socket
from enrichment.http_client.departure import Departure

MAX_CONNECTIONS = 512
# Seconds that a connection is kept for another request. Many servers close theirs after five and some after fewer,
# which they say in `Keep-Alive`: a request that meets the end of its connection may have been sent or not.
KEPT = 4
_KEPT_SHORTLY = re.compile(rb"\r\nkeep-alive:[^\r]*\btimeout\s*=\s*[0-4]\b", re.IGNORECASE)
_LONGEST_HEADER = 32 * 1024  # bytes
_MOST_HEADERS = 128
_TOO_MUCH = ("Got more than", "Too many headers")  # as aiohttp says it
_READS = ("GET", "HEAD")
_ADDED_BY_AIOHTTP = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")  # where they are missing

_HEAD_END = b"\r\n\r\n"

_departure: ContextVar[Departure | None] = ContextVar("departure", default=None)


class UnknownHost(httpx.ConnectError):
    pass


class InsecureServer(httpx.ConnectError):
    """The words end the sentence “Can't connect securely to this host: …”."""


class IncompleteAnswer(httpx.RemoteProtocolError):
    pass


class NotHttp(httpx.RemoteProtocolError):
    """The words follow the host, as in “api.example doesn't answer in HTTP”."""


class Transport(httpx.AsyncBaseTransport):
    """Made on the loop that will use it.

    Of a request's extensions it reads `timeout`, as httpx gives it, and `departure`, which says when the request may be
    written to its connection, and hears what becomes of it.
    """

    def __init__(self, max_connections: int = MAX_CONNECTIONS) -> None:
        context = httpx.create_ssl_context(trust_env=False)
        self._checked = _Connections(max_connections, context, open_socket)
        # Apart, so that what was opened for the sample API never carries a request to anything else on its server.
        self._sample = _Connections(max_connections, context, open_sample_socket)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url = str(request.url)
        connections = self._sample if is_sample(url) else self._checked
        departure: Departure | None = request.extensions.get("departure")
        try:
            answer = await connections.send(request, url, departure)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if departure:
                departure.arrived()
            raise _as_httpx(error, request) from error
        if departure:
            departure.arrived()
        body = _Body(answer, request)
        extensions = {"goes_on": body.goes_on}
        return httpx.Response(answer.status, headers=answer.raw_headers, stream=body, extensions=extensions)

    async def aclose(self) -> None:
        await self._checked.close()
        await self._sample.close()


class _Connections:
    """Kept open for later requests; all opened by one socket factory."""

    def __init__(self, limit: int, context: ssl.SSLContext, socket_factory: Callable[[Any], socket.socket]) -> None:
        connector = aiohttp.TCPConnector(
            limit=limit, ssl=context, socket_factory=socket_factory, keepalive_timeout=KEPT, ttl_dns_cache=30
        )
        handler: partial[Any] = partial(_ResponseHandler, loop=asyncio.get_running_loop())
        connector._factory = handler
        self._session = aiohttp.ClientSession(
            connector=connector,
            request_class=_Request,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            max_line_size=16_384,
            max_field_size=_LONGEST_HEADER,
            max_headers=_MOST_HEADERS,
        )
        self._session._retry_connection = False  # it would send writes twice too, and over new connections

    async def send(self, request: httpx.Request, url: str, departure: Departure | None) -> aiohttp.ClientResponse:
        """A read goes out once more where the server had closed the connection that was kept for it."""
        _departure.set(departure)
        try:
            return await self._send(request, url)
        except StaleConnection:
            if request.method not in _READS:
                raise
        return await self._send(request, url)

    async def _send(self, request: httpx.Request, url: str) -> aiohttp.ClientResponse:
        headers, to_skip = _headers(tuple(request.headers.raw))
        body = request.read() if isinstance(request.stream, httpx.SyncByteStream) else await request.aread()
        return await self._session.request(
            request.method,
            URL(url, encoded=True),  # encoded already: aiohttp would write `filter[a]` as `filter%5Ba%5D`
            headers=headers,
            skip_auto_headers=to_skip,
            data=body or None,
            allow_redirects=False,
            timeout=_timeout(**request.extensions.get("timeout", {})),
        )

    async def close(self) -> None:
        await self._session.close()


class StaleConnection(aiohttp.ServerDisconnectedError):
    """The server closed a connection that was kept, and answered nothing to the request that met with that."""


class _Request(aiohttp.ClientRequest):
    """Departs when its connection is open, every time it is sent.

    aiohttp has no other place for that: a trace can't say which connection it is about.
    """

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        departure = _departure.get()
        if departure is None:
            return await super().send(conn)
        await departure.leave()
        if conn.transport is None or conn.transport.is_closing():  # while it waited
            raise aiohttp.ClientConnectorError(self.connection_key, ConnectionResetError(errno.ECONNRESET, ""))
        response = await super().send(conn)
        if not self.body:
            departure.written(conn.transport)
        return response

    async def write_bytes(
        self, writer: AbstractStreamWriter, conn: Connection, content_length: int | None = None
    ) -> None:
        await super().write_bytes(writer, conn, content_length)
        if (departure := _departure.get()) and conn.transport:
            departure.written(conn.transport)


class _ResponseHandler(ResponseHandler):
    """Keeps an answer that came whole, whatever follows it, and ends one whose body is broken.

    Of itself aiohttp drops an answer with which stray bytes arrive, as behind a 204, and waits for the rest of a body
    whose chunks are not valid. It has no other place to change that.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.goes_on = False  # more came than the length of the answer says
        self._requests = 0
        self._is_silent = True  # since the last request

    def set_response_params(self, **given: Any) -> None:
        self._requests += 1
        self._is_silent = True
        super().set_response_params(**given)

    def data_received(self, data: bytes) -> None:
        self._is_silent = False
        head, end, rest = data.partition(_HEAD_END) if data.startswith(b"HTTP/") else (data, b"", b"")
        super().data_received(head + end)
        if end and _KEPT_SHORTLY.search(head):
            self.force_close()
        if rest:
            super().data_received(rest)
        if self._payload is not None and (error := self.exception()):
            self.goes_on = self._payload.is_eof()
            if not self.goes_on:
                self._payload.set_exception(aiohttp.ClientPayloadError(str(error)))

    def set_exception(self, exc: BaseException, *cause: BaseException) -> None:
        is_closed = isinstance(exc, aiohttp.ServerDisconnectedError | aiohttp.ClientOSError)
        is_stale = is_closed and self._is_silent and self._requests > 1
        super().set_exception(StaleConnection() if is_stale else exc, *cause)


@lru_cache(maxsize=256)  # the rows of a column nearly always share them
def _headers(raw: tuple[tuple[bytes, bytes], ...]) -> tuple[CIMultiDict[str], list[str] | None]:
    """Returns the headers for aiohttp, and which ones it must not add; None, and at less cost, when it adds none."""
    headers = CIMultiDict([(name.decode("ascii"), value.decode()) for name, value in raw])
    headers.popall("host", None)  # the address says it
    return headers, [name for name in _ADDED_BY_AIOHTTP if name not in headers] or None


@cache
def _timeout(
    connect: float | None = None, read: float | None = None, write: float | None = None, pool: float | None = None
) -> aiohttp.ClientTimeout:
    """aiohttp has no bound for writing alone."""
    return aiohttp.ClientTimeout(total=None, connect=pool, sock_connect=connect, sock_read=read)


class _Body(httpx.AsyncByteStream):
    """The body piece by piece, as it arrives; closing it early closes the connection."""

    def __init__(self, answer: aiohttp.ClientResponse, request: httpx.Request) -> None:
        self._answer = answer
        self._request = request
        self._protocol = answer._protocol  # the connection, which is given back when the body has ended

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> bytes:
        try:
            piece = await self._answer.content.readany()
        except (aiohttp.ClientError, OSError) as error:
            raise _as_httpx(error, self._request) from error
        if not piece:
            raise StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        self._answer.release()

    def goes_on(self) -> bool:
        """Whether the server sent more than the length that it stated; known once the body is read."""
        return bool(getattr(self._protocol, "goes_on", False))


def _as_httpx(error: Exception, request: httpx.Request) -> Exception:
    if refused := _refusal(error):
        return AddressRefused(str(refused))
    kind, words = _kind(error)
    return httpx.InvalidURL(words) if kind is httpx.InvalidURL else kind(words, request=request)


def _kind(error: Exception) -> tuple[type[Any], str]:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return UnknownHost, str(error)
        case aiohttp.ClientConnectorCertificateError():
            return InsecureServer, tls.about_certificate(error.certificate_error)
        case aiohttp.ClientSSLError():
            return InsecureServer, tls.about_handshake(error.os_error)
        case aiohttp.ClientConnectorError():
            number = error.os_error.errno
            return httpx.ConnectError, os.strerror(number) if number else str(error.os_error)
        case aiohttp.ConnectionTimeoutError():
            return httpx.ConnectTimeout, str(error)
        case aiohttp.ServerTimeoutError():
            return httpx.ReadTimeout, str(error)
        case aiohttp.ServerDisconnectedError():
            return httpx.RemoteProtocolError, str(error)
        case aiohttp.ClientPayloadError():
            return IncompleteAnswer, str(error)
        case aiohttp.ClientResponseError() if error.message.startswith(_TOO_MUCH):
            return NotHttp, f"answers with over {_MOST_HEADERS} headers, or one above {_LONGEST_HEADER // 1024} KiB"
        case aiohttp.ClientResponseError():
            return NotHttp, tls.WANTED if tls.is_alert(error.message) else "doesn't answer in HTTP"
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            return httpx.InvalidURL, str(error)
        case ValueError():
            return httpx.LocalProtocolError, str(error)
    return httpx.ReadError, str(error)


def _refusal(error: Exception) -> AddressRefused | None:
    """Finds the refusal: of a name with several addresses it is one of several errors."""
    seen: list[BaseException] = []
    below: list[BaseException | None] = [error]
    while below:
        cause = below.pop()
        if isinstance(cause, AddressRefused):
            return cause
        if cause is None or cause in seen:
            continue
        seen.append(cause)
        below += [cause.__cause__, cause.__context__, getattr(cause, "os_error", None)]
        below += cause.exceptions if isinstance(cause, BaseExceptionGroup) else ()
    return None

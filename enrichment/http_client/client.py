"""Sends a request and follows it to its response: where credentials may go, bounds, and errors by name."""

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Literal
from urllib.parse import urlsplit

import httpx

from enrichment.engine.auth.token import Token
from enrichment.engine.errors import SendError
from enrichment.engine.messages import Request, Response
from enrichment.engine.redirects import Hop
from enrichment.engine.template.url import matches
from enrichment.http_client import content_coding, redirects
from enrichment.http_client.addresses import AddressRefused
from enrichment.http_client.content_coding import DecodingError
from enrichment.http_client.departure import Departure
from enrichment.http_client.transport import IncompleteAnswer, InsecureServer, NotHttp, UnknownHost

MAX_READ = 10 * 1024 * 1024  # bytes
CONNECT_WITHIN = 10.0  # seconds: after them nothing was sent, and that is known
_ALWAYS = (("accept-encoding", content_coding.ACCEPTED), ("user-agent", "Marl"))

type Follow = Literal["never", "same_origin", "always"]  # where redirects are followed to


async def send(
    transport: httpx.AsyncBaseTransport,
    request: Request,
    *,
    timeout_ms: int,
    follow: Follow = "always",
    token: Token | None = None,
    allowed_hosts: Collection[str] | None = None,
    max_read: int = MAX_READ,
    departure: Departure | None = None,
) -> Response:
    """Returns the response with its whole body, decompressed. Raises SendError.

    `token` may go to `allowed_hosts` alone, which are in lower case; a request whose address or body holds secrets
    is to be redirected only in its `same_origin`. `departure` says when each request, also of a redirect, may go out;
    it may raise redis.RedisError.
    """
    first, hops = request, list[Hop]()
    try:
        async with asyncio.timeout(timeout_ms / 1000) as deadline:
            if departure:
                departure.deadline = deadline
            while True:
                outgoing = _as_httpx(request, departure)
                if token and allowed_hosts is not None and token.carried_by(request):
                    _check_host(outgoing.url, allowed_hosts)
                response = await _receive(transport, outgoing, max_read)
                if follow == "never" or response.status not in redirects.STATUSES:
                    return replace(response, hops=tuple(hops)) if hops else response
                then = redirects.following(request, response, token, len(hops), across_origins=follow == "always")
                if not isinstance(then, Request):
                    return replace(response, hops=tuple(hops), not_followed=then)
                hops.append(redirects.hop(first, response, then, token))
                request = then
                if departure:
                    await departure.ready()
    except (TimeoutError, httpx.TransportError, httpx.InvalidURL, ValueError) as error:
        raise _behind(hops, _named(error, request.url, timeout_ms)) from error
    except SendError as error:
        raise _behind(hops, error) from error.__cause__
    finally:
        if departure:
            departure.deadline = None


async def _receive(transport: httpx.AsyncBaseTransport, request: httpx.Request, max_read: int) -> Response:
    response = await transport.handle_async_request(request)
    body = await _read(response, max_read)
    headers = [(name.decode("latin-1"), value.decode("utf-8", "replace")) for name, value in response.headers.raw]
    if encodings := [value for name, value in headers if name.lower() == "content-encoding"]:
        body = _decoded(body, encodings, max_read, request.url)
    goes_on = bool(response.extensions.get("goes_on", bool)())
    is_part = "range" in request.headers
    return Response(response.status_code, tuple(headers), body, str(request.url), goes_on=goes_on, is_part=is_part)


def _as_httpx(request: Request, departure: Departure | None) -> httpx.Request:
    return httpx.Request(
        request.method,
        _url(request.url),
        headers=_headers(request.headers),
        stream=httpx.ByteStream(request.body or b""),  # as a stream, or httpx would add headers
        extensions={"timeout": {"connect": CONNECT_WITHIN}, "departure": departure},
    )


# Cached, because the rows of a column often share their address and nearly always their headers.
_url = lru_cache(maxsize=256)(httpx.URL)


@lru_cache(maxsize=256)
def _headers(headers: tuple[tuple[str, str], ...]) -> httpx.Headers:
    given = {name.lower() for name, _ in headers}
    ours = (item for item in _ALWAYS if item[0] not in given)
    return httpx.Headers([(name.encode(), value.encode()) for name, value in (*headers, *ours)])


async def _read(response: httpx.Response, max_read: int) -> bytes:
    """The bytes as they came, so that decompressing them can be bounded."""
    stream, body = response.stream, bytearray()
    assert isinstance(stream, httpx.AsyncByteStream)
    try:
        async for piece in stream:
            body += piece
            if len(body) > max_read:
                raise _too_large(max_read)
    finally:
        await stream.aclose()
    return bytes(body)


def _decoded(body: bytes, encodings: list[str], max_read: int, url: httpx.URL) -> bytes:
    try:
        decoded = content_coding.decode(body, encodings, max_read)
    except DecodingError as error:
        raise SendError(
            "protocol", f"The response from {_host(str(url))} {error}.", sent=True, retryable=False
        ) from error
    if len(decoded) > max_read:
        raise _too_large(max_read)
    return decoded


def _too_large(max_read: int) -> SendError:
    words = f"The response is larger than {max_read // 1024 // 1024} MiB."
    return SendError("too_large", words, sent=True, retryable=False)


def _check_host(url: httpx.URL, allowed_hosts: Collection[str]) -> None:
    host = url.raw_host.decode()
    if not matches(host, allowed_hosts):
        raise SendError(
            "host_not_allowed",
            f"The connection doesn't send its credentials to {host}. Allow this host in the connection.",
            sent=False,
            retryable=False,
        )


def _behind(hops: Sequence[Hop], error: SendError) -> SendError:
    """Returns the error with the redirects before it: the API has had the request, whatever became of those."""
    if not hops:
        return error
    words = f"The API redirects to {hops[-1].url[:200]}. {error.message}"
    return SendError(error.code, words, sent=True, retryable=error.retryable, hops=hops)


def _host(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def _named(error: Exception, url: str, timeout_ms: int) -> SendError:
    match error:
        case TimeoutError():
            return SendError("timeout", f"The server didn't answer within {timeout_ms / 1000:g} s.", sent=True)
        case AddressRefused():
            return SendError("refused_address", str(error), sent=False, retryable=False)
        case UnknownHost():
            return SendError("dns", f"The host {_host(url)} can't be found.", sent=False)
        case InsecureServer():
            return SendError("tls", f"Can't connect securely to {_host(url)}: {error}.", sent=False, retryable=False)
        case httpx.ConnectError():
            return SendError("connect", f"Can't connect to {_host(url)}: {error}.", sent=False)
        case httpx.ConnectTimeout():
            words = f"Can't connect to {_host(url)} within {CONNECT_WITHIN:g} s."
            return SendError("connect", words, sent=False)
        case httpx.InvalidURL() | httpx.UnsupportedProtocol() | httpx.LocalProtocolError() | ValueError():
            return SendError("url", f"{url[:200]} isn't an address that can be called.", sent=False, retryable=False)
        case IncompleteAnswer():
            return SendError("protocol", f"The response from {_host(url)} is incomplete.", sent=True)
        case NotHttp():
            return SendError("protocol", f"{_host(url)} {error}.", sent=True)
    return SendError("broken", f"{_host(url)} closed the connection before it answered.", sent=True)

"""The one way out: httpx over aiohttp's connector, with the address check on every socket and bounds on everything."""

import asyncio
import time
from collections.abc import Collection
from contextvars import ContextVar
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from multidict import CIMultiDict
from yarl import URL

from enrichment.addresses import AddressRefused, open_socket
from enrichment.engine.errors import SendError
from enrichment.engine.exchange import Request, Response
from enrichment.engine.token import Token
from enrichment.engine.url import matches

MAX_READ = 10 * 1024 * 1024  # bytes
MAX_REDIRECTS = 5
MAX_CONNECTIONS = 512
REDIRECTS = (301, 302, 303, 307, 308)
_NOT_ACROSS_ORIGINS = frozenset({"authorization", "cookie", "proxy-authorization"})


# The address as it was built: httpx and aiohttp would each encode it their own way (`filter[a]` as `filter%5Ba%5D`).
_exact: ContextVar[str] = ContextVar("exact")


class _Session:
    """What httpx-aiohttp asks for its session."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    def __call__(self) -> "_Session":
        return self

    def request(self, *, url: str, headers: httpx.Headers, **options: Any) -> Any:
        named = CIMultiDict((name.decode("ascii"), value.decode()) for name, value in headers.raw)
        return self._session.request(url=URL(_exact.get(url), encoded=True), headers=named, **options)

    async def close(self) -> None:
        await self._session.close()


class _Transport(AiohttpTransport):
    def __init__(self, session: _Session) -> None:
        super().__init__(verify=False, trust_env=False, client=session)  # type: ignore[arg-type]
        self._session = session

    async def aclose(self) -> None:
        await self._session.close()


def new_client(max_connections: int = MAX_CONNECTIONS) -> httpx.AsyncClient:
    """Made on the loop that will use it."""
    context = httpx.create_ssl_context(trust_env=False)
    connector = aiohttp.TCPConnector(
        limit=max_connections, ssl=context, socket_factory=open_socket, keepalive_timeout=30, ttl_dns_cache=30
    )
    session = aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar(), max_line_size=16_384, max_field_size=32_768
    )
    client = httpx.AsyncClient(transport=_Transport(_Session(session)), trust_env=False, headers={"user-agent": "Marl"})
    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # rows share no cookies
    return client


async def send(
    client: httpx.AsyncClient,
    request: Request,
    *,
    timeout_ms: int,
    follow_redirects: bool = True,
    token: Token | None = None,
    allowed_hosts: Collection[str] | None = None,
    max_read: int = MAX_READ,
) -> Response:
    """Raises SendError. `token` may go to `allowed_hosts` alone."""
    started = time.monotonic()
    try:
        async with asyncio.timeout(timeout_ms / 1000):
            response = await _follow(client, request, follow_redirects, token, allowed_hosts, max_read)
    except TimeoutError as error:
        raise SendError("timeout", f"No answer within {timeout_ms / 1000:g} s.", sent=True) from error
    except (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError, ValueError) as error:
        raise _named(error, request.url) from error
    duration = round((time.monotonic() - started) * 1000)
    return Response(
        response.status, response.headers, response.body, response.truncated, response.url, duration_ms=duration
    )


async def _follow(
    client: httpx.AsyncClient,
    request: Request,
    follow_redirects: bool,
    token: Token | None,
    allowed_hosts: Collection[str] | None,
    max_read: int,
) -> Response:
    for _ in range(MAX_REDIRECTS + 1):
        _check_credentials(request, token, allowed_hosts)
        response = await _once(client, request, max_read)
        target = response.header("location")
        if not follow_redirects or response.status not in REDIRECTS or not target:
            return response
        request = _redirected(request, response.status, target, token)
    raise SendError("too_many_redirects", f"More than {MAX_REDIRECTS} redirects.", sent=True, retryable=False)


async def _once(client: httpx.AsyncClient, request: Request, max_read: int) -> Response:
    built = client.build_request(
        request.method,
        request.url,
        headers=[(name.encode("ascii"), value.encode("utf-8")) for name, value in request.headers],
        content=request.body,
    )
    _exact.set(request.url)
    answer = await client.send(built, stream=True)
    try:
        body, truncated = bytearray(), False
        async for part in answer.aiter_bytes():
            body += part
            if len(body) > max_read:
                raise SendError(
                    "too_large",
                    f"The answer is larger than {max_read // 1024 // 1024} MiB.",
                    sent=True,
                    retryable=False,
                )
    finally:
        await answer.aclose()
    headers = tuple((name.decode("latin-1"), value.decode("utf-8", "replace")) for name, value in answer.headers.raw)
    return Response(answer.status_code, headers, bytes(body), truncated, str(answer.url))


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
    """httpx's own names for what aiohttp met hide the cause, so the whole chain is looked at."""
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
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol | ValueError):
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

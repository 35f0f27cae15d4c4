"""Digest (RFC 7616): answers to the challenges of an API, computed for each request as it goes out."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator

import httpx

from enrichment.engine.auth.digest import MARK
from enrichment.engine.errors import SendError

type Transport = httpx.AsyncBaseTransport
type Again = Callable[[], Awaitable[None]]

_PARAMETER = r'[\w-]+\s*=\s*(?:"(?:\\.|[^"\\])*"|[^\s,"]*)'
_CHALLENGE = re.compile(rf"(?:^|,)\s*([\w-]+)\s+({_PARAMETER}(?:\s*,\s*{_PARAMETER})*)")
_ALGORITHMS = frozenset({"MD5", "MD5-SESS", "SHA", "SHA-SESS", "SHA-256", "SHA-256-SESS", "SHA-512", "SHA-512-SESS"})


class Digest:
    """One user of an API. A challenge holds for the requests after it; the first request gets it alone."""

    def __init__(self, username: str, password: str) -> None:
        self._auth = httpx.DigestAuth(username, password)
        self._first = asyncio.Lock()
        self._is_challenged = False
        self._is_accepted: bool | None = None

    def over(self, transport: Transport, again: Again) -> Transport:
        """Returns a transport that answers for marked requests; `again` is awaited before one goes out late."""
        return _Transport(self, transport, again)

    async def send(self, request: httpx.Request, transport: Transport, again: Again) -> httpx.Response:
        """Returns the response to the request with its header. Raises SendError for a challenge without an answer."""
        if self._is_challenged:
            return await self._send(request, transport, again)
        has_to_wait = self._first.locked()
        async with self._first:
            if has_to_wait:
                await again()
            response = await self._send(request, transport, again)
            self._is_challenged = True
            return response

    async def _send(self, request: httpx.Request, transport: Transport, again: Again) -> httpx.Response:
        del request.headers["Authorization"]  # the mark
        flow = self._auth.sync_auth_flow(request)
        response = await transport.handle_async_request(next(flow))
        if response.status_code != 401 or self._is_accepted is False:  # another answer could lock the account
            return response
        if not (challenges := list(_challenges(response))):
            return response
        await response.aclose()
        response.headers["WWW-Authenticate"] = _answerable(challenges)
        response.request = request
        request = flow.send(response)
        await again()
        response = await transport.handle_async_request(request)
        self._is_accepted = self._is_accepted or response.status_code != 401
        return response


def _challenges(response: httpx.Response) -> Iterator[dict[str, str]]:
    """Yields the parameters of each Digest challenge, of which one header may hold several beside other kinds."""
    for header in response.headers.get_list("WWW-Authenticate"):
        for scheme, parameters in _CHALLENGE.findall(header):
            if scheme.lower() == "digest":
                pairs = (parameter.partition("=") for parameter in re.findall(_PARAMETER, parameters))
                yield {name.strip().lower(): value.strip() for name, _, value in pairs}


def _answerable(challenges: list[dict[str, str]]) -> str:
    """Returns the first challenge that can be answered, as a header. Raises SendError where none can."""
    for given in challenges:
        algorithm, ways = given.get("algorithm", "MD5").strip('"'), given.get("qop", "auth").strip('"')
        if algorithm.upper() in _ALGORITHMS and "auth" in re.split(r"\s*,\s*", ways) and {"realm", "nonce"} <= {*given}:
            return f"Digest {', '.join(f'{name}={value}' for name, value in given.items())}"
    asked = [f"{name} {given[name]}" for given in challenges for name in ("algorithm", "qop") if name in given]
    what = f": {', '.join(asked)[:200]}" if asked else ""
    words = f"The API asks for a kind of Digest sign-in that Marl doesn't have{what}."
    raise SendError("digest", words, sent=False, retryable=False)


class _Transport(httpx.AsyncBaseTransport):
    def __init__(self, digest: Digest, transport: Transport, again: Again) -> None:
        self._digest = digest
        self._transport = transport
        self._again = again

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.headers.get("Authorization") != MARK:
            return await self._transport.handle_async_request(request)
        return await self._digest.send(request, self._transport, self._again)

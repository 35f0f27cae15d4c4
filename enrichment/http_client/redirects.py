"""Where a redirect leads, and whether it may be followed.

A read is followed anywhere. A write keeps its method and body (307, 308), or is done and read from another address
(303). Where it would arrive as a read that changes nothing (301, 302), it is not followed. Credentials stay with
their origin.
"""

import re
from urllib.parse import urljoin

import httpx

from enrichment.engine.auth.token import Token
from enrichment.engine.messages import Request, Response
from enrichment.engine.redirects import Hop, NotFollowed

MOST = 5
STATUSES = (301, 302, 303, 307, 308)
_READS = ("GET", "HEAD")
_SHOWN = 200  # characters of an address
_HOST = re.compile(rb"[a-z0-9_-]+(\.[a-z0-9_-]+)*\.?|[0-9a-f:.]+")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_PRIVATE = re.compile(r"auth|cookie|token|secret|password|(?<!idempotency-)key$")  # in the lower-case name of a header


def following(
    request: Request, response: Response, token: Token | None, followed: int, *, across_origins: bool
) -> Request | NotFollowed | None:
    """Returns the request that a redirect asks for, or why it may not be sent; None for any other response.

    `followed` counts the redirects before this one.
    """
    if response.status not in STATUSES:
        return None
    try:
        url = _address(request.url, response.header("location"))
    except ValueError as error:
        return NotFollowed("redirect", f"The API redirects {error}.")
    if response.status in (301, 302) and request.method not in _READS:
        return NotFollowed("moved", _moved(request, url), url)
    if followed == MOST:
        words = f"The API redirected more than {MOST} times, at last to {url[:_SHOWN]}."
        return NotFollowed("too_many_redirects", words, url)
    if not across_origins and _origin(url) != _origin(request.url):
        words = f"The API redirects to {url[:_SHOWN]}, where no secret is sent. If this is right, use that address."
        return NotFollowed("redirect", words, url)
    return _redirected(request, response.status, url, token)


def hop(first: Request, response: Response, following: Request, token: Token | None) -> Hop:
    """Returns what is kept of a redirect; `first` is the request that had all of the credentials."""
    had = _credentials(first, token)
    along = _credentials(following, token) == had if had else None
    return Hop(response.status, following.method, following.url, along)


def _address(url: str, location: str | None) -> str:
    """Raises ValueError, whose words follow “redirects”."""
    if location is None or not location.strip():
        raise ValueError("without saying where")
    shown = f"to “{_CONTROLS.sub('\ufffd', location[:_SHOWN])}”"
    if "\ufffd" in location or "\\" in location:
        raise ValueError(f"{shown}, which contains characters that an address can't contain")
    try:
        target = httpx.URL(urljoin(url, location.strip())).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError) as error:
        raise ValueError(f"{shown}, which isn't a web address") from error
    if target.userinfo:
        raise ValueError("to an address with a user name, which Marl doesn't send")
    is_port = target.port is None or 0 < target.port < 65_536
    if target.scheme not in ("http", "https") or not is_port or not _HOST.fullmatch(target.raw_host):
        raise ValueError(f"{shown}, which isn't a web address")
    return str(target)


def _moved(request: Request, url: str) -> str:
    without = " without its body" if request.body else ""
    words = f"A {request.method} would arrive there as a GET{without}."
    return f"The API moved this address to {url[:_SHOWN]}. {words}"


def _redirected(request: Request, status: int, url: str, token: Token | None) -> Request:
    method, body, headers = request.method, request.body, request.headers
    if status == 303 and method not in _READS:
        method, body = "GET", None
        headers = tuple(item for item in headers if not item[0].lower().startswith("content-"))
    if _origin(url) != _origin(request.url):
        headers = tuple(item for item in headers if not _is_private(item[0], token))
    return Request(method, url, headers, body)


def _credentials(request: Request, token: Token | None) -> set[str]:
    names = {name.lower() for name, _ in request.headers if _is_private(name, token)}
    return names | {"?"} if token and token.in_query and token.is_in(request) else names


def _is_private(header: str, token: Token | None) -> bool:
    name = header.lower()
    return _PRIVATE.search(name) is not None or (token is not None and name == token.name.lower())


def _origin(url: str) -> tuple[str, bytes, int | None]:
    parts = httpx.URL(url)
    return parts.scheme, parts.raw_host, parts.port

"""Where a redirect leads, and whether it may be followed.

A read is followed anywhere. A write keeps its method and body (307, 308), or is done and read from another address
(303). Where it would arrive as a read that changes nothing (301, 302), it is not followed. Credentials stay with
their origin.
"""

import re
from urllib.parse import urljoin

import httpx

from enrichment.engine import web_address
from enrichment.engine.auth.token import Token
from enrichment.engine.messages import Request, Response
from enrichment.engine.redirects import Hop, NotFollowed

MOST = 5
STATUSES = (301, 302, 303, 307, 308)
_READS = ("GET", "HEAD")
_SHOWN = 200  # characters of an address
_HTTP = re.compile(r"(https?)://([^/?#]+)([^?#]*)(.*)", re.IGNORECASE | re.DOTALL)
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
        target = _HTTP.fullmatch(urljoin(url, location.strip()))
        if target is None or "@" not in target[2]:
            return _as_browsers_read(target)
    except (httpx.InvalidURL, ValueError) as error:
        raise ValueError(f"{shown}, which isn't a web address") from error
    raise ValueError("to an address with a user name, which Marl doesn't send")


def _as_browsers_read(target: re.Match[str] | None) -> str:
    """Raises ValueError or InvalidURL for what is no web address."""
    if target is None or target[2].endswith(":0"):
        raise ValueError
    scheme, host = target[1].lower(), web_address.authority(target[2])
    whole = f"{scheme}://{host}{web_address.without_dots(target[3]) or '/'}{target[4]}"
    return str(httpx.URL(whole).copy_with(fragment=None))


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
    carried = token.carried_by(request) if token else []
    return names | {f"?{credential.name}" for credential in carried if credential.in_query}


def _is_private(header: str, token: Token | None) -> bool:
    name = header.lower()
    if _PRIVATE.search(name):
        return True
    credentials = token.credentials if token else ()
    return any(name == credential.name.lower() for credential in credentials if not credential.in_query)


def _origin(url: str) -> tuple[str, bytes, int | None]:
    parts = httpx.URL(url)
    return parts.scheme, parts.raw_host, parts.port

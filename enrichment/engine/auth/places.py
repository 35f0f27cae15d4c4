"""Where a sign-in response holds a token: at a path of its body, in a header, or in a cookie."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime

from enrichment.engine.auth.token import JWT, NAMED, token_like, without_type
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.messages import Response
from enrichment.engine.template import parameters, paths
from enrichment.engine.template.paths import Path

_KINDS = re.compile(r"(header|cookie)\s*:\s*(.*)", re.IGNORECASE | re.DOTALL)
_COOKIE_NAME = re.compile(r"[^\s=;,\"]+")
_SESSION = re.compile(r"sid|sess|ticket", re.IGNORECASE)
_NO_TOKENS = frozenset({"set-cookie", "www-authenticate", "proxy-authenticate"})


@dataclass(frozen=True, slots=True)
class Cookie:
    """What a response sets; the text as it is sent back."""

    text: str
    expires_at: float | None


@dataclass(frozen=True, slots=True)
class Place:
    """One of `path`, `header` and `cookie` is there."""

    text: str  # as the settings have it
    path: Path | None = None
    header: str = ""
    cookie: str = ""

    def find(self, response: Response, body: object, now: float) -> object:
        """Returns what is there; None or MISSING where nothing is."""
        if self.path:
            return self.path.get(body)
        if self.header:
            return response.header(self.header)
        cookie = cookies_of(response, now).get(self.cookie)
        return cookie and cookie.text


def compile(text: str, field: str, problems: list[Problem]) -> Place:
    """Returns the place that a text of the settings names, and adds a problem where it names none."""
    text = text.strip()
    if not (named := _KINDS.fullmatch(text)):
        return Place(text, path_of(text, field, problems))
    kind, name = named[1].lower(), named[2].strip()
    if kind == "header":
        if parameters.refused_name(name):
            problems.append(Problem("Name the response header, such as header:X-Subject-Token.", field=field))
        return Place(text, header=name)
    if not _COOKIE_NAME.fullmatch(name):
        problems.append(Problem("Name the cookie, such as cookie:session.", field=field))
    return Place(text, cookie=name)


def path_of(text: str, field: str, problems: list[Problem]) -> Path | None:
    """Returns the path into a body, None for a blank one, and adds what is wrong with it to the problems."""
    if not text.strip():
        return None
    try:
        return paths.compile(text)
    except InvalidSettings as error:
        problems += [replace(problem, field=field) for problem in error.problems]
        return None


def cookies_of(response: Response, now: float) -> Mapping[str, Cookie]:
    """Returns the cookies that the response sets, by name; not those that it removes."""
    found: dict[str, Cookie] = {}
    for header, text in response.headers:
        pair, *attributes = text.split(";")
        name, _, value = (part.strip() for part in pair.partition("="))
        if header.lower() != "set-cookie" or not name:
            continue
        found[name] = Cookie(value, _end(attributes, now))
    return {name: cookie for name, cookie in found.items() if cookie.text.strip('"') and not _is_gone(cookie, now)}


def _is_gone(cookie: Cookie, now: float) -> bool:
    return cookie.expires_at is not None and cookie.expires_at <= now


def _end(attributes: list[str], now: float) -> float | None:
    """`Max-Age` counts before `Expires` (RFC 6265, 5.3)."""
    given = {name.strip().lower(): value.strip() for name, _, value in (item.partition("=") for item in attributes)}
    try:
        return now + float(given["max-age"])
    except (KeyError, ValueError):
        pass
    try:
        return parsedate_to_datetime(given["expires"]).timestamp()
    except (KeyError, ValueError, OverflowError):
        return None


def token_places(response: Response, body: object, now: float) -> list[str]:
    """Returns where something like a token is, the likeliest of the body first, then headers and cookies."""
    headers = [f"header:{name}" for name, text in response.headers if _is_token(name, text)]
    cookies = [f"cookie:{name}" for name, cookie in cookies_of(response, now).items() if _is_session(name, cookie)]
    return token_like(body) + list(dict.fromkeys(headers + cookies))


def _is_session(name: str, cookie: Cookie) -> bool:
    return _is_token(name, cookie.text) or (_SESSION.search(name) is not None and len(cookie.text) >= 16)


def _is_token(name: str, text: str) -> bool:
    text = without_type(text)
    if name.lower() in _NO_TOKENS:
        return False
    return JWT.fullmatch(text) is not None or (NAMED.search(name) is not None and len(text) >= 16 and " " not in text)

"""What the requests of a connection carry, and what in a response looks like it."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from enrichment.engine.messages import Request

JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_TOKEN = re.compile(r"[A-Za-z0-9_.~+/=:-]{16,}")


@dataclass(frozen=True, slots=True)
class Token:
    """A header, or a parameter of the query, that says who sends the request."""

    value: str
    name: str  # of the header or the parameter
    text: str  # all of its text, as in `Bearer abc`
    expires_at: float | None = None  # seconds since 1970; None: until it is refused
    header: dict[str, Any] | None = None  # decoded, when it is a JWT
    claims: dict[str, Any] | None = None
    in_query: bool = False

    @property
    def before(self) -> str:
        """The text before the value, as in `Bearer `."""
        return self.text.removesuffix(self.value) if self.text.endswith(self.value) else ""

    def apply_to(self, request: Request) -> Request:
        """Returns the request with this token."""
        if not self.in_query:
            return replace(request, headers=(*request.headers, (self.name, self.text)))
        sign = "&" if "?" in request.url else "?"
        return replace(request, url=f"{request.url}{sign}{self._parameter}")

    def is_in(self, request: Request) -> bool:
        """Returns whether the request carries this token."""
        if self.in_query:
            return self._parameter in request.url
        return (self.name, self.text) in request.headers

    @property
    def _parameter(self) -> str:
        return f"{quote(self.name, safe='')}={quote(self.text, safe='')}"


def decode(token: str) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Returns the header and claims of a JWT, unverified; (None, None) for an opaque token."""
    if not JWT.fullmatch(token):
        return None, None
    try:
        header, claims = (
            json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in token.split(".")[:2]
        )
    except (ValueError, RecursionError):
        return None, None
    return (header, claims) if isinstance(header, dict) and isinstance(claims, dict) else (None, None)


def token_like(value: object) -> list[str]:
    """Returns the paths of up to ten texts that could be a token, the likeliest first."""
    texts = sorted(_texts(value, "", 0), key=lambda item: (-_likely(*item), len(item[0])))
    return [path for path, text in texts if _likely(path, text) > 0][:10]


def _texts(value: object, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > 6:
        return
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts(item, _below(path, key), depth + 1)
    elif isinstance(value, list):
        for number, item in enumerate(value[:20]):
            yield from _texts(item, f"{path}[{number}]", depth + 1)


def _below(path: str, key: str) -> str:
    if not re.fullmatch(r"[^.\[\]\\]+", key):
        return f"{path}[{json.dumps(key)}]"
    return f"{path}.{key}" if path else key


def _likely(path: str, text: str) -> int:
    if JWT.fullmatch(without_type(text)) and decode(without_type(text))[1] is not None:
        return 3 + ("refresh" not in path.lower())
    named = re.search(r"token|jwt|auth|session|key", path, re.IGNORECASE)
    return 1 + bool(named) if _TOKEN.fullmatch(text) and (named or len(text) >= 24) else 0


def without_type(text: str) -> str:
    """Returns a token without quotes around it and the type that a server wrote before it, as in `Bearer abc`."""
    return re.sub(r"^(bearer|jwt|token)\s+", "", text.strip("\"' "), flags=re.IGNORECASE)

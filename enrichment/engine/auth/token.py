"""What a connection's requests carry, and what in an answer looks like it."""

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
    """A header, or a parameter of the query, that says who asks."""

    value: str
    name: str  # of the header or the parameter
    text: str  # what stands there
    expires_at: float | None = None  # seconds since 1970; None: until it is refused
    header: dict[str, Any] | None = None  # decoded, when it is a JWT
    claims: dict[str, Any] | None = None
    in_query: bool = False

    @property
    def before(self) -> str:
        """What stands before the value, as in `Bearer `."""
        return self.text.removesuffix(self.value) if self.text.endswith(self.value) else ""

    def apply_to(self, request: Request) -> Request:
        if not self.in_query:
            return replace(request, headers=(*request.headers, (self.name, self.text)))
        sign = "&" if "?" in request.url else "?"
        return replace(request, url=f"{request.url}{sign}{self._parameter}")

    def is_in(self, request: Request) -> bool:
        if self.in_query:
            return self._parameter in request.url
        return (self.name, self.text) in request.headers

    @property
    def _parameter(self) -> str:
        return f"{quote(self.name, safe='')}={quote(self.text, safe='')}"


def decode(token: str) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Header and claims of a JWT, unverified; (None, None) for an opaque token."""
    if not JWT.fullmatch(token):
        return None, None
    try:
        header, claims = (
            json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in token.split(".")[:2]
        )
    except (ValueError, RecursionError):
        return None, None
    return (header, claims) if isinstance(header, dict) and isinstance(claims, dict) else (None, None)


def token_like(value: object, way: str = "", depth: int = 0) -> Iterator[str]:
    """Paths of the texts that could be a token, the likeliest first."""
    found = sorted(_texts(value, way, depth), key=lambda item: (-_likely(*item), len(item[0])))
    return iter([path for path, text in found if _likely(path, text) > 0][:10])


def _texts(value: object, way: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > 6:
        return
    if isinstance(value, str):
        yield way, value
    elif isinstance(value, dict):
        for key, item in value.items():
            plain = re.fullmatch(r"[^.\[\]\\]+", key)
            yield from _texts(
                item, (f"{way}.{key}" if way else key) if plain else f"{way}[{json.dumps(key)}]", depth + 1
            )
    elif isinstance(value, list):
        for number, item in enumerate(value[:20]):
            yield from _texts(item, f"{way}[{number}]", depth + 1)


def _likely(path: str, text: str) -> int:
    if JWT.fullmatch(without_type(text)) and decode(without_type(text))[1] is not None:
        return 3 + ("refresh" not in path.lower())
    named = re.search(r"token|jwt|auth|session|key", path, re.IGNORECASE)
    return 1 + bool(named) if _TOKEN.fullmatch(text) and (named or len(text) >= 24) else 0


def without_type(text: str) -> str:
    return re.sub(r"^(bearer|jwt|token)\s+", "", text, flags=re.IGNORECASE)

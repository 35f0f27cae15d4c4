"""What the requests of a connection carry, and what in a response looks like it."""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from enrichment.engine.messages import Request

JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
NAMED = re.compile(r"token|jwt|auth|session|key", re.IGNORECASE)
_TOKEN = re.compile(r"[A-Za-z0-9_.~+/=:-]{16,}")
_MAY_BE_TOKEN = re.compile(r"(?<![\w.~+/-])(?=[\w.~+/-]*\d)[\w.~+/-]{8,}=*|[\w.~+/-]{24,}=*")


@dataclass(frozen=True, slots=True)
class Credential:
    """A header, or a parameter of the query, that says who sends a request."""

    name: str
    text: str  # all of it, as in `Bearer abc`
    in_query: bool = False

    @property
    def is_cookie(self) -> bool:
        return not self.in_query and self.name.lower() == "cookie"

    @property
    def shown(self) -> str:
        return f"?{self.name}={self.text}" if self.in_query else f"{self.name}: {self.text}"

    def apply_to(self, request: Request) -> Request:
        """Returns the request with this credential; a header of the same name gives way, a cookie stands beside it."""
        if self.in_query:
            sign = "&" if "?" in request.url else "?"
            return replace(request, url=f"{request.url}{sign}{self._parameter}")
        same = [text for name, text in request.headers if name.lower() == self.name.lower()]
        others = tuple(item for item in request.headers if item[0].lower() != self.name.lower())
        text = "; ".join([*(same if self.is_cookie else ()), self.text])
        return replace(request, headers=(*others, (self.name, text)))

    def is_in(self, request: Request) -> bool:
        """Returns whether the request carries this credential."""
        if self.in_query:
            return self._parameter in re.split("[?&]", request.url)
        return any(self._is_header(*item) for item in request.headers)

    def replaced_in(self, request: Request, text: str) -> Request:
        """Returns the request with another text where this credential stands, which a query takes as it is."""
        if self.in_query:
            place = re.compile(rf"(?<=[?&]){re.escape(self._parameter)}(?=&|$)")
            shown = f"{quote(self.name, safe='')}={text}"
            return replace(request, url=place.sub(lambda _: shown, request.url))
        headers = (
            (name, sent.removesuffix(self.text) + text if self._is_header(name, sent) else sent)
            for name, sent in request.headers
        )
        return replace(request, headers=tuple(headers))

    def _is_header(self, name: str, text: str) -> bool:
        return name == self.name and (text == self.text or (self.is_cookie and text.endswith(f"; {self.text}")))

    @property
    def _parameter(self) -> str:
        return f"{quote(self.name, safe='')}={quote(self.text, safe='')}"


@dataclass(frozen=True, slots=True)
class Token:
    """What the requests of a connection carry."""

    value: str  # the token by itself; empty where it is not one text
    credentials: tuple[Credential, ...]
    expires_at: float | None = None  # seconds since 1970; None: until it is refused
    header: dict[str, Any] | None = None  # decoded, when it is a JWT
    claims: dict[str, Any] | None = None
    refresh: str = ""  # what another token is got for

    @classmethod
    def in_header(cls, value: str, name: str, token_type: str = "") -> "Token":
        """Returns a token that one header carries, as in `Authorization: Bearer abc`."""
        return cls(value, (Credential(name, f"{token_type} {value}".strip()),))

    @classmethod
    def in_query(cls, value: str, name: str) -> "Token":
        """Returns a token that one parameter of the query carries."""
        return cls(value, (Credential(name, value, in_query=True),))

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "Token":
        """Returns what `dataclasses.asdict` made. Raises TypeError for what another version made."""
        credentials = tuple(Credential(**item) for item in stored.get("credentials", ()))
        return cls(**{**stored, "credentials": credentials})

    @property
    def text(self) -> str:
        """Everything that is carried: two tokens of the same text are the same."""
        return "\n".join(credential.text for credential in self.credentials)

    @property
    def shown(self) -> str:
        """The headers and parameters with their names, in one line."""
        return ", ".join(credential.shown for credential in self.credentials)

    def apply_to(self, request: Request) -> Request:
        """Returns the request with everything that is carried."""
        for credential in self.credentials:
            request = credential.apply_to(request)
        return request

    def carried_by(self, request: Request) -> list[Credential]:
        """Returns what the request carries of it."""
        return [credential for credential in self.credentials if credential.is_in(request)]


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
    named = NAMED.search(path)
    return 1 + bool(named) if _TOKEN.fullmatch(text) and (named or len(text) >= 24) else 0


def is_token(name: str, text: str) -> bool:
    """Returns whether a text of this name could be a token."""
    return _likely(name, text) > 0


def without_tokens(text: str) -> str:
    """Returns words of an answer that may hold a token, with dots for whatever could be one."""
    return _MAY_BE_TOKEN.sub("••••••••", text)


def without_type(text: str) -> str:
    """Returns a token without quotes around it and the type that a server wrote before it, as in `Bearer abc`."""
    return re.sub(r"^(bearer|jwt|token)\s+", "", text.strip("\"' \t\r\n"), flags=re.IGNORECASE)

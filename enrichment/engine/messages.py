"""A request that is ready to go, the response to it, and what becomes of a cell after that: plain data, no I/O."""

import re
from dataclasses import dataclass
from functools import cached_property

from enrichment.engine.redirects import Hop, NotFollowed

_CHARSET = re.compile(r'charset="?([\w.:-]+)', re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    url: str  # absolute and encoded, query included
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None


@dataclass(frozen=True)
class Response:
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    url: str = ""  # after redirects
    hops: tuple[Hop, ...] = ()
    not_followed: NotFollowed | None = None

    def header(self, name: str) -> str | None:
        """Returns the first header of this name, in whatever case."""
        lowered = name.lower()
        return next((value for key, value in self.headers if key.lower() == lowered), None)

    @cached_property
    def text(self) -> str:
        """The body, decoded as the response says, else as UTF-8."""
        charset = _CHARSET.search(self.header("content-type") or "")
        body = self.body.removeprefix(b"\xef\xbb\xbf")
        try:
            return body.decode(charset[1] if charset else "utf-8", "replace")
        except (LookupError, UnicodeError):  # not a charset, or not one of texts
            return body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a cell after a response."""

    state: str  # done, no_data or failed
    value: object = None
    error_code: str = ""
    error_message: str = ""
    http_status: int | None = None
    retryable: bool = False
    retry_after: float | None = None  # seconds; a 429/503 that said so

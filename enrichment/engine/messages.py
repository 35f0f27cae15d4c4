"""A request that is ready to go, the response to it, and what becomes of a cell after that: plain data, no I/O."""

from dataclasses import dataclass
from functools import cached_property

from enrichment.engine.characters import Decoded, decode
from enrichment.engine.redirects import Hop, NotFollowed


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
    goes_on: bool = False  # the server sent more than the length that it stated
    is_part: bool = False  # of what is at the address, as the request asked

    def header(self, name: str) -> str | None:
        """Returns the first header of this name, in whatever case."""
        lowered = name.lower()
        return next((value for key, value in self.headers if key.lower() == lowered), None)

    @cached_property
    def decoded(self) -> Decoded:
        """The text of the body, with how it was found."""
        return decode(self.body, self.header("content-type") or "")

    @property
    def text(self) -> str:
        return self.decoded.text


@dataclass(slots=True)  # a frozen one takes three times as long to make, and each row of a batch has one
class Outcome:
    """What becomes of a cell after a response."""

    state: str  # done, no_data, failed, or waiting for a result that is to be asked for
    value: object = None
    error_code: str = ""
    error_message: str = ""
    http_status: int | None = None
    retryable: bool = False
    wait: float | None = None  # seconds that the server asks for; 0 where it doesn't say how long
    earliest: float = 0.0  # seconds before which the server wants no retry of a request that failed
    ask_in: float | None = None  # seconds until the result is asked for
    detail: dict[str, object] | None = None  # of a list that came in pages
    is_too_fast: bool = False  # it refused because there were too many requests

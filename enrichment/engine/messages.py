"""A request that is ready to go and the answer to it, as plain data."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    url: str  # absolute and encoded, query included
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    url: str = ""  # after redirects

    def header(self, name: str) -> str | None:
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a cell after an answer."""

    state: str  # done, no_data or failed
    value: object = None
    error_code: str = ""
    error_message: str = ""
    http_status: int | None = None
    retryable: bool = False
    retry_after: float | None = None  # seconds; a 429/503 that said so
    refused: bool = field(default=False)  # the connection's token was refused

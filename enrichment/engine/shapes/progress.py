"""How far the exchange of a row is after its first answer: enough to go on from there, and never to begin again."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

from enrichment.engine.answer.value import value_of
from enrichment.engine.messages import Request, Response
from enrichment.engine.shapes.pages import Pages

NAMES = {1: "status", 2: "body", 3: "headers", 4: "first"}  # of what conditions and addresses refer to


@dataclass(frozen=True, slots=True)
class Answer:
    """What later requests may refer to; plain JSON."""

    status: int
    headers: dict[str, str]  # by name in lower case
    body: Any

    @classmethod
    def of(cls, response: Response) -> Self:
        try:
            body = value_of(response)
        except ValueError:
            body = None
        return cls(response.status, {name.lower(): text for name, text in response.headers}, body)


@dataclass(frozen=True, slots=True)
class Progress:
    url: str  # that gave the first answer
    headers: tuple[tuple[str, str], ...]  # of the first request, without those of the connection
    first: Answer
    last: Answer
    began_at: float  # seconds since 1970
    requests: int  # that were sent for the row, all in all
    asked: int = 0  # times, after the first answer
    failures: int = 0  # in a row, since there was an answer
    pages: Pages | None = None  # where the result is a list that comes in pages

    @classmethod
    def begin(cls, request: Request, response: Response, now: float, requests: int) -> Self:
        """Returns the progress after the first answer."""
        first = Answer.of(response)
        return cls(response.url or request.url, request.headers, first, first, now, requests)

    def answered(self, response: Response, requests: int) -> "Progress":
        """Returns the progress after an answer that says that there is nothing yet."""
        return replace(self, last=Answer.of(response), requests=requests, asked=self.asked + 1, failures=0)

    def turned(self, pages: Pages, requests: int) -> "Progress":
        """Returns the progress after one more page."""
        return replace(self, pages=pages, requests=requests, failures=0)

    def failed(self, requests: int) -> "Progress":
        """Returns the progress after a request that brought no answer of use."""
        return replace(self, requests=requests, failures=self.failures + 1)

    def begun_anew(self, now: float) -> "Progress":
        """Returns the progress with all the time that there was at first."""
        return replace(self, began_at=now, failures=0)

    @property
    def next_method(self) -> str:
        """The method of the request that follows: a question, or the request that gave the first page once more."""
        return self.pages.request.method if self.pages else "GET"

    @property
    def values(self) -> dict[int, object]:
        """What references to answers stand for."""
        return {1: self.last.status, 2: self.last.body, 3: self.last.headers, 4: self.first.body}

    def as_json(self) -> dict[str, Any]:
        return asdict(replace(self, pages=None)) | {"pages": self.pages and self.pages.as_json()}

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> Self:
        headers = tuple((name, value) for name, value in kept["headers"])
        first, last = (Answer(**kept[name]) for name in ("first", "last"))
        pages = Pages.of_json(kept["pages"]) if kept.get("pages") else None
        return cls(**{**kept, "headers": headers, "first": first, "last": last, "pages": pages})

"""The settings of an HTTP column as the API takes them: types and bounds. The engine says what the texts mean."""

from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError, field_validator
from pydantic_core import ErrorDetails

from enrichment.engine.answer.value import Kind
from enrichment.engine.errors import Problem
from enrichment.engine.template.body_formats import BodyFormat
from tables.storable import storable

Method = Literal["GET", "POST", "PUT", "DELETE", "PATCH"]
SAFE_METHODS = frozenset({"GET", "PUT", "DELETE", "HEAD"})  # may be sent twice
Status = Annotated[int, Field(ge=100, le=599)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Parameter(_Strict):
    name: str = ""
    value: str = ""

    def changed(self, change: Callable[[str], str]) -> Self:
        """Returns it with its value changed."""
        return self.model_copy(update={"value": change(self.value)})


class RateLimit(_Strict):
    """Allows at most `requests` in any window of `duration_ms`."""

    requests: Annotated[int, Field(ge=1, le=1_000_000)]
    duration_ms: Annotated[int, Field(ge=10, le=86_400_000)]


class Retry(_Strict):
    max_retries: Annotated[int, Field(ge=0, le=10)] = 3
    statuses: list[Status] = [408, 429, 500, 502, 503, 504]
    unsafe_methods: bool = False

    @property
    def max_attempts(self) -> int:
        """How often a row is tried at most."""
        return self.max_retries + 1


class Poll(_Strict):
    """Asks for a result that the API has not got yet. The conditions are over its last and its first answer."""

    until: str = ""
    url: str = ""  # empty: where the first answer says
    every_ms: Annotated[int, Field(ge=100, le=86_400_000)] = 2_000
    for_ms: Annotated[int, Field(ge=1_000, le=2_592_000_000)] = 600_000
    failed_if: str = ""

    @field_validator("until", "url", "failed_if", mode="before")
    @classmethod
    def _nothing(cls, text: object) -> object:
        return "" if text is None else text


class Pages(_Strict):
    """Fetches a list that comes in pages: the result is the first answer with the items of all of them."""

    by: Literal["next_url", "cursor", "page", "offset", "link_header"] = "next_url"
    next: str = ""  # where an answer names the next page
    parameter: str = ""  # of the query, for the cursor or the number
    start: Annotated[int, Field(ge=0, le=1_000_000)] | None = None  # None: 1 for pages, 0 for offsets
    size: Annotated[int, Field(ge=1, le=1_000_000)] | None = None  # a page with fewer items is the last one
    items: str = ""  # where the list is; empty: the answer is one
    max_pages: Annotated[int, Field(ge=1, le=1_000)] = 50
    max_items: Annotated[int, Field(ge=1, le=100_000)] = 10_000


class Match(_Strict):
    """By what an item of an answer is a row's."""

    row: str = ""
    answer: str = ""  # where it is in the item


def _kind_of_match(match: object) -> str:
    return "by_order" if isinstance(match, str) else "by_key"


class Batch(_Strict):
    """Sends many rows in one request, and divides the answer among them."""

    rows: Annotated[int, Field(ge=1, le=1_000)] = 100
    items: str = ""  # where the answer has its list; empty: it is one
    match: Annotated[
        Annotated[Literal["order"], Tag("by_order")] | Annotated[Match, Tag("by_key")], Discriminator(_kind_of_match)
    ] = "order"
    item_error: str = ""  # where an item says that its row failed

    @field_validator("items", "item_error", mode="before")
    @classmethod
    def _nothing(cls, text: object) -> object:
        return "" if text is None else text

    def changed(self, change: Callable[[str], str]) -> Self:
        """Returns it with the text that holds references changed."""
        if isinstance(self.match, str):
            return self
        return self.model_copy(update={"match": self.match.model_copy(update={"row": change(self.match.row)})})


class Callback(_Strict):
    """Waits until the API posts the result to the address that stands in the request."""

    for_ms: Annotated[int, Field(ge=1_000, le=2_592_000_000)] = 3_600_000


# Settings about more than one request for a row, or more than one row for a request.
SHAPES = ("poll", "pages", "batch", "callback")
_SENT = {
    *("connection_id", "method", "url", "url_from_cell", "query", "headers", "body_format", "body", "form"),
    "remove_null",
}
_OF_RESULTS = _SENT | {"field_paths", "answer", "success_if"}


class Asked(NamedTuple):
    """Stands for the settings that a row was asked with; empty where nobody knows."""

    request: str = ""  # all that its result depends on
    sent: str = ""  # what cannot change between its first request and its result: what is sent, and what pages are


NOT_SAID = Asked()


class HttpConfig(_Strict):
    connection_id: int | None = None
    method: Method = "GET"
    url: str = ""
    url_from_cell: bool = False
    query: list[Parameter] = []
    headers: list[Parameter] = []
    body_format: BodyFormat = "json"
    body: str | None = None  # kept, as `form` is, while another format is chosen
    form: list[Parameter] = []
    remove_null: bool = False
    field_paths: list[str] = []
    auto_update: bool = True
    keep_existing: bool = False  # a changed row with a result is marked as out of date instead of run again
    run_if: str = ""
    required: list[int | str] | None = None  # the columns without which a row isn't sent; None: those of the address
    rate_limit: RateLimit | None = None
    max_in_flight: Annotated[int, Field(ge=1, le=256)] = 32
    timeout_ms: Annotated[int, Field(ge=100, le=300_000)] = 30_000
    follow_redirects: bool = True
    answer: Kind = "auto"
    poll: Poll | None = None
    pages: Pages | None = None
    batch: Batch | None = None
    callback: Callback | None = None
    success_if: str = ""  # over the status, body and headers of a response, not over columns
    retry: Retry = Retry()
    idempotency_header: str | None = None
    collapse_duplicates: bool = False
    cache_seconds: Annotated[int, Field(ge=0, le=31_536_000)] = 0
    stop_after_failures: Annotated[int, Field(ge=1)] | None = None
    stop_after_failure_percent: Annotated[int, Field(ge=1, le=100)] | None = None  # of the rows, once 50 have ended

    @field_validator("method", mode="before")
    @classmethod
    def _upper(cls, method: object) -> object:
        return method.upper() if isinstance(method, str) else method

    @field_validator("run_if", "success_if", mode="before")
    @classmethod
    def _no_condition(cls, condition: object) -> object:
        return "" if condition is None else condition

    def with_texts(self, change: Callable[[str], str]) -> Self:
        """Returns the settings with every text that may hold references changed."""
        return self.model_copy(
            update={
                "url": change(self.url),
                "query": [item.changed(change) for item in self.query],
                "headers": [item.changed(change) for item in self.headers],
                "form": [item.changed(change) for item in self.form],
                "body": None if self.body is None else change(self.body),
                "run_if": change(self.run_if),
                "batch": self.batch and self.batch.changed(change),
            }
        )

    @property
    def request_digest(self) -> str:
        """Returns the same for settings that give the same results, but for what the connection sends."""
        of_request = self.model_dump_json(include=_OF_RESULTS)
        of_request += self.model_dump_json(include={*SHAPES}, exclude_none=True).removeprefix("{}")
        return blake2b(of_request.encode(), digest_size=16).hexdigest()

    @property
    def asked(self) -> Asked:
        """Returns what stands for these settings."""
        sent = self.model_dump_json(include={*_SENT, "pages"})
        return Asked(self.request_digest, blake2b(sent.encode(), digest_size=16).hexdigest())

    @property
    def may_repeat(self) -> bool:
        """Whether a request that may have arrived may be sent again."""
        return self.method in SAFE_METHODS or self.retry.unsafe_methods or bool(self.idempotency_header)

    @property
    def caches(self) -> bool:
        """Whether answers are used again by later runs."""
        return self.method == "GET" and self.cache_seconds > 0

    @property
    def shares_answers(self) -> bool:
        """Whether identical requests of a run are sent once."""
        return self.collapse_duplicates or self.caches


_TAGS = ("by_order", "by_key")  # in the way to a setting of which there are several kinds
_WORDS = {
    "extra_forbidden": "This setting doesn't exist.",
    "missing": "This setting is required.",
    "int_parsing": "Enter a whole number.",
    "int_type": "Enter a whole number.",
    "int_from_float": "Enter a whole number.",
    "string_type": "Enter text.",
    "bool_parsing": "Send true or false.",
    "bool_type": "Send true or false.",
    "list_type": "Send a list.",
    "dict_type": "Send an object.",
    "model_type": "Send an object.",
}


def problems_of(error: ValidationError, prefix: str = "") -> list[Problem]:
    """Returns a problem for each wrong setting, named by its path (`retry.max_retries`)."""
    problems = {}
    for item in error.errors(include_url=False):
        field = prefix + ".".join(str(part) for part in item["loc"] if part not in _TAGS)
        problems[field] = Problem(_words(item), field=field)
    return list(problems.values())


def _words(error: ErrorDetails) -> str:
    limits: dict[str, Any] = error.get("ctx", {})
    if "ge" in limits:
        return f"Enter {limits['ge']:,} or more."
    if "le" in limits:
        return f"Enter {limits['le']:,} or less."
    if "expected" in limits:
        return f"Choose one of {limits['expected']}."
    return _WORDS.get(error["type"], error["msg"].removeprefix("Value error, ").rstrip(".") + ".")


def unstorable(settings: Mapping[str, Any]) -> list[Problem]:
    """Returns the problem of settings with U+0000 or half a surrogate pair."""
    if storable(settings) == settings:
        return []
    return [Problem("These settings contain a character that can't be stored. Type them again.", field="config")]

"""The settings of an HTTP column as the API takes them: types and bounds. The engine says what the texts mean."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import ErrorDetails

from enrichment.engine.answer.value import Kind
from enrichment.engine.errors import Problem
from tables.values import storable

Method = Literal["GET", "POST", "PUT", "DELETE", "PATCH"]
SAFE_METHODS = frozenset({"GET", "PUT", "DELETE", "HEAD"})  # may be sent twice
Status = Annotated[int, Field(ge=100, le=599)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Parameter(_Strict):
    name: str = ""
    value: str = ""


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


class HttpConfig(_Strict):
    connection_id: int | None = None
    method: Method = "GET"
    url: str = ""
    url_from_cell: bool = False
    query: list[Parameter] = []
    headers: list[Parameter] = []
    body: str | None = None
    remove_null: bool = False
    field_paths: list[str] = []
    auto_update: bool = True
    keep_existing: bool = False  # a changed row with a result is marked as out of date instead of run again
    run_if: str = ""
    required: list[int | str] = []
    rate_limit: RateLimit | None = None
    max_in_flight: Annotated[int, Field(ge=1, le=256)] = 32
    timeout_ms: Annotated[int, Field(ge=100, le=300_000)] = 30_000
    follow_redirects: bool = True
    answer: Kind = "auto"
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
                "query": [item.model_copy(update={"value": change(item.value)}) for item in self.query],
                "headers": [item.model_copy(update={"value": change(item.value)}) for item in self.headers],
                "body": None if self.body is None else change(self.body),
                "run_if": change(self.run_if),
            }
        )

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
        field = prefix + ".".join(str(part) for part in item["loc"])
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
    return _WORDS.get(error["type"], error["msg"] + ".")


def unstorable(settings: Mapping[str, Any]) -> list[Problem]:
    """Returns the problem of settings with U+0000 or half a surrogate pair."""
    if storable(settings) == settings:
        return []
    return [Problem("These settings contain a character that can't be stored. Type them again.", field="config")]

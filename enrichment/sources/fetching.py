"""Fetches the list of a source: its request and what follows from the answers, with sign-in, limits and retries."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from redis import RedisError

from enrichment.engine.answer.telling import error_of
from enrichment.engine.errors import SignInError
from enrichment.engine.shapes import more
from enrichment.engine.shapes.pages import named_next
from enrichment.engine.shapes.progress import Progress
from enrichment.engine.template.paths import MISSING
from enrichment.http_client.rate_limit import Wait
from enrichment.models import Run
from enrichment.runs.results import Result
from enrichment.sources.settings import Draft
from enrichment.worker import exchange, next_request, paging
from enrichment.worker.job import Job, of_settings
from enrichment.worker.ready import Ready, ended_by
from tables.models import CellState
from tables.values import as_text
from workspaces.refusals import Refused

SHORT = 5.0  # seconds that a worker waits; longer ones are waited for without one
_SHOWN = 100  # characters of an answer that is no list
_LISTED = 5  # lists that an answer has instead


@dataclass(frozen=True, slots=True)
class At:
    """How far an exchange is: the tries of its first request, or what came after it."""

    attempts: int = 0
    notes: Mapping[str, Any] = field(default_factory=dict)
    progress: Progress | None = None

    @property
    def pages(self) -> int:
        """How many came so far."""
        return self.progress.pages.number if self.progress and self.progress.pages else 0

    @property
    def items(self) -> list[Any]:
        """Those that came so far."""
        return self.progress.pages.items if self.progress and self.progress.pages else []


@dataclass(frozen=True, slots=True)
class Later:
    """It goes on in so many seconds."""

    seconds: float
    at: At


class NoList(Refused):
    """The answer has its list elsewhere, or none; `others` are the paths of those that it has."""

    def __init__(self, path: str, others: Sequence[str] = (), found: str = "") -> None:
        words = f"There is no list at “{path}”." if path else "The answer isn't a list."
        super().__init__(f"{words} {found or _where(others)}", field="items")
        self.others = others


def _where(others: Sequence[str]) -> str:
    listed = ", ".join(f"“{other}”" for other in others)
    return f"It has {'lists' if others[1:] else 'one'} at {listed}." if others else "It has none. Check the address."


type Told = Callable[[At], Awaitable[None]]  # hears how far it is after each request; what it raises ends it


def job_of(draft: Draft, source_id: int | None) -> Job:
    """Returns what sends the requests of a source, under its own limit."""
    return of_settings(Run(table_id=draft.table.pk), draft.compiled, draft.connection, f"source:{source_id or 'new'}")


async def fetch(job: Job, at: At, told: Told) -> Result | Later:
    """Returns how it ended, or where it goes on later. What is wrong is a result, and never an error."""
    try:
        while True:
            row = _next(job, at)
            if isinstance(row, Result):
                return row
            start = await job.limiter.reserve()
            if isinstance(start, Wait):
                if start.seconds > SHORT:
                    return Later(start.seconds, at)
                await asyncio.sleep(start.seconds)
                continue
            result = await exchange.once(job, row, await job.limiter.start(start))
            if result.ended:
                return result
            if result.pause:
                result.state, result.error_message = CellState.FAILED, result.pause.reason
                return result
            at = At(result.attempts, result.notes, result.progress)
            await told(at)
            seconds = (result.due_at - timezone.now()).total_seconds() if result.due_at else 0.0
            if seconds > SHORT:
                return Later(seconds, at)
            await asyncio.sleep(max(0.0, seconds))
    except SignInError as error:
        return ended_by(0, error)
    except RedisError:
        words = "Redis isn't answering, so Marl can't keep the rate limit."
        return Result(0, CellState.FAILED, error_code="redis", error_message=words)


def _next(job: Job, at: At) -> Ready | Result:
    if at.progress:
        return next_request.ready(job, 0, at.attempts, at.progress)
    request = paging.first_request(job, job.compiled.request.render(paging.first_values(job)).request)
    return Ready(0, at.attempts, request, notes=at.notes)


def items_of(draft: Draft, result: Result) -> list[Any]:
    """Returns the list of an exchange that ended. Raises Refused where it failed, or has lists, but not this one.

    An object without any list is an empty one, unless it tells of an error: many APIs leave out what is empty.
    """
    if result.state == CellState.NO_DATA:
        return []
    if result.state != CellState.DONE:
        raise Refused(result.error_message)
    found = result.value if draft.items is None else draft.items.get(result.value)
    if isinstance(found, list) and detail_of(result).get("list", True):
        return found
    if told := error_of(result.value):
        raise Refused(f"The answer has no list, and says: {told}")
    where = draft.items.text if draft.items else ""
    others = [path for path, _ in more.lists(result.value) if path and path != where][:_LISTED]
    if others or draft.items is None or found not in (None, MISSING, []):
        raise NoList(where, others)
    if isinstance(result.value, list):
        raise NoList(where, found="The answer itself is the list: leave “List at” empty.")
    if not isinstance(result.value, dict):
        raise NoList(where, found=f"The answer is a text: {as_text(result.value)[:_SHOWN]}")
    return []


def of_empty(draft: Draft, result: Result) -> str:
    """Says why there are no items."""
    if told := error_of(result.value):
        return f"The list of the API was empty. The answer says: {told}"
    if draft.items and result.state == CellState.DONE and draft.items.get(result.value) is MISSING:
        return f"The answer has nothing at “{draft.items.text}”, which counts as an empty list."
    return "The list of the API was empty."


def remarks(draft: Draft, result: Result) -> list[str]:
    """Returns what is to be said of a list that came, such as that the API has more of it."""
    told = _told_of_more(draft, result)
    more_words = f"The API has more: {told}. Say under “Pages” how it is fetched." if told else ""
    return [words for words in (result.error_message.replace("in the column", "in the source"), more_words) if words]


def is_all(draft: Draft, result: Result) -> bool:
    """Whether the list that came is whole, as far as the answers tell."""
    return detail_of(result).get("complete", True) and not _told_of_more(draft, result)


def _told_of_more(draft: Draft, result: Result) -> str:
    """Returns what says that the one answer of a source without pages is not all."""
    if draft.compiled.paging or result.state != CellState.DONE:
        return ""
    if told := more.told(result.value, draft.items, len(items_of(draft, result)), 1):
        return f"in its answer, {told}"
    response: Any = result.new_attempts[-1].response if result.new_attempts else None
    headers = response["headers"] if response else {}
    links = [text for name, text in headers.items() if name.lower() == "link"]
    return "the header Link of its answer names another page" if named_next(links) else ""


def detail_of(result: Result) -> Mapping[str, Any]:
    """Returns what is known of a list that came in pages."""
    return result.error_detail if isinstance(result.error_detail, dict) else {}


def words_of(seconds: float) -> str:
    """Says for how long the API asks to wait."""
    return f"{math.ceil(seconds)} s" if seconds < 90 else f"{math.ceil(seconds / 60)} min"

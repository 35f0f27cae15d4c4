"""Asking an API for a result that it has not got yet: where, when next, and for how long."""

from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from enrichment.engine import web_address
from enrichment.engine.answer.wait import named_wait
from enrichment.engine.errors import InvalidSettings, Problem, RenderError
from enrichment.engine.messages import Request, Response
from enrichment.engine.shapes.progress import NAMES, Progress
from enrichment.engine.template import url
from enrichment.engine.template.parameters import Filling
from enrichment.engine.template.references import Hole
from enrichment.engine.template.url import Url
from enrichment.engine.template.values import as_text

NOT_YET = (404, 425)  # of a job that the API does not know of at once: asked again, as after a failure
_NAMING = ("location", "operation-location")  # headers of an answer that say where the result will be
_OF_FIRST = frozenset({"content-type", "content-length"})  # headers that only the first request has
_HERE = "https://here.invalid"


def _led_to(base: str, named: str) -> str:
    """Raises RenderError."""
    try:
        return web_address.led_to(base, named)
    except ValueError:
        words = f"“{named[:200]}” isn't an address where Marl could ask for the result."
        raise RenderError("poll_address", words) from None


@dataclass(frozen=True, slots=True)
class Address:
    """Where to ask. Without a template, where the first answer says, or else at its own address."""

    template: Url | None
    is_path: bool = False  # of the site that gave the first answer

    def of(self, progress: Progress) -> str:
        """Raises RenderError where the answers lack what it refers to."""
        if self.template is None:
            named = (progress.first.headers.get(name) for name in _NAMING)
            return _led_to(progress.url, next((text for text in named if text), progress.url))
        filling = _Filling(progress.values, {}, progress.url, self.template.start)
        address, own = self.template.fill(filling)
        query = [*([own] if own else ()), *filling.parameters(self.template.query, [], "query", remove_null=False)]
        address += f"?{'&'.join(query)}" if query else ""
        return _led_to(progress.url, address.removeprefix(_HERE))


@dataclass(frozen=True, slots=True)
class _Filling(Filling):
    """Completes an address that an answer gives as a path."""

    base: str
    whole: str | Hole

    def value(self, hole: Hole, field: str) -> object:
        # Not super(): a dataclass with slots is another class than the one that its methods were written in.
        value = Filling.value(self, hole, field)
        return _led_to(self.base, as_text(value)) if hole == self.whole and value else value


def address(text: str, field: str = "poll.url") -> Address:
    """Compiles an address, a path that starts with `/`, or nothing. Raises InvalidSettings."""
    text = text.strip()
    if not text:
        return Address(None)
    is_path = text.startswith("/") and not text.startswith("//")
    before = len(_HERE) if is_path else 0
    try:
        template = url.compile(_HERE + text if is_path else text, NAMES, from_cell=text.startswith("{{"))
    except InvalidSettings as error:
        raise InvalidSettings([_moved(problem, field, before) for problem in error.problems]) from error
    return Address(template, is_path)


def _moved(problem: Problem, field: str, before: int) -> Problem:
    """Returns the problem where people see it: without what stands before the path."""
    if not before or problem.offset is None or problem.column is None:
        return replace(problem, field=field)
    edit = problem.edit and replace(problem.edit, offset=problem.edit.offset - before)
    return replace(problem, field=field, offset=problem.offset - before, column=problem.column - before, edit=edit)


def request(where: Address, progress: Progress) -> Request:
    """Returns the request that asks. What was sent in headers goes along to the same site alone.

    Raises RenderError.
    """
    address = where.of(progress)
    if urlsplit(address)[:2] != urlsplit(progress.url)[:2]:
        return Request("GET", address, (("Accept", "application/json"),))
    return Request("GET", address, tuple(item for item in progress.headers if item[0].lower() not in _OF_FIRST))


def seconds_to_next(response: Response, every: float, now: datetime) -> float:
    """Returns the seconds until it is asked again: what the API says goes before the settings."""
    named = named_wait(response, now)
    return every if named is None else max(named, 0.1)


def seconds_left(progress: Progress, for_seconds: float, now: float) -> float:
    """Returns for how long it is asked; a clock that was set back gives no more time than there was."""
    return min(for_seconds, for_seconds - (now - progress.began_at))

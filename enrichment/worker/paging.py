"""Fetches a list page by page: each page is a request of its own, and the last one brings the result."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from enrichment.engine import response as responses
from enrichment.engine.answer.value import value_of
from enrichment.engine.messages import Outcome, Request, Response
from enrichment.engine.shapes import more, pages
from enrichment.engine.shapes.pages import Pages, Paging, Taken
from enrichment.engine.shapes.progress import Progress
from enrichment.engine.template import paths
from enrichment.engine.template.paths import MISSING, Path
from enrichment.engine.template.references import CURSOR
from enrichment.schema import SAFE_METHODS
from enrichment.worker.job import Job
from enrichment.worker.ready import Ready
from tables.models import CellState

FAILED = "page_failed"
INCOMPLETE = "incomplete"  # of a result that is not all that the API has
MAYBE_INCOMPLETE = "maybe_incomplete"  # where only another request would tell
_NO_SUCH_PAGE = (400, 404, 416, 422)


def first_request(job: Job, request: Request) -> Request:
    paging = job.compiled.paging
    return pages.first_request(paging, request) if paging and job.polling is None else request


def first_values(job: Job) -> dict[int, object]:
    """Returns what stands for the cursor in the first request."""
    paging = job.compiled.paging
    first = pages.first_cursor(paging) if paging else None
    return {} if first is None else {CURSOR: first}


def values_of(job: Job, values: Mapping[int, object]) -> dict[int, object]:
    """Returns what the request needs of a row to be rendered with a cursor; nothing where no cursor stands in it."""
    if not job.compiled.request.takes_cursor:
        return {}
    return {pk: values.get(pk) for pk in job.compiled.request.column_ids}


def take(job: Job, row: Ready, response: Response, outcome: Outcome, progress: Progress) -> tuple[Outcome, Progress]:
    """Takes the page in a good answer: it is the last one, or another one is to be fetched at once."""
    paging = job.compiled.paging
    assert paging
    kept = {str(pk): value for pk, value in row.values.items()}
    taken = pages.take(paging, progress.pages, outcome.value, response, row.request, kept)
    progress = progress.turned(taken.pages, progress.requests)
    if taken.problem:
        words = f"Page {taken.number}: {taken.problem}{'' if taken.problem.endswith('?') else '.'}"
        may_come = taken.may_come and row.request.method in SAFE_METHODS
        return Outcome(CellState.FAILED, None, FAILED, words, response.status, retryable=may_come), progress
    if taken.next is not None:
        return Outcome(CellState.WAITING, http_status=response.status, ask_in=0.0), progress
    field_paths = () if row.batch else job.compiled.field_paths
    return _whole(paging, taken, response.status, field_paths), progress


def behind_the_end(job: Job, row: Ready, outcome: Outcome) -> Outcome | None:
    """Returns the list of a row whose next page the API refuses since the last one was the end; None of any other.

    Who counts pages has to ask for one too many, and some APIs know no such page.
    """
    paging, before = job.compiled.paging, row.progress.pages if row.progress else None
    if not (paging and before and paging.by in pages.COUNTED and outcome.http_status in _NO_SUCH_PAGE):
        return None
    is_over = before.goes_on is False
    may_be_over = is_over or (before.goes_on is None and outcome.http_status == 404)
    if outcome.retryable or outcome.wait is not None or not may_be_over:
        return None
    taken = Taken(before, before.number, is_complete=is_over)
    why = f"to page {before.number + 1} it answered {outcome.error_message.rstrip('.')}."
    why += f" These are {_found(paging, taken)}."
    assert row.progress
    return _whole(paging, taken, row.progress.first.status, () if row.batch else job.compiled.field_paths, why)


def told_of_more(job: Job, row: Ready, response: Response, outcome: Outcome) -> Outcome:
    """Returns the one answer of a column without pages, with a mark where it says that its list goes on."""
    is_of_source = job.run.column_id is None  # which tells it of itself
    if is_of_source or job.compiled.paging or outcome.state != CellState.DONE:
        return outcome
    told = _of_batch(job, outcome.value) if row.batch else _of_lists(job, response, outcome.value)
    if not told:
        return outcome
    words = f"The API has more: {told}. Turn on “Fetch all pages” under “Shape of the API”."
    return _also(outcome, INCOMPLETE, words)


def _of_batch(job: Job, answer: object) -> str:
    items = job.compiled.batching.items if job.compiled.batching else None
    found = items.get(answer) if items else answer
    return _in_its_answer(more.told(answer, items, len(found), 1)) if isinstance(found, list) else ""


def _of_lists(job: Job, response: Response, kept: object) -> str:
    """Returns what says that a list goes on that the cell keeps, and not only the first one of it.

    A list of words is mostly a part of one thing.
    """
    listed = [path for path, items in more.lists(kept) if items[1:] and all(isinstance(item, dict) for item in items)]
    if not listed:
        return ""
    if pages.named_next(pages.links(response)):
        return "the header Link of its answer names another page"
    whole = value_of(response, job.compiled.config.answer) if job.compiled.field_paths else kept
    told = (more.told(whole, paths.compile(path), math.inf, math.inf) for path in listed if path)
    return _in_its_answer(next(filter(None, told), ""))


def _in_its_answer(told: str) -> str:
    return told and f"in its answer, {told}"


def _whole(paging: Paging, taken: Taken, status: int, field_paths: Sequence[Path], why: str = "") -> Outcome:
    outcome = responses.of_value(status, taken.pages.whole(paging), field_paths)
    found = taken.pages
    outcome = responses.marked(outcome, found.guessed, loses_characters=found.loses_characters)
    detail: dict[str, object] = {"pages": taken.pages.number, "complete": taken.is_complete}
    if paging.items and paging.items.get(taken.pages.first) is MISSING:
        detail["list"] = False
    if taken.is_complete:
        return replace(outcome, detail=detail)
    code, has = (INCOMPLETE, "has") if taken.has_more else (MAYBE_INCOMPLETE, "may have")
    return _also(replace(outcome, detail=detail), code, f"The API {has} more: {why or _why(paging, taken)}")


def _also(outcome: Outcome, code: str, words: str) -> Outcome:
    """Returns the outcome with a mark, which counts more than one that it has of its characters."""
    return replace(outcome, error_code=code, error_message=f"{words} {outcome.error_message}".rstrip())


def _why(paging: Paging, taken: Taken) -> str:
    found = _found(paging, taken)
    if taken.told:
        return f"in its answer, {taken.told}, but the walk ended after {found}. Check the pages in the column."
    return f"these are the first {found}, as set in the column."


def _found(paging: Paging, taken: Taken) -> str:
    number, items = taken.pages.number, len(taken.pages.items[: paging.max_items])
    return f"{'1 page' if number == 1 else f'{number} pages'} with {'1 item' if items == 1 else f'{items:,} items'}"


def named(outcome: Outcome, progress: Progress | None) -> Outcome:
    """Returns the outcome of a page that did not come, with its number."""
    if progress is None or progress.pages is None or outcome.state in (CellState.DONE, CellState.NO_DATA):
        return outcome
    return replace(outcome, error_message=f"Page {progress.pages.number + 1}: {outcome.error_message}")


def request(job: Job, found: Pages) -> Request:
    """Returns the request for the page that was named last. Raises RenderError."""
    paging = job.compiled.paging
    assert paging
    values = {int(pk): value for pk, value in found.values.items()}

    def render(cursor: object) -> Request:
        return job.compiled.request.render({**values, CURSOR: cursor}).request

    made = pages.request_of(paging, found, found.named[-1], render)
    return _with_key_of_its_own(job, made, found)


def _with_key_of_its_own(job: Job, made: Request, found: Pages) -> Request:
    """A page with the idempotency key of the first one would be answered with the first one."""
    name = job.compiled.config.idempotency_header
    first = next((value for key, value in found.request.headers if key == name), None)
    if not name or first is None:
        return made
    others = tuple(item for item in made.headers if item[0] != name)
    return replace(made, headers=(*others, (name, f"{first}-{found.number + 1}")))

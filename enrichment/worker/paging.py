"""Fetches a list page by page: each page is a request of its own, and the last one brings the result."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from enrichment.engine import response as responses
from enrichment.engine.messages import Outcome, Request, Response
from enrichment.engine.shapes import pages
from enrichment.engine.shapes.pages import Pages, Paging, Taken
from enrichment.engine.shapes.progress import Progress
from enrichment.engine.template.paths import MISSING, Path
from enrichment.engine.template.references import CURSOR
from enrichment.worker.job import Job
from enrichment.worker.ready import Ready
from tables.models import CellState
from tables.storable import storable

FAILED = "page_failed"
INCOMPLETE = "incomplete"  # of a result that is not all that the API has
MAYBE_INCOMPLETE = "maybe_incomplete"  # where only another request would tell


def first_request(job: Job, request: Request) -> Request:
    paging = job.compiled.paging
    return pages.first_request(paging, request) if paging and job.polling is None else request


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
        return Outcome(CellState.FAILED, None, FAILED, words, response.status), progress
    if taken.next is not None:
        return Outcome(CellState.WAITING, http_status=response.status, ask_in=0.0), progress
    field_paths = () if row.batch else job.compiled.field_paths
    return _whole(paging, taken, response, field_paths), progress


def _whole(paging: Paging, taken: Taken, response: Response, field_paths: Sequence[Path]) -> Outcome:
    outcome = responses.of_value(response.status, storable(taken.pages.whole(paging)), field_paths)
    outcome = responses.marked(outcome, taken.pages.guessed)
    detail: dict[str, object] = {"pages": taken.pages.number, "complete": taken.is_complete}
    if paging.items and paging.items.get(taken.pages.first) is MISSING:
        detail["list"] = False
    if taken.is_complete:
        return replace(outcome, detail=detail)
    code, has = (INCOMPLETE, "has") if taken.has_more else (MAYBE_INCOMPLETE, "may have")
    words = f"The API {has} more: {_why(paging, taken)}"
    words = f"{words} {outcome.error_message}" if outcome.error_code == responses.GUESSED else words
    return replace(outcome, detail=detail, error_code=code, error_message=words)


def _why(paging: Paging, taken: Taken) -> str:
    number, items = taken.pages.number, len(taken.pages.items[: paging.max_items])
    found = f"{'1 page' if number == 1 else f'{number} pages'} with {'1 item' if items == 1 else f'{items:,} items'}"
    if taken.told:
        return f"in its answer, {taken.told}, but the walk ended after {found}. Check the pages in the column."
    return f"these are the first {found}, as set in the column."


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

    def render(cursor: str) -> Request:
        return job.compiled.request.render({**values, CURSOR: cursor}).request

    is_in_request = job.compiled.request.takes_cursor and job.polling is None
    made = pages.request_of(paging, found, found.named[-1], render if is_in_request else None)
    return _with_key_of_its_own(job, made, found)


def _with_key_of_its_own(job: Job, made: Request, found: Pages) -> Request:
    """A page with the idempotency key of the first one would be answered with the first one."""
    name = job.compiled.config.idempotency_header
    first = next((value for key, value in found.request.headers if key == name), None)
    if not name or first is None:
        return made
    others = tuple(item for item in made.headers if item[0] != name)
    return replace(made, headers=(*others, (name, f"{first}-{found.number + 1}")))

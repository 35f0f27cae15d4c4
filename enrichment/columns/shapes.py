"""The settings of a column about more than one request, parsed and ready to run."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from enrichment.connections import response_condition
from enrichment.engine.errors import InvalidSettings, Problem
from enrichment.engine.formula import Formula
from enrichment.engine.shapes import batch, poll
from enrichment.engine.shapes.batch import Batching
from enrichment.engine.shapes.pages import WITH_CURSOR, Paging
from enrichment.engine.shapes.poll import Address
from enrichment.engine.shapes.progress import NAMES
from enrichment.engine.template import paths, references
from enrichment.engine.template.body import Body
from enrichment.engine.template.paths import EVERY, Path
from enrichment.engine.template.references import CALLBACK_URL, CURSOR, Hole, Names
from enrichment.engine.template.request import RequestTemplate
from enrichment.schema import HttpConfig, Match, Poll


@dataclass(frozen=True, slots=True)
class CompiledPoll:
    settings: Poll
    address: Address
    until: Formula
    failed_if: Formula | None


def compile_poll(config: HttpConfig, problems: list[Problem]) -> CompiledPoll | None:
    """What is wrong is added to `problems`."""
    settings = config.poll
    if settings is None:
        return None
    until = _condition(settings.until, "poll.until", problems)
    failed_if = _condition(settings.failed_if, "poll.failed_if", problems)
    if not settings.until.strip():
        words = "Say when the result is there, such as {{body.status}} == “done”."
        problems.append(Problem(words.replace("“", '"').replace("”", '"'), field="poll.until"))
    try:
        address = poll.address(settings.url)
    except InvalidSettings as error:
        problems += error.problems
        return None
    return CompiledPoll(settings, address, until, failed_if) if until else None


def with_own(config: HttpConfig, names: Names) -> Names:
    """Returns the names that a request may use: `cursor` and `callback_url` too where its shape has them.

    A column that is called so goes first.
    """
    own = {CURSOR: "cursor"} if config.pages and config.pages.by in WITH_CURSOR else {}
    own |= {CALLBACK_URL: "callback_url"} if config.callback else {}
    return Names({**own, **names}, names.deleted, names.numbers) if own else names


def check_callback(config: HttpConfig, template: RequestTemplate | None, problems: list[Problem]) -> None:
    """Adds what does not go together with an address that is another one for each row, and what is missing."""
    if config.callback is None:
        return
    if template and not template.takes_callback_url:
        words = "Put {{callback_url}} into the request, where the API takes the address that it calls back."
        problems.append(Problem(words, field="callback.for_ms"))
    if config.pages:
        words = "An API calls back with the whole result: turn off “Fetch all pages”, or “Wait to be called back”."
        problems.append(Problem(words, field="pages.by"))
    if config.batch:
        words = "Each row is called back for by itself: turn off many rows in one request, or “Wait to be called back”."
        problems.append(Problem(words, field="batch.rows"))
    if config.shares_answers:
        words = "Each row has its own address to be called back at, so no two requests are identical. Turn this off."
        field = "collapse_duplicates" if config.collapse_duplicates else "cache_seconds"
        problems.append(Problem(words, field=field))
    if config.idempotency_header:
        words = "Each try has its own address to be called back at, so tries differ, and no key can stand for them all."
        problems.append(Problem(words, field="idempotency_header", fix="Leave the header empty."))


def compile_pages(config: HttpConfig, template: RequestTemplate | None, problems: list[Problem]) -> Paging | None:
    """What is wrong is added to `problems`."""
    settings = config.pages
    if settings is None:
        return None
    is_named = settings.by in ("next_url", "cursor")
    following = _path(settings.next, "pages.next", problems) if is_named else None
    items = _path(settings.items, "pages.items", problems)
    if items and (items.query or EVERY in items.steps):
        words = "The list has one place, such as data.items: * and JSONPath can't be used here."
        problems.append(Problem(words, field="pages.items"))
    if is_named and not settings.next.strip():
        words = "Say where an answer names the next page, such as paging.next."
        problems.append(Problem(words, field="pages.next"))
    in_request = template is not None and template.takes_cursor and config.poll is None
    if settings.by in WITH_CURSOR and not settings.parameter.strip() and not in_request:
        words = "Enter the name of the query parameter, such as page"
        words += "." if config.poll else ", or put {{cursor}} into the request."
        problems.append(Problem(words, field="pages.parameter"))
    start = (1 if settings.by == "page" else 0) if settings.start is None else settings.start
    parameter, bounds = settings.parameter.strip(), (settings.max_pages, settings.max_items)
    return Paging(settings.by, following, items, parameter, start, settings.size, *bounds, in_request)


def compile_batch(
    config: HttpConfig, template: RequestTemplate | None, names: Names, problems: list[Problem]
) -> Batching | None:
    """What is wrong is added to `problems`."""
    settings = config.batch
    if template:
        problems += _around_rows(template, settings is not None)
    if settings is None:
        return None
    items = _path(settings.items, "batch.items", problems)
    error = _path(settings.item_error, "batch.item_error", problems)
    match = None if isinstance(settings.match, str) else _match(settings.match, names, problems)
    return Batching(settings.rows, items, match, error)


def _around_rows(template: RequestTemplate, is_on: bool) -> Iterator[Problem]:
    """Yields what is wrong with the marks in the request, and with references outside of them."""
    places = template.rows
    if not is_on:
        words = "{{#rows}} needs “Many rows in one request”. Turn it on under “Shape of the API”, or remove the marks."
        yield from (_at(template, field, of_rows, words) for field, of_rows in places)
        return
    if not places:
        words = (
            "Put {{#rows}} and {{/rows}} around what is sent of each row: in a list of the JSON body, such as "
            '[{{#rows}} {"id": "{{Id}}"} {{/rows}}], or in the address, such as ?ids={{#rows ,}}{{Id}}{{/rows}}.'
        )
        yield Problem(words, field="batch")
        return
    words = "The rows stand in one place of the request. Remove {{#rows}} and {{/rows}} here."
    yield from (_at(template, field, of_rows, words) for field, of_rows in places[1:])
    for field, hole in template.placed:
        if hole.column_id is not None and hole.column_id > 0:
            words = f"{hole.name} differs from row to row. It can stand only between {{{{#rows}}}} and {{{{/rows}}}}."
            yield _at(template, field, hole, words)
    words = "{{cursor}} is the same for all rows. Put it outside {{#rows}} and {{/rows}}."
    inside = ((field, hole) for field, of_rows in places for hole in of_rows.inside)
    yield from (_at(template, field, hole, words) for field, hole in inside if hole.column_id == CURSOR)


def _at(template: RequestTemplate, field: str, hole: Hole, words: str) -> Problem:
    text = template.body.text if field == "body" and isinstance(template.body, Body) else ""
    return references.problem(words, hole, field, text)


def _match(settings: Match, names: Names, problems: list[Problem]) -> batch.Match | None:
    text = references.to_shown(settings.row, names)
    parts, found = references.parse(text, names)
    problems += [replace(problem, field="batch.match.row") for problem in found]
    if not any(isinstance(part, Hole) for part in parts):
        words = "Say what each row is found by in the answer, such as {{Email}}."
        problems.append(Problem(words, field="batch.match.row"))
    if not settings.answer.strip():
        words = "Say where an item of the answer has it, such as email."
        problems.append(Problem(words, field="batch.match.answer"))
    if settings.answer.strip() == batch.BY_NAME:
        return batch.Match(tuple(parts), None)
    answer = _path(settings.answer, "batch.match.answer", problems)
    return batch.Match(tuple(parts), answer) if answer else None


def _path(text: str, field: str, problems: list[Problem]) -> Path | None:
    try:
        return paths.compile(text) if text.strip() else None
    except InvalidSettings as error:
        problems += [replace(problem, field=field) for problem in error.problems]
        return None


def _condition(text: str, field: str, problems: list[Problem]) -> Formula | None:
    try:
        return response_condition.compiled(text, field, NAMES)
    except InvalidSettings as error:
        problems += error.problems
        return None

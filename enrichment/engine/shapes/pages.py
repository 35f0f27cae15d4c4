"""A list that comes in pages: which one is next, when it ends, and the first answer with the items of all of them."""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Self
from urllib.parse import unquote_plus, urlsplit

from enrichment.engine import web_address
from enrichment.engine.answer.telling import error_of
from enrichment.engine.answer.value import loses_characters
from enrichment.engine.messages import Request, Response
from enrichment.engine.shapes import more
from enrichment.engine.template.parameters import encoded
from enrichment.engine.template.paths import MISSING, Path, Step
from enrichment.engine.template.values import as_text, is_empty

type By = Literal["next_url", "cursor", "page", "offset", "link_header"]
type Render = Callable[[Any], Request]  # the first request with a cursor in its place

COUNTED = ("page", "offset")  # the next page is known without its answer
WITH_CURSOR = ("cursor", *COUNTED)  # which can stand in the request, as {{cursor}}
_LINK = re.compile(r"""<([^>]*)>((?:[^,"'<]|"(?:[^"\\]|\\.)*"|'[^']*')*)""")  # address and parameters
_PARAMETER = re.compile(r""";\s*([^\s=;]+)\s*=\s*("(?:[^"\\]|\\.)*"|'[^']*'|[^\s;]*)""")
_FOR_EVERY_SITE = frozenset({"accept", "content-type"})


@dataclass(frozen=True, slots=True)
class Paging:
    by: By
    next: Path | None  # where an answer names the next page
    items: Path | None  # where its list is; None: it is one
    parameter: str
    start: int
    size: int | None
    max_pages: int
    max_items: int
    in_request: bool = False  # the cursor or the number stands in the request, and not in a parameter


@dataclass(frozen=True, slots=True)
class Pages:
    """The pages that there are so far; plain JSON but for the request."""

    first: Any  # the first answer
    items: list[Any]
    number: int
    named: list[Any]  # pages that were asked for after the first one: texts, and JSON as which a cursor goes back
    request: Request  # that gave the first answer
    values: dict[str, Any]  # of the references in it, where a cursor is to be put into it
    last: int = 0  # how many of the items came with the last page
    guessed: str = ""  # the encoding that letters of a page were read as, with a guess
    loses_characters: bool = False  # of any page, as `answer.value` finds them
    goes_on: bool | None = None  # by what the last page says of the list

    def as_json(self) -> dict[str, Any]:
        request = self.request
        body = None if request.body is None else request.body.decode("latin-1")
        kept = {"method": request.method, "url": request.url, "headers": request.headers, "body": body}
        return {
            "first": self.first,
            "items": self.items,
            "number": self.number,
            "named": self.named,
            "request": kept,
            "values": self.values,
            "last": self.last,
            "guessed": self.guessed,
            "loses_characters": self.loses_characters,
            "goes_on": self.goes_on,
        }

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> Self:
        request = kept["request"]
        body = None if request["body"] is None else request["body"].encode("latin-1")
        headers = tuple((name, value) for name, value in request["headers"])
        return cls(**{**kept, "request": Request(request["method"], request["url"], headers, body)})

    def whole(self, paging: Paging) -> Any:
        """Returns the first answer with the items of all pages in the place of its own."""
        return _with_items(self.first, paging.items.steps if paging.items else (), self.items[: paging.max_items])


@dataclass(frozen=True, slots=True)
class Taken:
    """What follows from a page: the `next` one, or the end of the list, or what is wrong with it."""

    pages: Pages
    number: int  # of this page
    next: Any = None
    is_complete: bool = True  # as far as anybody knows
    has_more: bool = False  # surely, and not only perhaps
    told: str = ""  # what in the answer says that there is more, if it ended all the same
    problem: str = ""
    may_come: bool = False  # the page that has a problem, if it is asked for once more


def take(
    paging: Paging, before: Pages | None, value: Any, response: Response, request: Request, values: dict[str, Any]
) -> Taken:
    """Takes one more page: its value, and the answer that it came in."""
    before = before or Pages(value, [], 0, [], request, values)
    found = value if paging.items is None else paging.items.get(value)
    items = [] if found is MISSING or found is None else found
    if not isinstance(items, list) or (found is MISSING and _is_of_another_kind(value, before.first)):
        where = f"at “{paging.items.text}”" if paging.items else "in the answer"
        return Taken(before, before.number + 1, problem=f"there is no list {where}")
    if before.number and not items and paging.by not in COUNTED and (error := error_of(value)):
        words = f"the API named it, but answers “{error[:200]}”"
        return Taken(before, before.number + 1, problem=words, may_come=True)
    pages = _with_page(paging, before, items, value, response)
    if problem := _problem(paging, before, items, value):
        return Taken(pages, pages.number, problem=problem)
    try:
        following = _next(paging, pages, items, value, response)
    except ValueError as error:
        return Taken(
            pages, pages.number, problem=f"the API names “{str(error)[:200]}” as the next one, which is no address"
        )
    if not items and pages.named and following == pages.named[-1]:
        following = None  # some APIs name the same place after their end for ever
    told = "" if following is not None else _told_of_more(paging, pages, value, response)
    if told and items and paging.by in COUNTED:  # it was shorter than `size`, as the API gives fewer at once
        following = _number_after(paging, pages)
    if following is None:
        has_more = len(pages.items) > paging.max_items
        return Taken(pages, pages.number, is_complete=not (has_more or told), has_more=has_more, told=told)
    if following in pages.named:
        return Taken(pages, pages.number, problem="the API names a page as the next one that it has named before")
    if pages.number >= paging.max_pages or len(pages.items) > paging.max_items:
        # What counts its pages doesn't say which one is the last: the next one may be empty.
        has_more = paging.by not in COUNTED or len(pages.items) > paging.max_items
        return Taken(pages, pages.number, is_complete=False, has_more=has_more)
    return Taken(replace(pages, named=[*pages.named, following]), pages.number, next=following)


def _with_page(paging: Paging, before: Pages, items: list[Any], value: Any, response: Response) -> Pages:
    guessed = response.decoded.guess or before.guessed
    everything, number = [*before.items, *items], before.number + 1
    lost = before.loses_characters or loses_characters(response)
    pages = replace(before, items=everything, number=number, last=len(items), guessed=guessed, loses_characters=lost)
    goes_on = more.goes_on(value, paging.items, *_bounds(paging, pages))
    if found := links(response):
        goes_on = bool(named_next(found) or goes_on)
    return replace(pages, goes_on=goes_on)


def _is_of_another_kind(value: Any, first: Any) -> bool:
    """Whether an answer without a list has nothing in common with the first one, so that it is no last page."""
    return isinstance(value, dict) and isinstance(first, dict) and bool(value) and not value.keys() & first.keys()


def _problem(paging: Paging, before: Pages, items: list[Any], value: Any) -> str:
    """Returns what is wrong with a page whose list can be read, "" if nothing is."""
    if paging.by in COUNTED:
        # Only objects: two pages of numbers or words may well be equal.
        is_same = before.last == len(items) and before.items[len(before.items) - before.last :] == items
        if is_same and any(isinstance(item, dict) for item in items):
            return (
                f"the API answers with the items of the page before. Does it know the parameter “{paging.parameter}”?"
            )
    elif paging.next and isinstance(named := paging.next.get(value), dict | list | bool) and named:
        if paging.in_request and named is not True:
            return ""
        kind = "true" if named is True else "an object" if isinstance(named, dict) else "a list"
        choose = "Choose the field that does" if named is True else "Choose one of its fields"
        return f"at “{paging.next.text}” is {kind}, which names no next page. {choose}"
    return ""


def _next(paging: Paging, pages: Pages, items: list[Any], value: Any, response: Response) -> Any:
    """Raises ValueError with what should be an address and is none."""
    if more.names_its_end(value, paging.items):
        return None
    if paging.by in COUNTED:
        if not items or (paging.size and len(items) < paging.size):
            return None
        return _number_after(paging, pages)
    if paging.by == "link_header":
        return next_link(response)
    named = paging.next.get(value) if paging.next else MISSING
    if is_empty(named) or named in (False, [], {}):
        return None
    if paging.by == "next_url":
        return _led_to(response.url, as_text(named))
    return named if isinstance(named, dict | list) else as_text(named)


def _number_after(paging: Paging, pages: Pages) -> str:
    return str(_began_at(paging, pages) + (pages.number if paging.by == "page" else len(pages.items)))


def _began_at(paging: Paging, pages: Pages) -> int:
    """Returns the number of the first page: the request may have one of its own."""
    asked = None if paging.in_request else _parameter(pages.request.url, paging.parameter)
    return int(asked) if asked and asked.isdecimal() else paging.start


def _told_of_more(paging: Paging, pages: Pages, value: Any, response: Response) -> str:
    """Returns what in the answer says that the list goes on, unless the API has named its end."""
    if paging.by == "link_header":
        is_end = response.header("link") is not None
    else:
        is_end = paging.by not in COUNTED and paging.next is not None and paging.next.get(value) is not MISSING
    if is_end:
        return more.flagged(value, paging.items) if pages.last else ""
    bounds, ended = _bounds(paging, pages), not pages.last or more.names_its_end(value, paging.items)
    told = more.told(value, paging.items, *bounds, ended=ended)
    return told or more.told(pages.first, paging.items, *bounds, ended=True)  # some say a total only there


def _bounds(paging: Paging, pages: Pages) -> tuple[float, float]:
    """Returns how many items and pages there are so far; any number where the walk began in the middle."""
    is_whole = paging.by not in COUNTED or _began_at(paging, pages) <= (paging.by == "page")
    return (len(pages.items), pages.number) if is_whole else (math.inf, math.inf)


def _led_to(base: str, named: str) -> str:
    """Returns where the next page is: by https where the last one was, as servers behind others don't know of it.

    Raises ValueError with what was named.
    """
    try:
        address = web_address.led_to(base, named)
    except ValueError:
        raise ValueError(named) from None
    before, after = urlsplit(base), urlsplit(address)
    is_same = (before.scheme, after.scheme, before.netloc) == ("https", "http", after.netloc)
    return after._replace(scheme="https").geturl() if is_same else address


def next_link(response: Response) -> str | None:
    """Returns the address of rel="next" in the Link headers.

    Raises ValueError with what stands there instead of an address.
    """
    found = named_next(links(response))
    return _led_to(response.url, found) if found else None


def links(response: Response) -> list[str]:
    return [text for name, text in response.headers if name.lower() == "link"]


def named_next(links: Iterable[str]) -> str:
    """Returns what Link headers name as rel="next" (RFC 8288), in whatever quotes that is; "" if they don't."""
    named = (link for text in links for link in _LINK.findall(text))
    return next((address.strip() for address, parameters in named if "next" in _relations(parameters)), "")


def _relations(parameters: str) -> list[str]:
    """Returns what the first `rel` of a link says, as the others don't count."""
    named = ((name.lower(), value.strip("\"'")) for name, value in _PARAMETER.findall(parameters))
    return next((value.lower().split() for name, value in named if name == "rel"), [])


def first_request(paging: Paging, request: Request) -> Request:
    """Returns the request with the number of the first page, where pages are counted and it does not say."""
    if paging.by not in COUNTED or paging.in_request or _parameter(request.url, paging.parameter) is not None:
        return request
    return replace(request, url=with_parameter(request.url, paging.parameter, str(paging.start)))


def first_cursor(paging: Paging) -> int | None:
    """Returns what stands for the cursor in the request for the first page."""
    return paging.start if paging.in_request and paging.by in COUNTED else None


def request_of(paging: Paging, pages: Pages, following: Any, render: Render | None) -> Request:
    """Returns the request for the next page. What the column sends in headers stays on the site of the first page."""
    first = pages.request
    if paging.by in ("next_url", "link_header"):
        if urlsplit(following)[:2] == urlsplit(first.url)[:2]:
            return replace(first, url=following)
        return replace(first, url=following, headers=tuple(_for_every_site(first)))
    if paging.in_request and render:
        return render(following)
    return replace(first, url=with_parameter(first.url, paging.parameter, following))


def _for_every_site(request: Request) -> list[tuple[str, str]]:
    return [item for item in request.headers if item[0].lower() in _FOR_EVERY_SITE]


def with_parameter(url: str, name: str, value: str) -> str:
    """Returns the address with one parameter of its query set, without a fragment, which nobody is sent."""
    address, _, query = url.partition("#")[0].partition("?")
    others = [item for item in query.split("&") if item and not _is_named(item, name)]
    return f"{address}?{'&'.join([*others, f'{encoded(name)}={encoded(value)}'])}"


def _parameter(url: str, name: str) -> str | None:
    """Returns the value of a parameter of the query, None where there is none of this name."""
    items = url.partition("#")[0].partition("?")[2].split("&")
    return next((unquote_plus(item.partition("=")[2]) for item in items if _is_named(item, name)), None)


def _is_named(item: str, name: str) -> bool:
    return unquote_plus(item.partition("=")[0]) == name


def _with_items(value: Any, steps: tuple[Step, ...], items: list[Any]) -> Any:
    if not steps:
        return items
    step, rest = steps[0], steps[1:]
    if isinstance(value, list) and isinstance(step, int) and -len(value) <= step < len(value):
        changed = list(value)
        changed[step] = _with_items(value[step], rest, items)
        return changed
    inside = value if isinstance(value, dict) else {}
    return {**inside, str(step): _with_items(inside.get(str(step)), rest, items)}

"""What an answer says of items beyond those that were fetched, or of their end, by the names that many APIs have."""

import math
import re
from collections.abc import Iterator
from typing import Any

from enrichment.engine.template.paths import Path, Step, below
from enrichment.engine.template.values import is_empty

_FLAGS = {"hasmore", "hasmoreitems", "hasmorepages", "hasmoreresults", "hasnext", "hasnextpage", "moreavailable"}
_FLAGS |= {"more", "moredataavailable", "moreitemsincollection", "morerecords", "moreresultsavailable"}
_LAST = {"endofstream", "islast", "islastpage", "last", "lastpage"}  # which say the opposite
_NEXT = {"next", "nextcursor", "nextlink", "nextpage", "nextpagecursor", "nextpagetoken", "nextpageurl"}
_NEXT |= {"nextrecordsurl", "nexttoken", "nexturl", "odatanextlink"}
_TOTALS = {"total", "totalcount", "totalelements", "totalentries", "totalhits", "totalitems", "totalrecords"}
_TOTALS |= {"totalresults", "totalrows", "totalsize"}
_PAGES = {"lastpage", "nbpages", "numpages", "pagecount", "pagestotal", "totalpages"}
_DESCRIBING = re.compile(
    r".*meta(data)?|additionaldata|cursors?|info|links?|listinfo|pages?|pageinfo|paginat(ion|or)|paging|records|resultinfo"
)
_DEEPEST = 3


def told(answer: object, at: Path | None, items: float, pages: float, *, ended: bool = False) -> str:
    """Returns what in an answer says that there is more than so many items and pages, such as “meta.total” is 120.

    What stands around the list, which is at this path, counts, and nothing inside it. Where the walk has `ended` with
    an empty page, a next one counts for nothing: some APIs name one after each.
    """
    if not ended and (flag := flagged(answer, at)):
        return flag
    for path, name, value in _around(answer, at.steps if at else ()):
        if name in _NEXT and _leads_on(value) and not ended:
            return f"“{path}” names another page"
        if _is_above(value, items if name in _TOTALS else pages if name in _PAGES else None):
            return f"“{path}” is {value}"
    return ""


def flagged(answer: object, at: Path | None) -> str:
    """Returns what in an answer says in so many words that there is more."""
    for path, name, value in _around(answer, at.steps if at else ()):
        if name in _FLAGS and value in (True, "true"):
            return f"“{path}” is true"
    return ""


def names_its_end(answer: object, at: Path | None) -> bool:
    """Whether an answer says in so many words that this is the last page: many name a next one all the same."""
    is_over = any(
        (name in _FLAGS and value in (False, "false")) or (name in _LAST and (value is True or value == "true"))
        for _, name, value in _around(answer, at.steps if at else ())
    )
    return is_over and not flagged(answer, at)


def goes_on(answer: object, at: Path | None, items: float, pages: float) -> bool | None:
    """Returns whether there is more than so many items and pages by what an answer says, None where it says nothing."""
    if told(answer, at, items, pages):
        return True
    for _, name, value in _around(answer, at.steps if at else ()):
        bound = items if name in _TOTALS else pages if name in _PAGES else math.inf
        if (name in _NEXT and not _leads_on(value)) or (bound < math.inf and _is_above(value, -1)):
            return False
    return None


def lists(value: object, path: str = "", depth: int = 0) -> Iterator[tuple[str, list[Any]]]:
    """Yields the lists in an answer with their paths, but for those in lists."""
    if isinstance(value, list):
        yield path, value
    elif isinstance(value, dict) and depth <= _DEEPEST:
        for key, inner in value.items():
            yield from lists(inner, below(path, key), depth + 1)


def _around(value: object, steps: tuple[Step, ...], path: str = "", depth: int = 0) -> Iterator[tuple[str, str, Any]]:
    """Yields the path, the bare name and the value of what stands on the way to the list, and of what describes it."""
    if not isinstance(value, dict) or depth > _DEEPEST:
        return
    for key, inner in value.items():
        name, place = _bare(key), below(path, key)
        yield place, name, inner
        if steps and key == steps[0]:
            yield from _around(inner, steps[1:], place)
        elif _DESCRIBING.fullmatch(name):
            yield from _around(inner, (), place, depth + 1)


def _bare(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _leads_on(value: object) -> bool:
    """Whether it is a next page, or has one in it, as in {"href": "/2"}."""
    if isinstance(value, dict):
        return any(map(_leads_on, value.values()))
    return not is_empty(value) and value not in (False, 0, "0", [])


def _is_above(value: object, bound: float | None) -> bool:
    if bound is None or isinstance(value, bool):
        return False
    if isinstance(value, str) and value.isascii() and value.isdigit():
        return float(value) > bound
    return isinstance(value, int | float) and value > bound

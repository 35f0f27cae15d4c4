"""A look at what a source would bring: its first page is fetched, and its first rows are shown as they would land."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from enrichment import mapping
from enrichment.engine.errors import RowError
from enrichment.http_client import event_loop
from enrichment.preview.one_row import as_json as attempt_json
from enrichment.runs.results import Result
from enrichment.sources import fetching, landing
from enrichment.sources.fetching import At, Later, NoList
from enrichment.sources.settings import Draft
from tables.models import Table
from workspaces.refusals import Refused

SHOWN = 20  # rows


@dataclass(slots=True)
class Found:
    """What came: the first items, or why there are none."""

    items: list[Any] = field(default_factory=list)
    is_all: bool = True  # the API has no more
    remarks: Sequence[str] = ()  # of a list that came
    problem: str = ""
    lists: Sequence[str] = ()  # where the answer has lists, if not where the settings say
    attempts: list[dict[str, Any]] = field(default_factory=list)


class _Enough(Exception):
    def __init__(self, at: At) -> None:
        super().__init__()
        self.at = at


def fetch(draft: Draft, source_id: int | None = None) -> Found:
    """Sends the request, and those for more pages while there are too few rows to show."""
    try:
        found = event_loop.run(fetching.fetch(fetching.job_of(draft, source_id), At(), _told))
    except _Enough as enough:
        return Found(enough.at.items, is_all=False)
    except RowError as error:
        return Found(problem=error.message)
    return _found(draft, found)


async def _told(at: At) -> None:
    """A list that is long enough ends the walk."""
    if len(at.items) >= SHOWN:
        raise _Enough(at)


def _found(draft: Draft, result: Result | Later) -> Found:
    if isinstance(result, Later):
        wait = fetching.words_of(result.seconds)
        return Found(problem=f"The API has nothing for the next {wait}. A preview doesn't wait so long; a run does.")
    found = Found(attempts=[attempt_json(attempt) for attempt in result.new_attempts])
    try:
        found.items = fetching.items_of(draft, result)
        found.remarks = fetching.remarks(draft, result)
        found.is_all = fetching.is_all(draft, result)
    except NoList as refusal:
        found.problem, found.lists = str(refusal), refusal.others
    except Refused as refusal:
        found.problem = str(refusal)
    return found


def shown(draft: Draft, found: Found) -> dict[str, Any]:
    """Returns the preview of the API."""
    return {
        "items": len(found.items),
        "is_all": found.is_all,
        "problem": found.problem or None,
        "remarks": list(found.remarks),
        "attempts": found.attempts,
        "fields": fields(draft.table, found.items),
        "rows": [row.as_json() for row in landing.land(draft, found.items[:SHOWN])] if draft.fields else [],
    }


def fields(table: Table, items: Sequence[object]) -> list[dict[str, Any]]:
    """Returns what the items have, as `mapping.proposed` does."""
    return mapping.proposed(table, items[:SHOWN])

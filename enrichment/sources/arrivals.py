"""The items of a fetch as the rows that they become, with what is to be said of those that are odd."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from enrichment import mapping
from enrichment.models import Source
from enrichment.sources.settings import Draft
from tables.values import DEEPEST, is_too_deep
from workspaces.refusals import Refused

_NAMED = 5  # fields in a sentence

type Fetched = Mapping[str, Any]  # {name of a column: value}


@dataclass(slots=True)
class Arrived:
    rows: list[Fetched]
    notes: list[str] = field(default_factory=list)


def of_items(draft: Draft, items: Sequence[object]) -> Arrived:
    """Returns the rows of the items that have any of the fields.

    Raises Refused where none of them has, and for a value that no cell holds.
    """
    found = [mapping.values(draft.fields, item) for item in items]
    rows: list[Fetched] = [row for row in found if any(value is not None for value in row.values())]
    if items and not rows:
        raise Refused(f"None of the {len(items):,} items has {_fields(draft)}. Check “List at” and the fields.")
    _check_depth(found)
    return Arrived(rows, [*_of_left_out(draft, len(items) - len(rows)), *_of_nameless(draft, rows)])


def lost_fields(source: Source) -> list[str]:
    """Says which fields go nowhere, because their columns were deleted."""
    live = {item["path"] for item in mapping.as_shown(source.table, source.columns)}
    lost = [item["path"] for item in source.columns if item["path"] not in live]
    return [f"The column that “{path}” goes into was deleted, so that it was left out." for path in lost]


def _fields(draft: Draft) -> str:
    """Returns “a”, “b” or “c”."""
    paths = [f"“{item.path.text}”" for item in draft.fields]
    if paths[_NAMED:]:
        return f"{', '.join(paths[:_NAMED])} or {len(paths) - _NAMED} more fields"
    if not paths:
        return "a field that goes into a column"
    return " or ".join([*filter(None, [", ".join(paths[:-1])]), paths[-1]])


def _check_depth(found: Sequence[Fetched]) -> None:
    for number, row in enumerate(found, 1):
        for name, value in row.items():
            if is_too_deep(value):
                words = f"Item {number:,} has a value for “{name}” that is nested more than {DEEPEST} levels deep"
                raise Refused(f"{words}, which no cell holds. Choose a field inside it.")


def _of_left_out(draft: Draft, number: int) -> list[str]:
    if not number:
        return []
    have, were = ("1 item has", "It was") if number == 1 else (f"{number:,} items have", "They were")
    return [f"{have} no {_fields(draft)}. {were} left out."]


def _of_nameless(draft: Draft, rows: Sequence[Fetched]) -> list[str]:
    """Says how many items match no row, and so are added with every run, because they lack a value in the key."""
    names = [str(name) for name in draft.matching.key]
    number = sum(all(row[name] in (None, "") for name in names) for row in rows) if names else 0
    if draft.matching.on_match == "add" or not number:
        return []
    key = ", ".join(f"“{name}”" for name in names)
    have, are = ("1 item has", "It is") if number == 1 else (f"{number:,} items have", "They are")
    return [f"{have} no value in {key}, by which rows match. {are} added again by every run."]

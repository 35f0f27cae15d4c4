"""The first rows of a source as they would land in its table: converted, and matched with the rows that are there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from enrichment import mapping
from enrichment.sources.settings import Draft
from tables import key_matches, keys
from tables.imports import types
from tables.models import Column, ColumnType
from tables.storable import storable
from workspaces.refusals import Refused

ADDED, UPDATED, SKIPPED, LEFT_OUT = "added", "updated", "skipped", "left_out"


@dataclass(slots=True)
class Landing:
    """One row: its values by the name of their column, what becomes of it, and values that don't fit."""

    cells: dict[str, Any]
    becomes: str = ADDED
    row_id: int | None = None  # that it matches
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in ("cells", "becomes", "row_id", "problems")}


def land(draft: Draft, items: Sequence[object]) -> list[Landing]:
    """Returns what becomes of the items; nothing is stored. Raises RowError for a JSONPath that is too much work."""
    columns = {found.column.name: found.column for found in draft.fields}
    landings = [_converted(columns, mapping.values(draft.fields, item)) for item in items]
    if draft.matching.key:
        _match(draft, columns, landings)
    return landings


def _converted(columns: Mapping[str, Column], found: Mapping[str, Any]) -> Landing:
    landing = Landing({})
    if all(value is None for value in found.values()):
        landing.becomes = LEFT_OUT
        landing.problems.append("This item has none of the fields, and is left out.")
    for name, value in found.items():
        column = columns[name]
        try:
            is_text = column.type == ColumnType.TEXT
            landing.cells[name] = storable(value) if is_text else types.converter(column, "")(value)
        except Refused as refusal:
            landing.cells[name] = None
            landing.problems.append(f"{refusal} “{name}” is left blank.")
    return landing


def _match(draft: Draft, columns: Mapping[str, Column], landings: Sequence[Landing]) -> None:
    """Says of each whether its key is there already, in the table or in another of these."""
    how = draft.matching
    key_columns = [columns[str(name)] for name in how.key]
    normalize = keys.normalizers(how.match, [column.type for column in key_columns])
    found = [[landing.cells[str(name)] for name in how.key] for landing in landings]
    digests = [keys.digest(key, normalize) for key in found]
    wanted = {digest: key for digest, key in zip(digests, found, strict=True) if digest}
    are_there = all(column.pk for column in key_columns)
    known = key_matches.find(draft.table, key_columns, how.match, wanted) if are_there else {}
    counts = {digest: number for number, digest in enumerate(digests)}  # the last of each
    seen: set[str] = set()
    for number, (landing, digest) in enumerate(zip(landings, digests, strict=True)):
        landing.row_id = next(iter(known.get(digest, ())), None)
        is_other = counts[digest] != number if how.on_match == "update" else digest in seen
        seen.add(digest)
        if not digest or how.on_match == "add":
            continue
        if is_other:
            landing.becomes = LEFT_OUT
            landing.problems.append(f"The {'last' if how.on_match == 'update' else 'first'} row with this key counts.")
        elif landing.row_id is not None:
            landing.becomes = UPDATED if how.on_match == "update" else SKIPPED

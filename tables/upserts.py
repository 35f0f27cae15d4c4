"""Rows that may be there already: matched by a key, and then updated, skipped or added."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from tables import columns, key_matches, keys, rows, storage, values
from tables.keys import Matching
from tables.models import Column, Table
from workspaces.refusals import Refused


@dataclass(slots=True)
class Written:
    """The id of the row that each of the rows sent became or matched, and how many changed or were skipped."""

    ids: list[int] = field(default_factory=list)
    updated: int = 0
    skipped: int = 0


def write(table: Table, sent: Sequence[rows.Cells], how: Matching) -> Written:
    """Writes rows one after the other, as if each were sent alone. Raises Refused, and then nothing is written."""
    if how.on_match == "add":
        return Written(rows.append(table, sent))
    find = columns.by_name_or_id(table)
    key_columns = {column.pk: column for column in map(find, how.key)}
    by_id = [rows.by_column(find, row) for row in sent]
    normalize = keys.normalizers(how.match, [column.type for column in key_columns.values()])
    sent_keys = [[_as_stored(column, row.get(pk)) for pk, column in key_columns.items()] for row in by_id]
    digests = [keys.digest(key, normalize) for key in sent_keys]
    wanted = {digest: key for digest, key in zip(digests, sent_keys, strict=True) if digest}
    with transaction.atomic():
        storage.lock_table(table.pk)
        known = key_matches.find(table, [*key_columns.values()], how.match, wanted)
        return _write(table, by_id, digests, known, how, find)


def _as_stored(column: Column, value: Any) -> Any:
    """Returns what the value would be in the table, so that 1,000 is known by 1000; what is refused matches nothing."""
    try:
        return values.clean(column, value)
    except Refused:
        return value


def _write(
    table: Table,
    sent: Sequence[rows.Cells],
    digests: Sequence[str],
    known: Mapping[str, list[int]],
    how: Matching,
    find: rows.Find,
) -> Written:
    written = Written()
    new: list[dict[str | int, Any]] = []
    numbers: list[int] = []  # of these among those that were sent
    places: dict[str, int] = {}  # of new rows, by their digest
    changes: list[rows.Change] = []
    becomes: list[tuple[str, int]] = []  # what each row sent becomes: a row that is there, or a new one
    for number, (row, digest) in enumerate(zip(sent, digests, strict=True), 1):
        cells = {key: value for key, value in row.items() if not how.keep_blank or value not in (None, "")}
        matched = known.get(digest, [])
        if digest and (matched or digest in places):
            written.skipped += how.on_match == "skip"
            if how.on_match == "update":
                written.updated += 1
                changes += [{"id": row_id, "cells": cells} for row_id in matched]
                if not matched:
                    rows.cleaned(find, new[places[digest]])  # refused as a whole, also for what is overwritten
                    new[places[digest]].update(cells)
            becomes.append(("there", matched[0]) if matched else ("new", places[digest]))
            continue
        places[digest] = len(new)
        becomes.append(("new", len(new)))
        new.append({**row})
        numbers.append(number)
    if changes:
        rows.update(table, changes)
    added = rows.append(table, new, numbers if len(sent) > 1 else ())
    written.ids = [place if what == "there" else added[place] for what, place in becomes]
    return written

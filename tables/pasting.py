"""A block of cells pasted at once: what fits is stored, and each cell that does not says why."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from tables import columns, rows, storage, upserts, values
from tables.keys import Matching
from tables.models import Table
from workspaces.refusals import Refused

ADD = Matching()


@dataclass(slots=True)
class Pasted:
    """The ids of the new rows, or of those that they match; `refused` are {"row": row id, "column": id, "message"}."""

    ids: list[int] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)
    updated: int = 0
    skipped: int = 0


def paste(table: Table, changes: Sequence[rows.Change], added: Sequence[rows.Cells], how: Matching = ADD) -> Pasted:
    """Changes and adds rows, without the cells that are refused. Raises Refused for a row or column that is gone."""
    find = columns.by_name_or_id(table)
    pasted = Pasted()
    changed_ids = [int(change["id"]) for change in changes]
    changed = [_sorted(find, change["cells"]) for change in changes]
    new = [_sorted(find, cells) for cells in added]
    with transaction.atomic():
        storage.lock_table(table.pk)
        pairs = zip(changed_ids, changed, strict=True)
        rows.update(table, [{"id": row_id, "cells": fitting} for row_id, (fitting, _) in pairs if fitting])
        written = upserts.write(table, [fitting for fitting, _ in new], how)
    pasted.ids, pasted.updated, pasted.skipped = written.ids, written.updated, written.skipped
    for row_id, (_, refused) in zip([*changed_ids, *pasted.ids], [*changed, *new], strict=True):
        pasted.refused += [{"row": row_id, **item} for item in refused]
    return pasted


def _sorted(find: rows.Find, cells: rows.Cells) -> tuple[dict[str | int, Any], list[dict[str, Any]]]:
    """Returns what fits, and {"column", "message"} for each cell that is refused."""
    fitting: dict[str | int, Any] = {}
    refused = []
    for pk, value in rows.by_column(find, cells).items():
        column = find(pk)
        try:
            fitting[pk] = values.clean(column, value)
        except Refused as refusal:
            refused.append({"column": column.pk, "message": str(refusal)})
    return fitting, refused

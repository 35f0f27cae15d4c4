"""A block of cells pasted at once: what fits is stored, and each cell that does not says why."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from tables import columns, rows, storage, values
from tables.models import Column, Table
from workspaces.refusals import Refused

type Find = Callable[[str | int], Column]


@dataclass(slots=True)
class Pasted:
    """The ids of the new rows; `refused` are {"row", "column", "message"}."""

    ids: list[int] = field(default_factory=list)
    refused: list[dict[str, Any]] = field(default_factory=list)


def paste(table: Table, changes: Sequence[Mapping[str, Any]], added: Sequence[rows.Cells]) -> Pasted:
    """`changes` as rows.update takes them, `added` as rows.append does. Raises Refused for a row that is gone."""
    find: Find = columns.by_name_or_id(table)
    done = Pasted()
    fitting = [{"id": int(change["id"]), "cells": {}} for change in changes]
    for kept, change in zip(fitting, changes, strict=True):
        kept["cells"], refused = _sorted(find, change["cells"])
        done.refused += [{"row": kept["id"], **item} for item in refused]
    new = [_sorted(find, row) for row in added]
    with transaction.atomic():
        storage.lock_table(table.pk)
        rows.update(table, [change for change in fitting if change["cells"]])
        done.ids = rows.append(table, [cells for cells, _ in new])
    for row_id, (_, refused) in zip(done.ids, new, strict=True):
        done.refused += [{"row": row_id, **item} for item in refused]
    return done


def _sorted(find: Find, row: rows.Cells) -> tuple[dict[str | int, Any], list[dict[str, Any]]]:
    """What fits, and what is refused."""
    fits: dict[str | int, Any] = {}
    refused = []
    for key, value in row.items():
        column = find(key)
        try:
            fits[column.pk] = values.clean(column, value)
        except Refused as refusal:
            refused.append({"column": column.pk, "message": str(refusal)})
    return fits, refused

"""A table copied whole, with its rows and results."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence

from django.db import transaction
from django.db.models import QuerySet

from tables import row_order, storage
from tables.models import OPEN_STATES, Cell, CellState, Row

BATCH = 2_000  # rows a transaction

type Adapt = Callable[[Sequence[Row], Sequence[Cell], Mapping[int, int]], None]
# Called with rows, their results and {column id: id of its copy} before the results are copied; may change results.
adapting: list[Adapt] = []


def copy_rows(source_id: int, target_id: int, columns: Mapping[int, int]) -> Iterator[int]:
    """Copies all rows with their results into an empty table; yields after each batch how many are done.

    `columns` are {column id: id of its copy}.
    """
    keys = {str(old): str(new) for old, new in columns.items()}
    done, last = 0, None
    while batch := list(_rows_after(source_id, last)):
        copied = [{keys[key]: value for key, value in row.values.items() if key in keys} for row in batch]
        with transaction.atomic():
            sort_keys = row_order.append(target_id, len(copied))
            storage.insert(target_id, sort_keys, [json.dumps(row, ensure_ascii=False) for row in copied])
            _copy_results(batch, target_id, sort_keys[0], columns)
        done, last = done + len(batch), batch[-1].sort_key
        yield done


def _rows_after(table_id: int, sort_key: int | None) -> QuerySet[Row]:
    rows = Row.objects.filter(table_id=table_id).order_by("sort_key")
    return (rows if sort_key is None else rows.filter(sort_key__gt=sort_key))[:BATCH]


def _copy_results(batch: Sequence[Row], target_id: int, first_key: int, columns: Mapping[int, int]) -> None:
    """Copies results that have ended; what is under way belongs to the other table."""
    copied = Row.objects.filter(table_id=target_id, sort_key__gte=first_key).order_by("sort_key")
    row_ids = dict(zip((row.pk for row in batch), copied.values_list("pk", flat=True), strict=True))
    results = Cell.objects.filter(column__in=columns, row_id__in=row_ids)
    ended = list(results.exclude(state__in=(*OPEN_STATES, CellState.CANCELLED, CellState.EMPTY)))
    for adapt in adapting:
        adapt(batch, ended, columns)
    for cell in ended:
        cell.pk, cell.run_id, cell.due_at = None, None, None
        cell.row_id, cell.column_id = row_ids[cell.row_id], columns[cell.column_id]
    Cell.objects.bulk_create(ended, batch_size=500)

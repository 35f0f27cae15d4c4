"""Rows in the trash, with their results: moved out of the table and back in a few statements, however many they are.

The caller has a transaction open and the table locked, and counts them.
"""

import json
from collections.abc import Sequence

from django.db import connection
from django.db.models import QuerySet

from tables import cells, storage
from tables.models import OPEN_STATES, Cell, CellState, DeletedCell, DeletedRow, Deletion, Result, Row

_ROW = 'id, table_id, position, "values"'
_RESULT = ", ".join(f'"{field.column}"' for field in Result._meta.fields)
_CELL = f"row_id, column_id, {_RESULT}"

_TO_TRASH = """INSERT INTO tables_deleted{kind} (deletion_id, {columns})
    SELECT %s, {columns} FROM tables_{kind} WHERE {row_id} IN ({chosen})"""
_FROM_TRASH = """INSERT INTO tables_{kind} ({columns})
    SELECT {columns} FROM tables_deleted{kind} WHERE deletion_id = %s AND {row_id} BETWEEN %s AND %s"""
_KINDS = (("row", _ROW, "id"), ("cell", _CELL, "row_id"))


def put_away(deletion: Deletion, rows: QuerySet[Row]) -> None:
    """Moves rows into the trash. What a run had of them has stopped: the run goes on without them."""
    results = Cell.objects.filter(row_id__in=rows.order_by().values("pk"))
    results.filter(state__in=OPEN_STATES).update(state=CellState.CANCELLED, run_id=None, due_at=None)
    chosen, parameters = rows.order_by().values("pk").query.sql_with_params()
    with connection.cursor() as cursor:
        for kind, columns, row_id in _KINDS:
            statement = _TO_TRASH.format(kind=kind, columns=columns, row_id=row_id, chosen=chosen)
            cursor.execute(statement, [deletion.pk, *parameters])
    storage.delete(rows)


def store_results(new: Sequence[cells.NewCell]) -> None:
    """Stores results that came after their rows were deleted, so that these come back with what was sent for them.

    Rows that are not in the trash any more are passed over, like cells that have not come to a result.
    """
    ended = [cell for cell in new if cell.state not in OPEN_STATES]
    row_ids = [cell.row_id for cell in ended]
    deletions = dict(DeletedRow.objects.filter(pk__in=row_ids).values_list("pk", "deletion_id"))
    kept = [cell for cell in ended if cell.row_id in deletions]
    for cell in kept:
        json_fields = {name: json.loads(cells.encoded(getattr(cell, name))) for name in ("value", "error_detail")}
        DeletedCell.objects.update_or_create(
            deletion_id=deletions[cell.row_id],
            row_id=cell.row_id,
            column_id=cell.column_id,
            defaults=cell._asdict() | json_fields | {"stale": False},
        )


def bring_back(deletion: Deletion, first: int, last: int) -> None:
    """Moves the rows of a deletion between these ids back into their table, under their ids and sort keys."""
    with connection.cursor() as cursor:
        for kind, columns, row_id in _KINDS:
            cursor.execute(_FROM_TRASH.format(kind=kind, columns=columns, row_id=row_id), [deletion.pk, first, last])
    DeletedRow.objects.filter(deletion=deletion, pk__range=(first, last))._raw_delete(using=connection.alias)
    DeletedCell.objects.filter(deletion=deletion, row_id__range=(first, last))._raw_delete(using=connection.alias)

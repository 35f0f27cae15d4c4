"""Rows in the trash, with their results: moved out of the table and back in a few statements, however many they are.

The caller has a transaction open and the table locked, and counts them.
"""

from collections.abc import Iterable

from django.db import connection
from django.db.models import QuerySet

from tables import storage
from tables.models import OPEN_STATES, CellState, DeletedCell, DeletedRow, Deletion, Result, Row

_ROW = 'id, table_id, position, "values"'
_RESULT = ", ".join(f'"{field.column}"' for field in Result._meta.fields)
_CELL = f"row_id, column_id, {_RESULT}"


_TO_TRASH = """INSERT INTO tables_deleted{kind} (deletion_id, {columns})
    SELECT %s, {columns} FROM tables_{kind} WHERE {row_id} IN ({chosen})"""
_FROM_TRASH = """INSERT INTO tables_{kind} ({columns})
    SELECT {columns} FROM tables_deleted{kind} WHERE deletion_id = %s"""


def put_away(deletion: Deletion, rows: Iterable[QuerySet[Row]]) -> None:
    """Moves rows into the trash. What a run had of them has stopped: the run goes on without them."""
    with connection.cursor() as cursor:
        for some in rows:
            chosen, parameters = some.order_by().values("pk").query.sql_with_params()
            for kind, columns, row_id in (("row", _ROW, "id"), ("cell", _CELL, "row_id")):
                statement = _TO_TRASH.format(kind=kind, columns=columns, row_id=row_id, chosen=chosen)
                cursor.execute(statement, [deletion.pk, *parameters])
            storage.delete(some)
    under_way = DeletedCell.objects.filter(deletion=deletion, state__in=OPEN_STATES)
    under_way.update(state=CellState.CANCELLED, run_id=None, due_at=None)


def bring_back(deletion: Deletion) -> None:
    """Moves the rows of a deletion back into their table, under their ids and sort keys."""
    with connection.cursor() as cursor:
        for kind, columns in (("row", _ROW), ("cell", _CELL)):
            cursor.execute(_FROM_TRASH.format(kind=kind, columns=columns), [deletion.pk])
    for model in (DeletedRow, DeletedCell):
        model._default_manager.filter(deletion=deletion)._raw_delete(using=connection.alias)

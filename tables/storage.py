"""Rows as they are stored: the statements that run for every row of a file, in SQL so that a million takes no time.

The caller has a transaction open and the table locked.
"""

import json
from collections.abc import Sequence

from django.db import connection
from django.db.models import F, QuerySet
from django.utils import timezone

from tables.models import Cell, Row, Table


def lock_table(table_id: int) -> int:
    """Locks the table until the transaction ends, and returns how many rows it has; 0 for one that is gone.

    Whoever adds, changes or deletes its columns or rows, or stores results in it, locks the table before any row or
    cell of it. Writers that locked rows in another order would wait for each other.
    """
    # Without the key: what refers to the table, like a run, can be inserted meanwhile.
    locked = Table.objects.select_for_update(no_key=True).filter(pk=table_id)
    return locked.values_list("row_count", flat=True).first() or 0


def insert(table_id: int, position: int, encoded: Sequence[str]) -> None:
    """Inserts rows from this position on, given as their values in JSON. The caller counts them with `grow`."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                'INSERT INTO tables_row (table_id, position, "values") '
                "SELECT %s, %s + place - 1, text::jsonb FROM unnest(%s::text[]) WITH ORDINALITY AS new(text, place) "
                "ORDER BY place",
                [table_id, position, list(encoded)],
            )
        else:
            cursor.executemany(
                'INSERT INTO tables_row (table_id, position, "values") VALUES (%s, %s, %s)',
                [(table_id, position + place, text) for place, text in enumerate(encoded)],
            )


def move_to_end(source_id: int, target_id: int, position: int) -> None:
    """Inserts the rows of one table into another from this position on, with ids in their order.

    The caller counts them with `grow`, and purges the source.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            'INSERT INTO tables_row (table_id, position, "values") '
            'SELECT %s, position + %s, "values" FROM tables_row WHERE table_id = %s ORDER BY position',
            [target_id, position, source_id],
        )


def write_values(rows: Sequence[Row]) -> None:
    """Stores the values of these rows with one statement, prepared once."""
    cast = "::jsonb" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.executemany(
            f'UPDATE tables_row SET "values" = %s{cast} WHERE id = %s',  # noqa: S608
            [(json.dumps(row.values, ensure_ascii=False), row.pk) for row in rows],
        )


def delete(rows: QuerySet[Row]) -> None:
    """Deletes rows with their results, without loading them as `rows.delete()` would; the caller counts them."""
    Cell.objects.filter(row_id__in=rows.values("pk")).delete()
    rows._raw_delete(using=connection.alias)


def number_again(table_id: int, first: int) -> None:
    """Numbers the rows from position `first` on without gaps, in the order in which they were added."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tables_row SET position = new.position FROM ("
            " SELECT id, %s - 1 + row_number() OVER (ORDER BY id) AS position"
            " FROM tables_row WHERE table_id = %s AND position >= %s"
            ") AS new WHERE tables_row.id = new.id AND tables_row.position <> new.position",
            [first, table_id, first],
        )


def grow(table_id: int, number: int) -> None:
    """Counts rows that were added; `number` is negative for rows that were deleted."""
    Table.objects.filter(pk=table_id).update(row_count=F("row_count") + number, updated_at=timezone.now())


def touch(table_id: int) -> None:
    """Puts the table first in the list of tables, where the one changed last stands."""
    Table.objects.filter(pk=table_id).update(updated_at=timezone.now())


def analyze() -> None:
    """Tells PostgreSQL that many rows came at once.

    By itself it looks a minute later, and until then it plans queries as if the rows were not there.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE tables_row")

"""Rows as they are stored: the statements that run for every row of a file, raw so that a million takes no time.

The caller has the transaction open and, where it adds or removes rows, holds the table.
"""

import json
from collections.abc import Sequence

from django.db import connection
from django.db.models import F, QuerySet
from django.utils import timezone

from tables.models import Row, Table


def insert(table_id: int, position: int, encoded: Sequence[str]) -> None:
    """Rows of values as JSON text, raw because files hold millions. The caller holds the table and counts."""
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


def analyze() -> None:
    """After many rows came at once: PostgreSQL looks at them a minute later, and takes the long way until then."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE tables_row")


def grow(table_id: int, number: int) -> None:
    Table.objects.filter(pk=table_id).update(row_count=F("row_count") + number, updated_at=timezone.now())


def touch(table_id: int) -> None:
    """What was worked on last stands first in the list of tables."""
    Table.objects.filter(pk=table_id).update(updated_at=timezone.now())


def locked(rows: QuerySet[Row]) -> QuerySet[Row]:
    """In order, held until the transaction ends, so that two edits of one row both stay."""
    return rows.select_for_update().order_by("position")


def write_values(rows: Sequence[Row]) -> None:
    """One statement for all rows, prepared once."""
    cast = "::jsonb" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.executemany(
            f'UPDATE tables_row SET "values" = %s{cast} WHERE id = %s',  # noqa: S608
            [(json.dumps(row.values, ensure_ascii=False), row.pk) for row in rows],
        )


def number_again(table_id: int, first: int) -> None:
    """Positions from `first` on without gaps, in the order rows were added, where something changes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tables_row SET position = new.position FROM ("
            " SELECT id, %s - 1 + row_number() OVER (ORDER BY id) AS position"
            " FROM tables_row WHERE table_id = %s AND position >= %s"
            ") AS new WHERE tables_row.id = new.id AND tables_row.position <> new.position",
            [first, table_id, first],
        )


def lock_table(table_id: int) -> None:
    """Until the transaction ends nobody else stores results in this table or deletes rows of it.

    Taken before any row or cell of it: otherwise each waits for the other.
    """
    Table.objects.select_for_update(no_key=True).filter(pk=table_id).first()

"""Rows as they are stored: the statements that run for every row of a file, in SQL so that a million takes no time.

The caller has a transaction open and the table locked.
"""

import json
import time
from collections.abc import Iterable, Sequence
from itertools import batched, chain, pairwise

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from tables import row_order
from tables.models import Cell, DeletedRow, Row, RowBlock, Table

_BATCH = 5_000  # rows a transaction
_AT_ONCE = 500  # lines that one statement inserts; SQLite bounds its parameters
_BLOCKS = 10  # of rows that one statement copies


def lock_table(table_id: int) -> int:
    """Locks the table until the transaction ends, and returns how many rows it has; 0 for one that is gone.

    Whoever adds, changes or deletes its columns or rows, or stores results in it, locks the table before any row or
    cell of it. Writers that locked rows in another order would wait for each other.
    """
    # Without the key: what refers to the table, like a run, can be inserted meanwhile.
    locked = Table.objects.select_for_update(no_key=True).filter(pk=table_id)
    return locked.values_list("row_count", flat=True).first() or 0


def insert(table_id: int, sort_keys: Sequence[int], encoded: Sequence[str]) -> None:
    """Inserts rows with these keys, given as their values in JSON. The caller counts them with `grow`."""
    lines = [(table_id, key, text) for key, text in zip(sort_keys, encoded, strict=True)]
    insert_lines("tables_row", ("table_id", "position", "values"), lines)


def insert_lines(table: str, columns: Sequence[str], lines: Sequence[tuple[int | str, ...]]) -> None:
    """Inserts lines of numbers and JSON, in which there is no tab or line end, into a table of the database."""
    names = ", ".join(f'"{column}"' for column in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            pattern = "\t".join(["%s"] * len(columns)) + "\n"
            text = "".join([pattern % line for line in lines]).replace("\\", "\\\\")
            with connection.wrap_database_errors, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                copy.write(text)
            return
        marks = f"({', '.join(['%s'] * len(columns))})"
        for some in batched(lines, _AT_ONCE):
            cursor.execute(
                f"INSERT INTO {table} ({names}) VALUES {', '.join([marks] * len(some))}",  # noqa: S608
                list(chain.from_iterable(some)),
            )


def append_table(source_id: int, target_id: int) -> None:
    """Inserts the rows of one table after those of another, with ids in their order.

    The caller counts them with `grow`, and purges the source.
    """
    shift = row_order.append_blocks(source_id, target_id)
    starts = RowBlock.objects.filter(table_id=source_id).order_by("start").values_list("start", flat=True)
    with connection.cursor() as cursor:
        # Some blocks at a time: SQLite has all that one statement copies in memory.
        for first, end in pairwise([*starts[::_BLOCKS], None]):
            until = "" if end is None else "AND position < %s "
            cursor.execute(
                'INSERT INTO tables_row (table_id, position, "values") '  # noqa: S608
                'SELECT %s, position + %s, "values" FROM tables_row '
                f"WHERE table_id = %s AND position >= %s {until}ORDER BY position",
                [target_id, shift, source_id, first, *([] if end is None else [end])],
            )


def write_values(rows: Sequence[Row | DeletedRow]) -> None:
    """Stores the values of these rows, or rows in the trash, with one statement each, prepared once."""
    cast = "::jsonb" if connection.vendor == "postgresql" else ""
    for model in (Row, DeletedRow):
        with connection.cursor() as cursor:
            cursor.executemany(
                f'UPDATE {model._meta.db_table} SET "values" = %s{cast} WHERE id = %s',  # noqa: S608
                [(json.dumps(row.values, ensure_ascii=False), row.pk) for row in rows if isinstance(row, model)],
            )


def widen_keys(seconds: float) -> None:
    """Makes gaps between the sort keys of tables from before there were gaps; it goes on with the next call."""
    until = time.monotonic() + seconds
    for table_id in Table.objects.filter(narrow_keys=True).values_list("pk", flat=True):
        more = True
        while more and time.monotonic() < until:
            with transaction.atomic():
                lock_table(table_id)
                more = row_order.widen(table_id)


def write_sort_keys(keys: Iterable[tuple[int, int]]) -> None:
    """Stores (sort key, row id)."""
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE tables_row SET position = %s WHERE id = %s", list(keys))


def delete(rows: QuerySet[Row]) -> None:
    """Deletes rows with their results, without loading them as `rows.delete()` would; the caller counts them."""
    Cell.objects.filter(row_id__in=rows.values("pk")).delete()
    rows._raw_delete(using=connection.alias)


def drop_values(model: type[Row | DeletedRow], table_id: int, column_id: int) -> None:
    """Deletes the values of a column from the rows of its table, or from those in the trash, batch by batch."""
    if connection.vendor == "postgresql":
        without, has = '"values" - %(key)s', '"values" ? %(key)s'
    else:
        without, has = 'json_remove("values", %(path)s)', 'json_type("values", %(path)s) IS NOT NULL'
    statement = (
        f'UPDATE {model._meta.db_table} SET "values" = {without}'  # noqa: S608
        f" WHERE table_id = %(table)s AND id > %(last)s AND id <= %(end)s AND {has}"
    )
    rows = model._default_manager.filter(table_id=table_id).order_by("pk").values_list("pk", flat=True)
    last = 0
    while row_ids := list(rows.filter(pk__gt=last)[:_BATCH]):
        named: dict[str, str | int] = {
            "key": str(column_id),
            "path": f'$."{column_id}"',
            "table": table_id,
            "last": last,
            "end": row_ids[-1],
        }
        with transaction.atomic(), connection.cursor() as cursor:
            lock_table(table_id)
            cursor.execute(statement, named)
        last = row_ids[-1]


def grow(table_id: int, number: int) -> None:
    """Counts rows that were added; `number` is negative for rows that were deleted."""
    Table.objects.filter(pk=table_id).update(row_count=F("row_count") + number, updated_at=timezone.now())


def touch(table_id: int) -> None:
    """Puts the table first in the list of tables, where the one changed last stands."""
    Table.objects.filter(pk=table_id).update(updated_at=timezone.now())


def analyze() -> None:
    """Tells PostgreSQL that many rows came, or went to the trash, at once.

    By itself it looks a minute later, and until then it plans queries as if the rows were not there.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE tables_row, tables_deletedrow, tables_deletedcell")

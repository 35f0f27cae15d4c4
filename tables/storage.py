"""Rows as they are stored: the statements that run for every row of a file, in SQL so that a million takes no time.

The caller has a transaction open and the table locked.
"""

import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import batched, chain, repeat
from typing import Any

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import F, QuerySet
from django.utils import timezone

from tables import json_text, row_order
from tables.models import Cell, DeletedRow, Row, RowBlock, Table

encode = json_text.encoder()  # of values
_BATCH = 5_000  # rows a transaction
_AT_ONCE = 100  # lines that one statement inserts; SQLite bounds its parameters
_ROWS_AT_ONCE = 1_000
_PAGES = 500  # given back in one transaction, 2 MB
_PAGES_LEFT = 5_000  # for what is written next, 20 MB
_BLOCKS = 10  # of rows that one statement copies
_INSERT_ONE = 'INSERT INTO tables_row (table_id, position, "values") VALUES (%s, %s, %s)'
# Of a table, the first sort key, its step, and the values.
_INSERT_MANY = (
    'INSERT INTO tables_row (table_id, position, "values") SELECT %s, %s + column1 * %s, column2 FROM '  # noqa: S608
    f"(VALUES {', '.join(f'({place}, %s)' for place in range(_ROWS_AT_ONCE))})"
)


def lock_table(table_id: int) -> int:
    """Locks the table until the transaction ends, and returns how many rows it has; 0 for one that is gone.

    Whoever adds, changes or deletes its columns or rows, or stores results in it, locks the table before any row or
    cell of it. Writers that locked rows in another order would wait for each other.
    """
    # Without the key: what refers to the table, like a run, can be inserted meanwhile.
    locked = Table.objects.select_for_update(no_key=True).filter(pk=table_id)
    return locked.values_list("row_count", flat=True).first() or 0


def insert(table_id: int, sort_keys: range, encoded: Sequence[str]) -> None:
    """Inserts rows with these keys, given as their values in JSON. The caller counts them with `grow`."""
    if connection.vendor == "postgresql":
        lines = [(table_id, key, text) for key, text in zip(sort_keys, encoded, strict=True)]
        insert_lines("tables_row", ("table_id", "position", "values"), lines)
        return
    with connection.cursor() as cursor, trusted(cursor):
        many = len(encoded) - len(encoded) % _ROWS_AT_ONCE
        for first in range(0, many, _ROWS_AT_ONCE):
            # One statement for many: between two of them Python waits for its lock, while it reads the next rows.
            some = encoded[first : first + _ROWS_AT_ONCE]
            cursor.execute(_INSERT_MANY, [table_id, sort_keys[first], sort_keys.step, *some])
        cursor.executemany(_INSERT_ONE, list(zip(repeat(table_id), sort_keys[many:], encoded[many:])))


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
        with trusted(cursor):
            for some in batched(lines, _AT_ONCE):
                cursor.execute(
                    f"INSERT INTO {table} ({names}) VALUES {', '.join([marks] * len(some))}",  # noqa: S608
                    list(chain.from_iterable(some)),
                )


@contextmanager
def trusted(cursor: CursorWrapper) -> Iterator[None]:
    """Lets SQLite take JSON that was just encoded without parsing it, which takes half the time of an insert."""
    if connection.vendor != "sqlite":
        yield
        return
    cursor.execute("PRAGMA ignore_check_constraints = ON")
    try:
        yield
    finally:
        cursor.execute("PRAGMA ignore_check_constraints = OFF")


@contextmanager
def lost_with_a_crash() -> Iterator[None]:
    """Lets PostgreSQL commit this transaction without waiting for the disk.

    A crash may lose it, but not one that a later transaction, which does wait, has seen: the disk has them in order.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")
    yield


def append_table(source_id: int, target_id: int, without: Sequence[int] = ()) -> None:
    """Inserts the rows of one table after those of another, with ids in their order.

    Those that have one of the sort keys `without`, which are sorted, are left out. The caller counts the others with
    `grow`, and purges the source.
    """
    shift = row_order.append_blocks(source_id, target_id, without)
    starts = RowBlock.objects.filter(table_id=source_id).order_by("start").values_list("start", flat=True)
    # Some blocks at a time: SQLite has all that one statement copies in memory.
    firsts = list(starts[::_BLOCKS])
    with connection.cursor() as cursor:
        for first, end in zip(firsts, [*firsts, None][1:], strict=True):
            until = "" if end is None else "AND position < %s "
            last = len(without) if end is None else bisect_left(without, end)
            left_out = without[bisect_left(without, first) : last]
            others = f"AND position NOT IN (VALUES ({'), ('.join(map(str, left_out))})) " if left_out else ""
            cursor.execute(
                'INSERT INTO tables_row (table_id, position, "values") '  # noqa: S608
                'SELECT %s, position + %s, "values" FROM tables_row '
                f"WHERE table_id = %s AND position >= %s {until}{others}ORDER BY position",
                [target_id, shift, source_id, first, *([] if end is None else [end])],
            )


def write_values(values: Mapping[int, Mapping[str, Any]], model: type[Row | DeletedRow] = Row) -> None:
    """Stores {row id: values} of rows, or of rows in the trash, with one statement each, prepared once."""
    cast = "::jsonb" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.executemany(
            f'UPDATE {model._meta.db_table} SET "values" = %s{cast} WHERE id = %s',  # noqa: S608
            [(encode(of_row), row_id) for row_id, of_row in values.items()],
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


def give_back_space(seconds: float) -> None:
    """Gives pages of SQLite's file that hold nothing any more back to the disk, few at a time, so that nobody waits.

    PostgreSQL cleans up by itself, and so does SQLite in that it fills such pages again: some are left for that.
    """
    until = time.monotonic() + seconds
    while connection.vendor == "sqlite" and _free_pages() > _PAGES_LEFT and time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA incremental_vacuum({_PAGES})")
            cursor.fetchall()  # it stops with whoever reads from it


def _free_pages() -> int:
    """Returns how many pages can be given back: none of a file from before there was a list of them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT freelist_count FROM pragma_freelist_count, pragma_auto_vacuum WHERE auto_vacuum = 2")
        found = cursor.fetchone()
    return found[0] if found else 0


def analyze() -> None:
    """Tells PostgreSQL that many rows came, or went to the trash, at once.

    By itself it looks a minute later, and until then it plans queries as if the rows were not there. It need not look
    at values, which takes it twice the time: no plan depends on what is inside them.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "ANALYZE tables_row (id, table_id, position), tables_deletedrow (id, table_id, position, deletion_id), "
                "tables_deletedcell (id, row_id, column_id)"
            )

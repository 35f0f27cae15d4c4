"""A table copied whole, with its rows and results.

Rows are copied by the database: only results, whose fingerprints name the columns of their inputs, pass through Python.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import batched

from django.db import connection, transaction
from django.db.models import QuerySet

from tables import row_order, storage
from tables.models import OPEN_STATES, Cell, CellState, Column, Row, Table

BLOCKS = 10  # of rows a transaction
_RESULTS = 2_000  # rows whose results are copied at once

type Adapt = Callable[[Sequence[Row], Sequence[Cell], Mapping[int, int]], None]
# Called with rows, their results and {column id: id of its copy} before the results are copied; may change results.
adapting: list[Adapt] = []
# Called with a table that has just been filled as a copy of another one, and shows from now on.
copied: list[Callable[[Table], None]] = []


def copy_rows(source_id: int, target_id: int, columns: Mapping[int, int]) -> Iterator[int]:
    """Copies all rows with their results into an empty table; yields after each batch how many are done.

    `columns` are {column id: id of its copy}. Copied rows have the sort keys of theirs.
    """
    narrow = Table.objects.filter(pk=source_id).values_list("narrow_keys", flat=True).get()
    Table.objects.filter(pk=target_id).update(narrow_keys=narrow)
    values = _renamed(columns, _others(source_id, columns))
    done, start = 0, None
    while True:
        with transaction.atomic():
            storage.lock_table(source_id)
            first, end = row_order.copy_blocks(source_id, target_id, start, BLOCKS)
            if first is None:
                return
            done += _copy_values(source_id, target_id, first, end, values)
            _copy_results(_between(source_id, first, end), target_id, columns)
        yield done
        if end is None:
            return
        start = end


def _others(table_id: int, columns: Mapping[int, int]) -> list[int]:
    """Returns the columns that are not copied, but may still have values: those in the trash."""
    return [pk for pk in Column.with_deleted.filter(table=table_id).values_list("pk", flat=True) if pk not in columns]


def _renamed(columns: Mapping[int, int], others: Sequence[int]) -> str:
    """Returns the SQL of a row's values under the ids of the copied columns, which no column of the source has.

    Where an object or a value of another column may be in the text, the row is taken apart; it takes twice the time.
    """
    text, find, cast = ('"values"::text', "strpos", "::jsonb") if _is_postgresql() else ('"values"', "instr", "")
    renamed = text
    for pk, copy in columns.items():
        renamed = f"""replace({renamed}, '"{pk}":', '"{copy}":')"""
    has_more = [f"{text} LIKE '_%%{{%%'", *(f"""{find}({text}, '"{pk}":') > 0""" for pk in others)]
    return f"CASE WHEN {' OR '.join(has_more)} THEN ({_taken_apart(columns)}) ELSE ({renamed}){cast} END"


def _taken_apart(columns: Mapping[int, int]) -> str:
    if not columns:
        return "'{}'::jsonb" if _is_postgresql() else "'{}'"
    names = " ".join(f"WHEN '{pk}' THEN '{copy}'" for pk, copy in columns.items())
    chosen = ", ".join(f"'{pk}'" for pk in columns)
    if _is_postgresql():
        one, values = f"jsonb_object_agg(CASE key {names} END, value)", 'jsonb_each("values")'
        return f"SELECT COALESCE({one}, '{{}}') FROM {values} WHERE key IN ({chosen})"  # noqa: S608
    one = f'json_group_object(CASE key {names} END, json("values" -> fullkey))'
    return f'SELECT {one} FROM json_each("values") WHERE key IN ({chosen})'  # noqa: S608


def _is_postgresql() -> bool:
    return connection.vendor == "postgresql"


def _copy_values(source_id: int, target_id: int, first: int, end: int | None, values: str) -> int:
    until = "" if end is None else "AND position < %s "
    with connection.cursor() as cursor, storage.trusted(cursor):
        cursor.execute(
            'INSERT INTO tables_row (table_id, position, "values") '  # noqa: S608
            f"SELECT %s, position, {values} FROM tables_row WHERE table_id = %s AND position >= %s {until}"
            "ORDER BY position",
            [target_id, source_id, first, *([] if end is None else [end])],
        )
        return int(cursor.rowcount)


def _between(table_id: int, first: int, end: int | None) -> QuerySet[Row]:
    rows = Row.objects.filter(table_id=table_id, sort_key__gte=first).order_by("sort_key")
    return rows if end is None else rows.filter(sort_key__lt=end)


def _copy_results(rows: QuerySet[Row], target_id: int, columns: Mapping[int, int]) -> None:
    """Copies results that have ended; what is under way belongs to the other table."""
    if not Column.objects.filter(pk__in=columns, cells__isnull=False).exists():
        return
    for batch in batched(rows.iterator(_RESULTS), _RESULTS):
        copied = Row.objects.filter(table_id=target_id, sort_key__range=(batch[0].sort_key, batch[-1].sort_key))
        copies = copied.order_by("sort_key").values_list("pk", flat=True)
        row_ids = dict(zip((row.pk for row in batch), copies, strict=True))
        results = Cell.objects.filter(column__in=columns, row_id__in=row_ids)
        ended = list(results.exclude(state__in=(*OPEN_STATES, CellState.CANCELLED, CellState.EMPTY)))
        for adapt in adapting:
            adapt(batch, ended, columns)
        for cell in ended:
            cell.pk, cell.run_id, cell.due_at = None, None, None
            cell.row_id, cell.column_id = row_ids[cell.row_id], columns[cell.column_id]
        Cell.objects.bulk_create(ended, batch_size=500)

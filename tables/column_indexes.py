"""Indexes on single columns of large tables, made when somebody needs them and dropped when nobody does.

An index has the value of one column of one table in each row, beside the row's place. The database itself keeps it
true through edits, imports and deletions, and tells by its name whether there is one. Redis knows how often it was
needed, and until when it is kept. A query through an index finds what it finds without one.
"""

import logging
from collections.abc import Collection, Iterable
from typing import Any

from django.db import OperationalError, connection
from django.db.models import F, Index, Q

from tables import dispatch, expressions, number_expressions, text_expressions
from tables.models import Column, ColumnType, Row, Table
from tables.redis import client

TASK = "tables.index_column"
SMALLEST = 50_000  # rows of a table: fewer are looked at as fast
# Rows that SQLite may index: nobody else writes meanwhile, for 2 to 4 seconds with a million of them.
LARGEST_ON_SQLITE = 2_000_000
MOST = 8  # indexes of one table: each takes a little of the time of each change
NEEDED = 2  # queries within a day, or one sort: without an index it takes as long as to make one
KEPT_SECONDS = 7 * 86_400  # after the last query that it served; one that served none is kept for a day
_DAY = 86_400
_LONGEST = 3_600  # seconds to make one
_PREFIX = "marl_column_"
_VERSION = 3  # of what an index holds; an older one is dropped

log = logging.getLogger(__name__)


def is_worth_it(table: Table, column: Column) -> bool:
    """Whether an index on the column can make queries of this table faster."""
    if column.is_computed or table.row_count < SMALLEST:
        return False
    if connection.vendor == "postgresql":  # it reads a text in any row as fast as in an index
        return column.type == ColumnType.NUMBER
    return table.row_count <= LARGEST_ON_SQLITE


def existing(columns: Iterable[Column]) -> dict[int, str]:
    """Returns {column id: name of its index} of those that have one."""
    names = {_name(column): column.pk for column in columns}
    return {names[name]: name for name in _names(_PREFIX) if name in names} if names else {}


def note(table: Table, needed: Collection[Column], present: Collection[int], *, only_sorts: bool) -> None:
    """Notes that a query needed indexes on these columns, of which some are there; asks a worker for another one."""
    times = NEEDED if only_sorts else 1
    for column in needed:
        name = _name(column)
        if column.pk in present:
            client().expire(_key("kept", name), KEPT_SECONDS)
            continue
        pipeline = client().pipeline()
        pipeline.incrby(_key("needed", name), times)
        pipeline.expire(_key("needed", name), _DAY, nx=True)
        total, _ = pipeline.execute()
        if total - times < NEEDED <= total:
            dispatch.send(TASK, column.pk)


def make(column_id: int) -> None:
    """Makes the index on a column, unless it is there, or the table has too many of them or has become too small."""
    column = Column.objects.filter(pk=column_id, table__ready=True).select_related("table").first()
    if column is None or not is_worth_it(column.table, column) or existing([column]):
        return
    if len(existing(column.table.columns.all())) >= MOST:
        return
    name = _name(column)
    if not client().set(_key("making", name), 1, ex=_LONGEST, nx=True):
        return  # another worker makes it
    client().set(_key("kept", name), 1, ex=_DAY)
    try:
        _create(column)
    except OperationalError as error:  # SQLite was busy for long
        client().delete(_key("needed", name))
        log.warning("The index %s was not made: %s", name, error)
    finally:
        client().delete(_key("making", name))


def drop_unused() -> None:
    """Drops indexes that no query has used for a week, and those of deleted columns, former types and old versions."""
    found = {name: int(name.removeprefix(_PREFIX).split("_")[0]) for name in _names(_PREFIX, unfinished=True)}
    wanted = {_name(column) for column in Column.objects.filter(pk__in=found.values(), table__ready=True)}
    for name in found:
        if name not in wanted or not client().exists(_key("kept", name)):
            _drop(name)


def _create(column: Column) -> None:
    name = _name(column)
    options: dict[str, Any] = {"concurrently": True} if connection.vendor == "postgresql" else {}
    if name in _names(name, unfinished=True):
        _drop(name)  # a worker was lost while PostgreSQL made it
    statement = _index(column).create_sql(Row, connection.schema_editor(atomic=False), **options)
    with connection.cursor() as cursor:
        cursor.execute(str(statement))
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE tables_row")  # it plans by what it knows of the values


def _index(column: Column) -> Index:
    text = expressions.stored_text(column)
    is_number = column.type == ColumnType.NUMBER
    ordered = number_expressions.indexed_number(text) if is_number else text_expressions.without_case(text)
    # SQLite looks for the text of a row in the index instead of in the row.
    parts: list[Any] = [ordered, F("sort_key"), *([text] if connection.vendor == "sqlite" else [])]
    return Index(*parts, name=_name(column), condition=Q(table=column.table_id))


def _drop(name: str) -> None:
    concurrently = "CONCURRENTLY " if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f'DROP INDEX {concurrently}IF EXISTS "{name}"')


def _names(prefix: str, *, unfinished: bool = False) -> list[str]:
    """Returns the names of indexes on rows that begin so; `unfinished` also those that are being made."""
    if connection.vendor == "postgresql":
        statement = (
            "SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid"
            " WHERE indrelid = 'tables_row'::regclass AND (indisvalid OR %s) AND starts_with(relname, %s)"
        )
        parameters: list[Any] = [unfinished, prefix]
    else:
        statement = "SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'tables_row' AND name GLOB %s"
        parameters = [f"{prefix}*"]
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [name for (name,) in cursor.fetchall()]


def _name(column: Column) -> str:
    return f"{_PREFIX}{column.pk}_{'number' if column.type == ColumnType.NUMBER else 'text'}_v{_VERSION}"


def _key(kind: str, name: str) -> str:
    return f"marl:index:{kind}:{name}"

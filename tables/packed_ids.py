"""Ids of many rows as the database gives them at once: reading them one by one takes longer than to find them."""

import sys
from array import array
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, transaction
from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from tables.models import Row

_PIECE = 1_000_000  # characters of a text of ids
_SORTED_IN_MEMORY = "64MB"  # of each of PostgreSQL's processes


_JOINED = {"postgresql": "string_agg(int8send(id), '')", "sqlite": "group_concat(id)"}


def read(parts: Sequence[QuerySet[Row]], index: str = "") -> array[int]:
    """Returns the ids of the rows of each part, in its order: as they were at one moment, 8 bytes each.

    SQLite finds them through this index; it raises OperationalError where there is none of the name.
    """
    statements, parameters = _statements((rows, index) for rows in parts)
    selected = [f"(SELECT {_JOINED[connection.vendor]} FROM ({statement}) one)" for statement in statements]  # noqa: S608
    row_ids = array("q")
    for joined in _run(f"SELECT {', '.join(selected)}", parameters) if selected else ():
        row_ids.extend(_numbers(joined))
    return row_ids


def among(parts: Iterable[tuple[QuerySet[Row], str]]) -> RawSQL:
    """Returns the test whether a row is in one of these parts, which SQLite finds through the index given with each."""
    statements, parameters = _statements(parts)
    test = f'"tables_row"."id" IN ({" UNION ALL ".join(statements)})'
    return RawSQL(test, parameters, output_field=BooleanField())  # noqa: S611


def _statements(parts: Iterable[tuple[QuerySet[Row], str]]) -> tuple[list[str], list[Any]]:
    """Returns what selects the ids of each part, without those that can have no rows, and the parameters of all."""
    statements: list[str] = []
    parameters: list[Any] = []
    for rows, index in parts:
        try:
            statement, values = rows.values_list("id").query.sql_with_params()
        except EmptyResultSet:
            continue
        statements.append(_through(index, statement) if index else statement)
        parameters += values
    return statements, parameters


def _through(index: str, statement: str) -> str:
    """SQLite is told: it would not take an index by itself to look at all of its values."""
    return statement.replace(' FROM "tables_row"', f' FROM "tables_row" INDEXED BY "{index}"', 1)


def _run(statement: str, parameters: Sequence[Any]) -> Sequence[str | bytes | None]:
    if connection.vendor != "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            return cursor.fetchone() or ()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('work_mem', %s, true)", [_SORTED_IN_MEMORY])
        cursor.execute(statement, parameters)
        return cursor.fetchone() or ()


def _numbers(joined: str | bytes | None) -> array[int]:
    row_ids = array("q")
    if isinstance(joined, bytes):
        row_ids.frombytes(joined)
        if sys.byteorder == "little":
            row_ids.byteswap()
    elif joined:
        start = 0
        while start < len(joined):  # piece by piece: numbers of Python take five times the memory
            end = joined.find(",", start + _PIECE)
            end = len(joined) if end < 0 else end
            row_ids.extend(map(int, joined[start:end].split(",")))
            start = end + 1
    return row_ids

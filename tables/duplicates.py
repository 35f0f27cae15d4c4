"""Rows that are there more than once: groups of rows with the same key, found and merged into one row each."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.db.models.expressions import RawSQL

from tables import alike_rows, columns, rows, storage
from tables.alike_rows import ALIKE, KEPT, Criteria
from tables.models import Column, Deletion, Row, Table
from workspaces.refusals import Refused

KEEPS = ("first", "last", "fullest")
LISTED = 100  # rows of a group whose ids are returned
MOST_CELLS = 10_000  # that were filled and are returned
_BATCH = 2_000  # groups that are filled at once

_RANKS = {"first": "r.position", "last": "r.position DESC", "fullest": "{filled} DESC, r.position"}


@dataclass(slots=True)
class Group:
    """Rows with the same key: how many, the ids of the first ones in order, and {keep: id of the row that stays}."""

    count: int
    row_ids: list[int] = field(default_factory=list)
    kept: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """How many groups there are, how many rows these have, and some of the groups in the order of the table."""

    groups: int
    rows: int
    items: list[Group]


@dataclass(frozen=True, slots=True)
class Merged:
    """How many groups became one row, how many rows were deleted and blank cells filled, and what undoes that.

    `cells` are (row id, column id) of those that were filled, None for more than `MOST_CELLS`.
    """

    merged: int
    deleted: int
    filled: int
    cells: list[tuple[int, int]] | None
    deletion: Deletion | None


def find(table: Table, how: Criteria, offset: int, limit: int) -> Found:
    """Returns the groups of rows with the same key, those at `limit` offsets from `offset` on."""
    with alike_rows.temporary_tables():
        alike_rows.suspect(table, how)
        alike_rows.compare(table, how)
        groups, number = _totals()
        return Found(groups, number, _listed(table, offset, limit))


def merge(table: Table, how: Criteria, keep: str, *, fill_blanks: bool) -> Merged:
    """Keeps one row of each group and moves the others into the trash. Raises Refused for an unknown `keep`.

    With `fill_blanks`, the blank values of the row that stays are filled from the others, from the first one that has
    a value. Its results stay, and are out of date if an input was filled.
    """
    if keep not in KEEPS:
        raise Refused(f"The row to keep is either of: {', '.join(KEEPS)}.", field="keep")
    with alike_rows.temporary_tables():
        alike_rows.suspect(table, how)
        with transaction.atomic():
            storage.lock_table(table.pk)
            alike_rows.compare(table, how)
            _keep(table, keep)
            groups, number = _totals()
            filled, cells = _fill(table) if fill_blanks else (0, [])
            deletion = _delete_others(table, number - groups)
    return Merged(groups, number - groups, filled, cells if filled <= MOST_CELLS else None, deletion)


def _totals() -> tuple[int, int]:
    """Returns how many groups there are, and how many rows."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(DISTINCT digest), COUNT(*) FROM {ALIKE}")  # noqa: S608
        groups, number = cursor.fetchone()
    return groups, number


def _listed(table: Table, offset: int, limit: int) -> list[Group]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT d.digest, COUNT(*) FROM {ALIKE} d JOIN tables_row r ON r.id = d.row_id"  # noqa: S608
            " GROUP BY d.digest ORDER BY MIN(r.position) LIMIT %s OFFSET %s",
            [limit, offset],
        )
        groups = {bytes(digest): Group(number) for digest, number in cursor.fetchall()}
        digests = list(groups)
        for digest, row_id in _ranked(table, "first", LISTED, digests):
            groups[digest].row_ids.append(row_id)
        for keep in KEEPS:
            for digest, row_id in _ranked(table, keep, 1, digests):
                groups[digest].kept[keep] = row_id
    return list(groups.values())


def _ranked(table: Table, keep: str, most: int, digests: Sequence[bytes]) -> list[tuple[bytes, int]]:
    """Returns (digest, row id) of the rows of these groups, at most so many of each, those to keep rather first."""
    if not digests:
        return []
    marks = ", ".join(["%s"] * len(digests))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT digest, row_id FROM ({_places(table, keep, f'WHERE d.digest IN ({marks})')}) AS places"  # noqa: S608
            " WHERE place <= %s ORDER BY digest, place",
            [*digests, most],
        )
        return [(bytes(digest), row_id) for digest, row_id in cursor.fetchall()]


def _keep(table: Table, keep: str) -> None:
    """Creates the temporary table of the rows that stay."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE {KEPT} AS"  # noqa: S608
            f" SELECT row_id, digest FROM ({_places(table, keep)}) AS places WHERE place = 1"
        )
    alike_rows.index(KEPT)


def _places(table: Table, keep: str, where: str = "") -> str:
    """Returns the SQL of (digest, row_id, place): the row to keep has place 1 in its group."""
    order = _RANKS[keep].format(filled=_filled(table))
    return (
        f"SELECT d.digest, d.row_id, ROW_NUMBER() OVER (PARTITION BY d.digest ORDER BY {order}) AS place"  # noqa: S608
        f" FROM {ALIKE} d JOIN tables_row r ON r.id = d.row_id {where}"
    )


def _filled(table: Table) -> str:
    """Returns the SQL of how many values and results a row has in the columns that are not deleted."""
    live = columns.live(table)
    results = ", ".join(str(column.pk) for column in live if column.is_computed) or "NULL"
    return (
        f"((SELECT COUNT(*) FROM {_each()} WHERE {_typed(live)})"  # noqa: S608
        " + (SELECT COUNT(*) FROM tables_cell c"
        f" WHERE c.row_id = r.id AND c.column_id IN ({results}) AND c.state = 'done'))"
    )


def _each() -> str:
    """Returns the SQL of the members of a row's values, as (key, value)."""
    return 'jsonb_each(r."values") AS v' if connection.vendor == "postgresql" else 'json_each(r."values") AS v'


def _typed(live: Sequence[Column]) -> str:
    """Returns the SQL of whether a member is a value that is not blank in a column that somebody fills."""
    typed = ", ".join(f"'{column.pk}'" for column in live if not column.is_computed) or "NULL"
    not_blank = "v.value NOT IN ('null', '\"\"')" if connection.vendor == "postgresql" else "v.value <> ''"
    return f"v.key IN ({typed}) AND {not_blank}"


def _fill(table: Table) -> tuple[int, list[tuple[int, int]]]:
    """Fills blank values of the rows that stay; returns how many, and (row id, column id) of the first ones."""
    filled = 0
    cells: list[tuple[int, int]] = []
    for row_ids in alike_rows.batches(KEPT, _BATCH):
        new_values: dict[int, dict[str, Any]] = {}
        fillings = _fillings(table, row_ids[0], row_ids[-1])
        for row_id, key, text in fillings:
            new_values.setdefault(row_id, {})[key] = json.loads(text)
        if new_values:
            rows.store(table, new_values)
        filled += len(fillings)
        cells += [(row_id, int(key)) for row_id, key, _ in fillings[: MOST_CELLS - len(cells)]]
    return filled, cells


def _fillings(table: Table, first: int, last: int) -> list[tuple[int, str, str]]:
    """Returns (row id, key of its blank value, JSON text of the first value of the others) of rows that stay."""
    text = "v.value::text" if connection.vendor == "postgresql" else """r."values" -> ('$."' || v.key || '"')"""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kept, key, text FROM ("  # noqa: S608
            f" SELECT k.row_id AS kept, v.key AS key, {text} AS text, r.id AS id, ROW_NUMBER() OVER"
            "  (PARTITION BY k.row_id, v.key ORDER BY r.id <> k.row_id, r.position) AS place"
            f" FROM {KEPT} k JOIN {ALIKE} d ON d.digest = k.digest JOIN tables_row r ON r.id = d.row_id"
            f" CROSS JOIN {_each()}"
            f" WHERE k.row_id BETWEEN %s AND %s AND {_typed(columns.live(table))}"
            ") AS members WHERE place = 1 AND id <> kept",
            [first, last],
        )
        return list(cursor.fetchall())


def _delete_others(table: Table, number: int) -> Deletion | None:
    """Deletes the rows that do not stay."""
    with connection.cursor() as cursor:
        # A list without those that stay would be searched from start to end for each row, in PostgreSQL.
        cursor.execute(f"DELETE FROM {ALIKE} WHERE row_id IN (SELECT row_id FROM {KEPT})")  # noqa: S608
    chosen = Row.objects.filter(table=table, pk__in=RawSQL(f"SELECT row_id FROM {ALIKE}", []))  # noqa: S608, S611
    if number <= rows.MOST_AT_ONCE:  # each is announced, and no other row is counted again
        return rows.delete(table, list(chosen.values_list("pk", flat=True)))
    return rows.delete_many(table, chosen)

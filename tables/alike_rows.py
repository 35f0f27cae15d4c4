"""Rows that have the same key, found in a table of any size with little memory and without a lock.

All keys are counted by their hashes. The few rows whose hash is there more than once are compared by their digests, in
temporary tables that only this connection sees. Whoever locks the table in between is safe from rows that change.
"""

from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import batched
from typing import Any

from django.db import connection

from tables import columns, keys
from tables.long_work import Report, silent
from tables.models import Column, Table
from workspaces.refusals import Refused

# Temporary tables: of row ids, and with their digests.
ALIKE = "duplicates_alike"  # rows that have the key of another one
KEPT = "duplicates_kept"  # the row of each group that stays
_FOUND = "duplicates_found"  # all rows that had the key of another one when they were looked for
_SUSPECTS = "duplicates_suspects"  # rows that may have the key of another one
_DIGESTS = "duplicates_digests"  # those of them that have a key

_BUCKETS_A_ROW = 32  # so that 3 rows in 100 share theirs by chance, and are compared for nothing
_MOST_BUCKETS = 2**26


@dataclass(frozen=True, slots=True)
class Criteria:
    """By which columns rows are alike, and how these are compared."""

    columns: Sequence[Column]
    match: str

    @classmethod
    def of(cls, table: Table, names: Sequence[str | int], match: str) -> "Criteria":
        """Finds the columns by their names or ids. Raises Refused."""
        if match not in keys.MATCHES:
            words = f"“{match[:20]}” is no way to compare values. Use {' or '.join(keys.MATCHES)}."
            raise Refused(words, field="match")
        find = columns.by_name_or_id(table)
        chosen = {column.pk: column for column in map(find, names)}
        if not chosen:
            raise Refused("Choose at least one column to compare.", field="columns")
        return cls(list(chosen.values()), match)

    @property
    def ids(self) -> list[str]:
        """Of the columns, as they stand in rows."""
        return [str(column.pk) for column in self.columns]

    @property
    def results(self) -> set[str]:
        """The ids of those that are computed."""
        return {str(column.pk) for column in self.columns if column.is_computed}

    @property
    def normalize(self) -> list[keys.Normalize]:
        """How the value of each column is compared."""
        return keys.normalizers(self.match, [column.type for column in self.columns])


@contextmanager
def temporary_tables() -> Iterator[None]:
    """Drops what the block creates, and what an earlier one may have left on this connection."""
    names = (_SUSPECTS, _DIGESTS, ALIKE, KEPT, _FOUND)
    _drop(*names)
    try:
        yield
    finally:
        _drop(*names)


def _drop(*names: str) -> None:
    with connection.cursor() as cursor:
        for name in names:
            cursor.execute(f"DROP TABLE IF EXISTS {name}")


def suspect(table: Table, how: Criteria, report: Report = silent) -> None:
    """Creates the temporary table of the rows that may have the key of another one: all that have, and some others."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {_SUSPECTS} (row_id {_types()[0]} PRIMARY KEY)")
    for row_ids in batched(_suspects(table, how, report), keys.BATCH):
        _store(_SUSPECTS, [row_ids])
    _analyze(_SUSPECTS)


def _suspects(table: Table, how: Criteria, report: Report) -> Iterator[int]:
    """Yields row ids. What it keeps of each row meanwhile are 44 bytes."""
    number = min(max(1, table.row_count) * _BUCKETS_A_ROW, _MOST_BUCKETS)
    counts, row_ids, buckets = bytearray(number), array("q"), array("I")
    texts_of_batches = keys.texts_in(table.pk, how.ids, how.normalize, results=how.results)
    for done, found in enumerate(texts_of_batches):
        report(min(done * keys.BATCH, table.row_count))
        row_ids.extend(found)
        for texts in found.values():
            bucket = hash(texts) % number
            counts[bucket] = 2 if counts[bucket] else 1
            buckets.append(bucket)
    return (row_id for row_id, bucket in zip(row_ids, buckets, strict=True) if counts[bucket] > 1)


def compare(table: Table, how: Criteria, report: Report = silent) -> None:
    """Creates the temporary table of the rows that have the key of another one."""
    row_id, digest = _types()
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {_DIGESTS} (row_id {row_id}, digest {digest})")
        for found in keys.digests_in(table.pk, how.ids, how.normalize, results=how.results, among=_SUSPECTS):
            report(table.row_count)
            _store(_DIGESTS, [list(found), [bytes.fromhex(digest) for digest in found.values()]])
        cursor.execute(
            f"CREATE TEMPORARY TABLE {ALIKE} AS SELECT row_id, digest FROM {_DIGESTS} WHERE digest IN"  # noqa: S608
            f" (SELECT digest FROM {_DIGESTS} GROUP BY digest HAVING COUNT(*) > 1)"
        )
    _drop(_SUSPECTS, _DIGESTS)
    index(ALIKE)


def set_aside() -> int:
    """Keeps the rows that are alike, to be compared again group by group; returns how many they are."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE {_FOUND} AS SELECT row_id,"  # noqa: S608
            f" MIN(row_id) OVER (PARTITION BY digest) AS first FROM {ALIKE}"
        )
        cursor.execute(f"CREATE INDEX {_FOUND}_first ON {_FOUND} (first)")
        cursor.execute(f"SELECT COUNT(*) FROM {_FOUND}")  # noqa: S608
        number = int(cursor.fetchone()[0])
    _analyze(_FOUND)
    return number


def stretches(size: int) -> Iterator[tuple[int, int]]:
    """Yields between which ids the first rows of some groups that were set aside lie, about so many rows at a time.

    In the order of the rows: what is changed together then mostly lies together on the disk.
    """
    last = -1
    while found := _firsts_after(last, size):
        first, last = found[0], found[-1]
        yield first, last


def _firsts_after(last: int, limit: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT first FROM {_FOUND} WHERE first > %s ORDER BY first LIMIT %s",  # noqa: S608
            [last, limit],
        )
        return [first for (first,) in cursor.fetchall()]


def suspect_again(stretch: tuple[int, int]) -> None:
    """Creates the temporary table of the rows of these groups, which may have been edited since."""
    _drop(_SUSPECTS, _DIGESTS, ALIKE, KEPT)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {_SUSPECTS} (row_id {_types()[0]} PRIMARY KEY)")
        cursor.execute(
            f"INSERT INTO {_SUSPECTS} SELECT row_id FROM {_FOUND} WHERE first BETWEEN %s AND %s",  # noqa: S608
            list(stretch),
        )
    _analyze(_SUSPECTS)


def _types() -> tuple[str, str]:
    """Returns those of a row id and of a digest."""
    return ("bigint", "bytea") if connection.vendor == "postgresql" else ("integer", "blob")


def _store(name: str, fields: Sequence[Sequence[Any]]) -> None:
    """Inserts rows into a temporary table, given as the values of each field."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            arrays = ", ".join(f"%s::{type}[]" for _, type in zip(fields, _types(), strict=False))
            cursor.execute(f"INSERT INTO {name} SELECT * FROM unnest({arrays})", [list(field) for field in fields])  # noqa: S608
        else:
            marks = ", ".join(["%s"] * len(fields))
            cursor.executemany(f"INSERT INTO {name} VALUES ({marks})", list(zip(*fields, strict=True)))  # noqa: S608


def index(name: str) -> None:
    """Indexes a temporary table of row ids and digests."""
    with connection.cursor() as cursor:
        for column in ("row_id", "digest"):
            cursor.execute(f"CREATE INDEX {name}_{column} ON {name} ({column})")
    _analyze(name)


def _analyze(name: str) -> None:
    """Tells PostgreSQL, which never looks at temporary tables by itself, how large one is."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {name}")


def batches(name: str, size: int) -> Iterator[list[int]]:
    """Yields the row ids of a temporary table in their order."""
    last = 0
    while row_ids := _row_ids_after(name, last, size):
        yield row_ids
        last = row_ids[-1]


def _row_ids_after(name: str, last: int, limit: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT row_id FROM {name} WHERE row_id > %s ORDER BY row_id LIMIT %s",  # noqa: S608
            [last, limit],
        )
        return [row_id for (row_id,) in cursor.fetchall()]

"""Finds the rows of a table that have the same key as rows of a file, and writes the file's values into them.

The keys of the file are stored as digests, so that tables and files of any size are compared in batches. What an import
writes into rows that were there is worked out before the table is locked: `ImportChange` has it, and what stood there
before. Whoever edits such a row meanwhile counts as having done so after the import.
"""

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import batched
from typing import Any

from django.db import connection, transaction

from tables import keys
from tables.models import Import, ImportChange, ImportKey

BATCH = 2_000  # rows
_IDS = 500  # in one query; SQLite bounds its parameters

type Change = tuple[int, str, str]  # row id, its values in JSON before and after


def store_keys(gathered_id: int, sort_keys: Sequence[int], digests: Sequence[str]) -> None:
    """Stores the keys of gathered rows; those without one match nothing."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO tables_importkey (table_id, digest, sort_key, matched) VALUES (%s, %s, %s, %s)",
            [(gathered_id, key, sort_key, False) for sort_key, key in zip(sort_keys, digests, strict=True) if key],
        )


def drop_repeated(gathered_id: int, *, keep_last: bool) -> int:
    """Deletes gathered rows whose key another one has, too, all but the last or the first one; returns how many."""
    number = count_repeated(gathered_id)
    if not number:
        return 0
    later = ">" if keep_last else "<"
    repeated = (
        "SELECT k.sort_key FROM tables_importkey k WHERE k.table_id = %s AND EXISTS"  # noqa: S608
        " (SELECT 1 FROM tables_importkey o WHERE o.table_id = k.table_id AND o.digest = k.digest"
        f" AND o.sort_key {later} k.sort_key)"
    )
    with transaction.atomic(), connection.cursor() as cursor:
        for table, column in (("tables_row", "position"), ("tables_importkey", "sort_key")):
            cursor.execute(
                f"DELETE FROM {table} WHERE table_id = %s AND {column} IN ({repeated})",  # noqa: S608
                [gathered_id, gathered_id],
            )
    return number


def count_repeated(gathered_id: int) -> int:
    """Counts the gathered rows whose key one before them has."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT COUNT(*) - COUNT(DISTINCT digest) FROM tables_importkey WHERE table_id = %s", [gathered_id]
        )
        return int(cursor.fetchone()[0])


def match(
    gathered_id: int, table_id: int, columns: Sequence[str], normalize: keys.Normalize
) -> Iterator[dict[int, int]]:
    """Yields {row id: sort key of the gathered row with the same key} for each batch of the table's rows."""
    for found in keys.digests_in(table_id, columns, normalize):
        sort_keys = _sort_keys(gathered_id, set(found.values()))
        with transaction.atomic():
            for some in batched(sorted(sort_keys), _IDS):
                ImportKey.objects.filter(table_id=gathered_id, digest__in=some).update(matched=True)
        yield {row_id: sort_keys[key] for row_id, key in found.items() if key in sort_keys}


def count_matched(gathered_id: int) -> int:
    """Counts the gathered rows that match a row of the table."""
    return ImportKey.objects.filter(table_id=gathered_id, matched=True).count()


def _sort_keys(gathered_id: int, digests: Collection[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in batched(sorted(digests), _IDS):
        keys = ImportKey.objects.filter(table_id=gathered_id, digest__in=some)
        found.update(keys.values_list("digest", "sort_key"))
    return found


def changes(gathered_id: int, matched: Mapping[int, int]) -> list[Change]:
    """Returns what the gathered rows change in the rows that they match, {row id: sort key of the gathered one}."""
    found = []
    for some in batched(sorted(matched), _IDS):
        gathered = _values_of(gathered_id, [matched[row_id] for row_id in some])
        for row_id, text in _texts("id", some):
            before = json.loads(text)
            after = keys.merged(before, gathered[matched[row_id]])
            if after != before:
                found.append((row_id, text, json.dumps(after, ensure_ascii=False)))
    return found


def _values_of(table_id: int, sort_keys: Sequence[int]) -> dict[int, dict[str, Any]]:
    return {key: json.loads(text) for key, text in _texts("position", sorted(set(sort_keys)), table_id)}


def _texts(by: str, numbers: Sequence[int], table_id: int | None = None) -> list[tuple[int, str]]:
    """Returns (number, values in JSON) of the rows whose id or position is one of the numbers."""
    marks = ", ".join(["%s"] * len(numbers))
    of_table = "" if table_id is None else "table_id = %s AND "
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT {by}, "values" FROM tables_row WHERE {of_table}{by} IN ({marks})',  # noqa: S608
            [*([] if table_id is None else [table_id]), *numbers],
        )
        return list(cursor.fetchall())


def store_changes(running: Import, changes: Sequence[Change]) -> None:
    """Stores changes, so that they can be written at once, and be undone."""
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "INSERT INTO tables_importchange (import_job_id, row_id, before, after)"
                " SELECT %s, row_id, before::jsonb, after::jsonb"
                " FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS new(row_id, before, after)",
                [running.pk, *([change[part] for change in changes] for part in range(3))],
            )
        else:
            cursor.executemany(
                "INSERT INTO tables_importchange (import_job_id, row_id, before, after) VALUES (%s, %s, %s, %s)",
                [(running.pk, *change) for change in changes],
            )


def drop_matched(gathered_id: int) -> None:
    """Deletes the gathered rows that match a row of the table, so that the others are left to be added."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM tables_row WHERE table_id = %s AND position IN"
            " (SELECT sort_key FROM tables_importkey WHERE table_id = %s AND matched)",
            [gathered_id, gathered_id],
        )


def write_changes(running: Import, *, backward: bool = False) -> None:
    """Writes what was noted into the rows, or takes it back; the table is locked.

    A row that is not as it was expected has been edited since: what was edited stays, the other cells are written.
    """
    was, becomes = ("after", "before") if backward else ("before", "after")
    _follow_edits(running, was, becomes)
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE tables_row SET "values" = c.{becomes} FROM tables_importchange c'  # noqa: S608
            " WHERE c.import_job_id = %s AND tables_row.id = c.row_id",
            [running.pk],
        )


def _follow_edits(running: Import, was: str, becomes: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT c.id, r."values" FROM tables_importchange c JOIN tables_row r ON r.id = c.row_id'  # noqa: S608
            f' WHERE c.import_job_id = %s AND r."values" <> c.{was}',
            [running.pk],
        )
        edited = {pk: json.loads(now) if isinstance(now, str) else now for pk, now in cursor.fetchall()}
    for some in batched(sorted(edited), _IDS):
        changes = list(ImportChange.objects.filter(pk__in=some))
        for change in changes:
            now, expected = edited[change.pk], getattr(change, was)
            kept = {key: value for key, value in now.items() if value != expected.get(key)}
            emptied = {key: None for key in expected if key not in now}
            setattr(change, becomes, keys.merged(getattr(change, becomes), {**kept, **emptied}))
        ImportChange.objects.bulk_update(changes, [becomes])


def changed_rows(running: Import, most: int) -> list[int] | None:
    """Returns the ids of the rows that the import changes, None for more than `most`."""
    row_ids = list(ImportChange.objects.filter(import_job=running).values_list("row_id", flat=True)[: most + 1])
    return row_ids if len(row_ids) <= most else None


def forget_keys(gathered_id: int) -> None:
    """Deletes the keys, which are of no use once the rows are matched."""
    ImportKey.objects.filter(table_id=gathered_id)._raw_delete(using=connection.alias)

"""Finds the rows of a table that have the same key as rows of a file, and writes the file's values into them.

What an import writes into rows that were there is worked out before the table is locked: `ImportChange` has it, and
what stood there before. Whoever edits such a row meanwhile counts as having done so after the import.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import batched
from typing import Any

from django.db import connection, transaction
from pydantic_core import from_json, to_json

from tables import keys, storage
from tables.models import Import, ImportChange

_IDS = 500  # in one query; SQLite bounds its parameters
_STRETCH = 10_000  # changes that one statement writes

type Change = tuple[int, str, str]  # row id, its values in JSON before and after


def changes(gathered_id: int, matched: Mapping[int, int]) -> list[Change]:
    """Returns what the gathered rows change in the rows that they match, {row id: sort key of the gathered one}."""
    found = []
    for some in batched(sorted(matched), _IDS):
        gathered = _values_of(gathered_id, [matched[row_id] for row_id in some])
        for row_id, text in _texts("id", some):
            before = from_json(text)
            after = keys.merged(before, gathered[matched[row_id]])
            if after != before:
                found.append((row_id, text, to_json(after).decode()))
    return found


def _values_of(table_id: int, sort_keys: Sequence[int]) -> dict[int, dict[str, Any]]:
    return {key: from_json(text) for key, text in _texts("position", sorted(set(sort_keys)), table_id)}


def _texts(by: str, numbers: Sequence[int], table_id: int | None = None) -> list[tuple[int, str]]:
    """Returns (number, values in JSON) of the rows whose id or position is one of the numbers."""
    of_table = "" if table_id is None else f"table_id = {table_id} AND "
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT {by}, "values" FROM tables_row WHERE {of_table}{by} IN ({_listed(numbers)})')  # noqa: S608
        return list(cursor.fetchall())


def _listed(numbers: Sequence[int]) -> str:
    """Returns them for a statement: as its parameters, hundreds of them would take more time than the database."""
    return ", ".join(map(str, numbers))


def store_changes(running: Import, changes: Sequence[Change]) -> None:
    """Stores changes, so that they can be written at once, and be undone."""
    columns = ("import_job_id", "row_id", "before", "after")
    with transaction.atomic():
        storage.insert_lines("tables_importchange", columns, [(running.pk, *change) for change in changes])


def drop(gathered_id: int, sort_keys: Iterable[int]) -> int:
    """Deletes gathered rows, so that the others are left to be added; returns how many."""
    number = 0
    with connection.cursor() as cursor:
        for some in batched(sort_keys, _IDS):
            number += len(some)
            cursor.execute(f"DELETE FROM tables_row WHERE table_id = {gathered_id} AND position IN ({_listed(some)})")  # noqa: S608
    return number


def write_changes(running: Import) -> None:
    """Writes what was noted into the rows; the table is locked.

    A row that is not as it was expected has been edited since: what was edited stays, the other cells are written.
    """
    after = -1
    while written := _write_stretch(running, after, "before", "after"):
        after = written[-1]


def take_back(done: Import, after: int) -> list[int]:
    """Gives the next rows after this id their old values; the table is locked. Returns the ids of these rows.

    What was edited since stays, as it does when changes are written.
    """
    return _write_stretch(done, after, "after", "before")


def _write_stretch(import_: Import, after: int, was: str, becomes: str) -> list[int]:
    """Writes some changes at a time: SQLite has what one statement writes in memory."""
    changed = ImportChange.objects.filter(import_job=import_, row_id__gt=after).order_by("row_id")
    row_ids = list(changed.values_list("row_id", flat=True)[:_STRETCH])
    if row_ids:
        stretch = (import_.pk, row_ids[0], row_ids[-1])
        _follow_edits(stretch, was, becomes)
        with connection.cursor() as cursor:
            cursor.execute(
                f'UPDATE tables_row SET "values" = c.{becomes} FROM tables_importchange c'  # noqa: S608
                " WHERE c.import_job_id = %s AND c.row_id BETWEEN %s AND %s AND tables_row.id = c.row_id",
                stretch,
            )
    return row_ids


def _follow_edits(stretch: tuple[int, int, int], was: str, becomes: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT c.id, r."values" FROM tables_importchange c JOIN tables_row r ON r.id = c.row_id'  # noqa: S608
            f' WHERE c.import_job_id = %s AND c.row_id BETWEEN %s AND %s AND r."values" <> c.{was}',
            stretch,
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

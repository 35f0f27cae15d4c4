"""Keys by which look-ups find rows: kept in the database, so that one row among a million is found by an index.

Both sides have theirs. `MatchKey` says by which key a row is found, `SoughtKey` which key a row looks for: when a row
changes, the look-ups that had found it, or find it now, are known without reading any other row.
"""

import json
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from hashlib import blake2b
from itertools import batched

from django.db import connection
from django.db.models import Count

from enrichment.engine.template.references import Unavailable
from enrichment.engine.template.values import as_text
from enrichment.models import MatchKey, SoughtKey
from tables import keys, letters, moments, values
from tables.models import Column, ColumnType
from workspaces.refusals import Refused

type Keys = Mapping[int, int | None]  # {row id: key}, None for a row without one

# Columns of the types that have a comparison of their own, as `values` takes them.
TYPED: dict[str, Column] = {type: Column(type=type) for type in (ColumnType.NUMBER, ColumnType.DATE)}
_FIGURE = re.compile(r"[+-]?\.?\d", re.ASCII)  # with which numbers and dates begin
_DAY = len("2026-12-31")
_AT_ONCE = 500  # in one query; SQLite bounds its parameters


def type_of(column_id: int) -> str:
    """Returns the type of a column that is compared; that of texts for the id of a row."""
    return Column.objects.filter(pk=column_id).values_list("type", flat=True).first() or ColumnType.TEXT


def text_of(value: object, type: str = ColumnType.TEXT) -> str:
    """Returns what is compared of a value in a column of this type, or of one that is sought there; empty for nothing.

    That is its text, trimmed, so that 42 and "42 " are the same, and letters of two signs (e and an accent) as those of
    one. Numbers are compared as numbers, dates by their moments, like filters and keys of rows do.
    """
    text = "" if isinstance(value, Unavailable) else letters.composed(as_text(value).strip())
    column = TYPED.get(type)
    if not text or column is None:
        return text
    try:
        stored = values.clean(column, text)
    except Refused:
        return text  # as it may be in the column from before it had its type
    return keys.normalizers("exact", [type])[0](stored)


def other_forms(text: str) -> list[str]:
    """Returns how else the number or the date of a text is often written; nothing for other texts."""
    if not _FIGURE.match(text):
        return []
    for type, written in ((ColumnType.NUMBER, _numbers), (ColumnType.DATE, _moments)):
        try:
            stored = str(values.clean(TYPED[type], text))
        except Refused:
            continue
        return [form for form in written(stored) if form != text]
    return []


def _numbers(stored: str) -> list[str]:
    number = keys.normalizers("exact", [ColumnType.NUMBER])[0](stored)
    if "." in number:
        return [number, f"{number}0"]
    return [number, f"{number}.0", f"{number}.00", f"{int(number):,}"]


def _moments(stored: str) -> list[str]:
    key = moments.key(stored) or stored
    time = key if len(key) > _DAY else f"{key}T00:00:00"
    return [key, time, f"{time}Z", f"{time}+00:00", f"{time}.000Z", time.replace("T", " ")]


def key_of(text: str) -> int | None:
    """Returns the key of a text; None for an empty one, which matches nothing."""
    if not text:
        return None
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, signed=True)


def store(model: type[MatchKey | SoughtKey], column_id: int, by_row: Keys) -> None:
    """Writes the keys of these rows, and deletes those of rows that have none."""
    for row_ids in batched([row_id for row_id, key in by_row.items() if key is None], _AT_ONCE):
        model.objects.filter(column_id=column_id, row_id__in=row_ids)._raw_delete(using=connection.alias)
    lines = [(row_id, key) for row_id, key in by_row.items() if key is not None]
    if not lines:
        return
    source = "SELECT %s, value ->> 0, value ->> 1 FROM json_each(%s) WHERE TRUE"
    if connection.vendor == "postgresql":
        source = "SELECT %s, (line ->> 0)::bigint, (line ->> 1)::bigint FROM json_array_elements(%s::json) line"
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} (column_id, row_id, key) {source} "
            f"ON CONFLICT (column_id, row_id) DO UPDATE SET key = excluded.key WHERE {table}.key <> excluded.key",
            [column_id, json.dumps(lines)],
        )


def stored(model: type[MatchKey | SoughtKey], column_id: int, row_ids: Iterable[int]) -> dict[int, int]:
    """Returns {row id: key}."""
    found: dict[int, int] = {}
    for batch in batched(row_ids, _AT_ONCE):
        found |= dict(model.objects.filter(column_id=column_id, row_id__in=batch).values_list("row_id", "key"))
    return found


def stored_between(column_id: int, first: int, last: int) -> dict[int, int]:
    """Returns {row id: key by which it is found} of the rows from one id to another, of deleted ones too."""
    between = MatchKey.objects.filter(column_id=column_id, row_id__gte=first, row_id__lte=last)
    return dict(between.values_list("row_id", "key"))


def found(column_id: int, keys: Collection[int], most: int) -> dict[int, list[int]]:
    """Returns {key: ids of at most so many rows that have it, the one that was added first in front}."""
    first = "SELECT row_id FROM enrichment_matchkey WHERE column_id = %s AND key = wanted.key ORDER BY row_id LIMIT %s"
    if connection.vendor == "postgresql":
        wanted = "SELECT value::bigint AS key FROM json_array_elements_text(%s::json)"
        each = f"CROSS JOIN LATERAL ({first}) found"
    else:
        wanted = "SELECT value AS key FROM json_each(%s)"
        each = f", json_each((SELECT json_group_array(row_id) FROM ({first}))) found"  # noqa: S608
    row_id = "found.row_id" if connection.vendor == "postgresql" else "found.value"
    by_key: defaultdict[int, list[int]] = defaultdict(list)
    with connection.cursor() as cursor:
        # For each key its first rows alone: a million rows may have the same.
        cursor.execute(
            f"SELECT wanted.key, {row_id} FROM ({wanted}) wanted {each} ORDER BY {row_id}",  # noqa: S608
            [json.dumps(sorted(keys)), column_id, most],
        )
        for key, row_id in cursor.fetchall():
            by_key[key].append(row_id)
    return by_key


def counts(column_id: int, keys: Collection[int]) -> dict[int, int]:
    """Returns {key: how many rows have it}; a key that none has is left out."""
    numbers: dict[int, int] = {}
    for batch in batched(keys, _AT_ONCE):
        of_keys = MatchKey.objects.filter(column_id=column_id, key__in=batch).order_by().values("key")
        numbers |= {line["key"]: line["number"] for line in of_keys.annotate(number=Count("row_id"))}
    return numbers


def seekers(column_id: int, keys: Iterable[int], most: int) -> list[int] | None:
    """Returns the ids of the rows whose look-up seeks one of these keys, in order; None where they are more."""
    row_ids: list[int] = []
    for batch in batched(keys, _AT_ONCE):
        seeking = SoughtKey.objects.filter(column_id=column_id, key__in=batch).values_list("row_id", flat=True)
        row_ids += seeking[: most + 1]
        if len(row_ids) > most:
            return None
    return sorted(row_ids)


def forget(column_id: int) -> None:
    """Deletes what rows seek in a column, and by what its rows are found."""
    for model in (SoughtKey, MatchKey):
        model.objects.filter(column_id=column_id)._raw_delete(using=connection.alias)

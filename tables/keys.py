"""Keys of rows: the values of one or more columns by which a row is known, compared as digests."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from django.db import connection

from tables import values
from workspaces.refusals import Refused

BATCH = 2_000  # rows
MATCHES = ("exact", "loose")
ON_MATCH = ("add", "update", "skip")

type Normalize = Callable[[Any], str]


def normalizer(match: str) -> Normalize:
    """Returns how a value of a key is compared: as it stands, or without regard to capitals and spaces."""
    return _loose if match == "loose" else values.as_text


def _loose(value: object) -> str:
    return " ".join(values.as_text(value).split()).casefold()


def digest(key: Sequence[Any], normalize: Normalize) -> str:
    """Returns the digest of a key; empty where all of its values are, for such a row matches no other."""
    texts = [normalize(value) for value in key]
    if not any(texts):
        return ""
    return blake2b(json.dumps(texts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def digests_in(table_id: int, columns: Sequence[str], normalize: Normalize, first: int = 0) -> Iterator[dict[int, str]]:
    """Yields {row id: digest of its key} for the rows of a table from this id on, a batch at a time.

    `columns` are the keys in `Row.values` of those that make up the key.
    """
    last = first - 1
    while rows := _keys_after(table_id, columns, last):
        found = ((row_id, digest([_decoded(text) for text in key], normalize)) for row_id, *key in rows)
        yield {row_id: key for row_id, key in found if key}
        last = rows[-1][0]


def _keys_after(table_id: int, columns: Sequence[str], last: int) -> list[tuple[Any, ...]]:
    """Returns (row id, JSON text of the first value of the key, …) without reading the other values into memory."""
    if connection.vendor == "postgresql":
        parts, paths = ', (r."values" -> %s)::text' * len(columns), list(columns)
    else:
        parts, paths = ', r."values" -> %s' * len(columns), [f'$."{column}"' for column in columns]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT r.id{parts} FROM tables_row r WHERE r.table_id = %s AND r.id > %s ORDER BY r.id LIMIT %s",  # noqa: S608
            [*paths, table_id, last, BATCH],
        )
        return list(cursor.fetchall())


def _decoded(text: str | None) -> Any:
    return None if text is None else json.loads(text)


def merged(before: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the values with those written over them; None, which a blank cell is where it counts, empties one."""
    return {key: value for key, value in {**before, **written}.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Matching:
    """By which columns (names or ids) rows match others, how their values are compared, and what becomes of them.

    With `keep_blank`, a blank value leaves the one that is there.
    """

    key: Sequence[str | int] = ()
    match: str = "exact"
    on_match: str = "add"
    keep_blank: bool = True

    def __post_init__(self) -> None:
        if self.match not in MATCHES:
            raise Refused(f"“{self.match[:20]}” is no way to compare keys. Use {' or '.join(MATCHES)}.", field="match")
        if self.on_match not in ON_MATCH:
            raise Refused(f"Rows that match are either of: {', '.join(ON_MATCH)}.", field="on_match")
        if self.on_match != "add" and not self.key:
            raise Refused(f"Choose the column by which rows match, to {self.on_match} them.", field="key")

"""Keys of rows: the values of one or more columns by which a row is known, compared as digests."""

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import Any

from django.db import connection

from tables import moments, values
from tables.models import ColumnType
from workspaces.refusals import Refused

BATCH = 5_000  # rows
MATCHES = ("exact", "loose")
ON_MATCH = ("add", "update", "skip")
# Spaces without width, marks of an encoding and of the direction, soft hyphens: copied along, and seen by nobody.
_UNSEEN = re.compile("[\u200b\u200e\u200f\u2060\ufeff\u00ad]")
_DAY = len("2026-12-31")
_LONGEST_NUMBER = 400  # digits before or after its point

type Normalize = Callable[[Any], str]
type Texts = tuple[str, ...]


def normalizers(match: str, types: Iterable[str]) -> list[Normalize]:
    """Returns how each value of a key is compared, whose columns have these types.

    As it stands, or without regard to capitals, spaces and signs that nobody sees. Numbers are compared as numbers,
    dates by their moments, and letters of two signs (e and an accent) as those of one.
    """
    of_texts = _loose if match == "loose" else values.compared
    by_type: dict[str, Normalize] = {ColumnType.NUMBER: _number, ColumnType.DATE: _moment}
    return [by_type.get(type, of_texts) for type in types]


def _loose(value: object) -> str:
    return " ".join(_UNSEEN.sub("", values.compared(value)).split()).casefold()


def _number(value: object) -> str:
    """Returns 1.5 for 1.50 and 1000 for 1e3; a text that is no number, which was there before the type, as it is."""
    text = values.as_text(value)
    if text.isdecimal() and text.isascii() and text[0] != "0":
        return text
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if not number.is_finite() or abs(number.adjusted()) > _LONGEST_NUMBER:
        return text
    digits = f"{number:f}"
    digits = digits.rstrip("0").rstrip(".") if "." in digits else digits
    return digits if number else "0"


def _moment(value: object) -> str:
    """Returns the same for 10:00+05:00 and 05:00Z; a text that is no date, from before the type, as it is."""
    text = values.as_text(value)
    return text if len(text) <= _DAY else moments.key(text) or text


def digest(key: Sequence[Any], normalize: Sequence[Normalize]) -> str:
    """Returns the digest of a key; empty where all of its values are, for such a row matches no other."""
    texts = _texts(key, normalize)
    return _digest(texts) if texts else ""


def _texts(key: Sequence[Any], normalize: Sequence[Normalize]) -> Texts:
    """Returns what is compared of a key; nothing where all of its values are empty."""
    texts = tuple([compared(value) for compared, value in zip(normalize, key, strict=True)])
    return texts if any(texts) else ()


def _digest(texts: Texts) -> str:
    # Each with its length, so that no other texts come to the same.
    joined = "".join([f"{len(text)}:{text}" for text in texts])
    return blake2b(joined.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def digests_in(
    table_id: int,
    columns: Sequence[str],
    normalize: Sequence[Normalize],
    first: int = 0,
    *,
    results: Collection[str] = (),
    among: str = "",
) -> Iterator[dict[int, str]]:
    """Yields {row id: digest of its key} for the rows of a table from this id on, a batch at a time.

    `columns` are the ids of those that make up the key; `results` those of them that are computed. `among` names a
    temporary table: only rows that it has as `row_id` are read.
    """
    for found in texts_in(table_id, columns, normalize, first, results=results, among=among):
        yield {row_id: _digest(texts) for row_id, texts in found.items()}


def texts_in(
    table_id: int,
    columns: Sequence[str],
    normalize: Sequence[Normalize],
    first: int = 0,
    *,
    results: Collection[str] = (),
    among: str = "",
) -> Iterator[dict[int, Texts]]:
    """Yields {row id: what is compared of its key}, as `digests_in` does; rows without a key are left out."""
    last = first - 1
    while rows := _keys_after(table_id, columns, last, results, among):
        found = ((row_id, _texts([_decoded(text) for text in key], normalize)) for row_id, *key in rows)
        yield {row_id: texts for row_id, texts in found if texts}
        last = rows[-1][0]


def _keys_after(
    table_id: int, columns: Sequence[str], last: int, results: Collection[str], among: str
) -> list[tuple[Any, ...]]:
    """Returns (row id, JSON text of the first value of the key, …) without reading the other values into memory."""
    parts = [_part(column, computed=column in results) for column in columns]
    selected = "".join(f", {sql}" for sql, _ in parts)
    if among:  # in this order: SQLite would rather go through all rows of the table
        source, row_id = f"{among} a CROSS JOIN tables_row r WHERE r.id = a.row_id AND r.table_id = %s", "a.row_id"
    else:
        source, row_id = "tables_row r WHERE r.table_id = %s", "r.id"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT r.id{selected} FROM {source} AND {row_id} > %s ORDER BY {row_id} LIMIT %s",  # noqa: S608
            [*(parameter for _, parameter in parts), table_id, last, BATCH],
        )
        return list(cursor.fetchall())


def _part(column: str, *, computed: bool) -> tuple[str, str | int]:
    """Returns the SQL of one value of a key as JSON text, and its parameter."""
    text = "::text" if connection.vendor == "postgresql" else ""
    if computed:
        cell = "FROM tables_cell c WHERE c.row_id = r.id AND c.column_id = %s AND c.state = 'done'"
        return f"(SELECT c.value{text} {cell})", int(column)
    return f'(r."values" -> %s){text}', column if text else f'$."{column}"'


def _decoded(text: str | None) -> Any:
    if text is None:
        return None
    is_plain = text.startswith('"') and "\\" not in text
    return text[1:-1] if is_plain else json.loads(text)


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

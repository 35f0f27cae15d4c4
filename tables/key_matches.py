"""Rows that have one of some keys: found by a filter, which an index serves, or by reading the key of each row."""

import re
from collections.abc import Mapping, Sequence
from itertools import batched, chain
from typing import Any

from django.db.models import F
from redis import RedisError

from tables import column_indexes, keys, moments, number_expressions, stored_rows, values
from tables.expressions import IsOneOf
from tables.filters import MOST_VALUES
from tables.keys import Normalize
from tables.models import Column, ColumnType, Row, Table
from tables.row_queries import View

_MOST = 10  # values of a column: each row is tested for each of them
_MOST_IN_INDEX = 5_000  # that are looked up there
_MOST_FOUND = 20_000  # rows that have the values of one column
_LONGEST = 1_000  # characters of a value
_WHOLE = re.compile(r"-?[1-9]\d{0,14}", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)  # and the time, if there is one
_NUMERAL = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)  # of JSON

type Wanted = Mapping[str, Sequence[Any]]  # the values of keys by their digests, as they would be stored


def find(table: Table, key: Sequence[Column], match: str, wanted: Wanted) -> dict[str, list[int]]:
    """Returns {digest: ids of the rows that have this key, in order} for the keys that are wanted and there."""
    normalize = keys.normalizers(match, [column.type for column in key])
    columns = [str(column.pk) for column in key]
    known: dict[str, list[int]] = {}
    if not wanted:
        return known
    row_ids = _perhaps(table, key, wanted) if match == "exact" else None
    batches = keys.digests_in(table.pk, columns, normalize) if row_ids is None else [_of(row_ids, columns, normalize)]
    for found in batches:
        for row_id, digest in found.items():
            if digest in wanted:
                known.setdefault(digest, []).append(row_id)
    return known


def _perhaps(table: Table, key: Sequence[Column], wanted: Wanted) -> list[int] | None:
    """Returns the ids of all rows that may have one of the keys, in order; None where reading every row is better."""
    if table.row_count < column_indexes.SMALLEST:
        return None
    for place, column in enumerate(key):
        forms = [_forms(column, sought[place]) for sought in wanted.values()]
        if all(forms):
            try:
                return _with_texts(table, column, sorted(set(chain(*forms))))
            except RedisError:  # which knows the indexes
                return None
    return None


def _with_texts(table: Table, column: Column, texts: Sequence[str]) -> list[int] | None:
    """Returns the ids of the rows where the column has one of these texts; None where they, or the rows, are many."""
    is_indexed = bool(column_indexes.existing([column]))
    if column.type == ColumnType.NUMBER and len(texts) > _MOST and not all(map(_WHOLE.fullmatch, texts)):
        return None  # an index has them as doubles, which tell several decimals apart only roughly
    if len(texts) > (_MOST_IN_INDEX if is_indexed else _MOST):
        if not is_indexed and column_indexes.is_worth_it(table, column):
            column_indexes.note(table, [column], (), only_sorts=False)
        return None
    found: list[int] = []
    for some in batched(texts, MOST_VALUES):
        found += View([column], [_condition(column, some)], [], "").row_ids(table)
    return sorted(found) if len(found) <= _MOST_FOUND else None


def _condition(column: Column, texts: Sequence[str]) -> dict[str, Any]:
    if len(texts) == 1:  # databases find one number without looking for its digits in each row
        return {"column": column.pk, "op": "eq", "value": texts[0]}
    return {"column": column.pk, "op": "one_of", "value": list(texts)}


def _forms(column: Column, value: object) -> list[str]:
    """Returns the texts that databases know a value by, and all that are the same in a key; none where others may be.

    Filters compare numbers by their digits and dates by their moments, as keys do. Text columns may hold numbers,
    truths, lists and objects, whose texts depend on the database.
    """
    if column.type == ColumnType.DATE:
        text = values.as_text(value)
        return [text] if _DAY.match(text) and moments.key(text) else []
    if column.type == ColumnType.NUMBER and _NUMERAL.fullmatch(text := values.as_text(value)):
        return [text] if number_expressions.is_number(text) else []
    if column.type == ColumnType.TEXT and _WHOLE.fullmatch(text := values.as_text(value)):
        return [text, f"{text}.0"]
    if column.type != ColumnType.TEXT or not isinstance(value, str) or not 0 < len(value) <= _LONGEST:
        return []
    is_other = value.startswith(("[", "{")) or value in ("true", "false") or _NUMERAL.fullmatch(value)
    return [] if is_other else [value]


def _of(row_ids: Sequence[int], columns: Sequence[str], normalize: Sequence[Normalize]) -> dict[int, str]:
    """Returns {row id: digest of its key} of these rows."""
    found = stored_rows.read(Row.objects.filter(IsOneOf(F("pk"), row_ids)).order_by("pk"))
    return {row.pk: keys.digest([row.values.get(column) for column in columns], normalize) for row in found}

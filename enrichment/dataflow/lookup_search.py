"""Look-ups that are tried before they are saved: without keys yet, the whole table is searched for a few rows."""

import json
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from django.db import connection

from enrichment import graph
from enrichment.dataflow import lookups, match_keys, recalculations
from enrichment.dataflow.inputs import Values
from enrichment.dataflow.lookups import ByKey, Lookup
from enrichment.dataflow.outcomes import Ended
from enrichment.models import ROW
from tables import stored_rows
from tables.models import Column, Row, Table
from tables.row_queries import View

_SPACES = " \t\r\n\u00a0"
_READ = 1_000  # rows at once
_LONGEST_ID = 19  # digits


def look_up(lookup: Lookup, rows: Sequence[tuple[int, Values]]) -> list[Ended]:
    """Returns a result for each of a few (row id, values); nothing is stored."""
    return lookups.look_up(lookup, rows, ByKey() if _has_keys(lookup) else _ByReading())


def _has_keys(lookup: Lookup) -> bool:
    """Whether a saved look-up compares with the same column, whose keys are all there."""
    saved = graph.lookups_into(lookup.target_id).filter(match_id=lookup.match_id)
    return any(
        not recalculations.touches(other.target_id, other.column_id, [other.match_id], all_rows=True) for other in saved
    )


class _ByReading:
    """Searches by reading the column that is compared, in the database."""

    def row_ids(self, lookup: Lookup, texts: Collection[str]) -> dict[str, list[int]]:
        found: defaultdict[str, list[int]] = defaultdict(list)
        for row_id, text in _matching(lookup, texts):
            if len(found[text]) < lookup.most:
                found[text].append(row_id)
        return found

    def numbers(self, lookup: Lookup, texts: Collection[str]) -> dict[str, int]:
        numbers = dict.fromkeys(texts, 0)
        for _, text in _matching(lookup, texts):
            numbers[text] += 1
        return numbers


def _matching(lookup: Lookup, texts: Collection[str]) -> Iterator[tuple[int, str]]:
    """Yields (row id, text) of the rows that have one of these texts, the one that was added first in front."""
    wanted = sorted({way for text in texts for way in _ways(text)})
    if lookup.match_id == ROW:
        row_ids = [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < _LONGEST_ID]
        there = Row.objects.filter(table_id=lookup.target_id, pk__in=row_ids).values_list("pk", flat=True)
        yield from ((row_id, str(row_id)) for row_id in there)
        return
    if not wanted:
        return
    if lookup.match_type in match_keys.TYPED:
        yield from _of_type(lookup, texts)
        return
    marks = ", ".join(["%s"] * len(wanted))
    with connection.cursor() as cursor:
        cursor.execute(*_statement(lookup, marks, wanted))
        while lines := cursor.fetchmany(_READ):
            for row_id, value in lines:
                if (text := match_keys.text_of(json.loads(value))) in texts:
                    yield row_id, text


def _of_type(lookup: Lookup, texts: Collection[str]) -> Iterator[tuple[int, str]]:
    column = Column.objects.get(pk=lookup.match_id)
    condition = {"column": column.pk, "op": "one_of", "value": list(texts)}
    found = View([column], [condition], [], "").rows(Table(pk=lookup.target_id)).order_by("pk")
    for row in stored_rows.read(found):
        if (text := match_keys.text_of(row.values[str(column.pk)], lookup.match_type)) in texts:
            yield row.pk, text


def _ways(text: str) -> set[str]:
    """Returns how the database may write a value of this text: 42 as 42.0, true as 1, é as two signs."""
    return {text, unicodedata.normalize("NFD", text), f"{text}.0", *({"true": ["1"], "false": ["0"]}.get(text, []))}


def _statement(lookup: Lookup, marks: str, wanted: Sequence[str]) -> tuple[str, list[str | int]]:
    is_postgresql = connection.vendor == "postgresql"
    as_json = "::text" if is_postgresql else ""
    if Column.objects.get(pk=lookup.match_id).is_computed:
        source, row_id = "tables_cell c WHERE c.column_id = %s AND c.state = 'done'", "c.row_id"
        value, text = "c.value", "c.value #>> '{}'" if is_postgresql else "c.value ->> '$'"
        of: list[str | int] = [lookup.match_id]
    else:
        key = f"'{lookup.match_id}'" if is_postgresql else f"""'$."{lookup.match_id}"'"""
        source, row_id = "tables_row r WHERE r.table_id = %s", "r.id"
        value, text = f'(r."values" -> {key})', f'r."values" ->> {key}'
        of = [lookup.target_id]
    sql = f"SELECT {row_id}, {value}{as_json} FROM {source} AND trim({text}, %s) IN ({marks}) ORDER BY {row_id}"  # noqa: S608
    return sql, [*of, _SPACES, *wanted]

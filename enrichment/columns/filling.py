"""What fills columns of a table besides people and computing: its sources, and lists in results of columns."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from enrichment.models import ListRows, Source
from tables import access
from tables.models import Column


def fillers_of(column: Column, without: Collection[Column] = ()) -> list[str]:
    """Names the sources, and the lists of other columns, that fill this one or match rows by it."""
    sources = Source.objects.filter(table_id=column.table_id).order_by("pk")
    lists = ListRows.objects.filter(table_id=column.table_id, column__deleted_at=None).exclude(column__in=without)
    named = [f"the source “{source.name}”" for source in sources if column.pk in _fills(source.columns, source.key)]
    for of_list in lists.select_related("column__table"):
        if column.pk in {*_fills(of_list.columns, of_list.key), of_list.source_column_id}:
            named.append(f"the rows made of {access.named(of_list.column.name, of_list.column.table)}")
    return named


def _fills(columns: Sequence[Mapping[str, Any]], key: Sequence[int]) -> Iterator[int]:
    yield from (int(item["column"]) for item in columns)
    yield from key

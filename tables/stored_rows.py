"""Rows without their models, whose instances take as long as the rest of reading them."""

from typing import Any, NamedTuple

from django.db.models import QuerySet

from tables.models import Row


class StoredRow(NamedTuple):
    """What is read of a row where only its values count."""

    pk: int
    values: dict[str, Any]


type AnyRow = Row | StoredRow


def read(rows: QuerySet[Row]) -> list[StoredRow]:
    return [StoredRow(pk, values) for pk, values in rows.values_list("pk", "values")]

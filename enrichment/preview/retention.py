"""What the attempts of a table take on disk, and what limits would leave of them: counted, or judged by a sample."""

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from functools import reduce
from operator import add
from statistics import mean
from typing import Any

from django.db import connection
from django.db.models import F, Func, IntegerField
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from enrichment.models import Attempt, BatchAttempt
from enrichment.runs import retention
from enrichment.runs.retention import Limits
from tables import row_order
from tables.models import Row, Table

COUNTED = 1_000  # rows up to which all are looked at
PLACES, AT_EACH = 100, 10  # of the sample of a larger table, spread evenly over its rows
MEASURED = 200  # attempts whose size is looked at; of SQLite they are read
# What an attempt takes on disk besides its request, its response and its error, roughly: its other columns, its place
# in two indexes, and the part of a page that stays empty.
BESIDE = {"sqlite": 110, "postgresql": 200}
_SIZES = {"sqlite": "LENGTH(CAST(%(expressions)s AS BLOB))", "postgresql": "PG_COLUMN_SIZE(%(expressions)s)"}


@dataclass(frozen=True, slots=True)
class Effect:
    """How many attempts there are, in bytes, how many of them would be deleted, and whether this is an estimate."""

    attempts: int
    bytes: int
    deleted: int
    bytes_deleted: int
    is_estimate: bool

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def effect(table: Table, limits: Limits) -> Effect:
    """Returns what these limits would do to the attempts of the table now. Raises Refused."""
    limits.check()
    row_ids = _sample(table)
    if not row_ids:
        return Effect(0, 0, 0, 0, is_estimate=False)
    ids = list(Attempt.objects.filter(row_id__in=row_ids).values_list("pk", flat=True))
    deleted = len(retention.superfluous(table, row_ids, limits))
    each, share = _bytes_each(ids), max(1.0, table.row_count / len(row_ids))
    attempts, deleted = round(len(ids) * share), round(deleted * share)
    # The bytes are one in any case: how full its pages are is known to the database alone.
    return Effect(attempts, round(attempts * each), deleted, round(deleted * each), is_estimate=share > 1)


def _sample(table: Table) -> list[int]:
    """Returns ids of rows: all of a small table, of a large one some at places that are spread evenly."""
    if table.row_count <= COUNTED:
        return list(Row.objects.filter(table=table).values_list("pk", flat=True))
    offsets = (place * (table.row_count - AT_EACH) // (PLACES - 1) for place in range(PLACES))
    return [pk for at in offsets for pk in row_order.window(table.pk, at, AT_EACH).values_list("pk", flat=True)]


def _bytes_each(ids: Sequence[int]) -> float:
    """Returns the bytes of an attempt, as a mean of some of these, with its share in what was sent for many rows."""
    some = ids[:: max(1, len(ids) // MEASURED)]
    attempts = Attempt.objects.filter(pk__in=some).annotate(bytes=_size("request", "response", "error"))
    sizes: list[tuple[int, str | None]] = list(attempts.values_list("bytes", "batch_id"))
    shares = _shares({key for _, key in sizes if key})
    return BESIDE[connection.vendor] + mean([size + shares.get(key, 0) for size, key in sizes] or [0])


def _shares(keys: Collection[str]) -> dict[str | None, float]:
    """Returns {key of what was sent for many rows: the bytes of it that each of them has}."""
    batches = BatchAttempt.objects.filter(pk__in=keys).annotate(bytes=_size("request", "response", "row_ids"))
    return {batch.pk: batch.bytes / len(batch.row_ids) for batch in batches.only("row_ids")}


def _size(*fields: str) -> Combinable:
    """Returns the bytes of these fields together, compressed as PostgreSQL has them."""
    sizes = [
        Coalesce(Func(F(name), template=_SIZES[connection.vendor], output_field=IntegerField()), 0) for name in fields
    ]
    return reduce(add, sizes)

"""Exchanges that are not over when their first answer is in: kept with the results, so that they never begin again."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import prefetch_related_objects

from enrichment.models import OpenExchange, RequestBatch, Run
from enrichment.schema import Asked


@dataclass(frozen=True, slots=True)
class Kept:
    """How far the exchange of a row is, alone or as one of a batch."""

    row_id: int
    sealed: str  # "": it is over
    fingerprint: str
    asked: Asked
    batch_key: str | None = None


def store(run: Run, kept: Sequence[Kept]) -> None:
    """Stores how far exchanges are with the results of a run, for a batch once; what is over is forgotten."""
    going_on = [
        OpenExchange(
            column_id=run.column_id,
            row_id=item.row_id,
            run_id=run.pk,
            batch_id=item.batch_key,
            sealed="" if item.batch_key else item.sealed,
            fingerprint=item.fingerprint,
            asked_with=item.asked,
        )
        for item in kept
        if item.sealed
    ]
    for key, sealed in {item.batch_key: item.sealed for item in kept if item.batch_key and item.sealed}.items():
        RequestBatch.objects.filter(pk=key).update(sealed=sealed)
    if going_on:
        OpenExchange.objects.bulk_create(
            going_on,
            update_conflicts=True,
            unique_fields=["column", "row_id"],
            update_fields=["run_id", "batch", "sealed", "fingerprint", "asked_with"],
        )
    if over := [item.row_id for item in kept if not item.sealed]:
        forget(run.column_id, over)


def of_rows(column_id: int, row_ids: Collection[int]) -> dict[int, OpenExchange]:
    """Returns them by row id, with their batches, which are read once."""
    of_column = OpenExchange.objects.filter(column_id=column_id)
    if not of_column.exists():  # as mostly: naming all the rows takes longer
        return {}
    found = list(of_column.filter(row_id__in=row_ids))
    prefetch_related_objects(found, "batch")
    return {exchange.row_id: exchange for exchange in found}


def of_run(run: Run, row_ids: Collection[int]) -> dict[int, OpenExchange]:
    """Returns those of these rows for which this run only asks: what it was to begin anew is forgotten by then."""
    found = of_rows(run.column_id, row_ids)
    return {pk: exchange for pk, exchange in found.items() if run.asks_again or exchange.run_id == run.pk}


def forget(column_id: int, row_ids: Collection[int]) -> None:
    OpenExchange.objects.filter(column_id=column_id, row_id__in=row_ids).delete()


def forget_rows(row_ids: Sequence[int]) -> None:
    """Deletes those of rows that are purged."""
    OpenExchange.objects.filter(row_id__in=row_ids)._raw_delete(using=connection.alias)

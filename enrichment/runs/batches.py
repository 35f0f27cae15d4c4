"""Which rows go to an API in one request. That is recorded before they do, and every later try is of the same rows."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from django.db.models import Exists, OuterRef

from enrichment.models import OpenExchange, RequestBatch, Run

NOTE = "batch"  # in the notes of a row that goes on: the key of its batch
GATHERED = "gathered"  # of a row that has waited for others to be sent with


@dataclass(frozen=True, slots=True)
class Batch:
    key: str
    rows: tuple[tuple[int, str], ...]  # (row id, text that it is matched by), in the order of the request

    @classmethod
    def of(cls, stored: RequestBatch) -> Self:
        return cls(stored.key, tuple((row_id, text) for row_id, text in stored.rows))

    @property
    def row_ids(self) -> list[int]:
        return [row_id for row_id, _ in self.rows]


def record(run: Run, batches: Iterable[Batch], claim_id: int = 0) -> None:
    """Keeps batches, and the claim that their rows are in."""
    kept = [
        RequestBatch(key=item.key, column_id=run.column_id, run_id=run.pk, claim_id=claim_id, rows=item.rows)
        for item in batches
    ]
    if kept:
        RequestBatch.objects.bulk_create(
            kept, update_conflicts=True, unique_fields=["key"], update_fields=["rows", "claim_id", "run_id"]
        )


def of_keys(keys: Collection[str]) -> dict[str, Batch]:
    """Returns them by their keys."""
    return {stored.key: Batch.of(stored) for stored in RequestBatch.objects.filter(key__in=keys)} if keys else {}


def keys_of_claim(run: Run, claim_id: int) -> dict[int, str]:
    """Returns {row id: key of its batch} of the rows of a claim."""
    stored = RequestBatch.objects.filter(run_id=run.pk, claim_id=claim_id)
    return {row_id: batch.key for batch in stored for row_id, _ in batch.rows}


def noted(notes: Iterable[Mapping[str, Any]]) -> set[str]:
    """Returns the keys in the notes of rows."""
    return {str(note[NOTE]) for note in notes if NOTE in note}


def prune() -> None:
    """Deletes the batches of runs that are over and of which nothing is open."""
    going_on = Run.objects.filter(state__in=Run.OPEN).values("pk")
    is_open = Exists(OpenExchange.objects.filter(batch=OuterRef("pk")))
    RequestBatch.objects.exclude(run_id__in=going_on).exclude(is_open).delete()

"""Results of an earlier request: what a column asked for before somebody changed its settings.

A column keeps its requests as [[since when, digest], …], the oldest first. A result is of the request that the column
had when it came, and one that came after the settings were changed, but was asked before, counts as if it had come just
before that. When an earlier request is back, so are its results.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from enrichment.dataflow import recalculations
from enrichment.models import HttpColumn
from tables import storage
from tables.models import WITH_RESULT, Cell

type Requests = list[list[str]]  # [[ISO 8601, digest], …]
type Span = tuple[datetime, datetime]  # from, and before

_MOST = 20  # requests of a column; results of older ones are of an earlier request whatever it was
_ALWAYS = datetime.min.replace(tzinfo=UTC).isoformat()


def note(http: HttpColumn, digest: str, before: str) -> None:
    """Notes that the column asks with another request from now on, and marks the results of the one before.

    `before` is the digest of that one.
    """
    if before == digest:
        return
    requests: Requests = http.requests or [[_ALWAYS, before]]
    is_back = any(earlier == digest for _, earlier in requests)
    http.requests = [*requests, [timezone.now().isoformat(), digest]][-_MOST:]
    http.save(update_fields=["requests"])
    _mark(http)
    if is_back:  # which of its results are out of date all the same takes a comparison
        recalculations.start_range(http.column.table_id, [http.column_id])


def _mark(http: HttpColumn) -> None:
    came = Q()
    for start, end in spans(http.requests):
        came |= Q(finished_at__gte=start, finished_at__lt=end)
    Cell.objects.filter(came, column_id=http.column_id, state__in=WITH_RESULT, stale=False).update(stale=True)
    storage.touch(http.column.table_id)


def attribute(column_id: int, requests: Requests | None, digests: Mapping[int, str]) -> set[int]:
    """Marks results that were just stored and asked with earlier settings, {row id: digest}; returns their row ids.

    The caller holds the lock on the table, as whoever changes the settings does.
    """
    late: dict[datetime, set[int]] = {}
    for row_id, digest in digests.items():
        if requests and digest and digest != requests[-1][1]:
            late.setdefault(_end_of(digest, requests), set()).add(row_id)
    for end, row_ids in late.items():
        results = Cell.objects.filter(column_id=column_id, row_id__in=row_ids, state__in=WITH_RESULT)
        results.update(finished_at=end - timedelta.resolution, stale=True)
    return {pk for row_ids in late.values() for pk in row_ids}


def _end_of(digest: str, requests: Requests) -> datetime:
    """Returns when the column had this request for the last time; of one that is not kept any more, before all."""
    last = max((place for place, (_, other) in enumerate(requests) if other == digest), default=0)
    return datetime.fromisoformat(requests[last + 1][0])


def spans(requests: Requests | None) -> list[Span]:
    """Returns when the column had another request than it has now."""
    times = [(datetime.fromisoformat(since), digest) for since, digest in requests or ()]
    ends = [since for since, _ in times[1:]]
    return [(start, end) for (start, digest), end in zip(times, ends, strict=False) if digest != times[-1][1]]


def is_of_one(moment: datetime | None, earlier: Sequence[Span]) -> bool:
    """Whether a result that came then is of an earlier request."""
    return moment is not None and any(start <= moment < end for start, end in earlier)

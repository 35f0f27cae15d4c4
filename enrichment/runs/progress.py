"""How far a run is and how fast it gets on, as the API and the live events say it.

The throughput is that of the last seconds: from two samples in Redis of how many rows had ended, a few seconds apart.
Whoever describes a run leaves a sample; two at once do no harm. Samples too far apart, as of a run that was paused or
that sends once a minute, say nothing about now.
"""

import json
import logging
import time
from typing import Any

import redis
from django.db.models import Count, Max, Q, Sum
from django.utils import timezone

from enrichment.models import Connection, Run
from enrichment.runs.results import COUNTED
from tables import events
from tables.models import Table
from tables.redis import client

log = logging.getLogger(__name__)

APART = 5.0  # seconds between two samples: the throughput is that of the last 5 to 10
TOO_FAR_APART = 20.0
SHORTEST = 1.0  # seconds that say something

type _Sample = tuple[float, int]  # when, and how many rows had ended


def announce(run_id: int) -> None:
    """Sends the run to the browsers that show its table."""
    run = Run.objects.filter(pk=run_id).first()
    if run:
        events.publish_run(run.table_id, as_json(run))


def as_json(run: Run) -> dict[str, Any]:
    """The run of the API."""
    counts = {name: int(getattr(run, name)) for name in COUNTED}
    ended = sum(counts.values())
    pending = max(0, run.total - ended) if run.state in Run.OPEN else 0
    rate = _rows_per_second(run, ended)
    return {
        "id": run.pk,
        "column_id": run.column_id,
        "table_id": run.table_id,
        "state": run.state,
        "scope": run.scope,
        "automatic": run.automatic,
        "counts": {"total": run.total, **counts, "handed_down": run.handed_down, "pending": pending},
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "rate_per_s": rate,
        "seconds_left": _seconds_left(pending, rate),
        "stop_reason": run.stop_reason or None,
        "connection_to_mend": _connection_to_mend(run),
        "resumes_at": run.resumes_at,
        "slowed_to": run.slowed_to,
    }


def automatic(table: Table) -> list[dict[str, Any]]:
    """Returns the sums of the automatic runs of each column, the latest first."""
    runs = Run.objects.filter(table=table, automatic=True).order_by().values("column_id")
    sums = {name: Sum(name) for name in ("total", "handed_down", *COUNTED)}
    summed: Any = runs.annotate(runs=Count("pk"), last=Max("created_at"), **sums).order_by("-last")
    return [
        {
            "column_id": column["column_id"],
            "runs": column["runs"],
            "last": column["last"],
            "counts": {name: column[name] for name in sums},
        }
        for column in summed
    ]


def _connection_to_mend(run: Run) -> int | None:
    """Returns the connection that stopped the run and still lets nobody in."""
    if run.state != Run.State.STOPPED or not run.stop_reason:
        return None
    unconnected = Q(kind="oauth2_authorization_code", authorization=None)
    of_column = Connection.objects.filter(columns__column_id=run.column_id)
    return of_column.filter(Q(refused__isnull=False) | unconnected).values_list("pk", flat=True).first()


def _seconds_left(pending: int, rate: float | None) -> int | None:
    if not pending:
        return 0
    return round(pending / rate) if rate else None


def _rows_per_second(run: Run, ended: int) -> float | None:
    """Of the last seconds while it runs, of all its time when it is over."""
    if not run.started_at or not ended:
        return None
    recent = throughput(run.pk, ended) if run.state == Run.State.RUNNING else None
    if recent is not None:
        return round(recent, 1)
    elapsed = ((run.finished_at or timezone.now()) - run.started_at).total_seconds()
    return round(ended / max(elapsed, 0.05), 1)


def throughput(run_id: int, ended: int, now: float | None = None) -> float | None:
    """Returns the rows a second over the last seconds, or None when not enough is known."""
    now = time.time() if now is None else now
    key = f"marl:throughput:{run_id}"
    try:
        older, newer = _samples(client().get(key), (now, ended))
        if now - newer[0] >= APART:
            older, newer = newer, (now, ended)
        client().set(key, json.dumps([older, newer]), ex=round(TOO_FAR_APART))
    except redis.RedisError as error:
        log.warning("The throughput of run %s is not known: %s", run_id, error)
        return None
    seconds = now - older[0]
    return max(0, ended - older[1]) / seconds if seconds >= SHORTEST else None


def _samples(stored: object, first: _Sample) -> tuple[_Sample, _Sample]:
    if not isinstance(stored, bytes):
        return first, first
    older, newer = json.loads(stored)
    too_far_apart = first[0] - newer[0] > TOO_FAR_APART or first[0] < newer[0]  # or the clock was set back
    return (first, first) if too_far_apart else (older, newer)

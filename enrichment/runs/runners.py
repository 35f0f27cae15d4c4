"""The lanes of a run: how many steps may advance it at the same time, and who is in one.

A step holds its lane while it works. Between steps whoever has the token goes on; when the broker lost it, or the
worker is gone, the sweep sees that the lane made no step since the last look and sends it on its way again.
"""

from uuid import uuid4

from django.db.models import F, Q

from enrichment.models import HttpColumn, Run, Runner
from enrichment.runs.claims import ACTIVE
from enrichment.schema import HttpConfig
from enrichment.worker import heartbeat
from tables import dispatch

ADVANCE = "enrichment.advance"
MOST = 4
ROWS = 250  # that are worth a lane
RATE = 25  # requests a second that are worth a lane: while one is between two steps, another one goes on


def open_for(run: Run) -> None:
    """In the transaction that plans the run."""
    Runner.objects.bulk_create([Runner(run=run, number=number) for number in range(_wanted(run))])
    go_on(run.pk)


def _wanted(run: Run) -> int:
    wanted = min(MOST, 1 + run.total // ROWS)
    http = HttpColumn.objects.get(column_id=run.column_id)
    limit = HttpConfig(**http.config).rate_limit
    return min(wanted, 1 + limit.requests * 1000 // limit.duration_ms // RATE) if limit else wanted


def go_on(run_id: int) -> None:
    """All lanes that nobody is in."""
    free = Runner.objects.filter(run_id=run_id, worker_id=None)
    free.update(token="")
    for number in free.values_list("number", flat=True):
        dispatch.send(ADVANCE, run_id, "", number)


def acquire(run_id: int, number: int, token: str) -> str | None:
    """The token of the lane, which this worker is in from now on; None when somebody else is."""
    mine = token or uuid4().hex
    free = Runner.objects.filter(Q(token="") | Q(token=mine), run_id=run_id, number=number, worker_id=None)
    held = free.update(token=mine, worker_id=heartbeat.worker_id(), beat=F("beat") + 1)
    return mine if held else None


def release(run_id: int, number: int, token: str) -> None:
    Runner.objects.filter(run_id=run_id, number=number, token=token).update(worker_id=None)


def close(run_id: int, number: int) -> None:
    """There is nothing left to do for a further step."""
    Runner.objects.filter(run_id=run_id, number=number).delete()


def release_stalled() -> None:
    """Frees the lanes that began no step since the last look, and sends them on.

    A step is shorter than the time between two looks. One that hangs goes on beside the next: claims keep them apart.
    """
    Runner.objects.filter(run__state__in=(Run.State.DONE, Run.State.STOPPED)).delete()
    lost = list(Runner.objects.filter(run__state__in=ACTIVE, beat=F("seen_beat")))
    Runner.objects.update(seen_beat=F("beat"))
    for lane in lost:
        if Runner.objects.filter(pk=lane.pk, beat=lane.beat).update(token="", worker_id=None):
            dispatch.send(ADVANCE, lane.run_id, "", lane.number)

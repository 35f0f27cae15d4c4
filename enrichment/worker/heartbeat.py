"""This process as a worker among others: it beats in the database, and sends only while it can.

A worker that did not beat between two sweeps is dead, and others take over what it claimed. By then it must have
stopped: it sends nothing more `SILENT` seconds after its last beat, and two sweeps are further apart than that.

That time is counted in beats too: a sweep comes too early until some worker has beaten `BEATS_APART` times since the
last one. So nobody looks dead because sweeps were held up and come all at once, or because the database let none beat.
"""

import logging
import os
import threading
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db import connections as databases
from django.db.models import F

from enrichment import leases
from enrichment.http_client import event_loop
from enrichment.models import Worker

log = logging.getLogger(__name__)

BEAT = 1.0  # seconds
SILENT = 6.0  # seconds
BEATS_APART = 8  # in seven seconds


class _Heartbeat:
    def __init__(self) -> None:
        self.process = os.getpid()
        self.worker_id = Worker.objects.create().pk
        self.last_beat = event_loop.now()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._beat_until_stopped, name="heartbeat", daemon=True)
        self._thread.start()

    def _beat_until_stopped(self) -> None:
        while not self._stopping.wait(BEAT):
            if settings.ALIVE_PATH:
                Path(settings.ALIVE_PATH).touch()
            self.beat()
        databases.close_all()

    def beat(self) -> None:
        began = event_loop.now()
        try:
            if not Worker.objects.filter(pk=self.worker_id).renew():
                log.warning(
                    "this worker was presumed dead and continues as a new one", extra={"worker": self.worker_id}
                )
                self.worker_id = Worker.objects.create().pk
            self.last_beat = began
            leases.renew_kept()
        except DatabaseError as error:
            log.warning("the heartbeat of this worker fails: %s", error, extra={"worker": self.worker_id})
            databases.close_all()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(BEAT)


_heartbeat: _Heartbeat | None = None
_starting = threading.Lock()


def worker_id() -> int:
    """Returns the id of this process as a worker; the first call makes it one."""
    global _heartbeat
    with _starting:
        if _heartbeat is None or _heartbeat.process != os.getpid():
            _heartbeat = _Heartbeat()
        return _heartbeat.worker_id


def beat() -> None:
    """Beats now, and not only when it is time."""
    if _heartbeat is not None:
        _heartbeat.beat()


def is_alive() -> bool:
    """Whether this worker may send: nobody takes it for dead."""
    return _heartbeat is not None and event_loop.now() - _heartbeat.last_beat < SILENT


def leave() -> None:
    """Ends this worker; what it still holds is free at the next sweep."""
    global _heartbeat
    with _starting:
        if _heartbeat is None:
            return
        _heartbeat.stop()
        Worker.objects.filter(pk=_heartbeat.worker_id).delete()
        _heartbeat = None


def reap_dead_workers() -> set[int] | None:
    """Removes the workers that did not beat since the last sweep.

    Returns the ids of those that live, or None when it is too early to say.
    """
    with transaction.atomic():
        list(Worker.objects.select_for_update().order_by("pk"))  # one sweep at a time
        if not Worker.objects.filter(beat__gte=F("seen_beat") + BEATS_APART).exists():
            return None
        Worker.objects.lapsed().delete()
        Worker.objects.note()
        return set(Worker.objects.values_list("pk", flat=True))

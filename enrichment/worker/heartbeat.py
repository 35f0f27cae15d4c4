"""This process as a worker among others: it beats in the database, and sends only as long as it is heard.

A worker is dead when two looks in a row, one sweep apart, saw the same beat. Its claims are then another's.
"""

import logging
import os
import threading

from django.db import DatabaseError
from django.db import connections as databases
from django.db.models import F

from enrichment.http_client import event_loop
from enrichment.models import Worker

log = logging.getLogger(__name__)

BEAT = 2.0  # seconds
SILENT = 6.0  # seconds without a beat after which nothing more is sent: less than two looks are apart


class _Presence:
    def __init__(self) -> None:
        self.process = os.getpid()
        self.worker_id = Worker.objects.create().pk
        self.heard = event_loop.now()
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._beat_until_left, name="beat", daemon=True)
        self._thread.start()

    def _beat_until_left(self) -> None:
        while not self._leaving.wait(BEAT):
            self.beat()
        databases.close_all()

    def beat(self) -> None:
        began = event_loop.now()
        try:
            if not Worker.objects.filter(pk=self.worker_id).update(beat=F("beat") + 1):
                log.warning("taken for dead, this worker goes on as a new one", extra={"worker": self.worker_id})
                self.worker_id = Worker.objects.create().pk
            self.heard = began
        except DatabaseError as error:
            log.warning("this worker cannot beat: %s", error, extra={"worker": self.worker_id})
            databases.close_all()

    def leave(self) -> None:
        self._leaving.set()
        self._thread.join(BEAT)


_present: _Presence | None = None
_arriving = threading.Lock()


def worker_id() -> int:
    """Of this process; the first call makes it a worker."""
    global _present
    with _arriving:
        if _present is None or _present.process != os.getpid():
            _present = _Presence()
        return _present.worker_id


def beat() -> None:
    """Now, and not only when it is time."""
    if _present is not None:
        _present.beat()


def is_alive() -> bool:
    """Whether the others still know that this worker lives."""
    return _present is not None and event_loop.now() - _present.heard < SILENT


def leave() -> None:
    """What this worker has not ended is another's from now on."""
    global _present
    with _arriving:
        if _present is None:
            return
        _present.leave()
        Worker.objects.filter(pk=_present.worker_id).delete()
        _present = None


def reap_dead_workers() -> set[int]:
    """Removes the workers that have not beaten since the last look; the ids of those that live.

    Whoever looks lives, even when its own beat waits for the database.
    """
    dead = Worker.objects.filter(beat=F("seen_beat"))
    if _present is not None:
        dead = dead.exclude(pk=_present.worker_id)
    dead.delete()
    Worker.objects.update(seen_beat=F("beat"))
    return set(Worker.objects.values_list("pk", flat=True))

"""Leases: their holder counts beats, and a sweep takes back those whose count stands still.

A sweep notes each count. A lease that the next sweep finds at the same count has lapsed: its holder died, hangs, or was
never told to go on.

Counts, and not times of day: a moment in the database is compared with the clock of another machine, or with one that
was set meanwhile. Then the living look dead and their work is done again, or the dead look alive and it is not done at
all. A count cannot jump. All that it asks is that a holder beats at least once between two sweeps.

Two things go by a clock all the same. Permits (`concurrency`), because Redis has to decide within one call, and a sweep
comes too late. Imports, because `tables` knows nothing of leases: they send nothing, and can be started again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from django.db import models
from django.db.models import F


class Leases[Held: models.Model](models.QuerySet[Held]):
    def renew(self, **fields: object) -> bool:
        """Counts a beat of these leases and sets the fields along with it; returns whether there were any."""
        return bool(self.update(beat=F("beat") + 1, **fields))

    def lapsed(self) -> Self:
        """Returns those that were not renewed since the last sweep; they may be, until they are taken back."""
        return self.filter(beat=F("seen_beat"))

    def note(self) -> None:
        """Ends a sweep: a lease that is not renewed from now on has lapsed at the next one."""
        self.update(seen_beat=F("beat"))


class Lease(models.Model):
    beat = models.BigIntegerField(default=0, db_default=0)
    seen_beat = models.BigIntegerField(default=-1, db_default=-1)  # as the last sweep noted it

    objects = Leases.as_manager()

    class Meta:
        abstract = True


_kept: set[Leases[Any]] = set()


@contextmanager
def kept(leases: Leases[Any]) -> Iterator[None]:
    """Has the heartbeat of this process renew the leases, for work of which nobody knows how long it takes."""
    _kept.add(leases)
    try:
        yield
    finally:
        _kept.discard(leases)


def renew_kept() -> None:
    """Renews what is kept now; the heartbeat calls it."""
    for leases in list(_kept):
        leases.renew()

"""The scheduler of Celery, which goes on when the clock of its machine is set back.

Celery's own waits until the time of the last run comes again, and so long nothing would be swept. It also ends where
its file can't be written; this one goes on without, and then knows after a restart less of what ran when.
"""

import logging
import shelve
from pathlib import Path
from typing import Any

from celery.beat import PersistentScheduler
from django.conf import settings

log = logging.getLogger(__name__)


class Scheduler(PersistentScheduler):
    """Takes what ran in the future for run now, and keeps in memory what it can't keep in its file."""

    _has_file = True

    def setup_schedule(self) -> None:
        try:
            super().setup_schedule()
        except OSError as error:  # what modules for such files raise, too
            log.warning("the schedule is kept in memory: %s", error)
            self._has_file = False
            super().setup_schedule()

    def _open_schedule(self) -> shelve.Shelf[Any]:
        if not self._has_file:
            return shelve.Shelf({}, writeback=True)
        return super()._open_schedule()  # type: ignore[misc,no-any-return]  # the stubs lack it

    def sync(self) -> None:
        """Saves what ran when; tried again with the next one."""
        try:
            super().sync()
        except OSError as error:
            log.warning("the schedule could not be saved: %s", error)

    def close(self) -> None:
        try:
            super().close()
        except OSError as error:
            log.warning("the schedule could not be closed: %s", error)

    def tick(self, *arguments: Any, **named: Any) -> float:
        if settings.ALIVE_PATH:
            Path(settings.ALIVE_PATH).touch()
        now = self.app.now()
        for entry in self.schedule.values():
            if entry.last_run_at and entry.last_run_at > now:
                entry.last_run_at = now
                self._heap = None  # it is in the order of the old time
        return float(super().tick(*arguments, **named))

"""The scheduler of Celery, which goes on when the clock of its machine is set back.

Celery's own waits until the time of the last run comes again, and so long nothing would be swept.
"""

from pathlib import Path
from typing import Any

from celery.beat import PersistentScheduler
from django.conf import settings


class Scheduler(PersistentScheduler):
    """Takes what ran in the future for run now."""

    def tick(self, *arguments: Any, **named: Any) -> float:
        if settings.ALIVE_PATH:
            Path(settings.ALIVE_PATH).touch()
        now = self.app.now()
        for entry in self.schedule.values():
            if entry.last_run_at and entry.last_run_at > now:
                entry.last_run_at = now
                self._heap = None  # it is in the order of the old time
        return float(super().tick(*arguments, **named))

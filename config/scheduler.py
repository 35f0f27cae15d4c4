"""celery beat, made to go on when the machine's clock is set back: it would wait until the old time comes again."""

from typing import Any

from celery.beat import PersistentScheduler


class Scheduler(PersistentScheduler):
    def tick(self, *arguments: Any, **named: Any) -> float:
        now = self.app.now()
        for entry in self.schedule.values():
            if entry.last_run_at and entry.last_run_at > now:
                entry.last_run_at = now
                self._heap = None  # it is in the order of the old time
        return float(super().tick(*arguments, **named))

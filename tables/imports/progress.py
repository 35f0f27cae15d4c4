"""How far an import is, told in its record; whoever tells it hears whether the import is still to go on."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import get_ident
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from tables.models import Import

_HEARD_EVERY = 1.0  # seconds between two reports at least


class Ended(Exception):
    """It was cancelled, or counts as dead."""


@dataclass(slots=True)
class Progress:
    """Says how far an import is and that its worker is alive; `open` finds the import while it is to go on."""

    running: Import
    open: Callable[[], QuerySet[Import]]
    _reported: float = 0.0
    _ended: bool = False
    _thread: int = field(default_factory=get_ident)  # which has the connection to the database

    def report(self, done: int, total: int | None) -> None:
        """Raises Ended."""
        self._tell(rows_done=done, rows_total=total)

    def report_all(self, rows: int) -> None:
        """Says at once that all rows are read, which is not told again where the rest is soon done. Raises Ended."""
        self._reported = 0.0
        self.report(rows, rows)

    def wait(self) -> None:
        """Says that its worker is alive while there is nothing else to report. Raises Ended.

        The thread that reads ahead says nothing; it ends with the one that stores.
        """
        if get_ident() == self._thread:
            self._tell()
        elif self._ended:
            raise Ended

    def mark(self, mark: dict[str, Any]) -> None:
        """Stores how far the rows are, in the transaction in which they are stored. Raises Ended."""
        if not self.open().update(mark=mark):
            raise Ended
        self.running.mark = mark

    def lock(self) -> None:
        """Keeps the import from being cancelled or taken over until the transaction ends. Raises Ended if it was."""
        if not self.open().select_for_update().exists():
            raise Ended

    def _tell(self, **facts: int | None) -> None:
        if time.monotonic() - self._reported < _HEARD_EVERY:
            return
        self._reported = time.monotonic()
        if not self.open().update(**facts, heartbeat_at=timezone.now()):
            self._ended = True
            raise Ended

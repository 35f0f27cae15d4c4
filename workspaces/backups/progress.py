"""Says how far a backup or a restore is, while that takes long."""

import time
from collections.abc import Callable

type Say = Callable[[str], None]

EVERY = 5.0  # seconds


class Progress:
    def __init__(self, say: Say) -> None:
        self._say = say
        self._said_at = time.monotonic()

    def at(self, what: str, done: int, total: int | None = None) -> None:
        """Says it if nothing was said for a while."""
        now = time.monotonic()
        if now - self._said_at >= EVERY:
            self._said_at = now
            self._say(f"  {what}: {done:,}" + (f" of {total:,}" if total is not None else ""))

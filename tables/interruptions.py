"""Queries that a person waits for, which end when nobody does any more: whoever types on, or stops, wants no result."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import OperationalError, connection

_PAUSE = 0.25  # seconds between two looks

type WhyOver = Callable[[], Exception | None]  # called in another thread


@contextmanager
def watched(why_over: WhyOver) -> Iterator[None]:
    """Ends what the database does for this thread once there is a reason, which is raised then."""
    connection.ensure_connection()
    driver = connection.connection
    interrupt: Callable[[], None] = driver.cancel if connection.vendor == "postgresql" else driver.interrupt
    done = threading.Event()
    reasons: list[Exception] = []

    def watch() -> None:
        while not done.wait(_PAUSE):
            if reason := why_over():
                reasons.append(reason)
                interrupt()
                return

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    except OperationalError as error:
        if reasons:
            raise reasons[0] from error
        raise
    finally:
        done.set()
        watcher.join()

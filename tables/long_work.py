"""What work that takes more than a moment tells while it goes on, and how somebody ends it early."""

from collections.abc import Callable

type Report = Callable[[int], None]  # called with how many rows are done; raises Stopped to end the work

STOPPED = "It was stopped."


class Stopped(Exception):
    """Somebody does not want the rest of the work, or it is not there to be done any more."""


def silent(_: int) -> None:
    """Tells nobody."""

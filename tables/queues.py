"""The two queues in which tasks wait for a worker, and the order in which a worker looks into them.

Whoever waits for something to begin does not stand behind what goes on for long: its later steps have a queue of their
own. A worker looks into that last, but for one task in a few, so that what has begun goes on however much begins.
"""

from collections.abc import Iterable

FIRST = "celery"  # the only one of earlier versions, whose tasks are still taken from it
LATER = "celery-later"
NAMES = (FIRST, LATER)
IN_A_ROW = 4  # tasks of the first queue, while some wait in the other one


class FirstOnesFirst:
    """The order for kombu, which tells `rotate` from which queue the last task came."""

    def __init__(self) -> None:
        self._queues: list[str] = []
        self._in_a_row = 0

    def update(self, queues: Iterable[str]) -> None:
        self._queues = list(queues)

    def consume(self, n: int) -> list[str]:
        """Returns the first n queues to look into, in this order."""
        return sorted(self._queues, key=LATER.__eq__, reverse=self._in_a_row >= IN_A_ROW)[:n]

    def rotate(self, last_used: str) -> None:
        self._in_a_row = self._in_a_row + 1 if last_used == FIRST else 0

"""Simulated time, which jumps from one event to the next, and servers that take some of it."""

from collections.abc import Generator
from heapq import heappop, heappush, heapreplace
from itertools import count

type Process = Generator[float]  # yields the seconds until it goes on


class Clock:
    """Goes from one moment at which something happens to the next."""

    def __init__(self) -> None:
        self.now = 0.0
        self._next: list[tuple[float, int, Process]] = []
        self._numbers = count()

    def start(self, process: Process, delay: float = 0.0) -> None:
        heappush(self._next, (self.now + delay, next(self._numbers), process))

    def run(self, until: float) -> None:
        while self._next and self._next[0][0] <= until:
            self.now, _, process = heappop(self._next)
            if (delay := next(process, None)) is not None:
                self.start(process, delay)
        self.now = until


class Server:
    """Does one thing after the other on each of its cores, in the order in which they are asked for."""

    def __init__(self, clock: Clock, cores: int) -> None:
        self.cores, self._asked = cores, 0.0
        self._clock = clock
        self._free_at = [0.0] * cores

    def serve(self, seconds: float) -> float:
        """Returns the seconds from now until it is done."""
        end = max(self._clock.now, self._free_at[0]) + seconds
        heapreplace(self._free_at, end)
        self._asked += seconds
        return end - self._clock.now

    @property
    def busy(self) -> float:
        """The part of the time until now that it has worked."""
        to_come = sum(max(0.0, at - self._clock.now) for at in self._free_at)
        return (self._asked - to_come) / (self.cores * self._clock.now)

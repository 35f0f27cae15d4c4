"""How long a step may claim and send, and why it ended."""

import random
import threading
from enum import StrEnum

from enrichment.http_client import event_loop
from enrichment.worker import heartbeat
from enrichment.worker.writer import Writer

STEP_SECONDS = 5.0
OVERTIME = 1.0  # seconds after the deadline in which claimed rows still go out: releasing them costs more
_process_is_ending = threading.Event()


class End(StrEnum):
    """Why a step ended."""

    DEADLINE = "deadline"
    EXHAUSTED = "exhausted"  # no row of the run is due
    WAIT = "wait"  # nothing can start for `wait` seconds
    RUN_STOPPED = "run stopped"  # or paused, or deleted
    NO_HEARTBEAT = "no heartbeat"  # others may take this worker's claims
    FAILURE = "failure"  # Redis or the database does not answer, say
    SHUTDOWN = "shutdown"


class Budget:
    """The time of one step. Lives on the event loop."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        # Of different lengths, so that the runners of a run do not pause together.
        self.deadline = event_loop.now() + STEP_SECONDS * random.uniform(0.7, 1)
        self.wait = 0.0  # seconds until a next step is worthwhile
        self.exhausted = False
        self.failure: Exception | None = None

    @property
    def may_claim(self) -> bool:
        return self.end is None

    @property
    def may_send(self) -> bool:
        """For claimed rows: a little longer than new ones are claimed."""
        return self.end in (None, End.EXHAUSTED) or (self.end is End.DEADLINE and self.seconds_to_send > 0)

    @property
    def seconds_to_claim(self) -> float:
        return max(0.0, self.deadline - event_loop.now())

    @property
    def seconds_to_send(self) -> float:
        return max(0.0, self.deadline + OVERTIME - event_loop.now())

    @property
    def longest_wait(self) -> float:
        """Seconds that a row may wait for a permit or a start time; what takes longer ends the step."""
        return min(OVERTIME, self.seconds_to_send)

    @property
    def end(self) -> End | None:
        """Why the step ends, or None while it goes on; what forbids sending comes first."""
        if _process_is_ending.is_set():
            return End.SHUTDOWN
        if self.failure:
            return End.FAILURE
        if self._writer.stopped:
            return End.RUN_STOPPED
        if not heartbeat.is_alive():
            return End.NO_HEARTBEAT
        if self.wait:
            return End.WAIT
        if not self.seconds_to_claim:
            return End.DEADLINE
        return End.EXHAUSTED if self.exhausted else None

    def wait_for(self, seconds: float) -> None:
        """Ends the step: nothing can start earlier."""
        self.wait = seconds

    def fail(self, error: Exception) -> None:
        """Ends the step with this error, which is raised once everything is in order."""
        self.failure = self.failure or error


def end_all() -> None:
    """Ends every step of this process, and lets no other one begin."""
    _process_is_ending.set()

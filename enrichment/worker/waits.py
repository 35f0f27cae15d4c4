"""What becomes of a row whose API asks to wait, and of its run.

A wait holds for everybody who sends to the API (`http_client.rate_limit`) and costs the row none of its tries. But
waits have a budget: without one success of the column, the run pauses itself after ten of them or 15 minutes, and after
a wait longer than ten minutes it resumes by itself.
"""

from datetime import timedelta

from django.utils import timezone

from enrichment.engine.limits import backoff
from enrichment.engine.limits.rate import Hold
from enrichment.engine.messages import Outcome
from enrichment.runs.results import Pause, Result
from enrichment.worker.job import Job
from tables.models import CellState

LONGEST = 600.0  # seconds that a run waits without being paused
RATE = 10.0  # seconds; who asks for longer says that a quota is used up, and not how fast to go on after that
MOST_WAITS = 10  # without one success of the column
LONGEST_WITHOUT_SUCCESS = 900.0  # seconds


async def hold(job: Job, outcome: Outcome, seconds_ago: float) -> Hold:
    """Lets nobody send to the API for as long as this answer asks; its request started so many seconds ago.

    Raises redis.RedisError.
    """
    asked = outcome.wait or 0.0
    too_fast = outcome.is_too_fast and asked <= RATE
    return await job.limiter.hold(seconds_ago, asked, too_fast=too_fast, longest=LONGEST)


def row_waits(result: Result, outcome: Outcome, waits: int, hold: Hold | None) -> Result:
    """Returns the result of a row that is tried again after the hold, which it has been told `waits` times before.

    Where the API does not say how long, a row that is refused again and again comes later each time.
    """
    seconds = outcome.wait or min(backoff.LONGEST, 2.0**waits)
    result.state = CellState.LIMITED
    result.due_at = timezone.now() + timedelta(seconds=max(seconds, hold.seconds if hold else 0.0))
    result.notes = {"waits": waits + 1}
    return result


def pause_after(hold: Hold, message: str) -> Pause | None:
    """Returns the pause of a run that was told to wait once more, with this message, or None where it goes on."""
    if hold.waits > MOST_WAITS or hold.since > LONGEST_WITHOUT_SUCCESS:
        return Pause(
            f"After {hold.waits - 1} waits in {_minutes(hold.since)} without one success, the API still answers "
            f"“{message}”. Check your plan's limits there, then resume the run."
        )
    return pause_until(hold.seconds)


def pause_until(seconds: float) -> Pause | None:
    """Returns the pause of a run whose API asks to wait for so long, or None where it goes on."""
    if seconds <= LONGEST:
        return None
    until = timezone.now() + timedelta(seconds=seconds)
    return Pause(f"The API asks to wait until {until:%-d %B %Y, %H:%M} UTC.", until)


def _minutes(seconds: float) -> str:
    minutes = round(seconds / 60)
    if minutes < 1:
        return "less than a minute"
    return "1 minute" if minutes == 1 else f"{minutes} minutes"

"""Asks an API for a result that it has not got yet: rows that wait for it hold no worker and no permit."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from django.utils import timezone

from enrichment.columns.shapes import CompiledPoll
from enrichment.connections.response_condition import ResponseCondition
from enrichment.engine.answer.telling import telling_line
from enrichment.engine.messages import Outcome, Request, Response
from enrichment.engine.response import is_good
from enrichment.engine.shapes import poll
from enrichment.engine.shapes.progress import Progress
from enrichment.engine.shapes.words import duration
from enrichment.runs.results import Result
from tables.models import CellState

CODE = "api"  # of a row that waits for its API
TIMEOUT = "poll_timeout"
FAILED = "poll_failed"


@dataclass(frozen=True, slots=True)
class Polling:
    """How a column asks. Lives on the event loop."""

    compiled: CompiledPoll
    until: ResponseCondition
    failed_if: ResponseCondition | None

    @classmethod
    def of(cls, compiled: CompiledPoll) -> Self:
        failed_if = ResponseCondition(compiled.failed_if) if compiled.failed_if else None
        return cls(compiled, ResponseCondition(compiled.until), failed_if)

    def request(self, progress: Progress) -> Request:
        """Raises RenderError."""
        return poll.request(self.compiled.address, progress)

    async def judge(self, response: Response, progress: Progress) -> Outcome | None:
        """Returns what becomes of a row whose result is not in the answer; None where it is to be read as usual."""
        values = progress.values
        has_failed, unclear = await self.failed_if.verdict(values) if self.failed_if else (False, "")
        if has_failed:
            words = f"{response.status} · {telling_line(response)}"
            return Outcome(CellState.FAILED, None, FAILED, words, response.status)
        is_there, why = await self.until.verdict(values) if is_good(response) else (True, "")
        if is_there:
            return None
        # It may be clear with a later answer, so the row waits on; whoever looks at it sees what is wrong.
        doubt = f" · “Until” fails: {why}" if why else ""
        settings = self.compiled.settings
        left = poll.seconds_left(progress, settings.for_ms / 1000, time.time())
        if left <= 0:
            times = "once" if progress.asked == 1 else f"{progress.asked} times"
            words = f"No result after {duration(settings.for_ms)} (asked {times}): {telling_line(response)}{doubt}"
            words += f" · “Failed if” fails: {unclear}" if unclear else ""  # as it often does while there is no error
            return Outcome(CellState.FAILED, None, TIMEOUT, words, response.status)
        pause = min(left, poll.seconds_to_next(response, settings.every_ms / 1000, datetime.now(UTC)))
        return Outcome(
            CellState.WAITING, None, CODE, _words(progress) + doubt, response.status, ask_in=max(pause, 0.05)
        )


def _words(progress: Progress) -> str:
    if progress.pages:
        return f"Fetches page {progress.pages.number + 1}"
    if not progress.asked:
        return "Waits for the API"
    return f"Waits for the API (asked {'once' if progress.asked == 1 else f'{progress.asked} times'})"


def waits(result: Result, progress: Progress, seconds: float, words: str = "") -> Result:
    """Returns the result of a row that goes on in so many seconds, from where it is."""
    result.state = CellState.WAITING
    result.error_code, result.error_message = CODE, words or _words(progress)
    result.value = None
    result.due_at = timezone.now() + timedelta(seconds=seconds)
    result.progress = progress
    return result


def asked_again(progress: Progress) -> Progress:
    """Returns the progress of a row that is asked for once more, for as long as the settings say."""
    return progress.begun_anew(time.time())

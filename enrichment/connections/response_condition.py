"""A condition over an API's response: whether its token has ended, or whether the response is a success."""

import asyncio
import weakref
from collections.abc import Mapping
from dataclasses import replace

from enrichment.engine import formula
from enrichment.engine.answer.value import value_of
from enrichment.engine.errors import InvalidSettings
from enrichment.engine.formula import Evaluators, Formula, SandboxBusy
from enrichment.engine.messages import Response
from enrichment.http_client import event_loop

POLL = 0.05  # seconds
_NAMES = {1: "status", 2: "body", 3: "headers"}


def compiled(text: str, field: str, names: Mapping[int, str] = _NAMES) -> Formula | None:
    """Returns the condition, None for a blank one. Raises InvalidSettings with its problems at the field."""
    try:
        return formula.compile(text, names, condition=True) if text.strip() else None
    except InvalidSettings as error:
        raise InvalidSettings([replace(problem, field=field) for problem in error.problems]) from error


class ResponseCondition:
    """Judges responses, one at a time. Lives on the event loop."""

    def __init__(self, condition: Formula) -> None:
        self._condition = condition
        self._evaluators = Evaluators()
        self._judging = asyncio.Lock()
        weakref.finalize(self, self._evaluators.close)

    async def holds(self, response: Response) -> bool:
        """Returns whether it holds; one that fails with this response does not."""
        holds, _ = await self.verdict(values_of(response))
        return holds

    async def verdict(self, values: Mapping[int, object]) -> tuple[bool, str]:
        """Returns whether it holds for these values of its names, and why it can't be told, where that is so."""
        async with self._judging:
            while True:
                try:
                    [verdict] = await event_loop.in_database(self._evaluators.verdicts, self._condition, [values])
                    return verdict
                except SandboxBusy:
                    await asyncio.sleep(POLL)


def values_of(response: Response) -> dict[int, object]:
    """Returns what the names in a condition stand for."""
    headers = {name.lower(): text for name, text in response.headers}
    return {1: response.status, 2: value_or_none(response), 3: headers}


def value_or_none(response: Response) -> object:
    """Returns the value of the body, None where it has none."""
    try:
        return value_of(response)
    except ValueError:
        return None

"""One formula over many rows: computed by a helper process, resumed after a row that would not end."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count

from pydantic_core import from_json

from enrichment.engine.sandbox import process
from enrichment.engine.sandbox.process import Died, Helper

BATCH = 250  # rows; as many again are sent before these are answered
STUCK_ROWS = 3  # after which a formula is stopped
_SLICE = 0.1  # as in child.py
_GRACE = 0.4
_FAILED, _LATE, _LARGE = 2, 4, 5

type Row = list[object]  # the parameters of the script
type Encode = Callable[[Sequence[Row]], str]
type Outcome = list[object]
_owners = count(1)


@dataclass(slots=True)
class Evaluation:
    """Evaluates one formula for one run or web request: nobody else uses its context."""

    script: str
    condition: bool
    seconds: float  # a row may take
    encode: Encode  # makes JSON of rows
    owner: int = field(default_factory=lambda: next(_owners))
    stuck: int = 0
    died: bool = False
    reason: str = ""

    def outcomes(self, rows: Sequence[Row]) -> Iterator[list[Outcome]]:
        """Yields an outcome a row, some rows at a time; the helper is at work on the next ones meanwhile.

        Raises SandboxBusy.
        """
        done = 0
        with process.lent(self.owner, self.seconds) as holder:
            while done < len(rows) and self.stuck < STUCK_ROWS:
                try:
                    for some in self._answered(holder[0], rows[done:]):
                        done += len(some)
                        yield some
                except Died:
                    blamed = self._blamed()
                    done += len(blamed)
                    yield blamed
                    process.replaced(holder)
            if self.stuck >= STUCK_ROWS:
                holder[0].kill()
        stopped = f"Stopped: the formula {self.reason} on {STUCK_ROWS} rows."
        yield [[_FAILED, stopped]] * (len(rows) - done)

    def _answered(self, helper: Helper, rows: Sequence[Row]) -> Iterator[list[Outcome]]:
        """Yields what the helper says of these rows. Raises Died."""
        self._load(helper)
        sent = answered = 0
        while answered < len(rows) and self.stuck < STUCK_ROWS:
            while sent < len(rows) and sent - answered <= BATCH:
                self._send(helper, rows[sent : sent + BATCH])
                sent += BATCH
            outcomes = self._explained(_decoded(helper.receive(self.seconds + _SLICE + _GRACE)))
            answered += len(outcomes)
            yield outcomes

    def _load(self, helper: Helper) -> None:
        if helper.owner == self.owner:
            return
        helper.send(json.dumps({"order": "load", "script": self.script, "condition": self.condition}))
        answer = json.loads(helper.receive(process.STARTING))
        if "error" in answer:
            raise RuntimeError(f"A checked formula could not be loaded: {answer['error']}")
        helper.owner = self.owner

    def _send(self, helper: Helper, batch: Sequence[Row]) -> None:
        order = {"order": "rows", "count": len(batch), "singly": self.died, "seconds": self.seconds}
        helper.send(json.dumps(order), self.encode(batch))

    def _explained(self, outcomes: list[Outcome]) -> list[Outcome]:
        """Counts a row that got stuck, of which the helper tells alone, and says so in its place."""
        kind = outcomes[0][0]
        if kind not in (_LATE, _LARGE):
            return outcomes
        self.stuck += 1
        if kind == _LARGE:
            self.reason = "needed too much memory"
            return [[_FAILED, "The formula needed too much memory on this row."]]
        self.reason = "took too long"
        return [[_FAILED, f"The formula took too long ({self.seconds:g} s) on this row."]]

    def _blamed(self) -> list[Outcome]:
        """Returns the outcome of the row at which the helper died.

        The first death only says that it was one of those sent; from then on they are answered one by one.
        """
        first, self.died = not self.died, True
        return [] if first else self._explained([[_LATE]])


def _decoded(text: str) -> list[Outcome]:
    try:
        outcomes: list[Outcome] = from_json(text)
    except ValueError:  # half a surrogate pair, or more lists inside each other than it takes
        outcomes = json.loads(text)
    return outcomes

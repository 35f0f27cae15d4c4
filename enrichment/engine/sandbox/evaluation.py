"""One formula over many rows: computed by a helper process, resumed after a row that would not end."""

import json
from collections import deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import batched, chain, count

from enrichment.engine.sandbox import process
from enrichment.engine.sandbox.process import Died, Helper

BATCH = 100  # rows; as many again are sent before these are answered
STUCK_ROWS = 3  # after which a formula is stopped
_SLICE = 0.1  # as in child.py
_GRACE = 0.4
_FAILED, _LATE, _LARGE = 2, 4, 5

type Outcome = list[object]
_owners = count(1)


@dataclass(slots=True)
class Evaluation:
    """Evaluates one formula for one run or web request: nobody else uses its context."""

    script: str
    condition: bool
    seconds: float  # a row may take
    owner: int = field(default_factory=lambda: next(_owners))
    stuck: int = 0
    died: bool = False
    reason: str = ""

    def rows(self, rows: Iterable[str]) -> Iterator[tuple[str, Outcome]]:
        """Yields each row, which is JSON, with its outcome; the next rows are taken while the helper is at work.

        Raises SandboxBusy.
        """
        coming = batched(rows, BATCH)
        sent: deque[str] = deque()  # and not answered yet
        with process.lent(self.owner, self.seconds) as holder:
            more = True
            while more and self.stuck < STUCK_ROWS:
                try:
                    yield from self._answered(holder[0], sent, coming)
                    more = False
                except Died:
                    if blamed := self._blamed():
                        yield sent.popleft(), blamed
                    process.replaced(holder)
            if self.stuck >= STUCK_ROWS:
                holder[0].kill()
        stopped = f"Stopped: the formula {self.reason} on {STUCK_ROWS} rows."
        for row in chain(sent, chain.from_iterable(coming)):
            yield row, [_FAILED, stopped]

    def _answered(
        self, helper: Helper, sent: deque[str], coming: Iterator[tuple[str, ...]]
    ) -> Iterator[tuple[str, Outcome]]:
        """Yields what the helper says of rows that another one was sent, and of those to come. Raises Died."""
        self._load(helper)
        if sent:
            self._send(helper, sent)
        while self.stuck < STUCK_ROWS:
            while len(sent) <= BATCH and (batch := next(coming, ())):
                sent.extend(batch)
                self._send(helper, batch)
            if not sent:
                return
            for outcome in json.loads(helper.receive(self.seconds + _SLICE + _GRACE)):
                yield sent.popleft(), self._explained(outcome)

    def _load(self, helper: Helper) -> None:
        if helper.owner == self.owner:
            return
        helper.send(json.dumps({"order": "load", "script": self.script, "condition": self.condition}))
        answer = json.loads(helper.receive(process.STARTING))
        if "error" in answer:
            raise RuntimeError(f"A checked formula could not be loaded: {answer['error']}")
        helper.owner = self.owner

    def _send(self, helper: Helper, batch: Collection[str]) -> None:
        order = {"order": "rows", "count": len(batch), "singly": self.died, "seconds": self.seconds}
        helper.send(json.dumps(order), f"[{','.join(batch)}]")

    def _explained(self, outcome: Outcome) -> Outcome:
        """Counts a row that got stuck, and says so in its place."""
        if outcome[0] not in (_LATE, _LARGE):
            return outcome
        self.stuck += 1
        if outcome[0] == _LARGE:
            self.reason = "needed too much memory"
            return [_FAILED, "The formula needed too much memory on this row."]
        self.reason = "took too long"
        return [_FAILED, f"The formula took too long ({self.seconds:g} s) on this row."]

    def _blamed(self) -> Outcome | None:
        """Returns the outcome of the row at which the helper died.

        The first death only says that it was one of those sent; from then on they are answered one by one.
        """
        first, self.died = not self.died, True
        return None if first else self._explained([_LATE])

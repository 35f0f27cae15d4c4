"""One formula over many rows: computed by a helper process, resumed after a row that would not end."""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from enrichment.engine.sandbox import process
from enrichment.engine.sandbox.process import Died, Helper

BATCH = 100
STUCK_ROWS = 3  # after which a formula is stopped
_SLICE = 0.1  # as in child.py
_GRACE = 0.4
_FAILED, _LATE, _LARGE = 2, 4, 5

type Outcome = list[object]
_owners = itertools.count(1)


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

    def rows(self, rows: Sequence[str]) -> list[Outcome]:
        """Returns an outcome a row, each row being JSON. Raises SandboxBusy."""
        outcomes: list[Outcome] = []
        with process.lent(self.owner, self.seconds) as holder:
            while len(outcomes) < len(rows) and self.stuck < STUCK_ROWS:
                batch = rows[len(outcomes) : len(outcomes) + BATCH]
                try:
                    self._load(holder[0])
                    self._batch(holder[0], batch, outcomes)
                except Died:
                    self._blame(outcomes)
                    process.replaced(holder)
            if self.stuck >= STUCK_ROWS:
                holder[0].kill()
        stopped = f"Stopped: the formula {self.reason} on {STUCK_ROWS} rows."
        return outcomes + [[_FAILED, stopped] for _ in range(len(rows) - len(outcomes))]

    def _load(self, helper: Helper) -> None:
        if helper.owner == self.owner:
            return
        helper.send(json.dumps({"order": "load", "script": self.script, "condition": self.condition}))
        answer = json.loads(helper.receive(process.STARTING))
        if "error" in answer:
            raise RuntimeError(f"A checked formula could not be loaded: {answer['error']}")
        helper.owner = self.owner

    def _batch(self, helper: Helper, batch: Sequence[str], outcomes: list[Outcome]) -> None:
        order = {"order": "rows", "count": len(batch), "singly": self.died, "seconds": self.seconds}
        helper.send(json.dumps(order), f"[{','.join(batch)}]")
        expected = len(outcomes) + len(batch)
        while len(outcomes) < expected and self.stuck < STUCK_ROWS:
            for outcome in json.loads(helper.receive(self.seconds + _SLICE + _GRACE)):
                outcomes.append(self._explained(outcome))

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

    def _blame(self, outcomes: list[Outcome]) -> None:
        """The first death only says that one of the batch's rows is to blame; from then on rows go one by one."""
        if self.died:
            outcomes.append(self._explained([_LATE]))
        self.died = True

"""A row on its way from preparing to sending, or the rows of a batch."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from enrichment.engine.errors import RowError
from enrichment.engine.messages import Request
from enrichment.engine.shapes.progress import Progress
from enrichment.runs.attempts import ASKED
from enrichment.runs.batches import Batch
from enrichment.runs.claims import Notes
from enrichment.runs.results import Result
from enrichment.schema import NOT_SAID, Asked
from tables.models import CellState

REQUESTS = "requests"  # in the notes of a row of a batch: how many were sent for it


@dataclass(slots=True)
class Ready:
    """A row whose request only waits to be admitted; of a batch its first row, with all of them as `members`."""

    row_id: int
    attempts: int
    request: Request
    claim_id: int = 0
    fingerprint: str = ""
    asked: Asked = NOT_SAID
    request_key: str = ""  # where identical requests are sent once
    notes: Notes = MappingProxyType({})  # of the last try
    progress: Progress | None = None  # of an exchange that goes on; None: it begins
    callback: str = ""  # the secret of the address at which the API may post the result
    values: Mapping[int, object] = MappingProxyType({})  # of the references, where the request is rendered again
    element: str = ""  # what is sent of it in a batch
    key: str = ""  # that its part of the answer is found by
    batch: Batch | None = None  # whose request this is
    members: tuple["Ready", ...] = ()  # the rows of the batch that are claimed

    @property
    def rows(self) -> tuple["Ready", ...]:
        """The rows that it is sent for."""
        return self.members or (self,)

    @property
    def requests(self) -> int:
        """How many were sent for the row before."""
        return self.progress.requests if self.progress else int(self.notes.get(REQUESTS, self.attempts))

    @property
    def asks(self) -> bool:
        """Whether it only asks for a result that is still to come."""
        return self.progress is not None and self.progress.pages is None

    @property
    def part(self) -> dict[str, object]:
        """What its request is in the exchange, for its attempt; nothing of the first one."""
        if self.progress is None:
            return {}
        pages = self.progress.pages
        return {"part": f"page {pages.number + 1}" if pages else f"{ASKED}{self.progress.asked + 1}"}

    def ended(self, state: str, due_at: datetime | None = None) -> Result:
        return Result(self.row_id, state, attempts=self.attempts, due_at=due_at, notes=self.notes)


def went_wrong(row_id: int, attempts: int, log: logging.Logger) -> Result:
    """Returns how a row ends that was not sent because of a fault of ours, so that it doesn't hold up all others."""
    log.exception("the row could not be prepared", extra={"row": row_id})
    words = "Something went wrong in Marl with this row. The log says why."
    return Result(row_id, CellState.FAILED, None, "internal", words, attempts=attempts)


def ended_by(row_id: int, error: RowError, attempts: int = 0) -> Result:
    """Returns how a row ends that was not sent, or whose sign-in failed."""
    detail = error.problem.as_json() if error.problem else None
    return Result(row_id, error.state, None, error.code, error.message, detail, attempts=attempts)

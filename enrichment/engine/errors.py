"""What can go wrong between a row and its cell. One tree:

EngineError
├── InvalidSettings      saving is refused; `problems` says where and how to fix it
└── RowError             this row ends; `state` is the cell state it becomes
    ├── RenderError      the request could not be built; nothing was sent
    ├── MissingInput     a reference has no value to give; nothing was sent
    ├── Waits            a reference has its value in a while; the row goes on then
    ├── SignInError      the connection refused us; the run stops
    └── SendError        the exchange failed; `sent` says whether it may have arrived
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Literal

from enrichment.engine.redirects import Hop


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace `length` characters at `offset` (code points) of the field by `text`."""

    offset: int
    length: int
    text: str
    label: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a setting, at its place. Lines and columns count from 1, offsets (code points) from 0."""

    message: str
    field: str = ""
    line: int | None = None
    column: int | None = None
    offset: int | None = None
    length: int = 0
    reference: str | None = None
    fix: str | None = None
    edit: Edit | None = None
    choices: tuple[Edit, ...] = ()  # where several edits would do, and only the user can say which
    severity: Literal["error", "warning"] = "error"

    def as_json(self) -> dict[str, object]:
        """The `details` entry of the API."""
        return asdict(self)


class EngineError(Exception):
    pass


class InvalidSettings(EngineError):
    def __init__(self, problems: list[Problem]) -> None:
        wrong = [problem.message for problem in problems if problem.severity == "error"]
        super().__init__("; ".join(wrong or [problem.message for problem in problems]))
        self.problems = problems


class RowError(EngineError):
    """Ends a row. `code` is stable, `message` is for people, `problem` says where."""

    state: str = "failed"
    retryable: bool = False

    def __init__(self, code: str, message: str, problem: Problem | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.problem = problem


class RenderError(RowError):
    pass


class MissingInput(RowError):
    state = "missing_input"


class Waits(RowError):
    state = "waiting"


class SignInError(RowError):
    """`details` holds token-like paths when the location was wrong, or the server's words."""

    def __init__(self, code: str, message: str, problem: Problem | None = None, *, details: object = None) -> None:
        super().__init__(code, message, problem)
        self.details = details


class SendError(RowError):
    """`hops` are the redirects that were followed before."""

    retryable = True

    def __init__(
        self, code: str, message: str, *, sent: bool, retryable: bool = True, hops: Sequence[Hop] = ()
    ) -> None:
        super().__init__(code, message)
        self.sent = sent
        self.retryable = retryable
        self.hops = hops

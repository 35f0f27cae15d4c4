"""Tests whose API is to call back: the page holds what there is to know of one, signed, and looks again with it."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

from django.core import signing

from workspaces.refusals import Refused

LONGEST = 1800  # seconds that a page looks
_SALT = "a test that waits"


@dataclass(frozen=True, slots=True)
class WaitingTest:
    row_id: int
    row: int  # its number
    waits_for: int
    began_at: int  # seconds since 1970
    tried: list[dict[str, Any]]  # what is shown of the attempts so far

    @classmethod
    def of(cls, row_id: int, row: int, waits_for: int, attempts: Sequence[Mapping[str, Any]]) -> Self:
        return cls(row_id, row, waits_for, round(time.time()), [_in_short(attempt) for attempt in attempts])

    @classmethod
    def opened(cls, text: str) -> Self:
        """Raises Refused."""
        try:
            return cls(**signing.loads(text, salt=_SALT, max_age=2 * LONGEST))
        except signing.BadSignature:
            raise Refused("This test is over. Send the row again.") from None

    @property
    def signed(self) -> str:
        return signing.dumps(asdict(self), salt=_SALT, compress=True)

    @property
    def seconds(self) -> int:
        return max(0, round(time.time()) - self.began_at)


def _in_short(attempt: Mapping[str, Any]) -> dict[str, Any]:
    response, error = attempt["response"], attempt["error"]
    return {
        **{name: attempt[name] for name in ("number", "part", "duration_ms")},
        "request": None,
        "response": response and {"status": response["status"], "body": ""},
        "error": error and {"message": error["message"]},
    }

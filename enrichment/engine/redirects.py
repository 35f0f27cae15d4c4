"""What is kept of a redirect: one that was followed, and one that was not."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Hop:
    """A redirect that was followed: its status, and the request that went on."""

    status: int
    method: str
    url: str
    credentials: bool | None  # whether they went along; None: there were none

    def as_json(self) -> dict[str, object]:
        """An entry of `hops` of the API's attempt."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class NotFollowed:
    """Why a response that redirects is the last one. `code` is moved, redirect or too_many_redirects."""

    code: str
    message: str
    url: str = ""  # where it leads, if that is an address

"""HTTP Digest (RFC 7616): every request answers a challenge of the server, so that no password is sent."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from enrichment.engine.auth.token import Token
from enrichment.engine.errors import SignInError

_COMPUTED = "(computed when the request is sent)"
MARK = f"Digest {_COMPUTED}"


@dataclass(frozen=True, slots=True)
class Digest:
    """Its token only marks a request: the header is computed from the request that carries it, as it goes out."""

    @classmethod
    def compile(cls, config: Mapping[str, Any]) -> "Digest":
        return cls()

    def token(self, secrets: Mapping[str, str], now: float) -> Token:
        """Returns the mark. Raises SignInError when the user name is missing."""
        if not secrets.get("username"):
            raise SignInError("secret_missing", "The secret username isn't set.")
        return self.shown(_COMPUTED)

    def shown(self, value: str) -> Token:
        """Returns the mark: there is nothing that a value could stand in for."""
        return Token.in_header(_COMPUTED, "Authorization", "Digest")

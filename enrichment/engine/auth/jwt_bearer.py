"""JWT bearer (RFC 7523): a JWT that is signed here is exchanged for an access token."""

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from enrichment.engine.auth import signing
from enrichment.engine.auth.oauth2 import TokenEndpoint
from enrichment.engine.auth.token import Token
from enrichment.engine.errors import Problem
from enrichment.engine.messages import Request, Response
from enrichment.engine.template.body import Body

LIFETIME = 60  # seconds that an assertion is good for: Box takes no longer ones, and Salesforce three minutes
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_CLIENT = ("client_id", "client_secret")  # which Box and Microsoft want beside the assertion


@dataclass(frozen=True, slots=True)
class JwtBearer:
    endpoint: TokenEndpoint
    algorithm: str
    claims: Body
    key_id: str
    as_client: bool  # whether the assertion is the client's credentials, not the grant
    scope: str

    @classmethod
    def compile(cls, config: Mapping[str, Any]) -> "JwtBearer":
        """Compiles the settings. Raises InvalidSettings with every problem at its field."""
        problems: list[Problem] = []
        algorithm, send_as = config.get("algorithm") or "RS256", config.get("send_as") or "assertion"
        signing.check_algorithm(algorithm, problems)
        if send_as not in ("assertion", "client_assertion"):
            problems.append(Problem("Send the JWT as assertion or as client_assertion.", field="send_as"))
        claims = signing.compile_claims(config.get("claims"), problems)
        endpoint = TokenEndpoint.compile(config, problems)
        assert claims is not None
        key_id, scope = str(config.get("key_id") or "").strip(), str(config.get("scope") or "").strip()
        return cls(endpoint, algorithm, claims, key_id, send_as == "client_assertion", scope)

    def check(self, secrets: Mapping[str, str]) -> list[Problem]:
        """Returns what is wrong with the key."""
        return signing.key_problems(secrets, self.algorithm)

    def shown(self, value: str) -> Token:
        """Returns the token as it would be sent if this were its value."""
        return self.endpoint.shown(value)

    def request(self, secrets: Mapping[str, str]) -> Request:
        """Returns the request with a new assertion. Raises SignInError when a secret is missing or the key is wrong."""
        key = signing.key_of(secrets, self.algorithm)
        assertion = signing.sign(self._claims(secrets, time.time()), key, self.algorithm, self.key_id)
        if self.as_client:
            fields = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE}
            fields |= {"client_assertion": assertion}
        else:
            fields = {"grant_type": GRANT, "assertion": assertion}
        fields |= {"scope": self.scope} if self.scope else {}
        return self.endpoint.request(fields | {name: secrets[name] for name in _CLIENT if secrets.get(name)})

    def read(self, response: Response, now: float) -> Token:
        """Returns the token of a response. Raises SignInError."""
        return self.endpoint.read(response, now)

    def _claims(self, secrets: Mapping[str, str], now: float) -> dict[str, Any]:
        given = signing.fill_claims(self.claims, secrets)
        claims = {"aud": self.endpoint.url, "iat": int(now), "exp": int(now) + LIFETIME, "jti": str(uuid.uuid4())}
        if self.as_client and given.get("iss"):
            claims["sub"] = given["iss"]
        elif self.scope and not self.as_client:
            claims["scope"] = self.scope  # where Google and DocuSign look for it
        return claims | given

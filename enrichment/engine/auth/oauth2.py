"""OAuth 2 client credentials (RFC 6749, 4.4): a token for the program itself."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote_plus

from enrichment.engine.auth.jwt_sign_in import JwtSignIn
from enrichment.engine.auth.token import Token
from enrichment.engine.errors import InvalidSettings, Problem, SignInError
from enrichment.engine.messages import Request, Response
from enrichment.engine.template import request


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    sign_in: JwtSignIn
    scope: str
    in_body: bool  # whether id and secret go in the body, not in a header

    @classmethod
    def compile(cls, config: Mapping[str, Any]) -> "ClientCredentials":
        """Compiles the settings. Raises InvalidSettings with every problem at its field."""
        problems: list[Problem] = []
        auth_request = {"method": "POST", "url": config.get("token_url") or "", "body_format": "form", "body": "{}"}
        settings = {key: config.get(key) for key in ("token_type", "header_name", "lifetime_seconds")}
        settings |= {"auth_request": auth_request, "token_path": "access_token", "expires": {"path": "expires_in"}}
        if (client_auth := config.get("client_auth") or "basic") not in ("basic", "body"):
            problems.append(
                Problem("Send the client ID and secret in a header (basic) or in the body (body).", field="client_auth")
            )
        try:
            sign_in = JwtSignIn.compile(settings)
        except InvalidSettings as error:
            named = [replace(problem, field=_field(problem.field)) for problem in error.problems]
            raise InvalidSettings([*problems, *named]) from error
        if problems:
            raise InvalidSettings(problems)
        return cls(sign_in, str(config.get("scope") or "").strip(), client_auth == "body")

    def shown(self, value: str) -> Token:
        """Returns the token as it would be sent if this were its value."""
        return self.sign_in.shown(value)

    def request(self, secrets: Mapping[str, str]) -> Request:
        """Returns the request that signs in. Raises SignInError when the ID or the secret is missing."""
        for name in ("client_id", "client_secret"):
            if not secrets.get(name):
                raise SignInError("secret_missing", f"The secret {name} isn't set.")
        fields = {"grant_type": "client_credentials"} | ({"scope": self.scope} if self.scope else {})
        client = secrets["client_id"], secrets["client_secret"]
        built = self.sign_in.request({})
        if self.in_body:
            return replace(built, body=request.form_body(fields | {"client_id": client[0], "client_secret": client[1]}))
        pair = base64.b64encode(":".join(quote_plus(part) for part in client).encode()).decode()
        headers = (*built.headers, ("Authorization", f"Basic {pair}"))
        return replace(built, headers=headers, body=request.form_body(fields))

    def read(self, response: Response, now: float) -> Token:
        """Returns the token of a response. Raises SignInError."""
        return self.sign_in.read(response, now)


def _field(name: str) -> str:
    return "token_url" if name == "auth_request.url" else name

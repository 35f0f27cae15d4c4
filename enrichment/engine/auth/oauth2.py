"""OAuth 2: the endpoint that gives tokens, and client credentials (RFC 6749, 4.4): a token for the program itself."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote_plus

from enrichment.engine.answer.telling import telling_line
from enrichment.engine.auth import jwt_sign_in
from enrichment.engine.auth.jwt_sign_in import JwtSignIn
from enrichment.engine.auth.token import Token, without_tokens
from enrichment.engine.errors import InvalidSettings, Problem, SignInError
from enrichment.engine.messages import Request, Response
from enrichment.engine.template import request

_FOR_NOW = frozenset(("temporarily_unavailable", "server_error", "slow_down"))  # codes of a server that isn't ready


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """A form goes in, and the token comes back as JSON (RFC 6749, 5)."""

    sign_in: JwtSignIn

    @classmethod
    def compile(cls, config: Mapping[str, Any], problems: list[Problem]) -> "TokenEndpoint":
        """Compiles the settings. Raises InvalidSettings with the problems given and its own."""
        auth_request = {"method": "POST", "url": config.get("token_url") or "", "body_format": "form", "body": "{}"}
        settings = {key: config.get(key) for key in ("token_type", "header_name", "lifetime_seconds")}
        settings |= {"auth_request": auth_request, "token_path": "access_token", "expires": {"path": "expires_in"}}
        try:
            sign_in = JwtSignIn.compile(settings)
        except InvalidSettings as error:
            named = [replace(problem, field=_field(problem.field)) for problem in error.problems]
            raise InvalidSettings([*problems, *named]) from error
        if problems:
            raise InvalidSettings(problems)
        return cls(sign_in)

    @property
    def url(self) -> str:
        """The address of the endpoint."""
        return self.sign_in.request({}).url

    def shown(self, value: str) -> Token:
        """Returns the token as it would be sent if this were its value."""
        return self.sign_in.shown(value)

    def request(self, fields: Mapping[str, str], client: tuple[str, str] | None = None) -> Request:
        """Returns the request with the form; `client` are ID and secret for the header (RFC 6749, 2.3.1)."""
        built = self.sign_in.request({})
        headers = (*built.headers, ("Content-Type", "application/x-www-form-urlencoded"))
        if client:
            pair = base64.b64encode(":".join(quote_plus(part) for part in client).encode()).decode()
            headers = (*headers, ("Authorization", f"Basic {pair}"))
        return replace(built, headers=headers, body=request.form_body(fields))

    def read(self, response: Response, now: float) -> Token:
        """Returns the token of a response. Raises SignInError, also for an error that comes with the status 200."""
        code, words = error_of(response), f"{response.status} · {without_tokens(telling_line(response))}"
        if code in _FOR_NOW:
            raise jwt_sign_in.later(response, now)
        if 200 <= response.status < 300 and code:
            raise SignInError("refused", f"Sign-in was refused: {words}")
        return self.sign_in.read(response, now)


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    endpoint: TokenEndpoint
    scope: str
    in_body: bool  # whether id and secret go in the body, not in a header

    @classmethod
    def compile(cls, config: Mapping[str, Any]) -> "ClientCredentials":
        """Compiles the settings. Raises InvalidSettings with every problem at its field."""
        problems: list[Problem] = []
        if (client_auth := config.get("client_auth") or "basic") not in ("basic", "body"):
            problems.append(
                Problem("Send the client ID and secret in a header (basic) or in the body (body).", field="client_auth")
            )
        endpoint = TokenEndpoint.compile(config, problems)
        return cls(endpoint, str(config.get("scope") or "").strip(), client_auth == "body")

    def shown(self, value: str) -> Token:
        """Returns the token as it would be sent if this were its value."""
        return self.endpoint.shown(value)

    def request(self, secrets: Mapping[str, str]) -> Request:
        """Returns the request that signs in. Raises SignInError when the ID or the secret is missing."""
        fields = {"grant_type": "client_credentials"} | ({"scope": self.scope} if self.scope else {})
        client = required(secrets, "client_id"), required(secrets, "client_secret")
        if self.in_body:
            return self.endpoint.request(fields | {"client_id": client[0], "client_secret": client[1]})
        return self.endpoint.request(fields, client)

    def read(self, response: Response, now: float) -> Token:
        """Returns the token of a response. Raises SignInError."""
        return self.endpoint.read(response, now)


def required(secrets: Mapping[str, str], name: str) -> str:
    """Returns a secret. Raises SignInError when it is missing."""
    if not (value := secrets.get(name, "")):
        raise SignInError("secret_missing", f"The secret {name} isn't set.")
    return value


def body_of(response: Response) -> dict[str, Any]:
    """Returns the object in the response; an empty one where there is none."""
    body = jwt_sign_in.body_of(response)
    return body if isinstance(body, dict) else {}


def error_of(response: Response) -> str:
    """Returns the error code of a response without a token, such as `invalid_grant`; else an empty text."""
    body = body_of(response)
    code = body.get("error")
    return code if isinstance(code, str) and not body.get("access_token") else ""


def _field(name: str) -> str:
    return "token_url" if name == "auth_request.url" else name

"""OAuth 2 authorization code (RFC 6749, 4.1) with PKCE (RFC 7636): a person lets the program in, in the browser."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from enrichment.engine.auth import expiry
from enrichment.engine.auth.oauth2 import TokenEndpoint, body_of, error_of, required
from enrichment.engine.auth.token import Token
from enrichment.engine.errors import InvalidSettings, Problem, SignInError
from enrichment.engine.messages import Request, Response
from enrichment.engine.template import url

CLIENT_AUTHS = ("basic", "body", "none")
ENDED = "consent_ended"  # the code of a SignInError: only the person can let the program in again
_OWN_PARAMETERS = frozenset(
    ("response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method")
)
_GONE = frozenset(("invalid_grant", "invalid_refresh_token", "bad_refresh_token", "token_revoked", "token_expired"))


@dataclass(frozen=True, slots=True)
class Granted:
    """What the provider gave for a code or a refresh token."""

    token: Token
    refresh_token: str  # empty when it gave none: of a renewal, then the one before stays good
    scope: str  # empty: what was asked for
    refresh_ends_at: float | None  # seconds since 1970, where it says so


@dataclass(frozen=True, slots=True)
class AuthorizationCode:
    endpoint: TokenEndpoint
    authorize_url: str
    parameters: tuple[tuple[str, str], ...]
    scope: str
    client_auth: str

    @classmethod
    def compile(cls, config: Mapping[str, Any]) -> "AuthorizationCode":
        """Compiles the settings. Raises InvalidSettings with every problem at its field."""
        problems: list[Problem] = []
        address = _authorize_url(str(config.get("authorize_url") or "").strip(), problems)
        if (client_auth := config.get("client_auth") or "basic") not in CLIENT_AUTHS:
            words = "Send the client ID and secret in a header (basic), in the body (body), or have no secret (none)."
            problems.append(Problem(words, field="client_auth"))
        parameters = _parameters(config.get("authorize_parameters") or [], problems)
        endpoint = TokenEndpoint.compile(config, problems)
        return cls(endpoint, address, parameters, str(config.get("scope") or "").strip(), client_auth)

    def check(self, secrets: Mapping[str, str]) -> list[Problem]:
        """Returns what is wrong with the secrets."""
        if self.client_auth == "none" or secrets.get("client_secret"):
            return []
        words = "Enter the client secret, or choose “Not at all” if your app is a public client."
        return [Problem(words, field="secrets.client_secret")]

    def shown(self, value: str) -> Token:
        """Returns the token as it would be sent if this were its value."""
        return self.endpoint.shown(value)

    def consent_url(self, secrets: Mapping[str, str], *, redirect_uri: str, state: str, verifier: str) -> str:
        """Returns where the person lets the program in. Raises SignInError when the client ID is missing."""
        address: str = prepare_grant_uri(
            self.authorize_url,
            required(secrets, "client_id"),
            "code",
            redirect_uri=redirect_uri,
            scope=self.scope,
            state=state,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
            **dict(self.parameters),
        )
        return address

    def exchange(self, secrets: Mapping[str, str], *, code: str, verifier: str, redirect_uri: str) -> Request:
        """Returns the request that gives a code for tokens. Raises SignInError when a secret is missing."""
        form = prepare_token_request("authorization_code", redirect_uri=redirect_uri, code=code, code_verifier=verifier)
        return self._asking(form, secrets)

    def renewal(self, secrets: Mapping[str, str], refresh_token: str) -> Request:
        """Returns the request that renews the token. Raises SignInError when a secret is missing."""
        return self._asking(prepare_token_request("refresh_token", refresh_token=refresh_token), secrets)

    def read(self, response: Response, now: float) -> Granted:
        """Returns what a response gives. Raises SignInError, of code `consent_ended` for a grant that is no more."""
        body = body_of(response)
        try:
            token = self.endpoint.read(response, now)
        except SignInError as error:
            code = error_of(response) or str(body.get("status") or "")
            if error.code == "refused" and code.lower() in _GONE:
                raise SignInError(ENDED, error.message) from error
            raise
        return Granted(token, _text(body, "refresh_token"), _text(body, "scope"), _refresh_end(body, now))

    def _asking(self, form: str, secrets: Mapping[str, str]) -> Request:
        fields, client_id = dict(parse_qsl(form)), required(secrets, "client_id")
        if self.client_auth == "none":
            return self.endpoint.request(fields | {"client_id": client_id})
        client = client_id, required(secrets, "client_secret")
        if self.client_auth == "basic":
            return self.endpoint.request(fields, client)
        return self.endpoint.request(fields | {"client_id": client[0], "client_secret": client[1]})


def _authorize_url(text: str, problems: list[Problem]) -> str:
    """Returns the address; it is opened in a browser, so that only http and https will do."""
    try:
        url.compile(text, {})
    except InvalidSettings as error:
        problems += [Problem(problem.message, field="authorize_url") for problem in error.problems]
        return text
    taken = sorted(_OWN_PARAMETERS & dict(parse_qsl(urlsplit(text).query)).keys())
    if taken:
        problems.append(Problem(f"Leave out {', '.join(taken)}: Marl adds them.", field="authorize_url"))
    return text


def _parameters(given: object, problems: list[Problem]) -> tuple[tuple[str, str], ...]:
    if not isinstance(given, list):
        problems.append(Problem("Send a list of names and values.", field="authorize_parameters"))
        return ()
    pairs = [(str(item["name"]).strip(), str(item["value"]).strip()) for item in given]
    for number, (name, value) in enumerate(pairs):
        field = f"authorize_parameters.{number}"
        if name in _OWN_PARAMETERS:
            problems.append(Problem(f"Marl sends {name} by itself.", field=field))
        elif value and not name:
            problems.append(Problem("Enter a name for the parameter.", field=field))
    return tuple((name, value) for name, value in pairs if name)


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if isinstance(value, list):  # of scopes
        return " ".join(str(item) for item in value)
    return value.strip() if isinstance(value, str) else ""


def _refresh_end(body: Mapping[str, Any], now: float) -> float | None:
    """Returns when the refresh token ends, where the provider says so, as Google does for apps in testing."""
    for name in ("refresh_token_expires_in", "refresh_expires_in"):
        if (end := expiry.moment_of(body.get(name), "seconds", now)) is not None:
            return end
    return None

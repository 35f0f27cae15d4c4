"""An OAuth provider with an API behind it, as strict as the best ones are.

`/authorize` asks the person, `/token` gives tokens for codes (PKCE, one use), for refresh tokens (rotated: one that is
used twice revokes the whole family) and for signed JWTs (RFC 7523), `/revoke` takes them back, `/companies/…` is the
API.
An access token is good for a number of requests, not of seconds: no test waits for it to end.
"""

import base64
import hashlib
import html
import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

import jwt

from tests.servers.threads import KeepAliveHandler, running

type Form = dict[str, str]
JWT_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class Refusal(Exception):
    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.status, self.body = status, {"error": error, "error_description": description}


@dataclass
class Code:
    redirect_uri: str
    challenge: str
    scope: str
    used: bool = False


@dataclass
class Family:
    """What came of one consent: the refresh token that is good now, and those that were."""

    scope: str
    refresh: str
    before: set[str] = field(default_factory=set)
    revoked: bool = False


@dataclass
class Registration:
    """What somebody entered in the provider's console."""

    client_id: str = "marl-client"
    client_secret: str = "open sesame & more"
    client_auth: str = "basic"  # basic, body or none
    redirect_uris: set[str] = field(default_factory=set)
    uses: int = 40  # requests that an access token is good for
    expires_in: int | None = 3600
    rotates: bool = True
    refreshes: bool = True  # whether there is a refresh token at all
    issuer: str = "marl@project.example"
    public_key: Any = None  # of whoever signs JWTs
    algorithm: str = "RS256"
    audience: str = ""  # empty: the token URL


class Provider(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, registration: Registration) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.registration = registration
        self.lock = threading.Lock()
        self.codes: dict[str, Code] = {}
        self.families: list[Family] = []
        self.used: Counter[str] = Counter()  # access tokens, by the requests made with them
        self.live: dict[str, Family | None] = {}  # access tokens
        self.jtis: set[str] = set()
        self.asked: list[Form] = []  # forms that came to /token
        self.refused: list[str] = []  # error codes that it answered with
        self.secrets: list[str] = []  # everything that nobody may find in Marl's logs

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def token_url(self) -> str:
        return f"{self.url}/token"

    def grants(self, kind: str) -> int:
        return sum(form.get("grant_type") == kind for form in self.asked)

    def end_access_tokens(self) -> None:
        with self.lock:
            self.live.clear()

    def revoke_everything(self) -> None:
        """What a person does who takes the permission back in the provider's settings."""
        with self.lock:
            self.live.clear()
            for family in self.families:
                family.revoked = True

    def new_secret(self, of: str) -> str:
        made = f"{of}-{secrets.token_urlsafe(24)}"
        self.secrets.append(made)
        return made

    # The person

    def consent_page(self, query: Form) -> str:
        self._check_authorize(query)
        fields = "".join(
            f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
            for name, value in query.items()
        )
        return (
            '<!doctype html><html lang="en"><title>Consent</title><h1>Marl wants to read your companies</h1>'
            f'<form method="post" action="/consent">{fields}<button name="allow" value="yes">Allow</button>'
            '<button name="allow" value="no">Deny</button></form></html>'
        )

    def consent(self, form: Form) -> str:
        """Returns where the browser goes."""
        self._check_authorize(form)
        if form.get("allow") != "yes":
            told = {"error": "access_denied", "error_description": "The user said no <b>thanks</b>."}
        else:
            code = self.new_secret("code")
            self.codes[code] = Code(form["redirect_uri"], form["code_challenge"], form.get("scope", ""))
            told = {"code": code}
        return f"{form['redirect_uri']}?{urlencode(told | {'state': form['state']})}"

    def _check_authorize(self, query: Form) -> None:
        if query.get("client_id") != self.registration.client_id:
            raise Refusal("invalid_client", "No such client")
        if query.get("redirect_uri") not in self.registration.redirect_uris:
            raise Refusal("invalid_request", f"redirect_uri {query.get('redirect_uri')} is not registered")
        if query.get("response_type") != "code" or len(query.get("state", "")) < 20:
            raise Refusal("invalid_request", "response_type and state are required")
        if query.get("code_challenge_method") != "S256" or len(query.get("code_challenge", "")) != 43:
            raise Refusal("invalid_request", "PKCE with S256 is required")

    # The program

    def token(self, form: Form, authorization: str) -> dict[str, Any]:
        self.asked.append(form)
        match form.get("grant_type"):
            case "authorization_code":
                self._authenticate(form, authorization)
                return self._of_code(form)
            case "refresh_token":
                self._authenticate(form, authorization)
                return self._of_refresh_token(form.get("refresh_token", ""))
            case "client_credentials" if form.get("client_assertion_type") == ASSERTION_TYPE:
                return self._of_assertion(form.get("client_assertion", ""), client=True)
            case kind if kind == JWT_GRANT:
                return self._of_assertion(form.get("assertion", ""))
        raise Refusal("unsupported_grant_type", f"{form.get('grant_type')} is not supported")

    def _authenticate(self, form: Form, authorization: str) -> None:
        registered = self.registration
        pair = base64.b64decode(authorization.removeprefix("Basic ")).decode() if authorization else ":"
        by_header = tuple(unquote_plus(part) for part in pair.split(":", 1))
        by_body = form.get("client_id", ""), form.get("client_secret", "")
        expected = (registered.client_id, registered.client_secret)
        good = {
            "basic": by_header == expected and by_body == ("", ""),
            "body": by_body == expected and not authorization,
            "none": by_body == (registered.client_id, "") and not authorization,
        }
        if not good[registered.client_auth]:
            raise Refusal("invalid_client", "Client authentication failed", 401)

    def _of_code(self, form: Form) -> dict[str, Any]:
        code = self.codes.get(form.get("code", ""))
        if code is None or code.used:
            raise Refusal("invalid_grant", "The code is unknown or was used before")
        code.used = True
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != code.challenge:
            raise Refusal("invalid_grant", "The code verifier does not match")
        if form.get("redirect_uri") != code.redirect_uri:
            raise Refusal("invalid_grant", "redirect_uri is another one")
        self.secrets.append(form["code_verifier"])
        family = Family(code.scope, self.new_secret("refresh"))
        self.families.append(family)
        return self._issued(family)

    def _of_refresh_token(self, token: str) -> dict[str, Any]:
        family = next((one for one in self.families if token == one.refresh or token in one.before), None)
        if family and token in family.before:
            family.revoked = True  # somebody else has it: nobody's is good any more
        if family is None or family.revoked:
            raise Refusal("invalid_grant", "The refresh token was revoked or used before")
        if self.registration.rotates:
            family.before.add(family.refresh)
            family.refresh = self.new_secret("refresh")
        return self._issued(family)

    def _of_assertion(self, assertion: str, client: bool = False) -> dict[str, Any]:
        self.secrets.append(assertion)
        registered = self.registration
        audience = registered.audience or self.token_url
        needed = ["exp", "iat", "aud", "iss", "jti", *(["sub"] if client else [])]
        try:
            claims = jwt.decode(
                assertion,
                registered.public_key,
                [registered.algorithm],
                audience=audience,
                issuer=registered.issuer,
                options={"require": needed},
            )
        except jwt.PyJWTError as error:
            raise Refusal("invalid_client" if client else "invalid_grant", f"Invalid JWT: {error}") from error
        if claims["exp"] - time.time() > 300:
            raise Refusal("invalid_grant", "Invalid JWT: it may be good for five minutes at most")
        if claims["jti"] in self.jtis:
            raise Refusal("invalid_grant", "Invalid JWT: its jti was used before")
        self.jtis.add(claims["jti"])
        return self._issued(None)

    def _issued(self, family: Family | None) -> dict[str, Any]:
        access = self.new_secret("access")
        self.live[access] = family
        answer: dict[str, Any] = {"access_token": access, "token_type": "bearer"}
        if self.registration.expires_in is not None:
            answer["expires_in"] = self.registration.expires_in
        if family:
            answer |= {"scope": family.scope} | (
                {"refresh_token": family.refresh} if self.registration.refreshes else {}
            )
        return answer

    def revoke(self, form: Form) -> None:
        for family in self.families:
            if form.get("token") == family.refresh:
                family.revoked = True

    # The API

    def company(self, authorization: str, name: str) -> tuple[int, dict[str, Any]]:
        token = authorization.removeprefix("Bearer ")
        self.used[token] += 1
        family = self.live.get(token)
        revoked = family is not None and family.revoked
        if token not in self.live or revoked or self.used[token] > self.registration.uses:
            return 401, {"message": "The access token has ended"}
        return 200, {"name": name}


class Handler(KeepAliveHandler):
    server: Provider

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        with self.server.lock:
            if address.path == "/authorize":
                self._page(query)
            else:
                name = address.path.rsplit("/", 1)[-1]
                self._json(*self.server.company(self.headers["Authorization"] or "", name))

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"] or 0)).decode()
        form = {name: values[0] for name, values in parse_qs(sent).items()}
        with self.server.lock:
            try:
                self._answer(form)
            except Refusal as refusal:
                self.server.refused.append(refusal.body["error"])
                self._json(refusal.status, refusal.body)

    def _answer(self, form: Form) -> None:
        if self.path == "/consent":
            self._send(302, b"", {"Location": self.server.consent(form)})
        elif self.path == "/revoke":
            self.server.revoke(form)
            self._json(200, {})
        else:
            self._json(200, self.server.token(form, self.headers["Authorization"] or ""))

    def _page(self, query: Form) -> None:
        try:
            page, status = self.server.consent_page(query), 200
        except Refusal as refusal:
            page, status = html.escape(str(refusal)), 400
        self._send(status, page.encode(), {"Content-Type": "text/html; charset=utf-8"})

    def _json(self, status: int, value: object) -> None:
        self._send(
            status, json.dumps(value).encode(), {"Content-Type": "application/json", "Cache-Control": "no-store"}
        )

    def _send(self, status: int, payload: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, text in (headers | {"Content-Length": str(len(payload))}).items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(payload)


@contextmanager
def serving(registration: Registration | None = None) -> Iterator[Provider]:
    with running(Provider(registration or Registration())) as provider:
        yield provider

"""JWT sign-in: the request that signs in, the token in the response, and how it is refreshed."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import parse_qsl

from enrichment.engine.answer.markup import is_for_now
from enrichment.engine.answer.telling import telling_line
from enrichment.engine.answer.value import value_of
from enrichment.engine.answer.wait import asked_wait, named_wait
from enrichment.engine.auth import expiry, places, sign_in_request
from enrichment.engine.auth.places import Place
from enrichment.engine.auth.token import Credential, Token, decode, without_tokens, without_type
from enrichment.engine.errors import InvalidSettings, Problem, SignInError
from enrichment.engine.messages import Request, Response
from enrichment.engine.template import parameters
from enrichment.engine.template.paths import MISSING, Path
from enrichment.engine.template.request import RequestTemplate
from enrichment.engine.template.values import as_text

# What servers write in place of a reason, as in “404 Not Found” and “Cannot POST /login”.
_SAYS_NOTHING = re.compile(
    r"(404|410|error|http)?\W*(page |resource |route |url |the requested url.*)?(not found|gone|cannot \w+ /)",
    re.IGNORECASE,
)
_FOR_NOW = (408, 425, 429)  # too slow, too early or too often, whoever signs in


@dataclass(frozen=True, slots=True)
class Refresh:
    """A request that gets a new token for what the last sign-in gave beside its token."""

    template: RequestTemplate
    token_place: Place  # in the response to this request
    place: Place  # of the refresh token, in every response


@dataclass(frozen=True, slots=True)
class JwtSignIn:
    template: RequestTemplate
    place: Place
    token_type: str
    header_name: str
    expires_path: Path | None
    expires_unit: str
    lifetime_seconds: float | None
    refresh: Refresh | None

    @classmethod
    def compile(cls, config: Mapping[str, Any]) -> "JwtSignIn":
        """Compiles the settings. Raises InvalidSettings with every problem at its field."""
        problems: list[Problem] = []
        template = sign_in_request.compile(config.get("auth_request") or {}, "auth_request", problems)
        place = places.compile(config.get("token_path") or "", "token_path", problems)
        if not place.text:
            words = "Say where the token is in the response, such as data.access_token."
            problems.append(Problem(words, field="token_path"))
        name = header_name(config, problems)
        expires = config.get("expires") or {}
        expires_path = places.path_of(expires.get("path") or "", "expires.path", problems)
        unit = expires.get("unit") or "seconds"
        if unit not in expiry.UNITS:
            problems.append(Problem(f"Choose one of {', '.join(expiry.UNITS)}.", field="expires.unit"))
        lifetime = config.get("lifetime_seconds")
        check_lifetime(lifetime, problems)
        refresh = _refresh(config.get("refresh"), place, problems)
        if problems or template is None:
            raise InvalidSettings(problems)
        return cls(template, place, token_type(config), name, expires_path, unit, lifetime, refresh)

    def shown(self, value: str) -> Token:
        """Returns the token as it would be sent if this were its value: a cookie goes back as a cookie."""
        if self.place.cookie:
            return Token(value, (Credential("Cookie", f"{self.place.cookie}={value}"),))
        return Token.in_header(value, self.header_name, self.token_type)

    @property
    def follow(self) -> Literal["never", "same_origin"]:
        """Where the sign-in is redirected to: a login form redirects with the cookie that it has set."""
        return "never" if self.place.cookie else "same_origin"

    def request(self, secrets: Mapping[str, str]) -> Request:
        """Returns the request that signs in.

        Raises SignInError when a secret it needs is missing, RenderError when the request cannot be built.
        """
        return sign_in_request.render(self.template, secrets)

    def refresh_request(self, last: Token, secrets: Mapping[str, str]) -> Request | None:
        """Returns the request that refreshes a token, None where it cannot be. Raises SignInError or RenderError."""
        if self.refresh is None or not last.refresh:
            return None
        tokens = {"token.refresh": last.refresh, "token.access": last.value}
        return sign_in_request.render(self.refresh.template, {**secrets, **tokens})

    def read(self, response: Response, now: float) -> Token:
        """Returns the token of a response.

        Raises SignInError: `refused`, `later` (`details` are seconds), or `no_token` when it is not at its place
        (`details` lists the places of what looks like one).
        """
        return self._read(response, now, self.place, "")

    def read_refreshed(self, response: Response, now: float, last: Token) -> Token:
        """Returns the token of a response to a refresh, which keeps the refresh token if there is no new one.

        Raises SignInError as `read` does.
        """
        assert self.refresh
        return self._read(response, now, self.refresh.token_place, last.refresh)

    def _read(self, response: Response, now: float, place: Place, refresh: str) -> Token:
        is_redirect = 300 <= response.status < 400
        if not (is_redirect and place.cookie in places.cookies_of(response, now)):
            check_response(response, now)
        body = body_of(response)
        value = _value(response, body, place, self.token_type, now)
        header, claims = decode(value)
        token = self.shown(value)
        if self.refresh:
            found = self.refresh.place.find(response, body, now)
            refresh = without_type(found) if isinstance(found, str) and found.strip() else refresh
        ends = self._end(response, body, claims, now)
        return replace(token, expires_at=ends, header=header, claims=claims, refresh=refresh)

    def _end(self, response: Response, body: object, claims: Mapping[str, Any] | None, now: float) -> float | None:
        end = expiry.stated_end(claims, now) if claims else None
        if end is None and self.expires_path:
            end = expiry.moment_of(self.expires_path.get(body), self.expires_unit, now)
        if end is None and self.lifetime_seconds:
            end = now + self.lifetime_seconds
        if end is None and self.place.cookie:
            cookie = places.cookies_of(response, now).get(self.place.cookie)
            end = cookie.expires_at if cookie else None
        return end


def _refresh(config: Mapping[str, Any] | None, token_place: Place, problems: list[Problem]) -> Refresh | None:
    if not config:
        return None
    template = sign_in_request.compile(config.get("request") or {}, "refresh.request", problems, tokens=True)
    place = places.compile(config.get("refresh_path") or "", "refresh.refresh_path", problems)
    if not place.text:
        words = "Say where the sign-in response holds the refresh token, such as data.refresh_token."
        problems.append(Problem(words, field="refresh.refresh_path"))
    own = config.get("token_path") or ""
    if own:
        token_place = places.compile(own, "refresh.token_path", problems)
    return Refresh(template, token_place, place) if template else None


def body_of(response: Response) -> object:
    """Returns the value in the body, of a form an object; None where there is none."""
    try:
        body = value_of(response)
    except ValueError:
        return None
    is_form = (response.header("content-type") or "").lower().startswith("application/x-www-form-urlencoded")
    return dict(parse_qsl(body)) if is_form and isinstance(body, str) else body


def _value(response: Response, body: object, place: Place, token_type: str, now: float) -> str:
    value = place.find(response, body, now)
    if body is None and is_for_now(response.text) and not place.cookie:
        raise later(response, now)
    if isinstance(value, str) and (text := value.strip() if place.cookie else sent_once(value, token_type)):
        if not (text.isascii() and text.isprintable()):
            words = f"The text at {place.text} can't be sent in a header: it contains a control or special character."
            raise SignInError("no_token", words, details=[])
        return text
    near = places.token_places(response, body, now)
    if not near and (value is None or value is MISSING):
        words = f"The sign-in answered {response.status}, without a token: {without_tokens(telling_line(response))}"
        raise SignInError("refused", words)
    what = "" if value is None or value is MISSING else f": it is {_kind(value)}"
    hint = f" Found {'one' if len(near) == 1 else 'possible tokens'} at {', '.join(near[:5])}." if near else ""
    raise SignInError("no_token", f"No token at {place.text}{what}.{hint}", details=near)


def sent_once(text: str, token_type: str) -> str:
    """Returns a token that somebody wrote in quotes, or with the type that is sent before it anyway."""
    return without_type(text) if token_type else text.strip("\"' \t\r\n")


def check_response(response: Response, now: float) -> None:
    """Raises SignInError for a sign-in that failed; one that is asked to wait is not refused."""
    status = response.status
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        words = f"The sign-in answered {status} without the cookie, and redirects to {response.header('location')}."
        raise SignInError("refused", words)
    # 403 with a wait is a limit: of a password that is wrong, nobody knows when it will be right.
    is_limited = status == 403 and asked_wait(response, datetime.fromtimestamp(now, UTC)) is not None
    if is_limited or status in _FOR_NOW or (status >= 500 and status != 501):
        raise later(response, now)
    words = f"{status} · {telling_line(response)}"
    if status in (404, 410) and _SAYS_NOTHING.match(telling_line(response)):
        words = f"There is nothing at this address ({status}). Check the sign-in URL."
        raise SignInError("nothing_there", words, Problem(words, field="auth_request.url"))
    if status in (404, 410):  # somebody who isn't known, or an address that isn't
        raise SignInError(
            "refused", f"The sign-in answered {words.rstrip('.')}. Check the sign-in URL and who signs in."
        )
    if status in (405, 501):
        allowed = response.header("allow")
        words = f"This address wants another method ({status}){f': {allowed}' if allowed else ''}."
        raise SignInError("method", words, Problem(words, field="auth_request.method"))
    raise SignInError("refused", f"Sign-in was refused: {words}")


def later(response: Response, now: float) -> SignInError:
    """Returns the error of a server that isn't ready, with the seconds that it asks to wait."""
    moment = datetime.fromtimestamp(now, UTC)
    wait = asked_wait(response, moment) or named_wait(response, moment) or None
    words = f"The sign-in server isn't ready: {response.status} · {without_tokens(telling_line(response))}"
    return SignInError("later", words, details=wait)


def header_name(config: Mapping[str, Any], problems: list[Problem]) -> str:
    """Returns the header that carries the token, and adds a problem when it cannot."""
    name = str(config.get("header_name") or "Authorization").strip()
    if words := parameters.refused_name(name):
        problems.append(Problem(words, field="header_name"))
    return name


def token_type(config: Mapping[str, Any]) -> str:
    """Returns `Bearer` unless the settings name another type; an empty one means the bare token."""
    name = config.get("token_type")
    return "Bearer" if name is None else str(name).strip()


def check_lifetime(lifetime: object, problems: list[Problem]) -> None:
    """Adds a problem for what is not a lifetime in seconds."""
    if lifetime is not None and not (isinstance(lifetime, int | float) and 0 < lifetime < 1e9):
        problems.append(Problem("Enter the lifetime in seconds, or leave it empty.", field="lifetime_seconds"))


def _kind(value: object) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return f"“{as_text(value)[:40]}”" if value != "" else "empty"

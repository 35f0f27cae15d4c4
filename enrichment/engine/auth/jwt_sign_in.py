"""JWT sign-in: the request that signs in, and the token in the response."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from enrichment.engine.answer.telling import telling_line
from enrichment.engine.answer.value import value_of
from enrichment.engine.auth.token import JWT, Token, decode, token_like, without_type
from enrichment.engine.errors import InvalidSettings, Problem, SignInError
from enrichment.engine.messages import Request, Response
from enrichment.engine.response import retry_after
from enrichment.engine.template import parameters, paths, references, request
from enrichment.engine.template.paths import MISSING, Path
from enrichment.engine.template.values import as_text

UNITS = ("seconds", "milliseconds", "epoch", "iso8601")


@dataclass(frozen=True, slots=True)
class JwtSignIn:
    template: request.RequestTemplate
    form: str | None  # the body's text when it goes as a form
    token_path: Path | None
    token_header: str | None
    token_type: str
    header_name: str
    expires_path: Path | None
    expires_unit: str
    lifetime_seconds: float | None

    @classmethod
    def compile(cls, config: Mapping[str, Any]) -> "JwtSignIn":
        """Compiles the settings. Raises InvalidSettings with every problem at its field."""
        problems: list[Problem] = []
        auth_request = config.get("auth_request") or {}
        form = (auth_request.get("body") or "") if auth_request.get("body_format") == "form" else None
        template = _template(auth_request, form is not None, problems)
        token_path, token_header = _location(config.get("token_path") or "", problems)
        name = header_name(config, problems)
        expires = config.get("expires") or {}
        expires_path = _path(expires.get("path") or "", "expires.path", problems)
        unit = expires.get("unit") or "seconds"
        if unit not in UNITS:
            problems.append(Problem(f"Choose one of {', '.join(UNITS)}.", field="expires.unit"))
        lifetime = config.get("lifetime_seconds")
        check_lifetime(lifetime, problems)
        problems += [] if form is None else _form_problems(form)
        if problems or template is None:
            raise InvalidSettings(problems)
        return cls(template, form, token_path, token_header, token_type(config), name, expires_path, unit, lifetime)

    def shown(self, value: str) -> Token:
        """Returns the token as it would be sent if this were its value."""
        return Token(value, self.header_name, f"{self.token_type} {value}".strip())

    def request(self, secrets: Mapping[str, str]) -> Request:
        """Returns the request that signs in.

        Raises SignInError when a secret it needs is missing, RenderError when the request cannot be built.
        """
        self._check_secrets(secrets)
        built = self.template.render({}, secrets).request
        if self.form is None:
            return built
        headers = [item for item in built.headers if item[0].lower() != "content-type"]
        content = request.form_body(_form_fields(self.form, secrets))
        return replace(built, headers=(*headers, ("Content-Type", "application/x-www-form-urlencoded")), body=content)

    def _check_secrets(self, secrets: Mapping[str, str]) -> None:
        missing = [hole.secret for hole in self.template.holes if hole.secret not in secrets]
        if missing:
            raise SignInError("secret_missing", f"The secret {missing[0]} isn't set.")

    def read(self, response: Response, now: float) -> Token:
        """Returns the token of a response.

        Raises SignInError: `refused`, `later` (`details` are seconds), or `no_token` when it is not at its place
        (`details` lists the places of what looks like one).
        """
        check_response(response, now)
        try:
            body = value_of(response)
        except ValueError:
            body = None
        value = self._value(response, body)
        header, claims = decode(value)
        return replace(self.shown(value), expires_at=self._expiry(body, claims, now), header=header, claims=claims)

    def _value(self, response: Response, body: object) -> str:
        if self.token_header:
            value: object = response.header(self.token_header)
            place = f"header:{self.token_header}"
        else:
            value = body if self.token_path is None else self.token_path.get(body)
            place = self.token_path.text if self.token_path else "the top level of the response"
        if isinstance(value, str) and (text := without_type(value.strip())):
            if not (text.isascii() and text.isprintable()):
                words = f"The text at {place} can't be sent in a header: it contains a control or special character."
                raise SignInError("no_token", words, details=[])
            return text
        near = token_like(body) + [
            f"header:{name}" for name, text in response.headers if JWT.fullmatch(without_type(text))
        ]
        what = "" if value is None or value is MISSING else f": it is {_kind(value)}"
        hint = f" Found {'one' if len(near) == 1 else 'possible tokens'} at {', '.join(near[:5])}." if near else ""
        raise SignInError("no_token", f"No token at {place}{what}.{hint}", details=near)

    def _expiry(self, body: object, claims: Mapping[str, Any] | None, now: float) -> float | None:
        expiry = _stated_end(claims, now) if claims else None
        if expiry is None and self.expires_path:
            expiry = _moment(self.expires_path.get(body), self.expires_unit, now)
        if expiry is None and self.lifetime_seconds:
            expiry = now + self.lifetime_seconds
        return expiry


def check_response(response: Response, now: float) -> None:
    """Raises SignInError for a sign-in that failed; one that is asked to wait is not refused."""
    if 200 <= response.status < 300:
        return
    words = f"{response.status} · {telling_line(response)}"
    if response.status == 429 or response.status >= 500:
        wait = retry_after(response, datetime.fromtimestamp(now, UTC))
        raise SignInError("later", f"The sign-in server isn't ready: {words}", details=wait)
    raise SignInError("refused", f"Sign-in was refused: {words}")


def _stated_end(claims: Mapping[str, Any], now: float) -> float | None:
    """Returns `exp`; of a new token that has ended already, it only says that the clocks differ."""
    end, start = _moment(claims.get("exp"), "epoch", now), _moment(claims.get("iat"), "epoch", now)
    if end is None or end > now:
        return end
    return now + end - start if start is not None and end > start else None


def _template(
    auth_request: Mapping[str, Any], as_form: bool, problems: list[Problem]
) -> request.RequestTemplate | None:
    settings = {
        "method": auth_request.get("method") or "POST",
        "url": auth_request.get("url") or "",
        "query": [],
        "headers": auth_request.get("headers") or [],
        "body": None if as_form else auth_request.get("body"),
    }
    try:
        return request.compile(settings, {}, secrets=True)
    except InvalidSettings as error:
        problems += [replace(problem, field=f"auth_request.{problem.field}") for problem in error.problems]
        return None


def _location(text: str, problems: list[Problem]) -> tuple[Path | None, str | None]:
    if text.strip().lower().startswith("header:"):
        name = text.strip()[len("header:") :].strip()
        if parameters.refused_name(name):
            problems.append(Problem("Name the response header, such as header:X-Subject-Token.", field="token_path"))
        return None, name
    if not text.strip():
        problems.append(
            Problem("Say where the token is in the response, such as data.access_token.", field="token_path")
        )
    return _path(text, "token_path", problems), None


def _path(text: str, field: str, problems: list[Problem]) -> Path | None:
    if not text.strip():
        return None
    try:
        return paths.compile(text)
    except InvalidSettings as error:
        problems += [replace(problem, field=field) for problem in error.problems]
        return None


def _form_problems(text: str) -> list[Problem]:
    try:
        fields = json.loads(text or "{}")
    except ValueError as error:
        return [Problem(f"Write the form fields as a JSON object: {error}.", field="auth_request.body")]
    if not isinstance(fields, dict):
        return [Problem("Write the form fields as a JSON object.", field="auth_request.body")]
    return []


def _form_fields(text: str, secrets: Mapping[str, str]) -> dict[str, object]:
    """Returns the fields with their secrets filled in; the encoding of the form keeps them apart."""
    filled: dict[str, object] = {}
    for name, value in json.loads(text or "{}").items():
        parts, _ = references.parse(value, {}, secrets=True) if isinstance(value, str) else ([value], [])
        for part in parts:
            if isinstance(part, references.Hole) and part.secret not in secrets:
                raise SignInError("secret_missing", f"The secret {part.secret or part.name} isn't set.")
        pieces = [part.value({}, secrets) if isinstance(part, references.Hole) else part for part in parts]
        filled[name] = "".join(as_text(piece) for piece in pieces)
    return filled


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


def _moment(value: object, unit: str, now: float) -> float | None:
    """Returns seconds since 1970; None for what is not a moment."""
    if unit == "iso8601":
        return _iso8601(value)
    try:
        number = float(str(value))
    except ValueError:
        return None
    if not 0 < number < 1e15:
        return None
    if unit == "epoch":
        return number / 1000 if number > 1e11 else number
    return now + number / (1000 if unit == "milliseconds" else 1)


def _iso8601(value: object) -> float | None:
    try:
        moment = datetime.fromisoformat(str(value))
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        return None

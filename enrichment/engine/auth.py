"""JWT sign-in: the request that signs in, and the token in its answer."""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from enrichment.engine import paths, references, request, template
from enrichment.engine.errors import InvalidSettings, Problem, SignInError
from enrichment.engine.exchange import Request, Response
from enrichment.engine.paths import MISSING, Path
from enrichment.engine.response import body_value, telling_line
from enrichment.engine.values import as_text

UNITS = ("seconds", "milliseconds", "epoch", "iso8601")
_TOKEN = re.compile(r"[A-Za-z0-9_.~+/=:-]{16,}")
_JWT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


@dataclass(frozen=True, slots=True)
class Token:
    value: str
    header_name: str
    header_value: str
    expires_at: float | None  # seconds since 1970; None: until it is refused
    header: dict[str, Any] | None = None  # decoded, when it is a JWT
    claims: dict[str, Any] | None = None


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
        """Raises InvalidSettings with every problem at its field."""
        problems: list[Problem] = []
        asked = config.get("auth_request") or {}
        as_form = asked.get("body_format") == "form"
        found = None
        try:
            found = request.compile(
                {
                    "method": asked.get("method") or "POST", "url": asked.get("url") or "", "query": [],
                    "headers": asked.get("headers") or [], "body": None if as_form else asked.get("body"),
                },
                {}, secrets=True,
            )  # fmt: skip
        except InvalidSettings as error:
            problems += [replace(problem, field=f"auth_request.{problem.field}") for problem in error.problems]
        path, header = _location(config.get("token_path") or "", problems)
        name = (config.get("header_name") or "Authorization").strip()
        if not _HEADER_NAME.fullmatch(name) or name.lower() in template.REFUSED_HEADERS:
            problems.append(Problem(f"“{name}” cannot be used as a header name.", field="header_name"))
        expires = config.get("expires") or {}
        expires_path = _path(expires.get("path") or "", "expires.path", problems)
        unit = expires.get("unit") or "seconds"
        if unit not in UNITS:
            problems.append(Problem(f"Give one of {', '.join(UNITS)}.", field="expires.unit"))
        lifetime = config.get("lifetime_seconds")
        if lifetime is not None and not (isinstance(lifetime, int | float) and 0 < lifetime < 1e9):
            problems.append(Problem("Give the lifetime in seconds, or leave it out.", field="lifetime_seconds"))
        if as_form:
            problems += _form_problems(asked.get("body") or "")
        if problems or found is None:
            raise InvalidSettings(problems)
        form = (asked.get("body") or "") if as_form else None
        token_type = config.get("token_type")
        return cls(
            found, form, path, header, "Bearer" if token_type is None else token_type.strip(), name, expires_path, unit,
            lifetime,
        )  # fmt: skip

    def request(self, secrets: Mapping[str, str]) -> Request:
        """Raises SignInError when a secret it needs is missing, RenderError when the request cannot be built."""
        self._check_secrets(secrets)
        if self.form is None:
            return self.template.render({}, secrets).request
        built = self.template.render({}, secrets).request
        headers = [item for item in built.headers if item[0].lower() != "content-type"]
        content = request.form_body(_form_fields(self.form, secrets))
        return replace(built, headers=(*headers, ("Content-Type", "application/x-www-form-urlencoded")), body=content)

    def _check_secrets(self, secrets: Mapping[str, str]) -> None:
        missing = [hole.secret for hole in self.template.holes if hole.secret not in secrets]
        if missing:
            raise SignInError("secret_missing", f"The secret {missing[0]} is not set.")

    def read(self, response: Response, now: float) -> Token:
        """Raises SignInError: refused, or the token is not at its place; then `details` lists what looks like one."""
        if not 200 <= response.status < 300:
            raise SignInError("refused", f"Sign-in was refused: {response.status} · {telling_line(response)}")
        try:
            body = body_value(response)
        except ValueError:
            body = None
        value = self._found(response, body)
        header, claims = decode(value)
        return Token(
            value, self.header_name, f"{self.token_type} {value}" if self.token_type else value,
            self._expiry(body, claims, now), header, claims,
        )  # fmt: skip

    def _found(self, response: Response, body: object) -> str:
        if self.token_header:
            found: object = response.header(self.token_header)
            place = f"header:{self.token_header}"
        else:
            found = body if self.token_path is None else self.token_path.get(body)
            place = self.token_path.text if self.token_path else "the whole answer"
        if isinstance(found, str) and (text := _without_type(found.strip())):
            if not (text.isascii() and text.isprintable()):
                words = f"The text at {place} cannot be sent in a header: it holds a control or special character."
                raise SignInError("no_token", words, details=[])
            return text
        near = list(token_like(body)) + [
            f"header:{name}" for name, text in response.headers if _JWT.fullmatch(_without_type(text))
        ]
        what = "nothing" if found is None or found is MISSING else f"no text but {_kind(found)}"
        hint = f" Something like a token is at {', '.join(near[:5])}." if near else ""
        raise SignInError("no_token", f"At {place} there is {what}.{hint}", details=near)

    def _expiry(self, body: object, claims: Mapping[str, Any] | None, now: float) -> float | None:
        expiry = _moment(claims.get("exp"), "epoch", now) if claims else None
        if expiry is None and self.expires_path:
            expiry = _moment(self.expires_path.get(body), self.expires_unit, now)
        if expiry is None and self.lifetime_seconds:
            expiry = now + self.lifetime_seconds
        return expiry


def decode(token: str) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Header and claims of a JWT, unverified; (None, None) for an opaque token."""
    if not _JWT.fullmatch(token):
        return None, None
    try:
        header, claims = (
            json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))) for part in token.split(".")[:2]
        )
    except (ValueError, RecursionError):
        return None, None
    return (header, claims) if isinstance(header, dict) and isinstance(claims, dict) else (None, None)


def token_like(value: object, way: str = "", depth: int = 0) -> Iterator[str]:
    """Paths of the texts that could be a token, the likeliest first."""
    found = sorted(_texts(value, way, depth), key=lambda item: (-_likely(*item), len(item[0])))
    return iter([path for path, text in found if _likely(path, text) > 0][:10])


def _texts(value: object, way: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > 6:
        return
    if isinstance(value, str):
        yield way, value
    elif isinstance(value, dict):
        for key, item in value.items():
            plain = re.fullmatch(r"[^.\[\]\\]+", key)
            yield from _texts(
                item, (f"{way}.{key}" if way else key) if plain else f"{way}[{json.dumps(key)}]", depth + 1
            )
    elif isinstance(value, list):
        for number, item in enumerate(value[:20]):
            yield from _texts(item, f"{way}[{number}]", depth + 1)


def _likely(path: str, text: str) -> int:
    if _JWT.fullmatch(_without_type(text)) and decode(_without_type(text))[1] is not None:
        return 3 + ("refresh" not in path.lower())
    named = re.search(r"token|jwt|auth|session|key", path, re.IGNORECASE)
    return 1 + bool(named) if _TOKEN.fullmatch(text) and (named or len(text) >= 24) else 0


def _without_type(text: str) -> str:
    return re.sub(r"^(bearer|jwt|token)\s+", "", text, flags=re.IGNORECASE)


def _kind(value: object) -> str:
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    return f"“{as_text(value)[:40]}”" if value != "" else "an empty one"


def _location(text: str, problems: list[Problem]) -> tuple[Path | None, str | None]:
    if text.strip().lower().startswith("header:"):
        name = text.strip()[len("header:") :].strip()
        if not _HEADER_NAME.fullmatch(name):
            problems.append(Problem("Name the response header, like header:X-Subject-Token.", field="token_path"))
        return None, name
    if not text.strip():
        problems.append(Problem("Say where the token is in the answer, like data.access_token.", field="token_path"))
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
        return [Problem(f"The form's fields are written as a JSON object: {error}.", field="auth_request.body")]
    if not isinstance(fields, dict):
        return [Problem("The form's fields are written as a JSON object.", field="auth_request.body")]
    return []


def _form_fields(text: str, secrets: Mapping[str, str]) -> dict[str, object]:
    """Each value may hold secrets; the form's own encoding keeps them apart."""
    filled: dict[str, object] = {}
    for name, value in json.loads(text or "{}").items():
        parts, _ = references.parse(value, {}, secrets=True) if isinstance(value, str) else ([value], [])
        for part in parts:
            if isinstance(part, references.Hole) and part.secret not in secrets:
                raise SignInError("secret_missing", f"The secret {part.secret or part.name} is not set.")
        pieces = [part.value({}, secrets) if isinstance(part, references.Hole) else part for part in parts]
        filled[name] = "".join(as_text(piece) for piece in pieces)
    return filled


def _moment(value: object, unit: str, now: float) -> float | None:
    """Seconds since 1970; None for what is no moment."""
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

"""Connections that ask no server: a known token or key, a user name with a password, a JWT that is signed here."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from enrichment.engine.auth import expiry, signing
from enrichment.engine.auth.jwt_sign_in import check_lifetime, header_name, sent_once, token_type
from enrichment.engine.auth.token import Token, decode
from enrichment.engine.errors import InvalidSettings, Problem, SignInError
from enrichment.engine.template.body import Body
from enrichment.engine.template.parameters import refused_name

LIFETIME = 300  # seconds that a signed JWT is good for, unless the settings say more


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token that somebody copied from the API's pages."""

    token_type: str
    header_name: str

    @classmethod
    def compile(cls, config: Mapping[str, Any]) -> "Bearer":
        """Compiles the settings. Raises InvalidSettings."""
        problems: list[Problem] = []
        made = cls(token_type(config), header_name(config, problems))
        _refuse(problems)
        return made

    def token(self, secrets: Mapping[str, str], now: float) -> Token:
        """Returns the token to send. Raises SignInError when a secret is missing or cannot be sent."""
        value = sent_once(_sendable(secrets, "token"), self.token_type)
        header, claims = decode(value)
        return replace(self.shown(value), header=header, claims=claims)

    def shown(self, value: str) -> Token:
        """Returns the token as it would be sent if this were its value."""
        return Token.in_header(value, self.header_name, self.token_type)


@dataclass(frozen=True, slots=True)
class ApiKey:
    name: str
    in_query: bool

    @classmethod
    def compile(cls, config: Mapping[str, Any]) -> "ApiKey":
        """Compiles the settings. Raises InvalidSettings."""
        problems: list[Problem] = []
        name, place = str(config.get("name") or "").strip(), config.get("in") or "header"
        if place not in ("header", "query"):
            problems.append(Problem("Send the key in a header (header) or in the query (query).", field="in"))
        if words := refused_name(name) if place == "header" else "" if name else "Enter a name for the parameter.":
            problems.append(Problem(words, field="name"))
        _refuse(problems)
        return cls(name, place == "query")

    def token(self, secrets: Mapping[str, str], now: float) -> Token:
        """Returns the token to send. Raises SignInError when a secret is missing or cannot be sent."""
        return self.shown(_secret(secrets, "key") if self.in_query else _sendable(secrets, "key"))

    def shown(self, value: str) -> Token:
        """Returns the key as it would be sent if this were its value."""
        return Token.in_query(value, self.name) if self.in_query else Token.in_header(value, self.name)


@dataclass(frozen=True, slots=True)
class Basic:
    @classmethod
    def compile(cls, config: Mapping[str, Any]) -> "Basic":
        return cls()

    def token(self, secrets: Mapping[str, str], now: float) -> Token:
        """Returns the token to send; the password may be empty, as some APIs take a key as the user name alone.

        Raises SignInError.
        """
        name = _secret(secrets, "username")
        if ":" in name:
            raise SignInError("secret", "The user name can't contain a colon, because a colon ends the name.")
        return self.shown(base64.b64encode(f"{name}:{secrets.get('password', '')}".encode()).decode())

    def shown(self, value: str) -> Token:
        """Returns the pair as it would be sent if this were its value."""
        return Token.in_header(value, "Authorization", "Basic")


@dataclass(frozen=True, slots=True)
class SignedJwt:
    algorithm: str
    claims: Body
    key_id: str
    token_type: str
    header_name: str
    lifetime: float  # seconds

    @classmethod
    def compile(cls, config: Mapping[str, Any]) -> "SignedJwt":
        """Compiles the settings. Raises InvalidSettings with every problem at its field."""
        problems: list[Problem] = []
        algorithm = config.get("algorithm") or "HS256"
        signing.check_algorithm(algorithm, problems)
        claims = signing.compile_claims(config.get("claims"), problems)
        name = header_name(config, problems)
        lifetime = config.get("lifetime_seconds") or LIFETIME
        check_lifetime(lifetime, problems)
        if problems or claims is None:
            raise InvalidSettings(problems)
        return cls(algorithm, claims, str(config.get("key_id") or "").strip(), token_type(config), name, lifetime)

    def check(self, secrets: Mapping[str, str]) -> list[Problem]:
        """Returns what is wrong with the key."""
        return signing.key_problems(secrets, self.algorithm)

    def token(self, secrets: Mapping[str, str], now: float) -> Token:
        """Returns a JWT with `iat` and `exp`, unless the template has its own. Raises SignInError."""
        key = signing.key_of(secrets, self.algorithm)
        claims = {"iat": int(now), "exp": int(now + self.lifetime)} | signing.fill_claims(self.claims, secrets)
        if (end := expiry.moment_of(claims["exp"], "epoch", now)) is None:
            raise SignInError("claims", "The claim exp isn't a moment. Write seconds since 1970, or leave it out.")
        value = signing.sign(claims, key, self.algorithm, self.key_id)
        header, _ = decode(value)
        return replace(self.shown(value), expires_at=end, header=header, claims=claims)

    def shown(self, value: str) -> Token:
        """Returns the token as it would be sent if this were its value."""
        return Token.in_header(value, self.header_name, self.token_type)


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise InvalidSettings(problems)


def _secret(secrets: Mapping[str, str], name: str) -> str:
    if not (value := secrets.get(name, "").strip()):
        raise SignInError("secret_missing", f"The secret {name} isn't set.")
    return value


def _sendable(secrets: Mapping[str, str], name: str) -> str:
    value = _secret(secrets, name)
    if not (value.isascii() and value.isprintable()):
        words = f"The secret {name} can't be sent in a header: it contains a line break or a special character."
        raise SignInError("secret", words)
    return value

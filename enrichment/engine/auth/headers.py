"""Any number of headers and query parameters, with secrets anywhere in them: for APIs with an ID and a key."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from enrichment.engine.auth.token import Credential, Token
from enrichment.engine.errors import InvalidSettings, Problem, SignInError
from enrichment.engine.template import references
from enrichment.engine.template.parameters import Parts, holes_of, refused_name


@dataclass(frozen=True, slots=True)
class _Line:
    """A header or a parameter, as it stands in the settings."""

    name: str
    text: Parts
    in_query: bool

    def filled(self, secrets: Mapping[str, str]) -> Credential:
        text = "".join(part if isinstance(part, str) else secrets[part.secret or ""] for part in self.text)
        return Credential(self.name, text, self.in_query)


@dataclass(frozen=True, slots=True)
class Headers:
    lines: tuple[_Line, ...]

    @classmethod
    def compile(cls, config: Mapping[str, Any]) -> "Headers":
        """Compiles the settings. Raises InvalidSettings with every problem at its field."""
        problems: list[Problem] = []
        lines = _lines(config, "headers", problems) + _lines(config, "query", problems)
        if not lines and not problems:
            problems.append(Problem("Add the headers or parameters that let you in.", field="headers"))
        if problems:
            raise InvalidSettings(problems)
        return cls(tuple(lines))

    @property
    def secret_names(self) -> list[str]:
        """The secrets that the lines refer to, each once."""
        return list(dict.fromkeys(hole.secret or "" for line in self.lines for hole in holes_of(line.text)))

    def check(self, secrets: Mapping[str, str]) -> list[Problem]:
        """Returns a problem for every secret that is not set."""
        missing = [name for name in self.secret_names if not secrets.get(name, "").strip()]
        return [Problem(f"Enter the secret {name}.", field=f"secrets.{name}") for name in missing]

    def token(self, secrets: Mapping[str, str], now: float) -> Token:
        """Returns what to send. Raises SignInError when a secret is missing or cannot be sent."""
        given = {name: secrets.get(name, "").strip() for name in self.secret_names}
        if missing := [name for name, value in given.items() if not value]:
            raise SignInError("secret_missing", f"The secret {missing[0]} isn't set.")
        credentials = tuple(line.filled(given) for line in self.lines)
        for credential in credentials:
            if not credential.in_query and not (credential.text.isascii() and credential.text.isprintable()):
                words = f"The header {credential.name} can't be sent: it contains a line break or a special character."
                raise SignInError("secret", words)
        return Token("", credentials)

    def shown(self, value: str) -> Token:
        """Returns what would be sent if every secret were this value."""
        secrets = dict.fromkeys(self.secret_names, value)
        return Token(value, tuple(line.filled(secrets) for line in self.lines))


def _lines(config: Mapping[str, Any], field: str, problems: list[Problem]) -> list[_Line]:
    found = []
    for number, item in enumerate(config.get(field) or []):
        name, text = str(item["name"]).strip(), str(item["value"]).strip()
        if not (name or text):
            continue  # a line of the form that nobody filled in
        at = f"{field}.{number}"
        parts, unknown = references.parse(text, {}, secrets=True)
        problems += [replace(problem, field=f"{at}.value") for problem in unknown]
        if words := refused_name(name) if field == "headers" else "" if name else "Enter a name for the parameter.":
            problems.append(Problem(words, field=f"{at}.name"))
        found.append(_Line(name, tuple(parts), field == "query"))
    return found

"""Traces of secrets taken out of everything that is shown or stored."""

import base64
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote, quote_plus

from enrichment.engine.messages import Request

HIDDEN = "••••••••"
_IS_KNOWN = re.compile(r"user|mail|login|account|client_id", re.IGNORECASE)  # secrets that are none to their owner
SHORTEST = 4  # characters: hiding every "1" would hide the text


class Redactor:
    """Replaces every secret, in each form it can have been sent in, by dots."""

    def __init__(self, secrets: Mapping[str, str], extra: Iterable[str] = ()) -> None:
        pairs = {f"{one}:{other}" for one in secrets.values() for other in secrets.values() if len(secrets) <= 8}
        known = {value for name, value in secrets.items() if _IS_KNOWN.search(name)}
        private = _forms_of({*secrets.values(), *extra} - known) | {_base64(pair) for pair in pairs}
        self._private = _longest_first(private)
        self._forms = _longest_first(private | _forms_of(known))

    def __call__(self, text: str) -> str:
        return _without(self._forms, text)

    def value(self, value: object) -> object:
        """A result with every text redacted, but for what names a person or an account: that may be data."""
        if isinstance(value, str):
            return _without(self._private, value)
        if isinstance(value, list):
            return [self.value(item) for item in value]
        if isinstance(value, dict):
            return {_without(self._private, key): self.value(item) for key, item in value.items()}
        return value

    def request(self, request: Request) -> dict[str, object]:
        """The request of the API: method, url, headers, body as text."""
        body = request.body.decode("utf-8", "replace") if request.body is not None else None
        return {
            "method": request.method,
            "url": self(request.url),
            "headers": headers_as_json((name, self(value)) for name, value in request.headers),
            "body": self(body) if body is not None else None,
        }


def headers_as_json(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """{name: value}; what comes several times is joined by a comma."""
    found: dict[str, str] = {}
    for name, value in headers:
        found[name] = f"{found[name]}, {value}" if name in found else value
    return found


def _forms_of(values: Iterable[str]) -> set[str]:
    return {form for value in values if len(value) >= SHORTEST for form in _forms(value)}


def _longest_first(forms: Iterable[str]) -> list[str]:
    return sorted((form for form in forms if len(form) >= SHORTEST), key=len, reverse=True)


def _without(forms: Sequence[str], text: str) -> str:
    for form in forms:
        if form in text:
            text = text.replace(form, HIDDEN)
    return text


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _forms(value: str) -> set[str]:
    in_json = json.dumps(value)[1:-1]
    return {
        value,
        quote(value, safe=""),
        quote_plus(value),
        quote(value),
        in_json,
        in_json.replace("/", "\\/"),
        json.dumps(value, ensure_ascii=False)[1:-1],
        json.dumps(in_json)[1:-1],
        _base64(value),
        base64.urlsafe_b64encode(value.encode()).decode(),
        _base64(value).rstrip("="),
        base64.urlsafe_b64encode(value.encode()).decode().rstrip("="),
        value.encode().hex(),
    }

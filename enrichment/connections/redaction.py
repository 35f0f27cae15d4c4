"""Traces of secrets taken out of everything that is shown or stored."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote, quote_plus

from enrichment.engine.messages import Request

HIDDEN = "••••••••"
SHORTEST = 4  # characters: hiding every "1" would hide the text
_NAMES_SOMEBODY = re.compile(r"user|mail|login|account|client_id", re.IGNORECASE)  # such a secret may be data


class Redactor:
    """Replaces every secret, in each form it can have been sent in, by dots."""

    def __init__(self, secrets: Mapping[str, str], extra: Iterable[str] = ()) -> None:
        pairs = {f"{one}:{other}" for one in secrets.values() for other in secrets.values() if len(secrets) <= 8}
        names = {value for name, value in secrets.items() if _NAMES_SOMEBODY.search(name)}
        private = _forms_of({*secrets.values(), *extra} - names) | {_base64(pair) for pair in pairs}
        self._private = _longest_first(private)
        self._forms = _longest_first(private | _forms_of(names))

    def __call__(self, text: str) -> str:
        return _without(self._forms, text)

    def each(self, texts: Sequence[str]) -> list[str]:
        """Returns each of the texts redacted; costs less than one by one where few of them hold a secret."""
        if forms := _present(self._forms, texts):
            return [_without(forms, text) for text in texts]
        return list(texts)

    def value(self, value: object) -> object:
        """Returns a result with every text redacted, but for what names a person or an account: that may be data."""
        forms = _present(self._private, _texts(value)) if self._private else ()
        return _value_without(forms, value) if forms else value

    def request(self, request: Request) -> dict[str, object]:
        """Returns the request of the API: {method, url, headers, body as text}."""
        body = request.body.decode("utf-8", "replace") if request.body is not None else None
        return {
            "method": request.method,
            "url": self(request.url),
            "headers": headers_as_json((name, self(value)) for name, value in request.headers),
            "body": self(body) if body is not None else None,
        }


def headers_as_json(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Returns {name: value}; what comes several times is joined by a comma."""
    joined: dict[str, str] = {}
    for name, value in headers:
        joined[name] = f"{joined[name]}, {value}" if name in joined else value
    return joined


def _forms_of(values: Iterable[str]) -> set[str]:
    return {form for value in values if len(value) >= SHORTEST for form in _forms(value)}


def _longest_first(forms: Iterable[str]) -> list[str]:
    return sorted((form for form in forms if len(form) >= SHORTEST), key=len, reverse=True)


def _present(forms: Sequence[str], texts: Iterable[str]) -> list[str]:
    """Returns the forms that any of the texts holds, and perhaps one that only two together do."""
    joined = "\n".join(texts)
    return [form for form in forms if form in joined]


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        yield from value
        for item in value.values():
            yield from _texts(item)


def _value_without(forms: Sequence[str], value: object) -> object:
    if isinstance(value, str):
        return _without(forms, value)
    if isinstance(value, list):
        return [_value_without(forms, item) for item in value]
    if isinstance(value, dict):
        return {_without(forms, key): _value_without(forms, item) for key, item in value.items()}
    return value


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

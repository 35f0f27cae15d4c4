"""Traces of secrets taken out of everything that is shown or stored."""

import base64
import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote, quote_plus

from enrichment.engine.auth.token import Credential
from enrichment.engine.messages import Request
from enrichment.engine.shapes import callback

HIDDEN = "••••••••"
SHORTEST = 4  # characters: hiding every "1" would hide the text
SHORT = 6  # characters: what is shorter may be part of a word that an API answers
_LONGEST_WORD = 16  # characters
_NAMES_SOMEBODY = re.compile(r"user|mail|login|account|client_id", re.IGNORECASE)  # such a secret may be data


class Redactor:
    """Replaces every secret, in each form it can have been sent in, and every address to call back, by dots.

    What an API answers is data: there, secrets that are short or plain words stay, or they would spoil other words.
    `masks` are the credentials of requests, each with the text to show in its place, however short it is.
    """

    def __init__(
        self,
        secrets: Mapping[str, str],
        extra: Iterable[str] = (),
        masks: Iterable[tuple[Credential, str]] = (),
    ) -> None:
        pairs = {f"{one}:{other}" for one in secrets.values() for other in secrets.values() if len(secrets) <= 8}
        names = {value for name, value in secrets.items() if _NAMES_SOMEBODY.search(name)}
        private, tokens = set(secrets.values()) - names, set(extra) - set(secrets.values())
        never = _forms_of(tokens) | {_base64(pair) for pair in pairs}  # in nobody's data
        self._forms = _longest_first(_forms_of(private | names) | never)
        self._in_answers = _longest_first(_forms_of(_long(private | names)) | never)
        self._in_values = _longest_first(_forms_of(_long(private)) | never)
        self._masks = tuple(masks)

    def __call__(self, text: str) -> str:
        return _without(self._forms, text)

    def each(self, texts: Sequence[str]) -> list[str]:
        """Returns each of the texts redacted; costs less than one by one where few of them hold a secret."""
        if forms := _present(self._forms, texts):
            return [_without(forms, text) for text in texts]
        return list(texts)

    def answer(self, text: str) -> str:
        """Returns a text that an API answered, redacted."""
        return _without(self._in_answers, text)

    def value(self, value: object) -> object:
        """Returns a result with every text redacted, but for what names a person or an account: that may be data."""
        forms = _present(self._in_values, _texts(value))
        return _value_without(forms, value) if forms else value

    def request(self, request: Request) -> dict[str, object]:
        """Returns the request of the API: {method, url, headers, body as text}."""
        for credential, shown in self._masks:
            request = credential.replaced_in(request, shown)
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


def _long(values: Iterable[str]) -> set[str]:
    return {value for value in values if len(value) >= SHORT and not _is_word(value)}


def _is_word(value: str) -> bool:
    return value.isalpha() and len(value) < _LONGEST_WORD and (value.islower() or value.istitle() or value.isupper())


def _forms_of(values: Iterable[str]) -> set[str]:
    return {form for value in values if len(value) >= SHORTEST for form in _forms(value)}


def _longest_first(forms: Iterable[str]) -> list[str]:
    return sorted((form for form in forms if len(form) >= SHORTEST), key=len, reverse=True)


def _present(forms: Sequence[str], texts: Iterable[str]) -> list[str]:
    """Returns the forms that any of the texts holds, and perhaps one that only two together do."""
    joined = "\n".join(texts)
    found = callback.SECRET.findall(joined) if callback.PREFIX in joined else []
    return [*(form for form in forms if form in joined), *found]


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
    return callback.SECRET.sub(HIDDEN, text) if callback.PREFIX in text else text


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _forms(value: str) -> set[str]:
    in_json = json.dumps(value)[1:-1]
    return {
        value,
        *_percent_encoded(value),
        *_percent_encoded(in_json),
        *_in_markup(value),
        in_json,
        in_json.replace("/", "\\/"),
        json.dumps(value, ensure_ascii=False)[1:-1],
        json.dumps(in_json)[1:-1],
        _base64(value),
        base64.urlsafe_b64encode(value.encode()).decode(),
        _base64(value).rstrip("="),
        base64.urlsafe_b64encode(value.encode()).decode().rstrip("="),
        value.encode().hex(),
        value.encode().hex().upper(),
    }


def _percent_encoded(value: str) -> Iterator[str]:
    """As addresses and forms are written: by Marl, by browsers, by libraries that answer what they were sent."""
    by_browsers = quote_plus(value, safe="*").replace("~", "%7E")
    whole = quote(value, safe="")
    for encoded in (
        whole,
        quote(value),
        quote_plus(value),
        by_browsers,
        quote(whole, safe=""),
    ):  # an address in another
        yield encoded
        yield re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), encoded)


def _in_markup(value: str) -> Iterator[str]:
    """As XML and HTML are written."""
    text = html.escape(value, quote=False)
    yield text
    for apostrophe in ("&#39;", "&#x27;", "&apos;"):
        yield text.replace('"', "&quot;").replace("'", apostrophe)

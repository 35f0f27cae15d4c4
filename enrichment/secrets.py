"""Secrets at rest, and their traces taken out of everything that is shown or stored."""

import base64
import json
from collections.abc import Iterable, Mapping
from functools import cache
from urllib.parse import quote, quote_plus

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

from enrichment.engine.exchange import Request

HIDDEN = "••••••••"
SHORTEST = 4  # characters: hiding every "1" would hide the text


class CannotOpen(Exception):
    """The key these secrets were sealed with is gone."""


def seal(secrets: Mapping[str, str]) -> str:
    return _box(tuple(settings.ENCRYPTION_KEYS)).encrypt(json.dumps(dict(secrets)).encode()).decode()


def open_sealed(sealed: str) -> dict[str, str]:
    """Raises CannotOpen."""
    if not sealed:
        return {}
    try:
        opened: dict[str, str] = json.loads(_box(tuple(settings.ENCRYPTION_KEYS)).decrypt(sealed.encode()))
    except InvalidToken as error:
        raise CannotOpen(
            "These secrets were encrypted with another key. Set MARL_ENCRYPTION_KEYS to it, or enter them again."
        ) from error
    return opened


@cache
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(_derived(key))) for key in keys])


def _derived(key: str) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"marl secrets").derive(key.encode())


class Redactor:
    """Replaces every secret, in each form it can have been sent in, by dots."""

    def __init__(self, secrets: Mapping[str, str], extra: Iterable[str] = ()) -> None:
        values = {value for value in [*secrets.values(), *extra] if len(value) >= SHORTEST}
        for value in list(values):
            scheme, _, bare = value.partition(" ")
            if bare and scheme.isalpha() and value not in secrets.values():
                values |= {bare}
        pairs = {f"{one}:{other}" for one in secrets.values() for other in secrets.values() if len(secrets) <= 8}
        forms = {form for value in values for form in _forms(value)} | {_base64(pair) for pair in pairs}
        self._forms = sorted((form for form in forms if len(form) >= SHORTEST), key=len, reverse=True)

    def __call__(self, text: str) -> str:
        for form in self._forms:
            if form in text:
                text = text.replace(form, HIDDEN)
        return text

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
        json.dumps(value, ensure_ascii=False)[1:-1],
        json.dumps(in_json)[1:-1],
        _base64(value),
        base64.urlsafe_b64encode(value.encode()).decode(),
        _base64(value).rstrip("="),
        base64.urlsafe_b64encode(value.encode()).decode().rstrip("="),
        value.encode().hex(),
    }

"""What a test shows of the answer to a sign-in: its structure, without secrets and tokens, long texts cut."""

import json
import re
from typing import Any

from enrichment.connections.redaction import HIDDEN, Redactor, headers_as_json
from enrichment.engine.answer.value import value_of
from enrichment.engine.auth.token import JWT, is_token
from enrichment.engine.messages import Response

LONGEST_TEXT = 200  # characters of one text
LONGEST_BODY = 20_000  # characters
MOST_ITEMS = 50  # of a list
_TOKENS = frozenset({"access_token", "refresh_token", "id_token"})  # of OAuth 2, however short
_COOKIE = re.compile(r"([^=;]+=)[^;]*(.*)", re.DOTALL)


def as_json(response: Response, redact: Redactor) -> dict[str, Any]:
    """Returns {status, headers, body as text}."""
    headers = ((name, _header(name, text, redact)) for name, text in response.headers)
    body = None if response.decoded.is_binary else _body(response, redact)[:LONGEST_BODY]
    return {"status": response.status, "headers": headers_as_json(headers), "body": body}


def _header(name: str, text: str, redact: Redactor) -> str:
    if name.lower() == "set-cookie":
        return _COOKIE.sub(rf"\g<1>{HIDDEN}\g<2>", text)
    return _shown(name, redact(text))


def _body(response: Response, redact: Redactor) -> str:
    try:
        value = value_of(response)
    except ValueError:
        value = response.text
    if value is None or isinstance(value, str):
        return JWT.sub(_without_tokens, _shown("", redact.answer(response.text), LONGEST_BODY))
    return redact.answer(json.dumps(_masked("", value), indent=2, ensure_ascii=False))


def _without_tokens(found: re.Match[str]) -> str:
    return HIDDEN if is_token("", found[0]) else found[0]


def _masked(name: str, value: object) -> object:
    if isinstance(value, str):
        return _shown(name, value)
    if isinstance(value, list):
        more = [f"… and {len(value) - MOST_ITEMS:,} more"] if len(value) > MOST_ITEMS else []
        return [_masked(name, item) for item in value[:MOST_ITEMS]] + more
    if isinstance(value, dict):
        return {key: _masked(key, item) for key, item in value.items()}
    return value


def _shown(name: str, text: str, longest: int = LONGEST_TEXT) -> str:
    if name.lower() in _TOKENS or is_token(name, text):
        return HIDDEN
    return text if len(text) <= longest else f"{text[:longest]}… ({len(text):,} characters)"

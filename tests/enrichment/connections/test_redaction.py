import base64
import json
from urllib.parse import quote

import pytest

from enrichment.connections.redaction import HIDDEN, Redactor
from enrichment.engine.messages import Request

SECRET = 'pa"ss wörd/1'


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        base64.b64encode(SECRET.encode()).decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode().rstrip("="),
        base64.b64encode(f"sam:{SECRET}".encode()).decode(),
    ],
)
def test_a_secret_is_hidden_in_every_form_it_can_be_sent_in(form: str) -> None:
    shown = Redactor({"username": "sam", "password": SECRET})(f"before {form} after")
    assert shown == "before •••••••• after"


def test_a_token_is_hidden_with_and_without_its_type() -> None:
    redact = Redactor({}, extra=["Bearer abcdef123", "abcdef123"])
    assert redact("token abcdef123, Bearer abcdef123") == "token ••••••••, ••••••••"


def test_a_request_is_shown_without_secrets() -> None:
    request = Request("POST", f"https://x.example/?k={quote(SECRET, safe='')}", (("X-Key", SECRET),), b'{"a": 1}')
    assert Redactor({"key": SECRET}).request(request) == {
        "method": "POST",
        "url": "https://x.example/?k=••••••••",
        "headers": {"X-Key": "••••••••"},
        "body": '{"a": 1}',
    }


def test_a_result_loses_its_secrets_and_keeps_its_names() -> None:
    redact = Redactor({"username": "sam@acme.example", "password": "open sesame"}, extra=["Bearer t0k3n", "t0k3n"])
    value = {"by": "sam@acme.example", "note": ["open sesame", 1], "t0k3n": {"sent": "Bearer t0k3n"}}
    assert redact.value(value) == {"by": "sam@acme.example", "note": [HIDDEN, 1], HIDDEN: {"sent": HIDDEN}}
    assert redact("sam@acme.example") == HIDDEN

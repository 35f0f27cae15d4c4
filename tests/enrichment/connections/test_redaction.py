import base64
import json
import re
from urllib.parse import quote, quote_plus
from xml.sax.saxutils import escape

import pytest

from enrichment.connections.redaction import HIDDEN, Redactor
from enrichment.engine.auth.token import Credential, Token
from enrichment.engine.messages import Request

SECRET = "pa\"ss wörd/1*~&'<"


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        quote(SECRET),
        quote(SECRET, safe=""),
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        quote_plus(SECRET),
        quote_plus(SECRET, safe="*").replace("~", "%7E"),
        re.sub("%..", lambda sign: sign[0].lower(), quote(SECRET, safe="")),
        quote(json.dumps(SECRET)[1:-1], safe=""),
        quote(quote(SECRET, safe=""), safe=""),
        SECRET.encode().hex().upper(),
        escape(SECRET),
        escape(SECRET, {'"': "&quot;", "'": "&#39;"}),
        escape(SECRET, {'"': "&quot;", "'": "&apos;"}),
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


def test_a_form_is_shown_without_secrets() -> None:
    body = f"user=sam&password={quote(SECRET, safe='')}&again={quote_plus(SECRET)}".encode()
    request = Request("POST", "https://x.example/", (("Content-Type", "application/x-www-form-urlencoded"),), body)
    assert Redactor({"key": SECRET}).request(request)["body"] == "user=sam&password=••••••••&again=••••••••"


def test_a_result_loses_its_secrets_and_keeps_its_names() -> None:
    redact = Redactor({"username": "sam@acme.example", "password": "open sesame"}, extra=["Bearer t0k3n", "t0k3n"])
    value = {"by": "sam@acme.example", "note": ["open sesame", 1], "t0k3n": {"sent": "Bearer t0k3n"}}
    assert redact.value(value) == {"by": "sam@acme.example", "note": [HIDDEN, 1], HIDDEN: {"sent": HIDDEN}}
    assert redact("sam@acme.example") == HIDDEN


@pytest.mark.parametrize("secret", ["acy", "macy1", "pharmacy", "Acme", "SECRET"])
def test_a_short_secret_or_a_plain_word_stays_in_what_an_api_answers(secret: str) -> None:
    redact = Redactor({"key": secret})
    value = {"shop": f"The {secret} shop", secret: [f"{secret}s"]}
    assert redact.value(value) == value
    assert redact.answer(f"no {secret} here") == f"no {secret} here"


@pytest.mark.parametrize("secret", ["macy1", "pharmacy"])
def test_a_short_secret_or_a_plain_word_is_hidden_in_headers(secret: str) -> None:
    assert Redactor({"key": secret}).each([f"Bearer {secret}", "text/html"]) == [f"Bearer {HIDDEN}", "text/html"]


def test_a_credential_is_hidden_in_its_place_however_short_it_is() -> None:
    token = Token("", (Credential("X-Id", "v1 7"), Credential("Cookie", "k=7"), Credential("id", "7", in_query=True)))
    request = Request("GET", "https://x.example/7?a=7&kid=7", (("X-Id", "keep 7"), ("Cookie", "seen=7")))
    shown = [f"v1 {HIDDEN}", f"k={HIDDEN}", HIDDEN]
    redact = Redactor({"id": "7"}, masks=list(zip(token.credentials, shown, strict=True)))
    assert redact.request(token.apply_to(request)) == {
        "method": "GET",
        "url": f"https://x.example/7?a=7&kid=7&id={HIDDEN}",
        "headers": {"X-Id": f"v1 {HIDDEN}", "Cookie": f"seen=7; k={HIDDEN}"},
        "body": None,
    }


def test_a_token_is_hidden_without_its_type_which_stays() -> None:
    token = Token.in_header("abcdef123", "Authorization", "Bearer")
    redact = Redactor({}, extra=[token.value], masks=[(token.credentials[0], f"Bearer {HIDDEN}")])
    assert redact.request(token.apply_to(Request("GET", "https://x.example/")))["headers"] == {
        "Authorization": f"Bearer {HIDDEN}"
    }

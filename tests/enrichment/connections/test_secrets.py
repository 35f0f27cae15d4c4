import base64
import json
from io import StringIO
from typing import Any
from urllib.parse import quote

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from enrichment.connections.secrets import HIDDEN, CannotOpen, Redactor, open_sealed, seal
from enrichment.engine.messages import Request
from enrichment.models import Connection

SECRET = 'pa"ss wörd/1'


def test_what_was_sealed_opens_and_does_not_show() -> None:
    sealed = seal({"password": SECRET})
    assert open_sealed(sealed) == {"password": SECRET}
    assert SECRET not in sealed
    assert open_sealed("") == {}


def test_an_older_key_still_opens_and_a_lost_one_is_told(settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = ["old key"]
    sealed = seal({"a": "b"})
    settings.ENCRYPTION_KEYS = ["new key", "old key"]
    assert open_sealed(sealed) == {"a": "b"}
    settings.ENCRYPTION_KEYS = ["new key"]
    with pytest.raises(CannotOpen, match="MARL_ENCRYPTION_KEYS"):
        open_sealed(sealed)


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


@pytest.mark.django_db(transaction=True)
def test_keys_are_rotated(workspace: Any, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = ["the old key"]
    made = Connection.objects.create(workspace=workspace, name="CRM", secrets=seal({"password": "open sesame"}))
    settings.ENCRYPTION_KEYS = ["a lost key"]
    Connection.objects.create(workspace=workspace, name="Lost", secrets=seal({"password": "x"}))
    settings.ENCRYPTION_KEYS = ["the new key", "the old key"]
    with pytest.raises(CommandError, match="“Lost”"):
        call_command("rotate_keys", stdout=StringIO())
    settings.ENCRYPTION_KEYS = ["the new key"]
    made.refresh_from_db()
    assert open_sealed(made.secrets) == {"password": "open sesame"}

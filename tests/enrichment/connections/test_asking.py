"""A sign-in server says back what it was sent: its words must not carry secrets into cells, runs and logs."""

import time
from typing import Any

import httpx
import pytest

from enrichment.connections import asking
from enrichment.engine.auth import kinds
from enrichment.engine.auth.oauth2 import ClientCredentials
from enrichment.engine.errors import SignInError
from enrichment.engine.messages import Request
from enrichment.engine.template.request import form_body
from enrichment.http_client import event_loop

SECRETS = {"client_id": "marl", "client_secret": "open sesame & more"}
FORM = (("Content-Type", "application/x-www-form-urlencoded"),)


def asked(monkeypatch: pytest.MonkeyPatch, request: Request, answer: Any) -> SignInError:
    """The error of a sign-in whose server answers so."""
    monkeypatch.setattr(event_loop, "transport", lambda: httpx.MockTransport(answer))
    scheme = kinds.compile("oauth2_client_credentials", {"token_url": "https://login.example/token"})
    assert isinstance(scheme, ClientCredentials)

    with pytest.raises(SignInError) as caught:
        event_loop.run(asking.ask(request, SECRETS, lambda response: scheme.read(response, time.time())))
    return caught.value


@pytest.mark.parametrize("status", [200, 400, 503])
@pytest.mark.parametrize("name", ["assertion", "client_assertion", "code", "code_verifier", "refresh_token"])
def test_what_is_made_for_one_request_is_hidden_in_the_servers_words(
    status: int, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = "made-for-this-request~47/11"

    def echo(request: httpx.Request) -> httpx.Response:
        words = f"not {sent} of {SECRETS['client_secret']}: {request.content.decode()}"
        return httpx.Response(status, json={"error": "invalid_grant", "error_description": words})

    error = asked(monkeypatch, Request("POST", "https://login.example/token", FORM, form_body({name: sent})), echo)
    assert "••••••••" in error.message
    for hidden in (sent, "made-for-this-request%7E47%2F11", SECRETS["client_secret"]):
        assert hidden not in error.message
        assert hidden not in repr(error.__cause__)


def test_an_address_that_was_moved_to_another_site_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def move(request: httpx.Request) -> httpx.Response:
        return httpx.Response(308, headers={"Location": "https://elsewhere.example/token"})

    error = asked(monkeypatch, Request("POST", "https://login.example/token", FORM, b"a=b"), move)
    assert "elsewhere.example" in error.message

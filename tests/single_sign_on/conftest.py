"""A company whose issuer is configured, and a browser that goes there and back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from django.test import Client

from tests.servers.oauth_provider import Registration
from tests.servers.oidc_provider import OidcProvider, serving

CALLBACK = "http://testserver/sign-in/callback"

type SignIn = Callable[..., Any]


@pytest.fixture
def issuer(settings: Any) -> Iterator[OidcProvider]:
    with serving(Registration(redirect_uris={CALLBACK})) as running:
        settings.OIDC_ISSUER = running.url
        settings.OIDC_CLIENT_ID = running.registration.client_id
        settings.OIDC_CLIENT_SECRET = running.registration.client_secret
        settings.OIDC_NAME = "Acme Login"
        settings.OIDC_DOMAINS = ["acme.example"]
        settings.OIDC_ROLE = "viewer"
        yield running


def way_back(address: str) -> str:
    """Returns where the issuer sends somebody who was sent there and consents."""
    query = dict(parse_qsl(urlsplit(address).query))
    answer = httpx.post(
        f"{address.partition('/authorize')[0]}/consent", data=query | {"allow": "yes"}, follow_redirects=False
    )
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


@pytest.fixture
def sign_in(client: Client) -> SignIn:
    """Goes to the issuer and back in one browser, and returns the page at the end."""

    def signed_in(next_page: str = "", browser: Client = client) -> Any:
        address = browser.get("/sign-in/company", {"next": next_page} if next_page else {}).headers["Location"]
        return browser.get(way_back(address), follow=True)

    return signed_in

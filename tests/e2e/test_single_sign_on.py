"""Signing in with the account of a company, from the sign-in page and back to the page that was asked for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.conftest import Picture
from tests.servers.marl import App, running
from tests.servers.oauth_provider import Registration
from tests.servers.oidc_provider import OidcProvider, serving
from tests.servers.processes import free_port

pytestmark = pytest.mark.e2e


@pytest.fixture
def issuer() -> Iterator[OidcProvider]:
    with serving(Registration()) as provider:
        yield provider


@pytest.fixture
def company(issuer: OidcProvider, tmp_path: Path) -> Iterator[App]:
    """A Marl of a company, with an issuer and roles by group."""
    port = free_port()
    issuer.registration.redirect_uris.add(f"http://127.0.0.1:{port}/sign-in/callback")
    secret = tmp_path / "client-secret"
    secret.write_text(f"{issuer.registration.client_secret}\n")
    settings = {
        "MARL_OIDC_ISSUER": issuer.url,
        "MARL_OIDC_CLIENT_ID": issuer.registration.client_id,
        "MARL_OIDC_CLIENT_SECRET_FILE": str(secret),
        "MARL_OIDC_NAME": "Acme Login",
        "MARL_OIDC_DOMAINS": "acme.example",
        "MARL_OIDC_ROLES": "growth=editor",
    }
    with running(tmp_path / "data", port, **settings) as app:
        yield app


def test_somebody_signs_in_with_their_company_by_keyboard(
    context: BrowserContext, company: App, issuer: OidcProvider, picture: Picture
) -> None:
    issuer.person |= {"groups": ["growth"]}
    page = context.new_page()
    page.goto(f"{company.url}/connections")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    picture(page, "guide/images/signing-in-1-page")
    page.get_by_role("link", name="Sign in with Acme Login").press("Enter")
    picture(page, "guide/images/signing-in-2-issuer")
    page.get_by_role("button", name="Allow").press("Enter")
    expect(page.get_by_role("heading", name="Connections", exact=True)).to_be_visible()
    page.get_by_role("button", name="Account and settings").click()
    expect(page.get_by_text("My workspace · Editor")).to_be_visible()
    picture(page, "guide/images/signing-in-3-signed-in")
    page.goto(f"{company.url}/settings/account")
    expect(page.get_by_role("heading", name="Signing in with Acme Login")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("button", name="Account and settings").click()
    page.get_by_role("button", name="Sign out").click()
    _refused(page, company, issuer, picture)


def _refused(page: Page, company: App, issuer: OidcProvider, picture: Picture) -> None:
    issuer.person |= {"groups": ["visitors"]}
    page.get_by_role("link", name="Sign in with Acme Login").click()
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", name="Not signed in")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text("None of the groups of sam@acme.example at Acme Login has a role")
    assert Axe().run(page).response["violations"] == []
    picture(page, "guide/images/signing-in-4-refused")
    page.get_by_role("link", name="Sign in another way").click()
    expect(page.get_by_label("Password")).to_be_visible()

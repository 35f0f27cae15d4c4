"""A passkey is added and signs in, with a device that Chromium plays."""

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import BrowserContext, Page, expect

from tests.servers.marl import App

pytestmark = pytest.mark.e2e


def plug_in_device(context: BrowserContext, page: Page) -> None:
    """One that has recognised whoever holds it."""
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def test_a_passkey_signs_in_by_keyboard(context: BrowserContext, app: App) -> None:
    url = app.url.replace("127.0.0.1", "localhost")  # passkeys belong to names
    page = context.new_page()
    plug_in_device(context, page)
    page.goto(app.link.replace("127.0.0.1", "localhost"))
    page.goto(f"{url}/settings/account")
    page.get_by_role("button", name="Add a passkey").press("Enter")
    expect(page.get_by_text("You can sign in with this passkey from now on.")).to_be_visible()
    expect(page.get_by_role("button", name="Remove the passkey of Chrome on Linux")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("button", name="Account and settings").press("Enter")
    page.get_by_role("button", name="Sign out").press("Enter")
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("button", name="Sign in with a passkey").press("Enter")
    expect(page.get_by_role("heading", name="Tables")).to_be_visible()
    page.goto(f"{app.url}/sign-in")
    expect(page.get_by_label("Password")).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()

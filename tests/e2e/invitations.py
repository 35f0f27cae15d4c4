"""Members who are invited by an owner, and join in a browser."""

from playwright.sync_api import Page, expect

from tests.servers.marl import App


def invite(owner: Page, app: App, email: str, role: str) -> str:
    """Returns the link of an invitation."""
    owner.goto(f"{app.url}/settings/members")
    owner.locator("#id_email").fill(email)
    owner.locator("#id_role").select_option(role)
    owner.get_by_role("button", name="Create invite link").click()
    return owner.get_by_text("/invitations/").first.inner_text()


def join(page: Page, link: str, name: str = "") -> None:
    """Returns when somebody is signed in as a member."""
    page.goto(link)
    page.locator("#id_name").fill(name)
    page.locator("#id_password").fill("a long passphrase")
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("button", name="Account and settings")).to_be_visible()

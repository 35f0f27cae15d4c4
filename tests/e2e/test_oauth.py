"""Letting Marl in at a provider: from the page of a connection, and from the panel in another tab."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Locator, Page, expect

from tests.servers.marl import App
from tests.servers.oauth_provider import Provider, Registration, serving

pytestmark = pytest.mark.e2e


@pytest.fixture
def provider(app: App) -> Iterator[Provider]:
    with serving(Registration(redirect_uris={f"{app.url}/connections/callback"})) as running:
        yield running


@pytest.fixture
def table(app: App) -> int:
    with app.api() as api:
        made = int(api.post("/tables", json={"name": "Leads", "columns": [{"name": "Company"}]}).json()["id"])
        api.post(f"/tables/{made}/rows", json={"rows": [{"Company": "Northwind"}]})
    return made


def fill_in(form: Page | Locator, provider: Provider, name: str) -> str:
    """Returns the name, which is another one when the test is run again."""
    name = f"{name} {provider.server_address[1]}"
    form.get_by_role("radio", name="OAuth 2 (you sign in)").check()
    form.get_by_label("Name", exact=True).fill(name)
    form.get_by_label("Authorize URL").fill(f"{provider.url}/authorize")
    form.get_by_label("Token URL").fill(provider.token_url)
    form.get_by_role("textbox", name="Client ID").fill(provider.registration.client_id)
    form.get_by_role("textbox", name="Client secret").fill(provider.registration.client_secret)
    form.get_by_role("textbox", name="Scope").fill("companies.read")
    return name


def test_a_person_lets_marl_in_and_a_row_runs(page: Page, app: App, provider: Provider, table: int) -> None:
    page.goto(f"{app.url}/connections/new")
    name = fill_in(page, provider, "Directory")
    expect(page.get_by_label("Callback address")).to_have_value(f"{app.url}/connections/callback")
    expect(page.get_by_text("Not connected yet")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("button", name="Connect", exact=True).click()
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_role("heading", name="Not connected")).to_be_visible()
    expect(page.get_by_text("The user said no")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    page.get_by_role("link", name=f"Back to {name}").click()
    page.get_by_role("button", name="Connect", exact=True).press("Enter")
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_text(f"“{name}” is connected.")).to_be_visible()
    expect(page.locator("#authorization")).to_contain_text("companies.read")
    page.get_by_role("button", name="Test sign-in").click()
    expect(page.locator("#sign-in-result").get_by_text("Signed in")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    connection = int(page.url.split("/")[-2])
    with app.api() as api:
        config = {"method": "GET", "url": f"{provider.url}/companies/{{{{Company}}}}", "connection_id": connection}
        settings = {"name": "Profile", "type": "http", "config": config | {"auto_update": False}}
        column = api.post(f"/tables/{table}/columns", json=settings).json()["id"]
        page.goto(f"{app.url}/tables/{table}")
        api.post(f"/columns/{column}/runs", json={"rows": "all"}).raise_for_status()
    expect(page.locator('#grid-body [role="row"][aria-rowindex="2"] [aria-colindex="3"]')).to_contain_text("Northwind")
    with app.api() as api:
        api.post(f"/tables/{table}/rows", json={"rows": [{"Company": "Tailspin"}]})
        page.reload()
        provider.revoke_everything()
        api.post(f"/columns/{column}/runs", json={"rows": "all"}).raise_for_status()
    page.get_by_role("button", name="Open connection").click()
    expect(page.get_by_text("Needs to be connected again")).to_be_visible()
    page.get_by_role("button", name="Connect again").click()
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_text(f"“{name}” is connected.")).to_be_visible()
    page.get_by_role("button", name="Disconnect").click()
    page.get_by_role("dialog").get_by_role("button", name="Disconnect").click()
    expect(page.get_by_text("Not connected yet")).to_be_visible()


def test_from_the_panel_the_provider_opens_in_a_tab_and_the_form_notices(
    page: Page, app: App, provider: Provider, table: int
) -> None:
    page.goto(f"{app.url}/tables/{table}")
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="HTTP API").click()
    panel = page.locator("#panel")
    panel.get_by_label("Endpoint URL").fill(f"{provider.url}/companies/{{{{Company}}}}")
    panel.get_by_role("button", name="New connection").click()
    editor = page.locator("#connection-editor")
    name = fill_in(editor, provider, "From the panel")
    editor.get_by_role("button", name="Connect", exact=True).click()
    with page.context.expect_page() as opened:
        editor.get_by_role("link", name="Continue to 127.0.0.1").click()
    tab = opened.value
    tab.get_by_role("button", name="Allow").click()
    expect(tab.get_by_text("You can close this tab and go back to your column.")).to_be_visible()
    tab.close()
    expect(editor.get_by_text("Connected", exact=True)).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    editor.get_by_role("button", name="Save connection").click()
    expect(panel.locator('[name="url"]')).to_have_value(f"{provider.url}/companies/{{{{Company}}}}")
    expect(panel.locator("#column-connection")).to_contain_text(name)
    panel.get_by_role("button", name="Test row 1").click()
    expect(panel.get_by_text("Northwind").first).to_be_visible()

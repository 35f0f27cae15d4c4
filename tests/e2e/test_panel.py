"""The side panel in a real browser: what fills it, and what it keeps."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import App

pytestmark = pytest.mark.e2e


@pytest.fixture
def table(page: Page, app: App) -> int:
    with app.api() as api:
        made = int(api.post("/tables", json={"name": "Leads", "columns": [{"name": "Company"}]}).json()["id"])
        assert api.post(f"/tables/{made}/rows", json={"rows": [{"Company": "Northwind"}]}).status_code == 201
    page.goto(f"{app.url}/tables/{made}")
    expect(page.get_by_text("Northwind", exact=True)).to_be_visible()
    return made


def test_a_curl_command_pasted_as_the_address_fills_the_form(page: Page, table: int) -> None:
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="HTTP API").click()
    panel = page.locator("#panel")
    panel.get_by_label("Name", exact=True).fill("Profile")
    address = panel.get_by_label("Endpoint URL")
    address.focus()
    address.evaluate(
        """(field, text) => {
          const data = new DataTransfer();
          data.setData("text/plain", text);
          field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        "curl https://api.example/v1 -H 'X-Team: growth' -d '{\"name\": \"{{Company}}\"}'",
    )
    expect(address).to_have_value("https://api.example/v1")
    expect(panel.get_by_label("Name", exact=True)).to_have_value("Profile")
    expect(panel.get_by_label("JSON body")).to_have_value('{"name": "{{Company}}"}')
    expect(panel.get_by_text("Filled from the cURL command")).to_be_visible()
    expect(page.locator("#preview")).to_contain_text('{"name": "Northwind"}')
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_visible()

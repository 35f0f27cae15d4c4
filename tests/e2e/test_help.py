"""Help in place: the guide, the keys and the search of commands, by keyboard."""

import pytest
from playwright.sync_api import Page, expect

from tests.servers.marl import App

pytestmark = pytest.mark.e2e


@pytest.fixture
def table(app: App) -> int:
    with app.api() as api:
        columns = [{"name": "Company", "type": "text"}, {"name": "Employees", "type": "number"}]
        table = int(api.post("/tables", json={"name": "Helped", "columns": columns}).json()["id"])
        rows = [{"Company": "Zeta", "Employees": 2}, {"Company": "Acme", "Employees": 1}]
        api.post(f"/tables/{table}/rows", json={"rows": rows})
    return table


def test_commands_are_searched_and_the_last_one_comes_first(page: Page, app: App, table: int) -> None:
    page.goto(f"{app.url}/tables/{table}")
    first_cell = page.locator('#grid-body [aria-rowindex="2"] .c').first
    expect(first_cell).to_have_text("Zeta")
    page.keyboard.press("Control+k")
    search = page.get_by_role("combobox", name="Search commands")
    expect(search).to_be_focused()
    page.keyboard.type("asc company")
    page.keyboard.press("Enter")
    expect(first_cell).to_have_text("Acme")
    expect(page.locator("#sheet")).to_be_focused()
    page.keyboard.press("Control+k")
    options = page.get_by_role("option")
    expect(options.first).to_contain_text("Company: Sort ascending")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    page.keyboard.type("xyzzy")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    page.keyboard.press("Escape")
    expect(search).not_to_be_visible()
    expect(page.locator("#sheet")).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.type("export")
    expect(options.first).to_contain_text("Export…")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Export").get_by_label("CSV")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#sheet")).to_be_focused()
    page.keyboard.press("Control+k")
    page.keyboard.type("which kind")
    expect(options.first).to_contain_text("Which kind?")
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{app.url}/help/connections#guide-which-kind")


def test_the_keys_are_listed_and_the_grid_takes_a_question_mark(page: Page, app: App, table: int) -> None:
    page.goto(f"{app.url}/tables/{table}")
    expect(page.locator("#grid-body")).to_contain_text("Zeta")
    page.keyboard.press("?")
    expect(page.locator(".editor")).to_have_value("?")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+/")
    keys = page.get_by_role("dialog", name="Keys")
    expect(keys).to_contain_text("Go to the next problem")
    page.keyboard.press("Escape")
    expect(page.locator("#sheet")).to_be_focused()
    page.goto(f"{app.url}/help")
    page.keyboard.press("?")
    expect(keys).to_contain_text("Fill down")


def test_the_guide_is_searched_and_opens_at_its_section(page: Page, app: App) -> None:
    page.goto(app.url)
    page.get_by_role("button", name="Help", exact=True).click()
    page.get_by_role("navigation", name="Help").get_by_role("link", name="Guide").click()
    expect(page.get_by_role("heading", name="Quickstart", level=1)).to_be_visible()
    page.get_by_role("searchbox", name="Search the guide").fill("service accounts")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Service accounts: JWT bearer").click()
    expect(page.get_by_role("heading", name="Service accounts: JWT bearer")).to_be_in_viewport()
    picture = page.goto(f"{app.url}/help/runs")
    assert picture
    expect(page.locator(".guide-text img").first).to_have_js_property("complete", True)
    assert page.locator(".guide-text img").first.evaluate("image => image.naturalWidth") > 0

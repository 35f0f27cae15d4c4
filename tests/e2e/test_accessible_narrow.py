"""Pages, and all that opens over a table, on narrow screens as axe sees them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, FilePayload, Locator, Page, expect

from tests.e2e.accessible import violations
from tests.e2e.test_accessible import PAGES
from tests.servers.marl import App

pytestmark = pytest.mark.e2e

SIGNED_OUT = ["/sign-in", "/sign-in/forgotten", "/sign-in/reset/x/y", "/invitations/none", "/shared/none"]
SCREENS = [(1024, "dark"), (720, "light")]


@dataclass
class Screen:
    page: Page
    found: dict[str, list[str]]

    def check(self, name: str) -> None:
        if wrong := violations(self.page):
            self.found[name] = wrong


@pytest.fixture(params=SCREENS, ids=lambda screen: f"{screen[0]}-{screen[1]}")
def screen(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Screen]:
    width, theme = request.param
    context = browser.new_context(color_scheme=theme, viewport={"width": width, "height": 860})
    context.set_default_timeout(30_000)
    yield Screen(context.new_page(), {})
    context.close()


@pytest.fixture
def table(app: App, jwt_api: str) -> int:
    """Two companies that an API was asked for: one of them failed, and somebody wrote about the other."""
    with app.api() as api:
        columns = [{"name": "Company"}, {"name": "Size", "type": "number"}]
        table = int(api.post("/tables", json={"name": "Leads", "columns": columns}).json()["id"])
        rows = [{"Company": "log", "Size": 3}, {"Company": "none", "Size": 4}]
        first, _ = api.post(f"/tables/{table}/rows", json={"rows": rows}).json()["ids"]
        config = {"method": "GET", "url": f"{jwt_api}/{{{{Company}}}}", "auto_update": False}
        column = api.post(f"/tables/{table}/columns", json={"name": "Answer", "type": "http", "config": config}).json()
        api.post(f"/columns/{column['id']}/runs", json={"rows": "all"}).raise_for_status()
        api.post(f"/tables/{table}/views", json={"name": "Mine"}).raise_for_status()
        api.post(f"/tables/{table}/rows/{first}/comments", json={"text": "Who knows them?"}).raise_for_status()
    return table


def test_no_page_has_a_violation_on_a_narrow_screen(screen: Screen, app: App) -> None:
    for address in SIGNED_OUT:
        screen.page.goto(app.url + address)
        screen.check(address)
    screen.page.goto(app.link)
    for address in (*PAGES, "/mentions", "/settings/second-factor"):
        screen.page.goto(app.url + address)
        screen.check(address)
    assert screen.found == {}


def open_toolbar(name: str) -> Callable[[Page], Locator]:
    def opened(page: Page) -> Locator:
        page.locator(".toolbar").get_by_role("button", name=name).first.click()
        return page.locator(":popover-open").first

    return opened


def open_menu_item(name: str) -> Callable[[Page], Locator]:
    def opened(page: Page) -> Locator:
        page.get_by_role("button", name="More", exact=False).first.click()
        page.get_by_role("menuitem", name=name).first.click()
        return page.get_by_role("dialog")

    return opened


def open_record(page: Page) -> Locator:
    page.get_by_role("gridcell", name="log", exact=True).first.click()
    page.keyboard.press("Shift+Enter")
    return page.locator("#drawer").get_by_text("Who knows them?")


def open_inspector(page: Page) -> Locator:
    page.get_by_role("gridcell", name="404").first.dblclick()
    return page.locator("#drawer").get_by_text("Response 404")


def open_settings(page: Page) -> Locator:
    page.get_by_role("columnheader", name="Answer").click(button="right")
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    return page.locator("#test-result").get_by_text("Row 1")


def open_connection(page: Page) -> Locator:
    expect(open_settings(page)).to_be_visible()
    page.locator("#panel summary", has_text="Sign-in").click()
    page.get_by_role("button", name="New connection").click()
    return page.locator("#connection-editor").get_by_label("Sign-in URL")


def open_sources(page: Page) -> Locator:
    page.get_by_role("button", name="Sources").click()
    return page.locator("#panel").get_by_role("button", name="Create webhook")


def open_runs(page: Page) -> Locator:
    page.get_by_role("button", name="Runs", exact=True).click()
    return page.locator(".run-history").get_by_text("All rows")


def open_gallery(page: Page) -> Locator:
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="Start from a recipe…").click()
    return page.get_by_role("dialog").get_by_role("button", name="Stripe customer").first


def open_recipe(page: Page) -> Locator:
    open_gallery(page).click()
    return page.get_by_role("dialog").get_by_role("button", name="Add column")


def open_menu_of_head(page: Page) -> Locator:
    page.get_by_role("columnheader", name="Answer").click(button="right")
    return page.get_by_role("menuitem").first


def open_import(page: Page) -> Locator:
    file: FilePayload = {"name": "more.csv", "mimeType": "text/csv", "buffer": b"Company,Size\nAcme,4\nOwn,five"}
    page.set_input_files("#file", file)
    return page.get_by_role("region", name="First lines of the file")


OPENERS: dict[str, Callable[[Page], Locator]] = {
    "filter": open_toolbar("Filter"),
    "sort": open_toolbar("Sort"),
    "columns": open_toolbar("Columns"),
    "row height": open_toolbar("Row height"),
    "table settings": open_menu_item("Table settings"),
    "duplicates": open_menu_item("Find duplicates"),
    "menu of a column": open_menu_of_head,
    "record with comments": open_record,
    "failed try": open_inspector,
    "settings with a stored answer": open_settings,
    "connection": open_connection,
    "sources": open_sources,
    "runs": open_runs,
    "recipes": open_gallery,
    "recipe": open_recipe,
    "import": open_import,
}


def test_nothing_that_opens_over_a_table_has_a_violation_on_a_narrow_screen(
    screen: Screen, app: App, table: int
) -> None:
    page = screen.page
    page.goto(app.link)
    for name, opens in OPENERS.items():
        page.goto(f"{app.url}/tables/{table}")
        expect(page.get_by_role("gridcell", name="404").first).to_be_visible()
        expect(opens(page)).to_be_visible()
        screen.check(name)
    assert screen.found == {}

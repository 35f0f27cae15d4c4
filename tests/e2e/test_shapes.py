"""APIs that take more than one request, set up in the panel and seen in the grid and in a cell's history."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Picture
from tests.servers.ledger_api import LedgerApi
from tests.servers.marl import App
from tests.servers.shape_books import CallingBook, JobBook, PagesBook

pytestmark = pytest.mark.e2e


@pytest.fixture
def api() -> Iterator[LedgerApi]:
    with LedgerApi() as running:
        yield running


@pytest.fixture
def panel(page: Page, app: App) -> Page:
    """The panel of a new column of a table with one company, with the section about the shape open."""
    with app.api() as api:
        made = int(api.post("/tables", json={"name": "Leads", "columns": [{"name": "Company"}]}).json()["id"])
        assert api.post(f"/tables/{made}/rows", json={"rows": [{"Company": "Northwind"}]}).status_code == 201
    page.goto(f"{app.url}/tables/{made}")
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="HTTP API").click()
    page.locator("#section-shape > summary").click()
    return page


def write(page: Page, url: str, body: str) -> None:
    page.get_by_label("Endpoint URL").fill(url)
    page.get_by_label("Method").select_option("POST")
    page.get_by_label("Body text").fill(body)


def run_the_row(page: Page) -> None:
    page.get_by_role("button", name="Save and run 1 row").click()
    expect(page.locator("#panel").get_by_role("status").get_by_text("Saved")).to_be_visible()
    page.locator("[data-close-panel]").click()


def look_into_the_cell(page: Page) -> Locator:
    page.locator("#sheet").focus()
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    return page.locator("#drawer")


def test_a_row_waits_until_the_api_calls_back(panel: Page, api: LedgerApi, picture: Picture) -> None:
    page, book = panel, api.book(0.05, CallingBook)
    assert isinstance(book, CallingBook)
    book.seconds = 2
    write(page, f"{book.url}/{{{{Company}}}}", '{"tell": "{{callback_url}}"}')
    page.get_by_role("switch", name="Wait to be called back").check()
    section = page.locator("#section-shape")
    expect(section.get_by_text("Only an API on this computer can call that")).to_be_visible()
    expect(section.locator("> summary")).to_contain_text("waits up to 1 h to be called back")
    expect(page.locator("#preview")).to_contain_text("/api/v1/callbacks/••••••••")
    expect(page.locator("#preview")).to_contain_text("The API calls back, within 1 h")
    picture(page, "guide/images/shapes-callback")
    assert Axe().run(page).response["violations"] == []
    page.locator("[data-test]").click()
    result = page.locator("#test-result")
    expect(result.get_by_text("Waits for the API to call back…")).to_be_visible()
    expect(result.get_by_text("Row 1: Done")).to_be_visible()
    expect(result).to_contain_text("Northwind")
    book.silent.add("Northwind")
    page.locator("[data-test]").click()
    expect(result.get_by_text("Waits for the API to call back…")).to_be_visible()
    result.get_by_role("button", name="Cancel").click()
    expect(result.get_by_text("No longer waiting.")).to_be_visible()
    book.silent.clear()
    run_the_row(page)
    expect(page.locator("#grid-body").get_by_text("Waits for the API to call back")).to_be_visible()
    expect(page.locator("#grid-body").get_by_text("Waits for the API to call back")).to_be_hidden()
    drawer = look_into_the_cell(page)
    expect(drawer.get_by_role("heading", name="The API called back")).to_be_visible()
    expect(drawer.get_by_role("heading", name="What the API posted")).to_be_visible()
    expect(drawer.get_by_role("list", name="Attempts").get_by_role("button")).to_have_count(2)
    assert Axe().run(page).response["violations"] == []


def test_a_row_waits_until_its_job_is_done(panel: Page, api: LedgerApi, picture: Picture) -> None:
    page, book = panel, api.book(0.05, JobBook)
    assert isinstance(book, JobBook)
    book.seconds = 2
    write(page, f"{book.url}/{{{{Company}}}}", "{}")
    page.get_by_role("switch", name="Wait for the result").check()
    section = page.locator("#section-shape")
    section.get_by_label("The result is there when", exact=True).fill('{{body.state}} == "done"')
    section.get_by_label("Seconds between two questions").fill("0.5")
    expect(section.locator("> summary")).to_contain_text("waits for the result, asks every 500 ms")
    expect(page.locator("#preview")).to_contain_text("Asks every 500 ms, for up to 10 min")
    page.locator("[data-test]").click()
    result = page.locator("#test-result")
    expect(result.get_by_text("Row 1: Done")).to_be_visible()
    expect(result.get_by_text("earlier requests")).to_be_visible()
    picture(page, "guide/images/shapes-poll")
    run_the_row(page)
    expect(page.locator("#grid-body").get_by_text(re.compile("Waits for the API.*asked"))).to_be_visible()
    expect(page.locator("#grid-body").get_by_text(re.compile("Waits for the API"))).to_be_hidden()
    drawer = look_into_the_cell(page)
    expect(drawer.get_by_role("list", name="Attempts")).to_contain_text("Asked 1")
    assert Axe().run(page).response["violations"] == []


def test_a_list_is_fetched_page_by_page(panel: Page, api: LedgerApi, picture: Picture) -> None:
    page, book = panel, api.book(0.05, PagesBook)
    page.get_by_label("Endpoint URL").fill(f"{book.url}/{{{{Company}}}}")
    page.get_by_role("switch", name="Fetch all pages").check()
    section = page.locator("#section-shape")
    expect(section.get_by_label("Next page at", exact=True)).to_be_visible()
    expect(section.get_by_label("First number")).to_be_hidden()
    section.get_by_label("The next page comes from").select_option("a page number")
    expect(section.get_by_label("Next page at", exact=True)).to_be_hidden()  # what another way takes
    expect(section.get_by_label("First number")).to_be_visible()
    section.get_by_label("Query parameter", exact=True).fill("page")
    section.locator("#pages-items").fill("items")
    section.get_by_label("Most pages").fill("3")
    expect(section.locator("> summary")).to_contain_text("fetches up to 3 pages")
    expect(page.locator("#preview")).to_contain_text("Fetches the next page with page counted up")
    page.locator("[data-test]").click()
    expect(page.locator("#test-result").get_by_text("Row 1: Done")).to_be_visible()
    picture(page, "guide/images/shapes-pages")
    run_the_row(page)
    expect(page.locator("#grid-body .doubt")).to_have_text("maybe not all")
    cell = page.get_by_role("gridcell").filter(has_text="maybe not all")
    assert cell.evaluate("cell => cell.firstChild.className") == "doubt"  # the end of long values is out of sight
    drawer = look_into_the_cell(page)
    expect(drawer.get_by_role("list", name="Attempts")).to_contain_text("Page 3")
    expect(drawer.get_by_text("these are the first 3 pages with 9 items").first).to_be_visible()
    assert Axe().run(page).response["violations"] == []

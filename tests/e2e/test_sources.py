"""Where the rows of a table come from, its settings, and the notice of a run that ended while nobody looked."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Picture
from tests.servers.ledger_api import LedgerApi
from tests.servers.marl import App
from tests.servers.shape_books import AccountsBook

pytestmark = pytest.mark.e2e


@pytest.fixture
def table(app: App) -> int:
    with app.api() as api:
        columns = [{"name": "Company", "type": "text"}, {"name": "Domain", "type": "text"}]
        table = int(api.post("/tables", json={"name": "Leads in", "columns": columns}).json()["id"])
        api.post(f"/tables/{table}/rows", json={"rows": [{"Company": "Acme", "Domain": "acme.example"}]})
    return table


def test_a_webhook_is_made_tried_and_turned_off(page: Page, app: App, table: int) -> None:
    page.goto(f"{app.url}/tables/{table}")
    page.get_by_role("button", name="Sources").click()
    panel = page.locator("#panel")
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.url) if request.method == "POST" else None)
    panel.get_by_role("button", name="Create webhook").dblclick()
    address = panel.locator(".copied code").first.inner_text()
    path = app.url + address[address.index("/api/") :]
    panel.get_by_label("Rows match by").select_option(label="Domain")
    expect(panel.get_by_label("If a row has the same")).to_have_value("update")
    assert httpx.post(path, json={"Company": "Acme Inc", "Domain": "acme.example"}).json()["updated"] == 1
    expect(page.locator("#grid-body")).to_contain_text("Acme Inc")
    assert posted.count(posted[0]) == 1  # a second one would have made another address
    assert httpx.post(path, json={"company": "Zeta"}).status_code == 422
    expect(panel.get_by_text("1 row updated")).to_be_visible()
    panel.get_by_text("Show post").click()
    expect(panel.get_by_text('{"company":"Zeta"}')).to_be_visible()
    panel.get_by_role("button", name="Turn off…").click()
    page.get_by_role("dialog").get_by_role("button", name="Turn off").click()
    expect(panel.get_by_text("Turned off")).to_be_visible()
    assert httpx.post(path, json={"Company": "Zeta"}).status_code == 409
    panel.get_by_role("button", name="Turn on").click()
    expect(panel.get_by_role("button", name="Turn off…")).to_be_visible()
    with page.expect_file_chooser():
        panel.get_by_role("button", name="Add a file…").click()


@pytest.fixture
def crm() -> Iterator[AccountsBook]:
    """Twelve accounts, five of them a page."""
    towns = ("Köln", "Berlin", "Hamburg")
    with LedgerApi() as api:
        book = api.book(kind=AccountsBook)
        assert isinstance(book, AccountsBook)
        book.size = 5
        book.accounts = [
            {
                "company": f"Account {n}",
                "domain": f"a{n}.example",
                "staffCount": 7 * n,
                "address": {"city": towns[n % 3]},
            }
            for n in range(1, 12)
        ]
        book.accounts.insert(2, {"company": "Acme GmbH", "domain": "acme.example", "staffCount": 406})
        yield book


def test_the_list_of_an_api_becomes_rows(page: Page, app: App, table: int, crm: AccountsBook, picture: Picture) -> None:
    page.goto(f"{app.url}/tables/{table}")
    page.get_by_role("button", name="Sources").click()
    panel = page.locator("#panel")
    panel.get_by_role("button", name="Add an HTTP API").click()
    panel.get_by_label("Name", exact=True).fill("CRM accounts")
    panel.locator(".request .cm-content").click()
    page.keyboard.insert_text(f"{crm.url}/accounts")
    panel.get_by_role("button", name="Fetch the first rows").press("Enter")
    panel.get_by_role("button", name="Use data.items").click()
    panel.get_by_role("button", name="Fetch the first rows").click()
    landed = panel.locator(".landed")
    expect(landed).to_contain_text("acme.example")
    panel.get_by_role("button", name="City Berlin").click()
    expect(landed).to_contain_text("Köln")
    expect(panel.get_by_role("button", name="Staff count")).to_be_focused()  # it came next to what is gone
    panel.get_by_label("Rows match by").select_option(label="Domain")
    expect(landed.get_by_role("row", name="Updates a row Acme GmbH")).to_be_visible()
    expect(panel.get_by_role("button", name="Staff count")).to_be_visible()
    picture(page, "guide/images/sources-1-preview")
    panel.locator("#section-shape > summary").press("Enter")
    panel.get_by_role("switch", name="Fetch all pages").check()
    panel.get_by_label("The next page comes from").select_option(label="a page number")
    panel.get_by_role("textbox", name="Query parameter").fill("page")
    panel.get_by_role("button", name="Save and run").click()
    runs = panel.locator(".source-runs tbody").first.get_by_role("row")
    expect(runs.get_by_role("cell")).to_have_text(["11", "1", "0", "0", re.compile(r"\d+ s"), "Undo…"])
    expect(page.locator("#grid-body")).to_contain_text("Account 11")
    expect(page.locator("#grid-head")).to_contain_text("City")
    crm.before = {2: [500] * 9}
    with app.api() as api:
        [source] = api.get(f"/tables/{table}/sources").json()["items"]
        times = {"every": "day", "at": "09:00", "timezone": "Europe/Berlin"}
        changed = {"config": {"retry": {"max_retries": 0}}, "schedule": times}
        assert api.patch(f"/sources/{source['id']}", json=changed).is_success
    panel.get_by_role("button", name="Run now").click()
    expect(panel.get_by_role("heading", name="Sources")).to_be_focused()  # the button can't be pressed for now
    expect(runs.first).to_contain_text("Page 2: 500 · down. Nothing was changed.")
    picture(page, "guide/images/sources-2-runs")
    panel.get_by_role("button", name="Undo…").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo").click()
    expect(runs.last).to_contain_text("Undone")
    expect(page.get_by_role("row", name="Account 11")).to_have_count(0)
    with app.api() as api:
        assert api.get(f"/tables/{table}").json()["row_count"] == 1
    panel.get_by_role("button", name="More for CRM accounts").click()
    panel.get_by_role("button", name="Delete…").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(panel.get_by_role("button", name="Add an HTTP API")).to_be_visible()


def test_the_settings_of_a_table_are_in_its_menu(page: Page, app: App, table: int) -> None:
    page.goto(f"{app.url}/tables/{table}")
    page.locator("#table-name").click()
    page.get_by_label("Table name").fill("Renamed")
    page.keyboard.press("Enter")
    expect(page).to_have_title("Renamed – Marl")
    page.get_by_role("button", name="More for this table").click()
    page.get_by_role("menuitem", name="Table settings…").click()
    dialog = page.get_by_role("dialog", name="Table settings")
    expect(dialog.get_by_label("Name")).to_have_value("Renamed")
    dialog.get_by_role("switch", name="Auto-update").uncheck()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).not_to_be_visible()
    with app.api() as api:
        assert api.get(f"/tables/{table}").json()["auto_update"] is False
    page.get_by_role("button", name="More for this table").click()
    page.get_by_role("menuitem", name="Table settings…").click()
    dialog.get_by_role("button", name="Delete table…").click()
    page.get_by_role("button", name="Delete table", exact=True).click()
    expect(page).to_have_url(f"{app.url}/trash")
    expect(page.locator("#deletions")).to_contain_text("Renamed")


def test_a_run_that_ends_in_a_hidden_tab_marks_title_and_icon(page: Page, app: App, table: int, jwt_api: str) -> None:
    with app.api() as api:
        config = {"method": "GET", "url": f"{jwt_api}/{{{{Company}}}}", "auto_update": False}
        column = api.post(f"/tables/{table}/columns", json={"name": "Answer", "type": "http", "config": config}).json()
        page.add_init_script("Object.defineProperty(document, 'hidden', { get: () => window.nobodyLooks ?? false })")
        page.goto(f"{app.url}/tables/{table}")
        expect(page.locator("#grid-body")).to_contain_text("Acme")
        page.evaluate("window.nobodyLooks = true")
        api.post(f"/columns/{column['id']}/runs", json={"rows": "all"})
        expect(page).to_have_title("Done: Answer · Leads in")
        expect(page.locator("link[rel=icon]")).to_have_attribute("href", re.compile("mark-ended"))
        page.evaluate("window.nobodyLooks = false; document.dispatchEvent(new Event('visibilitychange'))")
        expect(page).to_have_title("Leads in – Marl")


def test_the_menu_of_new_sources_stands_at_its_button_and_takes_the_keys(page: Page, app: App, table: int) -> None:
    page.goto(f"{app.url}/tables/{table}/sources")
    opener = page.locator("#panel").get_by_role("button", name="Add source")
    opener.press("Enter")
    menu = page.locator("#add-source")
    expect(menu.get_by_role("button", name="HTTP API…")).to_be_focused()
    below, at = opener.bounding_box(), menu.bounding_box()
    assert below
    assert at
    assert 0 <= at["y"] - (below["y"] + below["height"]) <= 6
    assert abs(at["x"] + at["width"] - (below["x"] + below["width"])) <= 2
    page.keyboard.press("ArrowDown")
    expect(menu.get_by_role("button", name="File…")).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()

"""A table for some people only, in a real browser: gone at once for others, and back for a viewer, then an editor."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.accessible import violations
from tests.e2e.conftest import Picture
from tests.e2e.invitations import invite, join
from tests.servers.marl import App

pytestmark = pytest.mark.e2e

GONE = "This table isn’t there for you any more"
LOCK = "Only some people see this table"


@pytest.fixture
def table(page: Page, app: App) -> int:
    with app.api() as api:
        made = api.post("/tables", json={"name": "Salaries", "columns": [{"name": "Company"}]}).json()
        api.post(f"/tables/{made['id']}/rows", json={"rows": [{"Company": "Northwind"}]}).raise_for_status()
        match = {"column": "Company", "value": "{{Firm}}"}
        looking = {
            "name": "Found",
            "type": "lookup",
            "config": {"table_id": made["id"], "match": match, "many": "count"},
        }
        deals = {"name": "Deals", "columns": [{"name": "Firm"}, looking]}
        api.post("/tables", json=deals).raise_for_status()
    return int(made["id"])


@pytest.fixture
def robin(page: Page, browser: Browser, app: App) -> Iterator[Page]:
    """A page in the narrow, dark browser of a member who is invited as an editor."""
    link = invite(page, app, "robin@example.com", "editor")
    context = browser.new_context(viewport={"width": 720, "height": 860}, color_scheme="dark")
    context.set_default_timeout(30_000)
    other = context.new_page()
    join(other, link, "Robin Lee")
    yield other
    context.close()


def opened(page: Page) -> Locator:
    page.get_by_role("button", name="Share", exact=True).click()
    return page.get_by_role("dialog", name="Share “Salaries”")


def test_a_table_is_kept_to_some_people(page: Page, robin: Page, app: App, table: int, picture: Picture) -> None:
    address = f"{app.url}/tables/{table}"
    robin.goto(address)
    expect(robin.get_by_role("gridcell", name="Northwind")).to_be_visible()
    page.goto(address)
    dialog = opened(page)
    expect(dialog.get_by_label("Everyone in the workspace")).to_be_checked()
    assert violations(page) == []
    dialog.get_by_label("Only these people").check()
    expect(dialog.get_by_text("“Deals” shows values of this table")).to_be_visible()
    expect(dialog.get_by_text("Owners of the workspace always see")).to_be_visible()
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("img", name=LOCK)).to_be_visible()
    expect(robin.get_by_text(GONE)).to_be_visible()
    assert violations(robin) == []
    robin.get_by_role("link", name="See your tables").click()
    expect(robin.get_by_role("link", name="Deals")).to_be_visible()
    expect(robin.get_by_role("link", name="Salaries")).to_have_count(0)

    dialog = opened(page)
    name = dialog.get_by_label("Add someone from the workspace")
    name.focus()
    page.keyboard.type("nobody")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("There is no “nobody” in this workspace")
    name.fill("robin lee")
    dialog.get_by_label("Role of the person you add").select_option("viewer")
    name.press("Enter")
    expect(dialog.get_by_role("listitem")).to_contain_text(["Robin Lee"])
    assert violations(page) == []
    picture(page, "guide/images/members-1-share")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)

    robin.reload()
    expect(robin.get_by_role("img", name="Only some people see it")).to_be_visible()
    assert violations(robin) == []
    robin.get_by_role("link", name="Salaries").click()
    expect(robin.get_by_role("gridcell", name="Northwind")).to_be_visible()
    expect(robin.get_by_role("button", name="Share", exact=True)).to_have_count(0)

    dialog = opened(page)
    dialog.get_by_label("Role of Robin Lee").select_option("editor")
    dialog.get_by_role("button", name="Save").click()
    theirs = opened(robin)  # their page has loaded again, for an editor
    expect(theirs.get_by_role("listitem")).to_contain_text(["Robin Lee (you)"])
    assert violations(robin) == []
    theirs.get_by_label("Everyone in the workspace").check()
    theirs.get_by_role("button", name="Save").click()
    expect(robin.get_by_role("img", name=LOCK)).to_be_hidden()
    expect(page.get_by_role("img", name=LOCK)).to_be_hidden()


def test_the_list_of_tables_shares_one(page: Page, app: App, table: int) -> None:
    page.goto(app.url)
    row = page.locator(f'[data-table="{table}"]')
    row.get_by_role("button", name="More for Salaries").click()
    page.get_by_role("menuitem", name="Share…").click()
    dialog = page.get_by_role("dialog", name="Share “Salaries”")
    dialog.get_by_label("Only these people").check()
    dialog.get_by_role("button", name="Save").click()
    expect(row.get_by_role("img", name="Only some people see it")).to_be_visible()
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("Only the people on the list and owners see this table.")).to_be_visible()
    assert violations(page) == []
    page.reload()
    expect(row.get_by_role("img", name="Only some people see it")).to_be_visible()

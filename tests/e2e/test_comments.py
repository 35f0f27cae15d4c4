"""Comments on a row, in a real browser: written, answered by a viewer, followed live, and found by who is mentioned."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.e2e.accessible import violations
from tests.e2e.conftest import Picture
from tests.e2e.invitations import invite, join
from tests.servers.marl import App

pytestmark = pytest.mark.e2e


@pytest.fixture
def table(page: Page, app: App) -> int:
    with app.api() as api:
        columns = [{"name": "Company", "type": "text"}, {"name": "Size", "type": "number"}]
        made = api.post("/tables", json={"name": "Leads", "columns": columns}).json()
        rows = [{"Company": name, "Size": 10} for name in ("Northwind", "Contoso", "Fabrikam")]
        api.post(f"/tables/{made['id']}/rows", json={"rows": rows}).raise_for_status()
    return int(made["id"])


@pytest.fixture
def kim(page: Page, browser: Browser, app: App) -> Iterator[Page]:
    """A page in the browser of a member who is invited as a viewer."""
    link = invite(page, app, "kim@example.com", "viewer")
    context = browser.new_context(viewport={"width": 720, "height": 860}, color_scheme="dark")
    context.set_default_timeout(30_000)
    other = context.new_page()
    join(other, link)
    yield other
    context.close()


def comments_of(page: Page) -> Locator:
    return page.locator("#drawer").get_by_role("region", name="Comments")


def test_two_members_speak_about_a_row(page: Page, kim: Page, app: App, table: int, picture: Picture) -> None:
    page.goto(f"{app.url}/tables/{table}")
    page.get_by_role("gridcell", name="Contoso").click()
    page.keyboard.press("Shift+Enter")
    mine = comments_of(page)
    field = mine.get_by_label("Write a comment")
    field.click()
    page.keyboard.type("Is this right, @ki")
    expect(page.get_by_role("option")).to_have_text(["kim@example.com"])
    assert violations(page) == []
    page.keyboard.press("Enter")
    page.keyboard.type("? https://acme.example/about and <b>bold</b>")
    page.keyboard.press("Control+Enter")
    expect(mine.locator(".comment")).to_have_count(1)
    expect(mine.locator(".mention")).to_have_text("@kim@example.com")
    expect(mine.get_by_role("link")).to_have_attribute("rel", re.compile("noopener"))
    expect(mine.locator(".comment")).to_contain_text("<b>bold</b>")
    expect(field).to_have_value("")
    expect(page.locator('.commented[title="1 comment"]')).to_have_count(1)

    kim.reload()
    kim.get_by_role("link", name="Mentions, 1 unread").click()
    assert violations(kim) == []
    kim.get_by_role("link", name=re.compile("in Leads")).click()
    expect(kim.get_by_role("heading", name="Row 2", exact=True)).to_be_visible()
    expect(kim.get_by_role("link", name="Mentions", exact=True)).to_be_visible()
    theirs = comments_of(kim)
    expect(theirs.get_by_role("button", name=re.compile("^(Edit|Delete) comment"))).to_have_count(0)
    theirs.get_by_label("Write a comment").fill("It is, @owner@localhost.")
    theirs.get_by_role("button", name="Comment", exact=True).click()
    expect(theirs.locator(".comment")).to_have_count(2)
    assert violations(kim) == []

    expect(mine.locator(".comment").nth(1)).to_contain_text("It is, @owner@localhost.")
    expect(page.get_by_role("link", name="Mentions, 1 unread")).to_be_visible()  # the page was not loaded again
    assert violations(page) == []
    assert page.locator(".drawer-body").evaluate("(body) => body.scrollWidth <= body.clientWidth")
    picture(page, "guide/images/comments-record")
    mine.get_by_role("button", name=re.compile("^Edit comment")).click()
    edited = mine.get_by_label("Edit the comment")
    edited.fill("Thank you")
    edited.press("Control+Enter")
    expect(theirs.locator(".comment").first).to_contain_text("Thank you")
    expect(theirs.locator(".comment").first).to_contain_text("edited")

    theirs.get_by_role("button", name=re.compile("^Delete comment")).click()
    expect(theirs.locator(".comment")).to_have_count(1)
    expect(mine.locator(".comment")).to_have_count(1)
    kim.get_by_role("log", name="Notices").get_by_role("button", name="Undo").click()
    for comments in (theirs, mine):
        expect(comments.locator(".comment").nth(1)).to_contain_text("It is,")

    field.fill("Not sent yet")
    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_role("heading", name="Row 3", exact=True)).to_be_visible()
    expect(field).to_have_value("")
    page.keyboard.press("Alt+ArrowUp")
    expect(field).to_have_value("Not sent yet")
    field.fill("")


def test_a_mention_leads_to_its_row_out_of_a_view(page: Page, app: App, table: int) -> None:
    with app.api() as api:
        row = api.get(f"/tables/{table}/rows").json()["items"][2]["id"]
        company = api.get(f"/tables/{table}").json()["columns"][0]["id"]
        shown = {"name": "First", "filter": [{"column": company, "op": "eq", "value": "Northwind"}]}
        view = api.post(f"/tables/{table}/views", json=shown).json()["id"]
    page.goto(f"{app.url}/tables/{table}?view={view}")
    expect(page.get_by_role("gridcell", name="Northwind")).to_be_visible()
    page.goto(f"{app.url}/tables/{table}?row={row}")
    expect(page.get_by_role("heading", name="Row 3", exact=True)).to_be_visible()
    expect(page.locator("#drawer").get_by_label("Company")).to_have_value("Fabrikam")
    assert "row=" not in page.url

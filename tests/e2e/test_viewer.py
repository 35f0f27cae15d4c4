"""What somebody can see who may change nothing."""

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import BrowserContext, Page, expect

from tests.e2e.invitations import invite, join
from tests.servers.marl import App

pytestmark = pytest.mark.e2e


@pytest.fixture
def viewer(page: Page, context: BrowserContext, app: App) -> Page:
    """A page of a new member who is invited as a viewer."""
    link = invite(page, app, "viewer@example.com", "viewer")
    context.clear_cookies()
    join(page, link)
    return page


def test_a_viewer_reads_the_settings_of_a_column_and_changes_none(viewer: Page, app: App) -> None:
    with app.api() as api:
        table = api.post("/tables", json={"name": "Leads", "columns": [{"name": "Company"}]}).json()["id"]
        api.post(f"/tables/{table}/rows", json={"rows": [{"Company": "Northwind"}]})
        config = {"method": "POST", "url": "https://api.example/v1", "body": '{"of": "{{Company}}"}'}
        column = {"name": "Profile", "type": "http", "config": config | {"auto_update": False}}
        api.post(f"/tables/{table}/columns", json=column).raise_for_status()
    viewer.goto(f"{app.url}/tables/{table}")
    viewer.get_by_role("gridcell", name="Northwind").click()
    viewer.keyboard.type("x")
    expect(viewer.get_by_text("View only. Ask an owner")).to_be_visible()
    head = viewer.get_by_role("columnheader", name="Profile")
    head.click(button="right")
    expect(viewer.get_by_role("menuitem")).to_have_text(
        ["Settings", "Errors…", "Sort ascending", "Sort descending", "Filter by this column…"]
    )
    viewer.get_by_role("menuitem", name="Settings").click()
    panel = viewer.locator("#panel")
    expect(panel.get_by_text("view only")).to_be_visible()
    body = panel.get_by_label("Body text")
    expect(body).to_contain_text("Company")
    expect(body).to_have_attribute("contenteditable", "false")
    for name in ("Save", "Send row 1", "Test row 1"):
        expect(panel.get_by_role("button", name=name)).to_have_count(0)
    assert Axe().run(viewer).response["violations"] == []

"""Results that are out of date, in a real browser: marked by an edit, unmarked by Ctrl+Z, kept when asked to."""

import json
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.e2e.panels import open_settings
from tests.servers.echo import Echo, serving
from tests.servers.marl import App

pytestmark = pytest.mark.e2e


@pytest.fixture
def echo() -> Iterator[Echo]:
    with serving() as server:
        yield server


@pytest.fixture
def table(page: Page, app: App, echo: Echo) -> int:
    """A company and what the API says of it, run by hand."""
    with app.api() as api:
        made = int(
            api.post("/tables", json={"name": "Leads", "columns": [{"name": "Company", "type": "text"}]}).json()["id"]
        )
        assert api.post(f"/tables/{made}/rows", json={"rows": [{"Company": "Acme"}]}).status_code == 201
        request = {"method": "POST", "url": f"{echo.url}/a", "body": json.dumps({"of": "{{Company}}"})}
        config = request | {"field_paths": ["is"], "auto_update": False}
        column = api.post(f"/tables/{made}/columns", json={"name": "Profile", "type": "http", "config": config}).json()
        assert api.post(f"/columns/{column['id']}/runs", json={"rows": "all"}).status_code == 202
    page.goto(f"{app.url}/tables/{made}")
    expect(page.get_by_text("a(Acme)", exact=True)).to_be_visible()
    return made


def test_an_edit_marks_the_result_and_ctrl_z_takes_the_mark_away(page: Page, table: int) -> None:
    page.get_by_role("gridcell", name="Acme", exact=True).first.click()
    page.keyboard.type("Fabrikam")
    page.keyboard.press("Enter")
    expect(page.get_by_title("Out of date · a(Acme)", exact=True)).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page.get_by_text("a(Acme)", exact=True)).to_be_visible()


def test_keeping_existing_results_is_a_setting(page: Page, table: int) -> None:
    panel = open_settings(page, "Profile")
    panel.get_by_role("heading", name="When to run").click()
    panel.get_by_role("switch", name="Auto-update").check()
    panel.get_by_role("switch", name="Don't re-run rows that have a result").check()
    panel.get_by_role("button", name="Save", exact=True).click()
    expect(panel.get_by_text("Saved.")).to_be_visible()
    expect(panel.get_by_role("switch", name="Don't re-run rows that have a result")).to_be_checked()
    found = Axe().run(page).response["violations"]
    assert not found, [(problem["id"], [node["html"] for node in problem["nodes"]]) for problem in found]
    page.get_by_role("gridcell", name="Acme", exact=True).first.click()
    page.keyboard.type("Fabrikam")
    page.keyboard.press("Enter")
    expect(page.get_by_title("Out of date · a(Acme)", exact=True)).to_be_visible()


def test_a_row_that_is_typed_runs_once_when_it_is_left(page: Page, app: App, echo: Echo, table: int) -> None:
    with app.api() as api:
        api.post(f"/tables/{table}/columns", json={"name": "Domain", "type": "text"})
        config = {"method": "POST", "url": f"{echo.url}/b", "body": json.dumps({"of": "{{Company}} {{Domain}}"})}
        api.post(f"/tables/{table}/columns", json={"name": "Contact", "type": "http", "config": config})
    page.reload()
    page.get_by_role("button", name="Add row").first.click()
    expect(page.get_by_role("grid")).to_be_focused()
    page.keyboard.type("Zeta GmbH")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.type("zeta.de")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_text("b(Zeta GmbH zeta.de)", exact=True)).to_be_visible()
    assert [call for call in echo.calls if call.startswith("b(Z")] == ["b(Zeta GmbH zeta.de)"]

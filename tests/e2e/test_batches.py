"""Requests of more than one row in a real browser."""

import ast
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.e2e.conftest import Picture
from tests.e2e.panels import open_settings
from tests.servers.echo import Echo, serving
from tests.servers.marl import App

pytestmark = pytest.mark.e2e

NAMES = ["Northwind", "Contoso", "Fabrikam", "Tailspin", "Wingtip"]
BODY = '{"of": [{{#rows}}"{{Company}}"{{/rows}}]}'


@pytest.fixture
def echo() -> Iterator[Echo]:
    with serving() as server:
        server.answers["companies"] = lambda of: (
            200,
            {"results": [{"name": name, "size": len(name)} for name in reversed(ast.literal_eval(of))]},
        )
        yield server


def test_many_rows_are_sent_in_one_request(page: Page, app: App, echo: Echo, picture: Picture) -> None:
    with app.api() as api:
        table = int(api.post("/tables", json={"name": "Leads", "columns": [{"name": "Company"}]}).json()["id"])
        api.post(f"/tables/{table}/rows", json={"rows": [{"Company": name} for name in NAMES]})
        config = {"method": "POST", "url": f"{echo.url}/companies", "body": '{"of": "{{Company}}"}'}
        settings = {"name": "Profile", "type": "http", "config": config | {"auto_update": False}}
        column = api.post(f"/tables/{table}/columns", json=settings).raise_for_status().json()["id"]
    page.goto(f"{app.url}/tables/{table}")
    panel = open_settings(page, "Profile")
    panel.locator("#section-shape > summary").click()
    panel.get_by_role("switch", name="Many rows in one request").check()
    expect(panel.get_by_text("around what is sent of each row: in a list").last).to_be_visible()
    panel.get_by_label("Body text").fill(BODY)
    panel.get_by_label("List at").last.fill("results")
    panel.get_by_label("Which item is whose").select_option("key")
    panel.locator("#batch-match-row-text").fill("{{Company}}")
    panel.get_by_label("is in the item at", exact=True).fill("name")
    expect(page.locator("#preview")).to_contain_text(
        '{"of": ["Northwind", "Contoso", "Fabrikam", "Tailspin", "Wingtip"]}'
    )
    expect(page.locator("#preview")).to_contain_text("One request for 5 rows, beginning with this one.")
    expect(panel.locator("#section-shape > summary")).to_contain_text("up to 100 rows in one request")
    panel.get_by_label("Rows in one request, at most").fill("4")
    expect(page.locator("#preview")).to_contain_text("One request for 4 rows")
    assert Axe().run(page).response["violations"] == []
    panel.get_by_label("is in the item at", exact=True).scroll_into_view_if_needed()
    picture(page, "guide/images/shapes-batch")
    page.get_by_role("button", name="Send row 1").click()
    expect(panel.get_by_text("Sent as a batch of one row. A run sends up to 4 rows in one request.")).to_be_visible()
    panel.get_by_role("button", name="Save", exact=True).click()
    expect(panel.get_by_text("Saved.")).to_be_visible()
    page.keyboard.press("Escape")
    with app.api() as api:
        api.post(f"/columns/{column}/runs", json={"rows": "all"}).raise_for_status()
    page.get_by_text("Wingtip · 7").dblclick()
    drawer = page.locator("#drawer")
    expect(drawer.get_by_text("One request for this row alone")).to_be_visible()
    page.keyboard.press("ArrowUp")
    expect(drawer.get_by_text("One request for 4 rows: 1–4.")).to_be_visible()
    assert len(echo.calls) == 3

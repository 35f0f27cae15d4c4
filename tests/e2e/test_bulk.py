"""Rows put between others and copied, and several columns at once: each one step of undo."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.servers.marl import App

pytestmark = pytest.mark.e2e


def test_rows_and_columns_are_inserted_duplicated_and_changed_together(page: Page, app: App) -> None:
    with app.api() as api:
        columns = [{"name": name, "type": "text"} for name in ("Company", "Domain", "City")]
        table = api.post("/tables", json={"name": "Leads", "columns": columns}).json()["id"]
        api.post(
            f"/tables/{table}/rows", json={"rows": [{"Company": f"Firm {n}", "City": f"City {n}"} for n in (1, 2)]}
        )
    page.goto(f"{app.url}/tables/{table}")
    shown = page.locator("#grid-body [role=row]:not([hidden])")
    first = page.locator("#grid-body [role=row]:not([hidden]) [aria-colindex='2']")
    expect(first).to_have_text(["Firm 1", "Firm 2"])

    shown.get_by_text("Firm 2", exact=True).click(button="right")
    page.get_by_role("menuitem", name="Insert row above").click()
    expect(first).to_have_text(["Firm 1", "", "Firm 2"])
    page.keyboard.press("Control+z")
    expect(first).to_have_text(["Firm 1", "Firm 2"])
    shown.get_by_text("Firm 1", exact=True).click(button="right")
    page.get_by_role("menuitem", name="Duplicate row").click()
    expect(first).to_have_text(["Firm 1", "Firm 1", "Firm 2"])
    expect(page.get_by_text("Duplicated 1 row, without results.")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(first).to_have_text(["Firm 1", "Firm 2"])

    shown.get_by_text("Firm 1", exact=True).click()
    page.keyboard.press("Control+ArrowDown")
    page.keyboard.type("Firm two")
    page.keyboard.press("Enter")
    shown.get_by_text("Firm two", exact=True).click(button="right")
    page.get_by_role("menuitem", name="History…").click()
    drawer = page.get_by_role("complementary", name="Company, row 2")
    expect(drawer.locator(".change")).to_have_text(["Firm 2 → Firm two", "empty → Firm 2"])
    page.keyboard.press("Escape")
    page.keyboard.press("Control+z")
    shown.get_by_text("Firm 2", exact=True).click(button="right")
    page.get_by_role("menuitem", name="History…").click()
    expect(drawer.locator(".change").first).to_have_text("Firm two → Firm 2")
    expect(drawer).to_contain_text("by undo")
    page.keyboard.press("Escape")

    heads = page.locator("#grid-head .h .name")
    page.get_by_role("columnheader", name="Domain").click(button="right")
    page.get_by_role("menuitem", name="Insert left…").click()
    page.get_by_role("menuitem", name="Number").click()
    page.get_by_role("textbox", name="Column name").fill("Size")
    page.keyboard.press("Enter")
    expect(heads).to_have_text(["Company", "Size", "Domain", "City"])

    page.get_by_role("columnheader", name="Domain").click()
    page.get_by_role("columnheader", name="City").click(modifiers=["Shift"])
    page.get_by_role("columnheader", name="City").click(button="right")
    page.get_by_role("menuitem", name="Hide 2 columns").click()
    expect(heads).to_have_text(["Company", "Size"])
    page.keyboard.press("Control+z")
    expect(heads).to_have_text(["Company", "Size", "Domain", "City"])
    page.get_by_role("columnheader", name="Domain").click()
    page.get_by_role("columnheader", name="City").click(modifiers=["Shift"])
    page.get_by_role("columnheader", name="City").click(button="right")
    page.get_by_role("menuitem", name="Delete 2 columns…").click()
    page.get_by_role("button", name="Delete 2 columns").click()
    expect(heads).to_have_text(["Company", "Size"])
    page.keyboard.press("Control+z")
    expect(heads).to_have_text(["Company", "Size", "Domain", "City"])
    expect(shown.get_by_text("City 2")).to_be_visible()


def test_columns_that_are_not_neighbours_are_chosen_together(page: Page, app: App, jwt_api: str) -> None:
    with app.api() as api:
        columns = [{"name": name, "type": "text"} for name in ("Company", "Domain", "City", "Note")]
        table = api.post("/tables", json={"name": "Leads", "columns": columns}).json()["id"]
        rows = [{"Company": f"Firm {n}", "Domain": f"{n}.de", "City": f"City {n}", "Note": n} for n in (1, 2)]
        api.post(f"/tables/{table}/rows", json={"rows": rows})
        asked: dict[str, Any] = {"method": "GET", "url": f"{jwt_api}/log", "auto_update": False}
        for name in ("First", "Second"):
            made = api.post(f"/tables/{table}/columns", json={"name": name, "type": "http", "config": asked})
            assert made.status_code == 201, made.text
            asked["run_if"] = "{{First}} is not empty"
    page.goto(f"{app.url}/tables/{table}")
    heads = page.locator("#grid-head .h .name")
    names = ["Company", "Domain", "City", "Note", "First", "Second"]
    expect(heads).to_have_text(names)
    shown = page.locator("#grid-body [role=row]:not([hidden])")

    def head(name: str) -> Locator:
        return page.get_by_role("columnheader", name=name)

    head("Company").click()
    head("City").click(modifiers=["ControlOrMeta"])
    expect(page.locator("#grid-head .selected .name")).to_have_text(["Company", "City"])
    expect(page.locator("#selection-sums")).to_contain_text("4 cells")
    head("City").click(button="right")
    page.get_by_role("menuitem", name="Clear 2 columns").click()
    expect(page.get_by_text("Cleared 4 cells in 2 columns.")).to_be_visible()
    expect(shown.get_by_text("City 2")).to_have_count(0)
    expect(shown.get_by_text("2.de")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(shown.get_by_text("City 2")).to_be_visible()

    head("Second").click()
    head("First").click(modifiers=["ControlOrMeta"])
    head("First").click(button="right")
    page.get_by_role("menuitem", name="Run 2 columns…").click()
    page.get_by_role("menuitem", name="Rows with no result").click()
    for column in ("6", "7"):
        results = page.locator(f"#grid-body [role=row]:not([hidden]) [aria-colindex='{column}']")
        expect(results).to_have_text(["No values in it"] * 2)  # the second would be skipped if it ran first

    # By the keyboard alone: the first two but one.
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Control+Space")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Control+Space")
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Hide 2 columns").click()
    expect(heads).to_have_text(["Domain", "Note", "First", "Second"])
    page.keyboard.press("Control+z")
    expect(heads).to_have_text(names)

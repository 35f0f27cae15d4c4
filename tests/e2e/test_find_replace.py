"""Searching with marks in the cells, and find and replace as one step of undo."""

import pytest
from playwright.sync_api import Page, expect

from tests.servers.marl import App

pytestmark = pytest.mark.e2e


def test_what_is_found_is_marked_gone_through_and_replaced(page: Page, app: App) -> None:
    with app.api() as api:
        columns = [{"name": name, "type": type_} for name, type_ in (("Company", "text"), ("Size", "number"))]
        table = api.post("/tables", json={"name": "Leads", "columns": columns}).json()["id"]
        rows = [{"Company": "Acme GmbH" if n % 3 == 0 else f"Firm {n}", "Size": n} for n in range(1, 19)]
        api.post(f"/tables/{table}/rows", json={"rows": rows})
    page.goto(f"{app.url}/tables/{table}")
    page.get_by_text("Firm 1", exact=True).click()

    page.keyboard.press("Control+f")
    page.keyboard.type("gmbh")
    expect(page.locator("#table-size")).to_contain_text("6 of 18 rows")
    shown = page.locator("#grid-body [role=row]:not([hidden])")
    expect(shown.get_by_text("Acme GmbH")).to_have_count(6)
    drawn = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    assert page.evaluate(f"{drawn}.then(() => CSS.highlights.get('search-hit').size)") == 6
    for key, row in (("Enter", "2"), ("Enter", "3"), ("Shift+Enter", "2")):
        page.keyboard.press(key)
        expect(page.locator(f'#grid-body [aria-rowindex="{row}"]:not([hidden]) .active')).to_have_count(1)
        expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#table-size")).to_have_text("18 rows · 2 columns")

    page.keyboard.press("Control+h")
    dialog = page.get_by_role("dialog", name="Find and replace")
    dialog.get_by_label("Find", exact=True).fill("gmbh")
    dialog.get_by_label("Replace with").fill("Ltd")
    expect(dialog.get_by_role("status")).to_have_text("6 cells in 6 rows will change.")
    dialog.get_by_label("Match case").check()
    expect(dialog.get_by_role("status")).to_have_text("No cell would change.")
    expect(dialog.get_by_role("button", name="Replace all")).to_be_disabled()
    dialog.get_by_label("Match case").uncheck()
    expect(dialog.get_by_role("button", name="Replace all")).to_be_enabled()
    dialog.get_by_label("Find", exact=True).press("Enter")
    expect(page.get_by_text("Replaced in 6 cells.")).to_be_visible()
    expect(shown.get_by_text("Acme Ltd")).to_have_count(6)
    expect(page.locator("#sheet")).to_be_focused()
    page.keyboard.press("Control+z")
    expect(shown.get_by_text("Acme GmbH")).to_have_count(6)
    page.keyboard.press("Control+y")
    expect(shown.get_by_text("Acme Ltd")).to_have_count(6)

    page.keyboard.press("Control+h")
    dialog.get_by_role("combobox").select_option("Column “Size”")
    dialog.get_by_label("Find", exact=True).fill("1")
    dialog.get_by_label("Replace with").fill("one")
    expect(dialog.get_by_role("status")).to_have_text("No cell would change: “one” is not a valid number.")

"""Rows moved by the grip at their number and by the keyboard, where the order is the table's own."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.servers.marl import App

pytestmark = pytest.mark.e2e


def firms(page: Page) -> Locator:
    return page.locator("#grid-body [role=row]:not([hidden]) [aria-colindex='2']")


def line(page: Page, text: str) -> Locator:
    rows = page.locator("#grid-body [role=row]:not([hidden])")
    return rows.filter(has=page.get_by_text(text, exact=True))


def drag_by_grip(page: Page, text: str, to: str) -> None:
    """Drops a row directly below another one."""
    line(page, text).locator(".n").hover()
    grip, target = line(page, text).locator(".move-row").bounding_box(), line(page, to).bounding_box()
    assert grip
    assert target
    page.mouse.move(grip["x"] + 12, grip["y"] + 12)
    page.mouse.down()
    page.mouse.move(grip["x"] + 12, target["y"] + 10)
    page.mouse.move(grip["x"] + 12, target["y"] + target["height"] - 4)
    expect(page.locator(".drop-row-line")).to_be_visible()
    page.mouse.up()


def test_rows_move_by_dragging_and_by_keys_and_others_see_it(page: Page, app: App) -> None:
    with app.api() as api:
        columns = [{"name": "Firm", "type": "text"}, {"name": "City", "type": "text"}]
        table = api.post("/tables", json={"name": "Leads", "columns": columns}).json()["id"]
        rows = [{"Firm": name, "City": "Ulm" if name in "ACE" else "Bonn"} for name in "ABCDEF"]
        api.post(f"/tables/{table}/rows", json={"rows": rows})
    page.goto(f"{app.url}/tables/{table}")
    other = page.context.new_page()
    other.goto(f"{app.url}/tables/{table}")
    for each in (page, other):
        expect(firms(each)).to_have_text(list("ABCDEF"))

    drag_by_grip(page, "B", to="D")
    expect(firms(page)).to_have_text(list("ACDBEF"))
    expect(page.get_by_text("Moved 1 row.")).to_be_visible()
    expect(firms(other)).to_have_text(list("ACDBEF"))
    expect(line(page, "B").locator(".number")).to_have_text("4")
    page.keyboard.press("Control+z")
    expect(firms(other)).to_have_text(list("ABCDEF"))
    expect(firms(page)).to_have_text(list("ABCDEF"))

    for name in "AC":
        line(page, name).locator(".n").hover()
        line(page, name).get_by_role("checkbox").click()
    drag_by_grip(page, "C", to="F")
    expect(firms(page)).to_have_text(list("BDEFAC"))
    page.keyboard.press("Alt+ArrowUp")
    page.keyboard.press("Alt+ArrowUp")
    expect(firms(other)).to_have_text(list("BDACEF"))
    expect(firms(page)).to_have_text(list("BDACEF"))
    for key in ["Alt+ArrowDown"] * 2 + ["Alt+ArrowUp"] * 4:  # faster than they are saved
        page.keyboard.press(key)
    expect(firms(other)).to_have_text(list("ACBDEF"))
    expect(firms(page)).to_have_text(list("ACBDEF"))
    for _ in range(9):
        page.keyboard.press("Control+z")
    expect(firms(other)).to_have_text(list("ABCDEF"))
    expect(firms(page)).to_have_text(list("ABCDEF"))
    page.keyboard.press("Escape")

    # In a filter, rows move among those that are shown; at its end, before the next one of the table.
    line(page, "A").get_by_text("Ulm").click(button="right")
    page.get_by_role("menuitem", name="Filter by this value").click()
    expect(firms(page)).to_have_text(list("ACE"))
    page.keyboard.press("Alt+ArrowDown")
    expect(firms(page)).to_have_text(list("CAE"))
    expect(firms(other)).to_have_text(list("BCDAEF"))
    page.get_by_role("button", name="Clear", exact=True).click()

    page.get_by_role("columnheader", name="Firm").click(button="right")
    page.get_by_role("menuitem", name="Sort descending").click()
    expect(firms(page)).to_have_text(list("FEDCBA"))
    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_text("Sorted rows keep the order of the sort. Remove the sort to move rows.")).to_be_visible()
    expect(firms(page)).to_have_text(list("FEDCBA"))

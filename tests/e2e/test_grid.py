"""The grid in a real browser: moving, editing, pasting, columns and rows, as the keyboard and the mouse do it."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Locator, Page, expect

from tests.servers.marl import App

pytestmark = pytest.mark.e2e

# By parts of a pixel: a text is cut already where it lacks one.
HAS_ROOM = """(cell) => {
  const text = document.createRange();
  text.selectNode(document.createTreeWalker(cell, NodeFilter.SHOW_TEXT).nextNode());
  const { paddingRight, borderRightWidth } = getComputedStyle(cell);
  const end = cell.getBoundingClientRect().right - parseFloat(paddingRight) - parseFloat(borderRightWidth);
  return text.getBoundingClientRect().right <= end;
}"""

ROWS = 1200
COLUMNS = [("Company", "text"), ("Domain", "text"), ("Employees", "number"), ("Customer", "checkbox")]

type Cell = Callable[[int, int], Locator]


def new_table(app: App, rows: int) -> int:
    with app.api() as api:
        columns = [{"name": name, "type": type_} for name, type_ in COLUMNS]
        table = api.post("/tables", json={"name": "Leads", "columns": columns}).json()["id"]
        values = [
            {"Company": f"Company {number}", "Domain": f"{number}.example", "Employees": f"{number:04d}"}
            for number in range(1, rows + 1)
        ]
        if values:
            assert api.post(f"/tables/{table}/rows", json={"rows": values}).status_code == 201
    return int(table)


@pytest.fixture
def table(page: Page, app: App) -> int:
    made = new_table(app, ROWS)
    page.goto(f"{app.url}/tables/{made}")
    expect(page.get_by_text("Company 1", exact=True)).to_be_visible()
    return made


@pytest.fixture
def cell(page: Page, table: int) -> Cell:
    """By row and column, both from 1."""
    return lambda row, column: page.locator(
        f'#grid-body [role="row"][aria-rowindex="{row + 1}"]:not([hidden]) [aria-colindex="{column + 1}"]'
    )


def values(app: App, table: int, row: int) -> list[Any]:
    with app.api() as api:
        [found] = api.get(f"/tables/{table}/rows", params={"offset": row - 1, "limit": 1}).json()["items"]
    return [cell["value"] for cell in found["cells"].values()]


def expect_active(page: Page, cell: Locator) -> None:
    expect(cell).to_contain_class("active")
    identity = cell.get_attribute("id")
    assert identity
    expect(page.locator("#sheet")).to_have_attribute("aria-activedescendant", identity)


def test_keys_move_to_every_corner(page: Page, cell: Cell) -> None:
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    expect_active(page, cell(2, 2))
    page.keyboard.press("Control+End")
    expect(cell(ROWS, 4)).to_be_visible()
    expect(cell(ROWS, 1)).to_have_text(f"Company {ROWS}")
    page.keyboard.press("Home")
    page.keyboard.press("PageUp")
    expect(cell(ROWS, 1)).to_have_count(1)
    page.keyboard.press("Control+Home")
    expect_active(page, cell(1, 1))


def test_typing_edits_and_ctrl_z_takes_it_back(page: Page, app: App, table: int, cell: Cell) -> None:
    page.keyboard.type("Northwind")
    page.keyboard.press("Enter")
    expect(cell(1, 1)).to_have_text("Northwind")
    expect(cell(2, 1)).to_contain_class("active")
    page.keyboard.press("Control+z")
    expect(page.get_by_text("Undone: edit of Company")).to_be_visible()
    expect(cell(1, 1)).to_have_text("Company 1")
    page.keyboard.press("Control+Shift+z")
    expect(page.get_by_text("Redone: edit of Company")).to_be_visible()
    assert values(app, table, 1)[0] == "Northwind"


def test_escape_keeps_the_value(page: Page, cell: Cell) -> None:
    page.keyboard.press("F2")
    page.keyboard.type(" and more")
    page.keyboard.press("Escape")
    expect(cell(1, 1)).to_have_text("Company 1")
    expect(page.locator("#sheet")).to_be_focused()


def test_a_refused_value_goes_back_and_says_why(page: Page, app: App, table: int, cell: Cell) -> None:
    cell(1, 3).click()
    page.keyboard.type("many")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Not saved in “Employees”. “many” is not a valid number.")).to_be_visible()
    expect(cell(1, 3)).to_have_text("0001")
    assert values(app, table, 1)[2] == "0001"


def test_the_editor_stays_while_rows_scroll_past(page: Page, app: App, table: int, cell: Cell) -> None:
    cell(3, 1).dblclick()
    page.keyboard.type("!")
    page.locator("#grid").evaluate("grid => grid.scrollTo(0, 20000)")
    expect(page.get_by_text("Company 640", exact=True)).to_be_visible()
    expect(page.locator(".editor")).to_be_focused()
    page.keyboard.press("Enter")
    expect(cell(3, 1)).to_have_text("Company 3!")


def test_a_spreadsheet_is_pasted_with_its_quoted_lines(page: Page, app: App, table: int, cell: Cell) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=app.url)
    page.evaluate("text => navigator.clipboard.writeText(text)", 'a\tb\r\n"two\nlines ""q"""\td\r\n')
    cell(2, 1).click()
    page.keyboard.press("Control+v")
    expect(cell(3, 2)).to_have_text("d")
    expect(cell(3, 1)).to_have_text('two lines "q"')
    page.keyboard.press("Control+c")
    assert page.evaluate("navigator.clipboard.readText()") == 'a\tb\n"two\nlines ""q"""\td'
    page.keyboard.press("Control+z")
    expect(cell(3, 2)).to_have_text("3.example")


def test_pasting_below_the_last_row_adds_rows(page: Page, app: App, table: int, cell: Cell) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=app.url)
    page.evaluate("text => navigator.clipboard.writeText(text)", "x\ny\nz")
    page.keyboard.press("Control+End")
    page.keyboard.press("Home")
    page.keyboard.press("Control+v")
    expect(page.locator("#table-size")).to_contain_text(f"{ROWS + 2:,} rows")
    expect(cell(ROWS, 1)).to_have_text("x")
    page.keyboard.press("Control+z")
    expect(page.locator("#table-size")).to_contain_text(f"{ROWS:,} rows")
    expect(cell(ROWS, 1)).to_have_text(f"Company {ROWS}")


def test_delete_empties_a_range(page: Page, app: App, table: int, cell: Cell) -> None:
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Delete")
    expect(cell(2, 2)).to_have_text("")
    expect(cell(1, 1)).to_have_text("")
    expect(cell(3, 1)).to_have_text("Company 3")


def test_a_checkbox_is_ticked_by_click_and_by_space(page: Page, cell: Cell) -> None:
    box = cell(1, 4).get_by_role("checkbox", name="Customer, row 1")
    box.click()
    expect(box).to_be_checked()
    page.keyboard.press(" ")
    expect(box).not_to_be_checked()


def test_a_column_is_added_named_deleted_and_brought_back(page: Page, table: int) -> None:
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="Date").click()
    page.get_by_label("Column name").fill("Since")
    page.keyboard.press("Enter")
    head = page.get_by_role("columnheader").filter(has_text="Since")
    expect(head).to_be_visible()
    head.click(button="right")
    page.get_by_role("menuitem", name="Delete column").click()
    expect(head).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(head).to_be_visible()
    page.locator("#sheet").focus()
    page.keyboard.press("Control+Shift+z")
    expect(head).to_have_count(0)
    page.keyboard.press("Control+z")
    expect(head).to_be_visible()


def test_the_menu_of_a_head_is_used_by_keyboard_after_a_right_click(page: Page, table: int) -> None:
    page.get_by_role("columnheader").filter(has_text="Company").click(button="right")
    expect(page.get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("menu")).to_be_hidden()
    expect(page.locator("#sheet")).to_be_focused()


def test_a_width_is_kept(page: Page, table: int) -> None:
    head = page.get_by_role("columnheader").filter(has_text="Company")
    before = head.bounding_box()
    assert before
    for _ in range(2):
        page.keyboard.press("ArrowUp")
    with page.expect_response(lambda response: response.request.method == "PATCH"):
        page.keyboard.press("Alt+ArrowRight")
    page.reload()
    expect(head).to_have_css("width", f"{before['width'] + 16:g}px")


def test_rows_are_added_and_deleted(page: Page, table: int, cell: Cell) -> None:
    page.get_by_role("button", name="Add row", exact=True).click()
    expect(page.locator("#table-size")).to_contain_text(f"{ROWS + 1:,} rows")
    expect_active(page, cell(ROWS + 1, 1))
    expect(cell(ROWS, 1)).not_to_have_text("")  # it is there: the rows are read again behind the new one
    page.locator(f'#grid-body [aria-rowindex="{ROWS + 1}"] .n').click(button="right")
    page.get_by_role("menuitem", name="Delete 1 row").click()
    expect(page.locator("#table-size")).to_contain_text(f"{ROWS:,} rows")


def test_another_persons_edit_appears_by_itself(page: Page, app: App, table: int, cell: Cell) -> None:
    with app.api() as api:
        row = api.get(f"/tables/{table}/rows", params={"limit": 1}).json()["items"][0]["id"]
        api.patch(f"/tables/{table}/rows", json={"rows": [{"id": row, "cells": {"Company": "From afar"}}]})
    expect(cell(1, 1)).to_have_text("From afar")


def test_a_table_without_rows_teaches(page: Page, app: App) -> None:
    page.goto(f"{app.url}/tables/{new_table(app, 0)}")
    expect(page.get_by_role("heading", name="No rows yet")).to_be_visible()
    page.locator("#empty-rows").get_by_role("button", name="Add row").click()
    expect(page.get_by_role("heading", name="No rows yet")).to_be_hidden()
    expect(page.locator("#sheet")).to_be_focused()
    page.keyboard.type("First")
    page.keyboard.press("Enter")
    expect(page.locator("#grid-body").get_by_text("First", exact=True)).to_be_visible()


def test_long_values_that_others_write_into_many_rows_are_seen_at_once(page: Page, app: App) -> None:
    with app.api() as api:
        made = api.post("/tables", json={"name": "Abouts", "columns": [{"name": "About"}]}).json()
        path, column = f"/tables/{made['id']}/rows", made["columns"][0]["id"]
        ids = api.post(path, json={"rows": [{"About": "short"}] * 40}).json()["ids"]
        page.goto(f"{app.url}/tables/{made['id']}")
        expect(page.get_by_role("gridcell", name="short").first).to_be_visible()
        changes = [{"id": row, "cells": {str(column): f"about {row} {'x' * 3_000}"}} for row in ids]
        assert api.patch(path, json={"rows": changes}).status_code == 200
    expect(page.get_by_role("gridcell", name=f"about {ids[0]} x")).to_be_visible()
    expect(page.get_by_role("gridcell", name="short")).to_have_count(0)


def test_numbers_and_dates_of_narrow_digits_are_not_cut(page: Page, app: App) -> None:
    with app.api() as api:
        columns = [{"name": "N", "type": "number"}, *({"name": name, "type": "date"} for name in ("At", "Day"))]
        made = api.post("/tables", json={"name": "Ones", "columns": columns}).json()["id"]
        row = {"N": 111_111_111, "At": "2026-11-11T11:11:11", "Day": "2024-03-01"}
        api.post(f"/tables/{made}/rows", json={"rows": [row] * 3})
    page.goto(f"{app.url}/tables/{made}")
    for text in ("111,111,111", "2026-11-11T11:11:11", "2024-03-01"):
        cell = page.get_by_role("gridcell", name=text).first
        expect(cell).to_be_visible()
        page.wait_for_function(HAS_ROOM, arg=cell.element_handle())


def test_no_accessibility_problem_is_found(page: Page, app: App, table: int) -> None:
    found = Axe().run(page).response["violations"]
    page.goto(app.url)
    found += Axe().run(page).response["violations"]
    assert not found, [(problem["id"], [node["html"] for node in problem["nodes"]]) for problem in found]


def test_an_integer_keeps_its_digits_from_the_api_to_the_clipboard(page: Page, app: App) -> None:
    number = 12345678901234567890
    with app.api() as api:
        made = api.post("/tables", json={"name": "Ids", "columns": [{"name": "Id"}, {"name": "Answer"}]}).json()["id"]
        api.post(f"/tables/{made}/rows", json={"rows": [{"Id": number, "Answer": {"id": number, "of": [number]}}]})
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=app.url)
    page.goto(f"{app.url}/tables/{made}")
    expect(page.get_by_role("gridcell", name=str(number), exact=True)).to_be_visible()
    page.get_by_role("gridcell", name=str(number), exact=True).click()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Control+c")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.split("\t") == [str(number), f'"{{""id"":{number},""of"":[{number}]}}"']

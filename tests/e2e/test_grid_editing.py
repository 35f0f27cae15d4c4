"""Rows chosen, cells filled, pasted, cut and cleared, columns moved: as in a spreadsheet."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Locator, Page, expect

from tests.servers.marl import App

pytestmark = pytest.mark.e2e

ROWS = 300
UNDER_WAY = re.compile("^(–|Queued|Running.*)$")
COLUMNS = [("Company", "text"), ("Size", "number"), ("Since", "date"), ("Note", "text")]

type Cell = Callable[[int, int], Locator]


@pytest.fixture
def table(page: Page, app: App, jwt_api: str) -> int:
    """Four typed columns and one that asks an API."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=app.url)
    with app.api() as api:
        columns = [{"name": name, "type": type_} for name, type_ in COLUMNS]
        made = api.post("/tables", json={"name": "Leads", "columns": columns}).json()["id"]
        new = [{"Company": f"Company {number}", "Note": f"n{number}"} for number in range(1, ROWS + 1)]
        api.post(f"/tables/{made}/rows", json={"rows": new})
        config = {"method": "GET", "url": f"{jwt_api}/log", "auto_update": False}
        added = api.post(f"/tables/{made}/columns", json={"name": "Profile", "type": "http", "config": config})
        assert added.status_code == 201, added.text
    page.goto(f"{app.url}/tables/{made}")
    expect(page.get_by_text("Company 1", exact=True)).to_be_visible()
    return int(made)


@pytest.fixture
def cell(page: Page, table: int) -> Cell:
    """By row and column, both from 1."""
    return lambda row, column: page.locator(
        f'#grid-body [role="row"][aria-rowindex="{row + 1}"]:not([hidden]) [aria-colindex="{column + 1}"]'
    )


def number(page: Page, row: int) -> Locator:
    return page.locator(f'#grid-body [role="row"][aria-rowindex="{row + 1}"]:not([hidden]) .n')


def box(page: Page, row: int) -> Locator:
    number(page, row).hover()
    return page.get_by_role("checkbox", name=f"Select row {row}", exact=True)


def bar(page: Page) -> Locator:
    return page.get_by_role("toolbar", name="Selected rows")


def values(app: App, table: int, row: int) -> list[Any]:
    with app.api() as api:
        [found] = api.get(f"/tables/{table}/rows", params={"offset": row - 1, "limit": 1}).json()["items"]
    return [cell["value"] for cell in found["cells"].values()]


def copy_text(page: Page, text: str) -> None:
    page.evaluate("text => navigator.clipboard.writeText(text)", text)


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    page.mouse.move(*end)
    page.mouse.up()


def middle(place: Locator) -> tuple[float, float]:
    found = place.bounding_box()
    assert found
    return found["x"] + found["width"] / 2, found["y"] + found["height"] / 2


def corner(place: Locator) -> tuple[float, float]:
    found = place.bounding_box()
    assert found
    return found["x"] + found["width"] - 4, found["y"] + found["height"] - 4


def test_chosen_rows_are_deleted_and_brought_back(page: Page, app: App, table: int, cell: Cell) -> None:
    box(page, 2).click()
    box(page, 4).click(modifiers=["Shift"])
    expect(bar(page)).to_contain_text("3 rows selected")
    box(page, 3).click()
    expect(bar(page)).to_contain_text("2 rows selected")
    bar(page).get_by_role("button", name="Delete").click()
    expect(page.locator("#table-size")).to_contain_text(f"{ROWS - 2} rows")
    expect(cell(2, 1)).to_have_text("Company 3")
    expect(bar(page)).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#table-size")).to_contain_text(f"{ROWS} rows")
    expect(cell(2, 1)).to_have_text("Company 2")
    expect(cell(4, 1)).to_have_text("Company 4")
    page.keyboard.press("Control+Shift+z")
    expect(cell(2, 1)).to_have_text("Company 3")


def test_all_rows_but_some_are_deleted_and_brought_back(page: Page, app: App, table: int, cell: Cell) -> None:
    page.get_by_role("checkbox", name="Select all rows").click()
    box(page, 1).click()
    box(page, 3).click()
    expect(bar(page)).to_contain_text(f"{ROWS - 2} rows selected")
    bar(page).get_by_role("button", name="Delete").click()
    expect(page.locator("#table-size")).to_contain_text("2 rows")
    expect(cell(2, 1)).to_have_text("Company 3")
    assert values(app, table, 2)[0] == "Company 3"
    page.keyboard.press("Control+z")
    expect(page.locator("#table-size")).to_contain_text(f"{ROWS} rows")
    expect(cell(2, 1)).to_have_text("Company 2")


def test_row_numbers_choose_by_dragging_and_escape_lets_go(page: Page, cell: Cell) -> None:
    drag(page, middle(number(page, 2)), middle(number(page, 6)))
    expect(bar(page)).to_contain_text("5 rows selected")
    bar(page).get_by_role("button", name="Copy").click()
    expect(page.get_by_text("Copied 5 rows.")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").startswith("Company 2\t\t\tn2\t\nCompany 3\t")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(bar(page)).to_be_hidden()
    page.keyboard.press("Shift+Space")
    expect(bar(page)).to_contain_text("1 row selected")


def test_a_column_runs_for_the_chosen_rows(page: Page, table: int, cell: Cell) -> None:
    number(page, 1).click()
    number(page, 3).click(modifiers=["Control"])
    bar(page).get_by_role("button", name="Run…").click()
    page.get_by_role("menuitem", name="Profile").click()
    expect(cell(3, 5)).not_to_have_text(UNDER_WAY)
    expect(cell(1, 5)).not_to_have_text(UNDER_WAY)
    expect(cell(2, 5)).to_have_text("–")


def test_the_corner_fills_down_and_goes_on_with_a_series(page: Page, app: App, table: int, cell: Cell) -> None:
    copy_text(page, "10\t2026-01-30\n15\t2026-01-31")
    cell(1, 2).click()
    page.keyboard.press("Control+v")
    expect(cell(2, 2)).to_have_text("15")
    drag(page, corner(cell(2, 3)), middle(cell(5, 3)))
    expect(cell(5, 2)).to_have_text("30")
    expect(cell(5, 3)).to_have_text("2026-02-03")
    page.keyboard.press("Control+z")
    expect(cell(5, 2)).to_have_text("")
    expect(cell(2, 2)).to_have_text("15")


def test_the_corner_fills_to_the_right_but_not_over_results(page: Page, cell: Cell) -> None:
    cell(1, 4).click()
    drag(page, corner(cell(1, 4)), middle(cell(1, 5)))
    expect(page.get_by_text("You can't type over results.")).to_be_visible()
    cell(2, 1).click()
    page.keyboard.press("Control+r")
    cell(2, 4).click()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Control+d")
    expect(cell(4, 4)).to_have_text("n2")
    expect(cell(5, 4)).to_have_text("n5")
    cell(5, 4).click()
    page.keyboard.press("Control+d")
    expect(cell(5, 4)).to_have_text("n2")


def test_the_menu_of_cells_cuts_pastes_clears_and_fills(page: Page, cell: Cell) -> None:
    cell(1, 1).click(button="right")
    page.get_by_role("menuitem", name="Cut").click()
    expect(cell(1, 1)).to_have_text("")
    cell(2, 4).click(button="right")
    page.get_by_role("menuitem", name="Paste").click()
    expect(cell(2, 4)).to_have_text("Company 1")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+F10")
    page.keyboard.press("f")
    page.keyboard.press("Enter")
    expect(cell(3, 4)).to_have_text("Company 1")
    page.keyboard.press("Shift+F10")
    page.get_by_role("menuitem", name="Clear").click()
    expect(cell(3, 4)).to_have_text("")
    expect(page.locator("#sheet")).to_be_focused()


def test_the_menu_of_a_result_runs_it(page: Page, cell: Cell) -> None:
    cell(2, 5).click(button="right")
    page.get_by_role("menuitem", name="Run this cell").click()
    expect(cell(2, 5)).not_to_have_text(UNDER_WAY)
    cell(2, 5).click(button="right")
    page.get_by_role("menuitem", name="Inspect this cell").click()
    expect(page.get_by_role("complementary", name="Profile, row 2")).to_be_visible()


def test_a_cell_too_long_to_keep_or_to_paste_is_told(page: Page, cell: Cell) -> None:
    cell(1, 1).click()
    copy_text(page, "x" * 150_000)
    page.keyboard.press("Control+v")
    expect(page.get_by_text("1 of 1 cell was not pasted: ")).to_be_visible()
    copy_text(page, f'"{"x" * 17_000_000}"')
    page.keyboard.press("Control+v")
    expect(page.get_by_text("Paste at most 8,000,000 characters at once. For more, upload a file.")).to_be_visible()


def test_cells_are_repeated_in_a_selection_that_they_fit_into_several_times(page: Page, cell: Cell) -> None:
    copy_text(page, "a\nb")
    cell(1, 4).click()
    cell(4, 4).click(modifiers=["Shift"])
    page.keyboard.press("Control+v")
    for row, text in enumerate("abab", 1):
        expect(cell(row, 4)).to_have_text(text)
    cell(1, 4).click()
    cell(3, 4).click(modifiers=["Shift"])
    copy_text(page, "c\nd")
    page.keyboard.press("Control+v")
    for row, text in enumerate("cdab", 1):
        expect(cell(row, 4)).to_have_text(text)
    expect(page.locator('#grid-body [aria-selected="true"]')).to_have_count(2)


def test_a_double_click_adds_one_row(page: Page, app: App, table: int, cell: Cell) -> None:
    page.get_by_role("button", name="Add row").dblclick()
    expect(page.get_by_text(f"{ROWS + 1} rows · 5 columns")).to_be_visible()
    with app.api() as api:
        assert api.get(f"/tables/{table}/rows").json()["total"] == ROWS + 1


def test_cells_that_cannot_take_a_value_are_told_and_marked(page: Page, app: App, table: int, cell: Cell) -> None:
    copy_text(page, "many\t2026-01-01\n7\tsoon\n8\t2026-01-03")
    cell(1, 2).click()
    page.keyboard.press("Control+v")
    words = "2 of 6 cells were not pasted: Size takes numbers, Since takes dates like 2026-12-31."
    expect(page.get_by_text(words)).to_be_visible()
    expect(cell(1, 2)).to_contain_class("refused")
    expect(cell(1, 2)).to_have_attribute("title", "“many” is not a valid number.")
    expect(cell(2, 3)).to_contain_class("refused")
    expect(cell(3, 3)).to_have_text("2026-01-03")
    assert values(app, table, 2)[1:3] == ["7", None]
    page.keyboard.press("Control+z")
    expect(cell(3, 2)).to_have_text("")


def test_pasting_beyond_the_last_column_asks_to_add_columns(page: Page, table: int, cell: Cell) -> None:
    copy_text(page, "a\tb\tc")
    cell(1, 4).click()
    page.keyboard.press("Control+v")
    page.get_by_role("dialog").get_by_role("button", name="Paste and add columns").click()
    expect(cell(1, 6)).to_have_text("c")
    expect(cell(1, 4)).to_have_text("a")
    expect(page.get_by_text("Left out 1 column of results, which can't be overwritten.")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(page.locator("#table-size")).to_contain_text("5 columns")
    expect(cell(1, 4)).to_have_text("n1")


def test_columns_move_by_dragging_and_by_keys(page: Page, table: int) -> None:
    heads = page.locator("#grid-head .h .name")
    expect(heads).to_have_text(["Company", "Size", "Since", "Note", "Profile"])
    second, fourth = heads.nth(1).bounding_box(), heads.nth(3).bounding_box()
    assert second
    assert fourth
    drag(page, (fourth["x"] + 4, fourth["y"] + 8), (second["x"] - 10, second["y"] + 8))
    expect(heads).to_have_text(["Company", "Note", "Size", "Since", "Profile"])
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Alt+Shift+ArrowRight")
    expect(heads).to_have_text(["Company", "Size", "Note", "Since", "Profile"])


def test_a_double_click_fits_a_column_to_its_texts(page: Page, table: int) -> None:
    head = page.get_by_role("columnheader").filter(has_text="Note")
    with page.expect_response(lambda response: response.request.method == "PATCH"):
        head.locator(".grip").dblclick()
    box = head.bounding_box()
    assert box
    assert box["width"] < 140


def test_the_height_of_rows_is_kept_and_tall_ones_set_json_out(page: Page, app: App, table: int, cell: Cell) -> None:
    with app.api() as api:
        [row] = api.get(f"/tables/{table}/rows", params={"limit": 1}).json()["items"]
        note = {"city": "Ulm", "tags": ["a", "b", "c"]}
        api.patch(f"/tables/{table}/rows", json={"rows": [{"id": row["id"], "cells": {"Note": note}}]})
    expect(cell(1, 4)).to_have_text('{"city":"Ulm","tags":["a","b","c"]}')
    page.get_by_role("button", name="Row height").click()
    page.get_by_role("menuitemradio", name="Tall").click()
    expect(cell(1, 1)).to_have_css("height", "96px")
    expect(cell(1, 4)).to_have_text('{ "city": "Ulm", "tags": [ "a", …')
    page.keyboard.press("Control+End")
    expect(cell(ROWS, 1)).to_have_text(f"Company {ROWS}")
    page.reload()
    expect(cell(2, 1)).to_have_css("height", "96px")
    expect(cell(1, 4).locator(".json")).to_be_visible()


def test_live_updates_leave_an_open_editor_alone(page: Page, app: App, table: int, cell: Cell) -> None:
    cell(1, 1).dblclick()
    page.keyboard.type(" and more")
    with app.api() as api:
        [first, second] = api.get(f"/tables/{table}/rows", params={"limit": 2}).json()["items"]
        changes = [{"id": row["id"], "cells": {"Company": "afar", "Note": "afar"}} for row in (first, second)]
        api.patch(f"/tables/{table}/rows", json={"rows": changes})
    expect(cell(2, 1)).to_have_text("afar")
    expect(cell(1, 4)).to_have_text("afar")
    expect(page.locator(".editor")).to_have_value("Company 1 and more")
    page.keyboard.press("Enter")
    expect(cell(1, 1)).to_have_text("Company 1 and more")


def test_no_accessibility_problem_is_found_while_rows_are_chosen(page: Page, cell: Cell) -> None:
    box(page, 2).click()
    expect(bar(page)).to_be_visible()
    found = Axe().run(page).response["violations"]
    assert not found, [(problem["id"], [node["html"] for node in problem["nodes"]]) for problem in found]


def test_undo_asks_before_it_overwrites_what_somebody_else_has_written(
    page: Page, app: App, table: int, cell: Cell
) -> None:
    cell(1, 1).click()
    page.keyboard.type("Mine")
    page.keyboard.press("Enter")
    expect(cell(1, 1)).to_have_text("Mine")
    with app.api() as api:
        [row] = api.get(f"/tables/{table}/rows", params={"limit": 1}).json()["items"]
        api.patch(f"/tables/{table}/rows", json={"rows": [{"id": row["id"], "cells": {"Company": "Theirs"}}]})
    expect(cell(1, 1)).to_have_text("Theirs")
    page.keyboard.press("Control+z")
    words = "“Company” was changed by someone else meanwhile. Nothing was undone."
    expect(page.locator("#toasts").get_by_text(words)).to_be_visible()
    expect(cell(1, 1)).to_have_text("Theirs")
    page.get_by_role("button", name="Undo anyway").click()
    expect(cell(1, 1)).to_have_text("Company 1")
    assert values(app, table, 1)[0] == "Company 1"


def test_redoing_a_paste_asks_before_it_overwrites_what_somebody_else_has_written(
    page: Page, app: App, table: int, cell: Cell
) -> None:
    copy_text(page, "Mine\t7")
    cell(1, 1).click()
    page.keyboard.press("Control+v")
    expect(cell(1, 2)).to_have_text("7")
    page.keyboard.press("Control+z")
    expect(cell(1, 1)).to_have_text("Company 1")
    with app.api() as api:
        [row] = api.get(f"/tables/{table}/rows", params={"limit": 1}).json()["items"]
        api.patch(f"/tables/{table}/rows", json={"rows": [{"id": row["id"], "cells": {"Company": "Theirs"}}]})
    expect(cell(1, 1)).to_have_text("Theirs")
    page.keyboard.press("Control+y")
    words = "“Company” was changed by someone else meanwhile. Nothing was changed."
    expect(page.locator("#toasts").get_by_text(words)).to_be_visible()
    assert values(app, table, 1)[:2] == ["Theirs", None]
    page.get_by_role("button", name="Change anyway").click()
    expect(cell(1, 2)).to_have_text("7")
    assert values(app, table, 1)[:2] == ["Mine", "7"]


def test_a_new_row_that_is_undone_and_redone_is_the_same_row(page: Page, app: App, table: int) -> None:
    notices, size = page.locator("#toasts"), page.locator("#table-size")
    page.get_by_role("button", name="Add row").first.click()
    expect(size).to_contain_text(f"{ROWS + 1} rows")
    for text in ("Zeta", "7"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    for key, words, rows in (("Control+z", "Undone: new row.", ROWS), ("Control+y", "Redone: edit of Size.", ROWS + 1)):
        for _ in range(3):
            page.keyboard.press(key)
        expect(notices.get_by_text(words)).to_be_visible()
        expect(size).to_contain_text(f"{rows} rows")
    assert values(app, table, ROWS + 1)[:2] == ["Zeta", "7"]


def test_empty_cells_are_copied_too(page: Page, app: App, table: int, cell: Cell) -> None:
    cell(1, 2).click()
    page.keyboard.press("Control+c")
    cell(1, 1).click()
    page.keyboard.press("Control+v")
    expect(cell(1, 1)).to_be_empty()
    assert values(app, table, 1)[0] is None


def test_nothing_is_copied_cut_or_cleared_in_an_empty_table(page: Page, app: App) -> None:
    with app.api() as api:
        empty = api.post("/tables", json={"name": "Empty"}).json()["id"]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "limit=" in request.url else None)
    page.goto(f"{app.url}/tables/{empty}")
    expect(page.get_by_text("This table has no columns yet")).to_be_visible()
    page.locator("#sheet").focus()
    asked.clear()
    for keys in ("Control+a", "Control+c", "Control+x", "Delete"):
        page.keyboard.press(keys)
    page.keyboard.press("Control+/")  # what is shown by the keys above is there before this
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    expect(page.get_by_role("log", name="Notices")).to_be_empty()
    assert asked == []

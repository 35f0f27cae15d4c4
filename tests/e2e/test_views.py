"""Searching, filtering, sorting, hiding and pinning, as somebody with a long table does it."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, Locator, Page, Route, expect

from tests.servers.marl import App

pytestmark = pytest.mark.e2e

ROWS = 1200
COLUMNS = [("Company", "text"), ("Domain", "text"), ("Employees", "number"), ("Customer", "checkbox")]

type Cell = Callable[[int, int], Locator]


@pytest.fixture
def table(page: Page, app: App) -> int:
    with app.api() as api:
        columns = [{"name": name, "type": type_} for name, type_ in COLUMNS]
        made = api.post("/tables", json={"name": "Leads", "columns": columns}).json()["id"]
        values = [
            {"Company": f"Company {n}", "Domain": f"{n}.example", "Employees": str(n), "Customer": n % 100 == 0}
            for n in range(1, ROWS + 1)
        ]
        assert api.post(f"/tables/{made}/rows", json={"rows": values}).status_code == 201
    page.goto(f"{app.url}/tables/{made}")
    expect(page.get_by_text("Company 1", exact=True)).to_be_visible()
    return int(made)


@pytest.fixture
def cell(page: Page, table: int) -> Cell:
    """By row and column as shown, both from 1."""
    return lambda row, column: page.locator(
        f'#grid-body [role="row"][aria-rowindex="{row + 1}"]:not([hidden]) [aria-colindex="{column + 1}"]'
    )


def size(page: Page) -> Locator:
    return page.locator("#table-size")


def number(page: Page, row: int) -> Locator:
    return page.locator(f'#grid-body [role="row"][aria-rowindex="{row + 1}"]:not([hidden]) .n')


def search(page: Page, words: str) -> None:
    page.keyboard.press("Control+f")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type(words)


def sort(page: Page, column: str, order: str) -> None:
    page.get_by_role("columnheader").filter(has_text=column).click(button="right")
    page.get_by_role("menuitem", name=f"Sort {order}").click()


def filter_by(page: Page, column: str, test: str, value: str | None) -> None:
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_label("Column of filter 1").select_option(column)
    page.get_by_label("Test of filter 1").select_option(test)
    if value is not None:
        page.get_by_label("Value of filter 1").fill(value)
    page.keyboard.press("Escape")


def test_search_finds_rows_and_escape_brings_all_back(page: Page, cell: Cell) -> None:
    search(page, "company 77")
    expect(size(page)).to_contain_text(f"11 of {ROWS:,} rows")
    expect(cell(2, 1)).to_have_text("Company 770")
    expect(number(page, 2)).to_have_text("770")
    page.keyboard.press("Escape")
    expect(size(page)).to_have_text(f"{ROWS:,} rows · 4 columns")
    expect(page.locator("#sheet")).to_be_focused()
    expect(page.get_by_role("searchbox")).to_have_value("")


def test_a_search_without_a_match_offers_to_clear(page: Page, table: int) -> None:
    search(page, "nobody")
    expect(page.get_by_role("heading", name="No rows match")).to_be_visible()
    page.get_by_role("button", name="Clear search and filters").click()
    expect(page.get_by_text("Company 1", exact=True)).to_be_visible()


def test_filters_are_chips_that_are_kept_and_removed(page: Page, cell: Cell) -> None:
    filter_by(page, "Employees", ">", "1190")
    expect(size(page)).to_contain_text(f"10 of {ROWS:,} rows")
    page.reload()
    expect(size(page)).to_contain_text(f"10 of {ROWS:,} rows")
    expect(cell(1, 1)).to_have_text("Company 1191")
    page.get_by_role("button", name="Remove: Employees > 1190").click()
    expect(size(page)).to_have_text(f"{ROWS:,} rows · 4 columns")


def test_a_search_is_kept_and_shown_in_its_box(page: Page, cell: Cell) -> None:
    search(page, "company 77")
    expect(size(page)).to_contain_text(f"11 of {ROWS:,} rows")
    page.reload()
    expect(page.get_by_role("searchbox")).to_have_value("company 77")
    expect(size(page)).to_contain_text(f"11 of {ROWS:,} rows")
    expect(cell(2, 1)).to_have_text("Company 770")
    page.get_by_role("searchbox").press("Escape")
    expect(size(page)).to_have_text(f"{ROWS:,} rows · 4 columns")
    page.reload()
    expect(size(page)).to_have_text(f"{ROWS:,} rows · 4 columns")
    expect(page.get_by_role("searchbox")).to_have_value("")


def test_all_rows_of_a_long_view_are_not_selected_and_the_limit_is_told(
    page: Page, app: App, table: int, cell: Cell
) -> None:
    with app.api() as api:
        for _ in range(2):
            added = [{"Company": "Other", "Employees": str(n)} for n in range(5_500)]
            assert api.post(f"/tables/{table}/rows", json={"rows": added}).status_code == 201
    expect(size(page)).to_contain_text("12,200 rows")
    every = page.get_by_role("checkbox", name="Select all rows")
    search(page, "other")
    expect(size(page)).to_contain_text("11,000 of 12,200 rows")
    every.click()
    expect(page.get_by_text("At most 10,000 rows of a view can be selected, and this one has 11,000.")).to_be_visible()
    expect(every).not_to_be_checked()
    page.get_by_role("searchbox").press("Escape")
    expect(cell(1, 1)).to_have_text("Company 1")
    sort(page, "Employees", "descending")
    expect(cell(1, 1)).to_have_text("Other")
    every.click()
    expect(page.get_by_text("remove the sort to select all rows of the table")).to_be_visible()
    page.get_by_role("button", name="Remove: Employees, descending").click()
    expect(cell(1, 1)).to_have_text("Company 1")
    every.click()
    expect(page.get_by_role("toolbar", name="Selected rows")).to_contain_text("12,200 rows selected")


def test_two_filters_hold_together(page: Page, table: int) -> None:
    filter_by(page, "Customer", "is ticked", None)
    expect(size(page)).to_contain_text("12 of")
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_role("button", name="+ Add filter").click()
    expect(page.get_by_label("Value of filter 2")).to_be_focused()
    page.keyboard.type("1000")
    page.keyboard.press("Enter")
    expect(size(page)).to_contain_text("1 of")


def test_a_sorted_view_keeps_its_rows_until_it_is_refreshed(page: Page, app: App, cell: Cell) -> None:
    sort(page, "Employees", "descending")
    expect(cell(1, 1)).to_have_text(f"Company {ROWS}")
    expect(number(page, 1)).to_have_text(str(ROWS))
    page.keyboard.press("Control+End")
    expect(cell(ROWS, 1)).to_have_text("Company 1")
    page.keyboard.press("Control+Home")
    cell(1, 3).click()
    page.keyboard.type("0")
    page.keyboard.press("Enter")
    refresh = page.get_by_role("button", name="Rows changed · Refresh")
    expect(refresh).to_be_visible()
    expect(cell(1, 1)).to_have_text(f"Company {ROWS}")
    refresh.click()
    expect(cell(1, 1)).to_have_text(f"Company {ROWS - 1}")
    expect(refresh).to_be_hidden()


def test_a_view_whose_opening_was_cancelled_says_so_and_can_be_opened_again(page: Page, cell: Cell) -> None:
    held: list[Route] = []
    page.route("**/api/v1/tables/*/views", lambda route: held.append(route))
    search(page, "company 77")
    page.get_by_role("button", name="Cancel", exact=True).click()
    stopped = {"error": {"code": "stopped", "message": "Opening this view was stopped."}}
    held[-1].fulfill(status=409, json=stopped)
    again = page.get_by_role("button", name="Cancelled · Try again")
    expect(again).to_be_visible()
    expect(cell(1, 1)).to_have_text("Company 1")
    page.unroute_all()
    again.click()
    expect(cell(1, 1)).to_have_text("Company 77")
    expect(again).to_be_hidden()


def test_edits_pastes_and_deletes_hit_the_rows_that_are_shown(page: Page, app: App, table: int, cell: Cell) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=app.url)
    search(page, "company 77")
    expect(cell(2, 1)).to_have_text("Company 770")
    page.keyboard.press("Enter")
    cell(2, 2).click()
    page.keyboard.press("Control+c")
    assert page.evaluate("navigator.clipboard.readText()") == "770.example"
    page.evaluate("text => navigator.clipboard.writeText(text)", "a.example\nb.example")
    page.keyboard.press("Control+v")
    expect(cell(3, 2)).to_have_text("b.example")
    number(page, 4).click(button="right")
    page.get_by_role("menuitem", name="Delete 1 row").click()
    expect(page.get_by_text("Deleted 1 row.")).to_be_visible()
    expect(size(page)).to_contain_text(f"10 of {ROWS - 1:,} rows")
    expect(cell(4, 1)).to_have_text("Company 773")
    page.get_by_role("button", name="Add row", exact=True).click()
    expect(size(page)).to_contain_text(f"11 of {ROWS:,} rows")
    expect(number(page, 11)).to_have_text(str(ROWS))
    page.keyboard.type("New one")
    page.keyboard.press("Enter")
    expect(cell(11, 1)).to_have_text("New one")
    with app.api() as api:
        found = api.get(f"/tables/{table}/rows", params={"offset": 768, "limit": 4}).json()["items"]
    assert [list(row["cells"].values())[1]["value"] for row in found] == [
        "769.example",
        "a.example",
        "b.example",
        "773.example",
    ]


def test_columns_are_hidden_and_pinned_and_ctrl_z_takes_it_back(page: Page, cell: Cell) -> None:
    heads = page.get_by_role("columnheader")
    page.get_by_role("button", name="Columns", exact=True).click()
    expect(page.get_by_role("checkbox", name="Company", exact=True)).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press(" ")
    expect(heads.filter(has_text="Domain")).to_have_count(0)
    page.get_by_role("button", name="Pin Company").click()  # pinned, as the first column of a table is
    page.get_by_role("button", name="Pin Employees").click()
    expect(heads.nth(1)).to_contain_text("Employees")
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Columns · 1 hidden")).to_be_focused()
    page.reload()
    expect(heads.nth(1)).to_contain_text("Employees")
    expect(cell(1, 1)).to_have_text("1")
    expect(heads.filter(has_text="Domain")).to_have_count(0)
    heads.nth(1).click(button="right")
    page.get_by_role("menuitem", name="Unpin").click()
    expect(heads.nth(1)).to_contain_text("Company")
    page.keyboard.press("Control+z")
    expect(heads.nth(1)).to_contain_text("Employees")


def test_the_first_column_stays_while_the_others_scroll(page: Page, cell: Cell) -> None:
    expect(cell(1, 1)).to_contain_class("pinned")
    page.set_viewport_size({"width": 420, "height": 700})
    page.locator("#grid").evaluate("grid => grid.scrollTo(400, 0)")
    expect(cell(1, 1)).to_be_in_viewport(ratio=1)
    cell(1, 1).click()
    page.keyboard.press("End")
    expect(cell(1, 4)).to_be_in_viewport(ratio=1)
    expect(cell(1, 4)).to_contain_class("active")


def test_the_toolbar_has_no_accessibility_problem(page: Page, cell: Cell) -> None:
    filter_by(page, "Employees", ">", "1190")
    sort(page, "Company", "descending")
    expect(size(page)).to_contain_text("10 of")
    expect(number(page, 1)).to_have_text("1200")
    for button in ("Filter", "Sort", "Columns"):
        page.get_by_role("button", name=button, exact=True).click()
        found = Axe().run(page).response["violations"]
        assert not found, [(problem["id"], [node["html"] for node in problem["nodes"]]) for problem in found]
        page.keyboard.press("Escape")


def test_tab_leaves_a_popover_and_closes_it(page: Page, table: int) -> None:
    popover = page.get_by_role("dialog", name="Sort")
    page.get_by_role("button", name="Sort", exact=True).press("Enter")
    expect(popover.get_by_label("Add a sort")).to_be_focused()
    page.keyboard.press("Tab")
    expect(popover.get_by_label("Group by")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Columns", exact=True)).to_be_focused()
    expect(popover).to_be_hidden()
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_role("button", name="Sort", exact=True)).to_be_focused()


def test_escape_closes_a_popover_from_anywhere_and_returns_to_its_button(page: Page, table: int) -> None:
    button, popover = page.get_by_role("button", name="Sort", exact=True), page.get_by_role("dialog", name="Sort")
    button.press("Enter")
    expect(popover.get_by_label("Add a sort")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(button).to_be_focused()
    expect(popover).to_be_visible()
    page.keyboard.press("Escape")
    expect(popover).to_be_hidden()
    expect(button).to_be_focused()
    button.press("Enter")
    popover.get_by_text("Sort the rows by").click()  # takes the focus off the fields
    expect(page.locator("body")).to_be_focused()
    page.keyboard.press("Escape")
    expect(popover).to_be_hidden()
    expect(button).to_be_focused()


def test_a_filter_changed_from_its_chip_leaves_the_focus_on_the_button(page: Page, cell: Cell) -> None:
    filter_by(page, "Employees", ">", "1190")
    page.get_by_role("button", name="Employees > 1190", exact=True).click()
    expect(page.get_by_label("Value of filter 1")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("1195")
    page.keyboard.press("Enter")
    expect(size(page)).to_contain_text("5 of")
    expect(page.get_by_role("dialog", name="Filter")).to_be_hidden()
    expect(page.get_by_role("button", name="Filter", exact=True)).to_be_focused()


def test_a_view_is_saved_shared_changed_and_deleted(page: Page, app: App, table: int, cell: Cell) -> None:
    filter_by(page, "Employees", "≥", "1191")
    expect(size(page)).to_contain_text("10 of")
    page.get_by_role("button", name="Save as view").click()
    page.get_by_label("Name").fill("Large ones")
    page.keyboard.press("Enter")
    large = page.get_by_role("link", name="Large ones")
    expect(large).to_have_attribute("aria-current", "true")
    assert "?view=" in page.url
    page.get_by_role("button", name="Columns", exact=True).click()
    page.get_by_role("checkbox", name="Domain").click()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("button", name="Discard")).to_have_count(0)
    page.get_by_role("button", name="Remove: Employees ≥ 1191").click()
    expect(size(page)).to_contain_text(f"{ROWS:,} rows")
    page.get_by_role("button", name="Discard").click()
    expect(size(page)).to_contain_text("10 of")
    page.get_by_role("link", name="All rows").click()
    page.keyboard.press("Control+k")
    page.keyboard.type("large ones")
    page.keyboard.press("Enter")
    expect(large).to_have_attribute("aria-current", "true")
    expect(size(page)).to_contain_text("10 of")
    page.get_by_role("link", name="All rows").click()
    heads = page.get_by_role("columnheader")
    expect(heads.filter(has_text="Domain")).to_have_count(1)
    expect(size(page)).to_have_text(f"{ROWS:,} rows · 4 columns")
    with app.api() as api:
        [saved] = api.get(f"/tables/{table}/views").json()["items"]
        page.goto(f"{app.url}/tables/{table}?view={saved['id']}")
        expect(size(page)).to_contain_text("10 of")
        expect(heads.filter(has_text="Domain")).to_have_count(0)
        assert api.patch(f"/views/{saved['id']}", json={"name": "Largest", "filter": []}).status_code == 200
    largest = page.get_by_role("link", name="Largest")
    expect(largest).to_have_attribute("aria-current", "true")
    expect(size(page)).to_have_text(f"{ROWS:,} rows · 4 columns")
    page.get_by_role("button", name="Largest: view menu").click()
    page.get_by_role("menuitem", name="Delete view…").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete view").click()
    expect(largest).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(largest).to_have_attribute("aria-current", "true")


def test_a_view_has_columns_in_its_own_order_and_tabs_change_places(
    page: Page, app: App, table: int, cell: Cell
) -> None:
    with app.api() as api:
        for name in ("First", "Second", "Third"):
            assert api.post(f"/tables/{table}/views", json={"name": name}).status_code == 201
    heads = page.locator("#grid-head .h .name")
    tabs = page.locator("[data-part=views] .view-tab:not([hidden])")
    expect(tabs).to_have_text(["All rows", "First", "Second", "Third"])
    tabs.nth(1).click()
    customer, domain = (page.get_by_role("columnheader").filter(has_text=name) for name in ("Customer", "Domain"))
    customer.drag_to(domain, source_position={"x": 30, "y": 10}, target_position={"x": 6, "y": 10})
    expect(heads).to_have_text(["Company", "Customer", "Domain", "Employees"])
    customer.click(button="right")
    page.get_by_role("menuitem", name="Pin to the left").click()
    expect(customer).to_contain_class("pinned")
    customer.click(button="right")
    page.get_by_role("menuitem", name="Insert left…").click()
    page.get_by_role("menuitem", name="Text").click()
    page.get_by_role("textbox", name="Column name").press("Enter")
    expect(heads).to_have_text(["Company", "Text", "Customer", "Domain", "Employees"])
    page.get_by_role("button", name="Save changes").click()
    expect(page.get_by_role("button", name="Discard")).to_have_count(0)
    page.reload()
    expect(heads).to_have_text(["Company", "Text", "Customer", "Domain", "Employees"])
    expect(customer).to_contain_class("pinned")
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("End")
    page.keyboard.press("Alt+Shift+ArrowLeft")
    expect(heads).to_have_text(["Company", "Text", "Customer", "Employees", "Domain"])
    page.keyboard.press("Control+z")
    expect(heads).to_have_text(["Company", "Text", "Customer", "Domain", "Employees"])
    tabs.nth(0).click()
    expect(heads).to_have_text(["Company", "Domain", "Employees", "Text", "Customer"])
    expect(customer).not_to_contain_class("pinned")

    tabs.nth(3).drag_to(tabs.nth(1), target_position={"x": 4, "y": 10})
    expect(tabs).to_have_text(["All rows", "Third", "First", "Second"])
    expect(tabs.nth(0)).to_have_attribute("aria-current", "true")
    tabs.nth(1).focus()
    page.keyboard.press("Alt+Shift+ArrowRight")
    expect(tabs).to_have_text(["All rows", "First", "Third", "Second"])
    expect(tabs.nth(2)).to_be_focused()
    page.reload()
    expect(tabs).to_have_text(["All rows", "First", "Third", "Second"])


def test_a_view_whose_column_was_deleted_shows_no_rows_and_how_to_mend_it(
    page: Page, app: App, table: int, cell: Cell
) -> None:
    with app.api() as api:
        employees = api.get(f"/tables/{table}").json()["columns"][2]["id"]
        largest = {"column": employees, "op": "gt", "value": "1190"}
        assert api.post(f"/tables/{table}/views", json={"name": "Large", "filter": [largest]}).status_code == 201
    large = page.get_by_role("link", name="Large")
    large.click()
    expect(size(page)).to_contain_text("10 of")
    page.get_by_role("columnheader").filter(has_text="Employees").click(button="right")
    page.get_by_role("menuitem", name="Delete column").click()
    missing = page.locator("#empty-missing")
    expect(missing).to_contain_text("“Large” filters by “Employees”, which was deleted.")
    expect(size(page)).to_contain_text(f"0 of {ROWS:,} rows")
    expect(cell(1, 1)).to_have_count(0)
    expect(large).to_have_attribute("title", "This view filters by “Employees”, which was deleted.")
    violations = Axe().run(page).response["violations"]
    assert not violations, [(item["id"], [node["html"] for node in item["nodes"]]) for item in violations]
    page.reload()
    expect(missing).to_be_visible()
    missing.get_by_role("button", name="Restore “Employees”").click()
    expect(missing).to_be_hidden()
    expect(cell(1, 1)).to_have_text("Company 1191")
    page.keyboard.press("Control+Home")
    with app.api() as api:
        assert api.delete(f"/columns/{employees}").status_code == 204
    missing.get_by_role("button", name="Save without this filter").click()
    expect(missing).to_be_hidden()
    expect(cell(1, 1)).to_have_text("Company 1")
    page.get_by_role("link", name="All rows").click()
    filter_by(page, "Company", "is", "Company 7")
    expect(size(page)).to_contain_text("1 of")
    with app.api() as api:
        [company, *_] = api.get(f"/tables/{table}").json()["columns"]
        assert api.delete(f"/columns/{company['id']}").status_code == 204
    expect(page.get_by_text("A filter was removed, because its column was deleted.")).to_be_visible()


def test_filters_in_groups_and_groups_of_rows(page: Page, table: int, cell: Cell) -> None:
    cell(3, 1).click(button="right")
    page.get_by_role("menuitem", name="Filter by this value").click()
    expect(size(page)).to_contain_text("1 of")
    page.get_by_role("button", name="Filter", exact=True).click()
    page.get_by_role("button", name="+ Add group").click()
    page.keyboard.type("Company 11")
    page.get_by_role("button", name="+ Add to group").click()
    page.get_by_label("Column of filter 3").select_option("Employees")
    page.get_by_label("Test of filter 3").select_option("is between")
    page.get_by_label("Lower value of filter 3").fill("1")
    page.get_by_label("Upper value of filter 3").fill("2")
    page.get_by_label("How filters are joined").select_option("or")
    page.get_by_label("How filters of the group are joined").select_option("or")
    page.keyboard.press("Escape")
    chip = "Company is Company 3 or (Company contains Company 11 or Employees is between 1 and 2)"
    expect(page.get_by_role("button", name=chip, exact=True)).to_be_visible()
    expect(size(page)).to_contain_text("114 of")
    sort(page, "Employees", "descending")
    page.get_by_role("columnheader").filter(has_text="Customer").click(button="right")
    page.get_by_role("menuitem", name="Group by this column").click()
    groups = page.get_by_role("complementary", name="Groups")
    expect(groups.get_by_role("button", name="Not ticked 113")).to_be_visible()
    groups.get_by_role("button", name="Ticked 1", exact=True).click()
    expect(size(page)).to_contain_text("1 of")
    expect(cell(1, 1)).to_have_text("Company 1100")
    found = Axe().run(page).response["violations"]
    assert not found, [(problem["id"], [node["html"] for node in problem["nodes"]]) for problem in found]
    groups.get_by_role("button", name="All groups").click()
    expect(size(page)).to_contain_text("114 of")
    groups.get_by_role("button", name="Remove grouping").click()
    expect(groups).to_be_hidden()


def test_only_errors_are_shown_counted_and_run_again(page: Page, app: App, jwt_api: str) -> None:
    with app.api() as api:
        made = api.post("/tables", json={"name": "Checks", "columns": [{"name": "Path", "type": "text"}]}).json()["id"]
        api.post(f"/tables/{made}/rows", json={"rows": [{"Path": path} for path in ("log", "none", "log", "gone")]})
        config = {"method": "GET", "url": f"{jwt_api}/{{{{Path}}}}", "auto_update": False}
        column = api.post(f"/tables/{made}/columns", json={"name": "Answer", "type": "http", "config": config}).json()
        page.goto(f"{app.url}/tables/{made}")
        expect(number(page, 4)).to_be_visible()
        expect(page.locator('[data-view="errors"]')).to_be_hidden()
        assert api.post(f"/columns/{column['id']}/runs", json={"rows": "all"}).status_code == 202
        errors = page.get_by_role("link", name="Errors 2")
        expect(errors).to_be_visible()
        errors.click()
        expect(errors).to_have_attribute("aria-current", "true")
        expect(size(page)).to_contain_text("2 of 4 rows")
        expect(number(page, 2)).to_have_text("4")
        page.reload()
        expect(errors).to_have_attribute("aria-current", "true")
        expect(size(page)).to_contain_text("2 of 4 rows")
        page.get_by_role("button", name="Run Answer").click()
        page.get_by_role("menuitem", name="Rows of this view… 2").click()
        with page.expect_response(lambda answer: answer.url.endswith("/runs") and answer.status == 202) as started:
            page.get_by_role("dialog").get_by_role("button", name="Run these rows").click()
    assert started.value.json()["counts"]["total"] == 2


def test_only_errors_can_be_switched_off_when_none_is_left(page: Page, app: App, jwt_api: str) -> None:
    with app.api() as api:
        made = api.post("/tables", json={"name": "Mended", "columns": [{"name": "Path", "type": "text"}]}).json()["id"]
        api.post(f"/tables/{made}/rows", json={"rows": [{"Path": path} for path in ("log", "none")]})
        config = {"method": "GET", "url": f"{jwt_api}/{{{{Path}}}}", "auto_update": True}
        api.post(f"/tables/{made}/columns", json={"name": "Answer", "type": "http", "config": config})
    page.goto(f"{app.url}/tables/{made}")
    page.get_by_role("button", name="Run Answer").click()
    page.get_by_role("menuitem", name="First 10 rows 2").click()
    page.get_by_role("link", name="Errors 1").click()
    expect(size(page)).to_contain_text("1 of 2 rows")
    expect(page.locator("#grid-body .line:not([hidden])")).to_have_count(1)
    page.get_by_role("gridcell", name="none", exact=True).click()
    page.keyboard.type("log")
    page.keyboard.press("Enter")
    nothing_left = page.get_by_role("link", name="Errors 0")
    expect(nothing_left).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="All rows").click()
    expect(size(page)).to_contain_text("2 rows · 2 columns")
    expect(nothing_left).to_be_hidden()


def test_a_view_is_shared_with_somebody_without_an_account(
    page: Page, app: App, table: int, browser: Browser, picture: Callable[[Page | Locator, str], None]
) -> None:
    with app.api() as api:
        _, domain, employees, _ = (column["id"] for column in api.get(f"/tables/{table}").json()["columns"])
        settings = {"filter": [{"column": employees, "op": "gt", "value": 1090}], "hidden": [domain]}
        view = api.post(f"/tables/{table}/views", json={"name": "Large", **settings}).json()["id"]
    page.goto(f"{app.url}/tables/{table}?view={view}")
    page.get_by_role("button", name="Large: view menu").click()
    page.get_by_role("menuitem", name="Share with anyone…").press("Enter")
    dialog = page.get_by_role("dialog", name="Share “Large”")
    dialog.get_by_label("The link ends").select_option("in a week")
    dialog.get_by_role("button", name="Make link").press("Enter")
    expect(dialog.get_by_role("button", name="Copy the link")).to_be_focused()
    address = dialog.locator(".copied code").inner_text()
    assert Axe().run(page).response["violations"] == []
    picture(page, "guide/images/views-share")
    stranger = browser.new_page(viewport={"width": 1024, "height": 700}, color_scheme="dark")
    stranger.goto(address)
    expect(stranger.get_by_text("Leads · 110 rows, read only")).to_be_visible()
    expect(stranger.get_by_role("columnheader", name="Domain")).to_have_count(0)
    assert Axe().run(stranger).response["violations"] == []
    picture(stranger, "guide/images/views-shared")
    stranger.get_by_role("link", name="Next").click()
    expect(stranger.get_by_role("cell", name="Company 1200")).to_be_visible()
    dialog.get_by_role("button", name="End the link").click()
    expect(dialog.get_by_role("listitem")).to_have_count(0)
    stranger.reload()
    expect(stranger.get_by_role("heading", name="This link has ended")).to_be_visible()
    stranger.close()

"""Menus and popovers stay at what they belong to, and inside of the window."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.accessible import violations
from tests.servers.marl import App

pytestmark = pytest.mark.e2e

NARROW = [720, 390]


@pytest.fixture
def table(page: Page, app: App) -> None:
    with app.api() as api:
        columns = [{"name": f"Column {n}", "type": "text"} for n in range(1, 9)]
        made = api.post("/tables", json={"name": "Leads", "columns": columns}).json()["id"]
        rows = [{"Column 1": f"Firm {n}"} for n in range(1, 60)]
        api.post(f"/tables/{made}/rows", json={"rows": rows}).raise_for_status()
    page.goto(f"{app.url}/tables/{made}")
    expect(page.get_by_role("gridcell", name="Firm 1", exact=True)).to_be_visible()


def box(of: Locator) -> tuple[float, float, float, float]:
    found = of.bounding_box()
    assert found
    return found["x"], found["y"], found["x"] + found["width"], found["y"] + found["height"]


def check_inside(page: Page, popover: Locator) -> None:
    size = page.viewport_size
    assert size
    left, top, right, bottom = box(popover)
    assert left >= 0
    assert top >= 0
    assert right <= size["width"]
    assert bottom <= size["height"]


def beside(popover: Locator, opener: Locator) -> bool:
    left, top, right, bottom = box(opener)
    at = box(popover)
    return (abs(at[1] - bottom) <= 6 or abs(at[3] - top) <= 6) and at[0] <= right and at[2] >= left


OPENED: list[tuple[str, Callable[[Page], Locator], str]] = [
    ("menu of the table", lambda page: page.get_by_role("button", name="More for this table"), "[role=menu]"),
    ("filter", lambda page: page.get_by_role("button", name="Filter", exact=True), "#filter-popover"),
    ("columns", lambda page: page.get_by_role("button", name="Columns", exact=True), "#columns-popover"),
    ("account", lambda page: page.get_by_role("button", name="Account and settings"), "#account-menu"),
]


def test_many_columns_are_searched_and_shown_by_name(page: Page, app: App) -> None:
    with app.api() as api:
        columns = [{"name": f"{word} {n}"} for n in range(20) for word in ("Price", "Plan")]
        made = api.post("/tables", json={"name": "Wide", "columns": columns}).json()
        for column in made["columns"][:4]:
            api.patch(f"/columns/{column['id']}", json={"hidden": True}).raise_for_status()
    page.goto(f"{app.url}/tables/{made['id']}")
    page.get_by_role("button", name="Columns · 4 hidden").click()
    popover = page.locator("#columns-popover")
    expect(popover.get_by_label("Search columns")).to_be_focused()
    page.keyboard.type("plan")
    expect(popover.get_by_role("checkbox")).to_have_count(20)
    expect(popover.get_by_label("Search columns")).to_be_focused()
    popover.get_by_role("button", name="Show these").click()
    expect(page.get_by_role("button", name="Columns · 2 hidden")).to_be_visible()
    popover.get_by_label("Search columns").fill("nowhere")
    expect(popover.get_by_role("status")).to_have_text("No column has this in its name.")
    assert violations(page) == []
    popover.get_by_label("Search columns").fill("price 1")
    page.keyboard.press("ArrowDown")
    expect(popover.get_by_label("Price 1", exact=True)).to_be_focused()


@pytest.mark.parametrize(("name", "opener", "popover"), OPENED, ids=[name for name, *_ in OPENED])
def test_a_popover_follows_its_button_when_the_window_changes(
    name: str, opener: Callable[[Page], Locator], popover: str, page: Page, table: None
) -> None:
    opener(page).click()
    opened = page.locator(f"{popover}:popover-open")
    for width, height in ((1440, 860), (1100, 700), (720, 860), (1440, 620)):
        page.set_viewport_size({"width": width, "height": height})
        expect(opened).to_have_count(1)
        page.wait_for_function(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"
        )
        assert beside(opened, opener(page)), (width, height)
        check_inside(page, opened)


def test_a_menu_of_a_column_follows_it_while_the_grid_scrolls_and_closes_when_it_is_gone(
    page: Page, table: None
) -> None:
    page.set_viewport_size({"width": 720, "height": 860})
    page.locator('[aria-label="Column 3: column menu"]').dispatch_event("click")
    menu, head = page.get_by_role("menu"), page.get_by_role("columnheader", name="Column 3")
    expect(menu).to_be_visible()
    scroll = "x => { document.querySelector('#grid').scrollLeft = x }"
    page.evaluate(scroll, 120)
    page.wait_for_function("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))")
    assert beside(menu, head)
    page.evaluate(scroll, 0)
    page.mouse.click(5, 850)
    page.get_by_role("gridcell", name="Firm 5", exact=True).click(button="right")
    expect(menu).to_be_visible()
    page.evaluate("document.querySelector('#grid').scrollTop = 300")
    expect(menu).to_have_count(0)


@pytest.mark.parametrize("width", NARROW)
def test_a_menu_near_an_edge_stays_inside(width: int, page: Page, table: None) -> None:
    page.set_viewport_size({"width": width, "height": 600})
    for x, y in ((width - 4, 300), (width - 4, 530), (60, 530)):
        page.mouse.click(x, y, button="right")
        menu = page.get_by_role("menu")
        expect(menu).to_be_visible()
        check_inside(page, menu)
        page.keyboard.press("Escape")
        expect(menu).to_have_count(0)
    for opener in ("More for this table", "Add column"):
        page.get_by_role("button", name=opener).first.click()
        check_inside(page, page.get_by_role("menu"))
        page.keyboard.press("Escape")


def test_an_item_of_a_menu_is_found_by_its_first_letters(page: Page, table: None) -> None:
    page.get_by_role("button", name="More for this table").press("Enter")
    page.keyboard.type("find and")
    expect(page.get_by_role("menuitem", name="Find and replace")).to_be_focused()
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    for name in ("Table settings", "Trash", "Table settings"):  # a letter again goes on
        page.keyboard.press("t")
        expect(page.get_by_role("menuitem", name=name)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Table settings")).to_be_visible()


def test_the_button_of_the_menu_leaves_a_short_name_its_room(page: Page, app: App) -> None:
    with app.api() as api:
        made = api.post("/tables", json={"name": "Short", "columns": [{"name": "A"}, {"name": "Zip"}]}).json()["id"]
    page.goto(f"{app.url}/tables/{made}")
    for name in ("A", "Zip"):
        words = page.locator("[role=columnheader] .name").get_by_text(name, exact=True)
        words.hover()
        expect(page.get_by_label(f"{name}: column menu")).to_be_visible()
        assert words.evaluate("words => words.scrollWidth <= words.clientWidth"), name

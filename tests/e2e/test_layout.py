"""What is in sight: on narrow screens, beside the pinned column, and where the errors are."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.panels import open_settings
from tests.e2e.test_accessible import PAGES
from tests.servers.marl import App

pytestmark = pytest.mark.e2e

OUTSIDE = """() => [...document.querySelectorAll("button, a:not(.skip-link), input, select, h1")]
    .filter((element) => element.checkVisibility() && !element.closest("#sheet, .summaries"))
    .filter((element) => {
        const { left, right, width } = element.getBoundingClientRect();
        return width > 0 && (left < 0 || right > innerWidth);
    })
    .map((element) => element.outerHTML.slice(0, 120))"""


@pytest.fixture
def table(app: App, jwt_api: str) -> int:
    """Eight wide columns, and one at the far right that failed in the second of two rows."""
    with app.api() as api:
        names = ["Company", *(f"A long name for column {number}" for number in range(2, 9))]
        columns = [{"name": name, "type": "text"} for name in names]
        made = int(
            api.post("/tables", json={"name": "A table with quite a long name", "columns": columns}).json()["id"]
        )
        api.post(f"/tables/{made}/rows", json={"rows": [{"Company": "log"}, {"Company": "none"}]})
        config = {"method": "GET", "url": f"{jwt_api}/{{{{Company}}}}", "auto_update": False}
        column = api.post(f"/tables/{made}/columns", json={"name": "Answer", "type": "http", "config": config}).json()
        assert api.post(f"/columns/{column['id']}/runs", json={"rows": "all"}).status_code == 202
        deleted = api.post("/tables", json={"name": "A deleted table with quite a long name", "columns": columns[:1]})
        api.delete(f"/tables/{deleted.json()['id']}")
    return made


@pytest.mark.parametrize("width", [720, 390])
def test_nothing_stands_outside_a_narrow_screen(width: int, page: Page, app: App, table: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    found: dict[str, list[str]] = {}
    for address in (*PAGES, f"/tables/{table}"):
        page.goto(app.url + address)
        expect(page.locator("h1")).to_be_visible()
        if outside := page.evaluate(OUTSIDE):
            found[address] = outside
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), address
    assert found == {}
    assert page.locator("h1").evaluate("heading => heading.clientWidth") >= 72


def test_the_errors_come_into_sight_beside_the_names(page: Page, app: App, table: int) -> None:
    page.set_viewport_size({"width": 1024, "height": 700})
    page.goto(f"{app.url}/tables/{table}")
    page.get_by_role("link", name="Errors 1").click()
    expect(page.locator("#table-size")).to_contain_text("1 of 2 rows")
    expect(page.locator("#grid-body .c.active")).to_contain_text("404")
    expect(page.locator("#grid-body .c.active")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("gridcell", name="none", exact=True)).to_be_in_viewport(ratio=1)


def test_a_new_column_stands_beside_the_active_one_and_is_seen(page: Page, app: App, table: int) -> None:
    page.goto(f"{app.url}/tables/{table}")
    page.locator('#grid-body [aria-rowindex="2"] [aria-colindex="3"]').click()
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="Formula").click()
    panel = page.locator("#panel")
    panel.get_by_label("Name", exact=True).fill("Shout")
    panel.get_by_label("Formula", exact=False).first.fill("UPPER({{Company}})")
    expect(panel.locator("#preview")).to_contain_text("LOG")
    panel.get_by_role("button", name="Save", exact=True).click()
    heads = page.locator("#grid-head .h .name")
    expect(heads.nth(2)).to_have_text("Shout")
    expect(heads.nth(2)).to_be_in_viewport(ratio=1)
    expect(page.get_by_text("LOG", exact=True).first).to_be_visible()


def test_columns_fit_their_values_until_a_width_is_chosen(page: Page, app: App, table: int) -> None:
    page.goto(f"{app.url}/tables/{table}")
    head = page.get_by_role("columnheader", name=re.compile("^Company"))
    expect(page.get_by_role("gridcell", name="none", exact=True)).to_be_visible()
    page.wait_for_function("document.querySelector('#grid-head .h').offsetWidth < 160")
    box = head.bounding_box()
    assert box
    assert 64 <= box["width"] < 160
    page.mouse.move(box["x"] + box["width"] - 3, box["y"] + 10)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] + 97, box["y"] + 10)
    with page.expect_response(lambda answer: answer.request.method == "PATCH"):
        page.mouse.up()
    page.reload()
    expect(page.get_by_role("gridcell", name="none", exact=True)).to_be_visible()
    widened = head.bounding_box()
    assert widened
    assert abs(widened["width"] - box["width"] - 100) < 3


def test_columns_fit_their_values_when_the_page_opens_at_once(page: Page, app: App, table: int) -> None:
    page.add_init_script("performance.now = () => 100")
    with app.api() as api:
        row = api.get(f"/tables/{table}/rows").json()["items"][0]["id"]
        api.patch(f"/tables/{table}/rows", json={"rows": [{"id": row, "cells": {"Company": "A rather long name" * 2}}]})
    page.goto(f"{app.url}/tables/{table}")
    page.wait_for_function("document.querySelector('#grid-head .h').offsetWidth > 200")


def test_text_from_right_to_left_is_cut_at_its_end(page: Page, app: App, table: int) -> None:
    with app.api() as api:
        row = api.get(f"/tables/{table}/rows").json()["items"][0]["id"]
        api.patch(f"/tables/{table}/rows", json={"rows": [{"id": row, "cells": {"Company": "شركة الأفق " * 20}}]})
    page.goto(f"{app.url}/tables/{table}")
    cell = page.get_by_role("gridcell").first
    expect(cell).to_contain_text("شركة")
    assert cell.evaluate("""cell => {
        const first = document.createRange();
        first.setStart(cell.firstChild, 0);
        first.setEnd(cell.firstChild, 1);
        const { left, right } = first.getBoundingClientRect();
        const box = cell.getBoundingClientRect();
        return left >= box.left && right <= box.right;
    }""")


def test_the_answer_of_a_test_is_in_sight_in_a_window_that_is_zoomed_in(page: Page, app: App, table: int) -> None:
    with app.api() as api:
        config = {"method": "GET", "url": f"{app.url}/sample-api/v1/companies/acme.example", "auto_update": False}
        api.post(f"/tables/{table}/columns", json={"name": "Profile", "type": "http", "config": config})
    page.set_viewport_size({"width": 720, "height": 450})
    page.goto(f"{app.url}/tables/{table}")
    panel = open_settings(page, "Profile")
    panel.get_by_role("button", name="Test row 1").click()
    expect(panel.locator("#test-result").get_by_text("Row 1")).to_be_in_viewport()


def test_a_range_and_the_open_tab_are_seen_in_colours_of_high_contrast(page: Page, app: App, table: int) -> None:
    page.emulate_media(forced_colors="active")
    page.goto(f"{app.url}/tables/{table}")
    page.get_by_role("gridcell", name="log").first.click()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowDown")
    color = "(part, of) => getComputedStyle(part, of).backgroundColor"
    inside = page.locator(".sheet .body .c.inside:not(.active)").first
    expect(inside).to_be_visible()
    outside = page.locator(".sheet .body .c:not(.inside)").first
    assert inside.evaluate(color) != outside.evaluate(color)
    tab = page.locator(".view-tab[aria-current=true]")
    assert tab.evaluate(color, "::after") not in (tab.evaluate(color), outside.evaluate(color))

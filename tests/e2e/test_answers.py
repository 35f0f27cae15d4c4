"""From an answer to columns: the menu that reaches into it, and the fields that become columns."""

import json
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.e2e.panels import open_settings
from tests.servers.echo import Echo, serving
from tests.servers.marl import App

pytestmark = pytest.mark.e2e

ROWS = ["Northwind", "Contoso", "Fabrikam"]


@pytest.fixture
def echo() -> Iterator[Echo]:
    with serving() as server:
        server.answers["companies"] = lambda name: (
            200,
            {
                "data": {
                    "id": 7,
                    "name": name,
                    "city": "Utrecht",
                    "founded": 1998,
                    "people": [{"name": "Ann"}, {"name": "Bob"}],
                }
            },
        )
        yield server


@pytest.fixture
def table(page: Page, app: App, echo: Echo) -> int:
    """Three companies with a profile."""
    with app.api() as api:
        made = int(api.post("/tables", json={"name": "Leads", "columns": [{"name": "Company"}]}).json()["id"])
        api.post(f"/tables/{made}/rows", json={"rows": [{"Company": name} for name in ROWS]})
        request = {"method": "POST", "url": f"{echo.url}/companies", "body": json.dumps({"of": "{{Company}}"})}
        config = request | {"auto_update": False}
        column = api.post(f"/tables/{made}/columns", json={"name": "Profile", "type": "http", "config": config}).json()
        assert api.post(f"/columns/{column['id']}/runs", json={"rows": "all"}).status_code == 202
        new = {"name": "Not run", "type": "http", "config": config}
        assert api.post(f"/tables/{made}/columns", json=new).status_code == 201
    page.goto(f"{app.url}/tables/{made}")
    expect(page.get_by_text("· Utrecht").first).to_be_visible()
    return made


def expect_accessible(page: Page) -> None:
    found = Axe().run(page).response["violations"]
    assert not found, [(problem["id"], [node["html"] for node in problem["nodes"]]) for problem in found]


def test_the_menu_of_columns_reaches_into_answers(page: Page, table: int) -> None:
    page.get_by_role("button", name="Add column").first.click()
    with page.expect_response(lambda response: "/examples" in response.url):
        page.get_by_role("menuitem", name="HTTP API").click()
    panel = page.locator("#panel")
    menu = page.get_by_role("listbox", name="Columns and their fields")
    options = menu.get_by_role("option")
    address, sent = panel.get_by_label("Endpoint URL"), panel.locator('[name="url"]')
    address.click()
    page.keyboard.type("https://crm.example/companies/company")
    expect(options).to_have_count(1)
    page.keyboard.press("Enter")
    expect(options).to_have_count(0)
    expect(sent).to_have_value("https://crm.example/companies/company")
    page.keyboard.type("//")
    expect(menu).to_contain_text("Columns, with row 1")
    expect(options.nth(0)).to_contain_text("Northwind")
    expect(options.nth(1)).to_contain_text("5 fields, right arrow opens")
    expect(options.nth(2)).to_contain_text("Run one row to see its fields")
    page.keyboard.press("ArrowDown")
    expect_accessible(page)
    page.keyboard.press("Enter")  # an object has no place in an address
    expect(options).to_have_count(5)
    expect(options.nth(2)).to_contain_text("data.cityUtrecht")
    page.keyboard.press("ArrowLeft")
    expect(options).to_have_count(3)
    page.keyboard.type("city")
    expect(options).to_have_count(1)
    page.keyboard.press("Enter")
    expect(sent).to_have_value("https://crm.example/companies/company/{{Profile.data.city}}")
    expect(page.locator("#preview")).to_contain_text("/company/Utrecht")

    panel.get_by_label("Method").select_option("POST")
    body, typed = panel.get_by_label("Body text"), panel.locator('[name="body"]')
    body.click()
    page.keyboard.type('{"name": "/')
    expect(options).to_have_count(3)
    for key in ("ArrowDown", "ArrowRight", *["ArrowDown"] * 4, "ArrowRight", "ArrowDown", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    expect(typed).to_have_value('{"name": "{{Profile.data.people[*].name}}')
    page.keyboard.type('", "whole": {{Profile}}')
    page.keyboard.type(".data.f")
    expect(options).to_have_count(1)
    page.keyboard.press("Enter")
    expect(typed).to_have_value('{"name": "{{Profile.data.people[*].name}}", "whole": {{Profile.data.founded}}')
    page.keyboard.type(', "other": {{Not run.')
    expect(options).to_have_text(["Run one row to see its fields"])
    page.keyboard.press("Escape")
    expect(panel).to_be_visible()


def columns(page: Page) -> list[str]:
    return page.locator("#grid-head .name").all_inner_texts()


def test_fields_of_a_cell_become_columns_one_by_one_and_together(page: Page, table: int) -> None:
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press(" ")
    drawer = page.locator("#drawer")
    tree = drawer.get_by_role("tree", name="Value")
    tree.get_by_role("button", name="Column City").click()
    expect(page.get_by_text("Added City.")).to_be_visible()
    expect(tree.get_by_role("treeitem", name="city: Utrecht, column City")).to_be_visible()
    assert columns(page) == ["Company", "Profile", "City", "Not run"]
    expect(page.locator('#grid-body [aria-rowindex="2"] [aria-colindex="4"]')).to_have_text("Utrecht")
    tree.get_by_role("checkbox", name="Tick name").first.check()
    tree.get_by_role("treeitem", name="founded").focus()
    page.keyboard.press(" ")
    expect(drawer.get_by_text("Name, Founded")).to_be_visible()
    expect_accessible(page)
    drawer.get_by_role("button", name="Add 2 columns").click()
    expect(page.get_by_text("Added Name and Founded.")).to_be_visible()
    expect(page.locator("#grid-head .name")).to_have_text(["Company", "Profile", "City", "Name", "Founded", "Not run"])
    tree.get_by_role("treeitem", name="founded").focus()
    page.keyboard.press("Control+z")
    expect(page.locator("#grid-head .name")).to_have_text(["Company", "Profile", "City", "Not run"])
    tree.get_by_role("treeitem", name="founded").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#grid-head .name")).to_have_text(["Company", "Profile", "City", "Founded", "Not run"])
    page.locator("#toasts > *", has_text="Added Founded.").get_by_role("button", name="Undo").click()
    expect(page.locator("#grid-head .name")).to_have_text(["Company", "Profile", "City", "Not run"])


def test_formulas_reach_into_answers(page: Page, table: int) -> None:
    page.get_by_role("button", name="Add column").first.click()
    with page.expect_response(lambda response: "/examples" in response.url):
        page.get_by_role("menuitem", name="Formula").click()
    panel = page.locator("#panel")
    options = page.get_by_role("listbox", name="Columns and their fields").get_by_role("option")
    panel.get_by_label("Formula – type").click()
    page.keyboard.type("/founded")
    expect(options).to_have_count(1)
    page.keyboard.press("Enter")
    page.keyboard.type(" - 1")
    expect(panel.locator('[name="formula"]')).to_have_value("{{Profile.data.founded}} - 1")
    expect(panel.get_by_text("1997").first).to_be_visible()


def test_fields_of_a_test_become_columns_when_the_column_is_saved(page: Page, table: int, echo: Echo) -> None:
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="HTTP API").click()
    panel = page.locator("#panel")
    panel.get_by_label("Method").select_option("POST")
    panel.get_by_label("Endpoint URL").fill(f"{echo.url}/companies")
    panel.get_by_label("Body text").fill('{"of": "{{Company}}"}')
    panel.get_by_role("button", name="Send row 1").click()
    tree = panel.get_by_role("tree", name="Response")
    for name in ("City", "Id", "Founded"):
        tree.get_by_role("button", name=f"Column {name}").click()
    tree.get_by_role("button", name="Founded – made when you save. Remove").click()
    expect(panel.get_by_label("Its field")).to_have_count(2)
    panel.get_by_label("Name of the new column").nth(1).fill("Number")
    expect(tree.get_by_role("button", name="Number – made when you save. Remove")).to_be_visible()
    expect_accessible(page)
    panel.get_by_role("button", name="Save and run 3 rows").click()
    expect(page.get_by_text("Added City and Number.")).to_be_visible()
    names = page.locator("#grid-head .name")
    expect(names).to_have_text(["Company", "Profile", "Not run", "HTTP API", "City", "Number"])
    expect(page.locator("#grid-body").get_by_text("Utrecht", exact=True)).to_have_count(3)
    page.locator("#toasts > *", has_text="Added City").get_by_role("button", name="Undo").click()
    expect(names).to_have_text(["Company", "Profile", "Not run", "HTTP API"])


UNCOVERED = """() => {
    const line = document.activeElement.querySelector(":scope > .tree-line");
    const { left, top, bottom } = line.getBoundingClientRect();
    return [top + 2, bottom - 2].every((y) => line.contains(document.elementFromPoint(left + 40, y)));
}"""


def test_the_line_that_has_the_focus_is_never_covered(page: Page, table: int) -> None:
    open_settings(page, "Profile")
    page.locator("#panel").get_by_placeholder("Search names and values").focus()
    page.keyboard.press("Tab")
    for key in ("ArrowDown", "ArrowDown", "End", "Home", "ArrowDown"):
        page.wait_for_function(UNCOVERED)
        page.keyboard.press(key)
    page.wait_for_function(UNCOVERED)

"""Formula and field columns in a real browser: typed, mended by a click, saved, computed live."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Locator, Page, expect

from tests.servers.marl import App

pytestmark = pytest.mark.e2e

type Cell = Callable[[int, int], Locator]


@pytest.fixture
def table(page: Page, app: App) -> int:
    with app.api() as api:
        columns = [{"name": "Company", "type": "text"}, {"name": "Size", "type": "text"}]
        made = int(api.post("/tables", json={"name": "Leads", "columns": columns}).json()["id"])
        rows = [{"Company": f"Company {number}", "Size": str(number * 10)} for number in range(1, 13)]
        assert api.post(f"/tables/{made}/rows", json={"rows": rows}).status_code == 201
    page.goto(f"{app.url}/tables/{made}")
    expect(page.get_by_text("Company 1", exact=True)).to_be_visible()
    return made


@pytest.fixture
def cell(page: Page, table: int) -> Cell:
    """By row and column, both from 1."""
    return lambda row, column: page.locator(
        f'#grid-body [role="row"][aria-rowindex="{row + 1}"]:not([hidden]) [aria-colindex="{column + 1}"]'
    )


def add_column(page: Page, kind: str) -> Locator:
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name=kind).click()
    panel = page.locator("#panel")
    expect(panel.get_by_role("button", name="Save", exact=True)).to_be_visible()
    return panel


def open_menu(page: Page, column: str, item: str) -> None:
    page.get_by_role("columnheader", name=column, exact=True).hover()
    page.locator(f'[aria-label="{column}: column menu"]').click()
    page.get_by_role("menuitem", name=item).click()


def test_a_formula_is_typed_mended_saved_and_follows_its_inputs(page: Page, cell: Cell) -> None:
    panel = add_column(page, "Formula")
    panel.get_by_label("Name", exact=True).fill("Class")
    field = panel.get_by_label("Formula", exact=False).first
    field.fill('{{Size}} = 50 ? "yes" : "no"')
    panel.get_by_role("button", name="==").click()
    expect(panel.locator('[name="formula"]')).to_have_value('{{Size}} == 50 ? "yes" : "no"')
    expect(panel.locator("#preview")).to_contain_text("yes")
    panel.get_by_role("button", name="Save", exact=True).click()
    expect(panel.get_by_text("Saved.")).to_be_visible()
    expect(cell(5, 3)).to_have_text("yes")
    expect(cell(6, 3)).to_have_text("no")
    cell(6, 2).click()
    page.keyboard.type("50")
    page.keyboard.press("Enter")
    expect(cell(6, 3)).to_have_text("yes")
    found = Axe().run(page).response["violations"]
    assert not found, [(problem["id"], [node["html"] for node in problem["nodes"]]) for problem in found]


def test_a_wrong_formula_is_not_saved_and_says_why(page: Page, table: int) -> None:
    panel = add_column(page, "Formula")
    panel.get_by_label("Formula", exact=False).first.fill("{{Siez}} + 1")
    panel.get_by_role("button", name="Save", exact=True).click()
    expect(panel.get_by_text("There is no column “Siez”.")).to_be_visible()
    panel.get_by_role("button", name="Use Size").click()
    panel.get_by_role("button", name="Save", exact=True).click()
    expect(panel.get_by_text("Saved.")).to_be_visible()


def test_a_used_column_is_duplicated_and_says_who_uses_it_when_it_is_deleted(
    page: Page, app: App, table: int, cell: Cell
) -> None:
    with app.api() as api:
        settings = {"name": "Upper", "type": "formula", "config": {"formula": "UPPER({{Company}})"}}
        assert api.post(f"/tables/{table}/columns", json=settings).status_code == 201
    expect(cell(1, 3)).to_have_text("COMPANY 1")
    open_menu(page, "Company", "Duplicate column")
    expect(cell(1, 2)).to_have_text("Company 1")
    expect(page.get_by_role("columnheader", name="Company 2")).to_be_visible()
    open_menu(page, "Company", "Delete column")
    dialog = page.get_by_role("alertdialog").or_(page.get_by_role("dialog"))
    expect(dialog.get_by_text("“Company” is used by “Upper”.")).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()
    open_menu(page, "Upper", "Edit formula")
    expect(page.locator('#panel [name="formula"]')).to_have_value("UPPER({{Company}})")


def test_functions_are_completed_explained_and_found_by_keyboard(page: Page, table: int) -> None:
    panel = add_column(page, "Formula")
    field = panel.get_by_label("Formula", exact=False).first
    formula = panel.locator('[name="formula"]')
    field.press_sequentially("UPP")
    expect(page.get_by_role("option", name="UPPER")).to_be_visible()
    expect(page.locator(".cm-completionInfo")).to_contain_text('UPPER("ada")')
    field.press("Tab")
    expect(formula).to_have_value("UPPER()")
    expect(page.locator(".signature")).to_contain_text("UPPER(text)")
    field.press_sequentially("{{Company")
    field.press("Enter")
    expect(panel.locator("#preview")).to_contain_text("COMPANY 1")
    field.fill('"see UPP')
    expect(page.get_by_role("option")).to_have_count(0)
    field.fill("")
    panel.locator("summary", has_text="Functions").press("Enter")
    panel.get_by_label("Search functions").fill("days months")
    page.keyboard.press("Tab")
    if page.locator(":focus").evaluate("one => one.tagName") != "BUTTON":  # a list that scrolls is a stop of its own
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(formula).to_have_value("DATEDIF()")
    expect(page.locator(".signature")).to_contain_text("DATEDIF(start, end, unit)")
    expect(panel.get_by_text("DATEDIF needs 3 values: DATEDIF(start, end, unit).")).to_be_visible()
    found = Axe().run(page).response["violations"]
    assert not found, [(problem["id"], [node["html"] for node in problem["nodes"]]) for problem in found]


def test_a_number_that_is_text_is_made_a_number_by_a_click(page: Page, table: int) -> None:
    panel = add_column(page, "Formula")
    panel.get_by_label("Formula", exact=False).first.fill("{{Size}} + 1")
    expect(panel.locator("#preview")).to_contain_text("Size is text: 10 + 1 gives 101.")
    panel.get_by_role("button", name="Make it a number").click()
    expect(panel.locator('[name="formula"]')).to_have_value("Number({{Size}}) + 1")
    expect(panel.locator("#preview")).to_contain_text("11")


def test_a_fix_is_for_the_text_that_was_checked_and_mends_it_once(page: Page, table: int) -> None:
    panel = add_column(page, "Formula")
    panel.get_by_label("Formula", exact=False).first.fill("{{Size}} + 1")
    panel.get_by_role("button", name="Make it a number").evaluate("button => { button.click(); button.click(); }")
    expect(page.get_by_text("the text isn't what was checked any more")).to_be_visible()
    expect(panel.locator('[name="formula"]')).to_have_value("Number({{Size}}) + 1")
    expect(panel.locator("#preview")).to_contain_text("11")


def test_numbers_that_are_joined_as_text_are_added_after_a_click(page: Page, table: int) -> None:
    panel = add_column(page, "Formula")
    panel.get_by_label("Formula", exact=False).first.fill("{{Size}} + {{Size}}")
    expect(panel).to_contain_text("Size is text, and + joins text: 10 + 10 gives 1010.")
    expect(panel.locator("#preview")).to_contain_text("1010")
    panel.get_by_role("button", name="Make it a number").click()
    expect(panel.locator('[name="formula"]')).to_have_value("Number({{Size}}) + {{Size}}")
    expect(panel).to_contain_text("Size is text: 10 + 10 gives 1010.")
    panel.get_by_role("button", name="Make it a number").click()
    expect(panel.locator('[name="formula"]')).to_have_value("Number({{Size}}) + Number({{Size}})")
    expect(panel.locator("#preview")).to_contain_text("20")

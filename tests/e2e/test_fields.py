"""Fields with references: the column menu, pills, problems at their place; by keyboard alone."""

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Locator, Page, expect

from tests.servers.marl import App

pytestmark = pytest.mark.e2e


@pytest.fixture
def panel(page: Page, app: App) -> Locator:
    with app.api() as api:
        columns = [{"name": "Company"}, {"name": "Domain"}, {"name": "First name"}, {"name": "Zip"}]
        made = int(api.post("/tables", json={"name": "Leads", "columns": columns}).json()["id"])
        rows = [{"Company": "Northwind", "Domain": "northwind.example", "First name": "Ada 😀", "Zip": "0042"}]
        assert api.post(f"/tables/{made}/rows", json={"rows": rows}).status_code == 201
    page.goto(f"{app.url}/tables/{made}")
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="HTTP API").click()
    panel = page.locator("#panel")
    panel.get_by_label("Method").select_option("POST")
    return panel


def test_a_slash_offers_columns_where_a_word_starts_and_not_inside_an_address(page: Page, panel: Locator) -> None:
    address, sent = panel.get_by_label("Endpoint URL"), panel.locator('[name="url"]')
    options = page.locator(".cm-tooltip-autocomplete").get_by_role("option")
    address.click()
    page.keyboard.type("https://")
    expect(sent).to_have_value("https://")
    expect(options).to_have_count(0)
    page.keyboard.type("api.example/c/")
    expect(options).to_have_count(4)
    page.keyboard.type("dom")
    expect(options).to_have_count(1)
    page.keyboard.press("ArrowDown")  # nothing is selected by itself: it may be the path of the address
    page.keyboard.press("Enter")
    expect(sent).to_have_value("https://api.example/c/{{Domain}}")
    expect(address.locator(".pill")).to_have_text("Domain")
    page.keyboard.type("?q={{fir")
    expect(options).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(sent).to_have_value("https://api.example/c/{{Domain}}?q={{First name}}")
    expect(page.locator("#preview")).to_contain_text("/c/northwind.example?q=Ada%20")
    page.keyboard.press("Tab")
    expect(address).not_to_be_focused()


def test_a_pill_goes_as_a_unit_and_opens_for_editing(page: Page, panel: Locator) -> None:
    body, sent = panel.get_by_label("Body text"), panel.locator('[name="body"]')
    body.fill('{"a": "{{Company}}"}')
    body.locator(".pill").dblclick()
    page.keyboard.type("Domain")
    page.keyboard.press("End")
    expect(sent).to_have_value('{"a": "{{Domain}}"}')
    expect(body.locator(".pill")).to_have_text("Domain")
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Backspace")
    expect(sent).to_have_value('{"a": ""}')
    page.keyboard.press("Control+z")
    expect(sent).to_have_value('{"a": "{{Domain}}"}')
    page.keyboard.press("Tab")
    expect(body).not_to_be_focused()


def test_a_problem_is_underlined_where_it_is_and_mended_by_keyboard(page: Page, panel: Locator) -> None:
    panel.get_by_label("Endpoint URL").fill("https://api.example/c")
    body, sent = panel.get_by_label("Body text"), panel.locator('[name="body"]')
    body.fill('{"😀": "{{First name}}", "who": "{{Compny}}"}')
    expect(body.locator(".pill.error")).to_have_text("Compny")
    expect(panel.locator("[data-message]", has_text="There is no column “Compny”.")).to_be_visible()
    panel.get_by_label("Name", exact=True).focus()
    page.keyboard.press("F8")
    expect(body).to_be_focused()
    found = Axe().run(page).response["violations"]
    assert not found, [(problem["id"], [node["html"] for node in problem["nodes"]]) for problem in found]
    panel.get_by_role("button", name="Use Company").press("Enter")
    expect(sent).to_have_value('{"😀": "{{First name}}", "who": "{{Company}}"}')
    expect(body.locator(".pill.error")).to_have_count(0)
    expect(page.locator("#preview")).to_contain_text("Northwind")
    body.fill('{"a": 1,, "b": 2}')
    squiggle = body.locator(".cm-lintRange-error")
    expect(squiggle.first).to_be_visible()
    squiggle.first.hover()
    expect(page.locator(".cm-tooltip-lint")).to_be_visible()


def test_a_pasted_body_of_clay_gets_its_references_by_one_click(page: Page, panel: Locator) -> None:
    panel.get_by_label("Endpoint URL").fill("https://api.example/c")
    body, sent = panel.get_by_label("Body text"), panel.locator('[name="body"]')
    body.fill('{"who": "/Company", "dear": "Dear /First name", "zip": "/zip"}')
    expect(panel.get_by_text("“/zip” is sent as plain text. Is it the column Zip?")).to_be_visible()
    expect(panel.get_by_role("button", name="Add quotes")).to_have_count(0)
    panel.get_by_role("button", name="Fix all 3").press("Enter")
    expect(sent).to_have_value('{"who": "{{Company}}", "dear": "Dear {{First name}}", "zip": "{{Zip}}"}')
    expect(page.locator("#preview")).to_contain_text('"Dear Ada 😀"')
    expect(panel.get_by_role("button", name="Fix all")).to_have_count(0)
    address, condition = panel.get_by_label("Endpoint URL"), panel.get_by_label("Only run if", exact=True)
    address.fill("https://api.example/companies//domain")
    panel.get_by_role("button", name="Use {{Domain}}").press("Enter")
    expect(page.locator("#preview")).to_contain_text("/companies/northwind.example")
    panel.get_by_role("heading", name="When to run").click()
    expect(panel.get_by_role("switch", name="Domain")).to_be_checked()  # the address needs it
    expect(panel.get_by_role("switch", name="Zip")).not_to_be_checked()
    condition.fill("/Domain is not empty")
    panel.get_by_role("button", name="Use {{Domain}}").press("Enter")
    expect(panel.locator('[name="run_if"]')).to_have_value("{{Domain}} is not empty")
    expect(page.locator("#preview")).to_contain_text("/companies/northwind.example")

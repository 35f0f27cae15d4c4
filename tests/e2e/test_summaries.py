"""What stands below the rows: summaries of columns and of the selected cells, and the button that adds a row."""

import pytest
from playwright.sync_api import Page, expect

from tests.servers.marl import App

pytestmark = pytest.mark.e2e


def test_columns_and_selected_cells_are_summed_up(page: Page, app: App) -> None:
    with app.api() as api:
        columns = [{"name": "Company", "type": "text"}, {"name": "Size", "type": "number"}]
        table = api.post("/tables", json={"name": "Leads", "columns": columns}).json()["id"]
        rows = [{"Company": f"Company {n}" if n % 4 else "", "Size": n} for n in range(1, 201)]
        api.post(f"/tables/{table}/rows", json={"rows": rows})
    page.goto(f"{app.url}/tables/{table}")
    foot = page.get_by_role("toolbar", name="Summaries")
    expect(foot.get_by_role("button", name="Company: Rows 200")).to_be_visible()
    expect(foot.get_by_role("button", name="Size: Sum 20,100")).to_be_visible()

    foot.get_by_role("button", name="Company: Rows 200").press("Enter")
    page.get_by_role("menuitemradio", name="Empty").click()
    expect(foot.get_by_role("button", name="Company: Empty 50")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(foot.get_by_role("button", name="Size: Sum")).to_be_focused()

    page.keyboard.press("Control+f")
    page.keyboard.type("Company 19")
    expect(foot.get_by_role("button", name="Company: Empty 0")).to_be_visible()
    page.keyboard.press("Escape")

    page.get_by_text("Company 1", exact=True).click()
    for key in ("Shift+ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator("#selection-sums")).to_have_text("4 cells2 numbersSum 3Average 1.5")
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowRight")
    page.keyboard.type("1001")
    page.keyboard.press("Enter")
    expect(foot.get_by_role("button", name="Size: Sum 21,100")).to_be_visible()  # by the live event

    foot.get_by_role("button", name="Add row").click()
    page.reload()
    expect(foot.get_by_role("button", name="Company: Empty 51")).to_be_visible()

    page.get_by_role("heading", name="Leads").dblclick()
    page.get_by_role("textbox", name="Table name").fill("Accounts")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Accounts")).to_be_visible()
    expect(page).to_have_title("Accounts – Marl")


def test_under_a_narrow_column_stands_the_value_without_its_word(page: Page, app: App) -> None:
    with app.api() as api:
        made = api.post("/tables", json={"name": "Narrow", "columns": [{"name": "Id", "type": "text"}]}).json()
        api.post(f"/tables/{made['id']}/rows", json={"rows": [{"Id": str(n)} for n in range(1000)]})
        api.patch(f"/columns/{made['columns'][0]['id']}", json={"width": 72})
    page.goto(f"{app.url}/tables/{made['id']}")
    count = page.get_by_role("toolbar", name="Summaries").get_by_role("button", name="Id: Rows 1,000")
    expect(count.get_by_text("1,000")).to_be_in_viewport(ratio=1)
    word = count.get_by_text("Rows")
    expect(word).not_to_be_in_viewport()  # it stands below, where it is cut off
    with app.api() as api:
        api.patch(f"/columns/{made['columns'][0]['id']}", json={"width": 200})
    expect(word).to_be_in_viewport(ratio=1)
    page.wait_for_function("word => word.scrollWidth <= word.clientWidth", arg=word.element_handle())

"""Look-ups in a real browser: chosen, tried, saved, live, and said to be gone with what they look into."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Locator, Page, expect

from tests.servers.marl import App

pytestmark = pytest.mark.e2e


def made(app: App, name: str, rows: list[dict[str, str]]) -> int:
    with app.api() as api:
        columns = [{"name": column} for column in rows[0]]
        table = int(api.post("/tables", json={"name": name, "columns": columns}).json()["id"])
        assert api.post(f"/tables/{table}/rows", json={"rows": rows}).status_code == 201
    return table


def test_a_value_is_looked_up_in_another_table_and_follows_it(
    page: Page, app: App, picture: Callable[[Page | Locator, str], None]
) -> None:
    firms = made(
        app,
        "Companies",
        [
            {"Domain": "acme.com", "Industry": "Hand tools", "Employees": "120"},
            {"Domain": "fabrikam.com", "Industry": "Textiles", "Employees": "2400"},
            {"Domain": "contoso.com", "Industry": "Retail", "Employees": "310"},
        ],
    )
    people = [("Ada Quinn", "acme.com"), ("Bo Lind", "fabrikam.com"), ("Cleo Park", "acme.com "), ("Dan Ives", "x.com")]
    leads = made(app, "People", [{"Name": name, "Domain": domain} for name, domain in people])
    page.goto(f"{app.url}/tables/{leads}")
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="Look-up").click()
    panel = page.locator("#panel")
    expect(panel.get_by_label("Look in")).to_have_value(str(firms))  # the one changed last, and the column both have
    expect(panel.get_by_label("Find the rows whose")).to_have_value("Domain")
    expect(panel.locator('[name="match.value"]')).to_have_value("{{Domain}}")
    panel.get_by_label("Name", exact=True).fill("Industry")
    panel.get_by_role("button", name="Save", exact=True).click()
    expect(panel.get_by_text("Choose the column whose value is taken.")).to_be_visible()
    panel.get_by_label("Take", exact=True).select_option("Industry")
    results = panel.locator("#preview td")
    expect(results).to_have_text(["Hand tools", "Textiles", "Hand tools", "No match"])
    panel.get_by_role("button", name="Save", exact=True).click()
    expect(panel.get_by_text("Saved.")).to_be_visible()
    cells = page.locator('#grid-body [role="row"]:not([hidden]) [aria-colindex="4"]')
    expect(cells).to_have_text(["Hand tools", "Textiles", "Hand tools", "No match"])
    found = Axe().run(page).response["violations"]
    assert not found, [(problem["id"], [node["html"] for node in problem["nodes"]]) for problem in found]
    picture(page, "guide/images/lookups-1-panel")
    with app.api() as api:
        row = api.get(f"/tables/{firms}/rows").json()["items"][0]["id"]
        changed = {"rows": [{"id": row, "cells": {"Industry": "Anvils"}}]}
        assert api.patch(f"/tables/{firms}/rows", json=changed).status_code == 200
    expect(cells).to_have_text(["Anvils", "Textiles", "Anvils", "No match"])
    page.goto(app.url)
    listed = page.get_by_role("row").filter(has=page.locator(f"a[href='/tables/{firms}']"))
    listed.get_by_role("button", name="More for Companies").click()
    page.get_by_role("menuitem", name="Delete…").click()
    page.get_by_role("button", name="Delete table").click()
    question = page.get_by_role("dialog")
    expect(question).to_contain_text("“Companies” is used by “Industry” of the table “People”.")
    question.get_by_role("button", name="Delete table").click()
    expect(page.get_by_text("Deleted “Companies”")).to_be_visible()
    page.goto(f"{app.url}/tables/{leads}")
    expect(cells.first).to_contain_text("The table “Companies” was deleted.")


def test_the_items_of_a_list_become_rows_of_a_new_table(page: Page, app: App, picture: Callable[..., None]) -> None:
    table = made(app, "Firms", [{"Company": "Acme"}])
    formula = '[{"email": "ada@acme.com", "role": "CTO"}, {"email": "bo@acme.com", "role": "Buyer"}]'
    with app.api() as api:
        column = {"name": "Staff", "type": "formula", "config": {"formula": f'({{"people": {formula}}})'}}
        assert api.post(f"/tables/{table}/columns", json=column).status_code == 201
    page.goto(f"{app.url}/tables/{table}")
    cell = page.locator('#grid-body [role="row"][aria-rowindex="2"] [aria-colindex="3"]')
    expect(cell).to_contain_text("ada@acme.com")
    cell.dblclick()
    page.get_by_role("treeitem", name="people: 2 items").hover()
    page.get_by_role("button", name="Rows from the list people").click()
    dialog = page.get_by_role("dialog", name="Rows from this list")
    expect(dialog.get_by_label("Name of the new table")).to_have_value("People of Firms")
    dialog.get_by_label("An item is the same").select_option("its Email is the same")
    picture(page, "guide/images/lookups-2-list")
    found = Axe().run(page).response["violations"]
    assert not found, [(problem["id"], [node["html"] for node in problem["nodes"]]) for problem in found]
    dialog.get_by_role("button", name="Make rows").click()
    page.get_by_role("button", name="Open the table").click()
    rows = page.locator('#grid-body [role="row"]:not([hidden])')
    expect(rows.nth(0)).to_contain_text("ada@acme.com")
    expect(rows.nth(1)).to_contain_text("Buyer")
    page.get_by_role("button", name="Sources").click()
    panel = page.get_by_role("complementary")
    listed = panel.get_by_role("region", name="people of Staff")
    expect(listed).to_contain_text("2 items: 2 added, 0 updated")
    listed.get_by_role("switch").uncheck()
    expect(listed.get_by_role("switch")).not_to_be_checked()
    with app.api() as api:
        [stored] = api.get(f"/tables/{page.url.split('/')[-1].split('?')[0]}/lists").json()["items"]
        assert stored["auto"] is False
    assert not Axe().run(page).response["violations"]
    picture(page, "guide/images/lookups-3-source")
    listed.get_by_role("button", name="More for Staff").click()
    listed.get_by_role("button", name="Make no more rows…").click()
    page.get_by_role("dialog").get_by_role("button", name="Make no more rows").click()
    expect(listed).to_have_count(0)

"""The list of tables, and the sample that a newcomer starts with."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.test_main_job import cell
from tests.servers.marl import App

pytestmark = pytest.mark.e2e


def row(page: Page, name: str):  # type: ignore[no-untyped-def]
    return page.get_by_role("row").filter(has=page.get_by_role("link", name=name, exact=True))


def test_a_newcomer_fills_cells_without_an_account(page: Page, app: App) -> None:
    page.goto(app.link)
    page.get_by_role("button", name=re.compile("^(Try with a s|S)ample$")).click()
    page.wait_for_url(re.compile(r"/tables/\d+"))
    coach = page.get_by_role("region", name="First steps")
    expect(coach).to_contain_text("Press Run to fill “Company profile”")
    expect(page.locator("#panel")).to_contain_text("Company profile")
    coach.get_by_role("button", name="Run").click()
    expect(cell(page, 1, 4)).to_contain_text("Kyoto")
    expect(cell(page, 1, 5)).to_have_text("Kyoto")
    expect(cell(page, 7, 4)).to_contain_text("404 · No company is known at proseware.example.")
    expect(cell(page, 10, 4)).to_have_text("Skipped")
    expect(coach).to_contain_text("“CRM account” signs in first")
    coach.get_by_role("button", name="Run").click()
    expect(cell(page, 1, 6)).not_to_have_text("–")
    expect(coach).to_contain_text("your own rows and your own API")
    coach.get_by_role("button", name="Done").click()
    expect(coach).to_have_count(0)
    page.reload()
    expect(cell(page, 2, 5)).to_have_text("Aarhus")
    expect(coach).to_have_count(0)


def test_tables_are_made_found_copied_deleted_and_brought_back(page: Page, app: App) -> None:
    with app.api() as api:
        for name in ("Leads Q3", "Partners"):
            table = api.post("/tables", json={"name": name, "columns": [{"name": "Company"}]}).json()
            api.post(f"/tables/{table['id']}/rows", json={"rows": [{"Company": "Northwind"}]})
    page.goto(app.url)
    page.get_by_role("button", name="New table").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill("Suppliers")
    dialog.get_by_label("Columns").fill("Company\tTown\nVAT id")
    dialog.get_by_role("button", name="Create table").click()
    page.wait_for_url(re.compile(r"/tables/\d+"))
    expect(page.get_by_role("columnheader", name="VAT id")).to_be_visible()

    page.goto(app.url)
    expect(page.get_by_role("link", name="Suppliers")).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("leads q")
    expect(page.get_by_role("link", name="Suppliers")).to_be_hidden()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Leads Q3")).to_be_focused()

    row(page, "Leads Q3").get_by_role("button", name="More for Leads Q3").click()
    page.get_by_role("menuitem", name="Duplicate").click()
    uploads = page.get_by_role("list", name="Uploads")
    expect(uploads).to_contain_text("Copy of Leads Q3")
    expect(row(page, "Copy of Leads Q3")).to_be_visible()
    expect(row(page, "Suppliers")).to_be_hidden()
    uploads.get_by_role("link", name="Open").click()
    expect(page.get_by_text("Northwind", exact=True)).to_be_visible()

    page.goto(app.url)
    row(page, "Partners").get_by_role("button", name="More for Partners").click()
    page.get_by_role("menuitem", name="Delete…").click()
    question = page.get_by_role("dialog", name="Delete “Partners”?")
    expect(question).to_contain_text("1 row and their results go with it")
    question.get_by_role("button", name="Delete table").click()
    expect(page.get_by_role("link", name="Partners")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("link", name="Partners")).to_be_focused()
    page.reload()
    expect(page.get_by_role("link", name="Partners")).to_be_visible()


def test_a_table_that_came_in_with_something_to_check_is_in_the_list(page: Page, app: App, tmp_path: Path) -> None:
    file = tmp_path / "Clients.csv"
    file.write_bytes("Company\nMüller\nKöhler\n".encode("cp1252"))
    page.goto(app.url)
    page.set_input_files("#file", file)
    page.get_by_role("dialog").get_by_role("button", name="Import 2 rows").click()
    uploads = page.get_by_role("list", name="Uploads")
    expect(uploads).to_contain_text("2 rows added")
    expect(row(page, "Clients")).to_contain_text("2")
    expect(page.get_by_text("Drop a file here")).to_be_hidden()
    row(page, "Clients").get_by_role("button", name="More for Clients").click()
    page.keyboard.press("Escape")
    uploads.get_by_role("button", name="Undo Clients.csv").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo import").click()
    expect(uploads).to_contain_text("Undone")
    expect(row(page, "Clients")).to_have_count(0)


def test_what_runs_is_shown_at_its_table(page: Page, app: App) -> None:
    with app.api() as api:
        table = api.post("/samples").json()
        profile = next(column for column in table["columns"] if column["name"] == "Company profile")
        api.patch(f"/tables/{table['id']}", json={"name": "Under way"})
        limit = {"requests": 1, "duration_ms": 60_000}
        api.patch(f"/columns/{profile['id']}", json={"config": {"rate_limit": limit}})
        run = api.post(f"/columns/{profile['id']}/runs", json={"rows": "all"}).json()
        page.goto(app.url)
        expect(row(page, "Under way")).to_contain_text(re.compile(r"Company profile: \d+ of 25"))
        page.set_viewport_size({"width": 390, "height": 800})
        expect(page.get_by_role("button", name="More for Under way")).to_be_in_viewport(ratio=1)
        api.post(f"/runs/{run['id']}/stop")
    expect(row(page, "Under way")).not_to_contain_text("Company profile")


def test_a_file_dropped_beside_an_open_dialog_neither_uploads_nor_leaves_the_page(
    page: Page, app: App, drop: Callable[..., None]
) -> None:
    page.goto(app.url)
    page.get_by_role("button", name="New table").or_(page.get_by_role("button", name="Start empty")).first.click()
    page.evaluate("addEventListener('drop', (event) => (window.taken = event.defaultPrevented))")
    drop({"leads.csv": "Company\nNorthwind"})
    assert page.evaluate("window.taken") is True
    expect(page.get_by_text("leads.csv")).to_have_count(0)
    page.keyboard.press("Escape")
    drop({"leads.csv": "Company\nNorthwind"})
    expect(page.get_by_text("leads.csv").first).to_be_visible()

"""A column's settings go out as a file and come in at another table."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.e2e.conftest import App

pytestmark = pytest.mark.e2e


def test_a_column_travels_to_another_table(page: Page, app: App, tmp_path: Path) -> None:
    with app.api() as api:
        sample = api.post("/samples").json()["id"]
        other = api.post("/tables", json={"name": "Firms", "columns": [{"name": "Firm"}, {"name": "Website"}]}).json()
    page.goto(f"{app.url}/tables/{sample}")
    page.get_by_role("columnheader", name="CRM account").click(button="right")
    with page.expect_download() as started:
        page.get_by_role("menuitem", name="Export settings").click()
    file = tmp_path / started.value.suggested_filename
    started.value.save_as(file)
    assert file.name == "CRM account.marl.json"
    assert "sample-password" not in file.read_text()

    page.goto(f"{app.url}/tables/{other['id']}")
    page.get_by_role("button", name="Add column").first.click()
    with page.expect_file_chooser() as chosen:
        page.get_by_role("menuitem", name="Import column…").click()
    chosen.value.set_files(file)
    dialog = page.get_by_role("dialog", name="Import “CRM account”")
    dialog.get_by_label("Domain").select_option("Website")
    dialog.get_by_label("Connection").select_option(label="New: Sample CRM")
    dialog.get_by_label("email").fill("demo@marl.example")
    dialog.get_by_label("password").fill("sample-password")
    assert Axe().run(page).response["violations"] == []
    dialog.get_by_role("button", name="Import column").click()
    expect(page.get_by_role("columnheader", name="CRM account")).to_be_visible()
    with app.api() as api:
        made = api.get(f"/tables/{other['id']}").json()["columns"][-1]
    assert made["config"]["url"].endswith("/sample-api/crm/accounts/{{Website}}")
    assert made["config"]["connection_id"]


def test_a_file_that_is_no_column_is_told(page: Page, app: App, tmp_path: Path) -> None:
    with app.api() as api:
        table = api.post("/tables", json={"name": "Firms", "columns": [{"name": "Firm"}]}).json()["id"]
    page.goto(f"{app.url}/tables/{table}")
    file = tmp_path / "x.marl.json"
    file.write_text('{"marl": "table"}')
    page.get_by_role("button", name="Add column").first.click()
    with page.expect_file_chooser() as chosen:
        page.get_by_role("menuitem", name="Import column…").click()
    chosen.value.set_files(file)
    expect(page.get_by_text("This file is no exported column of Marl")).to_be_visible()

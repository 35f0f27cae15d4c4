"""The page of the trash: what was deleted is found there, restored, or deleted for good."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.conftest import Picture
from tests.servers.marl import App

pytestmark = pytest.mark.e2e


def line(page: Page, kind: str, table: dict[str, Any]) -> Locator:
    return page.locator(f"[data-kind={kind}][data-table='{table['id']}']")


def test_what_was_deleted_is_restored_or_deleted_for_good(page: Page, app: App, picture: Picture) -> None:
    with app.api() as api:
        columns = [{"name": "Company"}, {"name": "Town"}]
        table = api.post("/tables", json={"name": "Resellers", "columns": columns}).json()
        firms = [{"Company": "Northwind"}, {"Company": "Contoso"}, {"Company": "Fabrikam"}]
        ids = api.post(f"/tables/{table['id']}/rows", json={"rows": firms}).json()["ids"]
        api.request("DELETE", f"/tables/{table['id']}/rows", json={"ids": ids[:2]})
        api.delete(f"/columns/{table['columns'][1]['id']}")
        api.post(f"/tables/{table['id']}/columns", json={"name": "Town"})
        view = api.post(f"/tables/{table['id']}/views", json={"name": "Northern"}).json()
        api.delete(f"/views/{view['id']}")
        api.post(f"/tables/{table['id']}/views", json={"name": "Northern"}).raise_for_status()
        api.delete(f"/tables/{table['id']}")
    page.goto(app.url)
    page.get_by_role("link", name="Trash").click()
    rows, column, saved, whole = (line(page, kind, table) for kind in ("rows", "column", "view", "table"))
    expect(rows).to_contain_text("Northwind")
    expect(rows).to_contain_text("Restore its table first")
    expect(rows.get_by_role("button", name="Restore")).to_have_count(0)
    picture(page, "guide/images/trash-1-list")

    whole.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("log", name="Notices")).to_contain_text("Restored “Resellers”.")
    column.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("log", name="Notices")).to_contain_text("“Town 2”")
    saved.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("log", name="Notices")).to_contain_text("“Northern 2”")
    rows.get_by_role("button", name="Delete for good…").click()
    question = page.get_by_role("dialog", name="Delete 2 rows of “Resellers” for good?")
    question.get_by_role("button", name="Cancel").click()
    rows.get_by_role("button", name="Restore").click()
    expect(rows).to_have_count(0)
    page.get_by_role("button", name="Open table").last.click()
    page.wait_for_url(re.compile(r"/tables/\d+"))
    expect(page.get_by_role("columnheader", name="Town 2")).to_be_visible()
    tabs = page.locator("[data-part=views] .view-tab:not([hidden])")
    expect(tabs).to_contain_text(["All rows", "Northern 2", "Northern"])
    expect(page.get_by_role("gridcell", name="Northwind")).to_be_visible()

    with app.api() as api:
        api.delete(f"/tables/{table['id']}")
    page.goto(f"{app.url}/trash")
    whole.get_by_role("button", name="Delete for good…").click()
    page.get_by_role("button", name="Delete for good", exact=True).click()
    expect(whole).to_have_count(0)
    page.reload()
    expect(page.get_by_role("heading", name="Trash", exact=True)).to_be_visible()
    expect(whole).to_have_count(0)


def test_the_trash_is_worked_through_by_keyboard_alone(page: Page, app: App) -> None:
    with app.api() as api:
        tables = [api.post("/tables", json={"name": name, "columns": []}).json() for name in ("Early", "Late")]
        for table in tables:
            api.delete(f"/tables/{table['id']}")
    early, late = (line(page, "table", table) for table in tables)
    page.goto(f"{app.url}/trash")
    late.get_by_role("button", name="Restore").focus()
    page.keyboard.press("Enter")
    expect(late).to_have_count(0)
    expect(early.get_by_role("button", name="Restore")).to_be_focused()
    page.keyboard.press("Tab")
    expect(early.get_by_role("button", name="Delete for good…")).to_be_focused()
    page.keyboard.press("Enter")
    question = page.get_by_role("dialog", name="Delete “Early” for good?")
    expect(question).to_be_visible()
    page.keyboard.press("Escape")
    expect(question).to_have_count(0)
    expect(early.get_by_role("button", name="Delete for good…")).to_be_focused()

"""A row opened as a record, in a real browser: read, edited and left by the keyboard, and kept up to date."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Locator, Page, expect

from tests.servers.marl import App

pytestmark = pytest.mark.e2e


@pytest.fixture
def table(page: Page, app: App) -> int:
    """Three companies; the notes are hidden, and a formula doubles the size."""
    with app.api() as api:
        typed = [("Company", "text"), ("Size", "number"), ("Customer", "checkbox"), ("Since", "date"), ("Note", "text")]
        columns = [{"name": name, "type": type_} for name, type_ in typed]
        made = api.post("/tables", json={"name": "Leads", "columns": columns}).json()
        rows = [{"Company": f"Company {n}", "Size": n, "Note": f"note {n}"} for n in (1, 2, 3)]
        api.post(f"/tables/{made['id']}/rows", json={"rows": rows})
        note = made["columns"][4]["id"]
        assert api.patch(f"/columns/{note}", json={"hidden": True}).status_code == 200
        double = {"name": "Double", "type": "formula", "config": {"formula": "{{Size}} * 2"}}
        added = api.post(f"/tables/{made['id']}/columns", json=double)
        assert added.status_code == 201, added.text
    page.goto(f"{app.url}/tables/{made['id']}")
    expect(cell(page, 3, 6)).to_have_text("6")
    return int(made["id"])


def cell(page: Page, row: int, column: int) -> Locator:
    """By row and column, both from 1; the row's number is column 1."""
    return page.locator(f'#grid-body [role="row"][aria-rowindex="{row + 1}"]:not([hidden]) [aria-colindex="{column}"]')


def test_a_row_is_read_and_edited_as_a_record(page: Page, app: App, table: int) -> None:
    record = page.locator("#drawer")
    company, size = record.get_by_label("Company", exact=True), record.get_by_label("Size", exact=True)
    page.keyboard.press("Control+Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+Enter")
    expect(record.get_by_role("heading", name="Row 1", exact=True)).to_be_visible()
    expect(size).to_be_focused()
    expect(record.get_by_label("Note", exact=True)).to_have_value("note 1")
    violations = Axe().run(page).response["violations"]
    assert not violations, [(item["id"], [node["html"] for node in item["nodes"]]) for item in violations]

    size.fill("1,000")
    page.keyboard.press("Alt+ArrowDown")
    expect(record.get_by_role("heading", name="Row 2", exact=True)).to_be_visible()
    expect(size).to_be_focused()
    expect(size).to_have_value("2")
    expect(cell(page, 1, 6)).to_have_text("2000")
    record.get_by_role("button", name="Row above").click()
    expect(record.get_by_role("button", name="Row above")).to_be_focused()
    expect(size).to_have_value("1000")
    expect(record.locator(".record-field").last).to_contain_text("2000")

    company.fill("Nonsense")
    page.keyboard.press("Escape")
    expect(company).to_have_value("Company 1")
    with app.api() as api:
        row = api.get(f"/tables/{table}/rows").json()["items"][0]["id"]
        api.patch(f"/tables/{table}/rows", json={"rows": [{"id": row, "cells": {"Company": "Acme"}}]})
    expect(company).to_have_value("Acme")
    expect(company).to_be_focused()
    record.get_by_label("Customer", exact=True).check()
    expect(cell(page, 1, 4).get_by_role("checkbox")).to_be_checked()
    page.keyboard.press("Escape")
    expect(record).to_be_hidden()
    expect(page.locator("#sheet")).to_be_focused()
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(cell(page, 1, 3)).to_have_text("1")

    cell(page, 3, 2).locator("xpath=..").locator(".n").hover()
    page.get_by_role("button", name="Open as a record").click()
    expect(record.get_by_role("heading", name="Row 3", exact=True)).to_be_visible()
    record.get_by_role("button", name="Inspect Double").click()
    expect(record.get_by_role("heading", name="Double, row 3")).to_be_visible()
    cell(page, 2, 2).click(button="right")
    page.get_by_role("menuitem", name=re.compile("Open as a record")).click()
    expect(record.get_by_role("heading", name="Row 2", exact=True)).to_be_visible()

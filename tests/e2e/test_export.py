"""A table downloaded from its page."""

import csv
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, Response, expect

from tests.e2e.conftest import Picture
from tests.servers.marl import App

pytestmark = pytest.mark.e2e


@pytest.fixture
def table(page: Page, app: App) -> None:
    with app.api() as api:
        made = api.post("/tables", json={"name": "Leads", "columns": [{"name": "Company"}]}).json()["id"]
        api.post(f"/tables/{made}/rows", json={"rows": [{"Company": f"Company {number}"} for number in range(1200)]})
    page.goto(f"{app.url}/tables/{made}")
    expect(page.get_by_text("Company 0", exact=True)).to_be_visible()


def downloaded(page: Page, name: str = "Leads.csv") -> bytes:
    with page.expect_download() as started:
        page.get_by_role("button", name="Download").click()
    assert started.value.suggested_filename == name
    return Path(started.value.path()).read_bytes()


def lines(page: Page) -> list[str]:
    return [line for (line,) in csv.reader(downloaded(page).decode().splitlines())]


@pytest.mark.usefixtures("table")
def test_a_table_is_downloaded_by_keyboard(page: Page, picture: Picture) -> None:
    page.get_by_role("button", name="Export").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="CSV")).to_be_focused()
    picture(page, "guide/images/files-6-export")
    assert Axe().run(page).response["violations"] == []
    with page.expect_download() as started:
        page.keyboard.press("Enter")
    found = Path(started.value.path()).read_text().splitlines()
    assert (found[0], found[1], len(found)) == ('"Company"', '"Company 0"', 1201)
    expect(page.get_by_role("dialog", name="Export")).to_be_hidden()


@pytest.mark.usefixtures("table")
def test_the_rows_that_are_shown_are_downloaded_or_all(page: Page) -> None:
    page.get_by_role("columnheader", name="Company").click(button="right")
    page.get_by_role("menuitem", name="Sort descending").click()
    page.get_by_role("searchbox").fill("Company 77")
    expect(page.locator("#table-size")).to_contain_text("11 of 1,200 rows")
    page.get_by_role("button", name="Export").click()
    expect(page.get_by_role("radio", name="These 11 rows")).to_be_checked()
    found = lines(page)
    assert (found[1], found[-1], len(found)) == ("Company 779", "Company 77", 12)
    page.get_by_role("button", name="Export").click()
    page.get_by_role("radio", name="All 1,200 rows").check()
    assert len(lines(page)) == 1201


def test_columns_are_chosen_and_the_look_of_the_file_is_remembered(page: Page, app: App) -> None:
    with app.api() as api:
        columns = [{"name": "Company"}, {"name": "City"}, {"name": "Note"}]
        made = api.post("/tables", json={"name": "Leads", "columns": columns}).json()["id"]
        api.post(f"/tables/{made}/rows", json={"rows": [{"Company": "Acme", "City": "Köln", "Note": "\x01"}]})
    page.goto(f"{app.url}/tables/{made}")
    page.get_by_role("button", name="Export").click()
    page.get_by_text("All 3 columns").click()
    page.get_by_role("checkbox", name="Company").uncheck()
    page.get_by_role("combobox", name="Separator").select_option("Semicolon")
    page.get_by_role("checkbox", name="Mark for Excel").check()
    assert downloaded(page).decode("utf-8-sig").splitlines() == ["City;Note", "Köln;\x01"]
    page.reload()
    page.get_by_role("button", name="Export").click()
    expect(page.get_by_role("combobox", name="Separator")).to_have_value("semicolon")
    page.get_by_text("All 3 columns").click()
    page.get_by_role("button", name="Select none").click()
    expect(page.get_by_role("button", name="Download")).to_be_disabled()
    page.get_by_role("button", name="Select all").click()
    page.get_by_role("radio", name="Excel").check()
    expect(page.get_by_role("combobox", name="Separator")).to_be_hidden()
    assert downloaded(page, "Leads.xlsx").startswith(b"PK")
    expect(page.locator("#toasts")).to_contain_text("1 value does not fit into Excel's cells")


def opens_a_view(answer: Response) -> bool:
    """Tell the answer that opens a view from the list of the saved ones, which has the same address."""
    return answer.request.method == "POST" and answer.url.endswith("/views")


@pytest.mark.usefixtures("table")
def test_a_view_that_is_kept_no_longer_is_opened_again_for_the_export(page: Page) -> None:
    with page.expect_response(opens_a_view) as opened:
        page.get_by_role("searchbox").fill("Company 77")
    expect(page.locator("#table-size")).to_contain_text("11 of 1,200 rows")
    token = opened.value.json()["view"]
    # Another tab of the same person replaces the view.
    page.evaluate(
        """async ([path, replaces]) => {
          const headers = {
            "Content-Type": "application/json",
            "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content,
          };
          await fetch(path, { method: "POST", headers, body: JSON.stringify({ search: "1", replaces }) });
        }""",
        [opened.value.url, token],
    )
    with page.expect_response(opens_a_view):
        page.get_by_role("button", name="Export").click()
    expect(page.get_by_role("radio", name="These 11 rows")).to_be_checked()
    assert len(lines(page)) == 12


def test_a_download_that_breaks_off_stops_the_work(app: App) -> None:
    with app.api() as api:
        made = api.post("/tables", json={"name": "Leads", "columns": [{"name": "Company"}]}).json()["id"]
        for _ in range(5):
            added = api.post(f"/tables/{made}/rows", json={"rows": [{"Company": "x" * 50_000}] * 100})
            assert added.status_code == 201
        with api.stream("GET", f"/tables/{made}/export?follow=mine") as answer:
            assert next(answer.iter_raw())
        while (progress := api.get(f"/tables/{made}/exports/mine").json())["state"] == "running":
            pass
    assert progress["state"] == "stopped"
    assert progress["rows_done"] < progress["rows_total"]

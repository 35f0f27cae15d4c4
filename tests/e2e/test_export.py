"""A table downloaded from its page."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.servers.marl import App

pytestmark = pytest.mark.e2e


@pytest.fixture
def table(page: Page, app: App) -> None:
    with app.api() as api:
        made = api.post("/tables", json={"name": "Leads", "columns": [{"name": "Company"}]}).json()["id"]
        api.post(f"/tables/{made}/rows", json={"rows": [{"Company": f"Company {number}"} for number in range(1200)]})
    page.goto(f"{app.url}/tables/{made}")
    expect(page.get_by_text("Company 0", exact=True)).to_be_visible()


def downloaded(page: Page) -> list[str]:
    with page.expect_download() as started:
        page.get_by_role("link", name="CSV", exact=True).click()
    assert started.value.suggested_filename == "Leads.csv"
    return Path(started.value.path()).read_text().splitlines()


@pytest.mark.usefixtures("table")
def test_a_table_is_downloaded(page: Page, tmp_path: Path) -> None:
    page.get_by_role("button", name="Export").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="CSV", exact=True)).to_be_visible()
    page.screenshot(path=tmp_path / "export.png")
    assert Axe().run(page).response["violations"] == []
    lines = downloaded(page)
    assert (lines[0], lines[1], len(lines)) == ("Company", "Company 0", 1201)


@pytest.mark.usefixtures("table")
def test_the_rows_that_are_shown_are_downloaded_or_all(page: Page) -> None:
    page.get_by_role("columnheader", name="Company").click(button="right")
    page.get_by_role("menuitem", name="Sort descending").click()
    page.get_by_role("searchbox").fill("Company 77")
    expect(page.locator("#table-size")).to_contain_text("11 of 1,200 rows")
    page.get_by_role("button", name="Export").click()
    expect(page.get_by_role("radio", name="These 11 rows")).to_be_checked()
    assert Axe().run(page).response["violations"] == []
    lines = downloaded(page)
    assert (lines[1], lines[-1], len(lines)) == ("Company 779", "Company 77", 12)
    page.get_by_role("radio", name="All 1,200 rows").check()
    assert len(downloaded(page)) == 1201


@pytest.mark.usefixtures("table")
def test_a_view_that_is_kept_no_longer_is_opened_again_for_the_export(page: Page) -> None:
    with page.expect_response(lambda answer: answer.url.endswith("/views")) as opened:
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
    with page.expect_response(lambda answer: answer.url.endswith("/views")):
        page.get_by_role("button", name="Export").click()
    link = page.get_by_role("link", name="CSV", exact=True)
    expect(link).not_to_have_attribute("href", re.compile(re.escape(token)))
    expect(page.get_by_role("radio", name="These 11 rows")).to_be_checked()
    assert len(downloaded(page)) == 12

"""A table downloaded from its page."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.e2e.conftest import App

pytestmark = pytest.mark.e2e


def test_a_table_is_downloaded(page: Page, app: App, tmp_path: Path) -> None:
    with app.api() as api:
        made = api.post("/tables", json={"name": "Leads", "columns": [{"name": "Company"}]}).json()["id"]
        api.post(f"/tables/{made}/rows", json={"rows": [{"Company": f"Company {number}"} for number in range(1200)]})
    page.goto(f"{app.url}/tables/{made}")
    expect(page.get_by_text("Company 0", exact=True)).to_be_visible()
    page.get_by_role("button", name="Export").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="CSV", exact=True)).to_be_visible()
    page.screenshot(path=tmp_path / "export.png")
    assert Axe().run(page).response["violations"] == []
    with page.expect_download() as started:
        page.get_by_role("link", name="CSV", exact=True).click()
    assert started.value.suggested_filename == "Leads.csv"
    lines = Path(started.value.path()).read_text().splitlines()
    assert (lines[0], lines[1], len(lines)) == ("Company", "Company 0", 1201)

"""Every page in both themes, as axe sees it."""

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Browser, expect

from tests.servers.marl import App

pytestmark = pytest.mark.e2e

PAGES = [
    "/",
    "/trash",
    "/connections",
    "/connections/new",
    "/settings/members",
    "/settings/tokens",
    "/settings/account",
    "/settings/audit",
    "/settings/system",
    "/nothing-here",
]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_violation(theme: str, browser: Browser, app: App) -> None:
    with app.api() as api:
        sample = api.post("/samples").json()
        for kind, gone in (("columns", sample["columns"][0]), ("tables", api.post("/samples").json())):
            api.delete(f"/{kind}/{gone['id']}?force=true")
    page = browser.new_page(color_scheme=theme, viewport={"width": 1440, "height": 860})  # type: ignore[arg-type]
    found: dict[str, list[str]] = {}

    def check(name: str) -> None:
        violations = Axe().run(page).response["violations"]
        if violations:
            found[name] = [f"{item['id']}: {item['nodes'][0]['html'][:200]}" for item in violations]

    page.goto(f"{app.url}/sign-in")
    check("sign-in")
    page.goto(app.link)
    for address in PAGES:
        page.goto(app.url + address)
        check(address)
    page.goto(app.url)
    page.get_by_role("button", name="New table").click()
    check("new table")
    page.goto(f"{app.url}/tables/{sample['id']}#sample")
    expect(page.locator("#panel")).to_contain_text("Endpoint URL")
    check("table, panel and first steps")
    page.goto(f"{app.url}/tables/{sample['id']}")
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="Formula").click()
    expect(page.locator("#panel")).to_contain_text("Formula")
    check("formula panel")
    page.close()
    assert found == {}

"""Every page in both themes, as axe sees it."""

import socket

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.accessible import violations
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
    "/help/keys",
    "/help?q=token",
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
        if wrong := violations(page):
            found[name] = wrong

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
    page.locator("#results-title").click()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("option").first).to_be_visible()
    check("search of commands")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+/")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Fill down")
    check("keys")
    page.close()
    assert found == {}


@pytest.mark.parametrize("width", [1024, 720])
def test_menus_and_dialogs_of_the_grid_have_no_violation_in_the_dark(width: int, browser: Browser, app: App) -> None:
    with app.api() as api:
        columns = [{"name": name, "type": "text"} for name in ("Company", "City")]
        table = api.post("/tables", json={"name": "Leads", "columns": columns}).json()["id"]
        api.post(f"/tables/{table}/rows", json={"rows": [{"Company": "Acme", "City": "Ulm"}] * 3})
        api.post(f"/tables/{table}/views", json={"name": "Mine"})
    page = browser.new_page(color_scheme="dark", viewport={"width": width, "height": 860})
    page.goto(app.link)
    page.goto(f"{app.url}/tables/{table}")
    found: dict[str, list[str]] = {}

    def check(name: str) -> None:
        if wrong := violations(page):
            found[name] = wrong

    page.get_by_role("gridcell", name="Acme").first.click(button="right")
    check("menu of a cell")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+f")
    page.keyboard.type("ulm")
    expect(page.locator("#table-size")).to_contain_text("3 of 3 rows")
    check("what is found")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+h")
    page.get_by_role("dialog").get_by_label("Find", exact=True).fill("ulm")
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("3 cells")
    check("find and replace")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Save as a new view").click()
    expect(page.get_by_role("dialog").get_by_label("Name")).to_be_visible()
    check("save a view")
    page.close()
    assert not found


def test_panels_and_their_dialogs_have_no_violation(browser: Browser, app: App) -> None:
    with app.api() as api, socket.create_server(("127.0.0.1", 0)) as silent:  # which takes a request and says nothing
        columns = [{"name": name, "type": "text"} for name in ("Company", "City")]
        table = api.post("/tables", json={"name": "Leads", "columns": columns}).json()["id"]
        api.post(f"/tables/{table}/rows", json={"rows": [{"Company": "Acme", "City": "Ulm"}] * 3})
        page = browser.new_page(viewport={"width": 1024, "height": 860})
        page.goto(app.link)
        page.goto(f"{app.url}/tables/{table}")
        panel = page.locator("#panel")
        found: dict[str, list[str]] = {}

        def check(name: str) -> None:
            for theme, width in (("dark", 1024), ("light", 720)):
                page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
                page.set_viewport_size({"width": width, "height": 860})
                if wrong := violations(page):
                    found[f"{name}, {theme}"] = wrong
            page.set_viewport_size({"width": 1024, "height": 860})

        def add(kind: str) -> None:
            page.get_by_role("button", name="Add column").first.click()
            page.get_by_role("menuitem", name=kind).click()

        add("Field")
        expect(panel.get_by_label("Take from")).to_be_visible()
        check("field")
        add("Look-up")
        expect(panel.get_by_label("Look in")).to_be_visible()
        check("look-up")
        page.get_by_role("button", name="Sources").click()
        panel.get_by_role("button", name="Add an HTTP API").click()
        expect(panel.get_by_role("button", name="Fetch the first rows")).to_be_visible()
        check("source")
        add("HTTP API")
        expect(panel.get_by_role("heading", name="New HTTP API column")).to_be_visible()  # the source has a URL, too
        panel.get_by_label("Endpoint URL").fill(f"http://127.0.0.1:{silent.getsockname()[1]}/{{{{Company}}}}")
        panel.locator("[data-test]").click()
        expect(panel.get_by_text("Sending…")).to_be_visible()
        check("sending")
        page.close()
    assert found == {}

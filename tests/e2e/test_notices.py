"""A run that has ended is told to a webhook and to a browser, by the app itself."""

import json
import queue
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Locator, Page, expect

from tests.servers.marl import App
from tests.servers.threads import running

pytestmark = pytest.mark.e2e


@pytest.fixture
def webhook() -> Iterator[tuple[str, queue.Queue[str]]]:
    """Its address, and the texts that were posted to it."""
    texts: queue.Queue[str] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            texts.put(json.loads(self.rfile.read(int(self.headers["Content-Length"])))["text"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with running(ThreadingHTTPServer(("127.0.0.1", 0), Handler)) as server:
        yield f"http://127.0.0.1:{server.server_address[1]}/services/s3cret", texts


def test_a_run_is_told_to_a_webhook(
    page: Page,
    app: App,
    webhook: tuple[str, queue.Queue[str]],
    jwt_api: str,
    picture: Callable[[Page | Locator, str], None],
) -> None:
    address, texts = webhook
    with app.api() as api:
        table = api.post("/tables", json={"name": "Told", "columns": [{"name": "Company"}]}).json()["id"]
        api.post(f"/tables/{table}/rows", json={"rows": [{"Company": "Acme"}]})
        config = {"url": f"{jwt_api}/nothing-here", "auto_update": False}
        body = {"name": "Profile", "type": "http", "config": config}
        column = api.post(f"/tables/{table}/columns", json=body).json()["id"]
    page.goto(f"{app.url}/tables/{table}")
    page.get_by_role("button", name="More for this table").click()
    page.get_by_role("menuitem", name="Notices of runs…").click()
    dialog = page.get_by_role("dialog", name="Notices of runs")
    expect(dialog.get_by_label("E-mail")).to_be_disabled()
    dialog.get_by_label("Webhook").fill("slack.com/x")
    dialog.get_by_role("button", name="Save", exact=True).click()
    dialog.get_by_label("Webhook").fill(address)
    dialog.get_by_role("radio", name="Failed runs").check()
    assert Axe().run(page).response["violations"] == []
    dialog.get_by_role("button", name="Save and send a sample").click()
    expect(page.get_by_text("A sample was sent.")).to_be_visible()
    assert "a run of Told has ended" in texts.get(timeout=20)
    with app.api() as api:
        api.post(f"/columns/{column}/runs", json={"rows": "all"})
    assert texts.get(timeout=30).startswith("“Profile” in Told has ended: 1 failed.")
    page.get_by_role("button", name="More for this table").click()
    page.get_by_role("menuitem", name="Notices of runs…").click()
    expect(dialog.get_by_text("Profile: sent by webhook")).to_be_visible()
    expect(dialog.get_by_label("Webhook")).to_have_attribute("placeholder", "Kept: 127.0.0.1. Type to replace")
    picture(page, "guide/images/runs-notices")


HIDDEN = """
window.told = [];
window.Notification = class extends EventTarget {
  static permission = "default";
  static async requestPermission() { return (Notification.permission = "granted"); }
  constructor(title, { body }) { super(); window.told.push(`${title} | ${body}`); }
};
"""
LOOK_AWAY = "() => Object.defineProperty(document, 'hidden', { value: true })"


def test_a_run_of_a_source_that_failed_is_told_to_a_webhook_and_the_browser(
    page: Page, app: App, webhook: tuple[str, queue.Queue[str]], jwt_api: str
) -> None:
    address, texts = webhook
    with app.api() as api:
        table = api.post("/tables", json={"name": "Nightly", "columns": [{"name": "Company"}]}).json()["id"]
        api.patch(f"/tables/{table}/notices", json={"webhook_url": address, "when": "failures"})
        fields = [{"path": "name", "column": "Company"}]
        body = {"name": "CRM", "config": {"url": f"{jwt_api}/nothing-here"}, "columns": fields}
        source = api.post(f"/tables/{table}/sources", json=body).json()["id"]
    page.add_init_script(HIDDEN)
    page.goto(f"{app.url}/tables/{table}")
    page.get_by_role("button", name="More for this table").click()
    page.get_by_role("menuitem", name="Notices of runs…").click()
    dialog = page.get_by_role("dialog", name="Notices of runs")
    dialog.get_by_role("button", name="Notify me").click()
    expect(dialog.get_by_text("It shows a notification when a run ends")).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()
    page.evaluate(LOOK_AWAY)
    with app.api() as api:
        api.post(f"/sources/{source}/runs")
    first, reason, place = texts.get(timeout=30).split("\n")
    assert first == "“CRM” in Nightly has failed."
    assert reason.endswith("Nothing was changed.")
    assert place.endswith(f"/tables/{table}/sources")
    page.wait_for_function("() => window.told.length")
    assert page.evaluate("() => window.told") == [f"CRM has failed | Nightly: {reason}"]
    expect(page).to_have_title("Failed: CRM · Nightly")
    page.get_by_role("button", name="More for this table").click()
    page.get_by_role("menuitem", name="Notices of runs…").click()
    expect(dialog.get_by_text("CRM: sent by webhook")).to_be_visible()


def test_the_address_in_a_notice_opens_the_sources_of_the_table(page: Page, app: App) -> None:
    with app.api() as api:
        table = api.post("/tables", json={"name": "Linked", "columns": [{"name": "Company"}]}).json()["id"]
    page.goto(f"{app.url}/tables/{table}/sources")
    expect(page.get_by_role("heading", name="Sources")).to_be_visible()
    expect(page.get_by_role("grid", name="Linked")).to_be_visible()
    expect(page).to_have_url(f"{app.url}/tables/{table}")
    page.goto(f"{app.url}/tables/{table}?panel=/trash")
    expect(page.get_by_role("grid", name="Linked")).to_be_visible()
    expect(page).to_have_url(f"{app.url}/tables/{table}")
    expect(page.locator("#panel")).to_be_hidden()


def test_what_is_wrong_with_a_notice_stands_at_its_field(page: Page, app: App) -> None:
    with app.api() as api:
        table = api.post("/tables", json={"name": "Told", "columns": [{"name": "Company"}]}).json()["id"]
    page.goto(f"{app.url}/tables/{table}")
    page.get_by_role("button", name="More for this table").click()
    page.get_by_role("menuitem", name="Notices of runs…").click()
    dialog = page.get_by_role("dialog", name="Notices of runs")
    address = dialog.get_by_label("Webhook")
    address.fill("ftp://hooks.example/x")
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(address).to_be_focused()
    expect(address).to_have_attribute("aria-invalid", "true")
    expect(address.locator("+ .problem")).to_be_visible()
    address.fill("")
    dialog.get_by_role("button", name="Save", exact=True).click()
    expect(dialog).to_be_hidden()

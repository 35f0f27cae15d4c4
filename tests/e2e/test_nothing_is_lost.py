"""What is typed outlives a server that can't be reached, and a table that was deleted elsewhere says so."""

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.e2e.test_main_job import tab_to
from tests.servers.marl import App

pytestmark = pytest.mark.e2e


@pytest.fixture
def table(page: Page, app: App) -> int:
    with app.api() as api:
        made = int(
            api.post("/tables", json={"name": "Leads", "columns": [{"name": "Company", "type": "text"}]}).json()["id"]
        )
        api.post(f"/tables/{made}/rows", json={"rows": [{"Company": "Acme"}]})
    page.goto(f"{app.url}/tables/{made}")
    expect(page.get_by_role("gridcell", name="Acme", exact=True)).to_be_visible()
    return made


def companies(app: App, table: int) -> list[str]:
    with app.api() as api:
        found = api.get(f"/tables/{table}").json()["columns"][0]["id"]
        return [row["cells"][str(found)]["value"] for row in api.get(f"/tables/{table}/rows").json()["items"]]


def test_what_is_typed_without_a_server_stays_and_is_saved_once_it_is_back(page: Page, app: App, table: int) -> None:
    cell = page.get_by_role("gridcell").first
    cell.click()
    page.context.set_offline(True)
    page.keyboard.type("Zeta GmbH")
    page.keyboard.press("Enter")
    expect(page.locator("#toasts").get_by_text("Not saved yet: the server can't be reached.")).to_be_visible()
    expect(cell).to_have_text("Zeta GmbH")
    assert companies(app, table) == ["Acme"]
    page.context.set_offline(False)
    expect(page.locator("#toasts").get_by_text("Not saved yet")).to_have_count(0)
    expect(cell).to_have_text("Zeta GmbH")
    assert companies(app, table) == ["Zeta GmbH"]


def test_a_page_with_a_half_typed_value_asks_before_it_is_left(page: Page, table: int) -> None:
    page.get_by_role("gridcell").first.click()
    page.keyboard.type("Zet")
    asked: list[str] = []

    def accept(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", accept)
    page.close(run_before_unload=True)
    page.wait_for_event("close")
    assert asked == ["beforeunload"]


def test_a_table_that_was_deleted_elsewhere_says_so_until_it_is_restored(page: Page, app: App, table: int) -> None:
    with app.api() as api:
        api.delete(f"/tables/{table}")
        notice = page.get_by_text("Someone deleted this table")
        expect(notice).to_be_visible()
        expect(page.get_by_role("link", name="Open the trash to restore it")).to_be_visible()
        page.get_by_text("Acme").click(force=True)
        page.keyboard.type("Lost")
        expect(page.locator(".editor")).to_have_count(0)
        [item] = [item for item in api.get("/trash").json()["items"] if item["table_id"] == table]
        api.post(f"/trash/{item['id']}/restore")
    expect(notice).to_be_hidden()
    expect(page.get_by_role("gridcell", name="Acme", exact=True)).to_be_visible()


def test_a_notice_stays_in_reach_above_a_dialog(page: Page, app: App, table: int) -> None:
    page.get_by_role("columnheader", name="Company").click(button="right")
    page.get_by_role("menuitem", name="Delete").click()
    notices = page.get_by_role("log", name="Notices")
    expect(notices).to_contain_text("Deleted")
    page.keyboard.press("Control+/")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog.get_by_role("log", name="Notices")).to_contain_text("Deleted")
    notices.get_by_role("button", name="Undo").click()
    expect(notices.get_by_role("button", name="Undo")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator("body > #toasts")).to_have_count(1)


def test_a_notice_is_reached_by_keys_and_gives_the_focus_back(page: Page, table: int) -> None:
    page.get_by_role("columnheader", name="Company").click(button="right")
    page.get_by_role("menuitem", name="Delete").click()
    undo = page.get_by_role("log", name="Notices").get_by_role("button", name="Undo")
    expect(undo).to_be_visible()
    page.get_by_role("button", name="Sources").focus()
    tab_to(page, page.locator("#sheet"), "F6")
    page.keyboard.press("F6")
    expect(undo).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("gridcell", name="Acme", exact=True)).to_be_visible()
    expect(page.locator("#sheet")).to_be_focused()


def test_a_server_out_of_reach_is_told_once_until_it_answers(page: Page, app: App, table: int) -> None:
    page.get_by_role("button", name="Sources").click()
    panel = page.locator("#panel")
    panel.get_by_role("button", name="Add an HTTP API").click()
    panel.get_by_label("Name", exact=True).fill("CRM accounts")
    panel.locator(".request .cm-content").click()
    page.keyboard.insert_text("http://127.0.0.1:9/accounts")
    page.context.set_offline(True)
    save = panel.get_by_role("button", name="Save", exact=True)
    told = page.locator("#toasts").get_by_text("Can't reach the server")
    for _ in range(2):
        with page.expect_event("requestfailed"):
            save.click()
        expect(told).to_have_count(1)
    page.context.set_offline(False)
    expect(told).to_have_count(0)
    save.click()
    expect(panel.get_by_role("heading", name="CRM accounts")).to_be_visible()


def test_the_recipes_stay_open_when_the_server_is_out_of_reach(page: Page, table: int) -> None:
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="Start from a recipe…").click()
    gallery = page.get_by_role("dialog", name="Start from a recipe")
    recipe = gallery.get_by_role("button", name="Stripe customer").first
    page.context.set_offline(True)
    recipe.click()
    expect(gallery.get_by_role("log", name="Notices")).to_contain_text("Can't reach the server")
    page.context.set_offline(False)
    recipe.dblclick()
    expect(gallery).to_have_count(0)
    expect(page.get_by_role("dialog")).to_have_count(1)
    expect(page.get_by_role("dialog").locator(":focus")).to_have_count(1)


DAILY = {"every": "day", "at": "09:00", "timezone": "Europe/Berlin"}


def test_a_source_that_was_changed_or_deleted_elsewhere_says_so_and_keeps_what_is_typed(
    page: Page, app: App, table: int
) -> None:
    with app.api() as api:
        config = {"url": "http://127.0.0.1:9/accounts"}
        source = api.post(f"/tables/{table}/sources", json={"name": "CRM", "config": config}).json()["id"]
        page.get_by_role("button", name="Sources").click()
        panel = page.locator("#panel")
        panel.get_by_role("button", name="Edit").click()
        name = panel.get_by_label("Name", exact=True)
        name.fill("CRM accounts")
        assert api.patch(f"/sources/{source}", json={"name": "Theirs", "schedule": DAILY}).is_success
        panel.get_by_role("button", name="Save", exact=True).click()
        expect(panel.get_by_role("alert").first).to_contain_text("These settings were changed after you opened them.")
        assert api.delete(f"/sources/{source}").is_success
    panel.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("log", name="Notices")).to_contain_text("isn't there any more")
    expect(name).to_have_value("CRM accounts")

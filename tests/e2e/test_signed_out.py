"""What is typed or pasted while nobody is signed in any more outlives the sign-in that comes next."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.accessible import violations
from tests.e2e.invitations import invite, join
from tests.servers.marl import App

pytestmark = pytest.mark.e2e


@pytest.fixture
def table(app: App) -> int:
    with app.api() as api:
        columns = [{"name": "Company", "type": "text"}, {"name": "City", "type": "text"}]
        made = int(api.post("/tables", json={"name": "Leads", "columns": columns}).json()["id"])
        api.post(f"/tables/{made}/rows", json={"rows": [{"Company": "Acme"}]}).raise_for_status()
    return made


@pytest.fixture(scope="module")
def membership(browser: Browser, app: App, session_cookies: dict[str, str]) -> list[Any]:
    """The cookies of an editor who has a password."""
    owner, editor = browser.new_context(), browser.new_context()
    owner.add_cookies([{"name": name, "value": value, "url": app.url} for name, value in session_cookies.items()])
    join(editor.new_page(), invite(owner.new_page(), app, "sam@example.com", "editor"))
    cookies = editor.cookies()
    for context in (owner, editor):
        context.close()
    return cookies


@pytest.fixture
def sam(browser: Browser, app: App, table: int, membership: list[Any]) -> Iterator[Page]:
    """The table in the browser of that editor."""
    context = browser.new_context(viewport={"width": 1440, "height": 860})
    context.set_default_timeout(30_000)
    context.add_cookies(membership)
    page = context.new_page()
    page.goto(f"{app.url}/tables/{table}")
    expect(page.get_by_role("gridcell", name="Acme", exact=True)).to_be_visible()
    yield page
    context.close()


def companies(app: App, table: int) -> list[list[str | None]]:
    with app.api() as api:
        columns = api.get(f"/tables/{table}").json()["columns"]
        rows = api.get(f"/tables/{table}/rows").json()["items"]
        return [[row["cells"].get(str(column["id"]), {}).get("value") for column in columns] for row in rows]


def sign_in(page: Page) -> None:
    page.wait_for_url(re.compile("/sign-in"))
    page.get_by_label("E-mail").fill("sam@example.com")
    page.get_by_label("Password").fill("a long passphrase")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/tables/\d+"))


def notice(page: Page, words: str) -> None:
    """Saves what a notice offers."""
    expect(page.locator("#toasts")).to_contain_text(words)
    assert violations(page) == []
    page.locator("#toasts").get_by_role("button", name="Save now").click()
    expect(page.locator("#toasts .toast")).to_have_count(0)


def test_a_value_that_came_too_late_is_saved_after_the_sign_in(sam: Page, app: App, table: int) -> None:
    sam.get_by_role("gridcell").first.click()
    sam.keyboard.type("Zeta GmbH")
    sam.context.clear_cookies()
    sam.keyboard.press("Enter")
    sign_in(sam)
    notice(sam, "“Zeta GmbH” in Company was not saved before the page was left.")
    expect(sam.get_by_role("gridcell", name="Zeta GmbH")).to_be_visible()
    assert companies(app, table) == [["Zeta GmbH", None]]


def test_a_half_typed_value_is_kept_when_the_page_leads_to_the_sign_in(sam: Page, app: App, table: int) -> None:
    sam.get_by_role("gridcell").first.click()
    sam.keyboard.type("Zet")
    sam.context.clear_cookies()
    with app.api() as api:  # what somebody else does lets the page ask the server, which knows nobody
        api.post(f"/tables/{table}/columns", json={"name": "Size", "type": "text"}).raise_for_status()
    sign_in(sam)
    notice(sam, "“Zet” in Company was not saved")
    assert companies(app, table) == [["Zet", None, None]]


def test_a_record_comes_back_after_the_sign_in_with_what_was_typed_in_it(sam: Page, app: App, table: int) -> None:
    sam.get_by_role("gridcell", name="Acme").click()
    sam.keyboard.press("Shift+Enter")
    record = sam.locator("#drawer")
    comments = record.get_by_role("region", name="Comments")
    comments.get_by_label("Write a comment").fill("Sent")
    sam.keyboard.press("Control+Enter")
    comments.get_by_role("button", name="Edit comment").click()
    comments.get_by_label("Edit the comment").fill("Half edited")
    comments.get_by_label("Write a comment").fill("Half written")
    record.get_by_label("City").fill("Ul")
    sam.context.clear_cookies()
    with app.api() as api:  # what others do lets the page ask the server, which knows nobody
        api.post(f"/tables/{table}/columns", json={"name": "Size", "type": "text"}).raise_for_status()
    sign_in(sam)
    expect(comments.get_by_label("Write a comment")).to_have_value("Half written")
    expect(comments.get_by_label("Edit the comment")).to_have_value("Half edited")
    assert "row=" not in sam.url
    notice(sam, "“Ul” in City was not saved before the page was left.")
    assert companies(app, table) == [["Acme", "Ul", None]]
    comments.get_by_role("button", name="Save").click()
    expect(comments.locator(".comment")).to_contain_text("Half edited")


def test_what_is_pasted_too_late_is_kept_with_its_new_rows(sam: Page, app: App, table: int) -> None:
    sam.get_by_role("gridcell").first.click()
    sam.context.clear_cookies()
    sam.evaluate(
        """() => {
            const data = new DataTransfer();
            data.setData("text/plain", "Zeta\\tUlm\\nEta\\tBonn");
            const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
            document.activeElement.dispatchEvent(paste);
        }"""
    )
    sign_in(sam)
    notice(sam, "4 cells were not saved")
    expect(sam.get_by_role("gridcell", name="Bonn")).to_be_visible()
    assert companies(app, table) == [["Zeta", "Ulm"], ["Eta", "Bonn"]]


def test_a_value_that_is_refused_to_somebody_is_kept_too(sam: Page, app: App, table: int) -> None:
    refusal = '{"error": {"code": "forbidden", "message": "This needs the editor role.", "details": []}}'
    sam.route("**/rows", lambda route: route.fulfill(status=403, content_type="application/json", body=refusal))
    sam.get_by_role("gridcell").first.click()
    sam.keyboard.type("Zeta")
    sam.keyboard.press("Enter")
    expect(sam.locator("#toasts")).to_contain_text("Not saved. This needs the editor role.")
    sam.unroute("**/rows")
    sam.reload()
    notice(sam, "“Zeta” in Company was not saved")
    assert companies(app, table) == [["Zeta", None]]


def test_what_is_kept_goes_over_nothing_that_others_wrote(sam: Page, app: App, table: int) -> None:
    sam.get_by_role("gridcell").first.click()
    sam.keyboard.type("Zeta")
    sam.context.clear_cookies()
    sam.keyboard.press("Enter")
    with app.api() as api:
        [row] = api.get(f"/tables/{table}/rows").json()["items"]
        api.patch(f"/tables/{table}/rows", json={"rows": [{"id": row["id"], "cells": {"Company": "Theirs"}}]})
    sign_in(sam)
    sam.locator("#toasts").get_by_role("button", name="Save now").click()
    expect(sam.locator("#toasts")).to_contain_text("was changed by someone else meanwhile. Nothing was changed.")
    assert companies(app, table) == [["Theirs", None]]


def test_nobody_else_is_offered_it(sam: Page, page: Page, app: App, table: int) -> None:
    sam.get_by_role("gridcell").first.click()
    sam.keyboard.type("Zeta")
    sam.context.clear_cookies()
    sam.keyboard.press("Enter")
    sam.wait_for_url(re.compile("/sign-in"))
    sam.context.add_cookies(page.context.cookies())  # type: ignore[arg-type]
    sam.goto(f"{app.url}/tables/{table}")
    expect(sam.get_by_role("gridcell", name="Acme", exact=True)).to_be_visible()
    expect(sam.locator("#toasts .toast")).to_have_count(0)


def test_a_tab_goes_on_after_another_one_has_signed_in_again(sam: Page, app: App, table: int) -> None:
    """Each sign-in gives the browser another token against forged requests."""
    sam.context.add_cookies([{"name": "csrftoken", "value": "Y" * 32, "url": app.url}])
    sam.get_by_role("gridcell").first.click()
    sam.keyboard.type("Zeta")
    with sam.expect_response("**/rows") as answer:
        sam.keyboard.press("Enter")
    assert answer.value.ok
    assert companies(app, table) == [["Zeta", None]]


def test_a_form_with_a_secret_stays_until_somebody_is_signed_in_again(
    sam: Page, app: App, membership: list[Any]
) -> None:
    """The page led to the sign-in, and what was typed was gone."""
    sam.goto(f"{app.url}/connections/new")
    sam.get_by_role("radio", name="API key").check()
    sam.get_by_label("Name", exact=True).fill("Acme CRM")
    sam.get_by_label("Key name").fill("X-Key")
    key = sam.get_by_label("Key", exact=False).last
    key.fill("s3cret-0123456789")
    sam.context.clear_cookies()
    sam.get_by_role("button", name="Save connection").click()
    expect(sam.locator("#toasts")).to_contain_text("You are signed out. Sign in again in another tab")
    expect(key).to_have_value("s3cret-0123456789")
    sam.context.add_cookies(membership)
    sam.get_by_role("button", name="Save connection").click()
    sam.wait_for_url(re.compile(r"/connections$"))
    expect(sam.get_by_role("link", name="Acme CRM")).to_be_visible()


def test_a_form_stays_while_the_network_is_away(sam: Page, app: App) -> None:
    sam.goto(f"{app.url}/connections/new")
    sam.get_by_label("Name", exact=True).fill("Acme CRM")
    sam.context.set_offline(True)
    sam.get_by_role("button", name="Save connection").click()
    expect(sam.locator("#toasts")).to_contain_text("Can't reach the server.")
    expect(sam.get_by_label("Name", exact=True)).to_have_value("Acme CRM")


def test_a_double_click_sends_a_form_once(sam: Page, app: App) -> None:
    sam.goto(f"{app.url}/connections/new")
    sam.get_by_label("Name", exact=True).fill("Acme CRM")
    sent: list[str] = []
    sam.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    with sam.expect_navigation():
        sam.get_by_role("button", name="Save connection").evaluate("button => { button.click(); button.click(); }")
    assert len(sent) == 1

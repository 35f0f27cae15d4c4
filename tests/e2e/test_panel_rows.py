"""The rows that the panel shows: those that can't be sent, the one that is tried, and its answers that come late."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.panels import open_settings
from tests.servers.echo import serving
from tests.servers.marl import App

pytestmark = pytest.mark.e2e


def test_the_rows_that_cannot_be_sent_are_shown_with_their_reason_and_left_again(page: Page, app: App) -> None:
    with app.api() as api:
        made = int(api.post("/tables", json={"name": "Leads", "columns": [{"name": "ZIP"}]}).json()["id"])
        zips = ["50667", "01067", "80469", "04229", "about"]
        api.post(f"/tables/{made}/rows", json={"rows": [{"ZIP": code} for code in zips]})
    page.goto(f"{app.url}/tables/{made}")
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="HTTP API").click()
    panel, size, line = (page.locator(at) for at in ("#panel", "#table-size", ".view-line"))
    panel.get_by_label("Method").select_option("POST")
    panel.get_by_label("Endpoint URL").fill(f"{app.url}/sample-api/v1/companies")
    panel.get_by_label("Body text").fill('{"zip": {{ZIP}}}')
    panel.get_by_label("Row to preview and test").fill("2")
    expect(page.locator("#preview")).to_contain_text("Row 2 would not be sent")
    page.locator("#preview").get_by_role("button", name="Rows like this").click()
    expect(size).to_contain_text("2 of 5 rows")
    expect(line).to_contain_text("can't send: Line 1: ZIP")
    panel.get_by_role("button", name="Save and run…").click()
    panel.get_by_text("3 can't be sent").click()
    panel.get_by_role("button", name="Show them all").click()
    expect(size).to_contain_text("3 of 5 rows")
    expect(line).to_contain_text("can't send these rows")
    line.get_by_role("button", name="Back").click()
    expect(size).to_have_text("5 rows · 1 column")
    expect(line).to_be_hidden()
    page.set_viewport_size({"width": 720, "height": 860})
    page.locator("#preview").get_by_role("button", name="Rows like this").click()
    expect(page.get_by_text("Close the panel to see them.")).to_be_visible()
    page.set_viewport_size({"width": 1440, "height": 860})
    panel.get_by_role("button", name="Add quotes").first.click()
    panel.get_by_role("button", name="Save and run…").click()
    expect(panel.locator("#run-menu")).not_to_contain_text("can't be sent")


def test_a_stored_result_that_comes_late_leaves_the_answer_of_a_row_that_was_sent(page: Page, app: App) -> None:
    page.clock.install()
    with serving() as echo, app.api() as api:
        made = int(api.post("/tables", json={"name": "Leads", "columns": [{"name": "Company"}]}).json()["id"])
        api.post(
            f"/tables/{made}/rows", json={"rows": [{"Company": name} for name in ("Northwind", "Contoso", "Adatum")]}
        )
        config = {"method": "POST", "url": f"{echo.url}/slow", "body": '{"of": "{{Company}}"}', "auto_update": False}
        column = {"name": "Slow", "type": "http", "config": config}
        slow = api.post(f"/tables/{made}/columns", json=column).json()["id"]
        api.post(f"/columns/{slow}/runs", json={"rows": "all"})
        page.goto(f"{app.url}/tables/{made}")
        expect(page.get_by_text("slow(Adatum)")).to_be_visible()
        open_settings(page, "Slow")
        panel, row = page.locator("#panel"), page.get_by_label("Row to preview and test")
        answer = panel.locator("#test-result")
        expect(answer.get_by_role("tree")).to_contain_text("slow(Northwind)")
        stored: list[str] = []
        page.on("request", lambda request: stored.append(request.url) if "/panel/answer" in request.url else None)
        echo.take()
        echo.answers["slow"] = lambda of: (200, {"is": f"sent({of})"})
        page.clock.pause_at(
            datetime.now(UTC) + timedelta(hours=1)
        )  # so that no time is between a choice and its sending

        with echo.holding("slow"):
            row.fill("2")
            panel.get_by_role("button", name="Send row 2").click()
            echo.wait_for("slow(Contoso)")
            page.clock.fast_forward(2000)
            expect(panel.get_by_text("Sending…")).to_be_visible()
        expect(answer.get_by_role("tree")).to_contain_text("sent(Contoso)")
        row.fill("3")
        panel.get_by_role("button", name="Send row 3").click()
        expect(answer.get_by_role("tree")).to_contain_text("sent(Adatum)")
        page.clock.fast_forward(2000)
        row.fill("1")
        page.clock.fast_forward(2000)
        expect(answer.get_by_role("tree")).to_contain_text("slow(Northwind)")
        assert echo.take() == ["slow(Contoso)", "slow(Adatum)"]
        assert len(stored) == 1


def test_the_row_that_is_tried_is_chosen_by_its_name_in_a_panel_as_wide_as_it_can_be(page: Page, app: App) -> None:
    with app.api() as api:
        made = int(api.post("/tables", json={"name": "Leads", "columns": [{"name": "Company"}]}).json()["id"])
        api.post(f"/tables/{made}/rows", json={"rows": [{"Company": f"Firm {n}"} for n in range(1, 31)]})
    page.goto(f"{app.url}/tables/{made}")
    page.get_by_text("Firm 20", exact=True).click()
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="HTTP API").click()
    panel, preview, choose = (
        page.locator("#panel"),
        page.locator("#preview"),
        page.get_by_role("button", name="Choose a row"),
    )
    panel.get_by_label("Method").select_option("POST")
    panel.get_by_label("Endpoint URL").fill(f"{app.url}/sample-api/v1/companies")
    panel.get_by_label("Body text").fill('{"of": "{{Company}}"}')
    choose.click()
    panel.get_by_role("button", name="Row 4 Firm 4").click()
    expect(preview).to_contain_text('{"of": "Firm 4"}')
    expect(choose).to_be_focused()
    choose.press("Enter")
    panel.get_by_role("button", name="Selected in the grid").press("Enter")
    expect(preview).to_contain_text('{"of": "Firm 20"}')
    expect(preview.get_by_text("accept: ")).to_be_hidden()
    preview.get_by_text("+2 headers").click()
    expect(preview.get_by_text("accept: ")).to_be_visible()
    panel.get_by_role("button", name="Make wide").click()
    wide = panel.bounding_box()
    page.reload()
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="HTTP API").click()
    narrow = panel.get_by_role("button", name="Make narrow")
    expect(narrow).to_be_visible()
    assert panel.bounding_box() == wide
    narrow.click()
    expect(panel.get_by_role("button", name="Make wide")).to_be_focused()
    usual = panel.bounding_box()
    assert usual
    assert wide
    assert usual["width"] < wide["width"]

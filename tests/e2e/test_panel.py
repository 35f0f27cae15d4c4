"""The side panel in a real browser: what fills it, and what it keeps."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page, expect

from tests.servers.echo import serving
from tests.servers.marl import App

pytestmark = pytest.mark.e2e


@pytest.fixture
def table(page: Page, app: App) -> int:
    with app.api() as api:
        made = int(api.post("/tables", json={"name": "Leads", "columns": [{"name": "Company"}]}).json()["id"])
        assert api.post(f"/tables/{made}/rows", json={"rows": [{"Company": "Northwind"}]}).status_code == 201
    page.goto(f"{app.url}/tables/{made}")
    expect(page.get_by_text("Northwind", exact=True)).to_be_visible()
    return made


def test_a_curl_command_pasted_as_the_address_fills_the_form(page: Page, table: int) -> None:
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="HTTP API").click()
    panel = page.locator("#panel")
    panel.get_by_label("Name", exact=True).fill("Profile")
    address = panel.get_by_label("Endpoint URL")
    address.focus()
    address.evaluate(
        """(field, text) => {
          const data = new DataTransfer();
          data.setData("text/plain", text);
          field.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
        }""",
        "curl https://api.example/v1 -H 'X-Team: growth' -d '{\"name\": \"{{Company}}\"}'",
    )
    expect(address).to_have_text("https://api.example/v1")
    expect(panel.get_by_label("Name", exact=True)).to_have_value("Profile")
    expect(panel.locator('[name="body"]')).to_have_value('{"name": "{{Company}}"}')
    expect(panel.get_by_text("Filled from the cURL command")).to_be_visible()
    expect(page.locator("#preview")).to_contain_text('{"name": "Northwind"}')
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_key_is_connected_inside_the_panel(page: Page, table: int) -> None:
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="HTTP API").click()
    panel = page.locator("#panel")
    panel.get_by_label("Endpoint URL").fill("https://api.example/v1/{{Company}}")
    panel.get_by_role("button", name="New", exact=True).click()
    editor = page.locator("#connection-editor")
    editor.get_by_label("Name", exact=True).fill("Weather")
    editor.get_by_label("Kind").select_option("API key")
    editor.get_by_label("Key name").fill("X-Weather-Key")
    expect(editor.get_by_label("Name", exact=True)).to_have_value("Weather")
    editor.get_by_role("button", name="Save connection").click()
    expect(editor.get_by_text("Enter the key.")).to_be_visible()
    editor.get_by_label("Key", exact=False).last.fill("k3y-0123456789")
    editor.get_by_role("button", name="Show what is sent").click()
    expect(editor.get_by_text("X-Weather-Key: ••••••••")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    editor.get_by_role("button", name="Save connection").click()
    expect(page.locator("#preview")).to_contain_text("x-weather-key: ••••••••", ignore_case=True)
    panel.get_by_role("button", name="Save", exact=True).click()
    panel.get_by_role("button", name="Allow api.example and save").click()
    expect(panel.get_by_text("Saved")).to_be_visible()


@pytest.mark.parametrize("kind", ["bearer", "basic", "oauth2_client_credentials", "signed_jwt"])
def test_the_form_of_every_kind_is_accessible(page: Page, app: App, kind: str) -> None:
    page.goto(f"{app.url}/connections/new?kind={kind}")
    expect(page.get_by_role("button", name="Save connection")).to_be_visible()
    assert Axe().run(page).response["violations"] == []


def test_owners_read_the_audit_log(page: Page, app: App, table: int) -> None:
    page.goto(f"{app.url}/settings/audit")
    expect(page.get_by_text("created the table Leads").first).to_be_visible()
    assert Axe().run(page).response["violations"] == []


def test_a_field_of_a_test_becomes_a_column(page: Page, app: App, jwt_api: str) -> None:
    with app.api() as api:
        made = int(api.post("/tables", json={"name": "Leads", "columns": [{"name": "Company"}]}).json()["id"])
        api.post(f"/tables/{made}/rows", json={"rows": [{"Company": "Northwind"}]})
        config = {"method": "GET", "url": f"{jwt_api}/log", "auto_update": False}
        column = api.post(f"/tables/{made}/columns", json={"name": "Log", "type": "http", "config": config}).json()[
            "id"
        ]
        api.post(f"/columns/{column}/runs", json={"rows": "all"})
    page.goto(f"{app.url}/tables/{made}")
    expect(page.get_by_text("arrivals, sign_ins")).to_be_visible()
    page.get_by_role("columnheader", name="Log").hover()
    page.locator('[aria-label="Log: column menu"]').click()
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    page.get_by_role("button", name="Test row 1").click()
    button = page.get_by_role("button", name="names as a column")
    button.focus()
    page.keyboard.press("Enter")
    panel = page.locator("#panel")
    expect(panel.get_by_label("Take from")).to_have_value(str(column))
    expect(panel.get_by_label("Field", exact=False).first).to_have_value("names")
    expect(panel.get_by_label("Name", exact=True)).to_have_value("names")
    panel.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("columnheader", name="names", exact=True)).to_be_visible()
    expect(panel.get_by_text("Saved")).to_be_visible()


def test_what_was_typed_survives_a_reload(page: Page, table: int) -> None:
    page.on("dialog", lambda dialog: dialog.accept())
    panel = page.locator("#panel")
    for restores in (False, True):
        page.get_by_role("button", name="Add column").first.click()
        page.get_by_role("menuitem", name="HTTP API").click()
        if restores:
            panel.get_by_role("button", name="Restore draft").click()
            break
        panel.get_by_label("Endpoint URL").fill("https://api.example/{{Company}}")
        panel.get_by_role("button", name="+ Add parameter").click()
        panel.get_by_label("Parameter name").fill("fields")
        page.reload()
    expect(panel.locator('[name="url"]')).to_have_value("https://api.example/{{Company}}")
    expect(panel.get_by_label("Parameter name")).to_have_value("fields")
    expect(page.locator("#preview")).to_contain_text("https://api.example/Northwind?fields=")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Discard", exact=True).click()
    expect(panel).to_be_hidden()
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="HTTP API").click()
    expect(panel.get_by_label("Endpoint URL")).to_be_visible()
    expect(panel.get_by_role("button", name="Restore draft")).to_have_count(0)


def test_an_answer_is_searched_walked_and_makes_a_column_of_what_field_paths_left_out(
    page: Page, app: App, jwt_api: str
) -> None:
    with app.api() as api:
        made = int(api.post("/tables", json={"name": "Leads", "columns": [{"name": "Company"}]}).json()["id"])
        api.post(f"/tables/{made}/rows", json={"rows": [{"Company": "Northwind"}]})
        config = {"method": "GET", "url": f"{jwt_api}/log", "field_paths": ["arrivals"], "auto_update": False}
        settings = {"name": "Log", "type": "http", "config": config}
        column = api.post(f"/tables/{made}/columns", json=settings).json()["id"]
        api.post(f"/columns/{column}/runs", json={"rows": "all"})
    page.goto(f"{app.url}/tables/{made}")
    page.get_by_role("columnheader", name="Log").hover()
    page.locator('[aria-label="Log: column menu"]').click()
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    panel = page.locator("#panel")
    panel.get_by_role("button", name="Test row 1").click()
    tree = panel.get_by_role("tree", name="Response")
    expect(tree).to_be_visible()
    panel.get_by_label("Search the response").fill("sign_in")
    expect(tree.get_by_role("treeitem")).to_have_count(1)
    page.keyboard.press("Tab")
    expect(tree.get_by_role("treeitem")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(tree.get_by_role("treeitem")).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(panel.get_by_label("Take from")).to_have_value(str(column))
    panel.get_by_role("button", name="Save", exact=True).click()
    cell = page.locator('#grid-body [role="row"][aria-rowindex="2"] [aria-colindex="4"]')
    expect(cell).to_contain_text("[")


def test_an_operation_of_an_openapi_document_fills_the_form(page: Page, app: App, table: int) -> None:
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="HTTP API").click()
    panel = page.locator("#panel")
    panel.get_by_role("button", name="Import from OpenAPI").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Document address").fill(f"{app.url}/api/v1/openapi.json")
    dialog.get_by_role("button", name="Show operations").click()
    dialog.get_by_label("Search operations").fill("post /api/v1/tables/{table_id}/columns")
    assert Axe().run(page).response["violations"] == []
    dialog.get_by_role("button", name="POST /api/v1/tables/{table_id}/columns Create a column").click()
    expect(dialog.get_by_role("checkbox", checked=True)).to_have_count(0)
    dialog.get_by_label("Search fields").fill("type")
    assert Axe().run(page).response["violations"] == []
    dialog.get_by_label("type string").check()
    dialog.get_by_role("button", name="Fill in the form").click()
    expect(panel.locator('[name="url"]')).to_have_value(f"{app.url}/api/v1/tables/{{{{table_id}}}}/columns")
    expect(panel.get_by_text("Choose a column for table_id, name.")).to_be_visible()
    expect(panel.locator('[name="body"]')).to_have_value('{\n  "name": "{{name}}",\n  "type": "text"\n}')


def test_saving_by_keyboard_leaves_the_focus_on_its_button(page: Page, table: int) -> None:
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="HTTP API").click()
    panel = page.locator("#panel")
    panel.get_by_label("Endpoint URL").fill("https://api.example/v1/{{Company}}")
    save = panel.get_by_role("button", name="Save", exact=True)
    for _ in range(2):  # as a new column, and again
        save.press("Enter")
        expect(panel.get_by_text("Saved.", exact=True)).to_be_visible()
        expect(save).to_be_focused()
        panel.get_by_label("Request limit").fill("2000")


def test_starting_a_run_leaves_the_focus_on_its_button(page: Page, app: App, table: int) -> None:
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="HTTP API").click()
    panel = page.locator("#panel")
    panel.get_by_label("Endpoint URL").fill(f"{app.url}/sample-api/v1/companies/northwind.example")
    start = panel.get_by_role("button", name="Save and run…")
    for rows in ("First 10 rows", "All rows"):  # as a new column, and again
        start.press("Enter")
        # Of which rows, depends on whether the counts of the run before have come.
        expect(panel.get_by_text(re.compile(r"\d requests?"))).to_be_visible()
        panel.get_by_role("button", name=rows).press("Enter")
        notice = panel.get_by_text("Saved. Running 1 row…")
        expect(notice).to_be_visible()
        expect(panel.locator("#run-menu")).to_be_hidden()
        expect(start).to_be_focused()
        notice.evaluate("notice => notice.remove()")  # so that the next one is new
        expect(page.get_by_role("region", name="Progress of runs")).to_contain_text("Done")


def test_the_menu_of_runs_covers_no_button(page: Page, table: int) -> None:
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="HTTP API").click()
    start = page.get_by_role("button", name="Save and run…")
    start.press("Enter")
    menu, button = page.locator("#run-menu").bounding_box(), start.bounding_box()
    assert menu
    assert button
    assert menu["y"] + menu["height"] <= button["y"]
    page.keyboard.press("Escape")
    expect(page.locator("#run-menu")).to_be_hidden()
    expect(start).to_be_focused()


def test_a_column_whose_settings_open_comes_out_from_behind_the_panel(page: Page, app: App) -> None:
    with app.api() as api:
        columns = [{"name": f"Column {number}", "type": "text"} for number in range(7)]
        table = api.post("/tables", json={"name": "Wide", "columns": columns}).json()["id"]
        config = {"url": f"{app.url}/sample-api/v1/companies/{{{{Column 1}}}}"}
        api.post(f"/tables/{table}/columns", json={"name": "Last", "type": "http", "config": config}).raise_for_status()
    page.goto(f"{app.url}/tables/{table}")
    head = page.get_by_role("columnheader", name="Last")
    head.click(button="right")
    page.get_by_role("menuitem", name="Settings", exact=True).click()
    panel = page.locator("#panel")
    expect(panel.get_by_role("heading", name="Last")).to_be_focused()
    end, start = head.bounding_box(), panel.bounding_box()
    assert end
    assert start
    assert end["x"] + end["width"] <= start["x"] + 1


def test_a_connection_is_deleted_after_one_question(page: Page, app: App) -> None:
    config = {"in": "header", "name": "X-Key"}
    with app.api() as api:
        body = {"name": "Old CRM", "kind": "api_key", "config": config, "secrets": {"key": "k3y-0123456789"}}
        api.post("/connections", json=body).raise_for_status()
    page.goto(f"{app.url}/connections")
    remove = page.get_by_role("button", name="Delete Old CRM")
    remove.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(remove).to_be_focused()
    remove.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(remove).to_have_count(0)


def test_an_address_that_was_moved_is_taken_with_one_click(page: Page, app: App, table: int) -> None:
    with serving() as echo, app.api() as api:
        echo.answers["moved"] = lambda of: (301, "/companies")
        config = {"method": "POST", "url": f"{echo.url}/moved", "body": '{"of": "{{Company}}"}', "auto_update": False}
        api.post(f"/tables/{table}/columns", json={"name": "Profile", "type": "http", "config": config})
        page.reload()
        page.get_by_role("columnheader", name="Profile").hover()
        page.locator('[aria-label="Profile: column menu"]').click()
        page.get_by_role("menuitem", name="Settings", exact=True).click()
        panel = page.locator("#panel")
        panel.get_by_role("button", name="Test row 1").click()
        expect(panel.get_by_text("A POST would arrive there as a GET without its body.")).to_be_visible()
        fix = panel.get_by_role("button", name="Use the new address")
        fix.click()
        expect(fix).to_have_count(0)
        panel.get_by_role("button", name="Test row 1").click()
        expect(panel.get_by_text("Row 1: Done")).to_be_visible()
        panel.get_by_role("button", name="Save", exact=True).click()
        expect(panel.get_by_text("Saved")).to_be_visible()
        assert echo.take() == ["moved(Northwind)", "companies(Northwind)"]


def test_the_inspector_lists_the_redirects_of_an_attempt(page: Page, app: App, table: int) -> None:
    with serving() as echo, app.api() as api:
        echo.answers["kept"] = lambda of: (308, "/companies")
        config = {"method": "POST", "url": f"{echo.url}/kept", "body": '{"of": "{{Company}}"}', "auto_update": False}
        column = {"name": "Profile", "type": "http", "config": config}
        made = api.post(f"/tables/{table}/columns", json=column).json()["id"]
        api.post(f"/columns/{made}/runs", json={"rows": "all"})
        page.reload()
        expect(page.get_by_text("companies(Northwind)")).to_be_visible()
        for key in ("Control+Home", "ArrowRight", "Enter"):
            page.keyboard.press(key)
        redirects = page.locator("#drawer").get_by_role("list", name="Redirects")
        expect(redirects).to_have_text(f"308 → POST {echo.url}/companies")

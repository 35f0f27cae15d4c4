"""The side panel in a real browser: what fills it, and what it keeps."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import APIResponse, Page, Route, expect

from enrichment.engine.auth import kinds
from tests.e2e.panels import open_settings
from tests.servers.echo import serving
from tests.servers.marl import App

pytestmark = pytest.mark.e2e

UNDER_WAY = re.compile("^(|–|Queued|Running.*|Waiting.*)$")
ENDED = re.compile("first 10 rows|finished")


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
    panel.get_by_role("button", name="New connection").click()
    editor = page.locator("#connection-editor")
    editor.get_by_label("Name", exact=True).fill("Weather")
    editor.get_by_text("API key", exact=True).click()
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


def test_an_id_and_a_key_are_sent_as_two_headers(page: Page, app: App) -> None:
    page.goto(f"{app.url}/connections/new")
    page.get_by_text("Several headers or parameters").click()
    expect(page.get_by_label("Header name").nth(1)).to_have_value("X-Api-Key")
    page.get_by_label("Name", exact=True).fill("Search")
    page.get_by_label("Value of app_id").fill("id-0123456789")
    page.get_by_role("button", name="Show what is sent").click()
    expect(page.get_by_text("Enter the secret api_key.")).to_be_visible()
    page.get_by_label("Value of api_key").fill("k3y-0123456789")
    page.get_by_role("button", name="Show what is sent").click()
    expect(page.get_by_text("X-App-Id: ••••••••, X-Api-Key: ••••••••")).to_be_visible()
    page.get_by_role("button", name="Save connection").click()
    expect(page.get_by_text("X-App-Id: …, X-Api-Key: …")).to_be_visible()


@pytest.mark.parametrize("kind", kinds.KINDS)
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
    expect(page.locator('#grid-body [aria-rowindex="2"] [aria-colindex="3"]')).not_to_have_text(UNDER_WAY)
    open_settings(page, "Log")
    page.get_by_role("button", name="Test row 1").click()
    panel = page.locator("#panel")
    panel.get_by_role("button", name="Column Names", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("columnheader", name="Names", exact=True)).to_be_visible()
    expect(page.get_by_text("Added Names.")).to_be_visible()
    expect(panel.get_by_role("treeitem", name="column Names")).to_be_focused()


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
        panel.get_by_role("button", name="Query", exact=True).click()
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
    panel = open_settings(page, "Log")
    panel.get_by_role("button", name="Test row 1").click()
    tree = panel.get_by_role("tree", name="Response")
    expect(tree).to_be_visible()
    panel.get_by_label("Search the response").fill("sign_in")
    found = tree.get_by_role("treeitem", name="sign_ins")
    page.keyboard.press("Tab")
    expect(found).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(found).to_have_attribute("aria-expanded", "false")
    for key in ("Tab", "Tab", "Tab", "Tab", "Tab", "Enter"):  # past what keeps it, makes rows of it and copies it
        page.keyboard.press(key)
    expect(page.get_by_role("columnheader", name="Sign ins", exact=True)).to_be_visible()
    cell = page.locator('#grid-body [role="row"][aria-rowindex="2"] [aria-colindex="4"]')
    expect(cell).not_to_have_text(UNDER_WAY)
    panel.get_by_label("Search the response").fill("")
    tree.get_by_role("treeitem", name=re.compile("^arrivals: ")).hover()
    tree.get_by_role("button", name="Rows from the list arrivals").click()
    dialog = page.get_by_role("dialog", name="Rows from this list")
    expect(dialog.get_by_label("Name of the new table")).to_have_value("Arrivals of Leads")


def test_an_operation_of_an_openapi_document_fills_the_form(page: Page, app: App, table: int) -> None:
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="HTTP API").click()
    panel = page.locator("#panel")
    panel.get_by_role("button", name="Start from").click()
    panel.get_by_role("button", name="An OpenAPI file").click()
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
    expect(panel.get_by_text("Choose a column for table_id, name (such as Website).")).to_be_visible()
    expect(panel.locator('[name="body"]')).to_have_value('{\n  "name": "{{name}}",\n  "type": "text"\n}')


def test_saving_by_keyboard_leaves_the_focus_on_its_button(page: Page, table: int) -> None:
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="HTTP API").click()
    panel = page.locator("#panel")
    panel.get_by_label("Endpoint URL").fill("https://api.example/v1/{{Company}}")
    panel.get_by_role("heading", name="When to run").click()
    save = panel.get_by_role("button", name="Save", exact=True)
    for _ in range(2):  # as a new column, and again
        save.press("Enter")
        expect(panel.get_by_text("Saved.", exact=True)).to_be_visible()
        expect(save).to_be_focused()
        panel.get_by_role("button", name="Query", exact=True).click()


def test_starting_a_run_leaves_the_focus_on_its_button(page: Page, app: App, table: int) -> None:
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="HTTP API").click()
    panel = page.locator("#panel")
    panel.get_by_label("Endpoint URL").fill(f"{app.url}/sample-api/v1/companies/northwind.example")
    start = panel.get_by_role("button", name="Save and run…")
    for rows in ("First 10 rows", "All rows"):  # as a new column, and again
        start.press("Enter")
        # Of which rows, depends on whether the counts of the run before have come.
        expect(panel.get_by_text(re.compile(r"\d requests?|Every row has a result")).first).to_be_visible()
        panel.get_by_role("button", name=rows).press("Enter")
        notice = panel.get_by_text(re.compile(r"Saved\. (Running 1 row…|1 \w+ in )"))
        expect(notice).to_be_visible()
        expect(panel.locator("#run-menu")).to_be_hidden()
        expect(start).to_be_focused()
        expect(notice).to_contain_text(re.compile(r"Saved\. 1 \w+ in "))
        expect(panel.locator("#estimate")).to_have_text("Every row has a result")
        notice.evaluate("notice => notice.remove()")  # so that the next one is new
        expect(page.get_by_role("region", name="Progress of runs")).to_contain_text(ENDED)


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
    panel = open_settings(page, "Last")
    expect(panel.get_by_role("heading", name="Last")).to_be_focused()
    end, start = head.bounding_box(), panel.bounding_box()
    assert end
    assert start
    assert end["x"] + end["width"] <= start["x"] + 1


def test_a_column_too_wide_for_its_place_beside_the_panel_shows_its_beginning(page: Page, app: App) -> None:
    with app.api() as api:
        columns = [{"name": name, "type": "text"} for name in ("Company", "Town")]
        table = api.post("/tables", json={"name": "Wide", "columns": columns}).json()["id"]
        made = {"name": "Last", "type": "http", "config": {"url": f"{app.url}/sample-api/v1/companies/a"}}
        column = api.post(f"/tables/{table}/columns", json=made).json()["id"]
        api.patch(f"/columns/{column}", json={"width": 600}).raise_for_status()
    page.set_viewport_size({"width": 1024, "height": 800})
    page.goto(f"{app.url}/tables/{table}")
    expect(open_settings(page, "Last").get_by_role("heading", name="Last")).to_be_focused()
    pinned = page.get_by_role("columnheader", name="Company").bounding_box()
    wide = page.get_by_role("columnheader", name="Last").bounding_box()
    assert pinned
    assert wide
    assert abs(wide["x"] - (pinned["x"] + pinned["width"])) <= 2


def test_a_section_that_opens_comes_into_sight(page: Page, table: int) -> None:
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="HTTP API").click()
    page.locator("#section-shape > summary").press("Enter")
    expect(page.get_by_role("switch", name="Wait to be called back")).to_be_in_viewport(ratio=1)
    shown = page.get_by_role("switch", name="Wait to be called back").bounding_box()
    form = page.locator("#panel .panel-body").bounding_box()
    assert shown
    assert form
    assert shown["y"] + shown["height"] <= form["y"] + form["height"] + 1  # not below the rows


def test_the_outcome_of_a_test_is_said_without_all_of_its_answer(page: Page, app: App) -> None:
    with app.api() as api:
        made = api.post("/tables", json={"name": "Leads", "columns": [{"name": "Company"}]}).json()["id"]
        api.post(f"/tables/{made}/rows", json={"rows": [{"Company": "Northwind"}]})
        config = {"url": f"{app.url}/sample-api/v1/nothing/{{{{Company}}}}", "auto_update": False}
        api.post(f"/tables/{made}/columns", json={"name": "Profile", "type": "http", "config": config})
    page.goto(f"{app.url}/tables/{made}")
    open_settings(page, "Profile").get_by_role("button", name="Test row 1").press("Enter")
    expect(page.locator("#said")).to_have_text(re.compile(r"^Row 1: Failed \S+ · .{3,80}$"))
    assert page.locator("#test-result").evaluate("place => place.closest('[aria-live]')") is None


def test_a_connection_is_deleted_after_one_question(page: Page, app: App) -> None:
    config = {"in": "header", "name": "X-Key"}
    with app.api() as api:
        body = {"name": "Old CRM", "kind": "api_key", "config": config, "secrets": {"key": "k3y-0123456789"}}
        api.post("/connections", json=body).raise_for_status()
    page.goto(f"{app.url}/connections")
    more = page.get_by_role("button", name="More for Old CRM")
    remove = page.get_by_role("button", name="Delete Old CRM")
    more.press("Enter")
    remove.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(more).to_be_focused()
    more.press("Enter")
    remove.press("Enter")
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(more).to_have_count(0)


def test_an_address_that_was_moved_is_taken_with_one_click(page: Page, app: App, table: int) -> None:
    with serving() as echo, app.api() as api:
        echo.answers["moved"] = lambda of: (301, "/companies")
        config = {"method": "POST", "url": f"{echo.url}/moved", "body": '{"of": "{{Company}}"}', "auto_update": False}
        api.post(f"/tables/{table}/columns", json={"name": "Profile", "type": "http", "config": config})
        page.reload()
        panel = open_settings(page, "Profile")
        panel.get_by_role("button", name="Send row 1").click()
        expect(panel.get_by_text("A POST would arrive there as a GET without its body.")).to_be_visible()
        fix = panel.get_by_role("button", name="Use the new address")
        fix.click()
        expect(fix).to_have_count(0)
        panel.get_by_role("button", name="Send row 1").click()
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
        expect(redirects).to_have_text(f"308 POST {echo.url}/companies")


def test_a_form_is_filled_previewed_tested_and_run(page: Page, app: App, table: int) -> None:
    with serving() as echo:
        page.get_by_role("button", name="Add column").first.click()
        page.get_by_role("menuitem", name="HTTP API").click()
        panel = page.locator("#panel")
        panel.get_by_label("Method").select_option("POST")
        panel.get_by_label("Endpoint URL").fill(f"{echo.url}/match")
        panel.get_by_label("Body text").fill('{"kept": 1}')
        panel.get_by_label("Body", exact=True).select_option("Form")
        expect(panel.get_by_label("Body text")).to_be_hidden()
        panel.get_by_role("button", name="+ Add field", exact=True).press("Enter")
        page.keyboard.type("of")
        page.keyboard.press("Tab")
        page.keyboard.type("/Comp")
        expect(page.locator(".cm-tooltip-autocomplete").get_by_role("option", name="Company")).to_be_visible()
        page.keyboard.press("Enter")
        page.keyboard.type(" & Sons")
        expect(panel.locator('[name="form.value"]')).to_have_value("{{Company}} & Sons")
        name, value = (panel.get_by_label(f"Field {part}").bounding_box() for part in ("name", "value"))
        assert name
        assert value
        assert value["width"] > name["width"] / 2
        expect(page.locator("#preview")).to_contain_text("of=Northwind%20%26%20Sons")
        assert Axe().run(page).response["violations"] == []
        panel.get_by_role("button", name="Send row 1").click()
        expect(panel.get_by_role("tree", name="Response")).to_contain_text("match(Northwind & Sons)")
        panel.get_by_role("button", name="Save and run…").click()
        panel.get_by_role("button", name="All rows").click()
        expect(page.locator("#grid-body")).to_contain_text("match(Northwind & Sons)")
        assert [body for _, body in echo.received] == ["of=Northwind%20%26%20Sons"] * 2
        panel.get_by_label("Body", exact=True).select_option("JSON")
        expect(panel.get_by_label("Body text")).to_have_text('{"kept": 1}')
        expect(panel.get_by_role("button", name="+ Add field", exact=True)).to_be_hidden()
        panel.get_by_label("Body", exact=True).select_option("None")
        expect(panel.get_by_label("Body text")).to_be_hidden()


def test_an_object_in_quotes_is_replaced_by_one_of_its_fields(page: Page, app: App, table: int) -> None:
    with serving() as echo, app.api() as api:
        config = {"method": "POST", "url": f"{echo.url}/make", "body": '{"of": "{{Company}}"}', "auto_update": False}
        made = api.post(f"/tables/{table}/columns", json={"name": "Contact", "type": "http", "config": config}).json()
        api.post(f"/columns/{made['id']}/runs", json={"rows": "all"})
        page.reload()
        expect(page.get_by_text("make(Northwind)")).to_be_visible()
        page.get_by_role("button", name="Add column").first.click()
        page.get_by_role("menuitem", name="HTTP API").click()
        panel = page.locator("#panel")
        panel.get_by_label("Method").select_option("POST")
        panel.get_by_label("Endpoint URL").fill(f"{echo.url}/match")
        panel.get_by_label("Body", exact=True).select_option("XML")
        panel.get_by_label("Body text").fill("<ask><of>{{Contact}}</of></ask>")
        expect(panel.locator("[data-message]", has_text="Contact holds an object. Choose a field: is")).to_be_visible()
        panel.get_by_role("button", name="is", exact=True).click()
        expect(panel.locator('[name="body"]')).to_have_value("<ask><of>{{Contact.is}}</of></ask>")
        expect(page.locator("#preview")).to_contain_text("<of>make(Northwind)</of>")
        panel.get_by_label("Body text").fill("<ask>\n<of></ask>")
        panel.get_by_role("button", name="Write </of>").click()
        expect(panel.locator('[name="body"]')).to_have_value("<ask>\n<of></of>")


def test_a_test_of_a_row_says_that_it_sends_and_can_be_cancelled(page: Page, app: App) -> None:
    with serving() as echo, app.api() as api:
        made = int(api.post("/tables", json={"name": "Leads", "columns": [{"name": "Company"}]}).json()["id"])
        api.post(f"/tables/{made}/rows", json={"rows": [{"Company": "Northwind"}]})
        config = {"method": "POST", "url": f"{echo.url}/slow", "body": '{"of": "{{Company}}"}', "auto_update": False}
        api.post(f"/tables/{made}/columns", json={"name": "Slow", "type": "http", "config": config})
        page.goto(f"{app.url}/tables/{made}")
        panel = open_settings(page, "Slow")
        with echo.holding("slow"):
            expect(panel.get_by_text("“Send row” makes a real request")).to_be_visible()
            panel.get_by_role("button", name="Send row 1").dblclick()
            expect(panel.get_by_text("Sending…")).to_be_visible()
            echo.wait_for("slow(Northwind)")
            panel.get_by_role("button", name="Cancel").click()
            expect(panel.get_by_text("Cancelled. The request may have arrived.")).to_be_visible()
        assert echo.take() == ["slow(Northwind)"]
        panel.get_by_label("Method").select_option("GET")
        expect(panel.get_by_role("button", name="Test row 1")).to_be_visible()


def test_a_menu_of_columns_does_not_outstay_its_field(page: Page, table: int) -> None:
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="HTTP API").click()
    address = page.locator("#panel").get_by_label("Endpoint URL")
    address.click()
    page.keyboard.insert_text("https://api.example/companies/")
    page.keyboard.press("Tab")
    expect(address).not_to_be_focused()
    expect(page.locator("#preview")).to_contain_text("https://api.example/companies/")
    expect(page.locator(".cm-tooltip-autocomplete")).to_have_count(0)


def test_the_result_in_the_panel_is_that_of_the_run_that_ended(page: Page, app: App, table: int) -> None:
    with serving() as echo, app.api() as api:
        echo.answers["nowhere"] = lambda of: (404, {"error": "no such company"})
        config = {"method": "POST", "url": f"{echo.url}/nowhere", "body": '{"of": "{{Company}}"}', "auto_update": False}
        api.post(f"/tables/{table}/columns", json={"name": "Profile", "type": "http", "config": config})
        page.reload()
        panel = open_settings(page, "Profile")
        panel.get_by_role("button", name="Save and run 1 row").click()
        expect(panel.get_by_text("Saved. 1 failed")).to_be_visible()
        expect(panel.get_by_text("Row 1: Failed 404")).to_be_visible()
        page.keyboard.press("Escape")
        cell = page.get_by_role("gridcell").last
        cell.click()
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Open settings").press("Enter")
        expect(panel.get_by_role("heading", name="Profile")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator("#sheet")).to_be_focused()  # what it came from went with the details


def test_a_run_that_ends_before_the_panel_is_drawn_again_is_told(page: Page, app: App, table: int) -> None:
    held: list[tuple[Route, APIResponse]] = []

    def hold(route: Route) -> None:
        if "then=" in (route.request.post_data or ""):  # what saves and runs
            held.append((route, route.fetch()))
        else:
            route.fallback()

    with serving() as echo, app.api() as api:
        config = {"method": "POST", "url": f"{echo.url}/is", "body": '{"of": "{{Company}}"}', "auto_update": False}
        api.post(f"/tables/{table}/columns", json={"name": "Profile", "type": "http", "config": config})
        page.reload()
        open_settings(page, "Profile")
        page.route("**/*", hold)
        page.locator("#panel").get_by_role("button", name="Save and run 1 row").click()
        expect(page.get_by_role("gridcell").last).to_contain_text("is(")
        [(route, answer)] = held
        route.fulfill(response=answer)
        expect(page.locator("#panel").get_by_text("Saved. 1 done")).to_be_visible()


def test_a_later_run_of_the_column_is_told_in_the_panel_with_what_is_left(page: Page, app: App, table: int) -> None:
    with serving() as echo, app.api() as api:
        api.post(f"/tables/{table}/rows", json={"rows": [{"Company": f"Company {n}"} for n in range(11)]})
        config = {"method": "POST", "url": f"{echo.url}/is", "body": '{"of": "{{Company}}"}', "auto_update": False}
        column = api.post(f"/tables/{table}/columns", json={"name": "Profile", "type": "http", "config": config}).json()
        page.reload()
        open_settings(page, "Profile")
        foot = page.locator("#panel .panel-foot")
        foot.get_by_role("button", name="Save and run 10 rows").click()
        expect(foot).to_contain_text("Saved. 10 done")
        expect(foot.locator("#estimate")).to_contain_text("2 requests")
        api.post(f"/columns/{column['id']}/runs", json={"rows": "missing"}).raise_for_status()
        expect(foot).to_contain_text("Saved. 2 done")
        expect(foot.locator("#estimate")).not_to_contain_text("2 requests")

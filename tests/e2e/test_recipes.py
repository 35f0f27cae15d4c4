"""A column's settings go out as a file and come in at another table."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Locator, Page, expect

from tests.servers.marl import App

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def api(app: App) -> Iterator[httpx.Client]:
    with app.api() as client:
        yield client


def test_a_column_travels_to_another_table(page: Page, app: App, api: httpx.Client, tmp_path: Path) -> None:
    sample = api.post("/samples").json()["id"]
    other = api.post("/tables", json={"name": "Firms", "columns": [{"name": "Firm"}, {"name": "Website"}]}).json()
    page.goto(f"{app.url}/tables/{sample}")
    page.get_by_role("columnheader", name="CRM account").click(button="right")
    with page.expect_download() as started:
        page.get_by_role("menuitem", name="Export settings").click()
    file = tmp_path / started.value.suggested_filename
    started.value.save_as(file)
    assert file.name == "CRM account.marl.json"
    assert "sample-password" not in file.read_text()

    page.goto(f"{app.url}/tables/{other['id']}")
    page.get_by_role("button", name="Add column").first.click()
    with page.expect_file_chooser() as chosen:
        page.get_by_role("menuitem", name="Import column…").click()
    chosen.value.set_files(file)
    dialog = page.get_by_role("dialog", name="Import “CRM account”")
    dialog.get_by_label("Domain").select_option("Website")
    dialog.get_by_label("Connection").select_option(label="New: Sample CRM")
    dialog.get_by_label("email").fill("demo@marl.example")
    dialog.get_by_label("password").fill("sample-password")
    assert Axe().run(page).response["violations"] == []
    dialog.get_by_role("button", name="Import column").click()
    expect(page.get_by_role("columnheader", name="CRM account")).to_be_visible()
    made = api.get(f"/tables/{other['id']}").json()["columns"][-1]
    assert made["config"]["url"].endswith("/sample-api/crm/accounts/{{Website}}")
    assert made["config"]["connection_id"]


@pytest.fixture
def firms(page: Page, app: App, api: httpx.Client) -> int:
    """An open table with a column Firm."""
    table: int = api.post("/tables", json={"name": "Firms", "columns": [{"name": "Firm"}]}).json()["id"]
    page.goto(f"{app.url}/tables/{table}")
    expect(page.get_by_role("columnheader", name="Firm")).to_be_visible()
    return table


def recipe_with(**changes: Any) -> str:
    base = {
        "marl": "column",
        "version": 1,
        "name": "Shout",
        "type": "formula",
        "config": {"formula": "UPPER({{Firm}})"},
    }
    return json.dumps(base | {"columns": ["Firm"]} | changes)


SIGNED_IN = recipe_with(
    name="Profile",
    type="http",
    config={"url": "https://api.example.com/firms/{{Firm}}"},
    connection={"name": "Directory", "kind": "bearer", "secrets": ["token"]},
)


def columns_of(api: httpx.Client, table: int) -> list[str]:
    return [column["name"] for column in api.get(f"/tables/{table}").json()["columns"]]


def connections_of(api: httpx.Client) -> dict[str, list[str]]:
    """{name: hosts that may receive its credentials}."""
    return {item["name"]: item["config"]["allowed_hosts"] for item in api.get("/connections").json()["items"]}


# A browser names a second download “Shout.marl (1).json”.
@pytest.mark.parametrize("name", ["Shout.marl.json", "Shout.marl (1).json", "SHOUT.JSON"])
def test_a_dropped_file_is_imported(
    name: str, page: Page, api: httpx.Client, firms: int, drop: Callable[..., None]
) -> None:
    drop({name: recipe_with()})
    dialog = page.get_by_role("dialog", name="Import “Shout”")
    expect(dialog.get_by_text("Found here: “Firm”.")).to_be_visible()
    assert columns_of(api, firms) == ["Firm"]
    dialog.get_by_role("button", name="Import column").click()
    expect(page.get_by_text("Imported “Shout”. Nothing has run yet.")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Shout")).to_be_visible()
    assert columns_of(api, firms) == ["Firm", "Shout"]


ODD_FILES = {
    "not JSON": (
        {"a.marl.json": "Firm,City"},
        ["“a.marl.json” was not imported. It is not JSON: ", "Firm,City", "Export settings"],
    ),
    "nothing": ({"a.marl.json": ""}, ["“a.marl.json” was not imported. It is not JSON: ", "Export settings"]),
    "rows": ({"a.marl.json": '[{"Firm": "Acme"}]'}, ["isn't a column exported from Marl. To make one, choose"]),
    "of something else": ({"a.marl.json": '{"marl": "table"}'}, ["isn't a column exported from Marl. To make one"]),
    "huge": ({"a.marl.json": " " * 3_000_000}, ["It is 2,930 KiB", "at most 256 KiB", "choose “Export settings”"]),
    "of a newer version": (
        {"a.marl.json": recipe_with(version=2, tint="blue")},
        ["This file has version 2, but this Marl reads version 1. Update Marl"],
    ),
    "damaged": (
        {"a.marl.json": recipe_with(columns="Firm")},
        ["damaged at “columns”: Send a list. Export the column again."],
    ),
    "two": (
        {"a.marl.json": recipe_with(), "b.marl.json": recipe_with()},
        ["Nothing was imported.", "one column at a time"],
    ),
}


@pytest.mark.parametrize("kind", ODD_FILES)
def test_an_odd_file_is_told_and_changes_nothing(
    kind: str, page: Page, api: httpx.Client, firms: int, drop: Callable[..., None]
) -> None:
    files, words = ODD_FILES[kind]
    drop(files)
    notice = page.get_by_role("log", name="Notices").locator(".toast")
    for part in words:
        expect(notice).to_contain_text(part)
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert columns_of(api, firms) == ["Firm"]


def test_a_host_gets_credentials_only_when_allowed(
    page: Page, api: httpx.Client, firms: int, drop: Callable[..., None]
) -> None:
    drop({"Profile.marl.json": SIGNED_IN})
    dialog = page.get_by_role("dialog", name="Import “Profile”")
    dialog.get_by_label("token").fill("abcdef")
    dialog.get_by_role("button", name="Import column").click()
    asked = dialog.get_by_role("alert")
    expect(asked).to_have_text(
        "This would send the connection's credentials to api.example.com. Press the button again to allow it."
    )
    assert columns_of(api, firms) == ["Firm"]
    assert "Directory" not in connections_of(api)
    dialog.get_by_role("button", name="Allow api.example.com and import").click()
    expect(page.get_by_role("columnheader", name="Profile")).to_be_visible()
    expect(dialog).to_have_count(0)
    assert columns_of(api, firms) == ["Firm", "Profile"]
    assert connections_of(api)["Directory"] == ["api.example.com"]


def test_a_file_for_the_dialog_over_the_page_goes_there(page: Page, firms: int, drop: Callable[..., None]) -> None:
    page.evaluate(
        """() => {
            document.body.append(Object.assign(document.createElement("input"), { type: "file", id: "other" }));
            addEventListener("drop", (event) => (window.taken = event.defaultPrevented));
        }"""
    )
    drop({"openapi.json": "{}"}, on="#other")
    assert page.evaluate("window.taken") is False
    expect(page.locator(".toast")).to_have_count(0)


def test_a_chosen_file_that_is_no_column_is_told(page: Page, firms: int, tmp_path: Path) -> None:
    file = tmp_path / "x.marl.json"
    file.write_text('{"marl": "table"}')
    page.get_by_role("button", name="Add column").first.click()
    with page.expect_file_chooser() as chosen:
        page.get_by_role("menuitem", name="Import column…").click()
    chosen.value.set_files(file)
    expect(page.get_by_text("This file isn't a column exported from Marl")).to_be_visible()


def test_a_column_starts_from_a_recipe_of_the_gallery(
    page: Page, app: App, api: httpx.Client, picture: Callable[[Page | Locator, str], None]
) -> None:
    columns = [{"name": "Customer"}, {"name": "invoice-id"}]
    table = api.post("/tables", json={"name": "Billing", "columns": columns}).json()
    page.goto(f"{app.url}/tables/{table['id']}")
    page.get_by_role("button", name="Add column").first.click()
    page.get_by_role("menuitem", name="HTTP API").click()
    panel = page.get_by_role("complementary")
    panel.get_by_role("button", name="Start from").click()
    panel.get_by_role("button", name="A recipe…").click()
    gallery = page.get_by_role("dialog", name="Start from a recipe")
    expect(gallery.get_by_role("button", name="Stripe invoice")).to_be_visible()
    picture(page, "guide/images/recipes-gallery")
    assert Axe().run(page).response["violations"] == []
    page.keyboard.type("invoice stripe")
    expect(gallery.get_by_role("listitem")).to_have_count(1)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Stripe invoice")
    expect(dialog.get_by_label("Column with: Invoice ID")).to_have_value("invoice-id")
    expect(dialog).to_contain_text("sent to api.stripe.com alone")
    dialog.get_by_label("Secret or restricted key").fill("rk_test_1")
    picture(page, "guide/images/recipes-recipe")
    assert Axe().run(page).response["violations"] == []
    dialog.get_by_role("button", name="Add column").click()
    expect(panel.get_by_label("Name", exact=True)).to_have_value("Stripe invoice")
    made = api.get(f"/tables/{table['id']}").json()["columns"][-1]
    assert made["config"]["url"] == "https://api.stripe.com/v1/invoices/{{invoice-id}}"
    assert made["config"]["connection_id"]
